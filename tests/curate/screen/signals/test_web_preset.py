"""The preset `web`: a rule for each of four filters, and what each sets aside."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from curate.screen import rules
from curate.screen.kernels import buffers
from curate.screen.planned import PRESETS
from curate.screen.signals.web import COLUMNS, web

FILTERS = {"gopher_quality", "gopher_repetition", "c4_quality", "fineweb_quality"}
SENTENCES = [
    "The membrane of the cell lets water pass, and it holds back most of the salt.",
    "With more pressure the flow rises until the pores begin to close under load.",
    "We have measured that rise in forty samples, each of them cut from one sheet.",
    "None of the samples broke, although two of the oldest had to be cut again.",
    "To be certain of the result, another group repeated all steps in the summer.",
]
GOOD = "\n".join(SENTENCES)


def preset() -> dict[str, Any]:
    gates: dict[str, Any] = yaml.safe_load((PRESETS / "web.yaml").read_text(encoding="utf-8"))
    return gates


def failed(text: str) -> set[str]:
    """The rules that a text does not pass."""
    table = pa.table(
        {name: pa.array(column) for name, column in web(*buffers(pa.array([text]))).items()}
    )
    with duckdb.connect() as database:
        database.register("measured", table)
        return {
            name
            for name, rule in preset()["passages"].items()
            if database.sql(f"select ({rule['sql']}) from measured").fetchall() != [(True,)]
        }


def test_there_is_one_rule_for_each_filter() -> None:
    assert set(preset()["passages"]) == FILTERS


@pytest.mark.parametrize("gate", ["passages", "examples"])
def test_a_rule_is_one_expression_over_the_columns_of_the_signals(gate: str) -> None:
    found = preset()[gate]

    assert found.keys() <= FILTERS
    for name, rule in found.items():
        assert rules.check(name, rule["sql"]).columns <= set(COLUMNS)
        assert rule["reason"] and "datatrove" in rule["source"]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (GOOD, set()),
        ("", FILTERS),
        (" \n", {"gopher_quality", "c4_quality", "fineweb_quality"}),
        (GOOD + "\n" + SENTENCES[0], {"gopher_repetition", "fineweb_quality"}),
        (GOOD + "\nThe function {x} is shown.", {"c4_quality"}),
        (GOOD + "\nLorem ipsum is the text here.", {"c4_quality"}),
        ("\n".join(SENTENCES[:4]), {"c4_quality"}),
        ("\n".join(SENTENCES[:4]) + "\nThis site uses cookies.", {"c4_quality"}),
        (GOOD.replace(".", ","), {"c4_quality", "fineweb_quality"}),
        ("\n".join("- " + line for line in SENTENCES), {"gopher_quality"}),
        ("\n".join(line + ".." for line in SENTENCES), {"gopher_quality", "c4_quality"}),
        (" ".join(SENTENCES[:2]), {"gopher_quality", "c4_quality"}),
        (GOOD.replace(" ", "\n"), {"c4_quality", "fineweb_quality"}),
    ],
)
def test_a_rule_sets_aside_what_its_filter_would(text: str, rules: set[str]) -> None:
    assert failed(text) == rules
