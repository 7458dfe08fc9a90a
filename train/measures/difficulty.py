"""How hard an answer is for a base with its instruction, without it, and the ratio of the two.

Instruction-following difficulty (arXiv 2308.12032) is the mean loss of the answer's tokens after
the instruction, divided by their mean loss without it. Without it the answer stands behind the cue
to answer alone (what the template writes at the beginning of an answer), as in the paper's code,
so both losses are of the same tokens. Rows come with `id` and `messages`, and go as
`schemas.selected.DIFFICULTY`. System turns and earlier turns belong to the instruction.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from schemas.selected import DIFFICULTY
from train.encode import Row
from train.evaluate.likelihood import negative_log_likelihoods
from train.measures.reading import NOT_FINITE, ROWS_AT_ONCE, Messages, Tokens, read
from train.runtime import Loaded

NO_INSTRUCTION = "no turn before the answer"
PROBE = [{"role": "user", "content": "?"}]
"""A conversation that every template renders."""


def difficulty(
    batches: Iterator[pa.RecordBatch],
    loaded: Loaded,
    longest: int,
    skipped: Counter[str],
    tell: Callable[[str], None],
) -> Iterator[pa.RecordBatch]:
    """One row of DIFFICULTY for each that the base can read whole, in their order.

    Args:
        batches: rows with `id` and `messages`.
        loaded: the base.
        longest: tokens that a row may have; longer ones are skipped, never cut.
        skipped: counts the rows without a value, by reason.
        tell: hears how far it is.
    """
    n_rows = 0
    for batch in batches:
        for first in range(0, len(batch), ROWS_AT_ONCE):
            rows = batch.slice(first, ROWS_AT_ONCE)
            found = of_conversations(rows.column("messages").to_pylist(), loaded, longest, skipped)
            n_rows += len(rows)
            tell(f"{n_rows:,} rows read")
            made = [
                {"id": id_, "nll_given": one[0], "nll_alone": one[1], "ifd": one[0] / one[1]}
                for id_, one in zip(rows.column("id").to_pylist(), found, strict=True)
                if one is not None
            ]
            yield pa.RecordBatch.from_pylist(made, schema=DIFFICULTY)


def of_conversations(
    conversations: Sequence[Messages], loaded: Loaded, longest: int, skipped: Counter[str]
) -> list[tuple[float, float] | None]:
    """(given, alone) mean nats of each conversation's answer; None where it cannot be read."""
    told = [_instructed(read(one, loaded.tokenizer, longest)) for one in conversations]
    skipped.update(one for one in told if isinstance(one, str))
    there = [place for place, one in enumerate(told) if isinstance(one, Tokens)]
    rows = [one for one in told if isinstance(one, Tokens)]
    head = before_any_answer(loaded.tokenizer)
    first = 0 if head else 1  # nothing predicts the first token of a text
    given = _means([_row(one.ids, one.n_prompt + first) for one in rows], loaded)
    alone = _means(
        [_row([*head, *one.ids[one.n_prompt :]], len(head) + first) for one in rows], loaded
    )
    found: list[tuple[float, float] | None] = [None] * len(told)
    for place, one, other in zip(there, given, alone, strict=True):
        if one < float("inf") and 0 < other < float("inf"):
            found[place] = (one, other)
        else:
            skipped[NOT_FINITE] += 1
    return found


def before_any_answer(tokenizer: Any) -> list[int]:  # noqa: ANN401  of transformers
    """The token that begins a text, where the template writes one, and the cue to answer."""
    whole = tokenizer.apply_chat_template(PROBE)["input_ids"]
    asked = tokenizer.apply_chat_template(PROBE, add_generation_prompt=True)["input_ids"]
    begins = [tokenizer.bos_token_id] if whole[:1] == [tokenizer.bos_token_id] else []
    cue = asked[len(whole) :] if asked[: len(whole)] == whole else []
    return [*begins, *cue]


def _instructed(told: Tokens | str) -> Tokens | str:
    return NO_INSTRUCTION if isinstance(told, Tokens) and not told.n_prompt else told


def _row(ids: list[int], n_context: int) -> Row:
    return Row("", None, "", ids, n_context, 0, "", [])


def _means(rows: Sequence[Row], loaded: Loaded) -> list[float]:
    """(rows,) mean nats of the tokens behind each row's context."""
    sums = negative_log_likelihoods(rows, loaded, lambda line: None)
    return [
        total / row.n_loss_tokens if row.n_loss_tokens > 0 else float("nan")
        for total, row in zip(sums, rows, strict=True)
    ]
