"""The rows that are shown, each with what it rests on."""

import re
from pathlib import Path

from recipes.report import write_report
from tests.recipes.report.pages import Page
from tests.recipes.report.tables import RECIPE, Rows, rows_of, tables_of


def test_evidence_is_marked_at_its_offsets_and_nowhere_else(page: Page, rows: Rows) -> None:
    quotes = {one["evidence"][0]["quote"] for one in rows.examples}
    shown = re.findall(r'<article class="card beside">.*?</article>', page.html, re.DOTALL)
    marks = [re.findall(r"<mark>(.*?)</mark>", card) for card in shown]

    assert shown
    assert all(len(found) == 1 and found[0] in quotes for found in marks)


def test_a_quote_that_is_not_at_its_offsets_is_named_and_not_marked(tmp_path: Path) -> None:
    rows = rows_of(n_documents=4)
    for example in rows.examples:
        example["evidence"][0]["start"] += 1
    page = write_report(RECIPE, tables_of(rows, tmp_path))
    shown = "".join(re.findall(r'<article class="card beside">.*?</article>', page, re.DOTALL))

    assert "<mark>" not in shown
    assert "does not stand in the passage at its offsets" in shown


def test_two_kept_examples_of_each_family_are_shown(page: Page, rows: Rows) -> None:
    kept = {one["id"] for one in rows.example_verdicts if one["kept"]}
    for family in ("reading/summary", "reading/definition"):
        ids = sorted(one["id"] for one in rows.examples if one["task"] == family)
        for expected in [one for one in ids if one in kept][:2]:
            assert f"retort why {expected}" in page.html


def test_duplicates_stand_side_by_side_with_their_similarity(page: Page, rows: Rows) -> None:
    first, second, third = (one["id"] for one in rows.passages[:3])
    pairs = re.findall(r"Similarity ([\d.]+)\..*?why (\w+).*?why (\w+)", page.html, re.DOTALL)

    assert ("0.875", second, first) in pairs
    assert ("1.000", third, first) in pairs
