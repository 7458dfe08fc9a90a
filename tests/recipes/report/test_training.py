"""Losses are drawn as they were, within the frame; facts are the manifests'."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.report import axis, curve, write_report
from schemas.recipe import Recipe
from schemas.rows import CHECKPOINTS
from tests.recipes.report.models import BEST, FACTS, N_STEPS, TUNED, losses, model_tables
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import Rows, write

LOSS = st.floats(1e-3, 1e3)


def drawn(page: Page, title: str) -> str:
    """The figure of this title."""
    figures = re.findall(r"<figure>.*?</figure>", page.html, re.DOTALL)
    (found,) = (one for one in figures if title in one)
    return found


def points(polyline: str) -> list[tuple[float, float]]:
    pairs = (one.split(",") for one in polyline.split())
    return [(float(x), float(y)) for x, y in pairs]


def test_tuned_and_control_share_a_figure_and_the_base_has_its_own(tuned_page: Page) -> None:
    tuning = drawn(tuned_page, "Tuning, loss per answer token")
    base = drawn(tuned_page, "Pretraining of the base")

    assert re.findall(r'class="name"[^>]*>(\w+)<', tuning) == ["tuned", "control"]
    assert tuning.count('class="best"') == 2
    assert tuning.count('class="valid"') == 2 * (3 + 1)  # and one of each in the legend
    assert base.count('class="best"') == 0
    assert base.count('class="mean"') == 2  # the line, and its sample in the legend


def test_the_ring_lies_on_the_valid_point_of_the_best_step(tuned_page: Page) -> None:
    tuning = drawn(tuned_page, "Tuning, loss per answer token")
    valid = re.findall(r'class="valid" cx="([\d.]+)" cy="([\d.]+)"', tuning)[:3]
    rings = re.findall(r'class="best" cx="([\d.]+)" cy="([\d.]+)"', tuning)

    assert rings[0] == valid[BEST // 20 - 1]
    assert min(float(y) for _, y in valid) < max(float(y) for _, y in valid) == float(rings[0][1])


def test_the_window_of_the_running_mean_is_said(tuned_page: Page) -> None:
    assert "mean of the 3 steps around it" in drawn(tuned_page, "Tuning, loss per answer token")
    assert "mean of the 5 steps around it" in drawn(tuned_page, "Pretraining of the base")


def test_the_line_is_the_mean_of_the_steps_around_it(tuned_page: Page) -> None:
    tuning = drawn(tuned_page, "Tuning, loss per answer token")
    train = [row["loss"] for row in losses(N_STEPS) if row["split"] == "train"]
    each = points(re.findall(r'class="each style1" points="(.*?)"', tuning)[0])
    mean = points(re.findall(r'class="mean" points="(.*?)"', tuning)[0])
    scale = (each[0][1] - each[-1][1]) / (train[0] - train[-1])

    assert len(each) == len(mean) == N_STEPS
    for at in range(1, N_STEPS - 1):
        expected = each[0][1] + scale * (sum(train[at - 1 : at + 2]) / 3 - train[0])
        assert mean[at][1] == pytest.approx(expected, abs=0.25)


def test_the_facts_are_those_of_the_manifests(tuned_page: Page) -> None:
    facts = {one[0]: one[1:] for one in tuned_page.rows() if len(one) == 4}

    assert facts[""] == ["tuned", "control", "base"]
    assert facts["training rows"] == ["30 domain, 10 general", "77 general", "–"]
    assert facts["method"] == ["LoRA, rank 8", "LoRA, rank 8", "from scratch"]
    assert facts["parameters"] == ["1,234,567"] * 3
    assert facts["of these trained"][0] == "123,456 (10.0 %)"
    assert facts["steps"] == ["60", "60", "90"]
    assert facts["rows seen"] == ["240", "240", "–"]
    assert facts["epochs"] == ["2.50", "3.25", "1.25"]
    assert facts["tokens"] == ["54,321", "54,321", "9,000"]
    assert facts["loss tokens"] == ["23,456", "23,456", "3,600"]
    assert facts["tokens per second"] == ["1,988", "1,988", "8,001"]
    assert facts["step that was kept"][0] == "40 (valid loss 4.500)"
    assert facts["device"] == ["cpu, float32", "cpu, float32", "cpu"]
    assert "GPU memory" not in facts


def test_a_gpu_and_an_interruption_are_told_where_there_were_any(
    tuned_tables: dict[str, Path], tmp_path: Path
) -> None:
    more = {**FACTS, "gpu_peak_memory_bytes": 3 << 30, "resumed_from_step": 20}
    made = {"tune": write(tmp_path, "tune", CHECKPOINTS, losses(N_STEPS), facts=more)}
    page = Page(write_report(TUNED, {**tuned_tables, **made}))
    facts = {one[0]: one[1] for one in page.rows() if len(one) == 4}

    assert facts["GPU memory"] == "3.0 GiB"
    assert facts["resumed from step"] == "20"


def test_without_valid_rows_the_ring_is_at_the_last_step(
    tuned_tables: dict[str, Path], tmp_path: Path
) -> None:
    rows = losses(N_STEPS, valid=False)
    made = {"tune": write(tmp_path, "tune", CHECKPOINTS, rows, facts=FACTS)}
    tables = {**tuned_tables, **made}
    del tables["tune.control"]
    tuning = drawn(Page(write_report(TUNED, tables)), "Tuning, loss per answer token")
    last = re.findall(r'class="mean" points="(.*?)"', tuning)[0].split()[-1]

    assert 'class="valid"' not in tuning
    assert "valid rows" not in tuning
    ((x, y),) = re.findall(r'class="best" cx="([\d.]+)" cy="([\d.]+)"', tuning)
    assert (float(x), float(y)) == points(last)[0]


def test_without_a_control_one_line_is_drawn(tmp_path: Path, tuned_rows: Rows) -> None:
    page = Page(write_report(TUNED, model_tables(tuned_rows, tmp_path, control=False)))
    tuning = drawn(page, "Tuning, loss per answer token")

    assert "style1" in tuning
    assert "style2" not in tuning
    assert "compare the models" not in tuning
    assert any(one == ["", "tuned", "base"] for one in page.rows())


def test_a_base_that_was_found_has_no_curve_and_is_named(
    tuned_tables: dict[str, Path], tmp_path: Path
) -> None:
    told = {**TUNED.model_dump(by_alias=True), "base": {"hub": "some/model"}}
    made = {"base": write(tmp_path, "base", CHECKPOINTS, [], facts={"commit": "0f1e2d"})}
    page = Page(write_report(Recipe.model_validate(told), {**tuned_tables, **made}))

    assert "Pretraining of the base" not in page.html
    assert "The base is some/model at commit 0f1e2d." in page.html
    assert any(one == ["", "tuned", "control"] for one in page.rows())


def test_a_path_to_a_base_is_shown_and_not_obeyed(tuned_tables: dict[str, Path]) -> None:
    told = {**TUNED.model_dump(by_alias=True), "base": {"path": "<i>models</i>/\u202eb"}}

    assert "The base is &lt;i&gt;models&lt;/i&gt;/⟨U+202E⟩b." in write_report(
        Recipe.model_validate(told), tuned_tables
    )


@given(
    st.lists(st.tuples(LOSS, LOSS), min_size=1, max_size=700),
    st.lists(st.tuples(st.integers(1, 700), LOSS), max_size=4),
)
def test_losses_are_drawn_within_the_frame(
    found: list[tuple[float, float]], valid: list[tuple[int, float]]
) -> None:
    train = [(step, loss, loss) for step, (loss, _) in enumerate(found, 1)]
    held_out = [(min(step, len(train)), loss) for step, loss in valid]
    one = curve.Losses("tuned", train, held_out, held_out[0] if held_out else None)
    figure = curve.figure("Loss", 1, [one])

    assert figure is not None
    (line,) = figure.lines
    shown = [*points(line.each), *points(line.mean), *line.valid]
    for x, y in [*shown, *([line.best] if line.best else [])]:
        assert figure.left <= x <= figure.right
        assert curve.TOP <= y <= figure.bottom
    for tick in figure.x_ticks:
        assert figure.left <= tick.at <= figure.right
    for tick in figure.y_ticks:
        assert curve.TOP <= tick.at <= figure.bottom
    assert len(points(line.each)) <= 2 * curve.STRETCHES
    assert len(points(line.mean)) <= curve.STRETCHES + 1


def test_nothing_was_trained_and_nothing_is_drawn() -> None:
    assert curve.figure("Loss", 1, []) is None
    assert curve.figure("Loss", 1, [curve.Losses("tuned", [], [], None)]) is None


@given(st.lists(LOSS, min_size=1, max_size=2_000))
def test_a_spike_stays_however_many_steps_there_are(found: list[float]) -> None:
    shown = curve.extremes(list(enumerate(found)))

    assert min(loss for _, loss in shown) == min(found)
    assert max(loss for _, loss in shown) == max(found)
    assert [step for step, _ in shown] == sorted(step for step, _ in shown)
    assert curve.every(list(enumerate(found)))[-1] == (len(found) - 1, found[-1])


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_numbers_on_an_axis_are_round_distinct_and_few(low: float, span: float, most: int) -> None:
    found = axis.rounds(low, low + span, most)
    labels = [label for _, label in found]

    assert len(found) <= most
    assert len(set(labels)) == len(labels)
    for value, label in found:
        assert low - 1e-6 * span <= value <= low + span * (1 + 1e-6)
        assert float(label.replace(",", "").replace(axis.MINUS, "-")) == pytest.approx(
            value, abs=1e-9 * max(1, abs(value))
        )
