"""What a base makes of whole conversations: one vector each, from its last hidden states.

The vector is the mean of the last layer's states, in which token i of n has the weight
i / (1 + … + n), scaled to length 1: RDS+ (arXiv 2503.01807), after SGPT (arXiv 2202.08904). Padding
has no weight. Rows come with `id`, `part`, `split` and `messages`, and go as
`schemas.selected.vectors`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.selected import vectors
from train.measures.reading import NOT_FINITE, ROWS_AT_ONCE, Messages, Tokens, alike, read
from train.runtime import Loaded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH_TOKENS = 4_096
"""Tokens of a forward pass, padding included."""


def schema(loaded: Loaded) -> pa.Schema:
    """The columns of this base's vectors."""
    config = loaded.model.config
    return vectors(getattr(config, "text_config", config).hidden_size)


def hidden(
    batches: Iterator[pa.RecordBatch],
    loaded: Loaded,
    longest: int,
    skipped: Counter[str],
    tell: Callable[[str], None],
    batch_tokens: int = BATCH_TOKENS,
) -> Iterator[pa.RecordBatch]:
    """One row of vectors for each that the base can read whole, in their order.

    Args:
        batches: rows with `id`, `part`, `split` and `messages`.
        loaded: the base.
        longest: tokens that a row may have; longer ones are skipped, never cut.
        skipped: counts the rows that got no vector, by reason.
        tell: hears how far it is.
        batch_tokens: tokens of a forward pass, padding included.
    """
    columns = schema(loaded)
    n_rows = 0
    for batch in batches:
        for first in range(0, len(batch), ROWS_AT_ONCE):
            rows = batch.slice(first, ROWS_AT_ONCE)
            there, found = of_conversations(
                rows.column("messages").to_pylist(), loaded, longest, skipped, batch_tokens
            )
            n_rows += len(rows)
            tell(f"{n_rows:,} rows read")
            yield _batch(rows.take(pa.array(there, pa.int64())), found, columns)


def of_conversations(
    conversations: Sequence[Messages],
    loaded: Loaded,
    longest: int,
    skipped: Counter[str],
    batch_tokens: int = BATCH_TOKENS,
) -> "tuple[list[int], NDArray[np.float32]]":
    """Places of conversations that can be read whole, and (places, width) their vectors."""
    import numpy as np

    told = [read(one, loaded.tokenizer, longest) for one in conversations]
    skipped.update(one for one in told if isinstance(one, str))
    there = [place for place, one in enumerate(told) if isinstance(one, Tokens)]
    ids = [one.ids for one in told if isinstance(one, Tokens)]
    found = np.empty((len(ids), schema(loaded).field("vector").type.list_size), np.float32)
    for places in alike([len(one) for one in ids], batch_tokens):
        found[places] = _pooled([ids[place] for place in places], loaded)
    finite = np.isfinite(found).all(1)
    skipped.update([NOT_FINITE] * int((~finite).sum()))
    return [there[place] for place in np.flatnonzero(finite)], found[finite]


def _pooled(rows: Sequence[Sequence[int]], loaded: Loaded) -> "NDArray[np.float32]":
    """(rows, width) of one padded batch."""
    import numpy as np
    import torch

    longest = max(map(len, rows))
    pad = loaded.tokenizer.pad_token_id or 0
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    with torch.no_grad():
        states = loaded.model.base_model(
            input_ids=ids.to(loaded.device), attention_mask=mask.to(loaded.device), use_cache=False
        ).last_hidden_state.float()
        weights = (mask * torch.arange(1, longest + 1)).to(states.device, torch.float32)
        weights = weights / weights.sum(1, keepdim=True)
        pooled = torch.einsum("rtw,rt->rw", states, weights)
        pooled = torch.nn.functional.normalize(pooled, dim=1)
    return np.asarray(pooled.cpu().numpy(), np.float32)


def _batch(
    rows: pa.RecordBatch, found: "NDArray[np.float32]", columns: pa.Schema
) -> pa.RecordBatch:
    vector = pa.FixedSizeListArray.from_arrays(pa.array(found.ravel()), found.shape[1])
    own = [rows.column(name) for name in ("id", "part", "split")]
    return pa.record_batch([*own, vector], schema=columns)
