"""An item of a benchmark is found however it is written, and other text is not taken for one."""

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curate.screen.measures import contamination
from curate.screen.measures.contamination import COLUMNS, Params, describe, measure_with_references
from schemas.errors import TableError

QUIZ = [
    (
        "A sealed jar of dry ice warms on a laboratory bench until its lid flies off with a bang."
        " Which change of state built up the pressure?",
        ["melting", "sublimation", "condensation", "deposition"],
        1,
    ),
    (
        "Lichens on a granite cliff release weak acids while their threads grow into cracks. What"
        " do they do to the rock over many centuries?",
        ["They cement it", "They weather it", "They melt it", "They polish it"],
        1,
    ),
    (
        "Two carts of equal mass collide on a frictionless track and stick together. What is"
        " conserved?",
        ["kinetic energy only", "momentum only", "neither of them", "speed of the first cart"],
        1,
    ),
    (
        "Why do migrating geese fly in a slanted line?",
        ["to see the leader", "to save energy in each other's wake", "to keep warm", "to confuse"],
        1,
    ),
    (
        "Which organelle digests worn-out mitochondria?",
        ["the lysosome", "the ribosome", "the vacuole", "the chloroplast"],
        0,
    ),
    ("Tungsten melts", ["above 3000 degrees", "below 300 degrees", "at room temperature"], 0),
    (
        "Which of the following is true?",
        [
            "Copper rusts into a reddish powder within days",
            "Gallium melts in a warm hand",
            "Helium burns with a pale flame",
            "Xenon forms no compound whatsoever",
        ],
        1,
    ),
]
"""(question, options, right one): two whose halves say enough, shorter ones, one of two words, one
without a word that tells."""
LONG = QUIZ[:2]
ABSTRACT = (
    "We study how sediment moves along sandy coasts under oblique waves. A flume of forty metres"
    " was filled with quartz sand, and bed levels were scanned each hour. Transport grew with the"
    " cube of the orbital speed, as earlier models say, but fell behind them near breaking."
    " Bubbles in the surf explain most of the difference. Our fit lowers the mean error by half."
)


@pytest.fixture
def quiz(tmp_path: Path) -> Path:
    return write(tmp_path / "quiz.jsonl", [as_row(*item) for item in QUIZ])


def as_row(question: str, options: Sequence[str], right: int) -> dict[str, Any]:
    return {"question": question, "choices": list(options), "answer": right}


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def measured(
    rows: dict[str, Any] | pa.Table, benchmark: Path | Sequence[Path], **params: object
) -> list[dict[str, Any]]:
    table = rows if isinstance(rows, pa.Table) else pa.table(rows)
    files = [benchmark] if isinstance(benchmark, Path) else benchmark
    chosen = Params(benchmarks=tuple(map(str, files)), **params)
    columns = contamination.reads(chosen, table.column_names)
    batches = table.select(columns).to_batches(max_chunksize=3)
    found = pa.Table.from_batches(measure_with_references(lambda: iter(batches), chosen))
    assert found.column_names == list(COLUMNS)
    return found.to_pylist()


def planted(text: str) -> str:
    """A text in the middle of an abstract that has nothing to do with it."""
    middle = ABSTRACT.index("Transport")
    return f"{ABSTRACT[:middle]}{text} {ABSTRACT[middle:]}"


def lettered(question: str, options: Sequence[str]) -> str:
    lines = [f"{letter}) {option}" for letter, option in zip("ABCDE", options, strict=False)]
    return "\n".join([question, *lines])


def spaced(text: str) -> str:
    draw = random.Random(1)
    blanks = (" \n ", "\t", "\u00a0", "\u2003", "\u200b ", "\r\n")
    return re.sub(" ", lambda _: draw.choice(blanks), text)


VARIANTS: dict[str, Callable[[str, Sequence[str]], str]] = {
    "verbatim": lettered,
    "in capitals": lambda question, options: lettered(question, options).upper(),
    "with other spaces": lambda question, options: spaced(lettered(question, options)),
    "in typographic quotes": lambda question, options: f"“{question}” " + ", ".join(options),
    "options in another order": lambda question, options: lettered(question, options[::-1]),
    "options in a list": lambda question, options: question + "".join(f"\n- {o}" for o in options),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_a_planted_item_is_found(quiz: Path, variant: Callable[[str, Sequence[str]], str]) -> None:
    rows = [planted(variant(question, options)) for question, options, _ in QUIZ]

    found = measured({"text": rows}, quiz)

    assert [one["contaminated_row"] for one in found] == [1, 2, 3, 4, 5, 6, 7]
    assert all(one["contaminated"] and one["contaminated_by"] == "quiz" for one in found)
    assert {one["contaminated_how"] for one in found} == {"question_and_answer"}
    assert all(one["contaminated_share"] == one["contaminated_answer_share"] == 1 for one in found)


def test_a_question_alone_is_found_from_two_words_that_tell(quiz: Path) -> None:
    found = measured({"text": [planted(question) for question, _, _ in QUIZ]}, quiz)

    assert [one["contaminated_row"] for one in found] == [1, 2, 3, 4, 5, None, None]
    assert {one["contaminated_how"] for one in found[:5]} == {"question"}
    assert [one["contaminated_share"] for one in found] == [1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("part", ["first", "last"])
def test_half_of_a_question_is_found_from_sixteen_words(quiz: Path, part: str) -> None:
    halves = []
    for question, _, _ in QUIZ:
        middle = len(question) // 2
        halves.append(planted(question[:middle] if part == "first" else question[middle:]))

    found = measured({"text": halves}, quiz)

    assert [one["contaminated_row"] for one in found[:2]] == [1, 2]
    assert all(0.4 <= one["contaminated_share"] <= 0.6 for one in found[:2])
    # Half of five words is no more than a phrase.
    assert not any(one["contaminated"] for one in found[4:])


@pytest.mark.parametrize("part", ["first", "last"])
def test_half_of_question_and_options_is_found(quiz: Path, part: str) -> None:
    halves = []
    for question, options, _ in LONG:
        words = lettered(question, options).split(" ")
        middle = len(words) // 2
        halves.append(planted(" ".join(words[:middle] if part == "first" else words[middle:])))

    assert [one["contaminated_row"] for one in measured({"text": halves}, quiz)] == [1, 2]


def test_an_abstract_holds_nothing(quiz: Path) -> None:
    (found,) = measured({"text": [ABSTRACT]}, quiz)

    assert found == {
        "contaminated": False,
        "contaminated_by": None,
        "contaminated_row": None,
        "contaminated_how": None,
        "contaminated_text": None,
        "contaminated_share": 0.0,
        "contaminated_answer_share": 0.0,
    }


def test_phrases_that_every_question_has_say_nothing(quiz: Path) -> None:
    phrases = [
        "Which of the following is true? Copper wires carry sound. Iron does not.",
        "They stick together, and which of the following is true depends on the carts.",
        "Tungsten melts only in an arc furnace.",
    ]
    assert not any(one["contaminated"] for one in measured({"text": phrases}, quiz))


def test_a_question_is_not_the_beginning_of_a_longer_phrase(tmp_path: Path) -> None:
    file = write(
        tmp_path / "g.jsonl", [{"goal": "grill a cheese sandwich", "sol1": "turn it once"}]
    )
    rows = ["How to grill a cheese sandwich?", "He would grill a cheese sandwich maker with oil."]

    assert [one["contaminated"] for one in measured({"text": rows}, file)] == [True, False]


def test_the_answer_is_found_in_the_response(quiz: Path) -> None:
    question, options, right = LONG[0]
    rows = {
        "instruction": [question, question],
        "input": ["", ""],
        "output": [f"It must have been {options[right]}.", "I do not know."],
    }
    found = measured(rows, quiz)

    assert [one["contaminated_how"] for one in found] == ["question_and_answer", "question"]
    assert [one["contaminated_answer_share"] for one in found] == [1, 0]
    assert found[0]["contaminated_text"].startswith("A sealed jar of dry ice")


def test_the_best_match_wins(quiz: Path, tmp_path: Path) -> None:
    question, options, right = LONG[0]
    longer = write(tmp_path / "longer.jsonl", [as_row(f"{question} Say why.", options, right)])

    (found,) = measured({"text": [f"{question} Say why."]}, [quiz, longer])

    assert (found["contaminated_by"], found["contaminated_row"]) == ("longer", 1)


def test_turns_lists_and_options_in_columns_are_text(quiz: Path) -> None:
    question, options, _ = LONG[1]
    turns = [[{"from": "human", "value": question}, {"from": "gpt", "value": "Weathering."}], None]
    nested = {"conversations": turns, "n": [1, 2], "vector": [[0.5, 1.5], [2.5]]}
    lists = {"query": ["Say!", ""], "choices": [[question, *options], []], "label": [1, 0]}

    assert [one["contaminated"] for one in measured(nested, quiz)] == [True, False]
    assert [one["contaminated"] for one in measured(lists, quiz)] == [True, False]


def test_columns_that_are_read_can_be_named(quiz: Path) -> None:
    rows = {"id": ["a"], "body": [LONG[0][0]], "notes": ["nothing"]}

    assert measured(rows, quiz)[0]["contaminated"]
    assert not measured(rows, quiz, columns=("notes",))[0]["contaminated"]
    with pytest.raises(TableError, match="no column 'text', the rows have id, body, notes"):
        measured(rows, quiz, columns=("text",))


def test_a_paper_that_items_were_made_from_is_known_by_its_doi(tmp_path: Path) -> None:
    items = [{"question": "Does it?", "answer": "yes", "doi": "https://doi.org/10.1234/ABC.1"}]
    file = write(tmp_path / "pubs.jsonl", items)
    dois = ["10.1234/abc.1", "https://doi.org/10.1234/abc.1", "DOI:10.1234/ABC.1", "10.1/x", None]
    rows = {"text": [ABSTRACT] * 5, "document_id": list("abcde"), "document_doi": dois}

    found = measured(rows, file)

    assert [one["contaminated"] for one in found] == [True, True, True, False, False]
    assert {one["contaminated_how"] for one in found[:3]} == {"doi"}
    assert (found[0]["contaminated_by"], found[0]["contaminated_row"]) == ("pubs", 1)


def test_a_paraphrase_is_found_where_it_is_asked_for(quiz: Path) -> None:
    reworded = (
        "A closed jar of dry ice warms on a bench until the lid flies away with a bang. Which"
        " change in state had built the pressure?"
    )
    rows = {"text": [reworded, ABSTRACT]}

    assert not any(one["contaminated"] for one in measured(rows, quiz))
    found = measured(rows, quiz, paraphrase=0.3)

    assert [one["contaminated"] for one in found] == [True, False]
    assert found[0]["contaminated_how"] == "paraphrase"
    assert 0.3 <= found[0]["contaminated_share"] < 1


def test_questions_without_spaces_are_found(tmp_path: Path) -> None:
    question = "植物在白天从空气中吸收哪一种气体来进行光合作用并释放氧气？"
    file = write(tmp_path / "zh.jsonl", [{"question": question, "answer": "二氧化碳"}])
    rows = [
        f"请回答：{question}谢谢。",
        question[: len(question) // 2],
        "请写一首关于春天和花园的诗。",
    ]

    found = measured({"text": rows}, file)

    assert [one["contaminated"] for one in found] == [True, True, False]


def test_items_without_words_or_answers_hold_nothing_up(tmp_path: Path) -> None:
    odd = [{"question": "???"}, {"question": "∀ → ∃", "choices": ["+", "-"], "answer": 0}]
    file = write(tmp_path / "odd.jsonl", [*odd, {"question": LONG[0][0], "choices": []}])

    found = measured({"text": ["???", "+ -", planted(LONG[0][0])]}, file)

    assert [one["contaminated_row"] for one in found] == [None, None, 3]
    assert found[2]["contaminated_answer_share"] == 0


def test_ten_thousand_equal_items_are_one(tmp_path: Path) -> None:
    question, options, right = LONG[0]
    file = write(tmp_path / "same.jsonl", [as_row(question, options, right)] * 10_000)
    params = Params(benchmarks=(str(file),))

    assert measured({"text": [planted(question)] * 4}, file)[3]["contaminated_row"] == 1
    assert describe(params) == {"benchmarks": {"same": {"items": 10_000, "failures": 0}}}


def test_items_that_differ_in_a_word_are_told_apart(tmp_path: Path) -> None:
    asked = "In a survey of {} villages, how many wells were dug deeper than the old ones?"
    file = write(tmp_path / "wells.jsonl", [{"question": asked.format(n)} for n in range(300)])

    found = measured({"text": [planted(asked.format(n)) for n in (7, 123, 299)]}, file)

    assert [one["contaminated_row"] for one in found] == [8, 124, 300]


def test_a_giant_question_and_a_giant_row_are_read(tmp_path: Path) -> None:
    draw = random.Random(5)
    words = ["".join(draw.choices("abcdefghij", k=7)) for _ in range(4_000)]
    giant = " ".join(draw.choices(words, k=60_000))
    file = write(tmp_path / "giant.jsonl", [{"question": giant}, {"question": LONG[0][0]}])
    filler = " ".join(draw.choices(words, k=400_000))
    row = f"{filler}\n{LONG[0][0]}\n{filler}"

    found = measured({"text": [giant, row, giant[: len(giant) // 2]]}, file)

    assert [one["contaminated_row"] for one in found] == [1, 2, 1]
    assert found[1]["contaminated_text"] == LONG[0][0].removesuffix("?")
    assert len(found[0]["contaminated_text"]) == 300


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary()])
def test_empty_rows_and_every_type_of_text_are_read(quiz: Path, kind: pa.DataType) -> None:
    texts = [None, "", " \n", LONG[0][0], "\u0000", "word"]
    values = [text.encode() if text and kind == pa.binary() else text for text in texts]
    values = [b"" if text == "" and kind == pa.binary() else text for text in values]

    found = measured(pa.table({"text": pa.array(values, kind)}), quiz)

    assert [one["contaminated"] for one in found] == [False, False, False, True, False, False]


def test_invalid_utf_8_hides_no_question(quiz: Path) -> None:
    row = b"\xff\xfe caf\xe9 " + LONG[0][0].encode() + b" \xc3("

    (found,) = measured(pa.table({"text": pa.array([row], pa.binary())}), quiz)

    assert found["contaminated_row"] == 1


def test_no_rows_give_no_rows(quiz: Path) -> None:
    table = pa.table({"text": pa.array([], pa.string())})
    batches = [pa.record_batch({"text": pa.array([], pa.string())})]
    found = list(measure_with_references(lambda: iter(batches), Params(benchmarks=(str(quiz),))))

    assert sum(map(len, found)) == 0
    assert contamination.reads(Params(benchmarks=(str(quiz),)), table.column_names) == ["text"]


def test_a_changed_benchmark_is_read_again(quiz: Path) -> None:
    assert measured({"text": [LONG[0][0]]}, quiz)[0]["contaminated"]
    write(quiz, [as_row(*QUIZ[3])])

    assert not measured({"text": [LONG[0][0]]}, quiz)[0]["contaminated"]


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (["id", "part", "document_id", "title", "text"], ["text"]),
        (["id", "messages", "text", "instruction", "response", "context"], ["text"]),
        (["id", "instruction", "input", "output"], ["instruction", "input", "output"]),
        (["id", "text", "prompt", "completion"], ["prompt", "completion"]),
        (["id", "text", "document_doi", "document_id"], ["text", "document_doi"]),
        (["id", "body", "doi"], ["body", "doi"]),
    ],
)
def test_what_is_read_depends_on_what_the_rows_are(
    available: list[str], expected: list[str]
) -> None:
    assert contamination.reads(Params(benchmarks=("x.jsonl",)), available) == expected
