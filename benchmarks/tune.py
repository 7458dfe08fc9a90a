"""Tuning a small model on a processor: this project's tuning against a bare TRL script.

    python benchmarks/tune.py --rows 640 --runs 3

Both get the same tokenised rows, base, LoRA settings, batch size, learning rate and number of
steps, and save and evaluate nothing. Each runs in a process of its own, in turn: TRL with rows in a
random order, each batch padded to its longest row (its default); TRL with rows in our order; ours;
and ours with rows in the random order. Tokens a second count no padding; the first five steps are
not counted.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BATCH, STEPS_NOT_COUNTED, RATE, RANK, SEED = 16, 5, 2e-3, 16, 7
WAYS = ("trl", "trl-ordered", "retort", "retort-unordered")


def make_base(folder: Path) -> None:
    """A Llama of 1.9 million parameters with random weights, and a tokenizer."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from train.tokenizer import train_tokenizer

    draw = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(4_000)]
    train_tokenizer([" ".join(draw.choices(words, k=200)) for _ in range(300)], 4_096, 512, folder)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    configuration = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=160,
        intermediate_size=432,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(configuration).save_pretrained(str(folder))


def make_rows(n_rows: int) -> list[dict[str, list[int]]]:
    """Rows with lengths as instruction sets have them: lognormal, a median of 60 tokens."""
    draw = random.Random(2)
    rows = []
    for _ in range(n_rows):
        n_prompt = min(250, max(6, int(draw.lognormvariate(3.4, 0.6))))
        n_answer = min(250, max(4, int(draw.lognormvariate(3.4, 0.7))))
        ids = [draw.randrange(5, 4_000) for _ in range(n_prompt + n_answer)]
        rows.append({"input_ids": ids, "labels": [-100] * n_prompt + ids[n_prompt:]})
    return rows


class Clock:
    """Time and tokens of the steps that count."""

    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths
        self.began = 0.0

    def callback(self) -> Any:  # noqa: ANN401
        """A callback that starts the clock behind the steps that do not count."""
        from transformers import TrainerCallback

        clock = self

        class Watch(TrainerCallback):
            def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ANN401
                if state.global_step == STEPS_NOT_COUNTED:
                    clock.began = time.perf_counter()

        return Watch()

    def rate(self) -> float:
        """Tokens a second, padding aside."""
        seconds = time.perf_counter() - self.began
        return sum(self.lengths[STEPS_NOT_COUNTED * BATCH :]) / seconds


def bare_trl(base: Path, rows: list[dict[str, list[int]]]) -> float:
    """What a user would write."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    with tempfile.TemporaryDirectory() as out:
        told = SFTConfig(
            output_dir=out,
            max_steps=len(rows) // BATCH,
            per_device_train_batch_size=BATCH,
            learning_rate=RATE,
            lr_scheduler_type="cosine",
            warmup_steps=0.03,
            use_cpu=True,
            bf16=False,
            activation_checkpointing=False,
            seed=SEED,
            train_sampling_strategy="sequential",
            max_length=None,
            logging_steps=1,
            save_strategy="no",
            disable_tqdm=True,
            report_to="none",
        )
        trainer = SFTTrainer(
            model=AutoModelForCausalLM.from_pretrained(str(base)),
            args=told,
            train_dataset=Dataset.from_list(rows),
            processing_class=AutoTokenizer.from_pretrained(str(base)),
            peft_config=LoraConfig(
                task_type="CAUSAL_LM", r=RANK, lora_alpha=2 * RANK, target_modules="all-linear"
            ),
        )
        clock = Clock([len(row["input_ids"]) for row in rows])
        trainer.add_callback(clock.callback())
        trainer.train()
        return clock.rate()


def ours(base: Path, rows: list[dict[str, list[int]]]) -> float:
    """This project's trainer, as `train/tune.py` makes it, told to save nothing."""
    import torch

    from schemas.training import Tune
    from train import runtime
    from train.encode import IGNORED, Row
    from train.speed import Speed
    from train.trainer import arguments, trainer

    settings = Tune(learning_rate=RATE, rank=RANK, batch=BATCH, valid_rows=0)
    ready = [
        Row("", None, "", row["input_ids"], row["labels"].count(IGNORED), 0, "", []) for row in rows
    ]
    with tempfile.TemporaryDirectory() as out, runtime.quiet():
        told = arguments(settings, len(rows) // BATCH, SEED, False, 0, Path(out))
        told.save_strategy = "no"
        made = trainer(
            runtime.load_base(base, torch.float32, False),
            runtime.load_tokenizer(base),
            ready,
            [],
            settings,
            told,
            Speed(lambda line: None, 1),
        )
        clock = Clock([len(row["input_ids"]) for row in rows])
        made.add_callback(clock.callback())
        made.train()
        return clock.rate()


def one(way: str, base: Path, n_rows: int) -> float:
    """Tokens a second of one way, in this process."""
    from train.batches import order

    rows = make_rows(n_rows)
    lengths = [len(row["input_ids"]) for row in rows]
    if way in ("retort", "trl-ordered"):
        rows = [rows[place] for place in order(lengths, BATCH, n_rows, SEED)]
    return ours(base, rows) if way.startswith("retort") else bare_trl(base, rows)


def main() -> None:
    """Run every way in turn, and print medians and ratios."""
    options = argparse.ArgumentParser(description="Tuning against a bare TRL script.")
    options.add_argument("--rows", type=int, default=640, help="rows, a multiple of 16")
    options.add_argument("--runs", type=int, default=3, help="runs of each way")
    options.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    options.add_argument("--base", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(one(chosen.one, chosen.base, chosen.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        make_base(Path(folder))
        rates: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(chosen.runs):
            for way in WAYS:
                command = [sys.executable, "-W", "ignore", __file__, "--one", way]
                command += ["--base", folder, "--rows", str(chosen.rows)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                rates[way].append(json.loads(done.stdout.splitlines()[-1]))
    medians = {way: statistics.median(found) for way, found in rates.items()}
    for way, rate in medians.items():
        print(f"{way:18} {rate:9,.0f} tokens/s  {rate / medians['trl']:5.2f} x a bare TRL script")


if __name__ == "__main__":
    main()
