"""Targets take turns, and each takes the row most like it among those that are left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from curate.select import rds
from curate.select.rds import round_robin

Vectors = NDArray[np.float32]


def halves(n: int, draw: np.random.Generator) -> Vectors:
    """Unit vectors whose products are exact, and often equal."""
    vectors = np.zeros((n, 10), np.float32)
    for row in vectors:
        row[draw.choice(10, 4, replace=False)] = draw.choice([-0.5, 0.5], 4)
    return vectors


def naive(vectors: Vectors, targets: Vectors, size: int) -> tuple[list[int], list[float]]:
    products = targets @ vectors.T
    taken: list[int] = []
    for number in range(size):
        row = products[number % len(targets)].copy()
        row[taken] = -np.inf
        taken.append(int(row.argmax()))
    return taken, [float(products[n % len(targets), place]) for n, place in enumerate(taken)]


@given(st.integers(1, 300), st.integers(1, 30), st.integers(0, 10_000), st.floats(0, 1))
def test_the_order_is_that_of_turns_over_all_products(
    n: int, n_targets: int, seed: int, share: float
) -> None:
    draw = np.random.default_rng(seed)
    vectors, targets = halves(n, draw), halves(n_targets, draw)
    size = max(1, int(share * n))
    taken, scores = round_robin(vectors, targets, size)

    assert (taken.tolist(), scores.tolist()) == naive(vectors, targets, size)


def test_a_target_whose_list_ran_out_finds_the_next_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rds, "LEAST_HELD", 2)
    monkeypatch.setattr(rds, "MOST_HELD", 2)
    draw = np.random.default_rng(4)
    vectors, targets = halves(200, draw), halves(3, draw)
    taken, scores = round_robin(vectors, targets, 200)

    assert (taken.tolist(), scores.tolist()) == naive(vectors, targets, 200)


def test_blocks_of_targets_have_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(5)
    vectors, targets = halves(100, draw), halves(20, draw)
    whole = round_robin(vectors, targets, 60)[0].tolist()
    monkeypatch.setattr(rds, "BLOCK_BYTES", 4 * 100 * 3)

    assert round_robin(vectors, targets, 60)[0].tolist() == whole


def test_one_round_serves_every_target_once() -> None:
    vectors = np.eye(4, dtype=np.float32)
    taken, scores = round_robin(vectors, vectors[[2, 2, 0]], 3)

    assert taken.tolist() == [2, 0, 1]
    assert scores.tolist() == [1, 0, 0]
