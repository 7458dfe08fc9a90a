"""Recorded replies give the rows that the model gave, and a stranger's file enters no ledger."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from curate.synthesize.calls import Call, Ledger
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from curate.synthesize.taught import recorded
from schemas.errors import TableError
from schemas.teachers import Replay
from tests.curate.synthesize.teachers.asking import (
    Taught,
    a_school,
    a_source,
    a_teacher,
    learn,
    passage,
    run,
    said,
)

REPLAY = Replay(kind="replay", model="m", calls="calls.jsonl")


def export(ledger: Path, path: Path) -> list[dict[str, Any]]:
    """All calls of a ledger, as a file of lines."""
    with Ledger(ledger) as opened:
        rows = [asdict(call) for call in opened.every({})]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return rows


def replayed(folder: Path, n: int, path: Path) -> Taught:
    folder.mkdir(exist_ok=True)
    return run(a_source(n, REPLAY), a_school(folder, REPLAY, recorded={"m": path}))


def test_recorded_replies_give_the_same_rows(tmp_path: Path) -> None:
    faults = {"invalid_json": 0.3, "refusal": 0.2, "truncated": 0.1}
    with serving(FakeSettings.model_validate({"faults": faults})) as fake:
        taught = learn(tmp_path / "a", 30, a_teacher(fake.url))
    export(tmp_path / "a" / "calls.sqlite", tmp_path / "calls.jsonl")
    again = replayed(tmp_path / "b", 30, tmp_path / "calls.jsonl")

    assert again.outcomes == taught.outcomes
    assert [one.examples for one in again.answered] == [one.examples for one in taught.answered]
    assert again.paid == 0


def test_what_was_not_recorded_is_said_to_be_so(tmp_path: Path) -> None:
    with serving() as fake:
        learn(tmp_path / "a", 3, a_teacher(fake.url))
    export(tmp_path / "a" / "calls.sqlite", tmp_path / "calls.jsonl")
    again = replayed(tmp_path / "b", 5, tmp_path / "calls.jsonl")

    assert again.outcomes == ["ok"] * 3 + ["not_recorded"] * 2
    assert again.answered[-1].retryable


def test_a_strangers_replies_enter_no_ledger_of_the_users(tmp_path: Path) -> None:
    with serving() as fake:
        learn(tmp_path / "a", 3, a_teacher(fake.url))
    export(tmp_path / "a" / "calls.sqlite", tmp_path / "calls.jsonl")
    replayed(tmp_path / "b", 3, tmp_path / "calls.jsonl")

    with Ledger(tmp_path / "b" / "calls.sqlite") as ledger:
        assert ledger.totals() == []


def test_without_a_file_the_ledger_is_replayed(tmp_path: Path) -> None:
    replay = Replay(kind="replay", model="m")
    with serving() as fake:
        taught = learn(tmp_path, 3, a_teacher(fake.url))
    again = learn(tmp_path, 3, replay)

    assert [one.examples for one in again.answered] == [one.examples for one in taught.answered]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "null",
        "[]",
        "[" * 100_000,
        '{"choices": {"a": 1}}',
        '{"choices": [7]}',
        '{"choices": [{"message": "hello"}]}',
        '{"choices": [{"message": {"content": {"a": 1}}}]}',
        '{"choices": [{"message": {"content": [7, {"text": null}]}}]}',
        '{"choices": "text"}',
        json.dumps(said(None)),
    ],
)
def test_any_recorded_reply_is_read_without_a_crash(tmp_path: Path, reply: str) -> None:
    (request,) = a_source([passage(0)], REPLAY).requests()
    with serving() as fake:
        learn(tmp_path / "a", 1, a_teacher(fake.url))
    (row,) = export(tmp_path / "a" / "calls.sqlite", tmp_path / "calls.jsonl")
    assert row["key"] == request.key
    (tmp_path / "calls.jsonl").write_text(json.dumps({**row, "reply": reply}))

    assert replayed(tmp_path / "b", 1, tmp_path / "calls.jsonl").outcomes == ["invalid_json"]


def a_call() -> dict[str, Any]:
    names = dict.fromkeys(Call.__slots__, "x")
    numbers = ("sample", "prompt_characters", "prompt_tokens", "completion_tokens", "cached_tokens")
    return {**names, **dict.fromkeys(numbers, 1), "usd": 0, "seconds": 0.5}


def test_empty_lines_and_further_fields_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text(f"\n{json.dumps({**a_call(), 'later': 1})}\n  \n")

    assert [call.key for call in recorded(path)] == ["x"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"not json", "the line"),
        (b"[]", "the line"),
        (b"7", "the line"),
        (b"\xff\xfe", "the line"),
        (b"[" * 100_000, "the line"),
        (json.dumps({**a_call(), "reply": None}).encode(), "reply"),
        (json.dumps({**a_call(), "usd": "free"}).encode(), "usd"),
        (json.dumps({**a_call(), "sample": 1.5}).encode(), "sample"),
        (json.dumps({"key": "x"}).encode(), "teacher"),
    ],
)
def test_a_line_that_is_no_call_is_told_with_its_number(
    tmp_path: Path, line: bytes, what: str
) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json.dumps(a_call()).encode() + b"\n" + line)
    with pytest.raises(TableError, match=rf"calls.jsonl:2: not a call.*\({what}: ") as error:
        list(recorded(path))

    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        list(recorded(tmp_path / "nowhere.jsonl"))
