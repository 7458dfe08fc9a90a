"""A mixture has the shares that were asked for, repeats nothing, and nests."""

import pyarrow as pa
import pytest

from curate.mix import SPLITS
from curate.mix.draw import mix
from schemas.errors import RecipeError
from schemas.ids import identity
from schemas.mixing import Mix
from schemas.rows import EXAMPLES, TOKENS, VERDICTS


def examples(**parts: int) -> pa.Table:
    rows = [
        {
            "id": identity(part, number),
            "part": part,
            "split": SPLITS[number % 10 - 7] if number % 10 in (8, 9) else "train",
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": f"{part} {number}"},
                {"role": "assistant", "content": f"answer {number}"},
            ],
        }
        for part, n in parts.items()
        for number in range(n)
    ]
    return pa.Table.from_pylist(rows, schema=EXAMPLES)


def verdicts(rows: pa.Table, failed: dict[str, str] | None = None) -> pa.Table:
    judged = [
        {
            "id": one,
            "kept": one not in (failed or {}),
            "failed": [failed[one]] if failed and one in failed else [],
        }
        for one in rows["id"].to_pylist()
    ]
    return pa.Table.from_pylist(judged, schema=VERDICTS)


def drawn(rows: pa.Table, settings: Mix, seed: int = 1) -> dict[str, list[dict[str, object]]]:
    with mix(rows, verdicts(rows), settings, seed) as mixed:
        return {
            split: [row for batch in mixed.batches(split) for row in batch.to_pylist()]
            for split in SPLITS
        }


def test_no_example_is_drawn_twice_and_none_of_another_split() -> None:
    rows = examples(domain=100, general=100)
    mixture = drawn(rows, Mix(parts={"domain": 0.7, "general": 0.3}, size=60))

    taken = [row["example_id"] for split in SPLITS for row in mixture[split]]
    assert len(taken) == len(set(taken))
    of = dict(zip(rows["id"].to_pylist(), rows["split"].to_pylist(), strict=True))
    assert all(of[row["example_id"]] == split for split in SPLITS for row in mixture[split])
    assert [row["part"] for row in mixture["train"]].count("domain") == 42


def test_a_smaller_mixture_is_part_by_part_inside_a_larger_one() -> None:
    rows = examples(domain=300, general=300)
    parts = {"domain": 0.5, "general": 0.5}
    small = drawn(rows, Mix(parts=parts, size=50))["train"]
    large = drawn(rows, Mix(parts=parts, size=100))["train"]
    other = drawn(rows, Mix(parts={"domain": 0.8, "general": 0.2}, size=50))["train"]

    assert {row["example_id"] for row in small} < {row["example_id"] for row in large}
    domain = [{row["example_id"] for row in m if row["part"] == "domain"} for m in (small, other)]
    assert domain[0] < domain[1]


def test_one_seed_gives_one_order_and_another_seed_another() -> None:
    rows = examples(domain=100)
    settings = Mix(parts={"domain": 1.0}, size=40)

    assert drawn(rows, settings) == drawn(rows, settings)
    assert drawn(rows, settings)["train"] != drawn(rows, settings, seed=2)["train"]


def test_parts_are_shuffled_together() -> None:
    mixture = drawn(examples(a=100, b=100), Mix(parts={"a": 0.5, "b": 0.5}, size=100))["train"]

    assert [row["position"] for row in mixture] == list(range(100))
    assert 20 < [row["part"] for row in mixture[:50]].count("a") < 30 + 10


def test_the_last_turn_is_the_completion_and_the_others_the_prompt() -> None:
    row = drawn(examples(domain=20), Mix(parts={"domain": 1.0}, size=1))["train"][0]

    assert [turn["role"] for turn in row["prompt"]] == ["system", "user"]  # type: ignore[attr-defined]
    assert [turn["role"] for turn in row["completion"]] == ["assistant"]  # type: ignore[attr-defined]


def test_without_a_size_the_mixture_is_as_large_as_the_shares_allow() -> None:
    mixture = drawn(examples(a=100, b=10), Mix(parts={"a": 0.5, "b": 0.5}))

    assert [row["part"] for row in mixture["train"]].count("b") == 8
    assert len(mixture["train"]) == 17


def test_a_part_that_is_too_small_is_named_with_its_worst_rule_and_the_size_that_fits() -> None:
    rows = examples(domain=100, general=50)
    ids = [row["id"] for row in rows.to_pylist() if row["part"] == "general"]
    judged = verdicts(rows, dict.fromkeys(ids[:30], "too_short"))

    with (
        pytest.raises(
            RecipeError,
            match=r"parts\.general: 60 rows ask for 30.*16 of the 40 .*too_short.*\(24 rows.*33",
        ),
        mix(rows, judged, Mix(parts={"domain": 0.5, "general": 0.5}, size=60), 1),
    ):
        pass


def test_an_empty_mixture_is_an_error() -> None:
    rows = examples(domain=10)
    judged = verdicts(rows, dict.fromkeys(rows["id"].to_pylist(), "nothing_passes"))

    with (
        pytest.raises(RecipeError, match=r"nothing_passes.*loosen a rule"),
        mix(rows, judged, Mix(parts={"domain": 1.0}), 1),
    ):
        pass


def counted(rows: pa.Table, n_tokens: dict[str, int], problems: dict[str, str]) -> pa.Table:
    told = [
        {
            "id": one,
            "n_tokens": n_tokens.get(one, 10),
            "n_loss_tokens": 4,
            "problem": problems.get(one),
        }
        for one in rows["id"].to_pylist()
    ]
    return pa.Table.from_pylist(told, schema=TOKENS)


def test_rows_that_cannot_be_trained_on_are_set_aside_before_anything_is_drawn() -> None:
    rows = examples(a=100, b=100)
    ids = rows["id"].to_pylist()
    tokens = counted(rows, {ids[0]: 11, ids[1]: 500}, {ids[2]: "no end token"})
    with mix(
        rows, verdicts(rows), Mix(parts={"a": 0.5, "b": 0.5}), 1, tokens=tokens, max_length=10
    ) as mixed:
        drawn = [row for batch in mixed.batches("train") for row in batch.to_pylist()]

    assert mixed.set_aside == {"longer than max_length": 2, "no end token": 1}
    assert mixed.counts["train"] == {"a": 77, "b": 77}
    assert not {row["example_id"] for row in drawn} & set(ids[:3])
    assert mixed.tokens["train"]["a"] == {"n_tokens": 770, "n_loss_tokens": 308}
    assert {(row["n_tokens"], row["n_loss_tokens"]) for row in drawn} == {(10, 4)}


def test_what_set_most_of_a_part_aside_is_named() -> None:
    rows = examples(a=20)
    tokens = counted(rows, dict.fromkeys(rows["id"].to_pylist(), 99), {})
    with (
        pytest.raises(RecipeError, match=r"Being longer than max_length set aside most of it \(16"),
        mix(rows, verdicts(rows), Mix(parts={"a": 1.0}), 1, tokens=tokens, max_length=10),
    ):
        pass


def test_held_out_rows_depend_neither_on_seed_nor_on_size() -> None:
    rows = examples(a=100)
    small, large = (
        drawn(rows, Mix(parts={"a": 1.0}, size=size), seed) for size, seed in ((10, 1), (50, 2))
    )

    for split in ("valid", "test"):
        assert small[split] == large[split]


def test_test_rows_of_other_parts_are_taken_where_they_are_asked_for() -> None:
    rows = examples(a=100, b=100)
    with mix(rows, verdicts(rows), Mix(parts={"a": 1.0}), 1, also_test=["b"]) as mixed:
        parts = {
            split: {row["part"] for batch in mixed.batches(split) for row in batch.to_pylist()}
            for split in SPLITS
        }

    assert parts == {"train": {"a"}, "valid": {"a"}, "test": {"a", "b"}}
