"""`trl`: prompt and completion as lists of {role, content}, which TRL trains on as they are.

TRL calls it conversational prompt-completion; its loss covers the completion alone.
"""

import pyarrow as pa

from curate.export.forms.conversation import (
    NOTHING_ASKED,
    Formed,
    beside,
    held,
    lists,
    read,
    unsound,
)
from schemas.rows import MIXTURE

COLUMNS = pa.schema([MIXTURE.field("prompt"), MIXTURE.field("completion")])


def form(rows: pa.RecordBatch) -> Formed:
    """The last turn of each row as its completion, the others as its prompt."""
    told = read(rows.column("messages"))
    alone = (NOTHING_ASKED, told.starts[1:] - told.starts[:-1] == 1)
    fine, left_out = held(rows, [*unsound(told), alone])
    turns, flat = read(fine.column("messages")), fine.column("messages").flatten()
    own = [
        lists(flat.filter(pa.array(chosen)), turns.starts_of(chosen))
        for chosen in (~turns.last, turns.last)
    ]
    return Formed(beside(fine, own, COLUMNS), left_out)
