"""Signals of scientific text: each column counted by hand, and what may not change it."""

import random
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.kernels import buffers
from curate.screen.signals import letters
from curate.screen.signals.science import COLUMNS, science


def signals(*texts: str | bytes | None) -> dict[str, list[float]]:
    """Each column for these texts."""
    kind = pa.large_binary() if any(isinstance(one, bytes) for one in texts) else pa.large_string()
    return {
        name: found.tolist() for name, found in science(*buffers(pa.array(texts, kind))).items()
    }


def one(text: str | bytes) -> dict[str, float]:
    """Each column for one text."""
    return {name: values[0] for name, values in signals(text).items()}


EXACT: list[tuple[str, str, float]] = [
    # formulae; shares are of characters that are not white space
    ("ab $x^2$ cd", "n_formulas", 1),
    ("ab $x^2$ cd", "formula_share", 5 / 9),
    ("$$ a + b $$", "formula_share", 1),
    (r"see \(x\) and \[y\]", "n_formulas", 2),
    ("\\begin{align*}a\\end{align*} b", "formula_share", 27 / 28),
    ("\\begin{tabular}a\\end{tabular}", "n_formulas", 0),
    ("It cost $5 and $10 then.", "n_formulas", 0),
    ("It cost $5 and $10 then.", "n_latex_open", 0),
    ("`$x$` and\n\n```\n$y$ {\n```", "n_formulas", 0),
    ("`$x$` and\n\n```\n$y$ {\n```", "n_latex_open", 0),
    ("it is $x", "n_latex_open", 1),
    ("$x\n\ny$ is", "n_formulas", 0),
    (r"$\frac{a}{b$", "n_latex_open", 1),
    (r"$\left( a$ b", "n_latex_open", 1),
    (r"$\left( a \right)$", "n_latex_open", 0),
    (r"$\left\{ a \right.$", "n_latex_open", 0),
    (r"$a \leftarrow b$", "n_latex_open", 0),
    (r"\emph{word", "n_latex_open", 1),
    (r"\begin{align} a", "n_latex_open", 2),
    (r"b \end{align}", "n_latex_open", 1),
    ("sets {a} and {b", "n_latex_open", 0),
    (r"costs \$x and", "n_latex_open", 0),
    ("it is $x", "latex_balanced", False),
    ("it is $x$", "latex_balanced", True),
    # citations
    ("as shown [12] and [3, 4-7]", "n_citations", 2),
    ("as shown [a] and [see](x) [1](y)", "n_citations", 0),
    ("so (Smith et al., 2019; Lee 2020) says", "n_citations", 1),
    ("so Smith et al. (2019) and (in 2019) say", "n_citations", 0),
    ("so Smith (2019) says", "n_citations", 1),
    (r"so \citep[see][]{a,b} and \autocite{c}", "n_citations", 2),
    ("so [@smith19; @lee20] says", "n_citations", 1),
    ("in 10 words [1] there is one of it and [2]", "citations_per_100_words", 200 / 11),
    # tables and lists of references
    ("| a | b |\n| - | - |\n\nword", "table_share", 10 / 14),
    ("1 2 3\nword", "table_share", 3 / 7),
    ("a\tb\tc", "table_share", 1),
    ("a  b  c  d", "table_share", 1),
    ("Three words and 4 numbers: 1, 2 and 3.", "table_share", 0),
    ("Smith J, Lee K. On a thing. Nature. 2019;12(3):45-67.", "reference_share", 1),
    ("Smith, J. (2019). On a thing. doi:10.1234/abc", "reference_share", 1),
    ("In 2019 we saw more of it (Smith et al., 2018).", "reference_share", 0),
    # characters
    ("ab12 c", "digit_share", 2 / 5),
    ("ab12 $34$", "digit_share", 2 / 4),
    ("a+b = c", "symbol_share", 2 / 5),
    ("a, b; (c) – d!", "symbol_share", 0),
    ("| a | b |", "symbol_share", 0),
    ("a\u200bb\u00adc\ufe0f\U000e0041", "n_invisible", 4),
    ("a\u202eb\u2066c\u2069", "n_bidi_controls", 3),
    (
        "p\u0430ypal, \u0440\u0443\u0441\u0441\u043a\u0438\u0439 and \u039disk",
        "n_mixed_script_words",
        2,
    ),
    ("α-tubulin, µM, ΔG, β-sheet, TNFα, NFκB, γδT, hν, χ2", "n_mixed_script_words", 0),
    ("a\ufffdb\ufffd", "n_replacement_characters", 2),
    ("a\x00b\x1bc\td", "n_control_characters", 2),
    ("a\ue000b\U000f0000", "n_private_characters", 2),
    ("aabbbb ----", "longest_run", 4),
    ("a     b", "longest_run", 1),
    # hyphens
    ("an exam- ple and an in-\nstance", "n_broken_hyphens", 2),
    ("low- and high-risk, well-known", "n_broken_hyphens", 0),
    # sentences
    ("One is here. and two. Three is not", "complete_sentence_share", 1 / 2),
    ("One is here [1]. Two is “there.” $x$ is three.", "complete_sentence_share", 1),
    ("# Heading\n\nOne is here.\n\n| a | b |", "complete_sentence_share", 1),
    ("", "complete_sentence_share", 1),
    ("and so it ends.", "truncated_start", True),
    (", so it ends.", "truncated_start", True),
    ("mRNA is made. p53 too.", "truncated_start", False),
    ("$x$ is made.", "truncated_start", False),
    ("It ends with the", "truncated_end", True),
    ("It ends (here).", "truncated_end", False),
    ("It ends here.[12]", "truncated_end", False),
    ("It ends here. [12]", "truncated_end", False),
    ("It is\n\n$$a = b$$", "truncated_end", False),
    ("It is:\n\n- one\n- two", "truncated_end", False),
    ("Er endet hier。", "truncated_end", False),
]


@pytest.mark.parametrize(("text", "column", "value"), EXACT)
def test_a_column_is_what_is_counted_by_hand(text: str, column: str, value: float) -> None:
    assert one(text)[column] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "n_odd", "n_words"),
    [
        ("the cat and tbe dog", 1, 5),  # a short word that English lacks
        ("the tiie and the uameffr of it", 2, 7),  # letters that no word has so
        ("the indisp'iissble and it's we'll O'Brien's", 1, 6),  # a mark inside
        ("the oen8e of it", 1, 4),  # a digit among small letters
        ("the word , and ! more", 2, 6),  # marks alone
        ("the anc r was", 2, 4),  # a letter alone, and a word
        ("the .Post was", 1, 3),  # a mark before a word
        ("the AKItlKKn was", 1, 3),  # capitals around small ones
        ("the value p = 0.5 and 3 m of it", 0, 8),  # letters beside numbers
        ("the `tbe` and $tbe$ of http://tbe.org/tlie", 0, 3),  # code, formulae, links
        ("| tbe | tlie |", 0, 0),  # tables
    ],
)
def test_odd_words_are_those_that_no_writer_wrote(text: str, n_odd: int, n_words: int) -> None:
    assert one(text)["ocr_noise"] == pytest.approx(n_odd / n_words if n_words else 0)


@pytest.mark.parametrize(
    "text",
    [
        "The cells were treated with 1,2-dichloroethane and N,N-dimethylformamide in the dark.",
        "Expression of BRCA1, TP53 and NF-κB in the HEK293T cells was induced by 5 mM IPTG.",
        "Die Zellen wurden mit einer Lösung aus Wasser und Salz für drei Tage im Dunkeln gehalten.",
        "Les cellules ont été traitées avec une solution d’eau et de sel pendant trois jours.",
        "Las células fueron tratadas y mantenidas en la oscuridad con agua o con sal durante días.",
        "W roztworze z solą komórki były trzymane w ciemności i w wodzie przez trzy dni.",
        "Use `scipy.optimize.minimize(f, x0)` with the method L-BFGS-B of it and the gradient.",
    ],
)
def test_good_science_has_no_odd_words(text: str) -> None:
    assert one(text)["ocr_noise"] == 0


def test_text_in_english_alone_is_held_to_english_words() -> None:
    other = "wurden ihre neu dem den zum als wie nur vom bei gut hat man sie dem vor ihr das die zu"

    assert one(other)["ocr_noise"] == 0
    assert one(other + " the" * 5)["ocr_noise"] > 0.3


def test_a_null_is_an_empty_text() -> None:
    found = signals("", None)

    assert all(len(values) == 2 and values[0] == values[1] for values in found.values())


def test_columns_have_the_types_that_they_name() -> None:
    found = science(*buffers(pa.array(["a"])))

    kinds = {"int32": np.int32, "bool": np.bool_, "double": np.float64}
    assert {name: kinds[kind] for name, (kind, _) in COLUMNS.items()} == {
        name: values.dtype.type for name, values in found.items()
    }


TEXTS = st.lists(st.text(alphabet="aB1 .$\\{}[]()-|\n`é中\u200b", max_size=60), max_size=12)


@given(TEXTS, st.randoms(use_true_random=False))
def test_a_row_is_judged_by_itself(texts: list[str], draw: random.Random) -> None:
    order = draw.sample(range(len(texts)), len(texts))

    whole, permuted = signals(*texts), signals(*(texts[place] for place in order))

    assert all(permuted[name] == [values[i] for i in order] for name, values in whole.items())


@given(TEXTS)
def test_shares_lie_between_0_and_1(texts: list[str]) -> None:
    found = signals(*texts)

    shares = [value for name in found if name.endswith("_share") for value in found[name]]
    assert all(0 <= value <= 1 for value in shares)


@given(st.text(alphabet="ab c+=^", min_size=1).map(str.strip).filter(bool))
def test_a_text_between_dollars_is_a_formula(text: str) -> None:
    found = one(f"${text}$")

    assert found["formula_share"] == 1
    assert found["latex_balanced"]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_are_read(rows: list[bytes]) -> None:
    assert len(signals(*rows)["ocr_noise"]) == len(rows)


@given(st.text(alphabet="ab é\n\u3000中\u00a0", max_size=40))
def test_bytes_that_are_no_utf_8_are_replacement_characters(text: str) -> None:
    assert one(text.encode() + b"\xff")["n_replacement_characters"] == 1


def test_neither_threads_nor_batches_change_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(1)
    texts = ["".join(draw.choices("aB1 .$\\{}[]\n", k=draw.randrange(80))) for _ in range(1500)]
    whole = signals(*texts)

    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", 3)
    threaded = signals(*texts)
    array = pa.array(texts, pa.large_string())
    parts = [science(*buffers(array.slice(begin, 100))) for begin in range(0, 1500, 100)]

    assert threaded == whole
    assert all(
        np.concatenate([part[name] for part in parts]).tolist() == whole[name] for name in whole
    )


HOSTILE = {
    "one character": b"a",
    "line feeds": b"\n",
    "dollars": b"$",
    "braces": b"{",
    "backticks": b"` `` ",
    "backslashes": b"\\",
    "begun environments": b"\\begin{equation}",
    "open citations": b"\\cite[",
    "open brackets": b"[1",
    "closed brackets": b"]",
    "dates": b"(A 2019 ",
    "bars": b"| ",
    "zero-width joiners": "\u200d".encode(),
    "initials": b"A, ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_ten_million_bytes_cost_at_most_a_few_seconds(piece: bytes) -> None:
    one(b"a")
    text = piece * (10_000_000 // len(piece))
    began = time.process_time()
    one(text)

    assert time.process_time() - began < 5  # it takes 0.1 to 1.2 s; squared it would be hours


def test_known_runs_are_those_of_english_words() -> None:
    known = letters.known()

    def has(run: str) -> bool:
        code = 0
        for letter in run:
            code = code << letters.BITS | (0 if letter == "_" else ord(letter) - 96)
        return bool(known[code >> 3] >> (code & 7) & 1)

    assert all(map(has, ["_the", "the_", "tion", "ing_", "ment"]))
    assert not any(map(has, ["_tii", "tiie", "_tbe", "iie_"]))


def test_columns_do_not_repeat_those_of_length() -> None:
    from curate.screen.measures import length

    assert not set(COLUMNS) & set(length.COLUMNS)
