"""What a row asks, by the columns of data sets that are in use."""

from typing import Any

import pytest

from curate.screen.benchmarks.drafts import draft, items
from curate.screen.benchmarks.fields import Named, doi_of
from curate.screen.benchmarks.items import Item

SEA = "Which sea has no coast?"
BY_NAMES = Named()
SARGASSO = ("the Baltic", "the Sargasso", "the Aral")


def read(*rows: dict[str, Any], named: Named = BY_NAMES) -> list[Item]:
    drafts = [draft(number, row, named) for number, row in enumerate(rows, 1)]
    return items([one for one in drafts if one is not None])


@pytest.mark.parametrize(
    "row",
    [
        {"question": SEA, "choices": [*SARGASSO], "answer": 1},
        {"question": SEA, "choices": [*SARGASSO], "answer": "B"},
        {"query": f"Question: {SEA}\n", "choices": [*SARGASSO], "gold": 1},
        {"question": SEA, "choices": {"text": [*SARGASSO], "label": ["1", "2", "3"]},
         "answerKey": "2"},
        {"question": {"stem": SEA, "choices": [
            {"label": label, "text": text} for label, text in zip("ABC", SARGASSO, strict=True)]},
         "answerKey": "B"},
        {"Question": SEA, "A": SARGASSO[0], "B": SARGASSO[1], "C": SARGASSO[2], "Answer": "b"},
        {"question": SEA, "options": dict(zip("ABC", SARGASSO, strict=True)), "answer_idx": "B"},
        {"question": SEA, "choice0": SARGASSO[0], "choice1": SARGASSO[1], "choice2": SARGASSO[2],
         "answer": "The Sargasso"},
        {"goal": SEA, "sol1": SARGASSO[0], "sol2": SARGASSO[1], "sol3": SARGASSO[2], "label": 1},
        {"question": SEA, "opa": SARGASSO[0], "opb": SARGASSO[1], "opc": SARGASSO[2], "cop": 1},
        {"ctx": SEA, "endings": [*SARGASSO], "label": "B"},
        {"input": SEA, "target_scores": dict(zip(SARGASSO, (0, 1, 0), strict=True))},
        {"question": SEA, "mc1_targets": {"choices": [*SARGASSO], "labels": [0, 1, 0]},
         "best_answer": "the Sargasso"},
    ],
)  # fmt: skip
def test_a_choice_is_read_with_its_right_answer(row: dict[str, Any]) -> None:
    assert read(row) == [Item(1, SEA, SARGASSO, "the Sargasso")]


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"problem": SEA, "solution": "It is the Sargasso."}, "It is the Sargasso."),
        ({"question": SEA, "answers": {"text": ["Sargasso", "the Sargasso"]}}, "Sargasso"),
        ({"question": SEA, "answer": {"value": "Sargasso", "aliases": ["x"]}}, "Sargasso"),
        ({"instruction": SEA, "input": "", "output": "Sargasso"}, "Sargasso"),
        ({"question": SEA, "gold_answers": ["Sargasso"]}, "Sargasso"),
        ({"context": SEA, "answer": 7}, "7"),
        ({"prompt": SEA}, ""),
        ({"turns": [SEA]}, ""),
        (
            {
                "messages": [
                    {"role": "user", "content": SEA},
                    {"role": "assistant", "content": "Sargasso"},
                ]
            },
            "Sargasso",
        ),
        (
            {
                "conversations": [
                    {"from": "human", "value": SEA},
                    {"from": "gpt", "value": "Sargasso"},
                ]
            },
            "Sargasso",
        ),
    ],
)
def test_a_free_answer_is_read(row: dict[str, Any], answer: str) -> None:
    assert read(row) == [Item(1, SEA, (), answer)]


def test_numbers_of_answers_count_from_where_the_file_counts() -> None:
    two = {"sentence": "The _ broke.", "option1": "cup", "option2": "table"}

    from_one = read({**two, "answer": "1"}, {**two, "answer": "2"})
    from_zero = read({**two, "label": 0}, {**two, "label": 1})

    assert [one.answer for one in from_one] == ["cup", "table"]
    assert [one.answer for one in from_zero] == ["cup", "table"]


def test_a_letter_without_an_option_is_no_answer() -> None:
    assert read({"question": SEA, "choices": [*SARGASSO], "answer": "F"})[0].answer == ""


def test_a_short_context_belongs_to_the_question_and_a_passage_does_not() -> None:
    short = {"context": "Tracy stayed out.", "question": "What will she do next?"}
    long = {"passage": "word " * 65, "question": "What will she do next?"}

    assert [one.question for one in read(short, long)] == [
        "Tracy stayed out.\nWhat will she do next?",
        "What will she do next?",
    ]


def test_premise_and_hypothesis_are_one_question() -> None:
    premise = "word " * 70
    (one,) = read({"premise": premise, "hypothesis": "It rains.", "label": 0})

    assert one.question == f"{premise.strip()}\nIt rains."


def test_columns_that_the_user_names_win() -> None:
    named = Named(question="frage", answer="antwort")
    (one,) = read({"frage": SEA, "antwort": "Sargasso", "question": "no"}, named=named)

    assert (one.question, one.answer) == (SEA, "Sargasso")


def test_a_row_without_a_question_is_none() -> None:
    assert read({"question": "", "label": 3}, {"question": None}, {"id": "a"}) == []


@pytest.mark.parametrize(
    "value",
    [
        "10.1234/AB.c-7",
        "https://doi.org/10.1234/ab.c-7",
        "doi: 10.1234/ab.c-7.",
        "see (10.1234/ab.c-7)",
    ],
)
def test_a_doi_is_itself_however_it_is_written(value: str) -> None:
    assert doi_of(value) == "10.1234/ab.c-7"
    assert read({"question": SEA, "doi": value})[0].doi == "10.1234/ab.c-7"
