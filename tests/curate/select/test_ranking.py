"""Candidates are kept training examples, ranked part by part; figures beside each other."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from curate.select.candidates import candidates
from curate.select.compare import ALL, BINS, bar, compare
from curate.select.ranking import Measured, Ranked, rank
from schemas.errors import RecipeError
from schemas.plain import Plain
from schemas.rows import EXAMPLES, TOKENS, VERDICTS
from schemas.selected import DIFFICULTY, SELECTED, vectors
from schemas.selecting import Select


def example(number: int, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    turns = [
        {"role": "user", "content": f"Question {number}?"},
        {"role": "assistant", "content": " ".join(["word"] * (1 + number % 7))},
    ]
    return {
        "id": f"e{number:04}",
        "part": "domain",
        "split": "train",
        "messages": turns,
        "task": f"task-{number % 3}",
        "domain": "chemistry" if number % 2 else None,
        "document_id": f"d{number // 4}",
        "passage_id": f"p{number % 5}",
        **given,
    }


def examples(n: int, **given: Any) -> pa.Table:  # noqa: ANN401
    rows = [example(number, **given) for number in range(n)]
    return pa.Table.from_pylist(rows, schema=EXAMPLES)


def verdicts(rows: pa.Table, kept: list[bool] | None = None) -> pa.Table:
    told = kept or [True] * len(rows)
    made = pa.table({"id": rows["id"], "kept": told})
    return pa.concat_tables([VERDICTS.empty_table(), made], promote_options="default")


def silent(line: str) -> None: ...


def ranked(rows: pa.Table, measured: Measured | None = None, **settings: Any) -> Ranked:  # noqa: ANN401
    found = candidates(rows, verdicts(rows), ["domain"], 7)
    return rank(found, ["domain"], Select(**settings), measured or Measured(), silent)


def test_only_kept_training_rows_of_the_parts_are_candidates() -> None:
    rows = pa.Table.from_pylist(
        [
            example(0),
            example(1, split="valid"),
            example(2, part="general"),
            example(3),
            example(4, split="test"),
        ],
        schema=EXAMPLES,
    )
    kept = [True, True, True, False, True]

    assert candidates(rows, verdicts(rows, kept), ["domain"], 7)["id"].to_pylist() == ["e0000"]


def test_rows_that_cannot_be_trained_on_are_no_candidates() -> None:
    rows = examples(3)
    tokens = pa.Table.from_pylist(
        [
            {"id": "e0000", "n_tokens": 10, "n_loss_tokens": 4, "problem": None},
            {"id": "e0001", "n_tokens": 99, "n_loss_tokens": 4, "problem": None},
            {"id": "e0002", "n_tokens": 10, "n_loss_tokens": 0, "problem": "no loss tokens"},
        ],
        schema=TOKENS,
    )
    found = candidates(rows, verdicts(rows), ["domain"], 7, tokens=tokens, longest=50)

    assert found.select(["id", "n_loss_tokens"]).to_pylist() == [
        {"id": "e0000", "n_loss_tokens": 4}
    ]


def test_headings_lose_their_numbers_and_case() -> None:
    headings = [
        "2.1 Methods",
        "METHODS",
        "II. Methods:",
        "(a) methods",
        "Vitamin C",
        None,
        "3.",
        "",
    ]
    rows = pa.Table.from_pylist(
        [example(number, passage_id=f"p{number}") for number in range(8)], schema=EXAMPLES
    )
    passages = pa.table(
        {
            "id": [f"p{number}" for number in range(8)],
            "section": pa.array(
                [[one, "below"] if one is not None else [] for one in headings],
                pa.list_(pa.string()),
            ),
        }
    )
    found = candidates(rows, verdicts(rows), ["domain"], 7, passages=passages).sort_by("id")

    assert found["section"].to_pylist() == [
        *["methods"] * 4, "vitamin c", None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["random", "stratified", "longest"])
def test_every_candidate_has_one_rank_and_the_order_of_the_file_does_not_matter(
    method: str,
) -> None:
    rows = examples(200)
    backwards = rows.take(pa.array(np.arange(200)[::-1]))
    one, other = ranked(rows, method=method).rows, ranked(backwards, method=method).rows

    assert one.schema == SELECTED and one.equals(other)
    assert one["rank"].to_pylist() == list(range(200))
    assert sorted(one["id"].to_pylist()) == rows["id"].to_pylist()


@pytest.mark.parametrize("method", ["random", "stratified", "longest"])
def test_fewer_rows_are_the_first_of_more(method: str) -> None:
    rows = examples(100)
    few, many = ranked(rows, method=method, size=10), ranked(rows, method=method, size=60)

    assert few.rows["id"].to_pylist() == many.rows["id"].to_pylist()[:10]


def test_another_seed_draws_other_rows() -> None:
    rows = examples(100)
    found = [
        candidates(rows, verdicts(rows), ["domain"], seed)["id"].to_pylist() for seed in (1, 2)
    ]

    assert found[0] != found[1] and sorted(found[0]) == sorted(found[1])


def table_of_vectors(ids: list[str], splits: list[str] | None = None) -> pa.Table:
    """(rows, 4) unit vectors, at random."""
    draw = np.random.default_rng(1)
    found = draw.standard_normal((len(ids), 4)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    columns = [
        pa.array(ids),
        pa.array(["domain"] * len(ids)),
        pa.array(splits or ["train"] * len(ids)),
        pa.FixedSizeListArray.from_arrays(pa.array(found.ravel()), 4),
    ]
    return pa.table(columns, schema=vectors(4))


def test_rows_without_a_vector_come_last_and_are_counted() -> None:
    rows = examples(40)
    ids = rows["id"].to_pylist()[:30]
    measured = Measured(vectors=Plain(table_of_vectors(ids)))
    found = ranked(rows, measured, method="k-center")
    told = found.rows.to_pylist()

    assert {row["id"] for row in told[:30]} == set(ids)
    assert all(row["score"] is not None for row in told[1:30])
    assert all(row["score"] is None for row in told[30:])
    assert found.facts["domain"]["without_vector"] == 10


def test_valid_rows_are_the_targets_of_rds() -> None:
    rows = examples(20)
    ids = [*rows["id"].to_pylist(), "v1"]
    table = table_of_vectors(ids, ["train"] * 20 + ["valid"])
    found = ranked(rows, Measured(vectors=Plain(table)), method="rds", size=5)
    flat = table["vector"].combine_chunks().flatten().to_numpy().reshape(21, 4)
    nearest = np.argsort(-(flat[:20] @ flat[20]))[:5]

    assert found.rows["id"].to_pylist() == [ids[place] for place in nearest]
    assert found.facts["domain"]["targets"] == 1


def test_rds_without_targets_says_what_to_do() -> None:
    rows = examples(20)
    measured = Measured(vectors=Plain(table_of_vectors(rows["id"].to_pylist())))

    with pytest.raises(RecipeError, match=r"part domain has none.*holdout\.valid.*select\.targets"):
        ranked(rows, measured, method="rds", size=5)


def test_rows_are_ranked_by_their_difficulty_and_those_without_come_last() -> None:
    rows = examples(4)
    told = [
        {"id": "e0000", "nll_given": 1.0, "nll_alone": 4.0, "ifd": 0.25},
        {"id": "e0001", "nll_given": 5.0, "nll_alone": 4.0, "ifd": 1.25},
        {"id": "e0003", "nll_given": 3.0, "nll_alone": 4.0, "ifd": 0.75},
    ]
    measured = Measured(difficulty=Plain(pa.Table.from_pylist(told, schema=DIFFICULTY)))
    found = ranked(rows, measured, method="ifd")

    assert found.rows["id"].to_pylist() == ["e0003", "e0000", "e0001", "e0002"]
    assert found.rows["score"].to_pylist() == [0.75, 0.25, 1.25, None]
    assert found.facts["domain"]["without_score"] == 1


def test_more_rows_than_candidates_says_both_numbers() -> None:
    with pytest.raises(RecipeError, match=r"50 rows of domain .* 20 candidates"):
        ranked(examples(20), method="random", size=50)


def test_a_part_without_candidates_is_named() -> None:
    rows = examples(3, split="test")

    with pytest.raises(RecipeError, match="the part domain has no kept training example"):
        ranked(rows, method="random")


def test_figures_of_selections_count_every_row_and_document() -> None:
    rows = examples(40)
    found = candidates(rows, verdicts(rows), ["domain"], 7)
    one, other = pa.array(["e0000", "e0001"]), pa.array(["e0001", "e0039"])
    told = compare(found, {"random": one, "longest": other})

    assert told["overlap"]["random"] == {"random": 1, "longest": 0.5}
    assert told["rows"] == {ALL: 40, "random": 2, "longest": 2}
    assert told["documents"] == {ALL: 10, "random": 1, "longest": 2}
    assert told["documents_share"]["longest"] == 0.2
    assert told["tasks"]["random"] == {"task-0": 1, "task-1": 1}
    assert told["domains"]["longest"] == {"chemistry": 2}
    assert list(told["words"]["random"]) == BINS
    assert sum(told["words"][ALL].values()) == 40
    assert told["words"]["random"]["1-2"] == 2


@pytest.mark.parametrize(
    ("count", "drawn"), [(0, ""), (1, "▏"), (500, "█████"), (1000, "█" * 10), (550, "█████▌")]
)
def test_a_bar_is_in_proportion_and_anything_is_seen(count: int, drawn: str) -> None:
    assert bar(count, 1000) == drawn
