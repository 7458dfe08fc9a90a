"""The numbers of the page are the tables'."""

import re
from collections import Counter

import pytest

from tests.recipes.report.pages import Page
from tests.recipes.report.tables import RULES, Rows


def expected_levels(rows: Rows) -> dict[str, Counter[str]]:
    """Level -> part -> rows, counted in Python."""
    kept = {one["id"] for one in (*rows.passage_verdicts, *rows.example_verdicts) if one["kept"]}
    by_split = {
        f"mixture: {split}": [one for one in rows.mixture if one["split"] == split]
        for split in ("train", "valid", "test")
    }
    by_level = {
        "documents": rows.documents,
        "passages": rows.passages,
        "kept passages": [one for one in rows.passages if one["id"] in kept],
        "examples": rows.examples,
        "kept examples": [one for one in rows.examples if one["id"] in kept],
        **by_split,
    }
    return {name: Counter(one["part"] for one in found) for name, found in by_level.items()}


def test_every_level_of_the_funnel_counts_the_rows_of_its_table(page: Page, rows: Rows) -> None:
    blocks = re.findall(
        r"<h3><span>(.*?)</span> <span>(.*?)</span></h3>(.*?)</ul>", page.html, re.S
    )
    found = {
        name: (int(total), dict(re.findall(r'title="(\w+)".*?class="n">(\d+)<', bars)))
        for name, total, bars in blocks
    }

    for name, parts in expected_levels(rows).items():
        total, bars = found[name]
        assert total == parts.total()
        assert Counter({part: int(n) for part, n in bars.items()}) == parts


@pytest.mark.parametrize("gate", ["passages", "examples"])
def test_every_rule_says_how_many_rows_it_set_aside_and_how_many_alone(
    page: Page, rows: Rows, gate: str
) -> None:
    judged = rows.passage_verdicts if gate == "passages" else rows.example_verdicts
    lines = {row[0].split()[0]: row[1:] for row in page.rows() if len(row) == 3}

    for rule in RULES[gate]:
        n = sum(rule in one["failed"] for one in judged)
        alone = sum(one["failed"] == [rule] for one in judged)
        assert lines[rule] == [str(n), str(alone)]
    assert lines["unique"] == ["2", "2"]


def test_a_rule_stands_with_its_sql_its_reason_and_its_parts(page: Page) -> None:
    told = [row[0] for row in page.rows() if len(row) == 3]

    assert "licensed license_allowed Only in domain." in told
    sql = "evidence_verified or (n_evidence = 0 and passage_id is null)"
    grounded = f"grounded {sql} Every quote must stand"
    assert any(one.startswith(grounded) for one in told)
    assert any("1 hold the same shingles" in one for one in told)


def test_requested_is_obtained_failed_and_skipped(page: Page) -> None:
    (line,) = (row for row in page.rows() if row and row[0] == "collect" and len(row) == 5)
    requested, *others = (int(cell) for cell in line[1:])

    assert others == [24, 2, 4]
    assert requested == sum(others)
    assert "unreadable: 2 failed" in page.html
    assert "read twice: 4 skipped" in page.html
    assert "file:broken-1.pdf" in page.html


def test_seed_version_tables_notes_and_recipe_are_named(page: Page) -> None:
    assert "Seed 11, Retort 9.8.7" in page.html
    assert "segment-0123abcd" in page.html
    assert "A note &lt;b&gt;for&lt;/b&gt; the reader." in page.html
    assert "max_words: 220" in page.texts["pre"][0]
