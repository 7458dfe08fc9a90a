"""An answer is held by one stretch of its source, or by words that are strewn over it."""

import numpy as np
import pyarrow as pa
import pytest

from curate.screen.grounding.held import Held, by_chance, hold

FILLER = "Nothing of interest was measured on that day in any of those places. " * 60
ANSWER = "Heavy machines compact the subsoil and slow the drainage of fields"


def held(answer: str, source: str, question: str = "") -> Held:
    return hold(pa.array([answer]), pa.array([question]), pa.array([source]))


def strewn(answer: str) -> str:
    return "".join(f"{FILLER} {word}. " for word in answer.split())


def test_words_are_compared_without_their_endings() -> None:
    found = held("Increasing doses compacted studies", "A study: dosing increased, compacts it")

    assert found.supported[0] == found.local[0] == 1.0
    assert found.n_content[0] == 4


def test_words_that_are_strewn_are_supported_but_not_local() -> None:
    found = held(ANSWER, strewn(ANSWER))

    assert found.supported[0] == 1.0
    assert found.local[0] < by_chance(found)[0]


def test_words_of_one_sentence_are_local_in_any_order() -> None:
    found = held(
        ANSWER, FILLER + "The drainage of fields slows as machines compact subsoil." + FILLER
    )

    assert found.local[0] >= by_chance(found)[0]
    assert not found.quoted[0]


def test_an_answer_that_is_copied_is_quoted_whatever_its_case() -> None:
    assert held("HEAVY machines, compact", f"{FILLER}heavy machines compact. {FILLER}").quoted[0]


def test_an_answer_without_content_words_is_held_by_anything() -> None:
    found = held("It is not.", "")

    assert found.n_content[0] == 0
    assert found.supported[0] == found.local[0] == 1.0


def test_more_is_asked_of_few_words_and_of_long_sources() -> None:
    few, many = held("alpha beta gamma delta", FILLER), held(ANSWER * 5, FILLER)
    short = held(ANSWER, "Short.")

    assert by_chance(few)[0] > by_chance(held(ANSWER, FILLER))[0] > by_chance(short)[0]
    assert by_chance(few)[0] <= 1 and by_chance(many)[0] > 0.08


@pytest.mark.parametrize(
    ("answer", "copied"),
    [
        ("why the light is fast today", 1.0),
        ("yes, why the light is fast", 5 / 6),
        ("light is bright, fast today", 0.0),
        ("", 0.0),
    ],
)
def test_runs_of_four_words_of_the_question_are_copied(answer: str, copied: float) -> None:
    found = held(answer, "", "Say why the light is fast today")

    assert found.copied[0] == pytest.approx(copied)


def test_a_question_with_eight_words_of_its_source_shows_it() -> None:
    source = "Ice floats on water because it is less dense than water is."
    short, long = "Ice floats on water because it is", "Ice floats on water because it is less"

    assert not held("x", source, f"Go on: {short}").shows_source[0]
    assert held("x", source, f"Go on: {long}").shows_source[0]


def test_rows_do_not_mix() -> None:
    found = hold(
        pa.array(["red fox", None, "blue whale"] * 500),
        pa.array([None, "", "blue whale"] * 500, pa.string()),
        pa.array(["a red fox", "b", "nothing"] * 500),
    )

    assert np.array_equal(found.quoted, [True, False, False] * 500)
    assert np.array_equal(found.in_question, [False, False, True] * 500)


def test_scripts_without_spaces_are_read_by_their_characters() -> None:
    found = held("重型机械压实土壤", "研究表明重型机械压实土壤并减慢排水")

    assert found.quoted[0] and found.n_words[0] == 8
