"""Test rows that every model answered: question, reference answer, and theirs side by side.

Which rows were answered is told by the tables: where `answer` is not null.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from recipes.report.text import shortened
from schemas.tables import Table

MODELS = {
    "base": "likelihood.base",
    "control": "likelihood.control",
    "tuned": "likelihood.tuned",
}
"""Model -> the stage that asked it."""
AT_FIRST = 4
"""Rows of a part that are open from the start."""
TEXT = 1_200
"""Characters of a question or an answer that are shown."""
ANSWERED = """
    select example_id, answer, nll / n_loss_tokens as nll from "{stage}"
    where answer is not null
"""
ASKED = """
    select example_id, part, prompt, completion from "mix"
    where split = 'test' and example_id in (select unnest(?)) order by part, position
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model answers."""

    model: str
    text: str
    nll: float | None
    """Of the reference answer under this model, nats per token."""


@dataclass(frozen=True, slots=True)
class Row:
    """One test row and everyone's answers."""

    id: str
    question: str
    reference: str
    answers: list[Answer]


def side_by_side(
    database: duckdb.DuckDBPyConnection, made: Mapping[str, Table]
) -> dict[str, list[Row]]:
    """Part -> rows that were answered, in the order of the test rows."""
    asked = {model: stage for model, stage in MODELS.items() if stage in made}
    answered = {model: _answers(database, stage) for model, stage in asked.items()}
    ids = sorted({id_ for found in answered.values() for id_ in found})
    parts: dict[str, list[Row]] = {}
    for id_, part, prompt, completion in database.execute(ASKED, [ids]).fetchall():
        row = Row(
            id=id_,
            question=shortened(last_turn(prompt, "user"), TEXT),
            reference=shortened(last_turn(completion, "assistant"), TEXT),
            answers=[found[id_] for found in answered.values() if id_ in found],
        )
        parts.setdefault(part, []).append(row)
    return parts


def _answers(database: duckdb.DuckDBPyConnection, stage: str) -> dict[str, Answer]:
    """Test row -> what the model answers."""
    model = next(name for name, by in MODELS.items() if by == stage)
    rows = database.execute(ANSWERED.format(stage=stage)).fetchall()
    return {id_: Answer(model, shortened(text, TEXT), nll) for id_, text, nll in rows}


def last_turn(turns: Sequence[Mapping[str, Any]] | None, role: str) -> str:
    """The last turn of this role; the last of all where there is none."""
    found = [turn["content"] or "" for turn in turns or [] if turn["role"] == role]
    found = found or [turn["content"] or "" for turn in turns or []]
    return found[-1] if found else ""
