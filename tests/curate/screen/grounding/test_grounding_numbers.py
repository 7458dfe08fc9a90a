"""A number is the same however it is written, and another as soon as a digit or unit is."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curate.screen.grounding.numbers import Claim, borne_out, claimed


def supported(answer: str, source: str) -> list[bool]:
    """Whether the source bears out each claim of the answer."""
    keys = borne_out(source)
    return [claim.key in keys or claim.spelt in keys for claim in claimed(answer)]


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("1e-3", "10^-3"), ("1E−3", "10^{-3}"), ("1×10−3", "0.001"), ("1 × 10^-3", ".001"),
        ("10⁻³", "1 × 10⁻³"), ("$10^{-3}$", "10−3"), ("3.1 \\times 10^{-3}", "0.0031"),
        ("0·05", "0.05"), ("5·10^3", "5000"), ("2×10^6", "2,000,000"), ("5E3", "5 000"),
        ("1,234", "1234"), ("1 234", "1,234"), ("12\u2009000 ha", "12000 ha"), ("0.50", "0.5"),
        ("5 million", "5,000,000"), ("5.5 million", "5500000"), ("５ mg", "5 mg"), ("5", "05"),
        ("5 mg", "5mg"), ("5 mg", "a 5-mg dose"), ("5 ug", "5 µg"), ("5 µg", "5 μg"),
        ("5%", "5 percent"), ("5 per cent", "5 %"), ("2 wt%", "2 wt%"), ("5 h", "5 hours"),
        ("37 °C", "37 degrees Celsius"), ("37°C", "37 ℃"), ("5 mg/kg", "5 mg kg−1"),
        ("5 mg/kg/day", "5 mg kg-1 day^-1"), ("5 mg per kg", "5 mg/kg"), ("5 cm²", "5 cm2"),
        ("3-fold", "3 times"), ("3 times", "three-fold"), ("6 patients", "six patients"),
        ("25 runs", "twenty-five runs"), ("5", "5 mg"), ("-5 °C", "−5 °C"), ("5 °C", "−5 °C"),
        ("5 mg", "5–10 mg"), ("10 mg", "5 to 10 mg"), ("5 mg", "5, 10, and 20 mg"),
        ("18 ± 4 Tg", "18±4 Tg"), ("5.2 years", "5.2 (1.1) years"), ("p < 0.05", "P<.05"),
        ("100 mg", "group 2 100 mg"), ("the 1990s", "in 1990"), ("2020-03-05", "2020-03-05"),
        ("IL-6", "IL6"), ("COVID-19", "COVID‐19-related"), ("SARS-CoV-2", "the SARS-CoV-2 spike"),
        ("CO₂", "CO2"), ("H1N1", "h1n1"), ("3.5.1", "version 3.5.1"), ("mid-1990s", "the 1990s"),
    ],
)  # fmt: skip
def test_one_value_in_two_notations_is_borne_out(answer: str, source: str) -> None:
    claims = supported(answer, source)

    assert claims and all(claims)


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("5 mg", "5 g"), ("5 mg", "5"), ("5 mg", "50 mg"), ("5 mg", "5 mg/kg"), ("5 M", "5 mM"),
        ("5 cm", "5 cm2"), ("2%", "2 wt%"), ("5 months", "5 years"), ("0.5", "0.05"), ("5", "1.5"),
        ("10 M", "1.0 M"), ("104 cycles", "10⁴ cycles"), ("10-3", "10 and 30"), ("05", "5"),
        ("-5 °C", "5 °C"), ("IL-8", "IL-6 and 8"), ("H1N2", "H1N1"), ("CO2", "CO"),
        ("3.5.1", "3.5"), ("6 patients", "six weeks"), ("1 patient", "one patient"),
        ("5 mg", "5 were given 10 mg"), ("5 million", "5"), ("5 mg", "0.005 g"),
    ],
)  # fmt: skip
def test_another_value_or_unit_is_not(answer: str, source: str) -> None:
    assert not all(supported(answer, source))


def test_words_without_digits_claim_nothing() -> None:
    assert claimed("It halves within two days, twice as fast as before.") == ()


def test_a_claim_is_told_as_it_is_written() -> None:
    assert [claim.written for claim in claimed("from −5 °C to 1,234 mg/kg in IL-6")] == [
        "−5 °C",
        "1,234 mg/kg",
        "IL-6",
    ]


UNITS = ("", " mg", " %", " µm", " kJ/mol", " °C", " years", " cm²")


def notations(whole: int, places: int) -> list[str]:
    """`whole` over ten to the power of `places`, written in several ways."""
    text = str(whole).rjust(places + 1, "0")
    plain = f"{text[:-places]}.{text[-places:]}" if places else text
    raised = str(places).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    found = [
        plain, f"{plain}0" if places else f"{plain}.0", f"{whole}e-{places}", f"{whole}E−{places}",
        f"{whole} × 10^-{places}", f"{whole}×10^{{-{places}}}", f"{whole} × 10⁻{raised}",
        f"{whole} \\times 10^{{-{places}}}", f"{whole} x 10−{places}", f"{whole} × 10 −{places}",
    ]  # fmt: skip
    if not places:
        found += [f"{whole:,}", f"{whole:,}".replace(",", "\u2009"), f"{whole:,}".replace(",", " ")]
    return [one.removeprefix("0") if one.startswith("0.") and whole % 2 else one for one in found]


@given(
    st.integers(1, 10**7), st.integers(0, 6), st.sampled_from(UNITS), st.integers(0), st.integers(0)
)
def test_any_number_is_the_same_in_every_notation(
    whole: int, places: int, unit: str, first: int, second: int
) -> None:
    ways = notations(whole, places)
    answer = f"It was {ways[first % len(ways)]}{unit} there."
    source = f"Here {ways[second % len(ways)]}{unit} was found."

    assert all(supported(answer, source))


@given(st.integers(1, 10**7), st.integers(0, 6), st.sampled_from(UNITS), st.data())
def test_a_digit_changed_is_caught_in_every_notation(
    whole: int, places: int, unit: str, data: st.DataObject
) -> None:
    digits = str(whole)
    place = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from([one for one in "0123456789" if one != digits[place]]))
    other = int(digits[:place] + digit + digits[place + 1 :])
    assume(other > 0)
    ways, changed = notations(whole, places), notations(other, places)
    number = data.draw(st.integers(0, len(ways) - 1))
    source = f"Here {data.draw(st.sampled_from(ways))}{unit} was found."

    assert not all(supported(f"It was {changed[number]}{unit} there.", source))


@given(st.text(max_size=200))
def test_no_text_is_too_odd_to_read(text: str) -> None:
    assert all(isinstance(claim, Claim) for claim in claimed(text))
    assert borne_out(text) >= frozenset(claim.key for claim in claimed(text) if claim.is_name)
