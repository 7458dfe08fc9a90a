"""Sentences: every character that is not blank lies in one, and a full stop need not end one."""

import itertools
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.sentences import spans

ANY_TEXT = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " \n\t.!?`$()[]-*:é\U0001d518…\\^¹²,|/")
)


def cut(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in spans(text)]


@settings(deadline=None)
@given(ANY_TEXT | st.text())
def test_sentences_are_ordered_trimmed_and_cover_all_that_is_not_blank(text: str) -> None:
    found = spans(text)

    assert all(before[1] <= after[0] for before, after in itertools.pairwise(found))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in found)
    assert "".join("".join(text[a:b].split()) for a, b in found) == "".join(text.split())


@settings(deadline=None)
@given(ANY_TEXT)
def test_the_same_text_is_cut_the_same_way(text: str) -> None:
    assert spans(text) == spans(text)


@pytest.mark.parametrize(
    "sentence",
    [
        "Use a solver, e.g. Brent's, i.e. a bracketing one.",
        "Smith et al. measured it, cf. Fig. 3 and Eq. (2) in Ref. [4], vs. approx. 5 others.",
        "The value of Dr. J. B. Moreau is 3.14 in version 1.17.1 today.",
        "The function scipy.stats.norm needs no. 5 of the list.",
        "The formula $a. B = c! D$ holds here.",
        "The call `f(x). Then g` stays whole.",
        "It goes on ... and on.",
    ],
)
def test_a_stop_that_ends_nothing_is_survived(sentence: str) -> None:
    assert cut(f"{sentence} Another one begins.") == [sentence, "Another one begins."]


@pytest.mark.parametrize(
    "sentence",
    [
        'He said "it works."',
        "(It is in brackets.)",
        "Is it true?",
        "We invert the matrix A.",
        "There are apples, pears, etc.",
        "It follows Smith et al.",
        "It costs $5.",
        "So it goes on…",
    ],
)
def test_a_sentence_ends_here(sentence: str) -> None:
    assert cut(f"{sentence} The next one follows.") == [sentence, "The next one follows."]


def test_a_blank_line_ends_a_sentence_without_a_stop() -> None:
    assert cut("A heading\n\nand a text\nof two lines.") == [
        "A heading",
        "and a text of two lines.",
    ]


def test_list_items_end_where_their_lines_end() -> None:
    text = "It holds:\n- the first\n  goes on\n- the second\n\n1. One\n2. Two\nA line after."

    assert cut(text) == [
        "It holds:",
        "- the first goes on",
        "- the second",
        "1. One",
        "2. Two",
        "A line after.",
    ]


def test_an_indented_description_is_not_part_of_the_line_that_names_it() -> None:
    text = "alpha : float\n    The level,\n    a share.\nbeta : int\n    A count"

    assert cut(text) == ["alpha : float", "The level, a share.", "beta : int", "A count"]


@pytest.mark.parametrize(
    "text", [".12", ". 3", ".[1]", "a.^2 B", " .1 B", "(.1 B)", "\n.2\nA", "¹.¹"]
)
def test_a_text_that_begins_with_a_stop_is_read(text: str) -> None:
    assert "".join("".join(text[a:b].split()) for a, b in spans(text)) == "".join(text.split())


@pytest.mark.parametrize("sign", ["\\[", "\\(", "$$", "$", "`", "``", "(. ", "a.1 ", ". ", "A. "])
def test_signs_that_are_never_closed_cost_no_more_than_others(sign: str) -> None:
    began = time.process_time()
    spans("A word. " * 50_000)
    between = time.process_time()
    spans(sign * (400_000 // len(sign)))

    assert time.process_time() - between < 40 * (between - began)
