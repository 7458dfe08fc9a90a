"""A quote is found where it was copied from, whatever copying changed; altered, it is not found."""

import random
import time
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from curate.synthesize.quotes import evidence, locate, normalised, whole
from schemas.rows import Passage

TEXT = (
    "The multi-\nscale model uses non-toxic H₂O at 1.5 mg and 12\u2009000 cells; a factor of 10² "
    "in *in vivo* tests. “Cold” spots—unexpected—gave $E = mc^2$ at −5 °C. Pre- and postnatal "
    "ﬁelds of cafe\u0301s grow 10–20 µm. Values p < 0.05 held [12]. The drug did not reduce risk "
    "in the second group. Rates were 3 × 10⁻³ s⁻¹ overall. The dif\u00adference x−y is IL-6 at 5′ "
    "or 5″. Use `fit` and 12½ mM MgCl₂ &amp; log₁₀ 2. Then f″(x) is 10²³ of x²y."
)
VOCABULARY = (
    "scattering membrane efficiency reflux multi-scale well-known enzyme lattice flow temperature "
    "buffer field co-workers 12.5 mg µm 0.05 30 K pH 7.4 10² H₂O 1,204 rate-limiting sample don’t "
    "“cold” spots oxidation resin first solvent α-helix n = 14 naïve Müller affinity (see below) "
    "crystal. Therefore, offset; growth: high non-linear peak diffuse decay; pair–pair 4–6 −3 GHz "
    "ion spin catalyst yield vapour dose cell"
).split()
FORMS = {
    " ": [" ", "\n", "  ", "\u00a0", "\u2009", " \n", "\u202f"],
    "-": ["-", "‐", "‑", "–"],
    "–": ["–", "-", "‒"],
    "−": ["−", "-", "–"],
    "’": ["’", "'", "′"],
    "“": ["“", '"', "„", "'"],
    "”": ["”", '"', "'"],
    "µ": ["µ", "μ"],
    "₂": ["₂", "2"],
    "²": ["²", "^2", "^{2}"],
}
"""A character -> what it may be copied as."""
TEXTS = st.lists(st.sampled_from(VOCABULARY), min_size=8, max_size=40, unique=True)


def passage(text: str, start: int = 1000) -> Passage:
    return Passage(
        id="p", document_id="d", part="papers", split="train", section=[], start=start,
        end=start + len(text), text=text, n_words=len(text.split()), title=None, source="s",
        license=None, domain=None,
    )  # fmt: skip


def found(quote: str, text: str = TEXT) -> str | None:
    place = locate(quote, text)
    return None if place is None else text[slice(*place)]


@st.composite
def slices(draw: st.DrawFn) -> tuple[list[str], int, int]:
    """Words of a text, all different, and a range of at least four of them."""
    words = draw(TEXTS)
    start = draw(st.integers(0, len(words) - 4))
    return words, start, draw(st.integers(start + 4, len(words)))


def copied(text: str, chance: random.Random) -> str:
    """A text as copying may change it: what means the same looks different."""
    out: list[str] = []
    broken = 0
    for position, one in enumerate(text):
        forms = FORMS.get(one, [one])
        before, behind = text[max(0, position - 2) : position], text[position + 1 : position + 3]
        if one == "-" and len(before + behind) == 4 and (before + behind).isalpha():
            forms = [*forms, "", "-\n", "- "]
            broken = position
        picked = chance.choice(forms)
        word = before + text[position : position + 2]
        if len(word) == 4 and word.isalpha() and position >= broken + 2 and chance.random() < 0.2:
            picked = chance.choice(["-\n", "\u00ad", "\u00ad\n"]) + picked
            broken = position
        if ord(one) > 0xBF and chance.random() < 0.5:
            picked = unicodedata.normalize("NFD", picked)
        out.append(picked)
    changed = "".join(out)
    for letters, ligature in (("ffi", "ﬃ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ")):
        if chance.random() < 0.5:
            changed = changed.replace(letters, ligature)
    return changed


@given(slices())
def test_a_slice_is_found_to_the_letter(drawn: tuple[list[str], int, int]) -> None:
    words, start, end = drawn
    text, quote = " ".join(words), " ".join(words[start:end])

    (row,) = evidence(quote, passage(text))
    assert (row.match, row.quote) == ("exact", quote)
    assert text[row.start - 1000 : row.end - 1000] == quote


@settings(max_examples=400, deadline=None)
@given(slices(), st.randoms(use_true_random=False), st.booleans())
def test_copying_changes_are_seen_through(
    drawn: tuple[list[str], int, int], chance: random.Random, in_the_source: bool
) -> None:
    words, start, end = drawn
    text, quote = " ".join(words), " ".join(words[start:end])
    if in_the_source:
        text = copied(text, chance)
    else:
        quote = copied(quote, chance)

    place = locate(quote, text)
    assert place is not None
    stripped = ".,;: \n\u00a0“”„\"'"
    source = normalised(text[slice(*place)])[0].strip(stripped)
    assert source == normalised(quote)[0].strip(stripped)


@settings(max_examples=400, deadline=None)
@given(
    slices(),
    st.randoms(use_true_random=False),
    st.sampled_from(["digit", "drop", "add", "swap", "case", "repeat", "order"]),
    st.booleans(),
)
def test_an_altered_quote_is_not_found(
    drawn: tuple[list[str], int, int], chance: random.Random, how: str, also_copied: bool
) -> None:
    words, start, end = drawn
    quoted = words[start:end]
    inner = chance.randrange(1, len(quoted) - 1)
    if how == "digit":
        numbers = [n for n, word in enumerate(quoted) if any(one in "0123456789" for one in word)]
        assume(numbers)
        inner = chance.choice(numbers)
        digits = [n for n, one in enumerate(quoted[inner]) if one in "0123456789"]
        at = chance.choice(digits)
        other = chance.choice("0123456789".replace(quoted[inner][at], ""))
        quoted[inner] = quoted[inner][:at] + other + quoted[inner][at + 1 :]
    elif how == "drop":
        del quoted[inner]
    elif how == "add":
        quoted.insert(inner, chance.choice(["not", "very", "no", "0", "only"]))
    elif how == "swap":
        quoted[inner] = chance.choice([word for word in VOCABULARY if word not in quoted])
    elif how == "case":
        assume(quoted[inner].swapcase() != quoted[inner])
        quoted[inner] = quoted[inner].swapcase()
    elif how == "repeat":
        quoted.insert(inner, quoted[inner])
    else:
        quoted[inner], quoted[inner - 1] = quoted[inner - 1], quoted[inner]
    text = " ".join(words)
    if also_copied:
        text = copied(text, chance)

    (row,) = evidence(" ".join(quoted), passage(text))
    assert row.match == "none"
    assert (row.quote, row.start, row.end) == (" ".join(quoted), 1000, 1000)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text(max_size=200), st.booleans(), st.integers(0, 50))
def test_evidence_is_the_source_or_says_that_it_is_not(
    quote: str, text: str, from_text: bool, start: int
) -> None:
    held = passage(text, start)
    quote = text[len(quote) // 3 : len(quote)] if from_text else quote

    for row in evidence(quote, held):
        if row.match == "none":
            assert (row.quote, row.start, row.end) == (quote, start, start)
        else:
            assert row.quote and text[row.start - start : row.end - start] == row.quote


@given(st.text(max_size=200))
def test_every_normalised_character_has_a_place(text: str) -> None:
    plain, places = normalised(text)

    assert len(plain) == len(places)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


@pytest.mark.parametrize(
    ("quote", "source"),
    [
        ("the multiscale model uses", "The multi-\nscale model uses"),
        ("multi-scale model", "multi-\nscale model"),
        ("uses nontoxic H2O at 1.5 mg", "uses non-toxic H₂O at 1.5 mg"),
        ("1.5 mg and 12 000 cells", "1.5 mg and 12\u2009000 cells"),
        ("a factor of 10^2 in in vivo tests", "a factor of 10² in *in vivo* tests"),
        ("in   vivo", "*in vivo*"),
        ('"cold" spots — unexpected', "Cold” spots—unexpected"),
        ('"Cold" spots - unexpected - gave $E=mc^2$', "Cold” spots—unexpected—gave $E = mc^2$"),
        ("gave E=mc^2 at -5 °C.", "gave $E = mc^2$ at −5 °C"),
        ("pre- and postnatal fields of cafés grow", "Pre- and postnatal ﬁelds of cafe\u0301s grow"),
        ("grow 10-20 μm.", "grow 10–20 µm"),
        ("values p<0.05 held", "Values p < 0.05 held"),
        ("“Values p < 0.05 held”", "Values p < 0.05 held"),
        ("3 × 10^{-3} s^-1 overall", "3 × 10⁻³ s⁻¹ overall"),
        ("The difference x-y is IL-6", "The dif\u00adference x−y is IL-6"),
        ("at 5' or 5\". Use fit and", "at 5′ or 5″. Use `fit` and"),
        ("mM MgCl2 & log₁₀ 2", "mM MgCl₂ &amp; log₁₀ 2"),
        ("Then f''(x) is 10^23 of x²y", "Then f″(x) is 10²³ of x²y"),
        ("then f″(x) is 10^{23} of x^{2}y", "Then f″(x) is 10²³ of x²y"),
        ("The drug did not reduce risk!", "The drug did not reduce risk"),
    ],
)
def test_what_copying_changes(quote: str, source: str) -> None:
    assert found(quote) == source


@pytest.mark.parametrize(
    "quote",
    [
        "toxic H₂O at 1.5 mg", "5 mg and 12 000 cells", "000 cells; a factor", "1.5 mg and 12",
        "a factor of 102", "a factor of 10", "5 °C", "grow 10", "20 µm", "6 at 5′", "12000 cells",
        "postnatal ﬁelds of cafes grow", "ﬁelds of cafe", "3 × 103 s⁻¹", "3 × 10³ s⁻¹",
        "1.5 MG and", "Mg and 12 000 cells", "values P < 0.05 held", "p > 0.05 held", "held [13]",
        "The drug did reduce risk", "the drug did not not reduce", "unexpected-gave", "5″ or 5′",
        "xy is IL-6", "scale mod",
        "121/2 mM", "f′(x) is", "f'(x) is", "is 10²3 of", "log102", "", " ", "“”", "...", "…", ".",
    ],
)  # fmt: skip
def test_what_is_not_there(quote: str) -> None:
    assert [row.match for row in evidence(quote, passage(TEXT))] == ["none"]


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("held at 5 °", "held at 5 ℃"),
        ("where a =", "where a =\u0338 b"),
        ("of 1", "of 1½"),
        ("½", "1½"),
    ],
)
def test_no_character_is_quoted_by_half(quote: str, text: str) -> None:
    assert locate(quote, text) is None


def test_pieces_around_an_ellipsis_are_rows_in_order() -> None:
    quote = "The drug did not reduce risk ... Rates were 3 × 10⁻³ s⁻¹ […] x−y is IL-6"
    rows = evidence(quote, passage(TEXT))

    assert [row.quote for row in rows] == [
        "The drug did not reduce risk", "Rates were 3 × 10⁻³ s⁻¹", "x−y is IL-6"
    ]  # fmt: skip
    assert {row.match for row in rows} == {"normalised"}
    assert [row.start for row in rows] == sorted(row.start for row in rows)


@pytest.mark.parametrize(
    "quote",
    [
        "Rates were 3 × 10⁻³ s⁻¹ ... The drug did not reduce risk",  # the other way round
        "The drug did ... reduce risk in the",  # a negation is left out
        "The drug ... in the second group",  # a piece of two words
        "The drug did not ... reduce harm in the",  # one piece is not there
    ],
)
def test_an_ellipsis_hides_nothing(quote: str) -> None:
    assert [row.match for row in evidence(quote, passage(TEXT))] == ["none"]


def test_an_ellipsis_at_either_end_is_dropped() -> None:
    (row,) = evidence("... the drug did not reduce risk …", passage(TEXT))

    assert row.quote == "The drug did not reduce risk"


def test_a_later_place_counts_where_the_first_is_part_of_a_number() -> None:
    text = "It took 12 mg at first and then 2 mg at night."

    assert locate("2 mg at", text) == (32, 39)


def test_looking_begins_where_it_is_told_to() -> None:
    text = "red light, then red\nlight"

    assert locate("red light", text, 1) == (16, 25)
    assert locate("red light", text, 17) is None


def test_the_whole_passage_is_evidence_for_itself() -> None:
    (row,) = whole(passage(TEXT))

    assert (row.quote, row.start, row.end, row.match) == (TEXT, 1000, 1000 + len(TEXT), "exact")


def test_a_passage_of_two_thousand_words_is_normalised_once() -> None:
    text = " ".join([TEXT] * 27)
    assert len(text.split()) > 2000
    normalised(text)
    begin = time.process_time()
    for n in range(200):
        assert locate(f"Nowhere is this number {n} said", text) is None

    assert time.process_time() - begin < 200 * 0.001


@pytest.mark.parametrize("unit", [" ", ". ", "...", "*", "$a", "- ", "“", "\u00ad", "&", "¼", "a "])
def test_a_quote_of_garbage_takes_less_than_a_second(unit: str) -> None:
    begin = time.process_time()
    (row,) = evidence(unit * (100_000 // len(unit)), passage(TEXT))

    assert row.match == "none"
    assert time.process_time() - begin < 1
