"""Data in a user's schema: its texts are looked for; no schema hangs or leaves the machine."""

import datetime
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.synthesize.tasks import catalog, extract, form
from curate.synthesize.tasks.task import Material, Task
from schemas.errors import RecipeError

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "enzyme": {"type": ["string", "null"]},
        "conditions": {"type": "array", "items": {"$ref": "#/$defs/condition"}},
        "effect": {"enum": ["inactivates", "activates", None]},
        "atp": {"type": ["number", "null"]},
        "pattern": {"type": "boolean"},
    },
    "required": ["enzyme"],
    "additionalProperties": False,
    "$defs": {"condition": {"type": "string", "minLength": 1}},
}
REPLY = {
    "enzyme": "Nitrogenase",
    "conditions": ["25 °C", "1.0 atm", "pH 7"],
    "effect": "inactivates",
    "atp": 16,
    "pattern": True,
}
Follow = Callable[..., Any]


def a_task(schema: dict[str, Any] = SCHEMA) -> Task:
    return catalog.get("extract", {"json_schema": schema}, "tasks.0")


def test_every_text_is_looked_for_in_the_passage(follow: Follow, material: Material) -> None:
    ((draft, found),) = follow(a_task(), REPLY, material)

    assert [(row.quote, row.match) for row in found] == [
        ("Nitrogenase", "exact"),
        ("25 °C", "exact"),
        ("1.0 atm", "exact"),
        ("pH 7", "none"),
    ]
    assert json.loads(draft.messages[1].content) == REPLY
    assert draft.messages[1].content.startswith('{"enzyme":"Nitrogenase","conditions":["25 °C",')
    assert material.passage.text in draft.messages[0].content
    assert json.dumps(SCHEMA, separators=(",", ":")) in draft.messages[0].content


def test_numbers_and_listed_values_alone_rest_on_the_whole_passage(
    follow: Follow, material: Material
) -> None:
    reply = {"enzyme": None, "effect": "inactivates", "atp": 16}

    ((draft, found),) = follow(a_task(), reply, material)

    assert draft.whole and not found


@pytest.mark.parametrize(
    "reply", [{"enzyme": None}, {"enzyme": "", "conditions": []}, {"enzyme": " "}]
)
def test_nothing_extracted_is_no_example(reply: object, follow: Follow, material: Material) -> None:
    assert follow(a_task(), reply, material) == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({}, "'enzyme' is a required property"),
        ({"enzyme": 3}, "enzyme: 3 is not of type"),
        ({"enzyme": "N", "conditions": ["x", 4]}, "conditions.1: 4 is not of type 'string'"),
        ({"enzyme": "N", "more": 1}, "'more' was unexpected"),
        ({"enzyme": float("nan")}, "not JSON compliant"),
        ({"enzyme": "\ud800"}, "surrogates not allowed"),
        ([REPLY, REPLY], "one JSON object"),
        ("text", "one JSON object"),
    ],
)
def test_a_reply_that_does_not_follow_the_schema_is_an_error(reply: object, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        a_task().read(reply)

    assert "\n" not in str(caught.value)


def test_a_reply_of_endless_depth_is_an_error() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(ValueError, match="more than 32 levels"):
        a_task().read({"enzyme": deep})
    while deep:  # freed level by level
        deep = deep.pop()


def test_the_schema_is_part_of_the_fingerprint_and_its_place_is_not() -> None:
    one = catalog.get("extract", {"json_schema": SCHEMA, "schema_file": "a.json"}, "x")
    other = catalog.get("extract", {"json_schema": SCHEMA, "schema_file": "b.json"}, "x")

    assert catalog.fingerprint(one) == catalog.fingerprint(other)
    assert catalog.fingerprint(one)["settings"] == {"json_schema": SCHEMA}
    assert not one.strict


def of(**properties: object) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def doubling(levels: int) -> dict[str, Any]:
    """A schema whose references unfold to 2 ** levels subschemas."""
    names = [f"#/$defs/s{n}" for n in range(levels)]
    defs: dict[str, Any] = {"s0": {"type": "string"}} | {
        f"s{n + 1}": {"allOf": [{"$ref": name}, {"$ref": name}]} for n, name in enumerate(names)
    }
    return {**of(a={"$ref": f"#/$defs/s{levels}"}), "$defs": defs}


def nested(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        node = of(a=node)
    return node


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({}, "is no schema of an object with fields"),
        ({"type": "array", "items": {}}, "is no schema of an object"),
        (of(a={"type": "string", "pattern": "(a+)+$"}), "#/properties/a: pattern is not taken"),
        (of(a={"items": {"patternProperties": {"(a+)+$": {}}}}), "patternProperties is not taken"),
        (of(a={"$ref": "https://example.org/schema.json"}), "leaves the schema"),
        (of(a={"$ref": "other.json#/a"}), "leaves the schema"),
        (of(a={"$ref": "#/$defs/b"}), "leads to no subschema"),
        (of(a={"$ref": "#/properties/a"}), "refers to itself"),
        (of(a={"anyOf": [{"$ref": "#/properties/a"}, {}]}), "refers to itself"),
        (of(a={"$dynamicRef": "#x"}), "not a keyword that is taken"),
        (of(a={"$id": "https://example.org/"}), "not a keyword that is taken"),
        (of(a={"maxItem": 3}), "Did you mean maxItems?"),
        (of(a={"type": "strnig"}), "#/properties/a/type: 'strnig' is not valid"),
        (of(a={"required": 3}), "#/properties/a/required: 3 is not of type 'array'"),
        (of(a={"enum": "abc"}), "'abc' is not of type 'array'"),
        (of(a={"const": datetime.date(2026, 1, 1)}), "is no JSON"),
        (of(a={"const": float("inf")}), "is no JSON"),
        (of(a=3), "3 is not of type 'object', 'boolean'"),
        (of(a={"description": "x" * 70_000}), "a schema has at most 64000"),
        (nested(40), "more than 32 levels"),
        (doubling(14), "unfolds to more than 5000"),
        (doubling(9) | {"properties": {str(n): {"$ref": "#/$defs/s9"} for n in range(9)}},
         "unfolds to more than 5000"),
    ],
)  # fmt: skip
def test_a_schema_that_is_not_taken_is_one_line_that_names_the_place(
    schema: dict[str, Any], said: str
) -> None:
    before = time.monotonic()
    with pytest.raises(RecipeError, match=said) as caught:
        form.checked(schema, "form.json")

    assert str(caught.value).startswith("form.json: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    assert time.monotonic() - before < 5


def test_a_field_may_be_called_like_a_keyword() -> None:
    schema = of(pattern={"const": "pattern"}, **{"$ref": {"enum": ["https://example.org"]}})

    form.checked(schema, "form.json")({"pattern": "pattern", "$ref": "https://example.org"})
    assert form.choices(schema) == {"pattern", "https://example.org"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(sorted(form.KEYWORDS)) | st.sampled_from(["a", "pattern"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
@settings(deadline=None, max_examples=200)
def test_any_schema_is_taken_or_refused_in_one_line(inner: object) -> None:
    schema = of(a=inner, b={"$ref": "#/properties/a"})
    try:
        task = extract.task(extract.Params(json_schema=schema))
    except RecipeError as error:
        assert "\n" not in str(error)
        return
    try:
        task.read({"a": "x", "b": ["x"]})
    except ValueError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "schema",
    [
        {
            "type": "object",
            "properties": {"x": {"$ref": "#/default"}},
            "default": {"type": "string", "pattern": "^(a+)+$"},
        },
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/properties/%61"}, "%61": {"type": "string"}},
        },
    ],
)
def test_a_reference_leads_to_a_subschema_that_was_checked(schema: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="leads to no subschema"):
        form.checked(schema, "s")


def test_a_number_that_cannot_be_divided_is_a_mismatch_and_no_crash() -> None:
    check = form.checked(
        {"type": "object", "properties": {"n": {"type": "number", "multipleOf": 0.5}}}, "s"
    )
    with pytest.raises(ValueError, match="cannot be checked"):
        check({"n": 10**400})
