"""How much a word tells: few bits for words that every text has, more for the others.

Five words that a text shares with a question say nothing if they are `which of the following is`
and much if they are names. A word's bits are -log2 of its share among all words, so the bits of
words that stand beside each other by chance add up.

Source: counted in 6 million words of English abstracts, web text, instructions, medical questions
and examinations, rounded, and freed by hand of what belongs to one of them. Words of examinations
have fewer, for what they are part of is a phrase. The numbers are ours.
"""

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen import words
from curate.screen.kernels import Bytes, Offsets, buffers, compiled
from curate.screen.words import Folds, Hashes, Kinds, Several, placed_words

Bits = NDArray[np.float32]
Items = NDArray[np.int32]

COMMON = {
    4: "the",
    5: "of and a to",
    6: "in is which",
    7: "for that are on with or as it following",
    8: """
        be this by from an we at s can have was not i you question answer statement statements true
        false correct incorrect best describes likely except most these
    """,
    9: """
        may has how people what if one no also their number when who all more they other your were
        study learning his he because first but new into our use two had been than
    """,
    10: """
        time many often available there type will its human some used would between through over do
        high after about up each using however her while both large any where she make them then out
        my me us so did does very well only such same under during within without against model
        models data based passage play plays role important critical increases risk associated
        caused example
    """,
    11: """
        much called another being list should cause years three help given problem including part
        form found known before due need way could low get even work system different show group
        result results method methods made four next last every just those until whether still
        less few long small great good day year world water life state set see say said take find
        give know go come look think want must might upon per via among
    """,
}
"""Bits -> words with so many."""
OTHER = 12.0
"""Bits of a word that is not listed."""
NUMBER = 10.0
LETTER = 8.0
"""Of a single letter or digit, which may be the name of an option."""
CHARACTER = 6.5
"""Of a character of a script without spaces, two to a word; nothing else has as many."""
TELLING = 10.5
"""Bits from which a word tells what a text is about."""
WIDESPREAD = 8
"""A word in so many items has at most 4 bits more than -log2 of its share of the items: the common
words of other languages, and what a benchmark says in each item."""
LEAST_WIDESPREAD = 7.0
"""But as many at least if it is not listed: a benchmark made from one template has seeds, too."""


@compiled
def hash_texts(
    text: Bytes,
    offsets: Offsets,
    kinds: Kinds,
    folds: Folds,
    several: Several,
    starts: Offsets,
    hashes: Hashes,
    bits: Bits,
) -> None:
    """Write the words of every text into `hashes`, a zero before each text and one at the end.

    Args:
        text: bytes of all texts.
        offsets: (texts + 1,).
        kinds: of `words.tables`.
        folds: of `words.tables`.
        several: of `words.tables`.
        starts: (texts + 1,), filled: where a text's words begin; they end one before the next's.
        hashes: (>= bytes + texts + 1,), filled.
        bits: as long, filled with LETTER, NUMBER, CHARACTER or OTHER by how a word is written.
    """
    largest = 0
    for row in range(len(offsets) - 1):
        largest = max(largest, offsets[row + 1] - offsets[row])
    begins, ends = np.empty(largest + 1, np.int64), np.empty(largest + 1, np.int64)
    at = 0
    for row in range(len(offsets) - 1):
        hashes[at], bits[at] = np.uint64(0), 0
        at += 1
        starts[row] = at
        n_words, _, _ = placed_words(
            text, offsets[row], offsets[row + 1], kinds, folds, several,
            hashes[at:], begins, ends, True,
        )  # fmt: skip
        for word in range(n_words):
            first, length = text[begins[word]], ends[word] - begins[word]
            bits[at + word] = OTHER
            if 48 <= first < 58 and length > 1:
                bits[at + word] = NUMBER
            elif length == 1:
                bits[at + word] = LETTER
            elif first >= 0xE0 and length == (3 if first < 0xF0 else 4):
                bits[at + word] = CHARACTER
        at += n_words
    hashes[at], bits[at] = np.uint64(0), 0
    starts[len(offsets) - 1] = at + 1


def hashed(texts: pa.Array) -> tuple[Hashes, Bits, Offsets]:
    """Words of all texts with their bits, and where each text's begin, see `hash_texts`."""
    content, offsets = buffers(texts)
    n = int(offsets[-1] - offsets[0]) + len(texts) + 1
    hashes, bits = np.empty(n, np.uint64), np.empty(n, np.float32)
    starts = np.empty(len(texts) + 1, np.int64)
    hash_texts(content, offsets, *words.tables(), starts, hashes, bits)
    return hashes[: starts[-1]], bits[: starts[-1]], starts


@cache
def common() -> tuple[Hashes, Bits]:
    """Hashes of the listed words, ascending, and their bits."""
    listed: dict[str, float] = {}
    for bits, line in COMMON.items():
        for word in line.split():
            listed.setdefault(word, bits)
    hashes, _, starts = hashed(pa.array(listed))
    found = hashes[starts[:-1]]
    order = np.argsort(found)
    return found[order], np.array(list(listed.values()), np.float32)[order]


def weighed(hashes: Hashes, bits: Bits, item: Items, n_items: int) -> Bits:
    """The bits of every word, once listed words and words in many items are told.

    Args:
        hashes: (words,) of all items, zero between texts.
        bits: (words,) by how they are written.
        item: (words,) the item of each.
        n_items: how many there are.
    """
    listed, less = common()
    place = np.minimum(np.searchsorted(listed, hashes), len(listed) - 1)
    is_listed = listed[place] == hashes
    own = np.where(is_listed, less[place], bits)
    order = np.lexsort((item, hashes))
    sorted_hashes, sorted_items = hashes[order], item[order]
    new_word = np.ones(len(order), np.bool_)
    new_word[1:] = sorted_hashes[1:] != sorted_hashes[:-1]
    new_pair = new_word.copy()
    new_pair[1:] |= sorted_items[1:] != sorted_items[:-1]
    group = np.cumsum(new_word) - 1
    in_items = np.bincount(group, weights=new_pair)
    share = np.log2(n_items / np.maximum(in_items, 1)) + 4
    told = np.where(in_items >= WIDESPREAD, share, OTHER)
    found = np.empty(len(order), np.float32)
    found[order] = told[group]
    found = np.where(is_listed, found, np.maximum(found, LEAST_WIDESPREAD))
    weights: Bits = np.where(hashes == 0, 0, np.minimum(own, found)).astype(np.float32)
    return weights
