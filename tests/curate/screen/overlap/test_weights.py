"""Words tell the more the rarer they are."""

import numpy as np
import pyarrow as pa

from curate.screen.overlap.weights import COMMON, hashed, weighed


def bits(texts: list[str]) -> list[list[float]]:
    """Bits of each text's words, each text an item."""
    hashes, own, starts = hashed(pa.array(texts))
    item = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(starts))
    weights = weighed(hashes, own, np.append(item[:1], item)[: len(hashes)], len(texts))
    begins, ends = starts[:-1], starts[1:] - 1
    return [weights[a:b].tolist() for a, b in zip(begins, ends, strict=True)]


def test_common_words_tell_less_than_others() -> None:
    ((the, which, mitochondria, number, letter),) = bits(["The which mitochondria 1998 B"])

    assert the < which < letter < number < mitochondria


def test_no_word_is_listed_twice() -> None:
    listed = [word for line in COMMON.values() for word in line.split()]

    assert len(listed) == len(set(listed))


def test_characters_of_scripts_without_spaces_are_words() -> None:
    assert bits(["光合作用"]) == [[6.5] * 4]


def test_what_every_item_says_tells_less() -> None:
    texts = [f"Zaprock {word}" for word in "qa qb qc qd qe qf qg qh".split()]

    assert {pair[0] for pair in bits(texts)} == {7.0}
    assert {pair[1] for pair in bits(texts)} == {12.0}
    assert bits(texts[:7])[0][0] == 12.0
