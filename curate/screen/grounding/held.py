"""How much of an answer its source holds, and how much of it repeats the question. Compiled.

Content words are all but stop words, compared by their stems (`stems.py`), each counted once. One
window of the source, as wide as a long sentence or twice the answer, should hold what the answer
says: a whole paper holds nearly every word of its field somewhere.

How many of n content words a window of an unrelated text holds is taken to be binomial; the share
that the best of m windows reaches once in a hundred texts is bounded by Chernoff's bound,
m exp(-n KL(share || CHANCE)) = 0.01.

CHANCE: a window of another paper of the same field holds 2.6 % of an answer's content words on
average (COVID-QA; PubMedQA 2.7 %), but words of a field come together; with 8 % the bound holds
on one half of the papers of COVID-QA, where it was chosen, and on the other.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen import words
from curate.screen.grounding.stems import read, stop_words
from curate.screen.kernels import Bytes, Counts, Offsets, buffers, compiled, on_threads
from curate.screen.shingles import slot_of, slots
from curate.screen.words import Folds, Hashes, Kinds, Several, mixed

WINDOW = 50
"""Words of a window, if the answer has fewer than half as many."""
CHANCE = 0.08
"""Of a content word of an answer, to be in one window of another text of its field."""
ONCE_IN = 100
RUN = 4
"""Words of a run that count as copied."""
SHOWN_RUN = 8
"""Words of a run of the context in the question by which the question shows its source."""

Shares = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Held(NamedTuple):
    """What was found for the rows of one batch; all (rows,)."""

    n_words: Counts
    """Words of the answer."""
    n_content: Counts
    """Content words of the answer, each once."""
    n_source_words: Counts
    supported: Shares
    """Of the content words those that the source has; 1 where there are none."""
    local: Shares
    """Of the content words those that one window of the source has."""
    quoted: Flags
    """The answer's words stand in the source as they are, side by side."""
    in_question: Flags
    """And in the question."""
    copied: Shares
    """Of the answer's words those in runs of RUN that the question has."""
    shows_source: Flags
    """The question has SHOWN_RUN words in a row from the context."""


@compiled
def _stands_in(wanted: Hashes, n: int, there: Hashes, n_there: int, back: Offsets) -> bool:
    """Whether words stand side by side in others (Knuth, Morris and Pratt, 1977)."""
    if n == 0 or n > n_there:
        return False
    back[0] = 0
    same = 0
    for place in range(1, n):
        while same > 0 and wanted[place] != wanted[same]:
            same = back[same - 1]
        same += int(wanted[place] == wanted[same])
        back[place] = same
    same = 0
    for place in range(n_there):
        while same > 0 and there[place] != wanted[same]:
            same = back[same - 1]
        same += int(there[place] == wanted[same])
        if same == n:
            return True
    return False


@compiled
def _runs(there: Hashes, n: int, width: int, out: Hashes) -> int:
    """Write a hash of each run of so many words; return how many."""
    rolled, leaving = np.uint64(0), np.uint64(1)
    factor = np.uint64(0xD6E8FEB86659FD93)
    for _ in range(width):
        leaving *= factor
    for place in range(n):
        rolled = rolled * factor + there[place]
        if place >= width:
            rolled -= leaving * there[place - width]
        if place >= width - 1:
            out[place - width + 1] = mixed(rolled) | np.uint64(1)
    return max(n - width + 1, 0)


@compiled
def _shared_runs(
    wanted: Hashes, n: int, there: Hashes, n_there: int, width: int, most: int, scratch: Hashes
) -> int:
    """How many of some words are in runs that others have too, counted up to `most`."""
    n_runs = _runs(there, n_there, width, scratch)
    if n < width or n_runs == 0:
        return 0
    size = slots(n_runs)
    table = np.zeros(size, np.uint64)
    for place in range(n_runs):
        table[slot_of(scratch[place], table, np.uint64(size - 1))] = scratch[place]
    n_runs = _runs(wanted, n, width, scratch)
    covered, upto = 0, 0
    for place in range(n_runs):
        if table[slot_of(scratch[place], table, np.uint64(size - 1))] != 0:
            covered += place + width - max(upto, place)
            upto = place + width
            if covered >= most:
                break
    return covered


@compiled
def _content(
    stems: Hashes, exact: Hashes, n: int, stop: Hashes, table: Hashes, ids: Offsets
) -> int:
    """Put the stems of content words in a table, numbered; return how many there are."""
    n_content = 0
    mask = np.uint64(len(table) - 1)
    for place in range(n):
        slot = slot_of(exact[place], stop, np.uint64(len(stop) - 1))
        if stop[slot] != 0:
            continue
        slot = slot_of(stems[place], table, mask)
        if table[slot] == 0:
            table[slot] = stems[place]
            ids[slot] = n_content
            n_content += 1
    return n_content


@compiled
def _in_windows(
    stems: Hashes, n: int, width: int, table: Hashes, ids: Offsets, n_content: int
) -> tuple[int, int]:
    """(content words that the source has, that its best window has)."""
    mask = np.uint64(len(table) - 1)
    times = np.zeros(n_content, np.int64)
    seen = np.zeros(n_content, np.bool_)
    n_seen, n_here, most = 0, 0, 0
    for place in range(n):
        slot = slot_of(stems[place], table, mask)
        if table[slot] != 0:
            number = ids[slot]
            n_here += int(times[number] == 0)
            times[number] += 1
            n_seen += int(not seen[number])
            seen[number] = True
            most = max(most, n_here)
        if place >= width - 1:
            slot = slot_of(stems[place - width + 1], table, mask)
            if table[slot] != 0:
                number = ids[slot]
                times[number] -= 1
                n_here -= int(times[number] == 0)
    return n_seen, most


@compiled
def _hold(
    begin: int,
    end: int,
    answers: Bytes,
    answer_offsets: Offsets,
    questions: Bytes,
    question_offsets: Offsets,
    sources: Bytes,
    source_offsets: Offsets,
    kinds: Kinds,
    folds: Folds,
    several: Several,
    stop: Hashes,
    held: Held,
) -> None:
    room = np.zeros(3, np.int64)
    for row in range(begin, end):
        room[0] = max(room[0], answer_offsets[row + 1] - answer_offsets[row] + 1)
        room[1] = max(room[1], question_offsets[row + 1] - question_offsets[row] + 1)
        room[2] = max(room[2], source_offsets[row + 1] - source_offsets[row] + 1)
    answer, question = np.empty(room[0], np.uint64), np.empty(room[1], np.uint64)
    source, answer_stems = np.empty(room[2], np.uint64), np.empty(room[0], np.uint64)
    most_words = max(room[0], max(room[1], room[2]))
    scratch, back = np.empty(most_words, np.uint64), np.empty(room[0], np.int64)
    for row in range(begin, end):
        n, n_asked, n_there = 0, 0, 0
        for which in range(3):
            if which == 0:
                text, offsets, exact, stems = questions, question_offsets, question, scratch
            elif which == 1:
                text, offsets, exact, stems = answers, answer_offsets, answer, answer_stems
            else:
                text, offsets, exact, stems = sources, source_offsets, source, scratch
            start, stop_at = offsets[row], offsets[row + 1]
            found = read(text, start, stop_at, kinds, folds, several, exact, stems)
            if which == 0:
                n_asked = found
            elif which == 1:
                n = found
            else:
                n_there = found
        size = slots(n)
        table, ids = np.zeros(size, np.uint64), np.empty(size, np.int64)
        n_content = _content(answer_stems, answer, n, stop, table, ids)
        held.n_words[row], held.n_content[row] = n, n_content
        held.n_source_words[row] = n_there
        held.supported[row], held.local[row] = 1.0, 1.0
        if n_content > 0:
            width = max(WINDOW, 2 * n)
            n_seen, most = _in_windows(scratch, n_there, width, table, ids, n_content)
            held.supported[row], held.local[row] = n_seen / n_content, most / n_content
        # One call of each in a loop compiles in half the time of two.
        for which in range(2):
            there, n_words = (source, n_there) if which == 0 else (question, n_asked)
            stands = _stands_in(answer, n, there, n_words, back)
            if which == 0:
                held.quoted[row] = stands
            else:
                held.in_question[row] = stands
        for which in range(2):
            wanted, n_words, width = (
                (answer, n, RUN) if which == 0 else (source, n_there, SHOWN_RUN)
            )
            most = n if which == 0 else 1
            n_shared = _shared_runs(wanted, n_words, question, n_asked, width, most, scratch)
            if which == 1:
                held.shows_source[row] = n_shared > 0
            elif held.in_question[row]:
                held.copied[row] = 1.0
            else:
                held.copied[row] = n_shared / max(n, 1)


def hold(answers: pa.Array, questions: pa.Array, sources: pa.Array) -> Held:
    """Hold answers against their sources and questions; all three are (rows,) texts."""
    n = len(answers)
    held = Held(
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.float64), np.empty(n, np.float64),
        np.empty(n, np.bool_), np.empty(n, np.bool_),
        np.empty(n, np.float64), np.empty(n, np.bool_),
    )  # fmt: skip
    texts = [part for column in (answers, questions, sources) for part in buffers(column)]
    on_threads(_hold, n, *texts, *words.tables(), stop_words(), held, at_once=64)
    return held


def by_chance(held: Held) -> Shares:
    """(rows,) the share that a window of an unrelated source reaches once in a hundred, at most 1.

    Found by bisection: the divergence grows with the share.
    """
    width = np.maximum(WINDOW, 2 * held.n_words)
    windows = np.maximum(1.0, held.n_source_words / width)
    needed = np.log(ONCE_IN * windows) / np.maximum(held.n_content, 1)
    low, high = np.full(len(needed), CHANCE), np.ones(len(needed))
    for _ in range(30):
        middle = (low + high) / 2
        above = _divergence(middle) >= needed
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high


def _divergence(share: Shares) -> Shares:
    """Of Kullback and Leibler, in nats, between coins that fall so with `share` and CHANCE."""
    rest = np.maximum(1 - share, 1e-12)
    found: Shares = share * np.log(share / CHANCE) + rest * np.log(rest / (1 - CHANCE))
    return found
