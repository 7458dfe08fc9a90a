"""Whether what a row has of an item shows that it holds it. Compiled.

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

from curate.screen.kernels import compiled
from curate.screen.overlap.table import Table

COMPLETE_BITS, ENDED_BITS, ENDED_TELLING = 48.0, 30.0, 2.0
HALF_SHARE, HALF_BITS, DENSITY = 0.4, 44.0, 0.7
CUT_SHARE, CUT_BITS = 0.35, 52.0
PART_BITS = 72.0
LONG_SHARE, LONG_BITS, LONG_DENSITY = 1 / 3, 80.0, 0.9
ITEM_SHARE, ITEM_BITS, OPTIONS_BITS, ANY_BITS = 0.4, 64.0, 84.0, 100.0
ITEM_WORDS = 3
WHOLE_SHARE, WHOLE_BITS = 0.9, 30.0


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
def asks(one: Question) -> bool:
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
def holds(one: Question, share: float, bits: float, n_options: int, n_found: int) -> bool:
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
def may_hold(table: Table, item: int, bits: float, n_words: int) -> bool:
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
