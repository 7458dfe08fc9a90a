"""Every stored pair is true, nearly every true pair is stored, and copies stay linear."""

import random
import re
import time
from collections.abc import Callable, Iterator
from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from curate.screen.measures import duplicates
from curate.screen.measures.duplicates import Found, Params, measure_corpus
from schemas.errors import TableError
from schemas.rows import PAIRS

LONG = " ".join(f"w{i}" for i in range(30))
Batches = Callable[[], Iterator[pa.RecordBatch]]


def streamed(texts: list[str | None], size: int = 1000, kind: pa.DataType | None = None) -> Batches:
    ids = [f"id{row}" for row in range(len(texts))]
    rows = pa.table({"id": ids, "text": pa.array(texts, kind or pa.string())})
    return lambda: iter(rows.to_batches(max_chunksize=size))


def found(texts: list[str | None], **parameters: float) -> Found:
    return measure_corpus(streamed(texts), Params.model_validate(parameters))


def positions(result: Found) -> list[tuple[int, int]]:
    pairs = result.pairs
    return list(
        zip(pairs["position"].to_pylist(), pairs["other_position"].to_pylist(), strict=True)
    )


def shingles(text: str) -> frozenset[tuple[bytes, ...]]:
    words = re.findall(rb"[0-9a-z\x80-\xff]+", text.lower().encode())
    width = min(5, len(words))
    if not words:
        return frozenset()
    return frozenset(tuple(words[i : i + width]) for i in range(len(words) - width + 1))


def planted(n: int, seed: int) -> list[str | None]:
    """Texts over a made-up vocabulary; every third is a copy with up to a sixth of it changed."""
    draw = random.Random(seed)
    vocabulary = [f"t{i}" for i in range(2000)]
    texts: list[list[str]] = []
    for row in range(n):
        if row % 3 == 2:
            text = list(draw.choice(texts))
            for _ in range(draw.randint(0, max(1, len(text) // 30))):
                text[draw.randrange(len(text))] = draw.choice(vocabulary)
        else:
            text = draw.choices(vocabulary, k=draw.randint(1, 120))
        texts.append(text)
    return [" ".join(text) for text in texts]


def truth(texts: list[str | None], floor: float) -> dict[tuple[int, int], float]:
    """Similarity of every pair at or above the floor, by brute force over rows that share any."""
    sets = [shingles(text or "") for text in texts]
    holders: dict[tuple[bytes, ...], list[int]] = {}
    for row, own in enumerate(sets):
        for shingle in own:
            holders.setdefault(shingle, []).append(row)
    near = {pair for rows in holders.values() for pair in combinations(rows, 2)}
    scores = {(b, a): len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for a, b in near}
    return {pair: score for pair, score in scores.items() if score >= floor}


def test_the_columns_are_those_of_the_schema() -> None:
    assert {name: kind for name, (kind, _) in duplicates.COLUMNS.items()} == {
        field.name: str(field.type) for field in PAIRS
    }
    assert list(duplicates.COLUMNS) == PAIRS.names
    assert found([LONG, LONG]).pairs.schema.equals(PAIRS)


@pytest.mark.parametrize("floor", [0.5, 0.7, 0.9])
def test_planted_copies_are_found_and_no_pair_is_false(floor: float) -> None:
    texts = planted(4000, seed=5)
    expected = truth(texts, floor)
    result = found(texts, floor=floor)
    stored = dict(zip(positions(result), result.pairs["similarity"].to_pylist(), strict=True))

    assert all(abs(expected[pair] - score) < 1e-12 for pair, score in stored.items())
    # A copy stands for its class: only its first member has pairs below 1.
    copies = {later for later, _ in stored if stored[later, _] == 1}
    wanted = {
        pair for pair, score in expected.items() if score < 1 and not copies.intersection(pair)
    }
    assert len(wanted) > 50
    assert len(wanted & stored.keys()) >= 0.99 * len(wanted)


@given(st.lists(st.text(alphabet="ab É,\n", max_size=30), max_size=12))
@settings(deadline=None, max_examples=50)
def test_classes_and_order_hold_for_any_texts(texts: list[str]) -> None:
    result = found(list(texts))
    sets = [shingles(text) for text in texts]
    stars = {
        (row, sets.index(own)) for row, own in enumerate(sets) if own and sets.index(own) < row
    }
    stored = list(zip(positions(result), result.pairs["similarity"].to_pylist(), strict=True))

    assert {pair for pair, score in stored if score == 1} == stars
    assert [pair for pair, _ in stored] == sorted({pair for pair, _ in stored})
    assert all(other < row for (row, other), _ in stored)
    assert all(score == len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for (a, b), score in stored)
    assert result.facts["n_rows"] == len(texts)
    assert result.facts["n_empty"] == sum(not own for own in sets)


def test_ids_belong_to_their_positions() -> None:
    result = found(["x", LONG, LONG + " end", "y", LONG])

    assert [(row["id"], row["other"], row["field"]) for row in result.pairs.to_pylist()] == [
        ("id2", "id1", "text"),
        ("id4", "id1", "text"),
    ]


def test_identical_rows_are_a_star_in_linear_time() -> None:
    n = 200_000
    began = time.monotonic()
    result = found([LONG] * n)

    assert result.pairs.num_rows == n - 1
    assert set(result.pairs["other_position"].to_pylist()) == {0}
    assert time.monotonic() - began < 30


def test_many_distinct_near_copies_stay_bounded_and_say_so() -> None:
    n = 3000
    result = found([f"{LONG} {row}" for row in range(n)], group_limit=64)

    assert result.facts["n_large_groups"] > 0
    assert result.facts["n_pairs_left_out"] > 0
    assert result.pairs.num_rows < 200 * n
    assert set(result.pairs["position"].to_pylist()) == set(range(1, n))


def test_texts_without_words_repeat_nothing() -> None:
    result = found(["", None, " ", "!?", "", None])

    assert result.pairs.num_rows == 0
    assert result.facts["n_empty"] == 6


def test_no_rows_have_no_pairs() -> None:
    result = measure_corpus(lambda: iter([]), Params())

    assert result.pairs.equals(PAIRS.empty_table())
    assert result.facts["n_rows"] == 0


def test_one_word_rows_are_equal_or_different() -> None:
    assert positions(found(["gene", "cell", "Gene!", "genes"])) == [(2, 0)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_slices_of_every_string_type_give_the_same_pairs(kind: pa.DataType) -> None:
    texts = planted(300, seed=2)
    whole = measure_corpus(streamed(texts), Params())
    rows = pa.table(
        {"id": [f"id{r}" for r in range(-7, 300)], "text": pa.array(["z"] * 7 + texts, kind)}
    )
    shifted = rows.slice(7)

    again = measure_corpus(lambda: iter(shifted.to_batches(max_chunksize=13)), Params())

    assert whole.pairs.num_rows > 50
    assert again.pairs.combine_chunks().equals(whole.pairs.combine_chunks())


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_batches_do_not_change_the_result(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = planted(3000, seed=9)
    expected = measure_corpus(streamed(texts), Params())
    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", threads)

    result = measure_corpus(streamed(texts, size=777), Params())

    assert result.pairs.combine_chunks().equals(expected.pairs.combine_chunks())
    assert result.facts == expected.facts


def test_another_column_can_be_compared() -> None:
    rows = pa.record_batch({"id": ["a", "b"], "abstract": [LONG, LONG]})

    result = measure_corpus(lambda: iter([rows]), Params(text="abstract"))

    assert result.pairs["field"].to_pylist() == ["abstract"]


def test_rows_that_change_between_readings_are_refused() -> None:
    readings = iter([[LONG, LONG + " a"], [LONG, LONG + " a b"]])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"id": ["a", "b"], "text": next(readings)})

    with pytest.raises(TableError, match="differ between two readings"):
        measure_corpus(batches, Params())


@pytest.mark.parametrize(
    "wrong", [{"floor": 1.1}, {"shingle_words": 0}, {"permutations": 16, "floor": 0.1}, {"flor": 1}]
)
def test_parameters_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Params.model_validate(wrong)


def test_both_asks_that_question_and_answer_are_alike() -> None:
    question, answer = LONG, " ".join(f"a{i}" for i in range(40))
    rows = pa.record_batch(
        {
            "id": list("abcde"),
            "instruction": [question, question + " x", question, "other words here", ""],
            "response": [answer, answer + " y", "nothing like it", answer, ""],
        }
    )

    result = measure_corpus(lambda: iter([rows]), Params(text="both"))

    (pair,) = result.pairs.to_pylist()
    assert (pair["id"], pair["other"], pair["field"]) == ("b", "a", "both")
    assert pair["similarity"] == min(26 / 27, 36 / 37)
    assert result.facts["n_empty"] == 1


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    text = "".join(chr(0x4E00 + 37 * i % 900) for i in range(200))
    edited = text[:100] + "的" + text[101:]
    result = found([text, edited, text[::-1]])

    (pair,) = result.pairs.to_pylist()
    assert (pair["id"], pair["other"]) == ("id1", "id0")
    assert pair["similarity"] == (193 - 8) / (193 + 8)


def test_bytes_that_are_no_text_are_compared_all_the_same() -> None:
    rows = pa.record_batch(
        {"id": ["a", "b"], "text": pa.array([b"\xff" + LONG.encode(), LONG.encode()], pa.binary())}
    )

    result = measure_corpus(lambda: iter([rows]), Params())

    assert result.pairs["match"].to_pylist() == ["exact"]


def test_equal_sets_of_other_texts_are_near_and_not_exact() -> None:
    result = found(
        [
            "a b c d e f a b c d e f",
            "a b c d e f a b c d e f a b c d e f",
            "A b c d e f a b c d e f",
        ]
    )

    assert result.pairs["match"].to_pylist() == ["near", "exact"]
    assert result.pairs["similarity"].to_pylist() == [1.0, 1.0]


def test_beyond_its_memory_it_works_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = planted(3000, seed=4)
    expected = found(texts)
    monkeypatch.setenv("RETORT_MEMORY", "10000")

    result = found(texts)

    assert result.pairs.equals(expected.pairs)
    assert result.facts == expected.facts


def test_memory_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETORT_MEMORY", "8 GB")

    with pytest.raises(TableError, match="RETORT_MEMORY: '8 GB' is not a number of bytes"):
        found([LONG])
