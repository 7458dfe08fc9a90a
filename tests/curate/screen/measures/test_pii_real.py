"""Against labelled sentences, and papers in which the numbers are others."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curate.collect.jats import read
from curate.screen.measures.pii import Params, measure
from schemas.rows import Document

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]
LABELS = {
    "email": "EMAIL_ADDRESS",
    "phone": "PHONE_NUMBER",
    "ip": "IP_ADDRESS",
    "national_id": "US_SSN",
    "card": "CREDIT_CARD",
    "iban": "IBAN_CODE",
}
Place = tuple[int, int]


def overlapping(places: list[Place], others: list[Place]) -> int:
    return sum(any(start < end and begin < stop for begin, end in others) for start, stop in places)


@pytest.mark.parametrize("kind", LABELS)
def test_what_is_labelled_is_found_and_little_else(shared_data: Path, kind: str) -> None:
    path = shared_data / "noise/presidio_pii/tests/data/generated_large.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    texts = pa.record_batch({"text": [row["full_text"] for row in rows]})
    n_found = n_right = n_labelled = n_recalled = 0
    for row, spans in zip(rows, measure(texts, Params())["pii_spans"].to_pylist(), strict=True):
        found = [(one["start"], one["end"]) for one in spans if one["kind"] == kind]
        labelled = [
            (one["start_position"], one["end_position"])
            for one in row["spans"]
            if one["entity_type"] == LABELS[kind]
        ]
        n_found, n_right = n_found + len(found), n_right + overlapping(found, labelled)
        n_labelled += len(labelled)
        n_recalled += overlapping(labelled, found)

    assert n_recalled >= 0.9 * n_labelled > 0
    assert n_right >= 0.9 * n_found


def test_papers_hold_no_numbers_of_people(shared_data: Path) -> None:
    files = sorted((shared_data / "jats_plos/xml").rglob("*.xml"))
    texts = [
        one.text
        for path in files
        for one in read(path.read_bytes(), path.name)
        if isinstance(one, Document)
    ]
    batch = measure(pa.record_batch({"text": texts}), Params())

    assert len(texts) > 50
    for column in ("n_phones", "n_national_ids", "n_cards", "n_secrets", "n_ips"):
        assert sum(batch[column].to_pylist()) == 0, column
