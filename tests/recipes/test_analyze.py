"""`screen --analyze` says how every signal is distributed, and what each preset would set aside."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recipes.analysis.analyze import Analysis, analyze
from recipes.analysis.distributions import BARS, QUANTILES, distribution
from recipes.report.analysis import write_page
from schemas.errors import RecipeError
from schemas.recipe import Screen
from tests.conftest import sentence
from tests.recipes.report.browser import on_a_phone
from tests.recipes.report.pages import Page

Retort = Callable[..., Any]
N = 60


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(11)
    texts = [" ".join(sentence(draw) for _ in range(4)) for _ in range(N - 5)]
    texts += [
        "Too short.",
        "",
        "}{" * 60,
        "\u202eevil <script>alert(1)</script>" * 9,
        "word " * 400,
    ]
    path = tmp_path_factory.mktemp("rows") / "passages.parquet"
    pq.write_table(pa.table({"id": [f"p{n}" for n in range(N)], "text": texts}), path)
    return path


@pytest.fixture(scope="module")
def analysis(file: Path) -> Analysis:
    settings = Screen.model_validate({"keep": {"few": {"sql": "n_words < 40", "reason": "ours"}}})
    return analyze(file, settings, (), None)


def test_quantiles_and_bars_are_those_of_the_values() -> None:
    values = np.random.default_rng(3).normal(size=1000)

    found = distribution("m", "x", "a number", pa.chunked_array([values]))

    assert found.quantiles == pytest.approx(np.quantile(values, QUANTILES))
    assert found.mean == pytest.approx(values.mean())
    assert len(found.bars) == BARS and sum(found.bars) == len(values)


def test_a_column_of_statements_of_words_and_of_nothing_has_what_there_is_to_say() -> None:
    yes = distribution("m", "x", "", pa.chunked_array([pa.array([True, False, None, True])]))
    words = distribution("m", "x", "", pa.chunked_array([["a", "b", "b", None]]))
    empty = distribution("m", "x", "", pa.chunked_array([pa.nulls(2, pa.float64())]))
    constant = distribution("m", "x", "", pa.chunked_array([[4, 4, 4]]))

    assert (yes.mean, yes.n_null, yes.quantiles) == (pytest.approx(2 / 3), 1, ())
    assert words.common == (("b", 2), ("a", 1))
    assert (empty.n_null, empty.mean, empty.quantiles) == (2, None, ())
    assert sum(constant.bars) == 3 and set(constant.quantiles) == {4.0}


def test_every_signal_is_there_with_its_unit_and_every_row_is_counted(analysis: Analysis) -> None:
    found = {one.column: one for one in analysis.distributions}

    assert analysis.n_rows == N and not analysis.left_out
    assert {one.measure for one in analysis.distributions} >= {"signals", "length"}
    assert all(one.said for one in analysis.distributions)
    assert found["n_words"].quantiles[0] == 0 and found["n_words"].quantiles[-1] == 400


def test_each_rule_of_each_preset_says_what_it_would_set_aside_and_shows_three(
    analysis: Analysis,
) -> None:
    presets = {one.name: one for one in analysis.presets}
    (few,) = presets["yours"].rules

    assert set(presets) == {"science", "web", "yours"}
    assert few.n == N - presets["yours"].kept > 3 and few.alone == few.n
    assert len(few.examples) == 3
    assert all(example.values["n_words"] >= 40 for example in few.examples)
    for preset in analysis.presets:
        for told in preset.rules:
            assert len(told.examples) == min(3, told.n) and not told.missing
    short = next(one for one in presets["science"].rules if one.name == "long_enough")
    assert {"Too short.", ""} <= {one.text for one in short.examples}


def test_the_same_rows_give_the_same_page_but_for_the_time(file: Path, analysis: Analysis) -> None:
    again = analyze(
        file, Screen.model_validate({"keep": {"few": {"sql": "n_words < 40"}}}), (), None
    )

    assert analysis.as_json()["presets"] == again.as_json()["presets"]
    assert again.presets[-1].rules[0].examples == analysis.presets[-1].rules[0].examples


def test_the_page_is_whole_loads_nothing_and_obeys_no_text(analysis: Analysis) -> None:
    page = Page(write_page(analysis))

    assert not page.unbalanced and not page.open
    assert "<script>" not in page.html and "\u202e" not in page.html and "⟨U+202E⟩" in page.html
    links = [value for name, value in page.attributes if name in ("href", "src", "action")]
    assert links and all(one.startswith(("#", "data:")) for one in links)
    for column in ("n_words", "latex_balanced"):
        assert f"<strong>{column}</strong>" in page.html


@pytest.mark.slow
def test_a_browser_shows_the_page_without_complaint_and_without_sideways_scrolling(
    analysis: Analysis, tmp_path: Path
) -> None:
    page = write_page(analysis).replace("<details>", "<details open>")

    title, complaints = on_a_phone(page, tmp_path)

    assert title == f"{analysis.path} · Retort: 390 of 390"
    assert "CONSOLE" not in complaints


def test_rules_that_the_rows_have_no_columns_for_say_so(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    rows = [{"instruction": f"Name metal {n}.", "output": f"Iron {n}."} for n in range(4)]
    path.write_text("\n".join(map(json.dumps, rows)))

    found = analyze(path, Screen.model_validate({"keep": {"own": "license_allowed"}}), (), None)

    assert found.gate == "examples"
    (own,) = found.presets[-1].rules
    assert "license" in own.missing and own.n == 0
    assert found.presets[-1].kept == 4


def test_rules_on_the_text_itself_are_applied_and_misspelt_ones_refused(file: Path) -> None:
    found = analyze(file, Screen.model_validate({"keep": {"q": "length(text) > 100"}}), (), None)

    (told,) = found.presets[-1].rules
    assert told.n == 2 and not told.missing
    with pytest.raises(RecipeError, match="Did you mean n_words"):
        analyze(file, Screen.model_validate({"keep": {"q": "n_wordz > 3"}}), (), None)


def test_measures_of_pairs_are_refused(file: Path) -> None:
    with pytest.raises(RecipeError, match="duplicates: compares rows with one another"):
        analyze(file, Screen.model_validate({"measures": {"duplicates": {}}}), (), None)


def test_the_verb_prints_tables_and_writes_a_page(
    file: Path, tmp_path: Path, retort: Retort
) -> None:
    done = retort("screen", file, "--analyze", cwd=tmp_path)
    told = retort("screen", file, "--analyze", "-o", "look.html", "--json", cwd=tmp_path)

    assert done.status == 0, done.err
    assert "preset science would keep" in done.out and "latex_balanced" in done.out
    assert "\x1b" not in done.out and "\u202e" not in done.out
    assert (tmp_path / "passages.analysis.html").stat().st_size > 10_000
    assert told.json["rows"] == N and told.json["page"] == "look.html"
    assert told.json["columns"]["n_words"]["quantiles"][-1] == 400


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--analyze", "--unique", "0.8"), "--analyze only looks"),
        (("--analyze", "-o", "page.parquet"), "a page is a .html file"),
        (("--analyze", "-o", "nowhere/page.html"), "in a folder that is there"),
        ((), "Give -o FILE, or --analyze"),
    ],
)
def test_what_cannot_be_is_one_line(
    file: Path, tmp_path: Path, retort: Retort, options: tuple[str, ...], said: str
) -> None:
    done = retort("screen", file, *options, cwd=tmp_path)

    assert done.status == 2 and said in done.err and done.err.count("\n") == 1
    assert not list(tmp_path.iterdir())
