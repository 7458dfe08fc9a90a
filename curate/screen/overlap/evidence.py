"""What runs of one row show that it has of an item. Compiled.

Runs of an item that stand near each other are weighed together: each word of the item counts once,
and each word of the row for one word of the item. Segments that no run touches, for they are
shorter than a seed, are then looked for around the runs as a whole. Bits are those of `weights.py`;
a telling word is one with TELLING bits or more, and two characters of a script without spaces.
Whether that is the item is said by `holding.py`.
"""

from typing import NamedTuple

import numpy as np

from curate.screen.kernels import Bytes, Offsets, compiled
from curate.screen.overlap.holding import Question, asks, holds, may_hold
from curate.screen.overlap.runs import Runs
from curate.screen.overlap.seeds import Places
from curate.screen.overlap.table import Marks, Table
from curate.screen.overlap.weights import CHARACTER, TELLING
from curate.screen.words import Hashes

NEAR = 32
"""Words between two runs that are weighed together: the marks and words around options."""
ANSWER_NEAR = 128
"""Words around the runs, beside twice the item's own, in which the right answer is looked for."""


class Row(NamedTuple):
    """The words of one row, or of a piece of a long one."""

    words: Hashes
    """(>= n,)"""
    n: int
    text: Bytes
    begins: Offsets
    """(>= n,) first byte of each word in `text`"""
    ends: Offsets
    """(>= n,) behind its last byte"""


class Found(NamedTuple):
    """The item that a row holds."""

    item: int
    """-1 where there is none"""
    bits: float
    """Of the item's words that the row has"""
    share: float
    """Of the question's words"""
    answer: float
    """Of the right answer's words; 0 where none is told"""
    begin: int
    """First word of the longest run in the row"""
    end: int
    """Behind its last word"""


class Scratch(NamedTuple):
    """Memory that one thread uses again and again."""

    covered: Marks
    """(words of the longest item,)"""
    used: Places
    """(words of the longest row,) the last weighing that used a word of the row"""


class Stretch(NamedTuple):
    """Where a row has words of an item; numbers of words."""

    low: int
    """First of those in runs"""
    high: int
    """Behind the last of those in runs"""
    asked_low: int
    """First of the question's"""
    asked_high: int
    """Behind the last of the question's"""
    begin: int
    """First of the longest run"""
    end: int
    """Behind the last of the longest run"""


class Covered(NamedTuple):
    """What a row has of a segment."""

    n: int
    """Words"""
    bits: float
    telling: float
    """Telling words"""


@compiled
def _find(row: Row, low: int, high: int, table: Table, segment: int, used: Places, now: int) -> int:
    """Where a segment stands whole in a stretch of the row, in unused words; -1 if nowhere."""
    begin = table.begins[segment]
    length = table.ends[segment] - begin
    for at in range(low, high - length + 1):
        n_same = 0
        while (
            n_same < length
            and row.words[at + n_same] == table.words[begin + n_same]
            and used[at + n_same] != now
        ):
            n_same += 1
        if n_same == length:
            return at
    return -1


@compiled
def _is_parted(row: Row, word: int) -> bool:
    """Whether a row ends behind a word, or has more than a space or a quotation mark there."""
    if word + 1 >= row.n:
        return True
    for place in range(row.ends[word], row.begins[word + 1]):
        byte = row.text[place]
        if byte < 128 and byte not in (9, 32, 34, 39, 41, 42, 93, 95):
            return True
        if byte in (0xE3, 0xEF):  # of the marks of Chinese and Japanese
            return True
    return False


@compiled
def _telling(bits: float) -> float:
    if bits >= TELLING:
        return 1.0
    return 0.5 if bits == CHARACTER else 0.0


@compiled
def _longest_first(runs: Runs, group: Places) -> Places:
    """These runs by length: what a long one covers is not for a chance repeat in a short one."""
    order = group.copy()
    gap = len(order) // 2
    while gap > 0:
        for last in range(gap, len(order)):
            run, at = order[last], last
            while at >= gap and runs.lengths[order[at - gap]] < runs.lengths[run]:
                order[at] = order[at - gap]
                at -= gap
            order[at] = run
        gap //= 2
    return order


@compiled
def _cover(
    row: Row, table: Table, runs: Runs, group: Places, item: int, now: int, scratch: Scratch
) -> Stretch:
    """Mark which words of an item these runs cover, and say where they stand."""
    covered, used = scratch.covered, scratch.used
    question = table.firsts[item]
    base = table.begins[question]
    for place in range(table.ends[table.firsts[item + 1] - 1] - base):
        covered[place] = False
    low, high, begin, end = row.n, 0, 0, 0
    asked_low, asked_high = row.n, 0
    for run in _longest_first(runs, group):
        for word in range(runs.lengths[run]):
            place, at = runs.places[run] + word, runs.begins[run] + word
            if covered[place - base] or used[at] == now:
                continue
            covered[place - base], used[at] = True, now
            if table.segment[place] == question:
                asked_low, asked_high = min(asked_low, at), max(asked_high, at + 1)
        low, high = min(low, runs.begins[run]), max(high, runs.begins[run] + runs.lengths[run])
        if runs.lengths[run] > end - begin:
            begin, end = runs.begins[run], runs.begins[run] + runs.lengths[run]
    return Stretch(low, high, asked_low, asked_high, begin, end)


@compiled
def _add(row: Row, table: Table, item: int, at: Stretch, now: int, scratch: Scratch) -> Stretch:
    """Mark the segments that no run touches and that stand whole around the runs."""
    covered, used = scratch.covered, scratch.used
    first, last = table.firsts[item], table.firsts[item + 1]
    base = table.begins[first]
    near = table.ends[last - 1] - base + NEAR
    low, high = max(0, at.low - near), min(row.n, at.high + near)
    asked_low, asked_high, begin, end = at.asked_low, at.asked_high, at.begin, at.end
    for segment in range(first, last):
        begin_word, n_words = table.begins[segment], table.ends[segment] - table.begins[segment]
        touched = n_words == 0
        for place in range(begin_word - base, begin_word - base + n_words):
            touched = touched or covered[place]
        found = -1 if touched else _find(row, low, high, table, segment, used, now)
        if found < 0:
            continue
        for word in range(n_words):
            used[found + word], covered[begin_word + word - base] = now, True
        if segment == first:
            asked_low, asked_high = found, found + n_words
        if n_words > end - begin:
            begin, end = found, found + n_words
    return Stretch(at.low, at.high, asked_low, asked_high, begin, end)


@compiled
def _sum(table: Table, segment: int, base: int, covered: Marks) -> Covered:
    """What is covered of one segment."""
    n, bits, telling = 0, 0.0, 0.0
    for place in range(table.begins[segment], table.ends[segment]):
        if covered[place - base]:
            n += 1
            bits += table.bits[place]
            telling += _telling(table.bits[place])
    return Covered(n, bits, telling)


@compiled
def _weigh(
    row: Row, table: Table, runs: Runs, group: Places, item: int, now: int, scratch: Scratch
) -> Found:
    """What runs of one item that stand near each other show.

    Args:
        row: the words.
        table: the items.
        runs: of the row.
        group: numbers of these runs, by their place in the row.
        item: the item of these runs.
        now: number of this weighing, never used before.
        scratch: memory.
    """
    at = _cover(row, table, runs, group, item, now, scratch)
    at = _add(row, table, item, at, now, scratch)
    first, last = table.firsts[item], table.firsts[item + 1]
    base, answer = table.begins[first], table.right[item]
    asked = _sum(table, first, base, scratch.covered)
    bits, right, n_found = asked.bits, 0.0, 0
    for segment in range(first + 1, last):
        n_words = table.ends[segment] - table.begins[segment]
        offered = _sum(table, segment, base, scratch.covered)
        bits += offered.bits
        n_found += n_words > 0 and offered.n == n_words
        if segment == answer and n_words > 0:
            right = offered.n / n_words
    n_words = table.ends[first] - base
    outer = n_words > 0 and (scratch.covered[0] or scratch.covered[n_words - 1])
    one = Question(
        n_words, asked.n, asked.bits, asked.telling, at.asked_high - at.asked_low, outer,
        asked.n > 0 and _is_parted(row, at.asked_high - 1), table.shared[item],
    )  # fmt: skip
    share = asked.n / max(1, n_words)
    all_bits = table.sums[table.ends[last - 1]] - table.sums[base]
    if not asks(one) and not holds(one, bits / all_bits, bits, last - first - 1, n_found):
        return Found(-1, bits, share, right, at.begin, at.end)
    if answer >= 0 and right == 0.0 and table.ends[answer] > table.begins[answer]:
        near = 2 * (table.ends[last - 1] - base) + ANSWER_NEAR
        low, high = max(0, at.low - near), min(row.n, at.high + near)
        right = 1.0 if _find(row, low, high, table, answer, scratch.used, now) >= 0 else 0.0
    return Found(item, bits, share, right, at.begin, at.end)


@compiled
def _sorted(table: Table, runs: Runs, n_runs: int) -> tuple[Places, Places]:
    """Runs by item, then by their place in the row: `item << 32 | place`, and their numbers."""
    keys = np.empty(n_runs, np.int64)
    for run in range(n_runs):
        item = np.int64(table.items[table.segment[runs.places[run]]])
        keys[run] = item << 32 | runs.begins[run]
    order = np.arange(n_runs)
    gap = n_runs // 2
    while gap > 0:  # by Shell's method: `np.argsort` costs three seconds of compiling
        for last in range(gap, n_runs):
            key, run, at = keys[last], order[last], last
            while at >= gap and keys[at - gap] > key:
                keys[at], order[at] = keys[at - gap], order[at - gap]
                at -= gap
            keys[at], order[at] = key, run
        gap //= 2
    return keys, order


@compiled
def best(
    row: Row, table: Table, runs: Runs, n_runs: int, now: int, scratch: Scratch
) -> tuple[Found, int]:
    """The item of which a row has most bits, among those that it holds; the last number used.

    Args:
        row: the words.
        table: the items.
        runs: of the row.
        n_runs: how many there are.
        now: the last number that this scratch was used with.
        scratch: memory.
    """
    found = Found(-1, 0.0, 0.0, 0.0, 0, 0)
    keys, order = _sorted(table, runs, n_runs)
    begin = 0
    while begin < n_runs:
        item = keys[begin] >> 32
        end, high, bits, n_words = begin, runs.begins[order[begin]], 0.0, 0
        while end < n_runs and keys[end] >> 32 == item and runs.begins[order[end]] <= high + NEAR:
            run = order[end]
            place = runs.places[run]
            high = max(high, runs.begins[run] + runs.lengths[run])
            bits += table.sums[place + runs.lengths[run]] - table.sums[place]
            n_words += runs.lengths[run]
            end += 1
        if may_hold(table, item, bits, n_words):
            now += 1
            one = _weigh(row, table, runs, order[begin:end], item, now, scratch)
            if one.item >= 0 and one.bits > found.bits:
                found = one
        begin = end
    return found, now
