"""`sharegpt`: conversations of {from, value}, with the names that LLaMA-Factory gives to roles.

A system turn is the first of its conversation. It is no column beside it: axolotl would then begin
every other row with a system turn that says nothing.
"""

import json

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.export.forms.conversation import (
    ASSISTANT,
    TOOL,
    Formed,
    Turns,
    beside,
    held,
    lists,
    read,
    unaligned,
    unsound,
)

NAMES = ("system", "human", "gpt", "observation", "function_call")
"""By place in ROLES; the last one is an answer that calls a tool."""
CALL = 4
TURN = pa.struct([("from", pa.string()), ("value", pa.string())])
COLUMNS = pa.schema(
    [
        pa.field(
            "conversations",
            pa.list_(TURN),
            metadata={"doc": "turns of system, human, gpt, function_call and observation"},
        )
    ]
)


def form(rows: pa.RecordBatch) -> Formed:
    """Each row under the names of ShareGPT; LLaMA-Factory would drop what is left out here."""
    told = read(rows.column("messages"))
    fine, left_out = held(rows, [*unsound(told), *unaligned(told)])
    turns = read(fine.column("messages"))
    names = pa.array(NAMES).take(pa.array(_codes(turns)))
    said = pa.StructArray.from_arrays([names, turns.contents], fields=list(TURN))
    return Formed(beside(fine, [lists(said, turns.starts)], COLUMNS), left_out)


def _codes(turns: Turns) -> NDArray[np.int8]:
    """(n_turns,) places in NAMES."""
    codes = turns.roles.copy()
    before_tool = np.append(turns.roles[1:] == TOOL, False) & (turns.roles == ASSISTANT)
    for place in np.flatnonzero(before_tool & ~turns.last):
        if _is_call(turns.contents[place].as_py()):
            codes[place] = CALL
    return codes


def _is_call(said: str) -> bool:
    """Whether a text is the JSON of one or several calls, which LLaMA-Factory then parses."""
    try:
        calls = json.loads(said)
    except (ValueError, RecursionError):
        return False
    several = calls if isinstance(calls, list) else [calls]
    return bool(several) and all(
        isinstance(one, dict) and {"name", "arguments"} <= set(one) for one in several
    )
