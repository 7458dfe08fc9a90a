"""What is left out of a corpus: exactly what the bounds ask for, whatever the order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curate.synthesize.tasks.reading_comprehension.selection import (
    FLOODING,
    REPEATED,
    Tally,
    left_out,
)
from schemas.rows import Example, Message

ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 9)), max_size=60
)
BALANCES = st.none() | st.floats(1, 5)
Row = tuple[str, str, int]


def tally(rows: list[Row], order: list[int]) -> Tally:
    made = Tally()
    for number in order:
        part, family, answer = rows[number]
        made.add(
            Example(
                part=part, split="train", messages=[Message("user", str(number))], task=family,
                domain=None, document_id="d", passage_id=None, context=None, evidence=[],
                teacher="miner",
            ),
            str(answer),
        )  # fmt: skip
    return made


@given(ROWS, BALANCES, st.integers(1, 4), st.randoms())
def test_bounds_hold_are_used_up_and_know_no_order(
    rows: list[Row], balance: float | None, max_repeats: int, chance: object
) -> None:
    order = list(range(len(rows)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    found = left_out(tally(rows, list(range(len(rows)))), max_repeats, balance, fewest=0)
    shuffled = left_out(tally(rows, order), max_repeats, balance, fewest=0)

    assert not (found[REPEATED] & found[FLOODING]).any()
    for reason, chosen in found.items():
        assert (shuffled[reason] == chosen[order]).all()
    for answer in {row[2] for row in rows}:
        given = [n for n, row in enumerate(rows) if row[2] == answer]
        assert (~found[REPEATED][given]).sum() == min(len(given), max_repeats)
    for part in {row[0] for row in rows}:
        counts = {}
        for family in {row[1] for row in rows if row[0] == part}:
            members = [n for n, row in enumerate(rows) if row[:2] == (part, family)]
            fresh = int((~found[REPEATED][members]).sum())
            kept = fresh - int(found[FLOODING][members].sum())
            if fresh:
                counts[family] = fresh, kept
        median = np.median([fresh for fresh, _ in counts.values()]) if counts else 0
        for fresh, kept in counts.values():
            assert kept == (fresh if balance is None else min(fresh, int(balance * median)))


def test_a_single_family_is_no_flood() -> None:
    rows = [("a", "x", number) for number in range(50)]

    assert not left_out(tally(rows, list(range(50))), 3, 1.0, fewest=0)[FLOODING].any()
