"""Mixture rows as token ids and labels, and the proof that they are what the mixture counted.

Reads `schemas.rows.MIXTURE`. The loss covers what follows the rendered prompt: answer, end token,
and what the template puts behind it. Nothing is cut: a row that does not fit was set aside before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.errors import TableError
from schemas.tables import Table

IGNORED = -100
"""Label of a token without loss, as PyTorch's cross-entropy has it."""
COLUMNS = ["example_id", "document_id", "part", "n_tokens", "n_loss_tokens", "prompt", "completion"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row, ready for a model."""

    example_id: str
    document_id: str | None
    part: str
    ids: list[int]
    """(n_tokens,) of prompt and completion."""
    n_prompt: int
    """Tokens of the prompt, the cue to answer among them; labels begin behind it."""
    n_bytes: int
    """UTF-8 bytes of the answer."""
    answer: str
    prompt: list[dict[str, str]]

    @property
    def labels(self) -> list[int]:
        """(n_tokens,) the id, or IGNORED in the prompt."""
        return [IGNORED] * self.n_prompt + self.ids[self.n_prompt :]

    @property
    def n_loss_tokens(self) -> int:
        """Tokens that are predicted and learnt; nothing predicts the first of a sequence."""
        return len(self.ids) - max(1, self.n_prompt)


def encode(table: Table, tokenizer: Any, where: str, most: int | None = None) -> list[Row]:  # noqa: ANN401
    """Rows of a mixture, or the first `most` of them.

    Args:
        table: a mixture, or one split of it.
        tokenizer: of the base, as transformers loads it.
        where: what the table is called in a message.
        most: rows at most.

    Raises:
        TableError: the mixture was not counted, or with another tokenizer or template than this.
    """
    rows: list[Row] = []
    for batch in table.batches(COLUMNS):
        for told in batch.to_pylist():
            if most is not None and len(rows) == most:
                return rows
            rows.append(_row(told, tokenizer, where))
    return rows


def _row(told: dict[str, Any], tokenizer: Any, where: str) -> Row:  # noqa: ANN401
    ids, n_prompt = tokens(tokenizer, told["prompt"], told["completion"])
    row = Row(
        example_id=told["example_id"],
        document_id=told["document_id"],
        part=told["part"],
        ids=ids,
        n_prompt=n_prompt,
        n_bytes=len((told["completion"][-1]["content"] or "").encode()),
        answer=told["completion"][-1]["content"] or "",
        prompt=told["prompt"],
    )
    counted = (told["n_tokens"], told["n_loss_tokens"])
    if counted == (None, None):
        raise TableError(
            f"{where}: its tokens were not counted. Mix again and name the base "
            f"(retort mix … --base PATH)."
        )
    if counted != (len(ids), row.n_loss_tokens):
        raise TableError(
            f"{where}: row {row.example_id} was counted as {counted[0]} tokens, {counted[1]} of "
            f"them with loss; with this base's tokenizer and template it has {len(ids)} and "
            f"{row.n_loss_tokens}. It was counted with another tokenizer: mix again with this base."
        )
    return row


def tokens(
    tokenizer: Any,  # noqa: ANN401
    prompt: Sequence[dict[str, str]],
    completion: Sequence[dict[str, str]],
) -> tuple[list[int], int]:
    """(ids of the whole conversation, how many of them are the prompt and the cue to answer)."""
    whole = tokenizer.apply_chat_template([*prompt, *completion])["input_ids"]
    if not prompt:
        return whole, 0
    asked = tokenizer.apply_chat_template(list(prompt), add_generation_prompt=True)["input_ids"]
    return whole, len(asked)
