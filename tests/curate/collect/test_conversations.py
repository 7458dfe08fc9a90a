"""A row of an instruction set is one conversation, which reads back as it was."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.collect import conversations
from curate.collect.conversations.forms import ALIASES, FORMS
from curate.collect.conversations.makers import CONTEXT_CHARACTERS
from curate.collect.conversations.turns import Turn, UnsoundError, render, sound, turns
from curate.collect.tabular.columns import Instructions, choose
from schemas.errors import TableError
from schemas.rows import Document, Failure, Message, Skipped
from tests.curate.collect.instructions import ANSWERED, ASKED, ICE, one, read, said

CONTENT = st.text(max_size=30)
CONVERSATIONS = st.lists(
    st.builds(Turn, st.sampled_from(["system", "user", "assistant", "tool"]), CONTENT), max_size=8
)


@given(CONVERSATIONS)
def test_a_conversation_reads_back_as_it_was_rendered(raw: list[Turn]) -> None:
    try:
        messages = sound(raw)
    except UnsoundError:
        return
    text, sections = render(messages)

    assert turns(text, sections) == messages
    assert text == text.strip()
    text.encode()
    assert messages[-1].role == "assistant"
    assert [one.role for one in messages].count("system") <= 1


@given(CONVERSATIONS)
def test_a_sound_conversation_stays_as_it_is(raw: list[Turn]) -> None:
    try:
        messages = sound(raw)
    except UnsoundError:
        return

    assert sound([Turn(one.role, one.content) for one in messages]) == messages


def test_turns_stand_under_headings_of_their_roles() -> None:
    text, sections = render([Message("user", "Why?"), Message("assistant", "# So\n\nIt is.")])

    assert text == "# user\n\nWhy?\n\n# assistant\n\n# So\n\nIt is."
    assert [(one.heading, one.level) for one in sections] == [("user", 1), ("assistant", 1)]


def test_turns_of_one_role_become_one_and_what_follows_the_last_answer_is_dropped() -> None:
    raw = [
        Turn("system", " "),
        Turn("user", "a"),
        Turn("user", "b\r\n"),
        Turn("assistant", "c"),
        Turn("assistant", "d"),
        Turn("user", "e"),
    ]

    assert sound(raw) == [Message("user", "a\n\nb"), Message("assistant", "c\n\nd")]


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        ("", "no answer"),
        ("u", "no answer"),
        ("su", "no answer"),
        ("a", "begins with a turn of the assistant"),
        ("sa", "begins with a turn of the assistant"),
        ("usa", "a system turn stands between"),
        ("uta", "a tool answers the user"),
    ],
)
def test_a_row_that_cannot_be_a_conversation_says_why(roles: str, why: str) -> None:
    names = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    row = {"messages": [{"role": names[role], "content": "x"} for role in roles]}

    (failure,) = read(row, "messages") if roles else read({"messages": []}, "messages")

    assert isinstance(failure, Failure)
    assert (failure.what, failure.reason) == ("file:t:1", "bad-record")
    assert why in failure.detail


@pytest.mark.parametrize(
    "turn",
    [
        "text",
        {"content": "no role"},
        {"role": "oracle", "content": "x"},
        {"role": 7, "content": "x"},
        {"role": "user", "content": {"a": 1}},
        {"role": "user", "content": [{"type": "hologram", "x": 1}]},
        {"role": "user", "content": [3]},
        {"role": "user", "content": 3},
        {"role": "user", "content": ""},
    ],
)
def test_a_turn_that_is_none_is_a_bad_record(turn: object) -> None:
    (failure,) = read({"messages": [ASKED, ANSWERED, turn, ANSWERED]})

    assert isinstance(failure, Failure)
    assert failure.reason == "bad-record"
    assert "turn 3" in failure.detail


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": [ASKED, ANSWERED], "label": False}, "an answer that was rejected"),
        (
            {"messages": [ASKED, ANSWERED], "images": ["a.png"]},
            "it holds images, sound or video",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}, ANSWERED]},
            "it holds images, sound or video",
        ),
        (
            {"question": "Why?", "context": "x", "answers": {"text": []}},
            "a question without an answer",
        ),
        (
            {"question": "Why?", "answers": [], "is_impossible": True},
            "a question without an answer",
        ),
        (
            {"prompt": {"text": "x", "role": "prompter", "deleted": True, "replies": []}},
            "a tree that was deleted or found wanting",
        ),
        ({"prompt": {"text": "x", "role": "prompter", "replies": []}}, "a tree without a reply"),
    ],
)
def test_a_row_that_is_left_out_on_purpose_is_skipped(row: dict[str, Any], reason: str) -> None:
    assert read(row) == [Skipped("file:t:1", reason)]


def reply(text: str, role: str, *replies: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"text": text, "role": role, "replies": list(replies), **more}


def test_a_tree_gives_its_best_ranked_path() -> None:
    tree = reply(
        "Why?",
        "prompter",
        reply("Deleted.", "assistant", rank=0, deleted=True),
        reply("Worse.", "assistant", rank=2),
        reply("Best.", "assistant", reply("And?", "prompter", reply("So.", "assistant")), rank=1),
    )

    assert said(one({"prompt": tree, "tree_state": "ready_for_export"})) == [
        ("user", "Why?"),
        ("assistant", "Best."),
        ("user", "And?"),
        ("assistant", "So."),
    ]


def test_a_tree_of_any_depth_is_followed() -> None:
    tree = reply("end", "assistant")
    for number in range(20_000):
        tree = reply(str(number), ("prompter", "assistant")[number % 2], tree)
    tree = reply("start", "prompter", tree)

    assert len(one({"prompt": tree}).sections) == 20_002


def test_each_instance_of_a_seed_task_is_a_document() -> None:
    row = {
        "instruction": "Add.",
        "instances": [
            {"input": "1 and 2", "output": "3"},
            {"input": "2 and 2", "output": " "},
            {"input": "", "output": "Nothing to add."},
        ],
    }

    first, second, third = read(row)

    assert isinstance(first, Document) and isinstance(third, Document)
    assert (first.source, third.source) == ("file:t#1.1", "file:t#1.3")
    assert said(third) == [("user", "Add."), ("assistant", "Nothing to add.")]
    assert second == Failure("file:t:1.2", "bad-record", "turn 2, the assistant's, is empty")


def test_fields_name_the_columns_of_instructions_and_of_the_document() -> None:
    row = {"q": ICE[0][1], "a": ICE[1][1], "rights": "cc-by-4.0", "text": "other"}

    found = one(row, question="q", answer="a", license="rights")

    assert (said(found), found.license) == (ICE, "CC-BY-4.0")
    assert json.loads(found.metadata) == {"text": "other"}


def test_a_form_that_the_columns_do_not_have_names_what_it_needs() -> None:
    with pytest.raises(TableError, match=r"form alpaca; it has a, b\. Alpaca is instruction \+"):
        choose("file:t", [{"a": "1", "b": "2"}], {}, "alpaca")


def test_text_that_fields_name_wins_over_instructions() -> None:
    row = {"question": "Why?", "answer": "So.", "page": "Words."}

    assert not isinstance(choose("file:t", [row], {"text": "page"}, None), Instructions)


@pytest.mark.parametrize(
    "row",
    [
        {"text": "x", "question": "Why?"},
        {"text": "x", "label": True},
        {"abstract": "x", "dialogue": "A: hello"},
        {"text": "x", "answer": "y", "prompt": "z"},
        {"text": "x", "messages": [], "conversations": None},
    ],
)
def test_a_table_with_half_of_a_form_is_one_of_documents(row: dict[str, Any]) -> None:
    assert not isinstance(choose("file:t", [row], {}, None), Instructions)


def test_tools_and_what_else_a_row_says_are_kept() -> None:
    row = {
        "messages": [ASKED, ANSWERED],
        "tools": [{"name": "look"}],
        "title": "On ice",
        "topic": "physics",
        "license": "unclear",
    }

    found = one(row)

    assert (found.title, found.license) == ("On ice", None)
    assert json.loads(found.metadata) == {
        "topic": "physics",
        "tools": '[{"name": "look"}]',
        "license": "unclear",
    }


def test_a_rejected_answer_is_nowhere_in_the_document() -> None:
    found = one({"prompt": "Why?", "chosen": "So.", "rejected": "Wrong."})

    assert "Wrong" not in found.text + found.metadata


def test_choices_without_a_right_one_are_left_to_the_answer() -> None:
    row = {"question": "Which?", "choices": ["Ice", "Iron"], "answer": "Both."}

    assert said(one(row)) == [("user", "Which?"), ("assistant", "Both.")]


@pytest.mark.parametrize("label", [-1, 7, "Z", "-1"])
def test_a_choice_that_is_none_of_those_is_no_answer(label: object) -> None:
    row = {"question": "Which?", "choices": ["Ice", "Iron"], "answer": label}

    assert read(row) == [Skipped("file:t:1", "a question without an answer")]


def test_a_context_that_would_be_repeated_without_end_is_a_bad_record() -> None:
    row = {"question": "Why?", "answer": "So.", "context": "x" * (CONTEXT_CHARACTERS + 1)}

    (failure,) = read(row)

    assert isinstance(failure, Failure)
    assert failure.detail.startswith("its context has 200001 characters")


def test_conversations_of_a_row_are_had_without_documents() -> None:
    row = {"instruction": "Add 1 and 2.", "output": "3"}
    recognised = conversations.recognise(row, {}, None)
    assert recognised is not None

    assert list(conversations.conversations(row, *recognised)) == [
        [Message("user", "Add 1 and 2."), Message("assistant", "3")]
    ]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats()
    | st.sampled_from(["", "x", "user", "assistant", "\n\nHuman: a\n\nAssistant: b", "A", "[{"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "role from content value text type label replies input output contexts".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
COLUMNS = sorted({name for form in ALIASES.values() for names in form.values() for name in names})


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from([*COLUMNS, "id", "title", "images"]), JSON, min_size=1),
    st.sampled_from([None, *FORMS]),
)
def test_a_row_of_anything_gives_something_and_raises_nothing(
    row: dict[str, Any], form: str | None
) -> None:
    try:
        layout = choose("file:t", [row], {}, form)
    except TableError:
        return
    if not isinstance(layout, Instructions):
        return
    found = list(
        conversations.documents(
            row, layout.form, layout.columns, layout.others, source="file:t#1", what="file:t:1"
        )
    )

    assert found
    for made in found:
        if isinstance(made, Document):
            assert turns(made.text, made.sections)[-1].role == "assistant"
            made.text.encode()
            json.loads(made.metadata)
        else:
            assert "\n" not in getattr(made, "detail", "")
