"""Documents become the rows that they are, in batches of bounded size, failures in their place."""

import pyarrow as pa

from curate.collect.batches import CHARACTERS, ROWS, batch, batches
from schemas.rows import DOCUMENTS, Block, Document, Failure, Reference, Section, Skipped


def document(number: int, text: str = "Some words.") -> Document:
    return Document(
        source=f"file:{number}",
        form="text",
        text=text,
        authors=["Ada Person"] * (number % 3),
        sections=[Section(f"Part {n}", 1, n, n + 2) for n in range(number % 4)],
        blocks=[Block("table", 0, 4)] * (number % 2),
        references=[Reference("A work", "10.1000/1"), Reference("Another")][: number % 3],
        metadata='{"n": 1}',
    )


def test_a_batch_holds_each_document_as_its_row() -> None:
    documents = [document(number) for number in range(7)]
    rows = [{**one.row(), "part": None, "split": None} for one in documents]

    assert batch(documents).equals(pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS))


def test_batches_end_by_rows_and_by_text_and_where_something_failed() -> None:
    failure, skipped = Failure("file:x", "empty"), Skipped("file:y", "an image")
    long = document(0, "x" * (CHARACTERS + 1))
    found = [*(document(n) for n in range(ROWS + 1)), failure, document(1), long, skipped]

    given = [len(one) if isinstance(one, pa.RecordBatch) else one for one in batches(found)]

    assert given == [ROWS, 1, failure, 2, skipped]
