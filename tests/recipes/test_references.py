"""Rows are held against tables, indexes, benchmarks and embeddings, over the command line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.screen import index
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from recipes import references
from tests.recipes.teachers import manifest

Retort = Callable[..., Any]
LONG = " ".join(f"word{i}" for i in range(40))


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.slow
def test_tomorrows_rows_are_screened_against_yesterdays_without_them(
    tmp_path: Path, retort: Retort
) -> None:
    yesterday = lines(tmp_path / "monday.jsonl", [{"text": LONG}, {"text": "quite another thing"}])
    lines(tmp_path / "tuesday.jsonl", [{"text": f"{LONG.upper()} more"}, {"text": "new"}])
    first = retort("index", "monday.jsonl", "-o", "seen", "--json", cwd=tmp_path)
    assert (first.json["rows"], first.json["rows_in_index"]) == (2, 2), first.err
    yesterday.unlink()

    screen = ("screen", "tuesday.jsonl", "-o", "v.parquet", "--unique", "0.8", "--against", "seen")
    told = retort(*screen, "--kept", "kept.jsonl", cwd=tmp_path)
    added = retort("index", "kept.jsonl", "-o", "seen", "--append", "--json", cwd=tmp_path)

    assert told.status == 0, told.err
    gone, stays = pq.read_table(tmp_path / "v.parquet").to_pylist()
    assert (gone["duplicate_of"], gone["reference"], gone["compared"]) == ("0", "seen", "text")
    assert gone["similarity"] == 36 / 37
    assert (stays["kept"], stays["duplicate_of"], stays["reference"]) == (True, None, None)
    assert (tmp_path / "kept.jsonl").read_text() == '{"text": "new"}\n'
    assert (added.json["rows"], added.json["rows_in_index"]) == (1, 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--unique", "0.8", "--against", "nowhere.jsonl"), "nowhere.jsonl: no such file"),
        (("--unique", "0.8", "--field", "both"), "reads the column instruction"),
        (("--unique", "0.8", "--against", "seen", "--field", "other"), "index with text text, but"),
        (("--against", "seen"), "go with --unique"),
        (("--benchmark", "nowhere.jsonl"), "nowhere.jsonl"),
        (("--unique", "0.8", "--semantic", "."), "no model for embeddings"),
    ],
)
def test_a_reference_that_does_not_fit_is_one_line(
    tmp_path: Path, retort: Retort, arguments: tuple[str, ...], said: str
) -> None:
    lines(tmp_path / "rows.jsonl", [{"text": LONG, "other": LONG}])
    if "seen" in arguments:
        retort("index", "rows.jsonl", "-o", "seen", cwd=tmp_path)

    done = retort("screen", "rows.jsonl", "-o", "v.parquet", *arguments, cwd=tmp_path)

    assert done.status == 2
    assert said in done.err and len(done.err.splitlines()) == 1
    assert not (tmp_path / "v.parquet").exists()


@pytest.mark.slow
def test_an_alpaca_file_is_compared_field_by_field(tmp_path: Path, retort: Retort) -> None:
    rows = [
        {"instruction": "Sum it up.", "input": LONG, "output": "a short answer"},
        {"instruction": "Sum it up.", "input": LONG + " x", "output": "a short answer"},
        {"instruction": "Sum it up.", "input": LONG + " y", "output": "quite another answer"},
        {"instruction": "Sum it up.", "input": "Other text", "output": "a short answer"},
    ]
    lines(tmp_path / "a.jsonl", rows)
    kept = {}
    for field in ("both", "instruction", "response"):
        done = retort(
            "screen", "a.jsonl", "-o", "v.parquet", "--unique", "0.8", "--field", field,
            cwd=tmp_path,
        )  # fmt: skip
        assert done.status == 0, done.err
        kept[field] = pq.read_table(tmp_path / "v.parquet")["kept"].to_pylist()

    assert kept == {
        "both": [True, False, True, True],
        "instruction": [True, False, False, True],
        "response": [True, False, True, False],
    }


def test_bytes_that_are_no_text_and_empty_rows_are_judged(tmp_path: Path, retort: Retort) -> None:
    texts = [LONG.encode(), b"\xff\xfe" + LONG.encode(), b"", None, b"one", "é".encode("latin-1")]
    pq.write_table(pa.table({"text": pa.array(texts, pa.binary())}), tmp_path / "b.parquet")

    done = retort("screen", "b.parquet", "-o", "v.parquet", "--unique", "0.8", cwd=tmp_path)

    assert done.status == 0, done.err
    kept = pq.read_table(tmp_path / "v.parquet")["kept"].to_pylist()
    assert kept == [True, False, True, True, True, True]


def test_an_index_is_known_by_the_same_file_without_its_code() -> None:
    assert references.INDEX == index.FILE


RUN = ("run", "small.yaml", "--until", "screen.passages", "--json")


@pytest.mark.slow
def test_a_recipe_names_references_benchmarks_and_who_embeds(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    copy = tmp_path / "papers"
    shutil.copytree(papers, copy)
    retort(*RUN, cwd=copy)
    (segment,) = (one for one in (copy / "work/tables").iterdir() if one.name[:7] == "segment")
    passages = pq.read_table(next(segment.glob("part-*.parquet"))).to_pylist()
    copied, asked = passages[3], passages[9]
    lines(copy / "seen.jsonl", [{"id": "old", "text": copied["text"].upper()}])
    question = " ".join(asked["text"].split()[4:24])
    lines(copy / "bench.jsonl", [{"question": question, "answer": "42"}])
    retort("index", "seen.jsonl", "-o", "seen", cwd=copy)
    recipe = (copy / "small.yaml").read_text()
    recipe = recipe.replace(
        "keep: {licensed: license_allowed}, unique: {threshold: 0.8}",
        "keep: {licensed: license_allowed}, clean_of: [bench.jsonl],"
        " unique: {threshold: 0.8, against: [seen],"
        " semantic: {threshold: 0.97, teacher: {kind: openai, model: e, base_url: URL}}}",
    )
    with serving(FakeSettings()) as fake:
        (copy / "small.yaml").write_text(recipe.replace("URL", f"'{fake.url}'"))
        done = retort(*RUN, cwd=copy)
        assert done.status == 0, done.err
        n_asked = fake.stats()["answered"]
        again = retort(*RUN, cwd=copy)
        assert again.status == 0 and fake.stats()["answered"] == n_asked > 0

        told = retort("why", copied["id"], "--json", cwd=copy).json["passage"]["verdict"]
        text = retort("why", copied["id"], cwd=copy).out
        clean = retort("why", asked["id"], cwd=copy).out
        pairs = manifest(copy / "work", "screen.passages.semantic")["facts"]

        # An index with more in it is another reference: that measure alone is made again.
        lines(copy / "more.jsonl", [{"id": "more", "text": passages[20]["text"]}])
        retort("index", "more.jsonl", "-o", "seen", "--append", cwd=copy)
        later = retort(*RUN, cwd=copy)

    assert (told["duplicate"]["of"], told["duplicate"]["reference"]) == ("old", "seen")
    assert told["duplicate"]["its_text"] == copied["text"].upper()
    assert "repeats old (reference seen): similarity 1.000 of text, threshold 0.8" in text
    assert "the kept one" in text and "| this one" in text
    assert "fails clean: not contaminated" in clean
    assert "contaminated_by = 'bench'" in clean
    assert pairs["n_texts"] > 100 and pairs["n_texts_failed"] == 0
    made = [stage["name"] for stage in later.json["stages"] if not stage["reused"]]
    assert made == ["screen.passages.duplicates", "screen.passages"]
