"""Farthest-first traversal: exact, whatever is skipped on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from curate.screen.semantic import unit
from curate.select.k_center import BLOCK, k_center

Vectors = NDArray[np.float32]


def naive(vectors: Vectors, size: int) -> list[int]:
    """The algorithm as published: every distance at every step."""
    mean = vectors.astype(np.float64).mean(0)
    taken = [int((vectors.astype(np.float64) @ mean).argmax())]
    nearest = np.full(len(vectors), np.inf, np.float32)
    for _ in range(size - 1):
        nearest = np.minimum(nearest, 1 - vectors @ vectors[taken[-1]])
        nearest[taken] = -np.inf
        taken.append(int(nearest.argmax()))
    return taken


def halves(n: int, seed: int, width: int = 12) -> Vectors:
    """Unit vectors of four entries of 1/2: every product is exact, and many are equal."""
    draw = np.random.default_rng(seed)
    vectors = np.zeros((n, width), np.float32)
    for row in vectors:
        row[draw.choice(width, 4, replace=False)] = draw.choice([-0.5, 0.5], 4)
    return vectors


@given(
    st.integers(1, 400),
    st.integers(0, 10_000),
    st.floats(0, 1),
    st.sampled_from([1, 3, 16, BLOCK]),
    st.sampled_from([6, 12]),
)
@settings(max_examples=200)
def test_the_order_is_that_of_the_naive_algorithm_ties_included(
    n: int, seed: int, share: float, block: int, width: int
) -> None:
    vectors = halves(n, seed, width)
    size = max(1, int(share * n))
    taken, _ = k_center(vectors, size, block)

    assert taken.tolist() == naive(vectors, size)


@given(st.integers(2, 400), st.sampled_from([1, 3, 16, 50]), st.integers(0, 10_000))
def test_each_row_is_the_farthest_one_in_any_number_of_dimensions(
    n: int, width: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    vectors = unit(draw.standard_normal((n, width), np.float32))
    taken, distances = k_center(vectors, n)

    assert sorted(taken.tolist()) == list(range(n))
    nearest = np.full(n, np.inf)
    for step in range(1, n):
        nearest = np.minimum(nearest, 1 - vectors.astype(np.float64) @ vectors[taken[step - 1]])
        left = np.delete(nearest, taken[:step])
        assert nearest[taken[step]] >= left.max() - 1e-5
        assert abs(distances[step] - max(0, nearest[taken[step]])) < 1e-5


def test_a_shorter_order_is_the_beginning_of_a_longer_one() -> None:
    vectors = halves(900, 3)

    assert k_center(vectors, 40)[0].tolist() == k_center(vectors, 400)[0].tolist()[:40]


def test_distances_to_the_nearest_taken_row_never_rise_and_the_first_has_none() -> None:
    distances = k_center(halves(500, 1), 200)[1]

    assert np.isnan(distances[0])
    assert (np.diff(distances[1:]) <= 0).all()


def test_copies_come_last_in_their_order() -> None:
    one = halves(40, 8)
    distinct = np.unique(one, axis=0)
    vectors = np.concatenate([distinct, distinct, distinct])
    taken, distances = k_center(vectors, len(vectors))

    assert set(taken[: len(distinct)].tolist()) == set(range(len(distinct)))
    assert taken[len(distinct) :].tolist() == list(range(len(distinct), len(vectors)))
    assert (distances[len(distinct) :] == 0).all()


@pytest.mark.parametrize("n", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_blocks_have_no_seams(n: int) -> None:
    vectors = halves(n, n)

    assert k_center(vectors, n)[0].tolist() == naive(vectors, n)


def test_vectors_of_no_length_are_rows_as_others() -> None:
    taken, _ = k_center(np.zeros((5, 3), np.float32), 5)

    assert taken.tolist() == [0, 1, 2, 3, 4]


def test_nothing_is_taken_of_nothing() -> None:
    assert k_center(np.zeros((0, 3), np.float32), 0)[0].tolist() == []


@pytest.mark.parametrize(
    ("n", "seed", "width"), [(11, 132360, 8), (28, 538934, 6), (28, 744380, 5), (37, 980885, 5)]
)
def test_an_old_bound_that_equals_the_farthest_is_no_tie(n: int, seed: int, width: int) -> None:
    vectors = halves(n, seed, width)

    assert k_center(vectors, n, 1)[0].tolist() == naive(vectors, n)
