"""`alpaca`: instruction, input, output, and what LLaMA-Factory adds to them: system and history.

The last question is the instruction. `input` is always empty: where a question would have to be cut
in two is nothing that a row says. LLaMA-Factory reads all five columns, others often the first
three alone, and then a conversation of several turns has lost its beginning.
"""

import numpy as np
import pyarrow as pa

from curate.export.forms.conversation import (
    SYSTEM,
    TOOL,
    TOOLS,
    Formed,
    Turns,
    beside,
    held,
    lists,
    read,
    unaligned,
    unsound,
)

COLUMNS = pa.schema(
    [
        pa.field("instruction", pa.string(), metadata={"doc": "the last question"}),
        pa.field("input", pa.string(), metadata={"doc": "always empty"}),
        pa.field("output", pa.string(), metadata={"doc": "the answer to it"}),
        pa.field("system", pa.string(), metadata={"doc": "the system turn; empty without one"}),
        pa.field(
            "history",
            pa.list_(pa.list_(pa.string())),
            metadata={"doc": "earlier pairs of question and answer"},
        ),
    ]
)


def form(rows: pa.RecordBatch) -> Formed:
    """Each row as its last question and answer, with what came before beside them."""
    told = read(rows.column("messages"))
    spoken = (TOOLS, told.rows_with(told.roles == TOOL))
    fine, left_out = held(rows, [*unsound(told), spoken, *unaligned(told)])
    turns = read(fine.column("messages"))
    answers = turns.starts[1:] - 1
    own = [
        turns.contents.take(pa.array(answers - 1)),
        pa.repeat("", len(fine)),
        turns.contents.take(pa.array(answers)),
        _system(turns),
        _history(turns),
    ]
    return Formed(beside(fine, own, COLUMNS), left_out)


def _system(turns: Turns) -> pa.Array:
    """(n_rows,) the system turn, or an empty text."""
    first = turns.starts[:-1]
    headed = turns.roles[first] == SYSTEM
    return turns.contents.take(pa.array(first, mask=~headed)).fill_null("")


def _history(turns: Turns) -> pa.ListArray:
    """(n_rows,) the pairs before the last one."""
    earlier = turns.roles != SYSTEM
    answers = turns.starts[1:] - 1
    earlier[answers] = earlier[answers - 1] = False
    said = turns.contents.filter(pa.array(earlier))
    pairs = lists(said, np.arange(0, len(said) + 1, 2))
    return lists(pairs, turns.starts_of(earlier) // 2)
