"""Whether runs of one row show that it holds an item. Compiled.

Runs of an item that stand near each other are weighed together: each word of the item counts once,
and each word of the row for one word of the item. Segments that no run touches, for they are
shorter than a seed, are then looked for around the runs as a whole. Bits are those of `weights.py`;
a telling word is one with TELLING bits or more, and two characters of a script without spaces.

An item is in a row by any of these rules:

    complete   every word of the question: 48 bits; or 30 with 2 telling words where the text ends
               or is parted behind it, so that `make a grilled cheese` is not `make a grilled
               cheese sandwich`. Not where several items ask in the same few words: `which is
               correct?`
    half       its beginning or its end: .4 of its words and 44 bits, or .35 and 52
    part       .4 of its words, 72 bits
    long part  a third of its words, 80 bits
    item       .4 of the bits of question, options and answer: 64 bits with the whole question, or
               with half of the options and 3 words of the question; 84 with half of the options
               alone, for three organs or disorders are often named together; 100 in any way
    whole item .9 of these bits, 30 bits, an option or the answer whole

and what the row has of a question must be most of the stretch in which it stands: .7, of a long
part .9. The numbers are ours, from what they flagged in 31,000 abstracts, 7,000 medical questions,
7,000 instructions and 19,000 stretches of articles against 19,000 items, and what they missed of
these items when they were planted whole and in halves, see docs/contamination.md. Elsewhere: 13
words in a row (GPT-3, arXiv 2005.14165), 12 (datatrove), 8 with .7 of the n-grams (marin), 5 with a
score of .8 (decon); alone, such numbers miss short questions, or take phrases for them.
"""

from typing import NamedTuple

import numpy as np

from curate.screen.kernels import Bytes, Offsets, compiled
from curate.screen.overlap.runs import Runs
from curate.screen.overlap.seeds import Places
from curate.screen.overlap.table import Marks, Table
from curate.screen.overlap.weights import CHARACTER, TELLING
from curate.screen.words import Hashes

COMPLETE_BITS, ENDED_BITS, ENDED_TELLING = 48.0, 30.0, 2.0
HALF_SHARE, HALF_BITS, DENSITY = 0.4, 44.0, 0.7
CUT_SHARE, CUT_BITS = 0.35, 52.0
PART_BITS = 72.0
LONG_SHARE, LONG_BITS, LONG_DENSITY = 1 / 3, 80.0, 0.9
ITEM_SHARE, ITEM_BITS, OPTIONS_BITS, ANY_BITS = 0.4, 64.0, 84.0, 100.0
ITEM_WORDS = 3
WHOLE_SHARE, WHOLE_BITS = 0.9, 30.0
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


class Question(NamedTuple):
    """What a row has of a question."""

    n: int
    """Words of the question"""
    covered: int
    """Of these, those that the row has"""
    bits: float
    """Of those that it has"""
    telling: float
    """Telling words among them"""
    stretch: int
    """Words of the row from the first of them to the last"""
    outer: bool
    """Whether the question's first word or its last is among them"""
    ended: bool
    """Whether the row's text ends or is parted behind them"""
    shared: bool
    """Whether several items ask in the same few words"""


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
def _asks(one: Question) -> bool:
    """Whether what a row has of a question shows that it is that question."""
    if one.n == 0 or one.covered < DENSITY * one.stretch:
        return False
    share = one.covered / one.n
    if one.covered == one.n:
        ended = one.ended and one.bits >= ENDED_BITS and one.telling >= ENDED_TELLING
        return not one.shared and (one.bits >= COMPLETE_BITS or ended)
    if share >= HALF_SHARE and one.bits >= (HALF_BITS if one.outer else PART_BITS):
        return True
    if one.outer and share >= CUT_SHARE and one.bits >= CUT_BITS:
        return True
    dense = one.covered >= LONG_DENSITY * one.stretch
    return dense and share >= LONG_SHARE and one.bits >= LONG_BITS


@compiled
def _holds(one: Question, share: float, bits: float, n_options: int, n_found: int) -> bool:
    """Whether a row holds an item, by all that it has of it.

    Args:
        one: what it has of the question.
        share: of the item's bits those that it has.
        bits: of the item that it has.
        n_options: segments of the item besides the question.
        n_found: of these, those that it has whole.
    """
    if share < ITEM_SHARE:
        return False
    if share >= WHOLE_SHARE and n_found > 0:
        return bits >= WHOLE_BITS
    if n_found >= 2 and 2 * n_found >= n_options:
        return bits >= (ITEM_BITS if one.covered >= ITEM_WORDS else OPTIONS_BITS)
    return bits >= (ITEM_BITS if one.covered == one.n else ANY_BITS)


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
    if not _asks(one) and not _holds(one, bits / all_bits, bits, last - first - 1, n_found):
        return Found(-1, bits, share, right, at.begin, at.end)
    if answer >= 0 and right == 0.0 and table.ends[answer] > table.begins[answer]:
        near = 2 * (table.ends[last - 1] - base) + ANSWER_NEAR
        low, high = max(0, at.low - near), min(row.n, at.high + near)
        right = 1.0 if _find(row, low, high, table, answer, scratch.used, now) >= 0 else 0.0
    return Found(item, bits, share, right, at.begin, at.end)


@compiled
def _may_hold(table: Table, item: int, bits: float, n_words: int) -> bool:
    """Whether any rule could be met by runs of so many bits and words and all without a seed."""
    first, last = table.firsts[item], table.firsts[item + 1]
    begin, end = table.begins[first], table.ends[first]
    asked = table.sums[end] - table.sums[begin]
    all_bits = table.sums[table.ends[last - 1]] - table.sums[begin]
    most = bits + table.hidden[item]
    if most >= asked or most >= WHOLE_SHARE * all_bits:
        return True
    if bits >= HALF_BITS and n_words >= LONG_SHARE * (end - begin):
        return True
    return bool(most >= ITEM_BITS and most >= ITEM_SHARE * all_bits)


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
        if _may_hold(table, item, bits, n_words):
            now += 1
            one = _weigh(row, table, runs, order[begin:end], item, now, scratch)
            if one.item >= 0 and one.bits > found.bits:
                found = one
        begin = end
    return found, now
