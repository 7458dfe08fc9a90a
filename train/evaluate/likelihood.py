"""Each held-out answer's negative log-likelihood under a model, and a few answers of its own.

Reads the test rows of a mixture; gives `schemas.rows.LIKELIHOODS`, row by row in their order. The
template, the tokenizer and the tokens that count are those of training.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from schemas.tables import Table
from train.encode import Row, encode
from train.runtime import Loaded
from train.speed import Speed

if TYPE_CHECKING:
    import torch

BATCH_TOKENS = 4_096
"""Tokens of a batch, padding included; the logits of a batch are held at once."""


def likelihoods(
    test: Table,
    loaded: Loaded,
    samples: int,
    new_tokens: int,
    tell: Callable[[str], None],
) -> list[dict[str, Any]]:
    """LIKELIHOODS of test rows.

    Args:
        test: the test split of a mixture.
        loaded: the model.
        samples: rows of each part that the model answers itself: the first ones, and rows are in
            the order of their ids, which are hashes.
        new_tokens: tokens of such an answer at most.
        tell: hears how far it is.

    Raises:
        TableError: the mixture was counted with another tokenizer.
    """
    rows = encode(test, loaded.tokenizer, "mix/test")
    losses = negative_log_likelihoods(rows, loaded, tell)
    asked = _first_of_each_part(rows, samples)
    answers = {place: answer(rows[place], loaded, new_tokens) for place in asked}
    return [
        {
            "example_id": row.example_id,
            "document_id": row.document_id or row.example_id,
            "part": row.part,
            "n_loss_tokens": row.n_loss_tokens,
            "n_bytes": row.n_bytes,
            "nll": loss,
            "answer": answers.get(place),
        }
        for place, (row, loss) in enumerate(zip(rows, losses, strict=True))
    ]


def negative_log_likelihoods(
    rows: Sequence[Row], loaded: Loaded, tell: Callable[[str], None]
) -> list[float]:
    """(n_rows,) nats over the loss tokens of each row. Rows of like length share a batch."""
    import torch

    by_length = sorted(range(len(rows)), key=lambda place: len(rows[place].ids))
    losses = [0.0] * len(rows)
    batches = _batches(by_length, rows)
    speed = Speed(tell, len(batches))
    seen = 0
    with torch.no_grad():
        for number, places in enumerate(batches):
            found = _batch([rows[place] for place in places], loaded)
            for place, loss in zip(places, found.tolist(), strict=True):
                losses[place] = loss
            seen += sum(len(rows[place].ids) for place in places)
            n_tokens = sum(rows[place].n_loss_tokens for place in places)
            speed.step(number + 1, found.sum().item() / max(1, n_tokens), seen)
    return losses


def _batches(by_length: Sequence[int], rows: Sequence[Row]) -> list[list[int]]:
    """Places of rows, so many at once that their padded batch has BATCH_TOKENS."""
    batches: list[list[int]] = [[]]
    for place in by_length:
        if batches[-1] and (len(batches[-1]) + 1) * len(rows[place].ids) > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(place)
    return [batch for batch in batches if batch]


def _batch(rows: Sequence[Row], loaded: Loaded) -> "torch.Tensor":
    """(rows,) nats; float32, summed in float64."""
    import torch

    longest = max(len(row.ids) for row in rows)
    pad = loaded.tokenizer.pad_token_id
    ids = torch.tensor([row.ids + [pad] * (longest - len(row.ids)) for row in rows])
    mask = torch.tensor([[1] * len(row.ids) + [0] * (longest - len(row.ids)) for row in rows])
    carries_loss = mask.bool()
    for place, row in enumerate(rows):
        carries_loss[place, : row.n_prompt] = False
    logits = loaded.model(
        input_ids=ids.to(loaded.device), attention_mask=mask.to(loaded.device), use_cache=False
    ).logits
    chosen = carries_loss[:, 1:].to(loaded.device)
    targets = ids[:, 1:].to(loaded.device)[chosen]
    lost = torch.nn.functional.cross_entropy(
        logits[:, :-1][chosen].float(), targets, reduction="none"
    )
    sums = torch.zeros(len(rows), dtype=torch.float64, device=lost.device)
    owner = torch.arange(len(rows), device=lost.device)[:, None].expand_as(chosen)[chosen]
    return sums.index_add_(0, owner, lost.double()).cpu()


def _first_of_each_part(rows: Sequence[Row], samples: int) -> list[int]:
    """Places of the rows that are answered."""
    places: list[int] = []
    for part in sorted({row.part for row in rows}):
        places += [place for place, row in enumerate(rows) if row.part == part][:samples]
    return places


def answer(row: Row, loaded: Loaded, new_tokens: int) -> str:
    """What the model answers to a row's prompt, its likeliest token each time."""
    import torch

    prompt = torch.tensor([row.ids[: row.n_prompt]], device=loaded.device)
    with torch.no_grad():
        made = loaded.model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=new_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=loaded.tokenizer.pad_token_id,
            eos_token_id=loaded.stops,
        )
    text: str = loaded.tokenizer.decode(made[0, prompt.shape[1] :], skip_special_tokens=True)
    return text.strip()
