"""The card parses as the Hub parses it, and nothing that data say can break it."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from curate.export.card import card
from curate.export.described import Counted, Described, Form
from curate.export.features import features
from curate.export.files import write
from curate.export.forms import columns
from curate.export.front_matter import LARGEST, SIZES, size
from curate.export.markdown import escape, fenced
from curate.export.whole import Whole

Describe = Callable[..., Described]
FORMS: list[Form] = ["messages", "trl", "alpaca", "sharegpt", "prompt-completion", "text"]
EVIL = (
    'x"| <script>alert(1)</script> [l](http://e.test) ![i](http://e.test/i.png) `\n---\nlicense: no'
)
HUB = {
    "size_categories": {*(name for _, name in SIZES), LARGEST},
    "annotations_creators": {
        "found", "crowdsourced", "expert-generated", "machine-generated", "no-annotation", "other",
    },
    "task_categories": {"text-generation", "question-answering"},
}  # fmt: skip
"""Values that the Hub knows: datasets' resources (bb42d5c, fadc0a0), tasks in huggingface.js."""


def parts(content: str) -> tuple[dict[str, Any], str]:
    """Metadata and body, told apart as huggingface_hub does."""
    from huggingface_hub.repocard import REGEX_YAML_BLOCK

    found = REGEX_YAML_BLOCK.search(content)
    assert found is not None
    return yaml.safe_load(found[2]), content[found.end() :]


def tags(markdown: str) -> list[Any]:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [inner for one in tokens for inner in (one, *(one.children or []))]


def test_the_hubs_library_reads_the_metadata(describe: Describe, whole: Whole) -> None:
    import huggingface_hub

    files = [{"path": "data/train.parquet", "split": "train"},
             {"path": "data/validation.parquet", "split": "validation"}]  # fmt: skip
    data = huggingface_hub.DatasetCard(card(describe(files=files), whole)).data.to_dict()

    assert data["license"] == ["cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0"]
    assert data["language"] == ["en"]
    assert data["size_categories"] == ["n<1K"]
    assert data["task_categories"] == ["text-generation", "question-answering"]
    assert data["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "data/train.parquet"},
                {"split": "validation", "path": "data/validation.parquet"},
            ],
        }
    ]
    for key, allowed in HUB.items():
        assert set(data[key]) <= allowed


class Hub(BaseHTTPRequestHandler):
    """Answers `POST /api/validate-yaml` by the documented rules."""

    def do_POST(self) -> None:
        """Refuse with 400, as the Hub does."""
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data, _ = parts(said["content"])
        wrong = [key for key, allowed in HUB.items() if not set(data[key]) <= allowed]
        wrong += [one for one in data["language"] if not re.fullmatch("[a-z]{2,3}", one)]
        wrong += [] if self.path == "/api/validate-yaml" else [self.path]
        self.send_response(400 if wrong or said["repoType"] != "dataset" else 200)
        self.end_headers()
        self.wfile.write(json.dumps(wrong).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_hubs_library_validates_it_against_a_server(
    describe: Describe, whole: Whole, hub: str, tmp_path: Path
) -> None:
    file = tmp_path / "README.md"
    file.write_text(card(describe(name=EVIL), whole), encoding="utf-8")
    code = "import sys, huggingface_hub as h; h.DatasetCard.load(sys.argv[1]).validate()"
    environment = {"HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    for content, ends in ((file.read_text(), 0), (file.read_text().replace("n<1K", "n<1"), 1)):
        file.write_text(content, encoding="utf-8")
        done = subprocess.run([sys.executable, "-c", code, file], env=environment, check=False,
                              capture_output=True)  # fmt: skip
        assert done.returncode == ends, done.stderr.decode()


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**13, "n>1T")],
)
def test_the_size_is_the_hubs_category(rows: int, name: str) -> None:
    assert size(rows) == name


@pytest.mark.parametrize("form", FORMS)
def test_the_features_are_those_that_datasets_writes(form: Form) -> None:
    datasets = pytest.importorskip("datasets")
    schema = columns(form)

    told = features({field.name: (str(field.type), "") for field in schema})

    assert told == datasets.Features.from_arrow_schema(schema)._to_yaml_list()


def test_json_lines_load_where_a_column_is_empty_in_one_split(
    describe: Describe, whole: Whole, rows: pa.Table, tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    place = rows.schema.get_field_index("title")
    empty = rows.set_column(place, rows.schema.field(place), pa.nulls(len(rows), pa.string()))
    folder = tmp_path / "out"
    folder.mkdir()
    both = {"train": empty.to_batches(), "test": rows.to_batches()}
    files = write(both, "messages", "jsonl", folder).files  # type: ignore[arg-type]
    told = {field.name: (str(field.type), "") for field in columns("messages")}
    (folder / "README.md").write_text(card(describe(files=files, columns=told), whole), "utf-8")

    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))

    assert {split: len(one) for split, one in loaded.items()} == {"train": 70, "test": 70}
    assert loaded["train"].features == loaded["test"].features


def test_a_licence_that_the_hub_has_not_has_a_name_and_an_address(
    describe: Describe, whole: Whole
) -> None:
    other = replace(whole, hub=["other"], name="my-1.0", link="https://x.test/license")

    data, _ = parts(card(describe(), other))

    assert [data["license"], data["license_name"], data["license_link"]] == [
        "other", "my-1.0", "https://x.test/license",
    ]  # fmt: skip


def test_an_address_that_the_hub_refuses_is_left_out(describe: Describe, whole: Whole) -> None:
    data, _ = parts(card(describe(), replace(whole, hub=["other"], name="x", link="A.md")))

    assert "license_link" not in data


def test_ready_made_instructions_alone_are_not_called_original_or_synthetic(
    describe: Describe, whole: Whole
) -> None:
    described = describe()
    only = [one for one in described.teachers if one.name == "imported"]

    data, _ = parts(card(replace(described, teachers=only), whole))

    assert data["annotations_creators"] == ["found"]
    assert "source_datasets" not in data
    assert "synthetic" not in data["tags"]


def test_nothing_of_the_data_is_a_link_a_picture_or_html(describe: Describe, whole: Whole) -> None:
    described = describe(
        name=EVIL,
        retort=EVIL,
        limits=[EVIL],
        command=EVIL,
        recipe=f"name: x\n# {EVIL}\n```\n# end\n",
        columns={EVIL: (EVIL, EVIL)},
        licenses={EVIL: 3, None: 1},
        realised={"domain": [Counted(EVIL, 1, None, None, 1.0, None)]},
    )
    content = card(described, replace(whole, summary=EVIL, expression=EVIL))
    data, body = parts(content)
    found = tags(body)

    assert data["pretty_name"].startswith('x"|')
    assert data["license"] == whole.hub
    assert [one for one in found if one.type in ("html_block", "html_inline", "image")] == []
    links = {one.attrs["href"] for one in found if one.type == "link_open"}
    assert all(str(one).startswith("https://spdx.org/licenses/") for one in links)
    tables = [one for one in found if one.type == "table_open"]
    assert len(tables) == 7


@given(st.text(max_size=60))
@example("a | b \\| c \\\\| d \\")
@example("www.a.test http://b.test <c> [d](e) `f` *g* _h_ ~~i~~ &amp; $j$")
def test_an_escaped_text_is_one_cell_that_shows_it_as_it_is(text: str) -> None:
    blank = "[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\\s]+"
    found = tags(f"| a | b |\n| --- | --- |\n| x{escape(text)} | last |")
    cells = [one for one in found if one.type == "inline"][2:]
    shown_ = ["".join(each.content for each in one.children) for one in cells]

    assert {each.type for one in cells for each in one.children} <= {"text", "text_special"}
    assert [re.sub(blank, " ", one) for one in shown_] == [f"x{re.sub(blank, ' ', text).strip()}",
                                                         "last"]  # fmt: skip


@given(st.text(alphabet="`~a\n", max_size=40))
@example("a\n```\nb\n````\nc")
def test_a_fence_is_longer_than_any_in_the_text(text: str) -> None:
    found = [one for one in tags(fenced(text) + "\n\nafter") if one.type == "fence"]

    assert [one.content.rstrip() for one in found] == [text.rstrip()]


def test_no_benchmark_is_said_plainly(describe: Describe, whole: Whole) -> None:
    assert "Not checked: the rows were held against no benchmark." in card(
        describe(benchmarks=[]), whole
    )


def test_shares_stand_beside_those_asked_for(describe: Describe, whole: Whole) -> None:
    assert re.search(r"\| domain \| \d+ \| [\d,]+ \| [\d,]+ \| [\d.]+% \| 50\.0% \|", card(
        describe(), whole
    ))  # fmt: skip


def test_many_values_of_a_column_are_summed(describe: Describe, whole: Whole) -> None:
    many = [Counted(f"d{n}", 2, None, None, 0.01, None) for n in range(100)]

    assert "| 60 more | 120 |" in card(describe(realised={"domain": many}), whole)


def test_documents_are_counted_by_licence_where_they_are_at_hand(
    describe: Describe, whole: Whole, sources: pa.Table
) -> None:
    content = card(describe(), whole, sources)

    assert "| licence | rows | documents |" in content
    assert "| none known |" in content


def test_the_recipe_and_the_command_are_whole(describe: Describe, whole: Whole) -> None:
    described = describe()
    _, body = parts(card(described, whole))
    fences = [one.content for one in tags(body) if one.type == "fence"]

    assert fences == [described.command + "\n", described.recipe]


def test_what_terms_ask_of_those_who_train_is_repeated(describe: Describe, whole: Whole) -> None:
    asked = "A model has a name that begins with `Llama`."

    assert f"- {escape(asked)}" in card(describe(conditions=[asked]), whole)
    assert "ask of whoever trains" not in card(describe(), whole)


def test_rows_without_a_domain_make_no_tag(describe: Describe, whole: Whole) -> None:
    domains = [Counted(name, 1, None, None, 0.5, None) for name in ("unknown", "physics")]
    metadata = card(describe(realised={"domain": domains}), whole).split("---\n")[1]

    assert yaml.safe_load(metadata)["tags"] == ["instruction-tuning", "synthetic", "physics"]
