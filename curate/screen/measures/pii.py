"""Personal and secret things in a text: addresses, numbers of people and accounts, keys.

Reads a text column. RE2 sees every row; Python only the rows where it finds something likely. Names
and postal addresses are not looked for. How each kind is told from the numbers of science is said
in `curate/screen/pii/`, one file a kind.
"""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from curate.screen.catalog import SPANS
from curate.screen.pii.finders import FORMS, Kind
from curate.screen.pii.spans import Span, apart, redacted
from curate.screen.readable import readable

VERSION = 1
COLUMNS = {
    "n_emails": ("int32", "e-mail addresses"),
    "n_phones": ("int32", "telephone numbers"),
    "n_ips": ("int32", "addresses of machines, IPv4 and IPv6"),
    "n_national_ids": ("int32", "numbers that states give to people, such as social security's"),
    "n_cards": ("int32", "numbers of payment cards and bank accounts (IBAN)"),
    "n_secrets": ("int32", "keys, tokens and passwords"),
    "pii": ("bool", "any of these"),
    "pii_spans": (
        "spans",
        "each of them: email, phone, ip, national_id, card, iban or secret, and where it stands, "
        "in Unicode characters of the text",
    ),
    "redacted": (
        "string",
        "the text with <EMAIL> and so on for each of them; null unless `redact` is set",
    ),
}
_COUNTED: dict[str, tuple[Kind, ...]] = {
    "n_emails": ("email",),
    "n_phones": ("phone",),
    "n_ips": ("ip",),
    "n_national_ids": ("national_id",),
    "n_cards": ("card", "iban"),
    "n_secrets": ("secret",),
}


class Params(BaseModel):
    """What is looked for, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that holds the text."""
    kinds: tuple[Kind, ...] = Field(get_args(Kind), min_length=1)
    """What is looked for; by default everything."""
    redact: bool = False
    """Whether to give the text without what was found, as `redacted`."""


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order."""
    text = readable(rows.column(params.text))
    found = _found(text, params.kinds)
    lists = list(found.values())
    counts = [
        _scattered([sum(one.kind in kinds for one in spans) for spans in lists], found, len(text))
        for kinds in _COUNTED.values()
    ]
    any_found = np.zeros(len(text), bool)
    any_found[list(found)] = True
    spans = _spans(found, len(text))
    changed = _redacted(text, found, any_found) if params.redact else pa.nulls(len(text))
    columns = [*counts, pa.array(any_found), spans, changed.cast(pa.string())]
    return pa.record_batch(columns, names=list(COLUMNS))


def _found(text: pa.Array, kinds: Sequence[Kind]) -> dict[int, list[Span]]:
    """What stands in each row that holds anything, in the order of the rows."""
    claims: dict[int, list[Span]] = {}
    for form in (form for kind, forms in FORMS.items() if kind in kinds for form in forms):
        likely = pc.indices_nonzero(pc.match_substring_regex(text, form.likely))
        contents = text.take(likely).to_pylist()
        for row, content in zip(likely.to_pylist(), contents, strict=True):
            spans = list(form.find(content))
            if spans:
                claims.setdefault(row, []).extend(spans)
    return {row: apart(claims[row]) for row in sorted(claims)}


def _scattered(values: Sequence[int], found: dict[int, list[Span]], n_rows: int) -> pa.Array:
    column = np.zeros(n_rows, np.int32)
    column[list(found)] = values
    return pa.array(column)


def _spans(found: dict[int, list[Span]], n_rows: int) -> pa.Array:
    """(n_rows,) lists of SPANS."""
    offsets = np.zeros(n_rows + 1, np.int32)
    offsets[1:][list(found)] = [len(spans) for spans in found.values()]
    flat = [span for spans in found.values() for span in spans]
    kind, start, end = zip(*flat, strict=True) if flat else ((), (), ())
    values = pa.StructArray.from_arrays(
        [pa.array(kind, pa.string()), pa.array(start, pa.int32()), pa.array(end, pa.int32())],
        fields=list(SPANS.value_type),
    )
    return pa.ListArray.from_arrays(pa.array(np.cumsum(offsets, dtype=np.int32)), values)


def _redacted(
    text: pa.Array, found: dict[int, list[Span]], any_found: NDArray[np.bool_]
) -> pa.Array:
    """The texts, those with spans rewritten."""
    mask = pa.array(any_found)
    originals = text.filter(mask).to_pylist()
    changed = [
        redacted(content, spans) for content, spans in zip(originals, found.values(), strict=True)
    ]
    return pc.replace_with_mask(text, mask, pa.array(changed, pa.large_string()))
