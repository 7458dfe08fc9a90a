"""Train a small base from scratch: a Llama of a few layers, on text and on chats in its template.

So that a study needs no download, and what tuning adds is not just the format: the base has seen
the template, its end token, and general examples, but no document of the domain and none that is
held out.

Documents and chats follow each other in a random order, each closed by the end token, cut into
sequences of `context` tokens. Optimizer and schedule are the usual ones of small Llamas: AdamW
(betas .9, .95; weight decay .1), warm-up over 5 % of the steps, a cosine to a tenth.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from schemas.errors import RecipeError, SourceError
from schemas.training import Pretrain
from train.runtime import device, load_tokenizer
from train.speed import Speed

if TYPE_CHECKING:
    import torch

WARMUP, FLOOR = 0.05, 0.1
BETAS, WEIGHT_DECAY, CLIP = (0.9, 0.95), 0.1, 1.0
ROWS_AT_ONCE = 512
Tokens = NDArray[np.int32]


def encode(tokenizer: Any, documents: Iterable[str], chats: Iterable[Any]) -> list[Tokens]:  # noqa: ANN401
    """Token ids of each document, its end token last, and of each chat in the template."""
    end = [tokenizer.eos_token_id]
    encoded: list[Tokens] = []
    waiting: list[str] = []

    def flush() -> None:
        if waiting:
            ids = tokenizer(waiting, add_special_tokens=False)["input_ids"]
            encoded.extend(np.array(one + end, np.int32) for one in ids)
            waiting.clear()

    for text in documents:
        waiting.append(text)
        if len(waiting) == ROWS_AT_ONCE:
            flush()
    flush()
    for chat in chats:
        ids = tokenizer.apply_chat_template(chat)["input_ids"]
        encoded.append(np.array(ids, np.int32))
    return encoded


def sequences(texts: Sequence[Tokens], n: int, context: int, seed: int) -> Tokens:
    """(n, context): the texts in a random order, over and over in new ones, cut without a gap."""
    draw = np.random.default_rng(seed)
    needed, have, order = n * context, 0, []
    while have < needed:
        for place in draw.permutation(len(texts)):
            order.append(texts[place])
            have += len(texts[place])
            if have >= needed:
                break
    return np.concatenate(order)[:needed].reshape(n, context)


def learning_rate(step: int, n_steps: int, highest: float) -> float:
    """Of step 0 to n_steps - 1."""
    warmup = max(1, round(WARMUP * n_steps))
    if step < warmup:
        return highest * (step + 1) / warmup
    done = (step - warmup) / max(1, n_steps - warmup)
    return highest * (FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * done)) / 2)


def pretrain(
    documents: Iterable[str],
    chats: Iterable[Any],
    tokenizer_folder: Path,
    settings: Pretrain,
    seed: int,
    out: Path,
    tell: Callable[[str], None],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Train and save; gives CHECKPOINTS, one row a step, and facts for the report.

    Args:
        documents: texts of training documents.
        chats: conversations of kept training examples.
        tokenizer_folder: of the tokenizer that was trained for this base.
        settings: size and length of the training.
        seed: of weights and order.
        out: an existing folder, for the model.
        tell: hears how far it is.

    Raises:
        SourceError: there is no text.
        RecipeError: the loss is not a number any more.
    """
    import torch

    tokenizer = load_tokenizer(tokenizer_folder)
    texts = encode(tokenizer, documents, chats)
    if not any(len(text) for text in texts):
        raise SourceError("base.pretrain: its parts hold no training text. Name others.")
    per_step = settings.batch_tokens // settings.context
    n_steps = max(1, round(settings.tokens / (per_step * settings.context)))
    blocks = sequences(texts, n_steps * per_step, settings.context, seed)
    torch.manual_seed(seed)
    model = _model(settings, tokenizer).to(device()).train()
    optimizer = _optimizer(model, settings.learning_rate)
    speed = Speed(tell, n_steps)
    rows = []
    for step in range(n_steps):
        ids = torch.from_numpy(blocks[step * per_step : (step + 1) * per_step].astype(np.int64))
        rate = learning_rate(step, n_steps, settings.learning_rate)
        loss, norm = _step(model, optimizer, ids.to(device()), rate)
        if not math.isfinite(loss):
            raise RecipeError(
                f"base.pretrain: the loss is {loss} at step {step + 1}. Lower its learning_rate "
                f"({settings.learning_rate:g})."
            )
        seen = (step + 1) * per_step * settings.context
        speed.step(step + 1, loss, seen)
        rows.append(
            {
                "step": step + 1,
                "split": "train",
                "loss": loss,
                "learning_rate": rate,
                "grad_norm": norm,
                "n_tokens": seen,
                "n_loss_tokens": seen - (step + 1) * per_step,
                "best": step + 1 == n_steps,
            }
        )
    model.eval().save_pretrained(str(out))
    tokenizer.save_pretrained(str(out))
    facts = {
        "n_parameters": model.num_parameters(),
        "n_steps": n_steps,
        "n_tokens": n_steps * per_step * settings.context,
        "epochs": round(blocks.size / sum(map(len, texts)), 3),
        "device": device(),
        "tokens_per_second": speed.tokens_per_second,
    }
    return rows, facts


def _model(settings: Pretrain, tokenizer: Any) -> Any:  # noqa: ANN401
    """A Llama with the input embedding as its output layer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    inner = -(-settings.width * 8 // 3 // 16) * 16  # 8/3 of the width, as in Llama, in 16s
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.width,
            intermediate_size=inner,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.heads,
            max_position_embeddings=settings.context,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def _optimizer(model: Any, highest: float) -> "torch.optim.Optimizer":  # noqa: ANN401
    """AdamW; vectors (norms) do not decay."""
    import torch

    matrices = [one for one in model.parameters() if one.ndim > 1]
    vectors = [one for one in model.parameters() if one.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": WEIGHT_DECAY},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=highest, betas=BETAS)


def _step(
    model: Any,  # noqa: ANN401
    optimizer: "torch.optim.Optimizer",
    ids: "torch.Tensor",
    rate: float,
) -> tuple[float, float]:
    """(loss, norm of the gradient) of one step on ids (rows, context)."""
    import torch

    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = model(input_ids=ids, labels=ids, use_cache=False).loss
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item(), norm.item()
