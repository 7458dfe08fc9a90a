"""What is collected, what is kept out, and that all of it traces: over the command line."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from schemas.tables import Table
from tests.conftest import sentence

Retort = Callable[..., Any]
KEYS = {"requested", "ok", "failed", "skipped", "documents", "seconds", "failures"}
ARTICLE = """<article article-type="research-article"><front><journal-meta><journal-title-group>
<journal-title>Journal of Cold</journal-title></journal-title-group></journal-meta><article-meta>
<article-id pub-id-type="doi">10.1000/cold.{number}</article-id>
<title-group><article-title>On cold {number}</article-title></title-group>
<permissions><license xlink:href="http://creativecommons.org/licenses/by/4.0/"
 xmlns:xlink="http://www.w3.org/1999/xlink"/></permissions>
<abstract><p>{abstract}</p></abstract></article-meta></front>
<body><sec><title>Results</title><p>{first}</p><p>{second}</p></sec></body></article>"""
HELP = [
    {"instruction": f"Name property {n} of ice.", "input": "", "output": f"Ice {n} melts at {n} K."}
    for n in (*range(40), 7, 7)
]
"""Some are there twice: whether that is too often is for `unique` to say."""
RECIPE = """
name: both
collect:
  domain:  [{from: files, paths: [articles], sidecar: about.csv}]
  general: [{from: files, paths: [help.json], license: CC0-1.0}]
screen:
  passages: {preset: science, keep: {licensed: license_allowed}}
  examples: {preset: science}
mix: {parts: {domain: 0.5, general: 0.5}, size: 12}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of articles with what is known about one of them, and an instruction set."""
    folder = tmp_path_factory.mktemp("both")
    (folder / "articles").mkdir()
    for number in range(30):
        draw = random.Random(number)
        names = ("abstract", "first", "second")
        prose = {name: " ".join(sentence(draw) for _ in range(5)) for name in names}
        article = ARTICLE.format(number=number, **prose)
        (folder / "articles" / f"{number:02}.xml").write_text(article)
    (folder / "articles" / "note.txt").write_text("A note says that frost forms because air cools.")
    (folder / "about.csv").write_text("file,license,domain\nnote.txt,CC-BY-3.0,chemistry\n")
    (folder / "help.json").write_text(json.dumps(HELP))
    (folder / "both.yaml").write_text(RECIPE)
    return folder


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "both"))


def table(told: Any, stage: str, folder: Path) -> Table:  # noqa: ANN401  parsed JSON
    (name,) = [one["table"] for one in told["stages"] if one["name"] == stage]
    return Table(folder / name)


def rows(told: Any, stage: str, folder: Path) -> list[dict[str, Any]]:  # noqa: ANN401
    return list(table(told, stage, folder).read().to_pylist())


def test_collect_prints_one_object_that_adds_up(copied: Path, retort: Retort) -> None:
    (copied / "articles" / "bad.xml").write_text("<article><front>")
    (copied / "articles" / "paper.docx").write_text("?")

    told = retort("collect", "articles", "-o", "docs.parquet", "--json", cwd=copied).json

    assert set(told) == KEYS
    assert told["requested"] == told["ok"] + told["failed"] + told["skipped"] == 33
    assert told["documents"] == told["ok"] == 31
    assert told["failures"] == [
        {"path": "file:paper.docx", "reason": "unknown-form"},
        {"path": "file:bad.xml", "reason": "unreadable"},
    ]
    sources = pq.read_table(copied / "docs.parquet")["source"].to_pylist()
    assert sources == [*(f"file:{n:02}.xml" for n in range(30)), "file:note.txt"]


def test_what_could_not_be_read_is_said_first_with_its_share(copied: Path, retort: Retort) -> None:
    (copied / "articles" / "bad.xml").write_text("<article><front>")

    out = retort("collect", "articles", "-o", "docs.parquet", cwd=copied).out

    assert out.splitlines()[0] == "unreadable: 1 of 32 (3%) could not be read"


def test_a_sidecar_wins_and_what_matches_no_file_is_told(copied: Path, retort: Retort) -> None:
    (copied / "about.csv").write_text("file,license\nnote.txt,CC-BY-3.0\ngone.pdf,MIT\n")

    done = retort(
        *("collect", "articles", "-o", "docs.parquet", "--sidecar", "about.csv"),
        *("--license", "MIT"),
        cwd=copied,
    )

    with duckdb.connect() as database:
        found = database.sql(
            f"select license, count(*) from '{copied / 'docs.parquet'}' group by all order by all"
        ).fetchall()
    assert found == [("CC-BY-3.0", 1), ("CC-BY-4.0", 30)]
    assert "about.csv: gone.pdf (line 3) is about no file here" in done.out


@pytest.mark.slow
def test_instructions_and_articles_become_one_mixture_that_traces(
    copied: Path, retort: Retort
) -> None:
    told = retort("run", "both.yaml", "--until", "mix", "--json", cwd=copied).json

    with duckdb.connect() as database:
        for stage in ("mix", "synthesize", "collect"):
            database.register(stage, table(told, stage, copied).dataset())
        parts = database.sql(
            """select mix.part, any_value(collect.license), count(*),
                      bool_and(passage_id is null), any_value(collect.source)
               from mix join synthesize on example_id = synthesize.id
               join collect on synthesize.document_id = collect.id
               where mix.split = 'train' group by all order by all"""
        ).fetchall()
    assert [part[:4] for part in parts] == [
        ("domain", "CC-BY-4.0", 6, False),
        ("general", "CC0-1.0", 6, True),
    ]
    imported = [one for one in rows(told, "synthesize", copied) if one["teacher"] == "imported"]
    assert len({one["id"] for one in imported}) == len(imported) == len(HELP)
    general = imported[-1]
    assert general["task"] == "instructions/alpaca"
    assert [turn["role"] for turn in general["messages"]] == ["user", "assistant"]
    assert general["messages"][1]["content"].startswith("Ice ")


@pytest.mark.slow
def test_a_document_that_is_excluded_later_goes_with_all_that_came_from_it(
    copied: Path, retort: Retort
) -> None:
    first = retort("run", "both.yaml", "--until", "mix", "--json", cwd=copied).json
    (gone,) = [one for one in rows(first, "collect", copied) if one["doi"] == "10.1000/cold.7"]
    second = retort(
        *("run", "both.yaml", "--until", "mix", "--json"),
        *("--set", "exclude=['doi:10.1000/COLD.7']"),
        cwd=copied,
    ).json

    ids = gone["id"]
    assert any(one["document_id"] == ids for one in rows(first, "segment", copied))
    assert any(one["document_id"] == ids for one in rows(first, "synthesize", copied))
    assert not any(one["id"] == ids for one in rows(second, "collect", copied))
    for stage in ("segment", "synthesize", "mix"):
        assert not any(one["document_id"] == ids for one in rows(second, stage, copied))
    manifest = table(second, "collect", copied).manifest
    assert (manifest.skipped, manifest.reasons) == (1, {"excluded": 1})


def test_documents_of_instructions_can_be_mixed_as_they_are(copied: Path, retort: Retort) -> None:
    retort("collect", "help.json", "-o", "docs.parquet", "--part", "general", cwd=copied)

    told = retort("mix", "--part", "general=docs.parquet:1", "-o", "mixture", "--json", cwd=copied)

    assert told.status == 0, told.err
    assert sum(sum(counts.values()) for counts in told.json["counts"].values()) == len(HELP)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("exclude=['isbn:12']", "exclude.0"),
        ("collect.domain.0.limits.seconds=0", "collect.domain.0.limits.seconds"),
        ("collect.domain.0.form=docx", "collect.domain.0.form"),
        ("collect.domain.0.sidecar=nothing.csv", "nothing.csv does not exist"),
        ("collect.domain.0.fields={txet: a}", "Did you mean text?"),
    ],
)
def test_a_wrong_setting_is_one_line(
    folder: Path, tmp_path: Path, retort: Retort, change: str, said: str
) -> None:
    done = retort("run", "both.yaml", "--work", tmp_path / "w", "--set", change, cwd=folder)

    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert said in done.err
