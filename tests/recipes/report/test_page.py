"""The page stands on its own, obeys no text, and is there for a run that was cut short."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from recipes.report import text, write_report
from schemas.recipe import Recipe
from tests.recipes.report.browser import on_a_phone
from tests.recipes.report.models import TUNED, model_tables
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import HOSTILE, RECIPE, STAGES, Rows, rows_of, tables_of


def test_the_same_tables_give_the_same_page(tables: dict[str, Path], page: Page) -> None:
    assert write_report(RECIPE, tables) == page.html


def test_a_page_of_a_run_without_a_model_has_no_word_about_models(page: Page) -> None:
    ids = {value for name, value in page.attributes if name == "id"}

    assert not ids & {"scores", "training", "answers"}


@pytest.mark.parametrize("last", range(len(STAGES) + 1))
def test_a_run_that_was_cut_short_has_a_page(tables: dict[str, Path], last: int) -> None:
    made = {stage: tables[stage] for stage in STAGES[:last]}
    page = Page(write_report(RECIPE, made))

    assert not page.unbalanced
    assert not page.open
    assert ("This run ended after" in page.html) == ("mix" not in made)
    assert page.html.count("<h3><span>") == (0, 1, 2, 3, 4, 5, 8)[last]
    for stage in STAGES:
        assert (f"{stage}-0123abcd" in page.html) == (stage in made)


MODEL_STAGES = [
    *("base.tokenizer", "base", "tokens", "mix", "tune", "mix.control", "tune.control"),
    *("likelihood.base", "likelihood.control", "likelihood.tuned", "evaluate"),
]


@pytest.mark.parametrize("last", MODEL_STAGES)
def test_a_run_that_stopped_among_its_models_has_a_page(
    tuned_tables: dict[str, Path], last: str
) -> None:
    stages = [*STAGES[:-1], *MODEL_STAGES]
    made = {stage: tuned_tables[stage] for stage in stages[: stages.index(last) + 1]}
    page = Page(write_report(TUNED, made))
    ids = {value for name, value in page.attributes if name == "id"}

    assert not page.unbalanced
    assert not page.open
    assert (f"This run ended after <code>{last}</code>" in page.html) == (last != "evaluate")
    assert ("scores" in ids) == ("evaluate" in made)
    assert ("training" in ids) == ("base" in made)
    assert ("answers" in ids) == ("likelihood.base" in made)
    for stage in MODEL_STAGES:
        assert (f"<code>{stage}-0123abcd</code>" in page.html) == (stage in made)


def test_a_recipe_with_a_base_and_no_tuning_ends_at_its_mixture(
    tuned_tables: dict[str, Path],
) -> None:
    recipe = Recipe.model_validate({**TUNED.model_dump(by_alias=True), "tune": None})
    made = {stage: tuned_tables[stage] for stage in [*STAGES[:-1], *MODEL_STAGES[:4]]}
    page = write_report(recipe, made)

    assert "This run ended after" not in page
    assert "Pretraining of the base" in page
    assert "Tuning, loss per answer token" not in page


def test_an_empty_corpus_has_a_page(tmp_path: Path) -> None:
    assert "0 training examples" in write_report(RECIPE, tables_of(Rows(), tmp_path))


def test_text_of_the_corpus_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    rule = {"sql": "title <> '<script>{{7*7}}'", "reason": HOSTILE}
    screen = {"passages": {"keep": {"sly": rule}}, "examples": {"keep": {"sly": rule}}}
    recipe = Recipe.model_validate(
        {**RECIPE.model_dump(by_alias=True, exclude={"screen"}), "screen": screen}
    )
    rows = rows_of(HOSTILE, n_documents=6)
    page = Page(write_report(recipe, tables_of(rows, tmp_path, HOSTILE)))
    links = {value for name, value in page.attributes if name in ("href", "src")}

    assert not page.unbalanced
    assert page.tags["script"] == page.tags["img"] == 0
    assert page.tags["style"] == 1
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("#") or value == "data:," for value in links)
    assert "{{7*7}}" in page.html
    assert "⟨U+202E⟩gnp.exe ⟨U+001B⟩[31m⟨U+0000⟩" in page.html
    assert not text.HIDDEN.search(page.html)


def test_text_of_models_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    rows = rows_of(HOSTILE, n_documents=32)
    page = Page(write_report(TUNED, model_tables(rows, tmp_path, HOSTILE)))
    answers = page.html.split('<section id="answers"')[1].split("</section>")[0]

    assert not page.unbalanced
    assert page.tags["script"] == page.tags["img"] == 0
    assert page.tags["style"] == 1
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "tuned says" in answers
    assert answers.count("{{7*7}} {% raw %}") == 4 * 5
    assert answers.count("⟨U+202E⟩gnp.exe") == 4 * 5
    assert not text.HIDDEN.search(page.html)


@pytest.fixture(params=["page", "tuned_page"])
def either(request: pytest.FixtureRequest) -> Page:
    """The page of a run without a model, and of one that was tuned."""
    found: Page = request.getfixturevalue(request.param)
    return found


def test_the_page_needs_nothing_but_itself(either: Page) -> None:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

    assert any(name == "content" and value.startswith(policy) for name, value in either.attributes)
    assert "http://" not in either.html
    assert "https://" not in either.html
    assert "url(" not in either.html
    assert either.tags["script"] == 0


def test_headings_go_down_one_level_at_a_time(either: Page) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", either.html)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_ids_of_sections_are_unique_and_every_link_leads_to_one(either: Page) -> None:
    ids = [value for name, value in either.attributes if name == "id"]
    links = {value[1:] for name, value in either.attributes if name == "href" and value[0] == "#"}

    assert len(ids) == len(set(ids))
    assert links <= set(ids)


def test_every_section_is_in_the_navigation_in_the_order_of_the_page(either: Page) -> None:
    nav, body = either.html.split("</nav>")
    links = re.findall(r'<li><a href="#(\w+)">', nav)

    assert links == re.findall(r'<section id="(\w+)"', body)
    assert {"funnel", "mixture", "samples", "stages"} <= set(links)


def test_memory_is_told_stage_by_stage(either: Page) -> None:
    assert "memory is the largest resident memory of the process while the stage ran." in (
        either.html
    )


def test_every_drawing_has_a_name_and_every_table_cell_a_heading(either: Page) -> None:
    drawings = re.findall(r"<svg[^>]*>", either.html)
    heads = re.findall(r"<th[^>]*>", either.html)

    assert drawings
    assert all(re.search(r'role="img" aria-label="[^"]{20,}"', one) for one in drawings)
    assert all('scope="' in one for one in heads if not one.startswith("<thead"))


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "made"), [(RECIPE, tables_of), (TUNED, model_tables)])
def test_a_browser_shows_it_without_complaint_and_without_sideways_scrolling(
    tmp_path: Path, recipe: Recipe, made: Callable[[Rows, Path, str], dict[str, Path]]
) -> None:
    planted = f"{HOSTILE} {'x' * 600} "
    tables = made(rows_of(planted, n_documents=32), tmp_path, planted)
    page = write_report(recipe, tables).replace("<details>", "<details open>")

    title, complaints = on_a_phone(page, tmp_path)

    assert title == "small · Retort: 390 of 390"
    assert "CONSOLE" not in complaints
