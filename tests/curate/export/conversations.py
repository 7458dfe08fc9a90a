"""Conversations for the tests of forms, and rows that hold them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from curate.export.described import Container, Described, Form
from curate.export.rendering import Render, from_template
from curate.export.rows import ROWS

Turn = dict[str, str | None]
PLAIN = Path(__file__).parents[3] / "train" / "templates" / "plain.jinja"
FORMS: tuple[Form, ...] = (
    "trl", "messages", "alpaca", "sharegpt", "prompt-completion", "text",
)  # fmt: skip
CONTAINERS: tuple[Container, ...] = ("parquet", "jsonl", "datasets")
CALL = '{"name": "look", "arguments": {"n": 1}}'


def talk(*turns: tuple[str, str | None]) -> list[Turn]:
    return [{"role": role, "content": content} for role, content in turns]


ONE = talk(("user", "What does it do?"), ("assistant", "It absorbs heat."))
HEADED = talk(("system", "Be short."), *(("user", "Why?"), ("assistant", "Charge.")))
SEVERAL = talk(
    *(("system", "Be short."), ("user", "What?"), ("assistant", "Heat.")),
    *(("user", "And then?"), ("assistant", "It cools.")),
    *(("user", "And then?"), ("assistant", "Nothing.")),
)
TOOL = talk(("user", "Look."), ("assistant", CALL), ("tool", "42"), ("assistant", "It is 42."))


def batch(talks: Sequence[list[Turn] | None], **others: object) -> pa.RecordBatch:
    """A row of ROWS for each conversation, named by its number."""
    rows: list[dict[str, Any]] = [
        {
            "position": number,
            "id": str(number),
            "part": "domain",
            "split": "train",
            "messages": one,
            "license": "CC-BY-4.0",
            "source": "file:a.md",
            "evidence": [{"quote": "heat", "start": 3, "end": 7, "match": "exact"}],
            "also_from": [],
            "call_ids": [],
            "teacher": "miner",
            **others,
        }
        for number, one in enumerate(talks)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=ROWS)


def plain(end: str = "<end>") -> Render:
    return from_template(PLAIN.read_text(encoding="utf-8"), PLAIN, {"eos_token": end})


def described(form: Form, container: Container, files: list[dict[str, Any]]) -> Described:
    """An export of which only form, container and files are known."""
    return Described(
        name="numerics, small",
        form=form,
        container=container,
        release="open",
        rows={},
        realised={},
        unit="rows",
        licenses={},
        teachers=[],
        languages=[],
        n_documents=0,
        funnel=[],
        benchmarks=[],
        limits=[],
        recipe="",
        command="",
        template_sha256=None,
        retort="",
        made="",
        files=files,
    )


TEXTS = st.text(max_size=30) | st.sampled_from(["{{ x }}", "---\na: b", "\x00\x1b", "<|end|>", "|"])
TURNS = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "user", "assistant", "tool", "critic"]) | st.none(),
        "content": TEXTS | st.none(),
    }
)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4)


@st.composite
def aligned(draw: st.DrawFn) -> list[Turn]:
    """Perhaps a system turn, then questions and answers in turn."""
    system = draw(st.none() | TEXTS)
    turns = [] if system is None else [("system", system)]
    for question, answer in draw(PAIRS):
        turns += [("user", question), ("assistant", answer)]
    return talk(*turns)


ANY = st.lists(
    st.none() | st.lists(TURNS, max_size=5) | aligned(), max_size=12
)  # rows of all kinds, most of them broken
