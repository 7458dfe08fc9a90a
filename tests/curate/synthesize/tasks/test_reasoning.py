"""Problems keep their steps; a ready-made one is compared with an answer that is never shown."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.synthesize import replies
from curate.synthesize.tasks import catalog, final_answer
from curate.synthesize.tasks.task import Material
from schemas.rows import Passage

QUOTE = "The iron protein hydrolyses 16 ATP for each N2."
Follow = Callable[..., Any]
KNOWN = catalog.get("reasoning", {"read_from": "instructions"}, "x")


def solved(passage: Callable[..., Passage], known: str | None) -> Material:
    return Material(passage(id="", n_words=0), problem="How many are 6 boxes of 7?", known=known)


def test_steps_come_first_and_the_answer_last(follow: Follow, material: Material) -> None:
    problem = {
        "problem": "How much ATP do 3 N2 take at 16 ATP each?",
        "steps": ["Each takes 16 ATP.", "3 x 16 = 48.", "Answer: 48 ATP"],
        "answer": "Answer: 48\nATP",
        "quote": QUOTE,
    }

    ((draft, (found,)),) = follow(catalog.get("reasoning", {}, "x"), [problem], material)

    assert draft.messages[1].content == "Each takes 16 ATP.\n3 x 16 = 48.\nAnswer: 48 ATP"
    assert found.match == "exact"


def test_a_lone_step_or_number_is_read(follow: Follow, material: Material) -> None:
    problem = {"problem": "What is 3 x 16?", "steps": "Multiply.", "answer": 48, "quote": None}

    ((draft, _),) = follow(catalog.get("reasoning", {}, "x"), {"problems": problem}, material)

    assert draft.messages[1].content == "Multiply.\nAnswer: 48"


def test_a_known_answer_is_never_shown(passage: Callable[..., Passage]) -> None:
    material = solved(passage, "4711")
    asked = KNOWN.messages(material, {})
    reply = KNOWN.read({"steps": ["s"], "answer": "41"})

    assert KNOWN.reads == "instructions"
    assert "<problem>\nHow many are 6 boxes of 7?\n</problem>" in asked[-1]["content"]
    assert "4711" not in str(asked)
    assert "4711" not in (KNOWN.mistake(reply, material) or "")


def test_a_wrong_answer_is_to_be_corrected(passage: Callable[..., Passage]) -> None:
    read = replies.judge('{"steps": ["s"], "answer": "41"}', KNOWN, solved(passage, "#### 42"))

    assert read.outcome in replies.CORRECTABLE
    assert read.detail.startswith("the final answer 41 is wrong")
    assert read.detail.endswith("find the error, solve it anew")


def test_a_long_wrong_answer_leaves_room_for_what_to_do(passage: Callable[..., Passage]) -> None:
    reply = KNOWN.read({"steps": ["s"], "answer": "so many " * 90})

    mistake = KNOWN.mistake(reply, solved(passage, "42")) or ""

    assert len(mistake) < 160
    assert mistake.endswith("solve it anew")


@pytest.mark.parametrize(
    ("known", "family"),
    [
        ("42", "checked"),
        (None, "unchecked"),
        ("", "unchecked"),
        ("one may say that " * 9, "unchecked"),
    ],
)
def test_a_right_or_incomparable_solution_is_an_example_without_evidence(
    known: str | None, family: str, passage: Callable[..., Passage], follow: Follow
) -> None:
    reply = {"steps": ["6 x 7 = 42."], "answer": "42 pieces"}

    ((draft, found),) = follow(KNOWN, reply, solved(passage, known))

    assert draft.messages[0].content == "How many are 6 boxes of 7?"
    assert (draft.quotes, draft.whole, draft.family, found) == ([], False, family, [])


def test_an_empty_answer_is_a_mistake(passage: Callable[..., Passage]) -> None:
    read = replies.judge('{"steps": ["s"], "answer": null}', KNOWN, solved(passage, "42"))

    assert "answer is empty" in read.detail


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("42", "#### 42"),
        ("42", "6 x 7 = 42, so there are 42.\n#### 42"),
        ("42", r"Hence $x = \boxed{42}$."),
        (r"\boxed{\frac{1}{2}}", "0.5"),
        (r"$\dfrac{3}{4}$", r"\boxed{\frac34}"),
        (r"-\frac{1}{2}", "-0.5"),
        ("2 1/2", "2.5"),
        ("1,234,567", "1234567"),
        ("1 234 567", "1,234,567"),
        (r"1{,}000", "1000"),
        ("$1,000", "1000"),
        ("1.5e3", "1500"),
        (r"1.5 \times 10^{3}", "1500"),
        ("1.5 × 10³ J", "1500 J"),
        ("3 x 10^-2", "0.03"),
        ("−5", "-5"),
        ("42 apples", "42"),
        ("42 km/h", "42 km h^-1"),
        ("8.314 J/(mol K)", r"8.314\ \text{J}\,\text{mol}^{-1}\,\text{K}^{-1}"),
        ("5 meters", "5 m"),
        ("5m", "5 metres"),
        ("9.81 m/s²", r"9.81\,\mathrm{m/s^2}"),
        ("90°", r"90^\circ"),
        ("25%", "25"),
        ("0.25", "25%"),
        (r"25\%", "25 percent"),
        ("x = 5", "5"),
        ("v ≈ 5.0 m/s", "5 m/s"),
        ("0.333333333", "1/3"),
        ("B", "(B)"),
        ("b", "B"),
        ("(B) 42 J", "B"),
        ("The answer is (C).", "C"),
        (r"\text{(D)}", "D"),
        ("B: oxygen", "B. Oxygen"),
        ("Oxygen", "B) oxygen"),
        ("The final answer is: 7. We are done.", "7"),
        ("Carbon  dioxide.", "carbon dioxide"),
        ("x+2", "x + 2"),
        ("yes", "Yes."),
        (r"2\pi", r"$2\pi$"),
    ],
)
def test_the_same_answer_in_another_form_is_right(given: str, known: str) -> None:
    assert final_answer.same(given, known)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("41", "42"),
        ("42.001", "42"),
        ("-42", "42"),
        ("5 m", "5 cm"),
        ("5 m/s", "5 m/s²"),
        ("5 J", "5 kJ"),
        ("3x", "3y"),
        ("3x + 2", "3x - 2"),
        ("3x", "3"),
        ("2\\pi", "2"),
        ("A", "B"),
        ("-a", "a"),
        ("A. 42", "B. 42"),
        ("25%", "26"),
        ("0.25%", "25%"),
        ("1/0", "0"),
        ("carbon monoxide", "carbon dioxide"),
        ("", "42"),
        ("10²", "102"),
        ("x5", "5"),
    ],
)
def test_another_answer_is_wrong(given: str, known: str) -> None:
    assert not final_answer.same(given, known)


@given(st.text(max_size=80), st.text(max_size=80))
def test_comparing_never_fails_and_has_no_sides(given: str, known: str) -> None:
    final_answer.same(given, known)
    assert final_answer.same(known, known)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_itself_however_it_is_written(number: float) -> None:
    assert final_answer.same(repr(number), f"#### {number!r}")
    assert final_answer.same(f"{number:.12e} kg", f"{number!r} kg") or abs(number) < 1e-300


@pytest.mark.parametrize("text", ["(" * 20_000, "1," * 10_000, "answer " * 9_000, "\\frac{" * 5_000,
                                  "1 " * 10_000, "5 m" + " m" * 9_000, "a-" * 9_000])  # fmt: skip
def test_a_hostile_answer_takes_no_time(text: str) -> None:
    final_answer.same(text, text + "1")
