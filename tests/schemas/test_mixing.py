"""The block `mix`: what it refuses, and how it says so; a stranger wrote it."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.mixing import Mix
from schemas.recipe import Recipe

SOURCE = {"from": "files", "paths": ["papers"]}


def test_a_sum_near_one_is_told_with_the_digits_that_matter() -> None:
    with pytest.raises(ValidationError, match=r"the shares sum to 1\.000002, they must sum to 1"):
        Mix.model_validate({"parts": {"a": 0.500001, "b": 0.500001}})


@pytest.mark.parametrize("preset", [["replay-5"], {"replay-5": 1}, 5])
def test_a_preset_of_another_type_is_refused(preset: object) -> None:
    with pytest.raises(ValidationError, match="preset"):
        Mix.model_validate({"preset": preset, "parts": {"a": 1}})


def test_a_general_part_of_another_type_is_refused() -> None:
    told: dict[str, Any] = {
        "name": "small",
        "collect": {"a": [SOURCE], "general": [SOURCE]},
        "mix": {"preset": "replay-5", "parts": {"a": 1}},
        "evaluate": {"general": ["general"]},
    }
    with pytest.raises(ValidationError, match=r"evaluate\.general"):
        Recipe.model_validate(told)


@pytest.mark.parametrize("share", ["1e999999999", ".inf", [1], None, "nan"])
def test_a_preset_takes_no_share_that_is_none(share: object) -> None:
    with pytest.raises(ValidationError, match="a needs a share"):
        Mix.model_validate({"preset": "replay-5", "parts": {"a": share}})


@pytest.mark.parametrize(
    "told",
    [
        {"parts": {"a": 1}, "size": 10**20},
        {"parts": {"a": {"count": 10**20}}},
        {"parts": {"a": 1}, "caps": {"document": 10**20}},
    ],
)
def test_numbers_that_do_not_fit_64_bits_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="less than or equal to"):
        Mix.model_validate(told)
