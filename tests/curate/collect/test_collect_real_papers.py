"""Real papers and abstracts come through whole."""

import gzip
import shutil
from pathlib import Path

import pytest

from curate.collect import read
from curate.collect.files import NamedFile, walk
from schemas.recipe import Files
from schemas.rows import Document

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="no folder of real papers beside the checkout"),
]


def test_papers_in_markdown_have_titles_authors_dates_and_sections() -> None:
    files = [one for one in walk(DATA / "joss_md") if isinstance(one, NamedFile)]
    papers = [one for one in files if one.path.suffix == ".md"]

    rows = list(read(Files(origin="files", paths=["joss_md"]), paths=papers))

    assert len(rows) == len(papers) > 0
    for row in rows:
        assert isinstance(row, Document)
        assert row.title
        assert row.authors
        assert row.published
        assert len(row.sections) > 1
        offsets = [(one.start, one.end) for one in row.sections]
        for start, end in offsets + [(one.start, one.end) for one in row.blocks]:
            assert 0 <= start <= end <= len(row.text)


def test_every_abstract_of_a_large_file_is_a_document(tmp_path: Path) -> None:
    path = tmp_path / "abstracts.jsonl"
    packed = DATA / "arxiv_abstracts" / "arxiv_abstracts.jsonl.gz"
    with gzip.open(packed) as reader, path.open("wb") as plain:
        shutil.copyfileobj(reader, plain)
    n_lines = path.read_bytes().count(b"\n")

    source = Files(origin="files", paths=["abstracts.jsonl"], license="CC0-1.0")
    rows = list(read(source, paths=[NamedFile(path, "file:abstracts.jsonl")]))

    assert all(isinstance(row, Document) for row in rows)
    assert len(rows) == n_lines > 10_000
    assert len({row.source for row in rows if isinstance(row, Document)}) == n_lines
