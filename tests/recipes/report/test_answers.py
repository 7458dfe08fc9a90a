"""Every row that was answered stands with its question, the reference and all answers."""

import re
from pathlib import Path

from recipes.report import answers, write_report
from schemas.rows import LIKELIHOODS
from tests.recipes.report.models import SHIFTS, TUNED, likelihoods
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import Rows, write


def cards(html: str) -> list[str]:
    return re.findall(r'<article class="card answers">.*?</article>', html, re.DOTALL)


def test_a_sampled_row_has_its_question_the_reference_and_all_answers(
    tuned_page: Page, tuned_rows: Rows
) -> None:
    mixed = {one["example_id"]: one for one in tuned_rows.mixture}
    asked = {model: likelihoods(tuned_rows, model) for model in SHIFTS}
    sampled = [place for place, one in enumerate(asked["base"]) if one["answer"]]
    shown = cards(tuned_page.html)

    assert len(sampled) == len(shown) == 4
    for place in sampled:
        row = asked["base"][place]
        (card,) = (one for one in shown if f"retort why {row['example_id']}<" in one)
        assert mixed[row["example_id"]]["prompt"][-1]["content"] in card
        assert mixed[row["example_id"]]["completion"][-1]["content"] in card
        for model in SHIFTS:
            told = asked[model][place]
            assert told["answer"] in card
            assert f"reference: {told['nll'] / told['n_loss_tokens']:.3f}" in card


def test_a_row_that_was_not_answered_is_not_shown(tuned_page: Page, tuned_rows: Rows) -> None:
    section = tuned_page.html.split('<section id="answers"')[1]
    silent = [one for one in likelihoods(tuned_rows, "base") if one["answer"] is None]

    assert silent
    assert not [one for one in silent if one["example_id"] in section]


def test_only_models_that_were_asked_stand_side_by_side(tuned_tables: dict[str, Path]) -> None:
    asked = {"likelihood.tuned", "evaluate"}
    page = write_report(TUNED, {k: v for k, v in tuned_tables.items() if k not in asked})

    assert [re.findall(r"<dt>(\w+)</dt>", card) for card in cards(page)] == [
        ["Question", "Reference", "Base", "Control"]
    ] * 4


def test_an_empty_answer_is_called_empty(tuned_tables: dict[str, Path], tmp_path: Path) -> None:
    table = {"likelihood.tuned": _answered(tuned_tables, tmp_path, "", 1)}
    page = write_report(TUNED, {**tuned_tables, **table})

    assert cards(page)[0].count("(empty)") == 1


def test_a_long_answer_is_shortened_and_the_gap_counted(
    tuned_tables: dict[str, Path], tmp_path: Path
) -> None:
    long = "a" * 10 * answers.TEXT
    table = {"likelihood.tuned": _answered(tuned_tables, tmp_path, long, 1)}
    page = write_report(TUNED, {**tuned_tables, **table})

    assert long not in page
    assert f"[{len(long) - answers.TEXT:,} characters left out]" in page


def test_of_many_rows_the_first_are_open_and_the_others_folded(
    tuned_tables: dict[str, Path], tmp_path: Path
) -> None:
    table = {"likelihood.tuned": _answered(tuned_tables, tmp_path, "Yes.", 7)}
    page = write_report(TUNED, {**tuned_tables, **table})
    section = page.split('<section id="answers"')[1].split("</section>")[0]
    folded = re.findall(r"<details>.*?</details>", section, re.DOTALL)

    assert "3 more rows of domain" in section
    assert [len(cards(one)) for one in folded] == [7 - answers.AT_FIRST]


def _answered(tables: dict[str, Path], folder: Path, text: str, n: int) -> Path:
    """A table of the tuned model with this answer to the first rows of the domain."""
    import pyarrow.dataset as ds

    rows = ds.dataset(tables["likelihood.tuned"] / "part-00000.parquet").to_table().to_pylist()
    of_domain = [row for row in rows if row["part"] == "domain"][:n]
    for row in of_domain:
        row["answer"] = text
    return write(folder, "likelihood.tuned", LIKELIHOODS, rows)


def test_the_last_user_turn_of_a_conversation_is_the_question() -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "First?"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "Second?"},
    ]

    assert answers.last_turn(turns, "user") == "Second?"
    assert answers.last_turn(turns[:1], "user") == "Be brief."
    assert answers.last_turn([], "user") == ""
