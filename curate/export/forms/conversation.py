"""Turns of a batch of conversations as flat arrays, and which rows a form can hold.

Every form reads `messages` through here and writes lists through here, so that no row is a Python
object on the way. Arrays of turns are (n_turns,), those of rows (n_rows,).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.export.rows import FIELDS, ROWS

Mask: TypeAlias = NDArray[np.bool_]
Checks: TypeAlias = Sequence[tuple[str, Mask]]
"""Why a row cannot be held -> (n_rows,) whether that is so of it; the first that holds counts."""

ROLES = ("system", "user", "assistant", "tool")
SYSTEM, USER, ASSISTANT, TOOL = range(4)
EMPTY = "it has no turns"
UNKNOWN = "a turn has no text, or a role that is none of ours"
NO_ANSWER = "it does not end with an answer"
NOTHING_ASKED = "nothing is asked before the answer"
LATE_SYSTEM = "a system turn is not the first"
UNEVEN = "questions and answers do not alternate"
TOOLS = "a tool speaks in it"


class Formed(NamedTuple):
    """Rows in a trainer's form."""

    rows: pa.RecordBatch
    """The form's own columns, then FIELDS; in the order of the rows that went in."""
    left_out: Counter[str]
    """Why the form cannot hold a row -> how many."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of all conversations of a batch, one behind the other."""

    roles: NDArray[np.int8]
    """(n_turns,) place in ROLES; -1 for any other role, and where a turn has no text."""
    contents: pa.StringArray
    """(n_turns,) what is said."""
    starts: NDArray[np.int64]
    """(n_rows + 1,) where each conversation begins; its end is the next one's start."""

    @property
    def row_of(self) -> NDArray[np.int64]:
        """(n_turns,) the row that a turn belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @property
    def last(self) -> Mask:
        """(n_turns,) whether a turn is its conversation's last."""
        ends = np.zeros(len(self.roles), np.bool_)
        ends[self.starts[1:][np.diff(self.starts) > 0] - 1] = True
        return ends

    def rows_with(self, chosen: Mask) -> Mask:
        """(n_rows,) whether any of a row's turns is chosen."""
        return np.bincount(self.row_of[chosen], minlength=len(self.starts) - 1) > 0

    def starts_of(self, chosen: Mask) -> NDArray[np.int64]:
        """(n_rows + 1,) `starts` if the chosen turns were all that there are."""
        before = np.concatenate(([0], np.cumsum(chosen)))
        counts: NDArray[np.int64] = before[self.starts]
        return counts


def read(messages: pa.ListArray) -> Turns:
    """The turns of a column `messages`; a row that is null has none."""
    lengths = pc.fill_null(pc.list_value_length(messages), 0).to_numpy(zero_copy_only=False)
    flat = messages.flatten()
    contents, said = pc.struct_field(flat, "content"), pc.struct_field(flat, "role")
    known = pc.fill_null(pc.index_in(said, pa.array(ROLES)), -1)
    roles = known.to_numpy(zero_copy_only=False).astype(np.int8)
    roles[contents.is_null().to_numpy(zero_copy_only=False)] = -1
    return Turns(roles, contents, np.concatenate(([0], np.cumsum(lengths))).astype(np.int64))


def unsound(turns: Turns) -> list[tuple[str, Mask]]:
    """What no form can hold: conversations that are empty, broken, or without an answer."""
    answered = turns.rows_with(turns.last & (turns.roles == ASSISTANT))
    return [
        (EMPTY, np.diff(turns.starts) == 0),
        (UNKNOWN, turns.rows_with(turns.roles < 0)),
        (NO_ANSWER, ~answered),
    ]


def unaligned(turns: Turns) -> list[tuple[str, Mask]]:
    """What a form of pairs cannot hold: after a system turn, a question and an answer in turn.

    What a tool says stands in the place of a question.
    """
    first = np.zeros(len(turns.roles), np.bool_)
    first[turns.starts[:-1][np.diff(turns.starts) > 0]] = True
    system = turns.roles == SYSTEM
    headed = turns.rows_with(first & system)
    place = np.arange(len(turns.roles)) - (turns.starts[:-1] + headed)[turns.row_of]
    answers = turns.roles == ASSISTANT
    return [
        (LATE_SYSTEM, turns.rows_with(system & ~first)),
        (UNEVEN, turns.rows_with(~system & (answers != (place % 2 == 1)))),
        (NOTHING_ASKED, np.diff(turns.starts) - headed < 2),
    ]


def held(rows: pa.RecordBatch, checks: Checks) -> tuple[pa.RecordBatch, Counter[str]]:
    """(the rows of which no check is true, why the others are left out)."""
    left_out: Counter[str] = Counter()
    fine = np.ones(len(rows), np.bool_)
    for reason, mask in checks:
        if n_rows := int((fine & mask).sum()):
            left_out[reason] += n_rows
        fine &= ~mask
    return (rows if fine.all() else rows.filter(pa.array(fine))), left_out


def lists(values: pa.Array, starts: NDArray[np.int64]) -> pa.ListArray:
    """(n_rows,) lists of the values between each start and the next."""
    return pa.ListArray.from_arrays(pa.array(starts, pa.int32()), values)


def schema(own: pa.Schema) -> pa.Schema:
    """A form's own columns, then FIELDS."""
    return pa.schema([*own, *(ROWS.field(name) for name in FIELDS)])


def beside(rows: pa.RecordBatch, own: Sequence[pa.Array], columns: pa.Schema) -> pa.RecordBatch:
    """The form's own columns beside FIELDS of the same rows."""
    kept = [rows.column(name) for name in FIELDS]
    return pa.record_batch([*own, *kept], schema=schema(columns))
