"""What each family takes from a passage, and what it leaves."""

import pytest

from curate.synthesize.tasks.reading_comprehension import candidates, prose
from curate.synthesize.tasks.reading_comprehension.candidate import Candidate
from schemas.rows import Passage

WORDS = dict.fromkeys(["membrane", "protein", "solvent", "gradient"], 1.0)


def find(
    family: str, text: str, title: str | None = "cell.gate", section: str = "", start: int = 0
) -> list[Candidate]:
    held = Passage(
        id="p", document_id="d", part="domain", split="train", section=[section] if section else [],
        start=start, end=start + len(text), text=text, n_words=len(text.split()), title=title,
        source="s", license=None, domain=None,
    )  # fmt: skip
    found = prose.read(held)
    assert found is not None
    return list(candidates(family, found, WORDS))


def only(family: str, text: str, title: str | None = "cell.gate", section: str = "") -> Candidate:
    (candidate,) = find(family, text, title, section)
    return candidate


REST = (
    "The gate lets ions of one kind pass and keeps all others outside. It closes by itself "
    "when the voltage across the membrane falls below a certain level."
)


def test_summary_takes_the_opening_line_of_documentation() -> None:
    found = only("summary", f"Open the gate of a living cell.\n\n{REST}")

    assert found.kind == "summary/description"
    assert found.answer == "Open the gate of a living cell."
    assert found.fields["text"].startswith("The gate lets ions")


def test_summary_takes_a_title_that_opens_the_text() -> None:
    found = only("summary", f"Gates of living cells\n\n{REST}", title="Gates of Living Cells")

    assert (found.kind, found.answer) == ("summary/title", "Gates of living cells.")


def test_summary_takes_the_statement_of_an_aim_and_drops_its_opener() -> None:
    text = f"{REST} {REST} In summary, we find that gates need no energy at all."
    found = only("summary", text, title="On gates")

    assert (found.kind, found.answer) == (
        "summary/statement", "We find that gates need no energy at all.",
    )  # fmt: skip


def test_summary_leaves_an_opening_line_without_a_text_to_sum_up() -> None:
    assert find("summary", "Open the gate of a living cell.") == []
    assert find("summary", f"Open the gate of a living cell.\n\n{REST}", start=50) == []


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("A lattice is an arrangement of points in space.", "a lattice"),
        ("The Stern test is a test of the null hypothesis.", "the Stern test"),
        ("Flux refers to the amount that passes per second.", "Flux"),
        ("A gate is defined as the part that opens first.", "a gate"),
        ("The square of that amplitude is called the power.", "power"),
    ],
)
def test_definition_asks_for_the_term(sentence: str, term: str) -> None:
    found = only("definition", sentence, title="On gates")

    assert (found.kind, found.fields["term"], found.answer) == ("definition/term", term, sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This is an arrangement of points in space.",
        "The default is the largest value of all.",
        "The second argument is a list of all names.",
        "It is a good idea to close the gate first.",
        "The result is an array with the same shape.",
        "The lattice in Fig. 3 is an arrangement of points.",
    ],
)
def test_definition_leaves_what_defines_nothing(sentence: str) -> None:
    assert find("definition", sentence, title="On gates") == []


def test_definition_describes_parameters_from_their_entries() -> None:
    text = (
        "alpha : float, optional\n    The level of significance,\n    a share. Must not be zero\n"
        "beta : {'a', 'b'}\n    As above.\n*gates : Gate\n    Whatever shall be opened first."
    )
    found = find("definition", text, section="Parameters")

    assert [(one.fields["term"], one.answer) for one in found] == [
        ("alpha", "The level of significance, a share. Must not be zero."),
        ("*gates", "Whatever shall be opened first."),
    ]
    assert find("definition", text, title=None, section="Parameters") == []


def test_definition_gives_the_one_line_description_of_a_documented_name() -> None:
    found = only("definition", "Open the gate of a cell.")

    assert (found.kind, found.answer) == ("definition/name", "Open the gate of a cell.")


@pytest.mark.parametrize(
    ("connector", "relation"),
    [
        ("Therefore,", "conclusion"),
        ("Thus", "conclusion"),
        ("However,", "contrast"),
        ("In contrast,", "contrast"),
        ("Moreover,", "addition"),
        ("Otherwise", "alternative"),
    ],
)
def test_inference_asks_for_the_relation_and_drops_the_connector(
    connector: str, relation: str
) -> None:
    premise = "The gate of the cell opens at noon."
    found = only("inference", f"{premise} {connector} the cell takes up water in the morning.")

    assert (found.kind, found.fields["premise"]) == (f"inference/{relation}", premise)
    assert found.answer == "The cell takes up water in the morning."


@pytest.mark.parametrize(
    "text",
    [
        "The gate of the cell opens at noon.\n\nTherefore, the cell takes up water in the morning.",
        "It opens at noon every single day. Therefore, the cell takes up water in the morning.",
        "The gate of the cell opens at noon. However long it takes, the cell has enough water.",
        "The gate of the cell opens at noon. Hence the name.",
    ],
)
def test_inference_needs_a_premise_and_a_conclusion(text: str) -> None:
    assert find("inference", text) == []


@pytest.mark.parametrize(
    ("sentence", "kind", "told", "answer"),
    [
        (
            "The gate is closed at night because the cell needs no water.",
            "cause", "The gate is closed at night.", "The cell needs no water.",
        ),
        (
            "Because the cell needs no water, the gate is closed at night.",
            "cause", "The gate is closed at night.", "The cell needs no water.",
        ),
        (
            "The gate is closed at night due to a lack of water.",
            "cause", "The gate is closed at night.", "A lack of water.",
        ),
        (
            "The gate is closed at night, so the cell keeps its water.",
            "effect", "The gate is closed at night.", "The cell keeps its water.",
        ),
        (
            "The gate is closed at night so that the cell keeps its water.",
            "purpose", "The gate is closed at night.", "The cell keeps its water.",
        ),
        (
            "A broken gate leads to a loss of water in the cell.",
            "effect", "A broken gate.", "A loss of water in the cell.",
        ),
        (
            "If `gate` is closed, then the cell keeps its water.",
            "condition", "if `gate` is closed", "The cell keeps its water.",
        ),
    ],
)  # fmt: skip
def test_cause_and_effect_tell_one_side_and_ask_for_the_other(
    sentence: str, kind: str, told: str, answer: str
) -> None:
    found = only("cause-effect", sentence)

    assert found.kind == f"cause-effect/{kind}"
    assert told in found.fields.values()
    assert found.answer == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "It is closed because the cell needs no water.",
        "The gate has been closed since version 3 of it.",
        "If true, the gate of the cell is closed.",
        "The gate of the cell is closed because of that.",
        "The gate is not only closed, which leads to a loss of water.",
    ],
)
def test_cause_and_effect_leave_what_is_unclear(sentence: str) -> None:
    assert find("cause-effect", sentence) == []


def test_cause_and_effect_ask_when_an_error_is_raised() -> None:
    found = only("cause-effect", "GateError\n    If the gate is stuck.", section="Raises")

    assert (found.fields["error"], found.answer) == ("GateError", "If the gate is stuck.")


def test_word_to_text_asks_with_the_words_of_the_domain() -> None:
    sentence = "Every membrane has a gradient that draws the solvent to its inner side."
    found = only("word-to-text", sentence)

    assert (found.answer, found.fields["words"]) == (
        sentence, '"membrane", "gradient" and "solvent"',
    )  # fmt: skip
    assert find("word-to-text", "Every membrane has a gradient on its inner and outer side.") == []


def test_completion_asks_for_the_next_sentence_of_a_paragraph() -> None:
    first = "The gate of the cell opens at noon on every day."
    second = "It closes again as soon as the sun is down."
    found = only("completion", f"{first}\n{second}")

    assert (found.fields["text"], found.answer) == (first, second)
    assert find("completion", f"{first}\n\n{second}") == []


def test_completion_asks_for_the_rest_of_a_long_sentence() -> None:
    head = "The gate of every cell opens at noon in summer,"
    rest = "while in winter it stays closed for many weeks."
    found = only("completion", f"{head} {rest}")

    assert (found.kind, found.fields["text"], found.answer) == ("completion/rest", head, rest)
