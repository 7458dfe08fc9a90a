"""What a row or a front matter says becomes a document's columns, or stays as it was."""

import datetime
import json
from typing import Any

import pytest

from curate.collect import records
from schemas.rows import Document, Kind, Section


def document(
    values: dict[str, Any], metadata: dict[str, Any] | None = None, kind: Kind | None = None
) -> Document:
    return records.document(
        values,
        source="file:a#1",
        form="json",
        text="Words.",
        sections=[],
        metadata=metadata,
        kind=kind,
    )


def test_columns_are_filled_from_the_values() -> None:
    row = document(
        {
            "title": " Two\n lines ",
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "doi": "https://doi.org/10.1000/ABC",
            "published": "3 March 2020",
            "authors": [{"given": "Ada", "family": "Byron"}, "Emmy Noether^[1]"],
            "kind": "Review",
        }
    )

    assert (row.title, row.license, row.doi) == ("Two lines", "CC-BY-4.0", "10.1000/abc")
    assert (row.published, row.kind) == ("2020-03-03", "review")
    assert row.authors == ["Ada Byron", "Emmy Noether"]
    assert row.metadata == "{}"


def test_what_is_not_understood_is_kept_as_it_was() -> None:
    row = document({"license": "ask the author", "published": "last week", "kind": "song"})

    assert (row.license, row.published, row.kind) == (None, None, "research")
    assert json.loads(row.metadata) == {
        "license": "ask the author",
        "published": "last week",
        "kind": "song",
    }


@pytest.mark.parametrize("nothing", [None, "", " \n", float("nan"), float("inf")])
def test_an_empty_value_says_nothing(nothing: object) -> None:
    row = document({"license": nothing, "title": nothing, "domain": nothing})

    assert (row.license, row.title, row.domain, row.metadata) == (None, None, None, "{}")


def test_the_readers_kind_stands_above_the_values() -> None:
    assert document({"kind": "review"}, kind="instructions").kind == "instructions"


def test_metadata_keeps_scalars_and_no_more() -> None:
    day = datetime.date(2020, 1, 2)
    row = document({}, metadata={"n": 1, "yes": True, "day": day, "list": [1], "x": float("nan")})

    assert json.loads(row.metadata) == {"n": 1, "yes": True, "day": "2020-01-02"}


def test_sections_and_blocks_are_taken_as_they_are() -> None:
    section = Section("", 1, 0, 6)

    assert records.document(
        {}, source="a", form="json", text="Words.", sections=(section,)
    ).sections == [section]


def test_subject_headings_are_joined_to_one_line() -> None:
    row = {"text": "Words.", "mag_field_of_study": ["Biology", "Medicine"], "year": 2001}

    assert records.other(row, {"text"}) == {
        "mag_field_of_study": ["Biology", "Medicine"],
        "subjects": "Biology; Medicine",
        "year": 2001,
    }
