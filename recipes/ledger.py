"""What `retort calls` shows of the ledger."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from curate.synthesize import completion
from curate.synthesize.calls import Ledger, path_in
from recipes.dollars import dollars
from schemas.errors import TableError
from schemas.plain import check_output

COLUMNS = ("key", "made", "teacher", "task", "sample", "tokens", "usd", "seconds", "reply")
TOTALS = ("account", "teacher", "task", "calls", "sent", "written", "dollars", "last")
"""Columns of the printed totals; as JSON there are more."""
TOKENS = ("prompt_tokens", "completion_tokens")
SHORTEST = 6
"""Characters of a key that must be given."""


@contextlib.contextmanager
def opened(work: Path) -> Iterator[Ledger]:
    """The ledger of a work folder.

    Raises:
        TableError: there is none.
    """
    path = path_in(work)
    if not path.is_file():
        raise TableError(
            f"{path}: no teacher was asked here yet. Name a work folder with --work, or run a "
            f"recipe with a teacher first."
        )
    with Ledger(path) as found:
        yield found


def totals(ledger: Ledger, where: Mapping[str, str]) -> list[dict[str, Any]]:
    """Calls, tokens and dollars by account, teacher, model and task."""
    rows = [
        row
        for row in ledger.totals()
        if all(not value or row[name] == value for name, value in where.items())
    ]
    for row in rows:
        row["usd"], row["mean_seconds"] = round(row["usd"], 6), round(row["mean_seconds"], 3)
    return rows


def table(totals: list[dict[str, Any]]) -> list[list[object]]:
    """Rows of TOTALS, and their sum."""
    sums = [sum(row[name] for row in totals) for name in ("calls", *TOKENS)]
    return [
        *[
            [
                *(row["account"], row["teacher"], row["task"], row["calls"]),
                *(row[name] for name in TOKENS),
                *(dollars(row["usd"]), row["last"][:16]),
            ]
            for row in totals
        ],
        ["all", "", "", *sums, dollars(sum(row["usd"] for row in totals)), ""],
    ]


def listed(ledger: Ledger, where: Mapping[str, str], limit: int) -> list[dict[str, Any]]:
    """The latest calls, one row each."""
    return [
        {
            "key": call.key[:12],
            "made": call.made[:19],
            "teacher": call.teacher,
            "task": call.task,
            "sample": call.sample,
            "tokens": call.tokens,
            "usd": round(call.usd, 6),
            "seconds": round(call.seconds, 2),
            "reply": completion.line(completion.text_of(completion.of(call.reply)), 60),
        }
        for call in ledger.every(where, limit)
    ]


def one(ledger: Ledger, key: str) -> dict[str, Any]:
    """A call with its request and reply.

    Raises:
        TableError: none, or several, begin so.
    """
    found = list(ledger.every({"key": key}, 3)) if len(key) >= SHORTEST else []
    if len(found) != 1:
        what = "several calls begin so" if found else "no call has this key"
        raise TableError(f"{key}: {what}. Give at least {SHORTEST} characters of one of them.")
    told = asdict(found[0])
    return told | {"request": json.loads(found[0].request), "reply": json.loads(found[0].reply)}


def lines(call: Mapping[str, Any]) -> list[str]:
    """A call for a person to read."""
    told = [
        f"call      {call['key']}, {call['made']}, {call['host']}, {call['seconds']:.2f} s",
        f"teacher   {call['teacher']} ({call['model']}), task {call['task']}, sample "
        f"{call['sample']}, account {call['account']}",
        f"tokens    {call['prompt_tokens']:,} sent, {call['completion_tokens']:,} written, "
        f"${call['usd']:.6f}",
        f"parameters {json.dumps(call['request']['parameters'])}",
    ]
    for turn in call["request"]["messages"]:
        told.append(f"\n[{turn['role']}]\n{turn['content']}")
    told.append(f"\n[reply]\n{completion.text_of(call['reply']) or call['reply']}")
    return told


def export(ledger: Ledger, path: Path, where: Mapping[str, str]) -> int:
    """Write calls to a JSONL file, whole or not at all; gives how many."""
    check_output(path)
    if path.suffix != ".jsonl":
        raise TableError(f"{path}: calls are exported as .jsonl. Name such a file.")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    n = 0
    try:
        with beside.open("w", encoding="utf-8") as file:
            for call in ledger.every(where):
                file.write(json.dumps(asdict(call), ensure_ascii=False) + "\n")
                n += 1
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return n
