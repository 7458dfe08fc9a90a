"""Forms of conversations lose no row silently, and what they hold can be read back."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.export.described import Form
from curate.export.forms import OWN, columns, formed
from curate.export.rows import FIELDS
from tests.curate.export.conversations import (
    ANY,
    CALL,
    FORMS,
    HEADED,
    ONE,
    SEVERAL,
    TOOL,
    Turn,
    aligned,
    batch,
    plain,
    talk,
)

CONVERSATIONAL: tuple[Form, ...] = ("trl", "messages", "alpaca", "sharegpt")
NAMES = {
    "human": "user",
    "gpt": "assistant",
    "function_call": "assistant",
    "observation": "tool",
    "system": "system",
}


def read_back(form: Form, row: dict[str, Any]) -> list[Turn]:
    """The conversation that a row of a form holds."""
    if form == "trl":
        return [*row["prompt"], *row["completion"]]
    if form == "messages":
        return list(row["messages"])
    if form == "sharegpt":
        return talk(*((NAMES[turn["from"]], turn["value"]) for turn in row["conversations"]))
    system = [("system", row["system"])] if row["system"] else []
    pairs = [*row["history"], (row["instruction"], row["output"])]
    return talk(
        *system,
        *(
            (role, said)
            for pair in pairs
            for role, said in zip(("user", "assistant"), pair, strict=True)
        ),
    )


def without_empty(told: list[Turn]) -> list[Turn]:
    """Alpaca cannot tell an empty system turn from none."""
    return [turn for turn in told if turn["role"] != "system" or turn["content"]]


@given(talks=ANY)
def test_every_row_is_held_or_counted_with_its_reason(talks: list[list[Turn] | None]) -> None:
    rows, render = batch(talks), plain()

    for form in FORMS:
        made = formed(rows, form, render)
        assert len(made.rows) + sum(made.left_out.values()) == len(talks), form


@given(talks=st.lists(aligned(), max_size=8), first=st.integers(0, 3))
def test_what_is_held_is_the_conversation(talks: list[list[Turn]], first: int) -> None:
    rows = batch(talks).slice(first)

    for form in CONVERSATIONAL:
        told = [read_back(form, row) for row in formed(rows, form).rows.to_pylist()]
        assert told == [without_empty(one) if form == "alpaca" else one for one in talks[first:]]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_keeps_where_its_rows_are_from(form: Form) -> None:
    rows = batch([ONE, talk(("user", "?")), SEVERAL], prompt_hash="abc", doi="10.1/x")

    made = formed(rows, form, plain()).rows

    kept = rows.filter(pa.array([True, False, True]))
    assert made.select(FIELDS).equals(kept.select(FIELDS))


@pytest.mark.parametrize("form", FORMS)
def test_a_form_has_the_columns_that_it_says(form: Form) -> None:
    made = formed(batch([ONE]), form, plain())

    made.rows.validate(full=True)
    assert made.rows.schema.equals(columns(form), check_metadata=True)
    assert all(field.metadata[b"doc"] for field in made.rows.schema)


@pytest.mark.parametrize("form", FORMS)
def test_no_column_of_a_form_hides_where_a_row_is_from(form: Form) -> None:
    assert not set(OWN[form].names) & set(FIELDS)


@pytest.mark.parametrize("form", FORMS)
def test_no_rows_give_no_rows(form: Form) -> None:
    made = formed(batch([]), form, plain())

    assert made.rows.schema.equals(columns(form)) and not made.left_out


def test_trl_parts_the_answer_from_what_comes_before() -> None:
    (row,) = formed(batch([SEVERAL]), "trl").rows.to_pylist()

    assert (row["prompt"], row["completion"]) == (SEVERAL[:-1], SEVERAL[-1:])


def test_alpaca_has_the_last_pair_apart_and_the_others_as_history() -> None:
    (row,) = formed(batch([SEVERAL]), "alpaca").rows.to_pylist()

    assert [row[name] for name in OWN["alpaca"].names] == [
        "And then?", "", "Nothing.", "Be short.", [["What?", "Heat."], ["And then?", "It cools."]],
    ]  # fmt: skip


def test_sharegpt_names_roles_as_llama_factory_does() -> None:
    (row,) = formed(
        batch([talk(("system", "Be short."), *((turn["role"], turn["content"]) for turn in TOOL))]),
        "sharegpt",
    ).rows.to_pylist()  # type: ignore[misc]

    named = [(turn["from"], turn["value"]) for turn in row["conversations"]]
    assert named == [
        ("system", "Be short."), ("human", "Look."), ("function_call", CALL),
        ("observation", "42"), ("gpt", "It is 42."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said", ["Let me look.", "{", "[]", "[1]", '{"name": "look"}', "[" * 100_000, "null"]
)
def test_an_answer_before_a_tool_is_a_call_only_if_it_can_be_read_as_one(said: str) -> None:
    told = talk(("user", "?"), ("assistant", said), ("tool", "42"), ("assistant", "42."))

    (row,) = formed(batch([told]), "sharegpt").rows.to_pylist()

    assert row["conversations"][1]["from"] == "gpt"


REFUSED = [
    ("alpaca", TOOL, "a tool speaks in it"),
    ("alpaca", talk(("system", "a"), ("system", "b"), ("user", "?"), ("assistant", "!")),
     "a system turn is not the first"),
    ("alpaca", talk(("assistant", "Hello."), ("user", "?"), ("assistant", "!")),
     "questions and answers do not alternate"),
    ("sharegpt", talk(("user", "?"), ("user", "?"), ("assistant", "!")),
     "questions and answers do not alternate"),
    ("sharegpt", talk(("user", "?"), ("system", "a"), ("assistant", "!")),
     "a system turn is not the first"),
    ("trl", talk(("assistant", "Hello.")), "nothing is asked before the answer"),
    ("alpaca", talk(("system", "a"), ("assistant", "!")), "questions and answers do not alternate"),
    *((form, talk(("user", "?")), "it does not end with an answer") for form in FORMS),
    *((form, None, "it has no turns") for form in FORMS),
    *((form, [], "it has no turns") for form in FORMS),
    *((form, talk(("user", None), ("assistant", "!")),
       "a turn has no text, or a role that is none of ours") for form in FORMS),
    *((form, talk(("critic", "?"), ("assistant", "!")),
       "a turn has no text, or a role that is none of ours") for form in FORMS),
]  # fmt: skip


@pytest.mark.parametrize(("form", "told", "reason"), REFUSED)
def test_what_a_form_cannot_hold_is_counted_and_the_others_stay(
    form: Form, told: list[Turn] | None, reason: str
) -> None:
    made = formed(batch([ONE, told, HEADED]), form, plain())

    assert made.left_out == {reason: 1}
    assert made.rows.column("id").to_pylist() == ["0", "2"]
