"""One tuning: from rows of a mixture to the best checkpoint.

Checkpoints go to a scratch folder that outlives an interrupted process; the next one goes on from
the last that is whole and ends with the same losses and weights. A checkpoint is whole when its
`trainer_state.json`, which is written last, can be read.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from schemas.errors import TableError
from schemas.tables import Table
from schemas.training import Tune
from train import batches, runtime
from train.adapters import settle
from train.base import TOKENIZER_FILES
from train.encode import Row, encode
from train.speed import Speed
from train.trainer import arguments, per_step, trainer

STATE = "trainer_state.json"
WEIGHTS = ("*.safetensors", "*.safetensors.index.json", runtime.ADAPTER, "config.json")
NO_SPACE = ("No space left", "os error 28", "Disk quota", "os error 122")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the base lies."""

    model: Path
    tokenizer: Path
    name: str
    """What an adapter's configuration calls it."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a tuning leaves, besides the files."""

    rows: list[dict[str, Any]]
    """CHECKPOINTS."""
    facts: dict[str, Any]
    notes: list[str]


def tune(
    train: Table,
    valid: Table,
    sources: Sources,
    settings: Tune,
    seed: int,
    out: Path,
    scratch: Path,
    tell: Callable[[str], None],
    n_seen: int | None = None,
) -> Tuned:
    """Tune a base, or go on with it, and write the best checkpoint.

    Args:
        train: the mixture's training rows.
        valid: its valid rows.
        sources: the base.
        settings: of the recipe.
        seed: of the order, the adapter and dropout.
        out: an existing folder, for the weights and the tokenizer.
        scratch: where checkpoints go, and may lie already.
        tell: hears how far it is.
        n_seen: rows to go through; what `settings.epochs` asks for by default.

    Raises:
        TableError: the mixture was counted with another tokenizer, or is empty.
        RecipeError: the base cannot be loaded, or the loss is not a number any more.
        OSError: the disk is full; the last whole checkpoint stays.
    """
    tokenizer = runtime.load_tokenizer(sources.tokenizer)
    rows = encode(train, tokenizer, "mix/train")
    held_out = encode(valid, tokenizer, "mix/valid", settings.valid_rows)
    if not rows:
        raise TableError("mix/train: holds no row to train on. Mix again.")
    n_seen = n_seen or settings.rows_seen(len(rows))
    lengths, examples = [len(row.ids) for row in rows], [row.example_id for row in rows]
    order = batches.order(lengths, settings.batch, n_seen, seed, examples)
    ordered = [rows[place] for place in order]
    n_steps = batches.steps(n_seen, settings.batch)
    in_four_bit = settings.method == "qlora"
    number = runtime.number_format(
        "float32" if settings.method == "full" and settings.dtype == "auto" else settings.dtype
    )
    model = runtime.load_base(sources.model, number, in_four_bit)
    n_parameters = _n_parameters(model)
    told = arguments(settings, n_steps, seed, bool(held_out), n_parameters, scratch)
    speed = Speed(tell, n_steps)
    made = trainer(model, tokenizer, ordered, held_out, settings, told, speed)
    _open(scratch, _identity(settings, seed, sources, ordered))
    last = last_checkpoint(scratch)
    try:
        made.train(resume_from_checkpoint=str(last) if last else None)
    except Exception as error:
        if no_space(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(scratch)) from error
        raise
    best = _best(made.state, scratch)
    _keep(best, sources, out)
    facts = {
        "method": settings.method,
        "device": runtime.device(),
        "dtype": str(number).removeprefix("torch."),
        "n_parameters": n_parameters,
        "n_trainable": sum(one.numel() for one in made.model.parameters() if one.requires_grad),
        "n_steps": n_steps,
        "n_seen": n_seen,
        "epochs": n_seen / len(rows),
        "n_tokens": sum(len(row.ids) for row in ordered),
        "n_loss_tokens": sum(row.n_loss_tokens for row in ordered),
        "best_step": _step_of(best),
        "valid_rows": len(held_out),
        "tokens_per_second": speed.tokens_per_second,
        "resumed_from_step": _step_of(last) if last else None,
        "gpu_peak_memory_bytes": _gpu_peak(),
    }
    return Tuned(
        _rows(made.state.log_history, ordered, settings.batch, _step_of(best)),
        facts,
        _notes(held_out, valid, facts),
    )


def _identity(settings: Tune, seed: int, sources: Sources, ordered: Sequence[Row]) -> str:
    """Hash of all that decides where a tuning leads: checkpoints of another one are of no use."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{settings.model_dump_json()} {seed}".encode())
    for path in sorted(sources.model.glob("*.safetensors")):
        status = path.stat()
        digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}".encode())
    for row in ordered:
        digest.update(np.array([row.n_prompt, *row.ids]).tobytes())
    return digest.hexdigest()


def _open(scratch: Path, identity: str) -> None:
    """Make the scratch folder, empty unless what lies there is of this tuning."""
    name = scratch / "of"
    if not (name.is_file() and name.read_text() == identity):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        name.write_text(identity)


def last_checkpoint(scratch: Path) -> Path | None:
    """The latest whole checkpoint; those that a crash left half written are removed."""
    whole = []
    for folder in scratch.glob("checkpoint-*"):
        try:
            json.loads((folder / STATE).read_text(encoding="utf-8"))
            whole.append(folder)
        except (OSError, ValueError):
            shutil.rmtree(folder, ignore_errors=True)
    return max(whole, key=_step_of, default=None)


def no_space(error: BaseException) -> bool:
    """Whether a library's error means that the disk is full."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if isinstance(error, RuntimeError) and "PytorchStreamWriter" in str(error):
        return True
    return any(words in str(error) for words in NO_SPACE)


def _step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _best(state: Any, scratch: Path) -> Path:  # noqa: ANN401  the trainer's state
    """The checkpoint with the least valid loss, or the last one."""
    if state.best_global_step:
        return scratch / f"checkpoint-{state.best_global_step}"
    return scratch / f"checkpoint-{state.global_step}"


def _keep(checkpoint: Path, sources: Sources, out: Path) -> None:
    """Copy a checkpoint's weights, and the tokenizer that it was tuned with."""
    for pattern in WEIGHTS:
        for path in sorted(checkpoint.glob(pattern)):
            shutil.copyfile(path, out / path.name)
    if (out / runtime.ADAPTER).is_file():
        settle(out / runtime.ADAPTER, sources.name)
        (out / "config.json").unlink(missing_ok=True)
    elif (sources.model / "generation_config.json").is_file():
        shutil.copyfile(sources.model / "generation_config.json", out / "generation_config.json")
    for name in TOKENIZER_FILES:
        if (sources.tokenizer / name).is_file():
            shutil.copyfile(sources.tokenizer / name, out / name)


def _n_parameters(model: Any) -> int:  # noqa: ANN401
    """As they were before any was put into 4 bit."""
    return int(model.num_parameters())


def _gpu_peak() -> int | None:
    import torch

    return int(torch.cuda.max_memory_allocated()) if torch.cuda.is_available() else None


def _rows(
    history: Sequence[dict[str, Any]], ordered: Sequence[Row], batch: int, best: int
) -> list[dict[str, Any]]:
    """CHECKPOINTS from the trainer's log."""
    tokens = per_step([len(row.ids) for row in ordered], batch)
    loss_tokens = per_step([row.n_loss_tokens for row in ordered], batch)
    has_valid = any("eval_loss" in told for told in history)
    rows = []
    for told in history:
        split = "valid" if "eval_loss" in told else "train"
        loss = told.get("eval_loss", told.get("loss"))
        if loss is None:
            continue  # the trainer's closing summary
        step = told["step"]
        rows.append(
            {
                "step": step,
                "split": split,
                "loss": loss,
                "learning_rate": told.get("learning_rate"),
                "grad_norm": told.get("grad_norm"),
                "n_tokens": tokens[step - 1],
                "n_loss_tokens": loss_tokens[step - 1],
                "best": step == best and (split == "valid" or not has_valid),
            }
        )
    return rows


def _notes(held_out: Sequence[Row], valid: Table, facts: dict[str, Any]) -> list[str]:
    if held_out and facts["best_step"] < facts["n_steps"]:
        return [
            f"The least loss on valid rows was at step {facts['best_step']} of "
            f"{facts['n_steps']}; the model is the one after that step."
        ]
    if not held_out:
        why = "there are none" if valid.rows == 0 else "tune.valid_rows is 0"
        return [f"No valid rows were looked at ({why}): the model is the one after the last step."]
    return []
