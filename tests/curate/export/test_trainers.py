"""Every form goes through the trainers that it is for: a step of TRL, LLaMA-Factory's loader."""

import contextlib
import itertools
import json
import math
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest

from curate.chat import Chat
from curate.export.described import Container, Form
from curate.export.files import write
from curate.export.frameworks import LLAMA_FACTORY, dataset_info
from curate.export.rendering import Render, from_template
from tests.conftest import ROOT
from tests.curate.export.conversations import (
    CONTAINERS,
    FORMS,
    HEADED,
    ONE,
    PLAIN,
    SEVERAL,
    TOOL,
    Turn,
    batch,
    described,
    talk,
)

LOADER = ROOT / "benchmarks" / "loaders" / "llama_factory.py"
TALKS = [ONE, HEADED, SEVERAL] * 3


def exported(
    folder: Path, form: Form, render: Render, container: Container = "parquet"
) -> datasets.Dataset:
    """TALKS in a form, written and loaded again."""
    folder.mkdir(exist_ok=True)
    written = write({"train": [batch(TALKS)]}, form, container, folder, render)
    told = {file["split"]: str(folder / file["path"]) for file in written.files}
    cache = str(folder.with_name("cache"))
    return datasets.load_dataset("parquet", data_files=told, split="train", cache_dir=cache)


def from_alpaca(row: dict[str, Any]) -> str:
    """What a user hands to TRL as `formatting_func`."""
    before = f"{row['system']}\n" if row["system"] else ""
    pairs = [*row["history"], [row["instruction"], row["output"]]]
    return before + "\n".join(f"Question: {one}\nAnswer: {other}" for one, other in pairs)


Train = Callable[..., tuple[Any, list[dict[str, list[int]]]]]


@pytest.fixture
def train(model_folder: Path, tmp_path: Path) -> Iterator[Train]:
    """One step of TRL's trainer: (what it says of it, the rows as it tokenized them)."""
    pytest.importorskip("trl")
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from train.runtime import quiet

    def run(
        rows: datasets.Dataset,
        template: str | None = None,
        **others: Any,  # noqa: ANN401
    ) -> tuple[Any, list[dict[str, list[int]]]]:
        tokenizer = AutoTokenizer.from_pretrained(str(model_folder))
        tokenizer.chat_template = template or tokenizer.chat_template
        settings = SFTConfig(
            output_dir=str(tmp_path / "out"),
            use_cpu=True,
            bf16=False,
            max_steps=1,
            max_length=None,
            per_device_train_batch_size=len(rows),
            activation_checkpointing=False,
            shuffle_dataset=False,
            report_to=[],
            save_strategy="no",
        )
        trainer = SFTTrainer(
            AutoModelForCausalLM.from_pretrained(str(model_folder)),
            args=settings,
            train_dataset=rows,
            processing_class=tokenizer,
            **others,
        )
        with contextlib.redirect_stdout(None):
            done = trainer.train()
        columns = ["input_ids", "labels"]
        return done, trainer.train_dataset.select_columns(columns).to_list()

    with quiet():
        yield run


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_trl_takes_a_step_on_every_form(
    form: Form, train: Train, model_folder: Path, tmp_path: Path
) -> None:
    rows = exported(tmp_path / form, form, Chat(model_folder).render)

    others = {"formatting_func": from_alpaca} if form == "alpaca" else {}
    done, tokenized = train(rows, **others)

    assert len(tokenized) == len(TALKS)
    assert done.global_step == 1
    assert 0 < done.training_loss < 20 and math.isfinite(done.training_loss)


@pytest.mark.slow
def test_trl_sees_the_same_tokens_in_text_as_in_conversations(
    train: Train, model_folder: Path, tmp_path: Path
) -> None:
    render = Chat(model_folder).render
    seen = {
        form: train(exported(tmp_path / form, form, render))[1]
        for form in ("trl", "messages", "prompt-completion", "text")
    }

    assert seen["prompt-completion"] == seen["trl"]
    assert seen["text"] == seen["messages"]
    assert [row["input_ids"] for row in seen["text"]] == [row["input_ids"] for row in seen["trl"]]


@pytest.mark.slow
def test_trl_ends_text_again_where_the_template_writes_something_behind_the_end(
    train: Train, model_folder: Path, tmp_path: Path
) -> None:
    template = PLAIN.read_text(encoding="utf-8")
    render = from_template(template, PLAIN, {"eos_token": "<|end|>"})

    told = train(exported(tmp_path / "trl", "trl", render), template)[1]
    written = train(exported(tmp_path / "pc", "prompt-completion", render), template)[1]

    (end,) = {row["input_ids"][-1] for row in written}
    assert [[*row["input_ids"], end] for row in told] == [row["input_ids"] for row in written]


@pytest.mark.slow
def test_trl_trains_on_the_answer_alone(train: Train, model_folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    rows = exported(tmp_path / "trl", "trl", Chat(model_folder).render)
    tokenizer = AutoTokenizer.from_pretrained(str(model_folder))

    _, tokenized = train(rows)

    learnt = [tokenizer.decode([one for one in row["labels"] if one >= 0]) for row in tokenized]
    assert learnt == [f"{talk[-1]['content']}<|end|>" for talk in TALKS]


@pytest.mark.slow
def test_trl_keeps_the_names_of_sharegpts_roles(
    train: Train, model_folder: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(model_folder))

    _, tokenized = train(exported(tmp_path / "s", "sharegpt", Chat(model_folder).render))

    assert tokenizer.decode(tokenized[0]["input_ids"]).startswith("<|human|>")


def for_llama_factory(
    folder: Path, form: Form, container: Container, talks: list[list[Turn]], render: Render
) -> Path:
    """An export with LLaMA-Factory's description of it."""
    folder.mkdir()
    rows = batch(talks)
    written = write({"train": [rows], "valid": [rows]}, form, container, folder, render)
    told = dataset_info(described(form, container, written.files))
    (folder / "dataset_info.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def llama_factory(*folders: Path, tokenizer: Path) -> subprocess.CompletedProcess[str]:
    """Its loader over exported folders, in the environment that has it."""
    python = os.environ.get("RETORT_LLAMA_FACTORY")
    if python is None:
        pytest.skip("RETORT_LLAMA_FACTORY names no interpreter that has llamafactory")
    return subprocess.run(
        [python, str(LOADER), *map(str, folders), "--tokenizer", str(tokenizer)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tokenizer.parent)},
    )


@pytest.mark.slow
def test_llama_factory_loads_every_row(model_folder: Path, tmp_path: Path) -> None:
    render = Chat(model_folder).render
    folders = [
        for_llama_factory(tmp_path / f"{form}-{container}", form, container, [*TALKS, TOOL], render)
        for form, container in itertools.product(LLAMA_FACTORY, CONTAINERS)
    ]

    done = llama_factory(*folders, tokenizer=model_folder)

    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.count("rows\n") == 2 * len(folders)
    assert "0 rows are missing" in done.stdout


@pytest.mark.slow
def test_a_row_that_llama_factory_skips_is_missed(model_folder: Path, tmp_path: Path) -> None:
    twice = talk(("user", "?"), ("user", "?"), ("assistant", "!"))
    folder = for_llama_factory(
        tmp_path / "messages", "messages", "parquet", [ONE, twice], Chat(model_folder).render
    )

    done = llama_factory(folder, tokenizer=model_folder)

    assert done.returncode == 1, done.stderr[-2_000:]
    assert "2 rows are missing" in done.stdout
