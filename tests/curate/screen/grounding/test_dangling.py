"""A question that points outside itself is told from one that only uses the same words."""

import pyarrow as pa
import pytest

from curate.screen.grounding.dangling import dangling


def found(question: str, shows_source: bool = False) -> str | None:
    phrase: str | None = dangling(pa.array([question]), pa.array([shows_source]))[0].as_py()
    return phrase


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("What does Figure 3 show about shading?", "Figure 3"),
        ("What is listed in Table S2?", "Table S2"),
        ("Which plant did the authors study?", "the authors"),
        ("What was concluded in [12] about the structure?", "[12]"),
        ("At which temperature do alloys of [7, 8] switch?", "[7, 8]"),
        ("How many patients took part in this study?", "this study"),
        ("How did the load change in the delta studied here?", "studied here"),
        ("What does the passage say about machines?", "does the passage say"),
        ("According to the text, who won?", "to the text"),
        ("How well did the interval cover in our simulations?", "our simulations"),
        ("What are the limits of the present paper?", "the present paper"),
        ("Which of the following is true?", "of the following is true"),
        ("What did Smith et al. find?", "et al"),
        ("What is derived in Section 4?", "in Section 4"),
        ("How large is the above effect?", "the above"),
        ("What did we find in mice?", "did we find"),
    ],
)
def test_what_points_outside_is_told(question: str, phrase: str) -> None:
    assert found(question) == phrase


@pytest.mark.parametrize(
    "question",
    [
        "What is a present study design?",
        "What is table salt made of?",
        "How are entities found in the text mining literature?",
        "Is figure skating hard on the knees?",
        "How does the passage of time change memory?",
        "Who is the author of The Selfish Gene?",
        "What does the study of enzymes show?",
        "What does our solar system contain?",
        "What is the paper used for in chromatography?",
        "Which of the following planets is largest: Mars, Venus or Saturn?",
        "Which of the following is true?\nA. Ice floats.\nB. Ice sinks.",
        "Sort the list [3, 1, 2].",
        "What does a[3] mean in C?",
        "Is x in [0, 1]?",
        "Continue this text:\n\nIce floats on water because",
        "What happens above 37 °C?",
        "",
    ],
)
def test_the_same_words_in_other_uses_are_not(question: str) -> None:
    assert found(question) is None


def test_a_question_that_shows_its_source_points_at_it() -> None:
    assert found("What does the passage say about ice?", shows_source=True) is None


def test_a_null_is_no_question() -> None:
    assert dangling(pa.array([None], pa.string()), pa.array([False])).to_pylist() == [None]
