"""Shingles are sets of words in a row, signatures are datasketch's bit by bit."""

import re
from itertools import pairwise

import datasketch
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from curate.screen import kernels, minhash, shingles

Sketched = tuple[NDArray[np.uint32], NDArray[np.uint64], list[NDArray[np.uint64]]]
WORDS = st.lists(st.sampled_from(["a", "b", "cd", "éf", "9"]), max_size=40).map(" ".join)


def shingles_in_python(text: str, words: int = 5) -> set[tuple[bytes, ...]]:
    found = re.findall(rb"[0-9A-Za-z\x80-\xff]+", text.encode())
    width = min(words, len(found))
    return {tuple(found[i : i + width]) for i in range(len(found) - width + 1)} if found else set()


def sketched(texts: list[str], permutations: int = 128, words: int = 5) -> Sketched:
    content = kernels.buffers(pa.array(texts, pa.string()))
    how = shingles.shingling(words, 8)
    marks = minhash.Marks(
        np.empty((len(texts), permutations), np.uint32),
        np.empty((len(texts), 3), np.uint64),
        np.empty(len(texts), np.int32),
    )
    minhash.sketch(*content, how, minhash.permutations(permutations), marks)
    hashes, starts, found = shingles.sets_of(*content, np.arange(len(texts)), how, marks.sizes)
    assert found.tolist() == marks.sizes.tolist()
    rows = [hashes[a:b] for a, b in pairwise(starts)]
    return marks.signatures, marks.sets, rows


@settings(deadline=None)
@given(st.lists(WORDS, max_size=8), st.integers(1, 6))
def test_a_row_has_as_many_shingles_as_distinct_runs_of_words(texts: list[str], words: int) -> None:
    _, _, rows = sketched(texts, words=words)

    assert [len(row) for row in rows] == [len(shingles_in_python(t, words)) for t in texts]
    assert all(len(set(row.tolist())) == len(row) for row in rows)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=8))
def test_rows_have_equal_set_hashes_exactly_when_their_sets_are_equal(texts: list[str]) -> None:
    _, sets, _ = sketched(texts)

    expected = [shingles_in_python(text) for text in texts]
    for row, own in enumerate(expected):
        for other, theirs in enumerate(expected):
            assert (sets[row, :2].tolist() == sets[other, :2].tolist()) == (own == theirs)


@pytest.mark.parametrize("permutations", [16, 100, 128])
def test_signatures_are_those_of_datasketch_bit_by_bit(permutations: int) -> None:
    texts = ["", "one", "a b c d e f g a b c d e f g", " ".join(str(i % 97) for i in range(3000))]
    signatures, _, rows = sketched(texts, permutations)

    for signature, hashes in zip(signatures, rows, strict=True):
        peer = datasketch.MinHash(
            permutations, seed=1, scheme="affine32", hashfunc=lambda value: value
        )
        peer.update_batch([int(value) & 0xFFFFFFFF for value in hashes])
        assert signature.dtype == peer.hashvalues.dtype
        assert signature.tolist() == peer.hashvalues.tolist()


@pytest.mark.parametrize("permutations", [16, 128, 1024])
def test_permutations_are_those_of_datasketch(permutations: int) -> None:
    theirs = datasketch.MinHash(permutations, seed=1, scheme="affine32").permutations

    assert minhash.permutations(permutations).tolist() == np.asarray(theirs).tolist()


def test_an_index_of_datasketch_holds_our_signatures() -> None:
    texts = ["a b c d e f g h", "a b c d e f g h", "i j k l m n o p"]
    signatures, _, _ = sketched(texts)
    index = datasketch.MinHashLSH(threshold=0.9, num_perm=128)
    first, again, other = minhash.as_datasketch(signatures)
    index.insert("first", first)

    assert index.query(again) == ["first"]
    assert index.query(other) == []


def test_separators_part_words_and_do_not_count() -> None:
    _, sets, _ = sketched(["a b c d e f", "a,b--c\nd\t(e) 'f'!", "ab c d e f"])

    assert sets[0].tolist() == sets[1].tolist() != sets[2].tolist()


def test_a_set_that_is_not_of_the_expected_size_is_told() -> None:
    content = kernels.buffers(pa.array(["a b c d e f", "a"]))

    _, _, found = shingles.sets_of(
        *content, np.arange(2), shingles.shingling(5, 8), np.array([1, 1], np.int32)
    )

    assert found.tolist() == [2, 1]
