"""TRL's SFTTrainer with what it lacks: a valid loss per token, and no surprises.

Rows arrive as ids and labels, so TRL neither tokenises, cuts nor drops anything. The trainer reads
them in the order in which they are given.
"""

import inspect
import math
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from schemas.errors import RecipeError
from schemas.training import Tune
from train import runtime
from train.adapters import adapter, learning_rate
from train.encode import IGNORED, Row
from train.speed import Speed

DIRECT_LOGITS = 1 << 28
"""Logits of one micro-batch at most that are held at once: 1 GiB of float32."""
SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


def arguments(
    settings: Tune, n_steps: int, seed: int, has_valid: bool, n_parameters: int, folder: Path
) -> Any:  # noqa: ANN401  TRL's configuration
    """TRL's configuration for one tuning.

    Args:
        settings: of the recipe.
        n_steps: steps of the optimizer.
        seed: of adapters and dropout.
        has_valid: whether there are valid rows to choose the checkpoint by.
        n_parameters: of the model.
        folder: where checkpoints go.
    """
    from trl import SFTConfig

    on_gpu = runtime.device() == "cuda"
    every = max(1, math.ceil(n_steps / settings.evaluations))
    micro = settings.micro_batch or settings.batch
    checkpointing = settings.activation_checkpointing
    if checkpointing is None:
        checkpointing = on_gpu and n_parameters >= runtime.LARGE
    return SFTConfig(
        output_dir=str(folder),
        max_steps=n_steps,
        per_device_train_batch_size=micro,
        per_device_eval_batch_size=micro,
        gradient_accumulation_steps=settings.batch // micro,
        learning_rate=learning_rate(settings),
        lr_scheduler_type=SCHEDULES[settings.schedule],
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        activation_checkpointing=checkpointing,
        use_cpu=not on_gpu,
        bf16=on_gpu and _has_bfloat16(),
        seed=seed,
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
        completion_only_loss=False,  # labels say it already, row by row
        max_length=None,
        packing=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if has_valid else "no",
        eval_steps=every,
        prediction_loss_only=True,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        metric_for_best_model="eval_loss" if has_valid else None,
        greater_is_better=False if has_valid else None,
        dataloader_pin_memory=on_gpu,
        disable_tqdm=True,
        report_to="none",
    )


def _has_bfloat16() -> bool:
    import torch

    return bool(torch.cuda.is_bf16_supported())


def as_dataset(rows: Sequence[Row]) -> Any:  # noqa: ANN401  a datasets.Dataset
    """`input_ids` and `labels` of rows, in their order."""
    import datasets

    return datasets.Dataset.from_dict(
        {"input_ids": [row.ids for row in rows], "labels": [row.labels for row in rows]}
    )


def trainer(
    model: Any,  # noqa: ANN401
    tokenizer: Any,  # noqa: ANN401
    train: Sequence[Row],
    valid: Sequence[Row],
    settings: Tune,
    told: Any,  # noqa: ANN401
    speed: Speed,
) -> Any:  # noqa: ANN401
    """A trainer, ready to train.

    Args:
        model: the base, of which nothing was tuned yet.
        tokenizer: its tokenizer; pads on the right.
        train: rows in training order, repetitions included.
        valid: rows to choose the checkpoint by; may be none.
        settings: of the recipe.
        told: of `arguments`.
        speed: hears of each step.
    """
    from transformers import PrinterCallback, TrainerCallback
    from trl import SFTTrainer

    tokens = per_step([len(row.ids) for row in train], settings.batch)
    valid_tokens = sum(row.n_loss_tokens for row in valid) / max(1, len(valid))
    direct = can_be_direct(model, [*train, *valid], told.per_device_train_batch_size)

    class Trainer(SFTTrainer):  # type: ignore[misc]
        def compute_loss(
            self,
            model: Any,  # noqa: ANN401
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,  # noqa: ANN401
        ) -> Any:  # noqa: ANN401
            """As TRL's; of valid batches so weighted that their mean over rows is one over tokens.

            The evaluation loop takes the mean of the batches' losses over rows. Dividing a batch's
            sum by its rows times the mean tokens of a row makes that the sum over all tokens.
            """
            if not self.model.training:
                num_items_in_batch = valid_tokens * len(inputs["labels"])
            if not direct or return_outputs or num_items_in_batch is None:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            return summed_loss(model, inputs) / num_items_in_batch

        def create_model_card(self, *arguments: object, **named: object) -> None:
            """Nothing: a card that knows where the data come from is written elsewhere."""

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ANN401
            """What was looked at or saved since the last step is not its time."""
            speed.begin()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ANN401
            """The last step is looked at and saved, whatever the interval."""
            if state.global_step == state.max_steps:
                control.should_evaluate = bool(valid)
                control.should_save = True

        def on_log(
            self,
            args: Any,  # noqa: ANN401
            state: Any,  # noqa: ANN401
            control: Any,  # noqa: ANN401
            logs: dict[str, float] | None = None,
            **_: Any,  # noqa: ANN401
        ) -> None:
            """Stop at once where there is nothing to learn from any more."""
            loss = (logs or {}).get("loss")
            if loss is None:
                return
            if not math.isfinite(loss):
                raise RecipeError(
                    f"tune: the loss is {loss} at step {state.global_step}. Lower "
                    f"tune.learning_rate ({learning_rate(settings):g})."
                )
            speed.step(state.global_step, loss, tokens[state.global_step - 1])

    made = Trainer(
        model=model,
        args=told,
        train_dataset=as_dataset(train),
        eval_dataset=as_dataset(valid) if valid else None,
        processing_class=tokenizer,
        peft_config=adapter(settings),
        callbacks=[Watch()],
    )
    made.remove_callback(PrinterCallback)
    _adapters_in_float32(made.model)
    return made


def per_step(counts: Sequence[int], batch: int) -> list[int]:
    """(n_steps,) sums of all counts up to and with each step of `batch` rows."""
    return list(accumulate(sum(counts[at : at + batch]) for at in range(0, len(counts), batch)))


def can_be_direct(model: Any, rows: Sequence[Row], micro_batch: int) -> bool:  # noqa: ANN401
    """Whether `summed_loss` takes the place of TRL's fused loss.

    TRL's saves the memory of the logits by computing them in pieces, of every position, twice. On a
    processor, where memory is not what lacks, logits of the answers alone are twice as fast
    (`benchmarks/tune.py`). A GPU, several processes, experts that need a loss of their own, and
    logits of more than DIRECT_LOGITS numbers stay with TRL's.
    """
    import torch.distributed

    config = model.config.get_text_config()
    longest = max(len(row.ids) for row in rows)
    return (
        runtime.device() == "cpu"
        and not torch.distributed.is_initialized()
        and not hasattr(config, "output_router_logits")
        and "logits_to_keep" in inspect.signature(model.forward).parameters
        and longest * micro_batch * config.vocab_size <= DIRECT_LOGITS
    )


def summed_loss(model: Any, inputs: Any) -> Any:  # noqa: ANN401
    """Negative log-likelihood of a batch's labels, in nats, from logits of the answers alone.

    Args:
        model: a causal language model that takes `logits_to_keep`.
        inputs: `input_ids`, `attention_mask` and `labels`, each (rows, tokens); a label is the
            token at its own place, or -100.
    """
    import torch

    labels = inputs["labels"][:, 1:]
    places = (labels != IGNORED).any(0).nonzero()[:, 0]
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        use_cache=False,
        logits_to_keep=places,
    ).logits
    kept = labels[:, places]
    counts = kept != IGNORED
    return torch.nn.functional.cross_entropy(logits[counts].float(), kept[counts], reduction="sum")


def _adapters_in_float32(model: Any) -> None:  # noqa: ANN401
    """Undo TRL's cast of a 4-bit base's adapters to bfloat16.

    Small updates vanish in it, and a processor without bfloat16 is many times slower with it.
    """
    import torch

    if getattr(model, "is_loaded_in_4bit", False):
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.to(torch.float32)
