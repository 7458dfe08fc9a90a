"""Questions, facts, summaries, claims, conversations: from a reply to located evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import sentences
from curate.synthesize import replies
from curate.synthesize.tasks import catalog, facts
from curate.synthesize.tasks.task import Material, Task
from schemas.rows import Passage

QUOTE = "The iron protein hydrolyses 16 ATP for each N2."
OTHER = "Oxygen inactivates the enzyme within 30 s"
Follow = Callable[..., Any]


def a(name: str, **settings: object) -> Task:
    return catalog.get(name, settings, "tasks.0")


@pytest.mark.parametrize(
    "reply",
    [
        {"pairs": [{"question": "Q?", "answer": "A.", "quote": QUOTE}]},
        [{"question": "Q?", "answer": "A.", "quote": QUOTE}],
        {"pairs": {"question": "Q?", "answer": "A.", "quote": [QUOTE]}},
        {"question": "Q?", "answer": "A.", "quote": QUOTE},
        {"pairs": [None, {"question": "Q?", "answer": "A.", "quote": QUOTE}, {}]},
        {"pairs": [{"question": "Q?", "answer": "A.", "quote": QUOTE}] * 5},
        {"pairs": [{"question": "", "answer": "A.", "quote": QUOTE},
                   {"question": "Q?", "answer": "A.", "quote": QUOTE, "page": 3}]},
        'Here it is:\n```json\n{"pairs": [{"question": "Q?", "answer": "A.", "quote": "'
        + QUOTE + '"}]}\n```',
    ],
)  # fmt: skip
def test_what_small_models_write_is_read(reply: object, follow: Follow, material: Material) -> None:
    ((draft, (found,)),) = follow(a("grounded-qa"), reply, material)

    assert [turn.content for turn in draft.messages] == ["Q?", "A."]
    assert (found.quote, found.match) == (QUOTE, "exact")
    assert material.passage.text[found.start - 100 : found.end - 100] == QUOTE


@pytest.mark.parametrize("quote", [None, "", [], ["", None]])
def test_an_answer_without_a_quote_is_unverified(
    quote: object, follow: Follow, material: Material
) -> None:
    reply = {"pairs": [{"question": "Q?", "answer": 16, "quote": quote}]}

    ((draft, (found,)),) = follow(a("grounded-qa"), reply, material)

    assert draft.messages[-1].content == "16"
    assert found.match == "none"


def test_no_more_pairs_are_taken_than_were_asked_for(follow: Follow, material: Material) -> None:
    reply = [{"question": f"Q{n}?", "answer": "A.", "quote": QUOTE} for n in range(9)]

    assert len(follow(a("grounded-qa", pairs=2), reply, material)) == 2


@pytest.mark.parametrize(
    ("name", "reply", "said"),
    [
        ("grounded-qa", {"pairs": "none"}, "pairs"),
        ("grounded-qa", {"pairs": [{"question": {"en": "Q"}, "answer": "A"}]}, "pairs.0.question"),
        ("grounded-qa", {"answer": "A"}, "pairs.0.question: Field required"),
        ("grounded-qa", {"result": 1}, "pairs: Field required"),
        ("facts", {"facts": [{"question": "Q"}]}, "facts.0.fact"),
        (
            "claim",
            {"claims": [{"claim": "c", "label": "perhaps", "reason": "r"}]},
            "claims.0.label",
        ),
        ("claim", {"claims": [{"claim": "c", "reason": "r"}]}, "claims.0.label"),
        ("dialogue", {"turns": [3]}, "turns.0"),
        ("summary", {"quotes": []}, "summary"),
    ],
)
def test_a_bad_reply_is_an_error_of_one_line(
    name: str, reply: object, said: str, material: Material
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        a(name).read(reply)

    assert "\n" not in str(caught.value)


def test_a_fact_answers_its_question(follow: Follow, material: Material) -> None:
    reply = {
        "facts": [
            {"fact": "Nitrogenase uses 16 ATP.", "question": "How much ATP?", "quote": QUOTE},
            {"fact": "Oxygen inactivates nitrogenase.", "question": "", "quote": OTHER},
            {"fact": "Nitrogenase uses 16  ATP.", "question": "how much ATP?", "quote": QUOTE},
        ]
    }

    ((draft, (found,)),) = follow(a("facts"), reply, material)

    assert [turn.content for turn in draft.messages] == [
        "How much ATP?",
        "Nitrogenase uses 16 ATP.",
    ]
    assert found.match == "exact"


def test_a_fact_that_nothing_was_asked_of_still_counts(material: Material) -> None:
    task = a("facts")
    reply = task.read(
        [{"fact": "F.", "quote": OTHER}, {"fact": "G.", "question": "?", "quote": "x"}]
    )

    assert facts.quotes(reply) == [[OTHER], ["x"]]


def test_a_sentence_is_covered_by_half(material: Material) -> None:
    text = material.passage.text
    first, second, third = sentences.spans(text)

    assert facts.coverage(text, []) == (3, 0)
    assert facts.coverage(text, [first, second, third]) == (3, 3)
    assert facts.coverage(text, [(second[0], second[0] + (second[1] - second[0] + 1) // 2)]) == (
        3,
        1,
    )
    assert facts.coverage(text, [(second[0], second[0] + (second[1] - second[0]) // 2 - 1)]) == (
        3,
        0,
    )
    assert facts.coverage(text, [(first[0] + 3, second[1] - 3)]) == (3, 2)
    assert facts.coverage("", [(0, 5)]) == (0, 0)


@given(
    st.text("ab. \n", max_size=60),
    st.lists(st.tuples(st.integers(-9, 90), st.integers(-9, 90)), max_size=5),
)
def test_coverage_is_a_share_and_grows_with_quotes(
    text: str, ranges: list[tuple[int, int]]
) -> None:
    n_sentences, n_covered = facts.coverage(text, ranges)

    assert 0 <= n_covered <= n_sentences
    assert facts.coverage(text, ranges[:-1])[1] <= n_covered
    assert facts.coverage(text, [(0, len(text))]) == (n_sentences, n_sentences)


def test_a_summary_is_asked_for_in_the_length_that_it_has(
    follow: Follow, material: Material
) -> None:
    reply = {"summary": "It needs ATP. Oxygen harms it.", "quotes": [QUOTE, OTHER, "a", "b", "c"]}

    ((draft, found),) = follow(a("summary", sentences=5), reply, material)

    assert "2 sentences" in draft.messages[0].content
    assert material.passage.text in draft.messages[0].content
    assert [one.match for one in found] == ["exact", "exact", "none", "none"]


def test_instructions_differ_between_passages_and_stay_the_same(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    reply = {"summary": "It needs ATP.", "quotes": QUOTE}
    asked = []
    for number in range(40):
        material = Material(passage(number=number))
        ((draft, _),) = follow(a("summary"), reply, material)
        assert draft == follow(a("summary"), reply, material)[0][0]
        asked.append(draft.messages[0].content)

    assert len(set(asked)) >= 6


def test_what_is_filled_into_an_instruction_is_not_read_again(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    material = Material(passage("Braces {length} and {claim} and {passage} stay."))

    ((draft, _),) = follow(a("summary"), {"summary": "S.", "quotes": []}, material)
    claim = {"claim": "The {passage} holds.", "label": "supported", "reason": "R.", "quote": "x"}
    ((other, _),) = follow(a("claim"), [claim], material)

    assert "Braces {length} and {claim} and {passage} stay." in draft.messages[0].content
    assert "Braces {length} and {claim} and {passage} stay." in other.messages[0].content
    assert "The {passage} holds." in other.messages[0].content


def test_claims_are_labelled_and_balanced(follow: Follow, material: Material) -> None:
    told = [
        ("supports", "It needs 16 ATP."),
        ("SUPPORTED", "It needs ATP."),
        ("Refuted", "It needs 8 ATP."),
        ("not enough information", "It needs magnesium."),
        ("NEI", "It needs molybdenum."),
    ]
    reply = {
        "claims": [
            {"claim": claim, "label": label, "reason": "It says so.", "quote": QUOTE}
            for label, claim in told
        ]
    }

    found = follow(a("claim"), reply, material)

    assert [draft.family for draft, _ in found] == ["supported", "refuted", "not-enough"]
    assert [draft.messages[1].content for draft, _ in found] == [
        "Supported. It says so.",
        "Refuted. It says so.",
        "Not enough information. It says so.",
    ]
    assert [draft.whole for draft, _ in found] == [False, False, True]
    assert [len(evidence) for _, evidence in found] == [1, 1, 0]
    for draft, _ in found:
        assert material.passage.text in draft.messages[0].content
    assert "It needs 8 ATP." in found[1][0].messages[0].content


@pytest.mark.parametrize("label", ["unsupported", "not supported", "partially supported"])
def test_a_label_that_could_mean_two_is_none(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        a("claim").read([{"claim": "c", "label": label, "reason": "r", "quote": ""}])


def test_a_conversation_alternates_and_keeps_all_quotes(follow: Follow, material: Material) -> None:
    turns = [
        {"question": "What does nitrogenase need?", "answer": "ATP.", "quote": QUOTE},
        {"question": "And what harms it?", "answer": "Oxygen.", "quote": OTHER},
        {"question": "Why?", "answer": "", "quote": OTHER},
        {"question": "So?", "answer": "It is lost.", "quote": OTHER},
    ]

    ((draft, found),) = follow(a("dialogue", turns=4), {"turns": turns}, material)

    assert [turn.role for turn in draft.messages] == ["user", "assistant"] * 2
    assert [one.quote for one in found] == [QUOTE, OTHER]


def test_one_question_is_no_conversation(follow: Follow, material: Material) -> None:
    turn = {"question": "What?", "answer": "ATP.", "quote": QUOTE}

    assert follow(a("dialogue"), {"turns": [turn, turn]}, material) == []


def test_a_style_is_a_request_of_its_own(follow: Follow, material: Material) -> None:
    task = a("rewrite", styles=["lay", "bullet", "lay"])
    asked = [task.messages(material, variant)[0]["content"] for variant in task.variants]
    reply = {"topic": "how nitrogenase works.", "text": "- ATP\n- oxygen"}

    assert [variant["style"] for variant in task.variants] == ["lay", "bullet"]
    assert len(set(asked)) == 2
    ((draft, _),) = follow(task, reply, replace(material, variant=task.variants[1]))
    assert (draft.family, draft.whole, draft.quotes) == ("bullet", True, [])
    assert "how nitrogenase works" in draft.messages[0].content
    assert "as a list of short points" in draft.messages[0].content


@pytest.mark.parametrize(
    ("section", "title", "said"),
    [(["A", "B"], "T", '"B" of "T"'), ([], "T", '"T"'), (["B"], None, '"B"'), (["T"], "T", '"T"')],
)
def test_without_a_topic_headings_stand_for_it(
    section: list[str],
    title: str | None,
    said: str,
    passage: Callable[..., Passage],
    follow: Follow,
) -> None:
    material = Material(passage(section=section, title=title))

    ((draft, _),) = follow(a("rewrite"), {"topic": None, "text": ["One.", "Two."]}, material)

    assert said in draft.messages[0].content
    assert draft.messages[1].content == "One.\nTwo."


def test_a_rewriting_of_nothing_is_no_example(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    nameless = Material(passage(section=[], title=None))

    assert follow(a("rewrite"), {"topic": "", "text": "Text."}, nameless) == []
    assert follow(a("rewrite"), {"topic": "t", "text": ""}, nameless) == []


@pytest.mark.parametrize("name", ["grounded-qa", "facts", "claim", "dialogue"])
def test_an_empty_list_is_a_reply_that_gives_nothing(name: str, material: Material) -> None:
    task = a(name)
    (only,) = task.schema["properties"]

    read = replies.judge(f'{{"{only}": []}}', task, material)

    assert read.outcome == "ok"
    assert list(task.drafts(read.reply, material)) == []
