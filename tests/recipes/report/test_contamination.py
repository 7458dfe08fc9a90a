"""What the page says about benchmarks that rows hold."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate.screen.catalog import get
from curate.screen.gate import columns_of
from curate.screen.tables import with_place
from recipes.report import write_report
from recipes.report.contamination import HOW, gate, read
from schemas.recipe import Recipe
from schemas.tables import Table
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import RECIPE, Rows, rows_of, tables_of, write

FOUND = {0: ("arc", 7, "question"), 3: ("arc", 7, "question_and_answer"), 4: ("piqa", 1, "doi")}
BENCHMARKS = {"arc": {"items": 20, "failures": 2}, "piqa": {"items": 5, "failures": 0},
              "boolq": {"items": 9, "failures": 0}}  # fmt: skip


def measured(rows: list[Mapping[str, Any]], planted: str = "") -> list[dict[str, Any]]:
    found = []
    for position, row in enumerate(rows):
        by, item, how = FOUND.get(position, (None, None, None))
        found.append(
            {
                "position": position,
                "id": row["id"],
                "contaminated": by is not None,
                "contaminated_by": by and by + planted,
                "contaminated_row": item,
                "contaminated_how": how,
                "contaminated_text": f"shared by {position}{planted}" if by else None,
                "contaminated_share": 0.75 if by else 0.0,
                "contaminated_answer_share": 0.0,
            }
        )
    return found


def with_measure(rows: Rows, folder: Path, planted: str = "") -> dict[str, Path]:
    """The tables of a run whose examples were compared with three benchmarks."""
    name = "screen.examples.contamination"
    schema = with_place(columns_of(get("contamination", "")))
    own = measured(rows.examples, planted)
    for position, verdict in enumerate(rows.example_verdicts):
        if position in FOUND and position != 4:
            verdict["failed"], verdict["kept"] = [*verdict["failed"], "clean"], False
    tables = tables_of(rows, folder)
    told = {name + planted: body for name, body in BENCHMARKS.items()}
    tables[name] = write(folder, name, schema, own, facts={"benchmarks": told})
    return tables


def test_each_benchmark_is_counted(rows: Rows) -> None:
    own = pa.Table.from_pylist(measured(rows.examples[:6]))
    failed = [["clean"], [], ["unique"], ["clean", "unique"], ["unique"], []]

    found = gate("examples", own, pa.table({"failed": failed}), BENCHMARKS, {"clean"})

    arc, piqa = found.held
    assert (arc.benchmark, arc.items, arc.found, arc.rows, arc.set_aside) == ("arc", 20, 1, 2, 2)
    assert dict(zip(HOW, arc.by_how, strict=True)) == {
        "question_and_answer": 1, "question": 1, "doi": 0, "paraphrase": 0,
    }  # fmt: skip
    assert (piqa.benchmark, piqa.rows, piqa.set_aside) == ("piqa", 1, 0)
    assert [one.text for one in piqa.samples] == ["shared by 4"]
    assert (found.n_rows, found.clean, found.items, found.failures) == (6, 1, 34, 2)


def test_a_gate_that_was_not_compared_says_nothing(tables: dict[str, Path], page: Page) -> None:
    assert read(RECIPE, {name: Table(folder) for name, folder in tables.items()}) == []
    assert "contamination" not in page.html


def test_rules_on_the_columns_count_whatever_their_names(tmp_path: Path, rows: Rows) -> None:
    recipe = Recipe.model_validate(
        RECIPE.model_dump(by_alias=True, exclude_none=True)
        | {"screen": {"examples": {"keep": {"own": {"sql": "contaminated_share < 0.5"}}}}}
    )
    fresh = Rows(examples=rows.examples, example_verdicts=[
        {**one, "failed": ["own"], "kept": False} for one in rows.example_verdicts])  # fmt: skip
    folders = with_measure(fresh, tmp_path / "run")
    made = {name: Table(folder) for name, folder in folders.items()}

    (found,) = read(recipe, made)

    assert [one.set_aside for one in found.held] == [2, 1]


def test_the_page_shows_them(tmp_path: Path) -> None:
    html = write_report(RECIPE, with_measure(rows_of(n_documents=6), tmp_path / "run"))
    section = re.search(r'<section id="contamination".*?</section>', html, re.DOTALL)

    assert section is not None
    assert "compared with 34 items of 3 benchmarks. Of 1 benchmark nothing was found." in section[0]
    assert "2 rows of the benchmarks could not be read" in section[0]
    assert section[0].count('<article class="card">') == 3
    assert "arc, item 7: question, 75 % of the question" in section[0]
    assert '<a href="#contamination">Contamination</a>' in html


def test_text_of_a_benchmark_cannot_act(tmp_path: Path) -> None:
    planted = "<script>x</script>\u202e"
    tables = with_measure(rows_of(n_documents=6), tmp_path / "run", planted)
    html = write_report(RECIPE, tables)

    assert "<script>" not in html
    assert "⟨U+202E⟩" in html
