"""What a mixture counts is what SFTTrainer trains on, row for row, on real instructions."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.tables import Table
from schemas.training import Tune
from tests.train.conftest import Made
from train import runtime
from train.base import save_tokenizer
from train.encode import IGNORED, encode
from train.runtime import quiet
from train.speed import Speed
from train.tokenizer import TEMPLATES
from train.trainer import arguments, trainer

torch = pytest.importorskip("torch")
Retort = Callable[..., Any]
N_ROWS = 2_000
MAX_LENGTH = 256
FILES = {
    "llama_factory_demo/alpaca_en_demo.json": "output",
    "llama_factory_demo/alpaca_zh_demo.json": "output",
    "gpteacher/Toolformer/toolformer-similarity-0.8-dataset.json": "response",
}
"""File -> the column of its answers."""


@pytest.fixture
def base(shared_data: Path, tmp_path: Path) -> Path:
    """A tiny model with GPT-NeoX's tokenizer, which has no template of its own."""
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedTokenizerFast

    (given,) = (shared_data / "tokenizers" / "gpt_neox").glob("*tokenizer.json")
    folder = tmp_path / "neox"
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(given), eos_token="<|endoftext|>")
    tokenizer.save_pretrained(str(folder))
    GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=1_024,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
        )
    ).save_pretrained(str(folder))
    return folder


@pytest.fixture
def mixture(shared_data: Path, base: Path, tmp_path: Path, retort: Retort) -> Table:
    """2,000 training rows in English and Chinese, counted over the command line."""
    rows = []
    for name, answer in FILES.items():
        for row in json.loads((shared_data / "instruct" / name).read_text(encoding="utf-8")):
            given = {"instruction": row["instruction"], "input": row["input"]}
            rows.append({**given, "output": row[answer]})
    (tmp_path / "alpaca.json").write_text(json.dumps(rows))
    done = retort(
        *("mix", "--part", "general=alpaca.json:1.0", "--size", N_ROWS, "-o", "mixture"),
        *("--base", base, "--template", "plain", "--max-length", MAX_LENGTH, "--json"),
        cwd=tmp_path,
    )
    assert done.status == 0, done.err
    assert done.json["set_aside"]["longer than max_length"] > 0
    return Table(tmp_path / "mixture", "train")


@pytest.mark.shared_data
def test_rows_and_loss_tokens_are_those_of_the_trainer_row_for_row(
    mixture: Table, base: Path, tmp_path: Path
) -> None:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    counted = mixture.read(["n_tokens", "n_loss_tokens", "prompt", "completion"]).to_pylist()
    tokenizer_folder = tmp_path / "tokenizer"
    tokenizer_folder.mkdir()
    with quiet():
        plain = (TEMPLATES / "plain.jinja").read_text()
        save_tokenizer(base, plain, tokenizer_folder, "base")
        tokenizer = runtime.load_tokenizer(tokenizer_folder)
        rows = encode(mixture, tokenizer, "mixture")
        settings = Tune(batch=8, valid_rows=0)
        made = trainer(
            *(runtime.load_base(base, torch.float32, False), tokenizer, rows, [], settings),
            *(arguments(settings, 250, 1, False, 1, tmp_path), Speed(lambda line: None, 1)),
        )
        seen = [
            (int(mask.sum()), int((labels[1:] != IGNORED).sum()))
            for batch in made.get_train_dataloader()
            for mask, labels in zip(batch["attention_mask"], batch["labels"], strict=True)
        ]
        theirs = SFTTrainer(
            model=runtime.load_base(base, torch.float32, False),
            args=SFTConfig(
                output_dir=str(tmp_path),
                use_cpu=True,
                bf16=False,
                activation_checkpointing=False,
                completion_only_loss=True,
                max_length=MAX_LENGTH,
            ),
            train_dataset=Dataset.from_list(
                [{"prompt": row["prompt"], "completion": row["completion"]} for row in counted]
            ),
            processing_class=tokenizer,
        ).train_dataset

    assert len(counted) == len(rows) == len(seen) == len(theirs) == N_ROWS
    assert seen == [(row["n_tokens"], row["n_loss_tokens"]) for row in counted]
    for row, of_trl in zip(rows, theirs, strict=True):
        assert row.ids == of_trl["input_ids"]
        assert row.labels == of_trl["labels"]


@pytest.mark.shared_data
def test_a_mixture_that_another_base_counted_is_refused_over_the_command_line(
    mixture: Table, made_base: Made, tmp_path: Path, retort: Retort
) -> None:
    shutil.copytree(made_base.model, tmp_path / "other")
    done = retort("tune", "mixture", "-o", "tuned", "--base", "other", cwd=tmp_path)

    assert done.status == 2
    assert "counted with another tokenizer" in done.err and "mix again" in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not (tmp_path / "tuned").exists()
