"""Passages: exact slices of their document, inside a section, within the budget, nothing lost."""

import itertools
import re
import string
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.segment import segment
from schemas.ids import identity
from schemas.recipe import Segment
from schemas.rows import DOCUMENTS, PASSAGES, Block, Document, Section

TEXTS = st.text(
    st.sampled_from("ab. \n\té\U0001d518\U0001f714`$") | st.characters(codec="utf-8"), max_size=300
)
PROSE = st.lists(
    st.sampled_from(
        ["word", "Ünïcode", "\U0001d518\U0001d52b", "end.", "Next", "\n\n", "\n", "- item", "x=1;"]
    ),
    max_size=200,
).map(" ".join)
ODD = st.integers(-5, 320)
UNTIMED = settings(deadline=None)
"""The first call pays for loading; time is measured in benchmarks."""


def rows(*documents: Document) -> pa.RecordBatch:
    held = [{**document.row(), "part": "domain", "split": "train"} for document in documents]
    return pa.RecordBatch.from_pylist(held, schema=DOCUMENTS)


def passages(document: Document, max_words: int = 20) -> list[dict[str, Any]]:
    batches = list(segment([rows(document)], Segment(max_words=max_words)))
    assert all(batch.schema == PASSAGES for batch in batches)
    return [row for batch in batches for row in batch.to_pylist()]


def sections() -> st.SearchStrategy[list[Section]]:
    one = st.builds(Section, st.sampled_from(["", "Notes", "a"]), st.integers(1, 3), ODD, ODD)
    return st.lists(one, max_size=6)


def blocks() -> st.SearchStrategy[list[Block]]:
    return st.lists(st.builds(Block, st.sampled_from(["code", "table"]), ODD, ODD), max_size=4)


@UNTIMED
@given(TEXTS | PROSE, sections(), blocks())
def test_a_passage_is_a_trimmed_slice_within_the_budget(
    text: str, named: list[Section], held: list[Block]
) -> None:
    document = Document(source="s", form="text", text=text, sections=named, blocks=held)

    for row in passages(document):
        assert row["text"] == text[row["start"] : row["end"]] == row["text"].strip()
        assert 1 <= row["n_words"] == len(row["text"].split()) <= 20
        assert row["id"] == identity(document.id, row["start"], row["end"])
        assert "" not in row["section"]


@UNTIMED
@given(TEXTS | PROSE, sections(), blocks())
def test_passages_neither_overlap_nor_change_order(
    text: str, named: list[Section], held: list[Block]
) -> None:
    document = Document(source="s", form="text", text=text, sections=named, blocks=held)
    found = passages(document)

    assert all(one["end"] <= other["start"] for one, other in itertools.pairwise(found))


@UNTIMED
@given(TEXTS | PROSE, sections(), blocks())
def test_no_character_is_lost_when_sections_have_no_headings(
    text: str, named: list[Section], held: list[Block]
) -> None:
    nameless = [Section("", one.level, one.start, one.end) for one in named]
    document = Document(source="s", form="text", text=text, sections=nameless, blocks=held)
    found = "".join("".join(row["text"].split()) for row in passages(document))

    assert found == "".join(text.split())


@UNTIMED
@given(PROSE, blocks())
def test_words_are_never_cut(text: str, held: list[Block]) -> None:
    document = Document(source="s", form="text", text=text, blocks=held)

    assert [w for row in passages(document) for w in row["text"].split()] == text.split()


def test_headings_are_in_the_path_and_not_in_the_text() -> None:
    text = "Opening words.\n\n# Methods\n\nOwn text.\n\n## Data\n\nData text.\n\n# End\n\nLast."
    marks = {name: text.index(name) + len(name) for name in ("Methods", "Data", "End")}
    named = [
        Section("Methods", 1, marks["Methods"], text.index("# End")),
        Section("Data", 2, marks["Data"], text.index("# End")),
        Section("End", 1, marks["End"], len(text)),
    ]
    document = Document(source="s", form="markdown", text=text, sections=named)

    assert [(row["section"], row["text"]) for row in passages(document)] == [
        ([], "Opening words."),
        (["Methods"], "Own text."),
        (["Methods", "Data"], "Data text."),
        (["End"], "Last."),
    ]


def test_paragraphs_are_packed_and_a_long_one_is_cut_at_sentences() -> None:
    short, long = "One two three.", " ".join(f"It is sentence number {n} here." for n in range(6))
    document = Document(source="s", form="text", text=f"{short}\n\n{short}\n\n{long}")
    found = [row["text"] for row in passages(document)]

    assert found[0].startswith(f"{short}\n\n{short}\n\nIt is")
    assert all(text.endswith(".") for text in found)
    assert [len(text.split()) for text in found] == [18, 18, 6]


def test_a_block_is_kept_whole_while_it_fits() -> None:
    code = "a = 1\n\nb = 2\n\n" + "c = 3"
    text = f"{'word ' * 15}\n\n{code}\n\n{'word ' * 15}"
    held = [Block("code", text.index(code), text.index(code) + len(code))]
    document = Document(source="s", form="text", text=text, blocks=held)

    assert code in [row["text"] for row in passages(document)]


def test_a_passage_carries_what_its_document_knows() -> None:
    document = Document(
        source="file:a", form="text", text="Text.", title="T", license="MIT", domain="x"
    )
    (row,) = passages(document)

    assert (row["part"], row["split"], row["title"]) == ("domain", "train", "T")
    assert (row["source"], row["license"], row["domain"]) == ("file:a", "MIT", "x")
    assert row["document_id"] == document.id


def test_empty_documents_give_no_passage_and_no_batch() -> None:
    assert list(segment([rows(Document(source="s", form="text", text=" \n "))], Segment())) == []


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 40))
def test_batches_do_not_change_the_passages(size: int) -> None:
    batch = rows(*[Document(source=f"s{n}", form="text", text="A text. " * n) for n in range(40)])
    pieces = [batch.slice(start, size) for start in range(0, 40, size)]
    whole, parts = (pa.Table.from_batches(segment(b, Segment())) for b in ([batch], pieces))

    assert whole.equals(parts)


def test_real_documentation_is_covered_word_for_word() -> None:
    for text in (
        np.linalg.svd.__doc__,
        np.ndarray.__doc__,
        string.Formatter.format.__doc__,
        re.__doc__,
    ):
        found = passages(Document(source="s", form="text", text=text or ""), max_words=60)

        assert [word for row in found for word in row["text"].split()] == (text or "").split()
