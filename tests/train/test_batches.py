"""Training order: every row once an epoch, like lengths together, known before training starts."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.training import Tune
from train.batches import order, steps

lengths = st.lists(st.integers(1, 500), min_size=1, max_size=200)


@given(lengths, st.integers(1, 32), st.integers(0, 3), st.integers(0, 2**31))
def test_each_row_comes_once_before_any_comes_again(
    sizes: list[int], batch: int, epochs: int, seed: int
) -> None:
    n_seen = epochs * len(sizes) + len(sizes) // 2 or 1
    seen = order(sizes, batch, n_seen, seed)
    counts = np.bincount(seen, minlength=len(sizes))

    assert len(seen) == n_seen
    assert counts.max() - counts.min() <= 2  # a row may lead the next epoch while one is still due
    if n_seen % len(sizes) == 0:
        assert (counts == n_seen // len(sizes)).all()


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    sizes = [random.Random(1).randint(5, 90) for _ in range(300)]

    assert (order(sizes, 16, 600, 5) == order(sizes, 16, 600, 5)).all()
    assert (order(sizes, 16, 600, 5) != order(sizes, 16, 600, 6)).any()


def test_batches_of_like_lengths_pad_far_less_than_random_ones() -> None:
    draw = random.Random(2)
    sizes = np.array([int(draw.lognormvariate(4, 0.7)) + 1 for _ in range(4_000)])

    def padded(rows: np.ndarray) -> int:
        return sum(sizes[rows[at : at + 16]].max() * 16 for at in range(0, len(rows), 16))

    ours, shuffled = order(list(sizes), 16, 4_000, 1), np.random.default_rng(1).permutation(4_000)

    assert padded(ours) < 1.15 * sizes.sum() < padded(shuffled)


def test_short_and_long_batches_are_mixed_over_the_epoch() -> None:
    sizes = list(range(1, 1_601))
    means = order(sizes, 16, 1_600, 1).reshape(-1, 16).mean(1)

    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_copies_of_a_row_stand_in_batches_of_their_own_and_come_in_their_order() -> None:
    draw = random.Random(3)
    once, twice = [f"a{n}" for n in range(300)], [f"b{n}" for n in range(150)]
    first, second = once[:150] + twice, once[150:] + twice
    draw.shuffle(first)
    draw.shuffle(second)
    examples = first + second
    length = {one: draw.randint(5, 90) for one in examples}
    seen = order([length[one] for one in examples], 16, 600, 1, examples)

    assert sorted(seen) == list(range(600))
    for start in range(0, 600, 16):
        batch = [examples[row] for row in seen[start : start + 16]]
        assert len(batch) == len(set(batch))
    assert set(seen[:288]) <= set(range(300))  # what does not fill a batch waits


@given(lengths, st.integers(1, 32), st.integers(0, 2**31))
def test_rows_that_come_once_are_ordered_alike_whether_they_are_named_or_not(
    sizes: list[int], batch: int, seed: int
) -> None:
    names = [f"{n:04}" for n in range(len(sizes))]

    assert (
        order(sizes, batch, len(sizes), seed) == order(sizes, batch, len(sizes), seed, names)
    ).all()


def test_epochs_and_steps_are_counted_in_rows() -> None:
    assert Tune(epochs=1).rows_seen(10) == 10
    assert Tune(epochs=0.25).rows_seen(10) == 3
    assert Tune(epochs=1.9).rows_seen(3_000) == 5_700
    assert Tune(epochs=0.001).rows_seen(10) == 1
    assert [steps(10, 4), steps(12, 4), steps(1, 4)] == [3, 3, 1]
