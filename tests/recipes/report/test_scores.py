"""What tuning changed is told as it is: less is better, and a zero in the interval is no change."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.report import intervals, write_report
from recipes.report.axis import MINUS
from recipes.report.headline import changed
from recipes.report.scores import Change, Line, Outcome
from schemas.recipe import Recipe
from schemas.rows import SCORES
from tests.recipes.report.models import SHIFTS, TUNED, likelihoods, model_tables, scores
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import Rows, rows_of, write

FINITE = st.floats(-1e3, 1e3)


@pytest.fixture(scope="module")
def found(tuned_rows: Rows) -> list[dict[str, Any]]:
    return scores({model: likelihoods(tuned_rows, model) for model in SHIFTS})


def scored(value: float, low: float, high: float, n_documents: int = 90) -> Change:
    return Change(value, low, high, n_documents)


def row(part: str, low: float, high: float, **other: float | None) -> list[dict[str, Any]]:
    """SCORES of one part where tuning moved the base by the middle of an interval."""
    middle = (low + high) / 2
    told = {"part": part, "model": "tuned", "base": 2.0, "value": 2 + middle, "low": low}
    told |= {"difference": middle, "high": high, "n": 400, "n_documents": 90, **other}
    return [{**told, "metric": metric} for metric in ("nll_per_token", "bits_per_byte")]


def page_of(tables: dict[str, Path], rows: list[dict[str, Any]], folder: Path) -> str:
    """The page of a run with these scores, white space collapsed."""
    made = {**tables, "evaluate": write(folder, "evaluate", SCORES, rows)}
    return " ".join(write_report(TUNED, made).split())


def outcome(part: str, over_base: Change, over_control: Change | None, general: bool) -> Outcome:
    line = Line("nll", 2.0, None, 2.0, over_base, None, over_control)
    return Outcome(part, general, 400, over_base.n_documents, [line], [])


def test_each_part_and_metric_has_the_values_of_all_three_models(
    tuned_page: Page, found: list[dict[str, Any]]
) -> None:
    lines = [one for one in tuned_page.rows() if one[0] in ("nll per token", "bits per byte")]
    expected = [
        [f"{one[name]:.3f}" for name in ("base", "control", "value")]
        for one in found
        if one["model"] == "tuned"
    ]

    assert [line[1:4] for line in lines] == expected


def test_each_difference_stands_with_its_interval(
    tuned_page: Page, found: list[dict[str, Any]]
) -> None:
    line = next(one for one in tuned_page.rows() if one[0] == "nll per token")
    control, tuned = found[:2]
    expected = [
        tuple(tuned[name] for name in ("difference", "low", "high")),
        tuple(control[name] for name in ("difference", "low", "high")),
        tuple(tuned[name] for name in ("over_control", "over_control_low", "over_control_high")),
    ]

    assert (control["model"], tuned["model"]) == ("control", "tuned")
    for cell, numbers in zip(line[4:], expected, strict=True):
        shown = re.findall(r"[+−]?\d+\.\d+", cell)
        assert [float(one.replace(MINUS, "-")) for one in shown] == [round(n, 3) for n in numbers]


def test_rows_and_documents_of_each_part_are_counted(tuned_page: Page, tuned_rows: Rows) -> None:
    for part in ("domain", "general"):
        test = [one for one in tuned_rows.mixture if one["split"] == "test" and one["part"] == part]
        documents = {one["document_id"] for one in test}
        assert [f"{part} {len(test)} test rows of {len(documents)} documents"] in tuned_page.rows()


def test_the_head_of_the_page_says_what_came_out(
    tuned_page: Page, found: list[dict[str, Any]]
) -> None:
    head = " ".join(tuned_page.html.split("<main>")[0].split())
    domain, general = (
        one for one in found if one["model"] == "tuned" and one["metric"] == "nll_per_token"
    )

    for one in (domain, general):
        assert f"{one['base']:.3f} → {one['value']:.3f}" in head
    assert "general (forgetting), nll per answer token" in head
    assert "less is better" in head
    assert "held-out answers are likelier in domain. There is no clear change in general." in head
    assert "The gain in domain is more than that of a control, tuned on general alone." in head


@given(FINITE, FINITE, FINITE)
def test_a_difference_counts_only_where_its_interval_leaves_out_zero(
    value: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    verdict = scored(value, low, high).verdict

    assert (verdict == "better") == (high < 0)
    assert (verdict == "worse") == (low > 0)
    assert (verdict == "no clear change") == (low <= 0 <= high)


def test_one_document_gives_no_interval_and_so_no_verdict() -> None:
    change = scored(-0.4, -0.4, -0.4, n_documents=1)

    assert change.verdict == "no clear change"
    assert change.interval == "no interval"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((-0.36908, -0.38992, -0.34949), "−0.369 [−0.390, −0.349]"),
        ((-0.01691, -0.02896, -0.00043), "−0.0169 [−0.0290, −0.0004]"),
        ((0.00004, -0.00021, 0.00031), "0.0000 [−0.0002, +0.0003]"),
        ((0.0, 0.0, 0.0), "0.000 [0.000, 0.000]"),
    ],
)
def test_an_end_that_is_not_zero_does_not_look_like_it(
    change: tuple[float, float, float], told: str
) -> None:
    assert f"{scored(*change).told} {scored(*change).interval}" == told


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((-0.3, -0.1), "Better than the base: the whole 95 % interval lies below zero."),
        ((0.1, 0.3), "Worse than the base: the whole 95 % interval lies above zero."),
        ((-0.3, 0.1), "No clear change against the base: the 95 % interval includes zero."),
    ],
)
def test_a_part_is_told_in_plain_words(
    tuned_tables: dict[str, Path], tmp_path: Path, ends: tuple[float, float], told: str
) -> None:
    assert told in page_of(tuned_tables, row("domain", *ends), tmp_path)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((-0.3, -0.1), "Forgetting: none. The model is better here than the base"),
        ((0.1, 0.3), "Forgetting: the model is worse here than the base"),
        ((-0.3, 0.1), "Forgetting: no clear change against the base"),
    ],
)
def test_the_change_of_the_general_part_is_the_forgetting(
    tuned_tables: dict[str, Path], tmp_path: Path, ends: tuple[float, float], told: str
) -> None:
    assert told in page_of(tuned_tables, row("general", *ends), tmp_path)


def test_the_recipe_names_the_general_part(tuned_tables: dict[str, Path]) -> None:
    told = {**TUNED.model_dump(by_alias=True), "evaluate": {"general": "domain"}}
    page = write_report(Recipe.model_validate(told), tuned_tables)

    assert "domain (forgetting), nll per answer token" in page
    assert "general (forgetting)" not in page


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (
            (-0.2, -0.1),
            "Better than the control: its interval lies below zero, so more was learned",
        ),
        ((0.1, 0.2), "Worse than the control: its interval lies above zero."),
        ((-0.1, 0.1), "No clear difference from the control, so what was gained may be the format"),
    ],
)
def test_a_gain_is_held_against_the_control(
    tuned_tables: dict[str, Path], tmp_path: Path, ends: tuple[float, float], told: str
) -> None:
    low, high = ends
    over = {"over_control": 0.0, "over_control_low": low, "over_control_high": high}
    rows = row("domain", -0.3, -0.1, control=2.0, **over)
    control = [{**one, "model": "control", "control": None} for one in rows]

    assert told in page_of(tuned_tables, [*rows, *control], tmp_path)


def test_without_a_control_nothing_is_said_of_one(tmp_path: Path, tuned_rows: Rows) -> None:
    page = Page(write_report(TUNED, model_tables(tuned_rows, tmp_path, control=False)))
    line = next(one for one in page.rows() if one[0] == "nll per token")
    drawn = re.findall(r"(\w+ − \w+)</text>", page.html)

    assert len(line) == 4
    assert drawn == ["tuned − base", "tuned − base"]
    assert "There is no control" in page.html
    assert "than the control" not in page.html
    assert "of a control" not in page.html


def test_few_documents_are_called_few(tmp_path: Path) -> None:
    few = write_report(TUNED, model_tables(rows_of(n_documents=48), tmp_path))
    many = page_of(model_tables(rows_of(n_documents=48), tmp_path), row("domain", -2, -1), tmp_path)

    assert "are few: take the interval for a rough one." in few
    assert "are few" not in many


def test_a_page_without_scores_says_nothing_of_them(page: Page) -> None:
    assert "What tuning changed" not in page.html
    assert "less is better" not in page.html


def test_the_lede_names_parts_that_got_worse() -> None:
    worse = outcome("notes", scored(0.2, 0.1, 0.3), None, general=False)
    better = outcome("domain", scored(-0.2, -0.3, -0.1), scored(0.0, -0.1, 0.1), general=False)

    assert changed(TUNED, [better, worse]) == (
        "After tuning, held-out answers are likelier in domain and less likely in notes. "
        "The gain in domain is not clearly more than that of a control, tuned on general alone."
    )
    assert changed(TUNED, []) == ""


@given(st.lists(st.tuples(FINITE, FINITE, FINITE), min_size=1, max_size=6))
def test_differences_are_drawn_within_the_frame(found: list[tuple[float, float, float]]) -> None:
    changes = [scored(*sorted(one)[1::-1], sorted(one)[2]) for one in found]
    figure = intervals.figure([outcome("x" * 64, one, one, general=False) for one in changes])

    assert figure is not None
    assert len(figure.marks) == 2 * len(found)
    assert figure.left <= figure.zero <= figure.right
    for mark in figure.marks:
        assert figure.left <= mark.low <= mark.at <= mark.high <= figure.right
        assert figure.top <= mark.y <= figure.height - figure.bottom
    for tick in figure.ticks:
        assert figure.left <= tick.at <= figure.right
    assert all(len(heading.label) <= intervals.MOST_CHARACTERS for heading in figure.headings)


def test_an_interval_with_zero_has_a_hollow_dot(tuned_page: Page) -> None:
    svg = tuned_page.html.split('aria-label="Differences')[1].split("</svg>")[0]
    told = re.findall(r"<title>(.*?)</title>.*?<circle class=\"(\w+)\"", svg, re.DOTALL)

    assert len(told) == 6
    assert {kind for _, kind in told} == {"clear", "unclear"}
    for words, kind in told:
        assert (kind == "unclear") == words.endswith("no clear change")


def test_parts_of_the_mixture_come_first_and_the_general_one_last(
    tuned_tables: dict[str, Path], tmp_path: Path
) -> None:
    rows = [one for part in ("aside", "general", "domain") for one in row(part, -0.3, -0.1)]
    page = Page(page_of(tuned_tables, rows, tmp_path))
    order = [one[0].split()[0] for one in page.rows() if len(one) == 1 and "test rows" in one[0]]

    assert order == ["domain", "aside", "general"]
