"""The mixture in rows and tokens: what was asked for, what it came to, what could not be used."""

from collections import Counter
from pathlib import Path

from recipes.report import write_report
from schemas.recipe import Recipe
from schemas.rows import MIXTURE
from tests.recipes.report.models import TUNED
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import RECIPE, Rows, mixture_facts, write


def test_the_mixture_shows_what_was_asked_and_what_was_realised(page: Page, rows: Rows) -> None:
    lines = {row[0]: row[1:] for row in page.rows() if len(row) == 7 and "%" in row[1]}
    n = Counter((one["part"], one["split"]) for one in rows.mixture)
    train = n["domain", "train"] + n["general", "train"]
    realised = f"{100 * n['domain', 'train'] / train:.0f} %"

    assert lines["domain"] == [
        "75 %",
        "9",
        str(n["domain", "train"]),
        realised,
        str(n["domain", "valid"]),
        str(n["domain", "test"]),
    ]
    assert lines["all"][1:3] == ["12", str(train)]


def test_tokens_stand_beside_rows_where_they_were_counted(tuned_page: Page) -> None:
    lines = {row[0]: row for row in tuned_page.rows() if len(row) == 9}

    assert lines["part"][5:7] == ["tokens", "answer tokens"]
    assert lines["domain"][5:7] == ["4,321", "1,234"]
    assert lines["general"][5:7] == ["2,345", "987"]
    assert lines["all"][5:7] == ["6,666", "2,221"]


def test_rows_that_do_not_fit_are_counted_with_their_reasons(tuned_page: Page) -> None:
    section = " ".join(tuned_page.html.split('<section id="mixture"')[1].split())

    assert "A row may have at most 128 tokens" in section
    assert "of all splits: 3 longer than max_length, 1 no end token." in section


def test_rows_set_aside_are_not_merely_not_drawn(tuned_page: Page) -> None:
    assert "1,234 kept examples not drawn: the shares asked for no more." in tuned_page.html
    assert "4 kept examples of all splits set aside before that: " in tuned_page.html


def test_a_part_that_is_only_tested_has_its_row(
    rows: Rows, tables: dict[str, Path], tmp_path: Path
) -> None:
    told = {**RECIPE.model_dump(by_alias=True), "mix": {"parts": {"domain": 1.0}}}
    mixed = [one for one in rows.mixture if one["part"] == "domain" or one["split"] == "test"]
    alone = Recipe.model_validate(told)
    facts = mixture_facts(mixed, alone)
    made = {"mix": write(tmp_path, "mix", MIXTURE, mixed, facts=facts)}
    page = Page(write_report(alone, {**tables, **made}))
    lines = {row[0]: row[1:] for row in page.rows() if len(row) == 7}
    n = Counter((one["part"], one["split"]) for one in mixed)

    assert lines["general"] == ["–", "–", "0", "0 %", "0", str(n["general", "test"])]
    assert lines["all"][-1] == str(n["domain", "test"] + n["general", "test"])
    assert "tested all the same, so that forgetting can be seen: general." in page.html


def test_without_tokens_there_are_no_columns_for_them(page: Page) -> None:
    assert "answer tokens" not in page.html
    assert "A row may have" not in page.html


def test_no_row_set_aside_is_said_too(tuned_tables: dict[str, Path], tmp_path: Path) -> None:
    facts = {**mixture_facts([], TUNED), "tokens": {"train": {}}, "max_length": 64}
    made = {"mix": write(tmp_path, "mix", MIXTURE, [], facts=facts)}

    assert "at most 64 tokens" in write_report(TUNED, {**tuned_tables, **made})
    assert "None was." in write_report(TUNED, {**tuned_tables, **made})


def test_a_mixture_that_shrank_says_so(rows: Rows, tables: dict[str, Path], tmp_path: Path) -> None:
    facts = mixture_facts(rows.mixture, RECIPE)
    made = {"mix": write(tmp_path, "mix", MIXTURE, rows.mixture, facts={**facts, "shrunk": True})}

    assert "so the mixture is smaller" in write_report(RECIPE, {**tables, **made})
    assert "so the mixture is smaller" not in write_report(RECIPE, tables)
