"""The lines of a batch's input. Reads JSONL; gives requests, or what is wrong with the file."""

import json
from typing import Any, NamedTuple

MOST = 50_000
"""Requests of a batch, as OpenAI has it."""


class Line(NamedTuple):
    """A request."""

    custom_id: str
    body: dict[str, Any]


class Problem(NamedTuple):
    """Why a file is no batch."""

    code: str
    message: str
    line: int | None = None
    """Counted from 1."""

    def as_json(self) -> dict[str, Any]:
        """As the field `errors` of a batch has it."""
        return {"object": "list", "data": [{**self._asdict(), "param": None}]}


def read(content: bytes, endpoint: str) -> list[Line] | Problem:
    """The requests in a file, or the first thing that is wrong with it."""
    found: dict[str, Line] = {}
    models: set[object] = set()
    for number, raw in enumerate(content.splitlines(), 1):
        if not raw.strip():
            continue
        line = _line(raw, endpoint, number)
        if isinstance(line, Problem):
            return line
        if line.custom_id in found:
            return Problem("duplicate_custom_id", f"{line.custom_id!r} came before.", number)
        found[line.custom_id] = line
        models.add(str(line.body.get("model")))
        if len(models) > 1:
            return Problem("mismatched_model", "A batch has requests to one model only.", number)
    if not found:
        return Problem("empty_file", "The file holds no request.")
    if len(found) > MOST:
        return Problem("too_many_requests", f"{len(found)} requests, at most {MOST} are allowed.")
    return list(found.values())


def _line(raw: bytes, endpoint: str, number: int) -> Line | Problem:
    try:
        told = json.loads(raw)
        json.dumps(told)
    except (ValueError, RecursionError):
        return Problem("invalid_json_line", "This line is not JSON.", number)
    if not isinstance(told, dict):
        return Problem("invalid_json_line", "This line is not a JSON object.", number)
    if not isinstance(told.get("custom_id"), str):
        return Problem("missing_required_parameter", "custom_id is missing.", number)
    if told.get("method") != "POST":
        return Problem("invalid_method", "method has to be POST.", number)
    if told.get("url") != endpoint:
        return Problem("invalid_url", f"url has to be the batch's endpoint, {endpoint}.", number)
    if not isinstance(told.get("body"), dict):
        return Problem("missing_required_parameter", "body is missing.", number)
    return Line(told["custom_id"], told["body"])
