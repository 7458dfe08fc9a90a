"""The rows of an export before they take a trainer's form, and the documents that they come from.

Every row keeps where it is from, whatever its form: FIELDS stand beside the form's own columns.
"""

import pyarrow as pa

from schemas.rows import EXAMPLES, MIXTURE, PASSAGES

MESSAGES = EXAMPLES.field("messages")
ROWS = pa.schema(
    [
        MIXTURE.field("position"),
        pa.field("id", pa.string(), metadata={"doc": "the example"}),
        MIXTURE.field("part"),
        MIXTURE.field("split"),
        MIXTURE.field("epoch"),
        MESSAGES,
        EXAMPLES.field("task"),
        EXAMPLES.field("domain"),
        EXAMPLES.field("license"),
        EXAMPLES.field("source"),
        EXAMPLES.field("document_id"),
        pa.field("title", pa.string(), metadata={"doc": "the document's title"}),
        pa.field("doi", pa.string(), metadata={"doc": "the document's, without a resolver"}),
        PASSAGES.field("section"),
        pa.field("start", pa.int64(), metadata={"doc": "where context begins in the document"}),
        pa.field("end", pa.int64(), metadata={"doc": "one past its last character there"}),
        EXAMPLES.field("context"),
        EXAMPLES.field("evidence"),
        EXAMPLES.field("also_from"),
        EXAMPLES.field("teacher"),
        EXAMPLES.field("teacher_license"),
        EXAMPLES.field("trainable"),
        pa.field("prompt_hash", pa.string(), metadata={"doc": "of the wording that asked for it"}),
        EXAMPLES.field("call_ids"),
        MIXTURE.field("n_tokens"),
        MIXTURE.field("n_loss_tokens"),
    ]
)
"""In the order of the mixture; `messages` are prompt and completion together, the answer last.
`start`, `end` and `context` are null for ready-made instructions; `context` is
`document.text[start:end]`, and so is each quote of `evidence` at its own offsets."""
FIELDS = [name for name in ROWS.names if name not in ("position", "split", "messages")]
"""What stands beside a form's own columns, in every form."""
SOURCES = pa.schema(
    [
        pa.field("document_id", pa.string(), metadata={"doc": "the document"}),
        EXAMPLES.field("source"),
        pa.field("title", pa.string(), metadata={"doc": "its title"}),
        pa.field("authors", pa.list_(pa.string()), metadata={"doc": "in the order of the work"}),
        pa.field("published", pa.string(), metadata={"doc": "ISO 8601 date"}),
        pa.field("doi", pa.string(), metadata={"doc": "without a resolver's address"}),
        EXAMPLES.field("license"),
        pa.field("kind", pa.string(), metadata={"doc": "research, review, instructions, …"}),
        pa.field("text_sha256", pa.string(), metadata={"doc": "of the document's text, UTF-8"}),
        pa.field("n_rows", pa.int64(), metadata={"doc": "exported rows that have its text"}),
    ]
)
"""The documents whose text is in the rows, those of `also_from` among them, by source."""
