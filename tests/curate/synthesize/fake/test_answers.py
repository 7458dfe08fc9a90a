"""Answers are made of the passage: verbatim quotes, questions of their own, in a schema's form."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.synthesize.fake.answers import n_tokens, schema_of
from curate.synthesize.fake.filling import Material, fill
from curate.synthesize.fake.passages import question, quotable
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from tests.conftest import paper
from tests.curate.synthesize.fake.asking import PAIRS, TEXT, ask, body, said

MATERIAL = Material(quotable(TEXT), b"0" * 16)


def test_quotes_are_verbatim_and_belong_to_answer_and_question() -> None:
    with serving() as fake:
        pairs = json.loads(said(fake, body()))["pairs"]

    assert len(pairs) == len({pair["quote"] for pair in pairs}) == 2
    for pair in pairs:
        assert pair["quote"] in TEXT
        assert pair["answer"] == " ".join(pair["quote"].split())
        assert pair["answer"] not in pair["question"]
        asked, quoted = (
            set(re.findall(r"\d+|\w{4,}", pair[name])) for name in ("question", "quote")
        )
        assert len(asked & quoted) >= 2


def test_a_schema_in_the_system_message_is_followed_too() -> None:
    told = (
        'Reply with JSON: {"pairs": [{"question": "..."}]}\n\nAnswer with one JSON value that this '
        "schema describes, and nothing else:\n" + json.dumps(PAIRS)
    )
    request = {**body(), "messages": [{"role": "system", "content": told}, body()["messages"][1]]}
    del request["response_format"]

    assert schema_of(request) == PAIRS
    with serving() as fake:
        assert json.loads(said(fake, request))["pairs"][0]["quote"] in TEXT


def test_without_a_schema_the_first_sentence_is_the_answer() -> None:
    request = body()
    del request["response_format"]
    with serving() as fake:
        first = "The lattice of sample 12 absorbs more heat in winter than the membrane does."
        assert said(fake, request) == first
        loose = {**request, "response_format": {"type": "json_object"}}
        assert json.loads(said(fake, loose)) == {"answer": first}


def test_the_first_of_several_passages_is_answered_from() -> None:
    text = "<passage id='1'>Water boils at 100 degrees here.</passage><passage id='2'>No.</passage>"
    request = {"model": "m", "messages": [{"role": "user", "content": text}]}
    parts = {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
    }
    with serving() as fake:
        assert said(fake, request) == said(fake, parts) == "Water boils at 100 degrees here."


def test_rules_come_first_in_their_order() -> None:
    rules = [
        {"match": r"Title: 1\b", "answer": {"verdict": "good", "score": 5}},
        {"match": "(?i)TITLE", "answer": "as it is"},
        {"match": "", "answer": "never"},
    ]
    with serving(FakeSettings.model_validate({"rules": rules})) as fake:
        assert json.loads(said(fake, body(1))) == {"verdict": "good", "score": 5}
        assert said(fake, body(2)) == "as it is"


def test_tokens_are_counted_by_characters_and_max_tokens_is_kept_to() -> None:
    assert [n_tokens("a" * n) for n in (0, 1, 4, 5)] == [0, 1, 1, 2]
    with serving() as fake:
        whole, short = ask(fake, body()), ask(fake, body(max_tokens=16))
        stats = fake.stats()

    prompt = n_tokens(*(turn["content"] for turn in body()["messages"]))
    assert whole.usage.prompt_tokens == prompt == short.usage.prompt_tokens
    assert whole.usage.completion_tokens == n_tokens(whole.choices[0].message.content)
    assert whole.usage.total_tokens == prompt + whole.usage.completion_tokens
    assert (short.usage.completion_tokens, short.choices[0].finish_reason) == (16, "length")
    assert stats["prompt_tokens"] == 2 * prompt
    assert stats["completion_tokens"] == whole.usage.completion_tokens + 16


def test_the_seed_and_the_request_decide_the_answer() -> None:
    def answers(seed: int) -> list[str]:
        with serving(FakeSettings(seed=seed)) as fake:
            return [said(fake, body(n, paper(3, 3))) for n in range(4)]

    first = answers(1)
    assert first == answers(1) != answers(2)
    assert len(set(first)) == 4


def test_questions_on_many_sentences_are_hardly_ever_alike() -> None:
    sentences = [one for n in range(20) for one in quotable(paper(n, 5))]
    asked = [question(one, MATERIAL.draw(str(n))) for n, one in enumerate(sentences)]

    assert len(set(asked)) > 0.9 * len(asked)
    assert not [one for one in asked if "passage" in one or "the text" in one]


@pytest.mark.parametrize(
    ("schema", "check"),
    [
        ({"const": 7}, lambda value: value == 7),
        ({"enum": ["a", "b"]}, lambda value: value in ("a", "b")),
        ({"type": "boolean"}, lambda value: isinstance(value, bool)),
        ({"type": "integer", "minimum": 3, "maximum": 4}, lambda value: value in (3, 4)),
        ({"type": "integer", "exclusiveMinimum": 3}, lambda value: value > 3),
        ({"type": "integer", "maximum": -3}, lambda value: value <= -3),
        ({"type": "number", "minimum": 0, "maximum": 1}, lambda value: 0 <= value <= 1),
        ({"type": "null"}, lambda value: value is None),
        ({"type": ["null", "string"]}, lambda value: isinstance(value, str)),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, lambda value: isinstance(value, int)),
        ({"type": "string", "maxLength": 9}, lambda value: len(value) == 9),
        ({"type": "string", "minLength": 500}, lambda value: len(value) >= 500),
        ({"type": "array", "minItems": 5}, lambda value: len(value) == 5),
        ({"type": "array", "maxItems": 1}, lambda value: len(value) == 1),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}]}, lambda v: v == [1, 2]),
        ({"items": {"const": 1}}, lambda value: value == [1, 1]),
        ({"allOf": [{"properties": {"a": {"const": 1}}}]}, lambda value: value == {"a": 1}),
        ({}, lambda value: value in [" ".join(one.split()) for one in MATERIAL.sentences]),
        ({"$ref": "#/nowhere"}, lambda value: isinstance(value, str)),
        ({"$ref": "#"}, lambda value: isinstance(value, str)),
        ({"type": 5, "properties": 3, "enum": []}, lambda value: value is not None),
    ],
)
def test_a_schema_is_kept_to(schema: dict[str, Any], check: Callable[[Any], bool]) -> None:
    assert check(fill(schema, MATERIAL))


def test_lists_of_quotes_hold_one_sentence_each() -> None:
    field = {"type": "array", "minItems": 3, "items": {"type": "string"}}
    quotes = fill({"properties": {"Key_Quotes": field}}, MATERIAL)["Key_Quotes"]

    assert sorted(quotes) == sorted(MATERIAL.sentences)


def test_a_recursive_schema_ends() -> None:
    tree = {
        "$ref": "#/$defs/T",
        "$defs": {
            "T": {
                "type": "object",
                "properties": {"claim": {"type": "string"}, "parts": {"$ref": "#/$defs/L"}},
            },
            "L": {"type": "array", "maxItems": 1, "items": {"$ref": "#/$defs/T"}},
        },
    }
    forever = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}

    assert fill(tree, MATERIAL)["parts"][0]["claim"]
    assert fill(forever, MATERIAL)["a"]["a"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "type properties items enum anyOf allOf $ref minItems maxLength minimum".split()
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_schema_is_so_odd_that_it_fails(schema: object) -> None:
    json.dumps(fill(schema, MATERIAL))


@given(st.text())
def test_every_text_has_a_sentence_that_stands_in_it(text: str) -> None:
    found = quotable(text)

    assert found
    assert all(one in text for one in found)
    assert all(question(one, 12345) for one in found)
