"""A passage to ask about, and the way from a reply's text to drafts with located evidence."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from curate.synthesize import quotes, replies
from curate.synthesize.tasks.task import Draft, Material, Task
from schemas.ids import identity
from schemas.rows import Evidence, Passage

TEXT = (
    "Nitrogenase reduces N2 at 25 °C and at 1.0 atm. The iron protein hydrolyses 16 ATP for each "
    "N2. Oxygen inactivates the enzyme within 30 s, because its clusters are oxidised."
)
Followed = Callable[..., list[tuple[Draft, list[Evidence]]]]


def a_passage(text: str = TEXT, number: int = 0, **changed: object) -> Passage:
    given: dict[str, Any] = {
        "id": identity(text, number), "document_id": f"d{number}", "part": "domain",
        "split": "train", "section": ["Results", "Turnover"], "start": 100,
        "end": 100 + len(text), "text": text, "n_words": len(text.split()),
        "title": "Nitrogenase", "source": "s", "license": "MIT", "domain": "biology",
    }  # fmt: skip
    return Passage(**{**given, **changed})


@pytest.fixture
def passage() -> Callable[..., Passage]:
    return a_passage


@pytest.fixture
def material() -> Material:
    return Material(a_passage())


@pytest.fixture
def follow() -> Followed:
    """What becomes of a reply: drafts, each with the places of its quotes."""

    def followed(
        task: Task, reply: object, material: Material
    ) -> list[tuple[Draft, list[Evidence]]]:
        text = reply if isinstance(reply, str) else json.dumps(reply)
        read = replies.judge(text, task, material)
        assert read.outcome == "ok", read
        return [
            (draft, [row for one in draft.quotes for row in quotes.evidence(one, material.passage)])
            for draft in task.drafts(read.reply, material)
        ]

    return followed
