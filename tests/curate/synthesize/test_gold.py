"""On labelled replies: an invented quote is never verified, and a sound one always is."""

from collections import Counter

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from curate.screen.measures import grounding
from curate.synthesize.quotes import evidence
from curate.synthesize.replies import judge
from curate.synthesize.tasks import grounded_qa
from curate.synthesize.tasks.task import Draft, Material
from schemas.ids import identity
from schemas.rows import EXAMPLES, Evidence, Passage
from tests.curate.synthesize.gold.read import Case, cases

CASES = cases()
LABELS = [label for case in CASES for label in case.labels]
TASK = grounded_qa.task(grounded_qa.Params(pairs=20))
BEFORE = "A heading — with “marks” of its own\n\n"
AFTER = "\n\nWhat comes after: 12 further lines."


def passage(name: str, text: str) -> Passage:
    return Passage(
        id=name, document_id=identity(name), part="papers", split="train", section=[],
        start=len(BEFORE), end=len(BEFORE) + len(text), text=text, n_words=len(text.split()),
        title=None, source=name, license=None, domain=None,
    )  # fmt: skip


def drafts(name: str, text: str, reply: str) -> list[Draft]:
    material = Material(passage(name, text))
    read = judge(reply, TASK, material)
    assert read.outcome == "ok", read.detail
    return list(TASK.drafts(read.reply, material))


def quoted(name: str, text: str, reply: str) -> list[list[Evidence]]:
    """The evidence of each pair."""
    source = passage(name, text)
    return [
        [row for quote in draft.quotes for row in evidence(quote, source)]
        for draft in drafts(name, text, reply)
    ]


def verified(with_documents: bool) -> list[bool]:
    """What the measure says of every pair, in their order."""
    rows = [
        {
            "document_id": identity(case.name),
            "context": case.passage,
            "evidence": [
                {"quote": row.quote, "start": row.start, "end": row.end, "match": row.match}
                for row in rows
            ],
            "instruction": draft.messages[0].content,
            "response": draft.messages[1].content,
        }
        for case in CASES
        for rows, draft in zip(
            quoted(case.name, case.passage, case.reply),
            drafts(case.name, case.passage, case.reply),
            strict=True,
        )
    ]
    schema = pa.schema(
        [EXAMPLES.field(name) for name in ("document_id", "context", "evidence")]
        + [("instruction", pa.string()), ("response", pa.string())]
    )
    batch = pa.RecordBatch.from_pylist(rows, schema=schema)
    documents = pa.table(
        {
            "id": [identity(case.name) for case in CASES],
            "text": [BEFORE + case.passage + AFTER for case in CASES],
        }
    )
    measured = grounding.measure_with_documents(
        lambda: iter([batch]),
        ds.dataset(documents) if with_documents else None,
        grounding.Params(),
    )
    return [value for part in measured for value in part["evidence_verified"].to_pylist()]


def test_the_set_is_as_large_and_varied_as_its_readme_says() -> None:
    counts = Counter(label for label, _ in LABELS)
    changed = [how for label, how in LABELS if label == "sound" and how]

    assert len(CASES) == 40
    assert set(Counter(case.science for case in CASES).values()) == {5}
    assert all(60 <= len(case.passage.split()) <= 180 for case in CASES)
    assert counts["sound"] >= 90 and len(changed) >= 50 and len(set(changed)) >= 20
    assert counts["invented_quote"] >= 40
    assert min(counts["wrong_number"], counts["dangling"], counts["unsupported"]) >= 4
    assert all(how for label, how in LABELS if label != "sound")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_pair_of_every_reply_is_read(case: Case) -> None:
    assert len(drafts(case.name, case.passage, case.reply)) == len(case.labels)


@pytest.mark.parametrize("with_documents", [True, False])
def test_the_measure_verifies_all_quotes_but_the_invented(with_documents: bool) -> None:
    answers = verified(with_documents)

    assert len(answers) == len(LABELS)
    wrong = [
        (label, how)
        for (label, how), answer in zip(LABELS, answers, strict=True)
        if answer != (label != "invented_quote")
    ]
    assert wrong == []


def test_a_sound_quote_is_normalised_only_where_something_changed() -> None:
    for case in CASES:
        found = quoted(case.name, case.passage, case.reply)
        for (label, how), rows in zip(case.labels, found, strict=True):
            if label == "sound":
                assert {row.match for row in rows} == {"normalised" if how else "exact"}


def test_offsets_count_from_the_document_and_give_the_quote_back() -> None:
    for case in CASES:
        document = BEFORE + case.passage + AFTER
        for rows in quoted(case.name, case.passage, case.reply):
            for row in rows:
                assert row.match == "none" or document[row.start : row.end] == row.quote


def test_no_quote_is_found_in_another_passage() -> None:
    for case, other in zip(CASES, CASES[1:] + CASES[:1], strict=True):
        rows = [row for pair in quoted(case.name, other.passage, case.reply) for row in pair]
        assert {row.match for row in rows} == {"none"}
