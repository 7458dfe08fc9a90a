"""Ready-made instructions -> examples: nothing is asked, nothing is changed.

Reads DOCUMENTS of kind `instructions`, writes EXAMPLES. Each is one example with no passage; its
turns are stretches of the document's text, so it traces to its source as any other does.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curate.collect.conversations import turns
from schemas.rows import Example, Section

TEACHER = "imported"
TASK = "instructions"
COLUMNS = ("id", "part", "split", "source", "form", "kind", "text", "sections", "license", "domain")
"""The columns of DOCUMENTS that are read."""


def imported(documents: Iterable[pa.RecordBatch]) -> Iterator[list[Example]]:
    """Examples of the documents that are instructions, in their order, a list a batch."""
    for batch in documents:
        rows = batch.select(list(COLUMNS))
        instructions = rows.filter(pc.equal(rows["kind"], "instructions"))
        if len(instructions):
            yield [_example(row) for row in instructions.to_pylist()]


def _example(row: dict[str, Any]) -> Example:
    sections = [Section(**section) for section in row["sections"]]
    return Example(
        part=row["part"],
        split=row["split"],
        messages=turns(row["text"], sections),
        task=f"{TASK}/{row['form']}",
        domain=row["domain"],
        document_id=row["id"],
        passage_id=None,
        context=None,
        evidence=[],
        teacher=TEACHER,
        license=row["license"],
        source=row["source"],
    )
