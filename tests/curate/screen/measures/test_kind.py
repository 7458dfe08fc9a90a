"""Notices are told from the works they are about, and retracted works from those that stand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curate.collect import jats
from curate.screen.measures.kind import COLUMNS, Params, measure_with_documents, reads
from schemas.rows import DOCUMENTS, Document


def told(rows: pa.Table, documents: pa.Table | None = None) -> dict[str, list[bool]]:
    available = rows.column_names
    if documents is not None:
        available = [*available, "document_kind"]
    read = rows.select(reads(Params(), available))

    def batches() -> Iterator[pa.RecordBatch]:
        return iter(read.to_batches(max_chunksize=2))

    found = list(measure_with_documents(batches, documents, Params()))
    assert sum(map(len, found)) == len(rows)
    return {name: [row[name] for one in found for row in one.to_pylist()] for name in COLUMNS}


def titled(*titles: str | None) -> dict[str, list[bool]]:
    return told(pa.table({"title": pa.array(titles, pa.string())}))


def works(*rows: Mapping[str, Any]) -> pa.Table:
    empty = dict.fromkeys(DOCUMENTS.names)
    return pa.Table.from_pylist([{**empty, **row} for row in rows], schema=DOCUMENTS)


def passages(*documents: str | None) -> pa.Table:
    return pa.table({"document_id": pa.array(documents, pa.string())})


@pytest.mark.parametrize(
    "title",
    [
        "RETRACTED: On mud",
        "RETRACTED ARTICLE: On mud",
        "[RETRACTED] On mud",
        "Retracted: On mud",
        "WITHDRAWN: On mud",
        "Withdrawn – On mud",
        "TEMPORARY REMOVAL: On mud",
        "On mud [Retracted]",
        "On (wet) mud (Retracted article. See vol. 5, p. 10, 2011)",
    ],
)
def test_a_title_says_that_its_work_is_retracted(title: str) -> None:
    assert titled(title, "On mud") == {
        "retraction": [False, False],
        "correction": [False, False],
        "concern": [False, False],
        "retracted": [True, False],
    }


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Retraction: On mud", "retraction"),
        ("Retraction notice to “On mud”", "retraction"),
        ("Correction: On mud", "correction"),
        ("Erratum to: On mud", "correction"),
        ("Corrigendum: On mud", "correction"),
        ("Author Correction: On mud", "correction"),
        ("Expression of Concern: On mud", "concern"),
        ("Editorial expression of concern", "concern"),
    ],
)
def test_a_title_says_that_it_is_a_notice(title: str, column: str) -> None:
    found = titled(title)

    assert {name for name, marks in found.items() if marks == [True]} == {column}


def test_works_about_retraction_and_correction_are_no_notices() -> None:
    found = titled(
        "Retracted publications in biology: a survey",
        "Why articles are retracted (and when)",
        "Retraction of the foreskin in boys",
        "Withdrawal: effects of nicotine",
        "Correction of refractive errors with lenses",
        "Concerns of patients",
        "Retracted-jaw anatomy",
        "",
        None,
    )

    assert not any(any(marks) for marks in found.values())


def test_the_kind_of_a_document_says_that_it_is_a_notice() -> None:
    documents = works(
        {"id": "a", "kind": "retraction"},
        {"id": "b", "kind": "correction"},
        {"id": "c", "kind": "concern"},
        {"id": "d", "kind": "research"},
    )
    found = told(passages("d", "c", "a", "b", "a"), documents)

    assert found["retraction"] == [False, False, True, False, True]
    assert found["correction"] == [False, False, False, True, False]
    assert found["concern"] == [False, True, False, False, False]


def test_a_notice_in_the_corpus_retracts_the_work_with_its_doi_or_pubmed_id() -> None:
    documents = works(
        {"id": "mud", "doi": "10.1000/Mud.1"},
        {"id": "silt", "metadata": json.dumps({"pmid": "77"})},
        {"id": "clay", "doi": "10.1000/mud.2", "metadata": json.dumps({"pmid": "777"})},
        {"id": "n1", "metadata": json.dumps({"retracts": "https://doi.org/10.1000/mud.1"})},
        {"id": "n2", "metadata": json.dumps({"retracts": "pmid:77"})},
    )
    found = told(passages("clay", "silt", "mud", "n1"), documents)

    assert found["retracted"] == [False, True, True, False]


def test_a_work_that_names_its_retraction_is_retracted() -> None:
    documents = works({"id": "a", "metadata": json.dumps({"retracted_by": "pmid:78"})})

    assert told(passages("a"), documents)["retracted"] == [True]


def test_a_row_whose_document_is_not_there_is_none_of_it() -> None:
    found = told(passages("elsewhere", None), works({"id": "a", "kind": "retraction"}))

    assert found == {name: [False, False] for name in COLUMNS}


def test_rows_that_are_documents_are_told_by_their_own_columns() -> None:
    rows = pa.table(
        {
            "doi": ["10.1/a", "10.1/b", None],
            "kind": ["research", "research", "retraction"],
            "metadata": ["{}", "{}", json.dumps({"retracts": "10.1/b"})],
            "title": ["A", "B", "C"],
        }
    )

    assert told(rows)["retracted"] == [False, True, False]
    assert told(rows)["retraction"] == [False, False, True]


def test_a_text_without_a_title_is_told_by_its_first_line() -> None:
    texts = ["# RETRACTED: On mud\n\nMud is wet.", "Mud.\nRETRACTED: no", "\n\nErratum\nMud.", None]
    found = told(pa.table({"text": texts}))

    assert found["retracted"] == [True, False, False, False]
    assert found["correction"] == [False, False, True, False]


def test_a_conversation_has_no_title_so_nothing_is_told_of_it() -> None:
    assert reads(Params(), ["id", "text", "messages", "response"]) == []


@pytest.mark.parametrize(
    "metadata",
    [
        '{"retracts": ',
        '{"retracts": 5}',
        '["retracts"]',
        '{"retracts": ""}',
        '{"retracts": ' + "[" * 100_000,
        '"retracts"',
    ],
)
def test_metadata_that_say_nothing_retract_nothing(metadata: str) -> None:
    rows = pa.table({"title": ["a", "b"], "doi": ["", "10.1/a"], "metadata": [metadata, None]})

    assert told(rows)["retracted"] == [False, False]


def test_columns_of_another_type_say_nothing() -> None:
    rows = pa.table({"title": ["Erratum"], "metadata": [{"a": 1}], "kind": [5], "doi": [1.5]})

    assert told(rows)["correction"] == [True]


def test_a_long_title_takes_no_longer_than_a_short_one() -> None:
    found = titled("retracted(" * 1_000_000, "(" * 10_000_000 + "retracted", "RETRACTED: x\x00" * 9)

    assert found["retracted"] == [False, False, True]


def test_no_rows_give_no_rows() -> None:
    assert told(passages(), works()) == {name: [] for name in COLUMNS}


@pytest.mark.shared_data
def test_of_papers_of_plos_the_notices_and_only_they_are_told(shared_data: Path) -> None:
    found = read(sorted((shared_data / "jats_plos" / "xml").glob("*.xml")))
    about = {"id": "planted", "doi": "10.1371/JOURNAL.PPAT.1003435"}
    documents = pa.concat_tables(
        [pa.Table.from_pylist([one.row() | OWN for one in found], DOCUMENTS), works(about)]
    )
    marked = told(passages(*documents["id"].to_pylist()), documents)
    kinds = documents["kind"].to_pylist()

    assert marked["retraction"] == [kind == "retraction" for kind in kinds]
    assert marked["correction"] == [kind == "correction" for kind in kinds]
    assert (sum(marked["retraction"]), sum(marked["correction"])) == (1, 1)
    assert marked["retracted"] == [False] * len(found) + [True]


OWN = {"part": "domain", "split": "train"}


def read(files: Sequence[Path]) -> list[Document]:
    rows = [one for path in files for one in jats.read(path.read_bytes(), path.name)]
    return [one for one in rows if isinstance(one, Document)]
