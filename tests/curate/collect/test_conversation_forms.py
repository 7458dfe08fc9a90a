"""Each form of instruction set is recognised by its columns, and its rows are read."""

import json
from typing import Any

import pytest

from curate.collect.conversations.forms import FORMS
from tests.curate.collect.instructions import ANSWERED, ASKED, ICE, one, read, said

HUMAN = {"from": "human", "value": "Why is ice slippery?"}
GPT = {"from": "gpt", "value": "Its surface melts."}

ROWS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("alpaca", {"instruction": ICE[0][1], "input": "", "output": ICE[1][1]}, ICE),
    ("alpaca", {"Instruction": ICE[0][1], "Response": ICE[1][1], "text": "rendered"}, ICE),
    (
        "alpaca",
        {
            "system": "Be brief.",
            "history": [["Hi", "Hello."]],
            "instruction": "Add.",
            "input": "1 and 2",
            "output": "3</s>",
        },
        [
            ("system", "Be brief."),
            ("user", "Hi"),
            ("assistant", "Hello."),
            ("user", "Add.\n\n1 and 2"),
            ("assistant", "3"),
        ],
    ),
    ("sharegpt", {"conversations": [HUMAN, GPT]}, ICE),
    ("sharegpt", {"conversations": [{**HUMAN, "from": "user"}, {**GPT, "from": "bing"}]}, ICE),
    (
        "sharegpt",
        {"conversations": [HUMAN, GPT], "system": "Be brief."},
        [("system", "Be brief."), *ICE],
    ),
    (
        "sharegpt",
        {
            "conversations": [
                HUMAN,
                {"from": "function_call", "value": '{"name": "look"}'},
                {"from": "observation", "value": "wet"},
                GPT,
            ]
        },
        [ICE[0], ("assistant", '{"name": "look"}'), ("tool", "wet"), ICE[1]],
    ),
    ("messages", {"messages": [ASKED, ANSWERED]}, ICE),
    ("messages", {"messages": json.dumps([ASKED, ANSWERED])}, ICE),
    ("messages", {"conversation": [ASKED, ANSWERED], "prompt": "x", "response": "y"}, ICE),
    (
        "messages",
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "value": ICE[0][1]}]},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "reasoning", "value": "Think of water."},
                        {"type": "text", "text": ICE[1][1]},
                    ],
                },
            ]
        },
        [ICE[0], ("assistant", "<think>\nThink of water.\n</think>\n\nIts surface melts.")],
    ),
    (
        "messages",
        {
            "messages": [
                ASKED,
                {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}, {"id": "b"}]},
                {"role": "tool", "content": "wet"},
                {"role": "tool", "content": ""},
                ANSWERED,
            ]
        },
        [
            ICE[0],
            ("assistant", '{"id": "a"}\n\n{"id": "b"}'),
            ("tool", "wet"),
            ("tool", ""),
            ICE[1],
        ],
    ),
    ("prompt-completion", {"prompt": ICE[0][1], "completion": f"{ICE[1][1]}<|endoftext|>"}, ICE),
    ("prompt-completion", {"query": ICE[0][1], "response": f" {ICE[1][1]} <|im_end|>\n"}, ICE),
    (
        "prompt-completion",
        {
            "prompt": "Below is an instruction that describes a task, paired with an input that "
            "provides further context. Write a response that appropriately completes the "
            "request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 and 2\n\n### Response:\n",
            "completion": "3",
        },
        [("user", "Add.\n\n1 and 2"), ("assistant", "3")],
    ),
    ("question-answer", {"question": ICE[0][1], "answer": ICE[1][1]}, ICE),
    ("question-answer", {"question": ICE[0][1], "response": ICE[1][1], "abstract": "x"}, ICE),
    (
        "question-answer",
        {
            "question": "What melts?",
            "context": "Ice melts.",
            "answers": {"text": ["Ice", "The ice"], "answer_start": [0, 0]},
        },
        [("user", "Ice melts.\n\nWhat melts?"), ("assistant", "Ice")],
    ),
    (
        "question-answer",
        {"QUESTION": "Does it?", "CONTEXTS": ["One.", "Two."], "LONG_ANSWER": "It does."},
        [("user", "One.\n\nTwo.\n\nDoes it?"), ("assistant", "It does.")],
    ),
    (
        "question-answer",
        {"query": "Which melts?", "choices": ["Ice", "Iron"], "gold": 0},
        [("user", "Which melts?\n\nA. Ice\nB. Iron"), ("assistant", "A. Ice")],
    ),
    (
        "question-answer",
        {"question": "Which?", "choice0": "Ice", "choice1": "Iron", "answer": "1"},
        [("user", "Which?\n\nA. Ice\nB. Iron"), ("assistant", "B. Iron")],
    ),
    (
        "question-answer",
        {"question": "Which?", "A": "Ice", "B": "Iron", "answer": "B"},
        [("user", "Which?\n\nA. Ice\nB. Iron"), ("assistant", "B. Iron")],
    ),
    (
        "question-answer",
        {
            "question": "Which?",
            "choices": {"label": ["1", "2"], "text": ["Ice", "Iron"]},
            "answerKey": "1",
        },
        [("user", "Which?\n\nA. Ice\nB. Iron"), ("assistant", "A. Ice")],
    ),
    ("preference", {"prompt": ICE[0][1], "chosen": ICE[1][1], "rejected": "No idea."}, ICE),
    ("preference", {"prompt": [ASKED], "chosen": [ANSWERED], "rejected": [ANSWERED]}, ICE),
    ("preference", {"conversations": [HUMAN], "chosen": GPT, "rejected": GPT}, ICE),
    (
        "preference",
        {"prompt": "x", "chosen": [ASKED, ANSWERED], "rejected": [ASKED, ANSWERED]},
        ICE,
    ),
    (
        "preference",
        {"chosen_messages": [ASKED, ANSWERED], "rejected_messages": [ASKED, ANSWERED]},
        ICE,
    ),
    (
        "preference",
        {
            "chosen": f"\n\nHuman: {ICE[0][1]}\n\nAssistant: {ICE[1][1]}",
            "rejected": f"\n\nHuman: {ICE[0][1]}\n\nAssistant: No.",
        },
        ICE,
    ),
    ("preference", {"messages": [ASKED, ANSWERED], "label": True}, ICE),
    ("preference", {"prompt": ICE[0][1], "completion": ICE[1][1], "label": "True"}, ICE),
    ("tree", {"prompt": {"text": ICE[0][1], "role": "prompter", "replies": []}}, []),
]


@pytest.mark.parametrize(("form", "row", "conversation"), ROWS[:-1])
def test_a_row_of_each_form_is_recognised_and_read(
    form: str, row: dict[str, Any], conversation: list[tuple[str, str]]
) -> None:
    found = one(row)

    assert (found.form, found.kind, said(found)) == (form, "instructions", conversation)


@pytest.mark.parametrize(("form", "row", "conversation"), ROWS)
def test_a_form_that_is_named_reads_the_same(
    form: str, row: dict[str, Any], conversation: list[tuple[str, str]]
) -> None:
    assert read(row, form) == read(row)


def test_every_form_has_a_row_here() -> None:
    assert {form for form, _, _ in ROWS} == set(FORMS)
