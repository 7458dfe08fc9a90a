"""Every pair at or above the floor is stored, no other; copies are linear; blocks do not matter."""

import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.bands import GROUP_NEAR
from curate.screen.semantic import (
    BELOW_ONE,
    Similar,
    Vectors,
    check_size,
    near_pairs,
    similar,
    unit,
)
from curate.screen.unique import TOLERANCE
from schemas.errors import RecipeError, TableError
from schemas.rows import PAIRS


def drawn(n: int, dimensions: int, seed: int) -> Vectors:
    """Vectors of which every third is near to an earlier one, at cosines around 0.9."""
    draw = np.random.default_rng(seed)
    vectors = draw.standard_normal((n, dimensions)).astype(np.float32)
    for row in range(2, n, 3):
        noise = draw.standard_normal(dimensions) * draw.uniform(0.2, 0.8)
        vectors[row] = vectors[draw.integers(row)] + noise
    return unit(vectors)


def found(vectors: Vectors, floor: float = 0.9, limit: int = 512, own: int = 0) -> Similar:
    """Pairs among vectors, the first `own` of which are of a reference."""
    ids = pa.array([f"id{row}" for row in range(len(vectors))])
    begins, names = np.array([0, own, len(vectors)]), ["old", None]
    return similar(ids, vectors, np.arange(len(vectors)), begins, names, floor, limit)


def stored(result: Similar) -> dict[tuple[int, int], float]:
    columns = (result.pairs[name].to_pylist() for name in ("position", "other_position"))
    scores = result.pairs["similarity"].to_pylist()
    return dict(zip(zip(*columns, strict=True), scores, strict=True))


def truth(vectors: Vectors, floor: float) -> dict[tuple[int, int], float]:
    """By brute force, in float64."""
    exact = vectors.astype(np.float64)
    exact /= np.linalg.norm(exact, axis=1)[:, None]
    products = np.tril(exact @ exact.T, -1)
    rows = zip(*np.nonzero(products >= floor), strict=True)
    return {(int(row), int(other)): float(products[row, other]) for row, other in rows}


@pytest.mark.parametrize("floor", [0.5, 0.8, 0.95])
def test_pairs_are_those_of_brute_force(floor: float) -> None:
    vectors = drawn(3000, 48, seed=1)
    result, expected = stored(found(vectors, floor)), truth(vectors, floor)

    assert len(expected) > 100
    assert result.keys() == expected.keys()
    assert all(abs(score - expected[pair]) < 1e-12 for pair, score in result.items())


@pytest.mark.parametrize("block", [1, 7, 100, 4096])
@pytest.mark.parametrize("own", [0, 1, 60, 149, 150])
def test_blocks_and_threads_do_not_change_the_result(
    block: int, own: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = drawn(150, 16, seed=2)
    whole = near_pairs(vectors, own, 0.7)
    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", 3)
    parts = near_pairs(vectors, own, 0.7, block=block)

    assert all(
        np.array_equal(getattr(whole, one), getattr(parts, one))
        for one in ("later", "earlier", "similarity")
    )
    assert (whole.later >= own).all()


def test_a_pair_on_the_floor_is_stored_whatever_the_order_of_summing() -> None:
    draw = np.random.default_rng(3)
    vectors = unit(draw.standard_normal((40, 700)).astype(np.float32))
    exact = sorted(truth(vectors, 0.0).items(), key=lambda one: one[1])[-20:]
    for pair, score in exact:
        assert pair in stored(found(vectors, score - 1e-13))
        assert pair not in stored(found(vectors, score + 1e-13))


def test_the_table_is_that_of_pairs_in_order() -> None:
    result = found(drawn(300, 8, seed=4), 0.8)
    pairs = list(stored(result))

    assert result.pairs.schema.equals(PAIRS)
    assert pairs == sorted(pairs)
    assert all(other < row for row, other in pairs)
    assert set(result.pairs["field"].to_pylist()) == {"semantic"}
    assert set(result.pairs["match"].to_pylist()) == {"semantic"}
    assert result.pairs["id"].to_pylist() == [f"id{row}" for row, _ in pairs]
    assert result.facts["n_pairs"] == len(pairs)


@given(st.lists(st.sampled_from([(1, 0), (0.999, 0.04), (0, 1), (-1, 0)]), max_size=14))
def test_equal_vectors_are_a_star_and_near_ones_pairs_of_first_members(
    rows: list[tuple[float, float]],
) -> None:
    vectors = unit(np.array(rows, np.float32).reshape(-1, 2))
    result = stored(found(vectors, 0.9))
    firsts = {row: rows.index(row) for row in rows}
    stars = {(place, firsts[row]) for place, row in enumerate(rows) if firsts[row] < place}

    assert {pair for pair, score in result.items() if score == 1} == stars
    near = {pair for pair, score in result.items() if score < 1}
    assert near == {
        (max(a, b), min(a, b))
        for a in [firsts.get((1, 0))]
        for b in [firsts.get((0.999, 0.04))]
        if a is not None and b is not None
    }


def test_a_near_pair_is_never_taken_for_a_copy() -> None:
    one = unit(np.full((1, 384), 1.0, np.float32))
    other = one.copy()
    other[0, 0] = np.nextafter(other[0, 0], np.float32(2))
    result = stored(found(np.concatenate([one, other])))

    assert result[1, 0] <= BELOW_ONE
    assert result[1, 0] > 1 - 1e-7 > 1 - TOLERANCE * 1e3


def test_identical_vectors_are_linear() -> None:
    vectors = np.repeat(drawn(3, 64, seed=5), 40_000, axis=0)
    began = time.monotonic()
    result = found(vectors)

    assert result.facts["n_copies"] == 3 * 39_999 <= result.pairs.num_rows <= 3 * 40_000
    assert time.monotonic() - began < 10


def test_many_near_but_unequal_rows_are_bounded_and_counted() -> None:
    n, limit = 1500, 4 * GROUP_NEAR
    draw = np.random.default_rng(6)
    vectors = unit(1 + 0.01 * draw.standard_normal((n, 32)).astype(np.float32))
    result = found(vectors, limit=limit)
    pairs = stored(result)
    last = [other for row, other in pairs if row == n - 1]

    assert last == [*range(GROUP_NEAR), *range(n - 1 - GROUP_NEAR, n - 1)]
    assert [other for row, other in pairs if row == limit] == list(range(limit))
    assert result.facts["n_large_groups"] == n - 1 - limit
    assert result.facts["n_pairs_left_out"] == n * (n - 1) // 2 - len(pairs)


@pytest.mark.parametrize("block", [16, 50, 4096])
def test_a_bounded_row_keeps_the_same_in_any_blocks(block: int) -> None:
    draw = np.random.default_rng(7)
    vectors = unit(1 + 0.01 * draw.standard_normal((200, 8)).astype(np.float32))
    vectors[::3] = drawn(67, 8, seed=8)
    whole = near_pairs(vectors, 0, 0.9, limit=32)
    parts = near_pairs(vectors, 0, 0.9, limit=32, block=block)

    assert whole.n_large == parts.n_large > 0
    assert np.array_equal(whole.earlier, parts.earlier)


def test_references_come_first_and_are_not_compared_with_each_other() -> None:
    vectors = drawn(90, 12, seed=9)
    vectors[80] = vectors[3]
    expected = truth(vectors, 0.8)
    result = found(vectors, 0.8, own=40)
    told = result.pairs.to_pylist()
    pairs = {
        (row["position"] + 40, row["other_position"] + (0 if row["reference"] else 40)): row
        for row in told
    }

    assert {pair for pair in expected if pair[0] >= 40 and 80 not in pair} == {
        pair for pair in pairs if 80 not in pair
    }
    assert [pair for pair in pairs if pair[0] == 80] == [(80, 3)]
    assert pairs[80, 3]["similarity"] == 1 and pairs[80, 3]["other"] == "id3"
    assert {row["reference"] for row in told} == {"old", None}
    assert result.facts["n_pairs_with_references"] == sum(bool(row["reference"]) for row in told)
    assert (result.facts["n_rows"], result.facts["n_references"]) == (50, 40)


def test_rows_without_a_vector_resemble_nothing() -> None:
    vectors = drawn(4, 8, seed=10)
    ids = pa.array(["a", "b", "c", "d", "e"])
    of_row = np.array([-1, 2, -1, 2, 0])
    result = similar(ids, vectors, of_row, np.array([0, 5]), [None], 0.99)

    assert [(row["id"], row["other"]) for row in result.pairs.to_pylist()] == [("d", "b")]
    assert result.facts["n_without_vector"] == 2


def test_no_rows_have_no_pairs() -> None:
    none = np.empty((0, 0), np.float32)
    empty = np.empty(0, np.int64)
    result = similar(pa.array([], pa.string()), none, empty, np.array([0, 0]), [None], 0.9)

    assert result.pairs.equals(PAIRS.empty_table())


@pytest.mark.parametrize("length", [0.0, 0.99, 2.0, float("nan")])
def test_vectors_of_another_length_are_refused(length: float) -> None:
    vectors = drawn(5, 8, seed=11)
    vectors[3] *= length

    with pytest.raises(TableError, match="vector 3 has the length"):
        near_pairs(vectors, 0, 0.9)


def test_more_rows_than_can_be_compared_are_refused_with_both_numbers() -> None:
    check_size(100, 100, "w")
    with pytest.raises(RecipeError, match=r"^w: 300,000 different texts .* 100,000 are.*5 minutes"):
        check_size(300_000, 100_000, "w")
