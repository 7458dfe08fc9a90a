"""A word is read the same whatever its case, form, place and neighbours, fast way or slow."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.screen import characters, words

ASCII = st.text(alphabet="aZ09 .-_\n", max_size=40)
MIXED = st.text(alphabet="aZ9 ,éÉßﬁ²Σς\u0301\u00ad深学ไ\u3002𝑥", max_size=30)


def read(
    text: str | bytes, apart: bool = False, around: bytes = b""
) -> tuple[list[int], list[str]]:
    """(hashes, the words as they stand), of a row that others surround."""
    own = text if isinstance(text, bytes) else text.encode()
    content = np.frombuffer(around + own + around, np.uint8)
    begin, end = len(around), len(around) + len(own)
    hashes = np.empty(len(content) + 1, np.uint64)
    begins, ends = np.empty(len(hashes), np.int64), np.empty(len(hashes), np.int64)
    n, _, _ = words.placed_words(content, begin, end, *words.tables(), hashes, begins, ends, apart)
    places = zip(begins[:n].tolist(), ends[:n].tolist(), strict=True)
    found = [content[a:b].tobytes().decode("utf-8", "replace") for a, b in places]
    unplaced = np.empty_like(hashes)
    words.placed_words(content, begin, end, *words.tables(), unplaced, None, None, apart)
    assert unplaced[:n].tolist() == hashes[:n].tolist()
    return hashes[:n].tolist(), found


def in_python(text: str) -> list[str]:
    """Words as they stand, by the definition."""
    found, word = [], ""
    for character in text:
        category = unicodedata.category(character)
        if category == "Cf" or "\u0300" <= character <= "\u036f":
            word += character if word else ""
        elif category[0] in "LMN":
            word += character
        elif word:
            found, word = [*found, word], ""
    return [one.rstrip("\u00ad\u0301") for one in [*found, word] if one]


@settings(deadline=None)
@given(ASCII | MIXED, st.sampled_from([b"", b" ", b"ab ", "é学".encode(), b"\xff"]))
def test_words_are_runs_of_letters_marks_and_digits(text: str, around: bytes) -> None:
    hashes, found = read(text, around=around)

    assert found == in_python(text)
    assert hashes == read(text)[0]


@settings(deadline=None)
@given(ASCII | MIXED)
def test_a_word_has_one_hash_wherever_it_stands(text: str) -> None:
    hashes, found = read(text)

    for own, word in zip(hashes, found, strict=True):
        assert read(word)[0] == [own]
    folded = [
        unicodedata.normalize("NFKD", word).replace("\u0301", "").replace("\u00ad", "").casefold()
        for word in found
    ]
    for own, first in zip(hashes, folded, strict=True):
        for other, second in zip(hashes, folded, strict=True):
            assert (own == other) == (first == second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "straße"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("École", "ecole"),
        ("e\u0301cole", "école"),
        ("ﬁnding", "finding"),
        ("m²", "m2"),
        ("𝑥ₙ", "xn"),
        ("co\u00adoperation", "cooperation"),
        ("Кот", "кОТ"),
        ("ＡＢＣ", "abc"),
        ("ǅ", "dž"),
        ("a" * 8 + "B", "A" * 8 + "b"),
    ],
)
def test_case_and_form_do_not_count(one: str, other: str) -> None:
    assert len(read(one)[0]) == 1
    assert read(one)[0] == read(other)[0]


def test_each_character_of_a_script_without_spaces_can_be_a_word() -> None:
    _, found = read("深度学习 of 模型2", apart=True)

    assert found == ["深", "度", "学", "习", "of", "模", "型", "2"]
    assert read("深度学习 of 模型2")[1] == ["深度学习", "of", "模型2"]


@pytest.mark.parametrize(
    "broken", [b"ab\xffcd", b"ab\xc0\xafcd", b"ab\xe4\xb8 cd", b"ab\xf5\x80\x80\x80cd", b"ab\x80cd"]
)
def test_bytes_that_are_no_text_part_words(broken: bytes) -> None:
    assert read(broken)[0] == read("ab cd")[0]
    assert read(broken + b"\xe4")[0] == read("ab cd")[0]


@pytest.mark.parametrize(("n", "n_alone", "apart"), [(0, 0, False), (10, 5, True), (10, 4, False)])
def test_half_of_a_row_decides_how_it_is_read(n: int, n_alone: int, apart: bool) -> None:
    assert words.unspaced(n, n_alone) == apart


def test_the_tables_are_those_of_their_unicode() -> None:
    with np.load(words.CHARACTERS) as stored:
        version = str(stored["unicode"])
    if version != unicodedata.unidata_version:
        pytest.skip(f"made of Unicode {version}, this Python has {unicodedata.unidata_version}")

    for own, made in zip(words.tables(), characters.made(), strict=True):
        assert np.array_equal(own, made)
