"""A task in Markdown: what it asks, what its replies become, and one line for each mistake."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.synthesize.tasks import own
from curate.synthesize.tasks.task import Draft, Material
from schemas.errors import RecipeError
from schemas.rows import Passage

QUOTE = "The iron protein hydrolyses 16 ATP for each N2."
FRONT = """fields:
  question: asks for a mechanism
  answer: two sentences
  quote: verbatim sentence
many: 3
instruction: "{question}"
response: "{answer}"
quotes: [quote]
"""
BODY = "## system\nYou write questions about {domain}.\n## user\n<passage>\n{passage}\n</passage>\n"
Follow = Callable[..., Any]


def a_file(front: str = FRONT, body: str = BODY) -> str:
    return f"---\n{front}---\n{body}"


def test_a_file_is_a_task(follow: Follow, material: Material) -> None:
    task = own.load(a_file(), "tasks/mechanisms.md")
    system, user = task.messages(material, {})
    item = {"question": "How?", "answer": "By 16 ATP.", "quote": QUOTE}

    ((draft, (found,)),) = follow(
        task, {"items": [item, item, {**item, "question": None}]}, material
    )

    assert (task.name, task.version) == ("mechanisms", own.VERSION)
    assert system["content"].startswith("You write questions about biology.")
    assert '"items": [{"question": …, "answer": …, "quote": …}]' in system["content"]
    assert "up to 3 objects" in system["content"]
    assert '- "question": text; asks for a mechanism' in system["content"]
    assert user["content"] == f"<passage>\n{material.passage.text}\n</passage>"
    assert [turn.content for turn in draft.messages] == ["How?", "By 16 ATP."]
    assert found.match == "exact"


def test_question_answer_and_quote_are_the_defaults(follow: Follow, material: Material) -> None:
    task = own.load(a_file("fields: {question: , answer: , quote: }\n"), "t.md")
    item = {"question": "How?", "answer": "By ATP.", "quote": [QUOTE, "more"]}

    ((draft, found),) = follow(task, item, material)

    assert [turn.content for turn in draft.messages] == ["How?", "By ATP."]
    assert [one.match for one in found] == ["exact", "none"]
    assert task.schema["required"] == ["question", "answer", "quote"]


@pytest.mark.parametrize(
    ("extra", "whole", "n_quotes"),
    [("quotes: []\n", False, 0), ("whole: true\n", True, 0), ("quotes: [answer]\n", False, 1)],
)
def test_evidence_is_what_the_file_says(
    extra: str, whole: bool, n_quotes: int, follow: Follow, material: Material
) -> None:
    task = own.load(a_file("fields: {question: q, answer: a, quote: v}\n" + extra), "t.md")

    ((draft, found),) = follow(task, {"question": "Q?", "answer": "A.", "quote": "v"}, material)

    assert (draft.whole, len(found)) == (whole, n_quotes)


TYPED = """fields:
  kind: {type: text, choices: [Enzyme, metal], about: what it is}
  n: {type: number}
  toxic: {type: boolean}
  parts: {type: list, about: its parts}
instruction: "{kind} in {title}, {section}: {n}? {toxic}"
response: "{parts}"
"""


def test_fields_have_types(follow: Follow, material: Material) -> None:
    task = own.load(a_file(TYPED), "t.md")
    item = {"kind": "enzyme", "n": 2.5, "toxic": False, "parts": ["a", "", "b"]}

    ((draft, _),) = follow(task, item, material)

    assert draft.messages[0].content == "Enzyme in Nitrogenase, Results > Turnover: 2.5? false"
    assert draft.messages[1].content == "a\nb"
    assert task.schema["properties"] == {
        "kind": {"type": "string", "enum": ["Enzyme", "metal"]},
        "n": {"type": "number"},
        "toxic": {"type": "boolean"},
        "parts": {"type": "array", "items": {"type": "string"}},
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "virus"}, "items.0.kind: 'virus' is not one of Enzyme, metal"),
        ({"kind": {"a": 1}}, "items.0.kind: text, out of"),
        ({"n": "many"}, "items.0.n: a number was asked for"),
        ({"n": float("nan")}, "items.0.n: a number was asked for"),
        ({"n": [1, 2]}, "items.0.n: a number was asked for"),
        ({"kind": ["metal", "enzyme"]}, "items.0.kind: text, out of"),
        ({"toxic": "perhaps"}, "items.0.toxic: true or false"),
        ({"parts": [{}]}, "items.0.parts: a list of texts; its parts was asked for"),
        ({"parts": "\ud800"}, "items.0.parts: half of a character"),
    ],
)
def test_a_field_of_another_type_is_an_error(changed: dict[str, object], said: str) -> None:
    task = own.load(a_file(TYPED), "t.md")
    item = {"kind": "metal", "n": "2", "toxic": "True", "parts": "a"}

    assert task.read([item]) == [{"kind": ["metal"], "n": ["2"], "toxic": ["True"], "parts": ["a"]}]
    with pytest.raises(ValueError, match=said):
        task.read({**item, **changed})


def test_what_is_filled_in_is_not_read_again(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    material = Material(passage("A {question} and a {title} and {many}."))
    task = own.load(a_file(FRONT.replace('"{question}"', '"{passage} {question}"')), "t.md")

    ((draft, _),) = follow(
        task, [{"question": "{answer} {passage}", "answer": "{quote}", "quote": "x"}], material
    )

    assert draft.messages[0].content == "A {question} and a {title} and {many}. {answer} {passage}"
    assert draft.messages[1].content == "{quote}"
    assert "A {question} and a {title} and {many}." in task.messages(material, {})[1]["content"]


def test_a_prompt_may_say_where_the_form_of_a_reply_stands(material: Material) -> None:
    task = own.load(a_file(body="## user\n{passage}\n{reply}\nThat is all, {many}."), "t.md")
    (only,) = task.messages(material, {})

    assert only["content"].count("Reply with JSON") == 1
    assert only["content"].endswith("That is all, 3.")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    one = own.load(a_file(), "t.md")
    other = own.load("\ufeff" + a_file().replace("\n", "\r\n"), "t.md")

    assert one.prompt == other.prompt


F = "fields: {question: q, answer: a}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with settings between two lines of ---"),
        ("---\nfields: {a: b}\n", "does not begin with settings"),
        (a_file(""), "has no settings"),
        (a_file("many: 3\n"), "names no fields"),
        (a_file("fields:\n"), "names no fields"),
        (a_file("fields: {}\n"), "names no fields"),
        (a_file("fields: [question]\n"), "fields: Input should be a valid dictionary"),
        (a_file(F + "instructoin: x\n"), "Did you mean instruction?"),
        (a_file(F + "many: 0\n"), "many: Input should be greater than or equal to 1"),
        (a_file(F + "many: a few\n"), "many: Input should be a valid integer"),
        (a_file("fields: {question: q, answer: {tpye: list}}\n"), "Did you mean type?"),
        (a_file("fields: {question: {type: date}, answer: a}\n"), "Input should be 'text'"),
        (a_file("fields: {question: {choices: [yes, no]}, answer: a}\n"), "in quotation marks"),
        (a_file("fields: {question: {type: number, choices: [a]}, answer: a}\n"), "for texts and"),
        (a_file("fields: {my question: q, answer: a}\n"), "fields.my question is not a name"),
        (a_file("fields: {passage: q, answer: a}\n"), "fields.passage is a name of our own"),
        (a_file("fields: {" + ", ".join(f"f{n}: x" for n in range(21)) + "}\n"), "at most 20"),
        (a_file("fields: {term: t, answer: a}\n"), "instruction is missing"),
        (a_file("fields: {question: q, term: t}\n"), "response is missing"),
        (a_file(F + 'instruction: "{qestion}"\n'), "Did you mean question?"),
        (a_file(F + 'response: "{zzz}"\n'), "It may name: question, answer, passage, title"),
        (a_file(F + "response: Always this.\n"), "response names no field"),
        (a_file(F + "quotes: [anwser]\n"), "quotes names anwser.*Did you mean answer?"),
        (a_file(F + "quotes: [answer]\nwhole: true\n"), "both quotes and"),
        (a_file("fields: {question: q, answer: a, n: {type: number}}\nquotes: [n]\n"), "no text"),
        (a_file(F + "fields: {question: q}\n"), "t.md:3: not YAML that is taken: a key"),
        (a_file("fields: &a {question: *a}\n"), "an alias"),
        (a_file("fields: !!python/object:os.system {}\n"), "could not determine a constructor"),
        (a_file("fields: {question: 2020-99-99, answer: a}\n"), "ValueError"),
        (a_file("fields: " + "[" * 20_000 + "\n"), "not YAML that is taken"),
        (a_file("? [a]\n: b\n"), "a key that is no word"),
        (a_file("fields: {question\n"), "t.md:.: not YAML"),
        (a_file("- a\n"), "has no settings"),
        (a_file(F, "Just text."), "has no `## user` turn"),
        (a_file(F, "## user\nAsk something.\n"), "nowhere holds {passage}"),
        (a_file(F, "## user\nSolve {problem}.\n"), "nowhere holds {passage}"),
        (a_file(F, BODY + "x" * 70_000), "a task has at most 64000"),
    ],
)
def test_a_mistake_is_one_line_that_says_where_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        own.load(text, "tasks/t.md")

    assert str(caught.value).startswith("tasks/t.md")
    assert "\n" not in str(caught.value)


def test_a_file_needs_a_name_that_can_stand_in_a_row() -> None:
    with pytest.raises(RecipeError, match="Rename it"):
        own.load(a_file(), "tasks/my task.md")


@given(st.text(max_size=200) | st.text("fields: {}[]&*!|>-\n'\"#?%@ab", max_size=200))
def test_any_file_is_a_task_or_an_error_of_one_line(front: str) -> None:
    try:
        own.load(a_file(front), "t.md")
    except RecipeError as error:
        assert "\n" not in str(error)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["items", "kind", "n", "toxic", "parts"]), inner, max_size=5
            )
        ),
        max_leaves=15,
    )
    | st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["metal", "enzyme", ""]),
            "n": st.floats() | st.none(),
            "toxic": st.booleans() | st.none(),
            "parts": st.lists(st.text(max_size=5)) | st.text(max_size=9),
        }
    )
)
def test_any_json_is_a_reply_or_an_error_of_one_line(value: object) -> None:
    task = own.load(a_file(TYPED), "t.md")
    passage = Passage(
        id="i", document_id="d", part="p", split="train", section=[], start=0, end=1, text="x",
        n_words=1, title=None, source="s", license=None, domain=None,
    )  # fmt: skip
    try:
        reply = task.read(value)
    except ValueError as error:
        assert "\n" not in str(error)
        return
    assert all(isinstance(one, Draft) for one in task.drafts(reply, Material(passage)))
