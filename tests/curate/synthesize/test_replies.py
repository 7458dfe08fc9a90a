"""A reply is read whatever stands around it, and what is no answer is never taken for one."""

import json
import math
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.synthesize.replies import (
    CORRECTABLE,
    DEEPEST,
    LONGEST,
    OUTCOMES,
    RETRYABLE,
    as_json,
    judge,
    read,
    without_thoughts,
)
from curate.synthesize.tasks import grounded_qa
from curate.synthesize.tasks.reply import schema_of
from curate.synthesize.tasks.task import Material
from schemas.rows import Passage

PAIR = {"question": "Why {so}?", "answer": "Because [it] is.", "quote": "it is so"}
VALUE = {"pairs": [PAIR]}
SAID = json.dumps(VALUE)
TASK = grounded_qa.task(grounded_qa.Params())
MATERIAL = Material(
    Passage(
        id="p", document_id="d", part="papers", split="train", section=[], start=0, end=8,
        text="it is so", n_words=3, title=None, source="s", license=None, domain=None,
    )
)  # fmt: skip


def outcome(text: str) -> str:
    return judge(text, TASK, MATERIAL).outcome


@pytest.mark.parametrize(
    "text",
    [
        "{}", "\n {} \n", "```json\n{}\n```", "```\n{}```", "Sure! Here it is:\n{}\nAnything else?",
        "Here:\n```json\n{}\n```\nI hope that it helps [1].", "As [12] says {{x}}, so: {}",
        "<think>a {{b}} c</think>{}", "<think>\n</think>\n\n{}", "<THINK>no</THINK> {}",
        "<thinking>what?</thinking>{}", "<reasoning>[1]</reasoning>{}", "<thought>x</thought>{}",
        "I think {{of}} [much].</think>{}", "<think>a</think>b<think>c</think>{}",
        "<think>a <think>b</think> c</think>{}", "{}<think>was that good?</think>",
        "{}\n<think>and then", "[THINK]a[/THINK]{}", "<seed:think>a</seed:think>{}",
        "<|begin_of_thought|>a<|end_of_thought|>{}", "◁think▷a◁/think▷{}",
        "<|START_THINKING|>a<|END_THINKING|>{}", "<unused94>thought a<unused95>{}",
        "<think>so</think><answer>{}</answer>", "<think>never closed <answer>{}</answer>",
        "<|channel|>analysis<|message|>{{a}}<|end|><|start|>assistant<|channel|>final<|message|>{}",
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final <|constrain|>json"
        "<|message|>{}<|return|>",
        "analysisWe need {{pairs}}.assistantfinal{}", "{}<|im_end|>", "{}<|eot_id|>", "{}</s>",
        '{{"pairs": [{{"question": "...", "answer": "...", "quote": "..."}}]}} is the form.\n{}',
        "[]\n{}", "{}\n\nNote that [12] and {{x}} are not mine.",
    ],
)  # fmt: skip
def test_the_answer_is_found(text: str) -> None:
    whole = text.format(SAID)

    assert as_json(whole) == VALUE
    assert outcome(whole) == "ok"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "b",}', {"a": "b"}),
        ('{"a": ["b", "c",],}', {"a": ["b", "c"]}),
        ("{'a': 'it\\'s', 'b': None, 'c': True}", {"a": "it's", "b": None, "c": True}),
        ("{'a': \"What's x?\"}", {"a": "What's x?"}),
        ('{"a": "it\\\'s"}', {"a": "it's"}),
        ('{"a": "the "cold" spot", "b": "c"}', {"a": 'the "cold" spot', "b": "c"}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ('{a: "b", c: "d"}', {"a": "b", "c": "d"}),
        ('{"a": "b" "c": "d"}', {"a": "b", "c": "d"}),
        ('{"a": "b"', {"a": "b"}),
        ('[{"a": "b"}, {"a": "c"}', [{"a": "b"}, {"a": "c"}]),
        ('{"a": "b", "a": "c"}', {"a": "c"}),
        ('{"a": NaN, "b": [Infinity, -Infinity, 1e999]}', {"a": None, "b": [None, None, None]}),
        ('"{\\"a\\": \\"b\\"}"', {"a": "b"}),
        ('{"a": "\\ud83d\\ude00 \\ud83d."}', {"a": "😀 \ufffd."}),
        ('{"a": "\ud83d"}', {"a": "\ufffd"}),
        ('{"a": ' + "1" * 5000 + "}", {"a": "1" * 5000}),
        ("{}", {}),
        ("[]", []),
    ],
)
def test_what_is_broken_is_mended(text: str, value: object) -> None:
    assert as_json(text) == value


@pytest.mark.parametrize(
    "tex",
    [
        r"\alpha", r"\nu.", r"\frac{1}{2}", r"\beta_1", r"\nu", r"\theta", r"\rho", r"\tau",
        r"\nabla f", r"\bar x", r"\forall x", r"\times 10", r"\text{mg}", r"\rightarrow", r"\neq 0",
        r"\to 0", r"\upsilon", r"\underline{x}", r"\% and \_ and \,", r"\not\in", r"\mathrm{d}x",
        r"\sqrt{n}", r"\right)", r"\langle x \rangle", r"\unit{m}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mended", [False, True])
def test_commands_of_tex_survive(tex: str, mended: bool) -> None:
    once = '{"a": "so $' + tex + '$ is"' + (",}" if mended else "}")
    twice = '{"a": "so $' + tex.replace("\\", "\\\\") + '$ is"' + (",}" if mended else "}")

    assert as_json(once) == {"a": f"so ${tex}$ is"}
    assert as_json(twice) == {"a": f"so ${tex}$ is"}


@pytest.mark.parametrize("word", ["others", "new", "nothing", "tables", "results", "e.g.", "1", ""])
def test_line_feeds_and_tabs_before_words_survive(word: str) -> None:
    assert as_json('{"a": "x\\n' + word + "\\t" + word + '\\u00b5\\\\"}') == {
        "a": f"x\n{word}\t{word}µ\\"
    }


@pytest.mark.parametrize(
    "text",
    [
        "", " \n", "None", "42", '"yes"', "true", "no JSON here", "see [12] and {x | x > 0}",
        "[1, 2", "<think>" + SAID, "<think>only {thoughts}</think>", "{", "[[", "}{",
        "```json\n```", "<|channel|>analysis<|message|>" + SAID,
        '{"answer": "it breaks off in the mid',
        '{"question": "a", "answ', "[" * 5000, '{"a":' * 5000, "{" * 20000, '["' * 9000,
        '{"a": ' + "[" * 200 + "]" * 200 + "}", SAID + " " * LONGEST, "{'" + "(" * 5000 + "'}",
    ],
)  # fmt: skip
def test_what_is_no_object_or_list_is_none(text: str) -> None:
    begin = time.process_time()

    assert as_json(text) is None
    assert outcome(text) == "invalid_json"
    assert time.process_time() - begin < 1


def test_what_breaks_off_loses_its_last_pair_and_keeps_the_others() -> None:
    for tail in ('{"question": "Wh', '{"question": "Why", "answer": "It was 1', '{"quo', "", "{"):
        text = json.dumps({"pairs": [PAIR, PAIR]})[:-2] + ", " + tail
        assert as_json(text) == {"pairs": [PAIR, PAIR]}


@pytest.mark.parametrize("answer", ["Because [it] is, see [12].", r"It is $\frac{1}{2}$: 3]."])
def test_no_string_is_ever_completed(answer: str) -> None:
    text = json.dumps({"pairs": [{**PAIR, "answer": answer}]})
    for end in range(1, len(text)):
        value = as_json(text[:end])
        assert value is None or all(
            one in ("", answer, *PAIR.values()) for pair in value["pairs"] for one in pair.values()
        )


def test_a_missing_bracket_at_the_end_is_set() -> None:
    for missing in range(4):
        assert as_json(SAID[: len(SAID) - missing]) == VALUE


def test_the_value_that_the_task_takes_is_taken() -> None:
    schema = json.dumps(schema_of(grounded_qa.Pairs))

    assert outcome(schema) == "schema_mismatch"
    assert outcome(f"{schema}\n{SAID}") == "ok"
    assert outcome(f"{SAID[:-2]},]}}\n{schema}") == "ok"
    assert outcome(json.dumps([PAIR])) == "ok"
    assert outcome('{"pairs": 3}') == "schema_mismatch"
    assert "pairs" in judge('{"pairs": 3}', TASK, MATERIAL).detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I’m sorry, but I cannot  write about this.", True),
        ("<think>Is it harmful?</think>\n\nI am unable to discuss weapons.", True),
        ("Sorry, I can't do that [policy].", True),
        ("As an AI language model, I must not.", True),
        ("I won't.", True),
        ("The authors are sorry, but I can't tell why.", False),
        ("I'm sorry for the delay.", False),
        ("I am happy to help.", False),
    ],
)
def test_a_refusal_in_words_is_one(text: str, said: bool) -> None:
    assert outcome(text) == ("refused" if said else "invalid_json")


def test_a_refusal_beside_an_answer_is_none() -> None:
    assert outcome("I'm sorry, but I can't find more than one pair:\n" + SAID) == "ok"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"message": {"content": SAID}, "finish_reason": "stop"}, "ok"),
        ({"message": {"content": [{"type": "text", "text": SAID}]}}, "ok"),
        ({"message": {"content": SAID}, "finish_reason": "length"}, "truncated"),
        ({"message": {"content": ""}, "finish_reason": "content_filter"}, "content_filter"),
        ({"message": {"content": None, "refusal": "I can't."}}, "refused"),
        ({"message": {"content": None}}, "invalid_json"),
        ({"message": None}, "invalid_json"),
        ({}, "invalid_json"),
    ],
)
def test_how_a_completion_went(choice: dict[str, Any], expected: str) -> None:
    assert read({"choices": [choice]}, TASK, MATERIAL).outcome == expected
    assert RETRYABLE | CORRECTABLE | {expected} <= set(OUTCOMES)


def test_a_completion_without_choices_is_no_json() -> None:
    assert read({}, TASK, MATERIAL).outcome == "invalid_json"


def test_thoughts_and_marks_go_and_words_stay() -> None:
    assert without_thoughts("<think>a</think> b <|im_end|>\n") == "b"
    assert without_thoughts("a < b and <thinker> stay") == "a < b and <thinker> stay"
    assert without_thoughts("") == ""


def test_tags_within_a_whole_answer_are_text() -> None:
    text = json.dumps({"a": "the tags <think> and </think> and <|end|>"})

    assert as_json(text) == json.loads(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(max_size=8), JSON, min_size=1, max_size=4), st.sampled_from([None, 1])
)
def test_sound_json_reads_as_itself(value: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(value, indent=indent)

    assert as_json(text) == value or "\\" in text
    assert as_json("```json\n" + text + "\n```") == as_json(text)


PIECES = st.sampled_from(
    ["{", "}", "[", "]", '"', "'", ":", ",", "\\", "\n", " ", "a", "null", "1", "-", "//", "/*",
     "(", ")", "```", '{"a": ', '"pairs": [', "\\u12", "\\ud83d", "“", "”", "#", "True", "NaN",
     "<think>", "</think>", "<|channel|>final<|message|>", "...", "\\frac", "\ud800", "<answer>"]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES | st.text(max_size=5), max_size=120).map("".join))
def test_nothing_raises_and_nothing_hangs(text: str) -> None:
    value = as_json(text)

    assert value is None or isinstance(value, dict | list)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    assert depth(value) <= DEEPEST
    assert outcome(text) in {"ok", "invalid_json", "schema_mismatch", "refused"}


def depth(value: object) -> int:
    if isinstance(value, dict):
        return max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def _seconds(text: str) -> float:
    begin = time.process_time()
    as_json(text)
    return time.process_time() - begin


@pytest.mark.parametrize(
    "unit",
    [
        "{", "[", "<think>", "</think>", '{"a": ', '"a": "b", ', "[1, ", "{'", "(", '"', "\\",
        "word ", '{"a": "b"} ', '"}{"', "[]", "{a: ", "<answer>", "<|channel|>final", "]}", "[{",
        '", ', '": ', "analysis", "<|im_end|>", "```json\n", " ", ": ", "random",
    ],
)  # fmt: skip
def test_a_megabyte_of_garbage_takes_less_than_a_second(unit: str) -> None:
    garbage = unit * (1_000_000 // len(unit))
    if unit == "random":
        garbage = "".join(random.Random(1).choices("{}[]\",:'\\ab1 \n/<>|", k=1_000_000))
    started = '{"a": "' + garbage
    for text in (garbage, garbage[:49_000], started[:49_000] + '"', '[{"a": 1}, ' + garbage):
        assert any(_seconds(text) < 1 for _ in range(3))  # the machine may have other work
        value = as_json(text)
        assert not isinstance(value, float) or math.isfinite(value)
