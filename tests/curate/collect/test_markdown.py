"""Markdown stays as it stands, and its sections and blocks are told exactly."""

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from curate.collect import outline
from curate.collect.markdown import front_matter, parse, read
from schemas.rows import Document, Failure

PAPER = """---
title: 'Cold: a tool'
authors:
  - name: Ada Person^[corresponding author]
    affiliation: 1
  - given: Bo
    family: Other
date: 2 July 2020
doi: https://doi.org/10.1000/xyz
license: CC-BY-4.0
tags: [cold, heat]
version: 3
---

# Summary {#sec:summary}

It cools.

```python
# not a heading
```

## Details ##

$$
x = 1
$$ {#eq:one}

and $$y = 2$$ inline.

\\begin{align*}
a &= b
\\end{align*}

Method
------

| a | b |
|---|:-:|
| 1 | 2 |
After the table.

![A picture](x.png)

Results
=======
<!--
# hidden
-->
Fine.
"""

PIECES = st.sampled_from(
    [
        "# A", "## B #", "###", "Title", "===", "---", "```", "~~~", "$$", "$$x$$", "| a | b |",
        "|--|--|", "<!--", "-->", "\\begin{align}", "\\end{align}", "![x](y)", "", "words",
        "- item", "    code", "> quote",
    ]
)  # fmt: skip


def read_text(text: str) -> Document | Failure:
    (row,) = read(text.encode(), "file:paper.md")
    return row


def paper(text: str = PAPER) -> Document:
    row = read_text(text)
    assert isinstance(row, Document)
    return row


def test_front_matter_fills_the_columns_and_leaves_the_text() -> None:
    row = paper()

    assert row.text == PAPER.split("---\n\n", 1)[1]
    assert (row.title, row.doi, row.license) == ("Cold: a tool", "10.1000/xyz", "CC-BY-4.0")
    assert (row.authors, row.published) == (["Ada Person", "Bo Other"], "2020-07-02")
    assert json.loads(row.metadata) == {"tags": "cold, heat", "version": 3}


def test_headings_of_both_kinds_open_sections() -> None:
    row = paper()

    assert [(one.heading, one.level) for one in row.sections] == [
        ("Summary", 1), ("Details", 2), ("Method", 2), ("Results", 1),
    ]  # fmt: skip
    starts = [row.text[one.start :].split("\n")[0] for one in row.sections]
    assert starts == ["It cools.", "$$", "| a | b |", "<!--"]


def test_code_formulae_tables_and_pictures_are_blocks() -> None:
    row = paper()

    assert [(one.kind, row.text[one.start : one.end]) for one in row.blocks] == [
        ("code", "```python\n# not a heading\n```"),
        ("equation", "$$\nx = 1\n$$ {#eq:one}"),
        ("equation", "\\begin{align*}\na &= b\n\\end{align*}"),
        ("table", "| a | b |\n|---|:-:|\n| 1 | 2 |"),
        ("figure", "![A picture](x.png)"),
    ]


def test_the_first_heading_is_the_title_where_front_matter_has_none() -> None:
    assert paper("## Part\n\n# The title\n\nWords.").title == "The title"


def test_front_matter_that_is_not_yaml_is_named_and_left_out() -> None:
    row = paper("---\na: [\n---\nWords.\n")

    assert row.text == "Words.\n"
    assert "not valid YAML" in row.metadata


def test_a_line_between_rules_is_no_front_matter() -> None:
    text = "---\nOnly a sentence.\n---\nMore.\n"

    assert front_matter(text) == ({}, text)


def test_yaml_makes_no_python_objects() -> None:
    row = paper("---\na: !!python/object/apply:os.getcwd []\n---\nWords.\n")

    assert "not valid YAML" in row.metadata


def test_a_file_of_front_matter_alone_has_no_text() -> None:
    row = read_text("---\ntitle: x\n---\n")

    assert isinstance(row, Failure)
    assert row.reason == "no-text"


@given(st.lists(PIECES | st.text(max_size=12), max_size=25).map("\n".join))
def test_any_text_gives_offsets_in_order_and_inside_it(text: str) -> None:
    headings, blocks = parse(text)

    for one in blocks:
        assert 0 <= one.start < one.end <= len(text)
    for first, second in itertools.pairwise(blocks):
        assert first.end <= second.start
    for section in outline.sections(text, headings):
        assert 0 <= section.start <= section.end <= len(text)
    for heading in headings:
        assert heading.text in text[heading.start : heading.end]
