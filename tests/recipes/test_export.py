"""An export holds what the mixture holds, says where it is from, and can be checked again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.conftest import RECIPE, write_papers

Retort = Callable[..., Any]
NC = "paper-003.md"
"""The paper that is put under a non-commercial licence."""


@pytest.fixture(scope="module")
def exported(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small run, exported openly; tests copy it before a change."""
    from recipes.exporting.export import export, wanted
    from recipes.run_tables import RunTables
    from recipes.work import Work

    folder, work = tmp_path_factory.mktemp("exported") / "small", Work(finished)
    asked = wanted("messages", "parquet", "open", None)
    export(RunTables(work.find_run("small"), work), folder, asked, "small")
    return folder


@pytest.fixture
def changed(exported: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return Path(shutil.copytree(exported, tmp_path / "small"))


def mixture(finished: Path, split: str) -> list[dict[str, Any]]:
    (run,) = (finished / "runs").iterdir()
    rows: list[dict[str, Any]] = pq.read_table(run / "dataset" / f"{split}.parquet").to_pylist()
    return rows


def test_every_row_of_the_mixture_is_there_in_its_order_with_its_source(
    finished: Path, exported: Path
) -> None:
    for split, name in (("train", "train"), ("valid", "validation"), ("test", "test")):
        rows = pq.read_table(exported / "data" / f"{name}.parquet").to_pylist()
        mixed = mixture(finished, split)
        assert [row["id"] for row in rows] == [row["example_id"] for row in mixed]
        assert [row["messages"] for row in rows] == [
            row["prompt"] + row["completion"] for row in mixed
        ]
        for row in rows:
            assert row["source"].startswith("file:") and row["license"] == "CC-BY-4.0"
            assert (row["teacher"], len(row["prompt_hash"])) == ("miner", 16)
            assert row["end"] - row["start"] == len(row["context"])
            for quote in row["evidence"]:
                here = quote["start"] - row["start"], quote["end"] - row["start"]
                assert row["context"][slice(*here)] == quote["quote"]


def test_an_untouched_export_is_as_it_was_written(
    finished: Path, exported: Path, retort: Retort, tmp_path: Path
) -> None:
    told = retort("verify", exported, "--work", finished, "--json", cwd=tmp_path)

    assert told.status == 0, told.out
    assert told.json["findings"] == []
    assert told.json["checked"]["contexts in documents"] == told.json["checked"]["rows"]


def test_the_card_says_what_the_mixture_came_to_and_how_to_make_it_again(exported: Path) -> None:
    card = (exported / "README.md").read_text()

    assert "license: cc-by-4.0" in card
    assert "| domain | 150 | – | – | 75.0% | 75.0% |" in card
    assert "retort export small -f messages -o small --release open" in card
    assert "miner" in card and "screen.examples" in card and "benchmark" in card


@pytest.mark.parametrize("file", ["data/train.parquet", "README.md", "sources.parquet"])
def test_a_changed_byte_is_found_and_named(changed: Path, retort: Retort, file: str) -> None:
    content = bytearray((changed / file).read_bytes())
    content[len(content) // 2] ^= 1
    (changed / file).write_bytes(content)

    told = retort("verify", changed, cwd=changed.parent)

    assert told.status == 2
    assert file in told.out and "sha256" in told.out


def test_an_altered_quote_is_found_even_where_hashes_were_made_again(
    changed: Path, retort: Retort
) -> None:
    path = changed / "data" / "train.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0]["evidence"][0]["quote"] += "!"
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)
    manifest = json.loads((changed / "export.json").read_text())
    for one in manifest["files"]:
        from curate.export.manifest import sha256_of

        one["sha256"] = sha256_of(changed / one["path"])
        one["n_bytes"] = (changed / one["path"]).stat().st_size
    (changed / "export.json").write_text(json.dumps(manifest))

    told = retort("verify", changed, "--json", cwd=changed.parent)

    assert told.status == 2
    assert any(rows[0]["id"] in one and "quote" in one for one in told.json["findings"])


def test_another_recipe_in_the_list_than_the_one_that_lies_there_is_found(
    changed: Path, retort: Retort
) -> None:
    manifest = json.loads((changed / "export.json").read_text())
    manifest["recipe_sha256"] = "0" * 64
    (changed / "export.json").write_text(json.dumps(manifest))

    told = retort("verify", changed, cwd=changed.parent)

    assert told.status == 2 and "recipe changed" in told.out


def test_why_says_what_each_release_would_say(finished: Path, papers: Path, retort: Retort) -> None:
    row = mixture(finished, "train")[0]["example_id"]
    told = retort("why", row, "--work", finished, "--json", cwd=papers).json

    assert {name: one["allowed"] for name, one in told["release"].items()} == {
        "open": True,
        "research": True,
        "private": True,
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-f", "csv"), "not among trl, messages"),
        (("--release", "public"), "not among open, research, private"),
        (("--container", "zip"), "not among parquet, jsonl, datasets"),
        (("--policy", "nothing.yaml"), "nothing.yaml"),
    ],
)
def test_an_export_that_cannot_be_is_one_line_and_writes_nothing(
    finished: Path, tmp_path: Path, retort: Retort, arguments: tuple[str, ...], said: str
) -> None:
    done = retort(*("export", "small", "-o", "out", "--work", finished), *arguments, cwd=tmp_path)

    assert done.status == 2
    assert said in done.err and len(done.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(
    finished: Path, tmp_path: Path, retort: Retort
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("dear to somebody")

    done = retort("export", "small", "-o", "thesis", "--work", finished, cwd=tmp_path)

    assert done.status == 2 and "something else than an export" in done.err
    assert [one.name for one in tmp_path.iterdir()] == ["thesis"]
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "dear to somebody"


def test_a_task_that_is_asked_twice_doubles_no_row() -> None:
    from recipes.exporting.rows import prompts

    asked = [("qa", "1a"), ("qa", "1a"), ("own", "2b"), ("own", "3c"), ("own", "2b")]
    found = prompts([{"task": task, "prompt": prompt} for task, prompt in asked]).to_pylist()

    assert found == [
        {"prompt_task": "qa", "prompt_hash": "1a"},
        {"prompt_task": "own", "prompt_hash": None},
    ]


def test_a_recipe_is_given_away_without_the_folders_of_the_machine() -> None:
    from recipes.exporting.describe import portable

    plain = "name: small  # as it was\ncollect: {a: [{paths: [papers, ../b], form: jats}]}\n"

    assert portable(plain) == (plain, False)
    text, shortened = portable("a: [{paths: [/home/ann/papers, ~/notes/x.md], b: 1}]\n")
    assert shortened and "ann" not in text and "notes" not in text
    assert "papers" in text and "x.md" in text


def test_the_card_repeats_the_name_and_the_policy_that_were_given(
    finished: Path, tmp_path: Path, retort: Retort
) -> None:
    (tmp_path / "own.yaml").write_text("licenses: []\n")
    asked = ("export", "small", "-o", "out", "--work", finished, "--policy", "own.yaml")
    done = retort(*asked, "--name", "it's; rm", "--release", "open", cwd=tmp_path)

    assert done.status == 0, done.err
    card = (tmp_path / "out" / "README.md").read_text()
    assert (
        "retort export small -f trl -o small --release open --name 'it'\"'\"'s; rm' "
        "--policy own.yaml\n"
    ) in card
    assert "entries of the exporter's own" in card


def test_the_licence_of_the_whole_is_that_of_the_rows_that_are_there(
    tmp_path: Path, retort: Retort
) -> None:
    asked = [{"role": "user", "content": "Which?"}, {"role": "assistant", "content": "This one."}]
    spoken = [*asked, {"role": "tool", "content": "7"}, {"role": "assistant", "content": "Seven."}]
    rows = [
        {"messages": [{"role": "system", "content": f"You are {n}."}, *turns], "license": license_}
        for n in range(20)
        for turns, license_ in ((asked, "MIT"), (spoken, "CC-BY-NC-4.0"))
    ]
    (tmp_path / "chat.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "chat.yaml").write_text(
        "name: chat\ncollect: {sets: [{from: files, paths: [chat.jsonl]}]}\n"
        "screen: {passages: {}, examples: {}}\nmix: {parts: {sets: 1.0}}\n"
    )
    assert retort("run", "chat.yaml", "--until", "mix", cwd=tmp_path).status == 0
    export = ("export", "chat", "-o", "out", "-f", "alpaca", "--release", "research", "--json")

    told = retort(*export, cwd=tmp_path).json

    assert (told["license"], told["left_out"]) == ("MIT", {"a tool speaks in it": 20})
    card = (tmp_path / "out" / "README.md").read_text()
    assert "license: mit\n" in card and "CC-BY-NC" not in card.split("## Licence")[1].split("##")[0]
    assert "20 rows of the mixture are not in the files" in card


@pytest.fixture(scope="module")
def mixed_licences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Papers of which one may not be used commercially, and a recipe that lets it pass."""
    folder = tmp_path_factory.mktemp("mixed")
    write_papers(folder / "domain", 12, seed=1)
    write_papers(folder / "general", 8, seed=2)
    paper = folder / "domain" / NC
    paper.write_text(paper.read_text().replace("CC-BY-4.0", "CC-BY-NC-4.0"))
    recipe = RECIPE.replace("keep: {licensed: license_allowed}, ", "").replace(
        "size: 200", "size: 80"
    )
    (folder / "small.yaml").write_text(recipe)
    return folder


@pytest.mark.slow
def test_one_non_commercial_row_keeps_an_open_release_from_being_written(
    mixed_licences: Path, retort: Retort
) -> None:
    asked = ("export", "small", "-o", "out", "--json")
    assert retort("run", "small.yaml", cwd=mixed_licences).status == 0

    refused = retort(*asked, "--release", "open", cwd=mixed_licences)
    assert refused.status == 2
    assert not (mixed_licences / "out").exists()
    assert "CC-BY-NC-4.0 forbids commercial use" in refused.err
    assert NC in refused.err and len(refused.err.splitlines()) == 1
    row = refused.err.split("(id ")[1].split(",")[0]

    story = retort("why", row, "--json", cwd=mixed_licences).json
    assert [one["allowed"] for one in story["release"].values()] == [False, True, True]
    assert "creativecommons.org" in story["release"]["open"]["source"]
    assert story["document"]["source"].endswith(NC)

    told = retort(*asked, "--release", "research", cwd=mixed_licences)
    assert told.status == 0, told.err
    assert told.json["license"] == "CC-BY-4.0 AND CC-BY-NC-4.0"


@pytest.mark.slow
def test_a_takedown_removes_every_descendant_and_says_how_many(
    mixed_licences: Path, retort: Retort
) -> None:
    run = ("run", "small.yaml", "--json", "--work", "taken")
    first = retort(*run, cwd=mixed_licences).json
    documents = rows_of(first, "collect", mixed_licences)
    (gone,) = [one["id"] for one in documents if one["license"] == "CC-BY-NC-4.0"]
    second = retort(*run, "--set", f"exclude=['id:{gone}']", cwd=mixed_licences).json

    told = second["excluded"]
    for what, stage in (("passages", "segment"), ("examples", "synthesize"), ("mixture", "mix")):
        before = rows_of(first, stage, mixed_licences)
        assert told[what] == sum(one["document_id"] == gone for one in before) > 0
        after = rows_of(second, stage, mixed_licences)
        assert not any(gone in str(one) for one in after)
    assert told["documents"] == 1


def rows_of(told: dict[str, Any], stage: str, folder: Path) -> list[dict[str, Any]]:
    from schemas.tables import Table

    (place,) = [one["table"] for one in told["stages"] if one["name"] == stage]
    found: list[dict[str, Any]] = Table(folder / place).read().to_pylist()
    return found


@pytest.mark.slow
def test_an_alpaca_file_is_screened_mixed_and_tuned_without_a_recipe(
    model_folder: Path, tmp_path: Path, retort: Retort
) -> None:
    asked = [
        {"instruction": f"Name a thing of kind {n}.", "input": "", "output": f"Thing {n} is one."}
        for n in range(60)
    ]
    (tmp_path / "alpaca.json").write_text(json.dumps([*asked, *asked[:20]]))
    steps = (
        "screen alpaca.json -o v.parquet --unique 0.8 --kept clean.json",
        f"mix --part general=clean.json:1.0 --base {model_folder} -o mixture",
        f"tune mixture --base {model_folder} --method qlora --set epochs=1 -o tuned",
    )
    for step in steps:
        done = retort(*step.split(), cwd=tmp_path)
        assert done.status == 0, done.err

    kept = json.loads((tmp_path / "clean.json").read_text())
    assert 0 < len(kept) <= 60
    manifest = json.loads((tmp_path / "mixture" / "manifest.json").read_text())
    counts = manifest["facts"]["counts"]
    assert sum(sum(one.values()) for one in counts.values()) == len(kept)
    assert (tmp_path / "tuned" / "model" / "adapter_model.safetensors").is_file()
