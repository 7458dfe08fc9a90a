"""How English is parted into words and marks, and that no text makes it slow or fail."""

import time
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.kernels import buffers
from curate.screen.signals import characters, flags, spellings
from curate.screen.signals.web import web

N = 1 << 20


def counted(text: str) -> tuple[int, int, float]:
    """(words and marks, words, mean characters of a word)."""
    found = web(*buffers(pa.array([text])))
    names = ("n_words_and_marks", "n_words_without_marks", "mean_word_characters")
    n, n_plain, mean = (found[name][0].item() for name in names)
    return n, n_plain, mean


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It doesn't matter, he'll say.", "It does n't matter , he 'll say ."),
        ("They’ve gone; you can’t.", "They ’ve gone ; you ca n’t ."),
        ("I'd've known, dont you?", "I 'd 've known , do nt you ?"),
        ("The cat's and the dogs' milk", "The cat 's and the dogs ' milk"),
        ("We cannot go (c'mon).", "We can not go ( c'm on ) ."),
        ("Dr. No, e.g. the U.S. Navy.", "Dr. No , e.g. the U.S. Navy ."),
        ("Vitamin c. and Fig. 3.", "Vitamin c. and Fig . 3 ."),
        ("(see [12], {a}:b)", "( see [ 12 ] , { a}:b )"),
        ("“Well,” she said… yes!", "“ Well , ” she said … yes !"),
        ("a well-known state-of-the-art", "a well - known state - of - the - art"),
        ("pre--post, pages 10-20, x-1", "pre -- post , pages 10 - 20 , x-1"),
        ("5km at 20% for $3, 10nm", "5 km at 20 % for $ 3 , 10 nm"),
        ("3.14 of 1,000 and 1e-5", "3.14 of 1,000 and 1e-5"),
        ("10.1000/182 at http://a.bc/d?e=f#g.", "10.1000/182 at http://a.bc/d?e=f#g ."),
        ("me@example.com or x/y www.a.org", "me@example.com or x / y www.a.org"),
        ("ends.Then it", "ends . Then it"),
        ("Wait...what?! ...", "Wait ... what ? ! ..."),
        ("8am or 9 p.m.", "8 am or 9 p.m."),
        ("37°C. It is 5+", "37 ° C . It is 5 +"),
        (":-) and <3 in (1):", ":-) and <3 in ( 1 ):"),
        ("snake_case, a=b or 3=4", "snake_case , a = b or 3=4"),
        ("naïve co-operation, β-blockers", "naïve co - operation , β - blockers"),
        ("-5 and +6 and +a", "-5 and +6 and + a"),
        ("中文没有空格。", "中文没有空格 。"),
        ("a\u200bb \u202ec", "a\u200bb \u202ec"),
        ("''", "''"),
        ("(((a)))", "( ( ( a ) ) )"),
    ],
)
def test_words_are_parted_as_english_is_written(text: str, parts: str) -> None:
    words = [part for part in parts.split() if not set(part) <= set(characters.MARKS + "!?.。")]

    mean = sum(map(len, words)) / len(words) if words else 0

    assert counted(text) == (len(parts.split()), len(words), pytest.approx(mean))


@given(st.lists(st.text(max_size=12), max_size=8))
def test_white_space_always_parts_words(parts: list[str]) -> None:
    alone = [counted(part)[0] for part in parts]

    assert counted(" ".join(parts))[0] == sum(alone)


@given(st.text(max_size=60))
def test_there_are_never_more_words_than_characters(text: str) -> None:
    n, n_plain, _ = counted(text)

    assert n_plain <= n <= len("".join(text.split()))
    assert (n > 0) == bool(text.strip())


def test_no_spelling_is_longer_than_is_looked_up() -> None:
    assert max(len("".join(parts)) for parts in spellings._entries()) == spellings.LONGEST


def test_the_stored_table_is_that_of_its_unicode() -> None:
    with np.load(flags.CHARACTERS) as stored:
        if str(stored["unicode"]) != unicodedata.unidata_version:
            pytest.skip(f"made of Unicode {stored['unicode']}, Python has another one")

    made = characters.made()

    assert (flags.characters() == made | np.arange(len(made))).all()


@pytest.mark.parametrize(
    "text",
    [
        b"a" * N,
        b"." * N,
        b"(" * N,
        b")" * N,
        b"'" * N,
        b"[" * N,
        b"[1" * (N // 2),
        b"a-" * (N // 2),
        b"a." * (N // 2),
        b"x@" * (N // 2),
        b"http://" + b"a/" * (N // 2),
        b"\n" * N,
        b" " * N,
        b"\r\n" * (N // 2),
        b"word\n" * (N // 5),
        b"cookie " * (N // 7) + b".",
        b"\0" * N,
        b"\xff" * N,
        "\u202e\u200b".encode() * (N // 6),
        "…".encode() * (N // 3),
        bytes(range(256)) * (N // 256),
    ],
    ids=lambda text: repr(text[:8]),
)
def test_a_megabyte_of_anything_is_read_in_a_second(text: bytes) -> None:
    web(*buffers(pa.array([b"warm"])))
    began = time.process_time()

    columns = web(*buffers(pa.array([text])))

    assert time.process_time() - began < 1.5
    assert all(np.isfinite(column).all() for column in columns.values())
    shares = [column for name, column in columns.items() if name.endswith("_share")]
    assert all((share >= 0).all() and (share <= 1).all() for share in shares)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_text_are_read_too(content: bytes) -> None:
    columns = web(*buffers(pa.array([content])))

    assert all(np.isfinite(column).all() for column in columns.values())
