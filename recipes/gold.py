"""Labelled examples of a plain file, as a judge reads them, and copies of them made worse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import TableError
from schemas.plain import open_rows

if TYPE_CHECKING:
    from curate.synthesize.corruptions import Pair

LABELS = {"good": True, "true": True, "yes": True, "bad": False, "false": False, "no": False}
BITS = {"1": True, "0": False}
GRADES = {str(grade): grade for grade in range(1, 6)}
FORMS = (("messages",), ("question", "answer"), ("instruction", "output"))
"""Columns that hold an example, the first that are all there."""
CONTEXTS = ("context", "passage")
"""Columns that hold its passage, likewise."""
OWN = ("part", "split", "domain", "document_id", "passage_id")
GOOD_FROM = 4
"""Grade from which an example is good."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A labelled example."""

    row: dict[str, Any]
    """As the measure `judge` reads it."""
    good: bool
    grade: int | None
    """1 to 5, where those are the labels."""


def read(path: Path) -> tuple[list[Gold], int]:
    """The labelled examples of a file, and how many of its rows have no label.

    Raises:
        TableError: no examples, passages or labels in it, or a label that says nothing.
    """
    found = open_rows(path)
    names = found.schema.names
    form = next((one for one in FORMS if set(one) <= set(names)), None)
    context = next((one for one in CONTEXTS if one in names), None)
    if form is None or context is None or "label" not in names:
        raise TableError(
            f"{path}: needs the columns label, context (the passage), and question and answer, or "
            f"messages; it has {', '.join(names)}. Name its columns so."
        )
    rows = [row for batch in found.batches() for row in batch.to_pylist()]
    labelled = [row for row in rows if row["label"] not in (None, "")]
    if not labelled:
        raise TableError(f"{path}: no row has a label. Write good or bad, or 1 to 5.")
    labels = _labels(path, labelled)
    gold = [
        _gold(_row(row, form, context, path), label)
        for row, label in zip(labelled, labels, strict=True)
    ]
    return gold, len(rows) - len(labelled)


def _labels(path: Path, rows: Sequence[Mapping[str, Any]]) -> Sequence[bool | int]:
    """Every label as true or false, or every one as a grade."""
    known: Mapping[str, bool | int]
    given = [str(row["label"]).strip().lower().removesuffix(".0") for row in rows]
    for known in (BITS, LABELS, GRADES):
        if set(given) <= set(known):
            return [known[one] for one in given]
    known = max((LABELS, GRADES), key=lambda those: sum(one in those for one in given))
    wrong = next(row for row, one in zip(rows, given, strict=True) if one not in known)
    raise TableError(
        f"{path}: the label of row {wrong['id']} is {wrong['label']!r}; all are good or bad, true "
        f"or false, or all are 1 to 5. Correct it."
    )


def _gold(row: dict[str, Any], label: bool | int) -> Gold:
    if isinstance(label, bool):
        return Gold(row, label, None)
    return Gold(row, label >= GOOD_FROM, label)


def _messages(row: Mapping[str, Any], path: Path) -> list[dict[str, str]]:
    """The turns of a row.

    Raises:
        TableError: they are no turns with role and content.
    """
    turns = row["messages"] or []
    if isinstance(turns, list) and all(
        isinstance(one, dict) and {"role", "content"} <= set(one) for one in turns
    ):
        return [{"role": str(one["role"]), "content": str(one["content"] or "")} for one in turns]
    raise TableError(
        f"{path}: the messages of row {row['id']} are not a list of turns with role and content. "
        f"Mend them, or give columns question and answer."
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _row(row: Mapping[str, Any], form: Sequence[str], context: str, path: Path) -> dict[str, Any]:
    """A row of the file as the judge reads it."""
    if form == ("messages",):
        messages = _messages(row, path)
    else:
        asked = [str(row[name]) for name in (form[0], "input") if row.get(name)]
        messages = [
            {"role": "user", "content": "\n\n".join(asked)},
            {"role": "assistant", "content": str(row[form[1]] or "")},
        ]
    return {
        **{name: _text(row.get(name)) for name in OWN},
        "id": str(row["id"]),
        "messages": messages,
        "context": _text(row[context]),
        "document_title": _text(row.get("document_title") or row.get("title")),
    }


def planted(gold: Sequence[Gold], most: int) -> list[tuple[str, dict[str, Any]]]:
    """(kind, row) of copies of the good examples that are made worse, `most` of each kind."""
    from curate.synthesize.corruptions import KINDS, corrupted

    rows = {one.row["id"]: one.row for one in gold if one.good and one.row["context"]}
    pairs = [pair for row in rows.values() if (pair := _pair(row)) is not None]
    return [
        (kind, _with(rows[pair.id], kind, pair))
        for kind in KINDS
        for pair in corrupted(kind, pairs, most)
    ]


def _pair(row: Mapping[str, Any]) -> "Pair | None":
    """The first question and the last answer of an example; None where it has no two turns."""
    from curate.synthesize.corruptions import Pair

    asked = [one["content"] for one in row["messages"] if one["role"] == "user"]
    said = [one["content"] for one in row["messages"] if one["role"] == "assistant"]
    return Pair(row["id"], asked[0], said[-1], row["context"]) if asked and said else None


def _with(row: dict[str, Any], kind: str, pair: "Pair") -> dict[str, Any]:
    """The example with this question and answer in the places of its own."""
    roles = [one["role"] for one in row["messages"]]
    first, last = roles.index("user"), len(roles) - 1 - roles[::-1].index("assistant")
    changed = {first: pair.question, last: pair.answer}
    messages = [
        {"role": one["role"], "content": changed.get(place, one["content"])}
        for place, one in enumerate(row["messages"])
    ]
    return {**row, "id": f"{row['id']} {kind}", "messages": messages}
