"""`messages`: one list of {role, content}, as chat templates and most trainers read it."""

import pyarrow as pa

from curate.export.forms.conversation import Formed, beside, held, read, unsound
from curate.export.rows import MESSAGES

COLUMNS = pa.schema([MESSAGES])


def form(rows: pa.RecordBatch) -> Formed:
    """The conversation of each row as it stands."""
    fine, left_out = held(rows, unsound(read(rows.column("messages"))))
    return Formed(beside(fine, [fine.column("messages")], COLUMNS), left_out)
