"""Bands find what they promise, groups stay bounded, and no likely pair is left out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.screen import bands

SIGNATURES = st.lists(st.tuples(*[st.integers(0, 2)] * 4), max_size=30)


@settings(deadline=None)
@given(st.integers(16, 256), st.floats(0.3, 1))
def test_bands_reach_the_recall_with_the_most_rows(permutations: int, floor: float) -> None:
    n_bands, rows = bands.bands_for(permutations, floor, 0.99)

    assert n_bands * rows <= permutations
    assert bands.candidate_probability(floor, n_bands, rows) >= 0.99 or rows == 1
    if rows < permutations:
        assert bands.candidate_probability(floor, permutations // (rows + 1), rows + 1) < 0.99


def test_the_defaults_are_32_bands_of_4() -> None:
    assert bands.bands_for(128, 0.7, 0.99) == (32, 4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40))
def test_first_equal_is_the_first_row_with_the_same_band(rows: list[tuple[int, int]]) -> None:
    signatures = np.array(rows, np.uint32).reshape(-1, 2)
    expected = [[column.index(v) for v in column] for column in signatures.T.tolist()]

    firsts = bands.first_equal(signatures, np.arange(len(rows)), 0, 2, 1)

    assert firsts.tolist() == (expected or [[], []])


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 2), max_size=30),
    st.integers(4, 8),
    st.integers(1, 2),
    st.sampled_from([0, 0, 5, 20]),
)
def test_groups_are_paired_all_with_all_up_to_the_limit_but_for_references(
    groups: list[int], limit: int, near: int, own: int
) -> None:
    of_group = {g: [i for i, own in enumerate(groups) if own == g] for g in set(groups)}
    members = np.array(
        sorted(rows[0] << 32 | row for rows in of_group.values() for row in rows[1:]), np.int64
    )

    pairs, n_large, n_left_out = bands.group_pairs(members, limit, near, own)

    expected = {
        (rows[k], rows[j])
        for rows in of_group.values()
        for k in range(len(rows))
        for j in range(k)
        if rows[k] >= own and (k < limit or j < near or j >= k - near)
    }
    everything = sum(k for rows in of_group.values() for k, row in enumerate(rows) if row >= own)
    assert sorted((int(p) >> 32, int(p) & 0xFFFFFFFF) for p in pairs) == sorted(expected)
    assert n_large == sum(len(rows) > limit and rows[-1] >= own for rows in of_group.values())
    assert n_left_out == everything - len(expected)


@settings(deadline=None)
@given(SIGNATURES)
def test_candidates_are_the_pairs_that_share_a_band(rows: list[tuple[int, ...]]) -> None:
    signatures = np.array(rows, np.uint32).reshape(-1, 4)
    own = np.arange(1, len(rows))

    pairs, n_large, n_left_out = bands.candidates(signatures, own, 2, 2, limit=100)

    later, earlier = bands.unpacked(pairs)
    assert list(zip(later.tolist(), earlier.tolist(), strict=True)) == [
        (b, a)
        for b in own.tolist()
        for a in range(1, b)
        if rows[a][:2] == rows[b][:2] or rows[a][2:] == rows[b][2:]
    ]
    assert (n_large, n_left_out) == (0, 0)


def test_many_rows_in_one_band_have_a_linear_number_of_candidates() -> None:
    n, limit = 3000, 64
    signatures = np.zeros((n, 2), np.uint32)

    pairs, n_large, n_left_out = bands.candidates(signatures, np.arange(n), 2, 1, limit)

    later, _ = bands.unpacked(pairs)
    assert len(pairs) < limit * limit + 2 * bands.GROUP_NEAR * n
    assert set(later.tolist()) == set(range(1, n))
    assert n_large == 2
    assert n_left_out == 2 * (n * (n - 1) // 2 - len(pairs))


def test_a_pair_is_likely_when_its_sizes_and_its_signatures_allow_the_floor() -> None:
    signatures = np.zeros((4, 128), np.uint32)
    signatures[2, :64] = 1
    signatures[3, :80] = 2
    sizes = np.array([100, 69, 100, 100], np.int32)
    pairs = bands.packed(np.array([1, 2, 3]), np.array([0, 0, 0]))

    # At a floor of 0.7 rows of 100 and 69 cannot reach it; 4 deviations below it are 69 of 128.
    assert bands.likely(signatures, sizes, pairs, 0.7).tolist() == []
    assert bands.likely(signatures, sizes, pairs, 0.6).tolist() == pairs[:2].tolist()
    assert bands.likely(signatures, sizes, pairs, 0.5).tolist() == pairs.tolist()
