"""Similarity is exact whatever the memory, and a table that changes is refused."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.screen.bands import packed
from curate.screen.shingles import shingling
from curate.screen.sketches import Batches, Sketches, Texts
from curate.screen.verify import jaccard, verify
from schemas.errors import TableError


def source(batches: Batches) -> list[Texts]:
    return [Texts(batches, ("text",), shingling(1, 8))]


def counted(sizes: list[int]) -> Sketches:
    nothing = np.empty((len(sizes), 0))
    return Sketches(
        nothing.astype(np.uint32),
        nothing.astype(np.uint64),
        np.array(sizes, np.int32),
        np.array([0, len(sizes)]),
        0,
    )


TEXTS = st.lists(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=12).map(" ".join), max_size=12
)


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(1, 9)), min_size=1, max_size=8))
def test_jaccard_is_that_of_python_sets(sets: list[set[int]]) -> None:
    hashes = np.array([value for own in sets for value in own], np.uint64)
    starts = np.cumsum([0, *map(len, sets)])
    left, right = (side.ravel() for side in np.indices((len(sets), len(sets))))

    similarity = jaccard(hashes, starts, hashes, starts, left, right)

    for a, b, value in zip(left, right, similarity, strict=True):
        union = len(sets[a] | sets[b])
        assert value == (len(sets[a] & sets[b]) / union if union else 0)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 5), st.sampled_from([8, 100, 1 << 20]))
def test_every_pair_has_its_exact_similarity_in_any_memory(
    texts: list[str], batch: int, held_bytes: int
) -> None:
    rows = pa.table({"id": [f"id{row}" for row in range(len(texts))], "text": texts}).cast(
        pa.schema({"id": pa.string(), "text": pa.string()})
    )
    sets = [set(text.split()) for text in texts]
    pairs = [(b, a) for b in range(len(texts)) for a in range(b)]
    later, earlier = np.array(pairs, np.int64).reshape(-1, 2).T

    similarity, ids = verify(
        source(lambda: iter(rows.to_batches(max_chunksize=batch))),
        counted([len(own) for own in sets]),
        packed(later, earlier),
        np.arange(len(texts)),
        held_bytes,
    )

    assert similarity.tolist() == [
        len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for b, a in pairs
    ]
    assert ids.to_pylist() == rows["id"].to_pylist()


def test_of_two_fields_the_smaller_similarity_counts() -> None:
    first = np.array([2, 4, 6, 3, 5], np.uint64)  # the lowest bit says which field
    second = np.array([2, 4, 8, 3], np.uint64)
    hashes, starts = np.concatenate([first, second, first[:3]]), np.array([0, 5, 9, 12])

    similarity = jaccard(
        hashes, starts, hashes, starts, np.array([0, 0, 2]), np.array([1, 0, 2]), paired=True
    )

    assert similarity.tolist() == [0.5, 1.0, 1.0]


@pytest.mark.parametrize(("held_bytes", "readings"), [(1 << 20, 1), (2 * 8, 2)])
def test_less_memory_costs_more_readings(held_bytes: int, readings: int) -> None:
    begun = []

    def batches() -> Iterator[pa.RecordBatch]:
        begun.append(True)
        yield pa.record_batch({"id": ["x", "y", "z"], "text": ["a b", "a b c", "a b d"]})

    pairs = packed(np.array([1, 2, 2]), np.array([0, 0, 1]))
    verify(source(batches), counted([2, 3, 3]), pairs, np.arange(3), held_bytes)

    assert len(begun) == readings


@pytest.mark.parametrize("texts", [["a b", "a b c d"], ["a b"]])
def test_rows_that_are_not_those_of_the_first_reading_are_refused(texts: list[str]) -> None:
    rows = pa.record_batch({"id": ["x", "y"][: len(texts)], "text": texts})

    with pytest.raises(TableError, match="differ between two readings"):
        verify(
            source(lambda: iter([rows])),
            counted([2, 3]),
            packed(np.array([1]), np.array([0])),
            np.arange(2),
            1 << 20,
        )
