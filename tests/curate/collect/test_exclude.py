"""A document that is named is kept out, however its name is written."""

import hashlib

import pyarrow as pa
import pytest

from curate.collect.exclude import Exclude
from schemas.errors import RecipeError
from schemas.rows import DOCUMENTS, Document

TEXT = "Some words."
DOCUMENT = Document(
    source="file:a.pdf",
    form="pdf",
    text=TEXT,
    doi="10.1000/ABC",
    pmcid="PMC12",
    arxiv_id="2408.10729v2",
    metadata='{"sha256": "' + "ab" * 32 + '", "journal": "X"}',
)
OTHER = Document(source="file:b.txt", form="text", text="Other words.")


def batch(*documents: Document) -> pa.RecordBatch:
    rows = [{**one.row(), "part": None, "split": None} for one in documents]
    return pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS)


@pytest.mark.parametrize(
    "name",
    [
        *["doi:10.1000/abc", "doi: 10.1000/ABC", "DOI:https://doi.org/10.1000/abc"],
        *["pmcid:PMC12", "pmcid:12", "arxiv:2408.10729", "arxiv:2408.10729v1"],
        *["sha256:" + "AB" * 32, "sha256:" + hashlib.sha256(TEXT.encode()).hexdigest()],
        f"id:{DOCUMENT.id}",
    ],
)
def test_each_way_of_naming_finds_the_document_and_no_other(name: str) -> None:
    exclude = Exclude([name])

    assert exclude.allows(batch(DOCUMENT, OTHER)).to_pylist() == [False, True]
    assert exclude.missing() == []


def test_a_name_that_no_document_has_is_told() -> None:
    exclude = Exclude(["doi:10.1000/xyz", "pmcid:12"])
    exclude.allows(batch(DOCUMENT))

    assert exclude.missing() == ["doi:10.1000/xyz"]


@pytest.mark.parametrize("name", ["10.1000/abc", "isbn:12", "doi:"])
def test_a_name_of_no_known_kind_is_an_error(name: str) -> None:
    with pytest.raises(RecipeError, match="Write one of arxiv"):
        Exclude([name])
