"""Phrasings can be edited by anyone: a slip is named with its line, and a title may be missing."""

from pathlib import Path

import pytest

from curate.synthesize.tasks.reading_comprehension.candidate import Candidate
from curate.synthesize.tasks.reading_comprehension.phrasings import (
    FIELDS,
    FILE,
    MIN_PHRASINGS,
    fill,
    read,
)
from schemas.errors import RecipeError

TERM = Candidate(
    "definition/term", {"term": "a gate", "title": ""}, 0, 1, "An answer of five words."
)


def test_every_kind_has_its_phrasings() -> None:
    templates = read().templates

    assert set(templates) == set(FIELDS)
    assert all(len(set(some)) == len(some) >= MIN_PHRASINGS for some in templates.values())


def test_a_clause_goes_with_its_empty_field() -> None:
    template = "[In {title}, ]what is {term}[ of {title}]?"

    assert fill(template, {"title": "", "term": "a gate"}) == "What is a gate?"
    assert fill(template, {"title": "T", "term": "a gate"}) == "In T, what is a gate of T?"


def test_a_field_is_never_read_as_a_template() -> None:
    assert fill("Say {term}.", {"term": "{title} [x]"}) == "Say {title} [x]."


def test_the_choice_depends_on_passage_and_ordinal_alone() -> None:
    phrasings = read()
    asked = {phrasings.ask(TERM, f"p{n}", 0) for n in range(60)}

    assert len(asked) == len(phrasings.templates["definition/term"])
    assert phrasings.ask(TERM, "p", 1) == phrasings.ask(TERM, "p", 1)


def test_indented_lines_belong_to_their_bullet() -> None:
    assert any("\n\n{text}" in one for one in read().templates["completion/next"])


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("## definitoin/term", "is no family"),
        ("- What is {trem}?", r"\{trem\} is no field"),
        ("- What is it?", r"without \{term\}"),
        ("- What is[ {term}]?", r"without \{term\}"),
        ("- What is {term} in {title}?", "may be empty"),
        ("- What is {term}[?", "bracket"),
        ("- What is {term?", "bracket"),
        ("What is {term}?", "headings"),
    ],
)
def test_a_slip_is_named_with_its_line(tmp_path: Path, line: str, what: str) -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    number = lines.index("## definition/term") + 3
    lines.insert(number - 1, line)
    edited = tmp_path / "phrasings.md"
    edited.write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(RecipeError, match=rf"phrasings\.md:{number}: .*{what}"):
        read(edited)


def test_a_kind_without_enough_phrasings_is_named(tmp_path: Path) -> None:
    edited = tmp_path / "phrasings.md"
    edited.write_text("## word-to-text\n\n- Use {words}.\n", encoding="utf-8")

    with pytest.raises(RecipeError, match="summary/description has 0 phrasings"):
        read(edited)
