"""Instruction sets as conversations: their splits, and what a row says of itself."""

import json
from pathlib import Path

from curate.turns import conversations
from schemas.plain import open_rows


def written(folder: Path, rows: list[dict[str, object]]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_rows_of_one_document_lie_in_one_split(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"instruction": f"Say {n}.", "output": f"It is {n}.", "document_id": f"d{n % 30}"}
        for n in range(300)
    ]
    path = written(tmp_path, rows)
    found = conversations(open_rows(path), path, "general").rows.to_pylist()

    splits = {(row["document_id"], row["split"]) for row in found}
    assert len(splits) == 30
    assert {split for _, split in splits} == {"train", "valid", "test"}


def test_a_row_keeps_what_it_says_of_itself_and_the_amount_it_is_counted_by(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"instruction": "a", "output": "b", "license": "MIT", "task": "t", "domain": 7, "words": 3},
        {"instruction": "c", "output": "d", "license": None, "task": "t", "words": 4.5},
        {"instruction": "e", "output": "f", "words": None},
    ]
    path = written(tmp_path, rows)
    found = conversations(open_rows(path), path, "general", "words").rows.to_pylist()

    assert [row["license"] for row in found] == ["MIT", None, None]
    assert [row["task"] for row in found] == ["t", "t", None]
    assert [row["domain"] for row in found] == [None, None, None]
    assert [row["amount"] for row in found] == [3.0, 4.5, None]
