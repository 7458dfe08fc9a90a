"""What is said of models that were asked: how it went, what they gave, what they cost."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from recipes.report import write_report
from schemas.rows import EXAMPLES
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import HOSTILE, RECIPE, Rows, rows_of, tables_of, write

MODEL, CHEAP = "big-model", "small-model"
ASKED: dict[str, Any] = {
    "teacher": MODEL,
    "task": "grounded-qa",
    "requested": 30,
    "outcomes": {"ok": 26, "refused": 3, "over_budget": 1},
    "examples": 24,
    "calls": 31,
    "prompt_tokens": 10_000,
    "completion_tokens": 2_000,
    "usd": 0.5,
    "calls_now": 21,
    "tokens_now": 8_000,
    "usd_now": 0.3,
}
FREE = {**ASKED, "teacher": CHEAP, "usd": 0.0, "calls_now": 31, "usd_now": 0.0}
COVERAGE = {
    "documents": 9,
    "facts": 40,
    "sentences": 200,
    "sentences_covered": 50,
    "lowest": [["d" * 32, "Work of little cover", 1, 50], ["e" * 32, None, 3, 60]],
}
SCORES = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("judge_clear", pa.float64(), metadata={"doc": "5: well said; 1: garbled"}),
        pa.field("judge_samples", pa.int32()),
    ]
)


def taught_rows(teacher: str = MODEL) -> Rows:
    """Examples of a model.

    Of each four one is found as it stands, one after normalising, one not at all; one has no quote.
    """
    rows = rows_of(n_documents=8)
    for place, example in enumerate(rows.examples):
        example |= {"teacher": teacher, "task": "grounded-qa", "teacher_license": "some-terms"}
        (quote,) = example["evidence"]
        if place % 4 == 1:
            quote["match"] = "normalised"
        if place % 4 == 2:
            quote |= {"quote": "Nobody wrote this.", "end": quote["start"], "match": "none"}
        if place % 4 == 3:
            example["evidence"] = []
    return rows


def taught(
    folder: Path, rows: Rows, facts: dict[str, Any], judged: dict[str, Any] | None = None
) -> Page:
    """The page of a run whose examples a model wrote."""
    tables = tables_of(rows, folder)
    again = folder / "taught"
    again.mkdir()
    notes = ["big-model: the budget of $0.50 is spent; 1 of 30 requests were not asked."]
    tables["synthesize"] = write(
        again, "synthesize", EXAMPLES, rows.examples, facts=facts, notes=notes
    )
    if judged is not None:
        scores = [
            {"id": one["id"], "judge_clear": float(place % 5 + 1), "judge_samples": 1}
            for place, one in enumerate(rows.examples)
        ]
        tables["screen.examples.judge"] = write(
            again, "screen.examples.judge", SCORES, scores, facts=judged
        )
    return Page(write_report(RECIPE, tables))


@pytest.fixture(scope="module")
def made() -> Rows:
    return taught_rows()


@pytest.fixture(scope="module")
def shown(made: Rows, tmp_path_factory: pytest.TempPathFactory) -> Page:
    facts = {"teachers": [ASKED, FREE], "attempts": {"timeout": 2}, "coverage": COVERAGE}
    judge = {**ASKED, "task": "judge", "outcomes": {"ok": 30}, "usd": 0.25}
    return taught(tmp_path_factory.mktemp("taught"), made, facts, {"teachers": [judge]})


def section(page: Page) -> Page:
    """The section alone."""
    return Page(page.html.split('<section id="teachers"')[1].split("</section>")[0])


def test_a_run_without_a_model_has_no_such_section(page: Page) -> None:
    assert 'id="teachers"' not in page.html
    assert 'href="#teachers"' not in page.html


def test_it_comes_right_behind_the_funnel(shown: Page) -> None:
    assert not shown.unbalanced
    assert not shown.open
    assert shown.html.index('href="#funnel"') < shown.html.index('href="#teachers"')
    assert shown.html.index('href="#teachers"') < shown.html.index('href="#unread"')


def test_every_outcome_that_occurred_is_counted_and_explained(shown: Page) -> None:
    found = section(shown)

    assert ["task", "requests", "ok", "refused", "over_budget"] in found.rows()
    assert ["grounded-qa", "30", "26 87 %", "3", "1"] in found.rows()
    assert ["all", "90", "82 91 %", "6", "2"] in found.rows()
    assert "the model would not answer" in found.html
    assert "truncated" not in found.html


def test_examples_are_counted_by_how_their_evidence_was_found(shown: Page, made: Rows) -> None:
    kept = sum(one["kept"] for one in made.example_verdicts)
    share = f"{100 * kept / 24:.0f} %"
    line = next(row for row in section(shown).rows() if row[:2] == ["grounded-qa", "24"])

    assert line[2:7] == ["12 50 %", "6", "6", "6", "6"]
    assert line[7:11] == [f"{kept} {share}", "31", "10,000", "2,000"]
    assert line[11:] == ["$0.500", f"${0.5 / kept:.4f}"]


def test_a_free_teacher_and_one_of_which_nothing_was_kept_have_no_price_an_example(
    shown: Page,
) -> None:
    free = [row for row in section(shown).rows() if row[:2] == ["grounded-qa", "0"]]

    assert [row[-2:] for row in free] == [["–", "–"]]


def test_the_sum_includes_judging(shown: Page, made: Rows) -> None:
    kept = sum(one["kept"] for one in made.example_verdicts)
    total = [row for row in section(shown).rows() if row[0] == "all"][1]

    assert total[-2:] == ["$0.750", f"${0.75 / kept:.4f}"]
    assert ["judge", "scores examples", "31", "10,000", "2,000", "$0.250", "–"] in [
        row for row in section(shown).rows() if row[0] == "judge"
    ]


def test_scores_of_a_judge_are_shown_by_axis(shown: Page) -> None:
    line = next(row for row in section(shown).rows() if row[0].startswith("clear"))

    assert line[0] == "clear 5: well said; 1: garbled"
    assert line[1:3] == ["24", "2.92"]
    assert line[4:] == ["5", "5", "5", "5", "4"]


def test_calls_attempts_terms_and_notes_are_told_in_sentences(shown: Page) -> None:
    told = section(shown).html

    assert "73 calls were paid for when this was made, for $0.600; 20 lay in the ledger" in told
    assert "2 attempts gave no reply (2 timeout); what may succeed" in told
    assert "24 rows of big-model are under the terms some-terms." in told
    assert "the budget of $0.50 is spent" in told


def test_coverage_names_the_documents_that_are_covered_least(shown: Page) -> None:
    rows = section(shown).rows()

    assert "Of 200 sentences that were shown, 50 (25 %) are quoted at least by half" in shown.html
    assert ["Work of little cover " + "d" * 32, "1", "50", "2.0 %"] in rows
    assert ["without title " + "e" * 32, "3", "60", "5.0 %"] in rows


def test_rows_that_may_not_be_trained_on_are_named(tmp_path: Path) -> None:
    rows = taught_rows()
    for example, verdict in zip(rows.examples, rows.example_verdicts, strict=True):
        example |= {"trainable": False, "teacher_license": None}
        verdict |= {"kept": False, "failed": ["trainable"]}
    told = taught(tmp_path, rows, {"teachers": [ASKED]}).html

    assert (
        "24 rows of big-model are under no terms that the recipe names, marked as not to be "
        "trained on: none kept." in told
    )


def test_a_sample_names_its_teacher_and_a_quote_that_is_not_in_the_source(tmp_path: Path) -> None:
    rows = taught_rows()
    for example in rows.examples:
        example["evidence"] = [
            {"quote": "Nobody wrote this.", "start": 0, "end": 0, "match": "none"},
            {"quote": " ", "start": 0, "end": 0, "match": "none"},
        ]
    page = taught(tmp_path, rows, {"teachers": [ASKED]})
    samples = page.html.split('<section id="samples"')[1]

    assert f"<bdi>by {MODEL}</bdi>" in samples
    assert "Its teacher gave no quote." in samples
    assert 'Not in the source: <q class="corpus">Nobody wrote this.</q>' in samples
    assert "does not stand in the passage" not in samples


def test_a_name_of_a_teacher_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    asked = {**ASKED, "teacher": HOSTILE}
    page = taught(tmp_path, taught_rows(HOSTILE), {"teachers": [asked]})

    assert not page.unbalanced
    assert page.tags["script"] == page.tags["img"] == 0
    assert page.tags["style"] == 1
    assert "{{7*7}}" in section(page).html
