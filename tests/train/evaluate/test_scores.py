"""Scores are ratios of sums, differences are paired, intervals come from documents."""

import math

import numpy as np
import pyarrow as pa
import pytest

from schemas.errors import TableError
from schemas.rows import LIKELIHOODS, SCORES
from schemas.training import Evaluate
from train.evaluate.scores import resampled, score

SETTINGS = Evaluate(draws=4_000)


def rows(
    nll: list[float], documents: list[str], part: str = "domain", tokens: int = 10
) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "example_id": f"{part}{number}",
                "document_id": document,
                "part": part,
                "n_loss_tokens": tokens,
                "n_bytes": 4 * tokens,
                "nll": loss,
            }
            for number, (loss, document) in enumerate(zip(nll, documents, strict=True))
        ],
        schema=LIKELIHOODS,
    )


def test_a_score_is_nats_over_tokens_and_bits_over_bytes() -> None:
    base = rows([10.0, 30.0], ["a", "b"])
    tuned = rows([8.0, 20.0], ["a", "b"])
    per_token, per_byte = score({"base": base, "tuned": tuned}, SETTINGS, 1)

    assert per_token["metric"] == "nll_per_token"
    assert (per_token["base"], per_token["value"]) == (2.0, 1.4)
    assert per_token["difference"] == pytest.approx(-0.6)
    assert per_byte["base"] == pytest.approx(40 / 80 / math.log(2))
    assert per_token["n"] == per_token["n_documents"] == 2
    assert set(per_token) == set(SCORES.names)


def test_a_part_is_scored_on_its_own_rows() -> None:
    both = [
        pa.concat_tables([rows([a] * 4, list("wxyz")), rows([b] * 4, list("wxyz"), "general")])
        for a, b in ((20.0, 30.0), (10.0, 33.0))
    ]
    scores = score({"base": both[0], "tuned": both[1]}, SETTINGS, 1)
    found = {one["part"]: one["difference"] for one in scores if one["metric"] == "nll_per_token"}

    assert found == {"domain": pytest.approx(-1.0), "general": pytest.approx(0.3)}


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(3)
    truth, covered = -2.0, 0
    for trial in range(200):
        base = draw.normal(50, 15, 60)
        tuned = base + draw.normal(truth * 10, 20, 60)
        names = [str(number) for number in range(60)]
        (told, _) = score(
            {"base": rows(list(base), names), "tuned": rows(list(tuned), names)},
            Evaluate(draws=500),
            trial,
        )
        covered += told["low"] <= truth <= told["high"]

    assert 180 <= covered <= 197  # 95 % of 200, give or take two standard deviations and a bit


def test_the_difference_is_paired_so_hard_documents_do_not_widen_it() -> None:
    hard = [float(number**2) for number in range(1, 41)]
    names = [str(number) for number in range(40)]
    base, tuned = rows(hard, names), rows([loss - 5 for loss in hard], names)
    (told, _) = score({"base": base, "tuned": tuned}, SETTINGS, 1)

    assert told["low"] == pytest.approx(-0.5) == told["high"]


def test_answers_of_one_document_stand_or_fall_together() -> None:
    base = rows([20.0] * 40, [str(number) for number in range(40)])
    losses = [15.0 if number % 2 else 23.0 for number in range(40)]
    apart = rows(losses, [str(number) for number in range(40)])
    together = [str(number % 2 + 2 * (number // 20)) for number in range(40)]
    base_together = rows([20.0] * 40, together)
    (wide, _) = score({"base": base_together, "tuned": rows(losses, together)}, SETTINGS, 1)
    (narrow, _) = score({"base": base, "tuned": apart}, SETTINGS, 1)

    assert wide["n_documents"] == 4
    assert wide["high"] - wide["low"] > 2 * (narrow["high"] - narrow["low"])


def test_the_tuned_model_is_compared_with_the_control_too() -> None:
    names = list("abcd")
    models = {
        "base": rows([20.0] * 4, names),
        "control": rows([18.0] * 4, names),
        "tuned": rows([12.0] * 4, names),
    }
    control, tuned = (one for one in score(models, SETTINGS, 1) if one["metric"] == "nll_per_token")

    assert (control["model"], control["over_control"]) == ("control", None)
    assert tuned["control"] == pytest.approx(1.8)
    assert tuned["over_control"] == pytest.approx(-0.6)
    assert tuned["over_control_high"] == pytest.approx(-0.6)


def test_the_same_seed_gives_the_same_interval() -> None:
    names = [str(number) for number in range(30)]
    draw = np.random.default_rng(1)
    models = {
        "base": rows(list(draw.normal(20, 3, 30)), names),
        "tuned": rows(list(draw.normal(19, 3, 30)), names),
    }

    assert score(models, SETTINGS, 4) == score(models, SETTINGS, 4)
    assert score(models, SETTINGS, 4) != score(models, SETTINGS, 5)


def test_draws_over_more_documents_than_fit_at_once_are_made_in_pieces() -> None:
    drawn = resampled(np.stack([np.arange(12.0), np.ones(12)]), 1_000, 1)
    many = resampled(np.ones((1, 3_000_000)), 3, 1)

    assert drawn.shape == (2, 1_000)
    assert drawn[0].mean() == pytest.approx(66, rel=0.05)
    assert (drawn[1] == 12).all()
    assert (many == 3_000_000).all() and many.shape == (1, 3)


def test_models_that_were_asked_other_rows_are_refused() -> None:
    with pytest.raises(TableError, match="tuned was not asked the rows that the base was asked"):
        score({"base": rows([1.0], ["a"]), "tuned": rows([1.0, 2.0], ["a", "b"])}, SETTINGS, 1)


def test_one_document_has_no_interval() -> None:
    (told, _) = score(
        {"base": rows([9.0, 8.0], ["a", "a"]), "tuned": rows([7.0, 6.0], ["a", "a"])}, SETTINGS, 1
    )

    assert (told["low"], told["high"], told["n_documents"]) == (None, None, 1)


def test_no_test_rows_give_no_scores() -> None:
    nothing = LIKELIHOODS.empty_table()

    assert score({"base": nothing, "tuned": nothing}, SETTINGS, 1) == []
