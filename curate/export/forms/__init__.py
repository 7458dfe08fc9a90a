"""Forms of an export, one a file: rows of `curate.export.rows.ROWS` as the columns of a trainer.

A form is `form(rows) -> Formed`; those of RENDERED also take a renderer. COLUMNS are its own
columns, which stand before FIELDS. What it cannot hold it counts by reason.
"""

import pyarrow as pa

from curate.export.described import Form
from curate.export.forms import (
    alpaca,
    conversation,
    messages,
    prompt_completion,
    sharegpt,
    text,
    trl,
)
from curate.export.forms.conversation import Formed
from curate.export.rendering import Render
from schemas.errors import RecipeError

CONVERSATIONS = {
    "trl": trl.form,
    "messages": messages.form,
    "alpaca": alpaca.form,
    "sharegpt": sharegpt.form,
}
RENDERED = {"prompt-completion": prompt_completion.form, "text": text.form}
OWN: dict[Form, pa.Schema] = {
    "trl": trl.COLUMNS,
    "messages": messages.COLUMNS,
    "alpaca": alpaca.COLUMNS,
    "sharegpt": sharegpt.COLUMNS,
    "prompt-completion": prompt_completion.COLUMNS,
    "text": text.COLUMNS,
}
"""Form -> the columns that it adds."""


def columns(form: Form) -> pa.Schema:
    """All columns of a form; what each is stands in its metadata under `doc`."""
    return conversation.schema(OWN[form])


def formed(rows: pa.RecordBatch, form: Form, render: Render | None = None) -> Formed:
    """A batch of ROWS in a form, in its order.

    Raises:
        RecipeError: the form is text and nobody said how it is rendered, or the template refuses
            questions and answers alone.
    """
    if form in CONVERSATIONS:
        return CONVERSATIONS[form](rows)
    if render is None:
        raise RecipeError(f"export: {form} needs a chat template. Name a base, or another form.")
    return RENDERED[form](rows, render)
