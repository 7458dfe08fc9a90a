"""A tuning ends with the best checkpoint, can be interrupted anywhere, and says what it did."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import RecipeError, TableError
from schemas.tables import Table
from schemas.training import Tune
from tests.train.conftest import Made, Mixing, chats
from train.runtime import quiet
from train.tune import Tuned, last_checkpoint, no_space, tune

pytest.importorskip("torch")
SETTINGS = Tune(
    learning_rate=5e-3, batch=8, epochs=2, evaluations=4, valid_rows=16, rank=4, dropout=0.1
)


def run(
    mixture: Path,
    base: Made,
    folder: Path,
    settings: Tune = SETTINGS,
    n_seen: int | None = None,
) -> Tuned:
    folder.mkdir(exist_ok=True)
    out = folder / "model"
    out.mkdir(exist_ok=True)
    with quiet():
        return tune(
            Table(mixture, "train"),
            Table(mixture, "valid"),
            base.sources,
            settings,
            *(3, out, folder / "scratch", lambda line: None, n_seen),
        )


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "model").iterdir()}


@pytest.fixture
def mixture(mixing: Mixing) -> Path:
    return mixing(chats(80)).folder


def test_two_tunings_leave_the_same_losses_and_the_same_bytes(
    mixture: Path, made_base: Made, tmp_path: Path
) -> None:
    one, other = (run(mixture, made_base, tmp_path / name) for name in "ab")

    assert one.rows == other.rows
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert "adapter_model.safetensors" in files(tmp_path / "a")


def test_the_loss_falls_and_every_step_is_told(
    mixture: Path, made_base: Made, tmp_path: Path
) -> None:
    told = run(
        mixture,
        made_base,
        tmp_path / "a",
        Tune(method="full", learning_rate=5e-3, batch=8, epochs=6),
    )
    train = [row for row in told.rows if row["split"] == "train"]
    valid = [row for row in told.rows if row["split"] == "valid"]

    assert [row["step"] for row in train] == list(range(1, 49))
    assert [row["step"] for row in valid] == [10, 20, 30, 40, 48]
    assert sum(row["loss"] for row in train[-8:]) < 0.97 * sum(row["loss"] for row in train[:8])
    assert [row["n_tokens"] for row in train] == sorted({row["n_tokens"] for row in train})
    assert told.facts["n_steps"] == 48 and told.facts["n_seen"] == 64 * 6
    assert train[-1]["n_tokens"] == told.facts["n_tokens"]
    assert train[-1]["n_loss_tokens"] == told.facts["n_loss_tokens"]
    assert [row["step"] for row in told.rows if row["best"]] == [told.facts["best_step"]]


def test_the_checkpoint_with_the_least_valid_loss_is_the_result(
    mixture: Path, made_base: Made, tmp_path: Path
) -> None:
    before_the_end = []
    for rate in (0.3, 1.0):  # so wild that which step is best is chance
        often = {"batch": 8, "epochs": 20, "evaluations": 20}
        wild = Tune(method="full", learning_rate=rate, schedule="constant", **often)
        folder = tmp_path / str(rate)
        told = run(mixture, made_base, folder, wild)
        valid = {row["step"]: row["loss"] for row in told.rows if row["split"] == "valid"}
        best = min(valid, key=lambda step: valid[step])
        before_the_end.append(best < told.facts["n_steps"])

        assert told.facts["best_step"] == best
        assert f"at step {best} of" in told.notes[0]
        kept = files(folder)["model.safetensors"]
        checkpoint = folder / "scratch" / f"checkpoint-{best}"
        assert kept == (checkpoint / "model.safetensors").read_bytes()

    assert any(before_the_end)


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_the_result_of_every_method_loads_with_the_libraries_alone(
    mixture: Path, made_base: Made, tmp_path: Path, method: str
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    settings = Tune(method=method, learning_rate=5e-3, batch=8, epochs=1, evaluations=1)  # type: ignore[arg-type]
    told = run(mixture, made_base, tmp_path / "a", settings)
    model = tmp_path / "a" / "model"
    if method == "full":
        loaded: Any = AutoModelForCausalLM.from_pretrained(str(model))
    else:
        base = AutoModelForCausalLM.from_pretrained(str(made_base.model))
        with quiet():
            loaded = PeftModel.from_pretrained(base, str(model))
        targets = json.loads((model / "adapter_config.json").read_text())["target_modules"]
        assert targets == sorted(targets)
        assert {name.rpartition(".")[2] for name in targets} == set(
            "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()
        )
    tokenizer = AutoTokenizer.from_pretrained(str(model))
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What does the lattice do?"}],
        add_generation_prompt=True,
        return_tensors="pt",
    )

    assert loaded.generate(**asked, max_new_tokens=4, do_sample=False).shape[0] == 1
    assert (told.facts["n_trainable"] < told.facts["n_parameters"]) is (method != "full")
    assert told.facts["n_parameters"] == 400 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 96 + 64) + 32


def test_without_valid_rows_the_last_checkpoint_is_the_result_and_this_is_noted(
    mixture: Path, made_base: Made, tmp_path: Path
) -> None:
    told = run(mixture, made_base, tmp_path / "a", Tune(batch=8, epochs=1, valid_rows=0))

    assert told.facts["best_step"] == told.facts["n_steps"] == 8
    assert "tune.valid_rows is 0" in told.notes[0]
    assert [row["split"] for row in told.rows if row["best"]] == ["train"]


def test_a_control_goes_through_as_many_rows_as_it_is_told(
    mixture: Path, made_base: Made, tmp_path: Path
) -> None:
    told = run(mixture, made_base, tmp_path / "a", SETTINGS, n_seen=100)

    assert (told.facts["n_seen"], told.facts["n_steps"]) == (100, 13)
    assert told.facts["epochs"] == 100 / 64


def test_micro_batches_give_the_losses_of_whole_batches(
    mixture: Path, made_base: Made, tmp_path: Path
) -> None:
    whole, parts = (
        run(
            mixture,
            made_base,
            tmp_path / str(micro),
            Tune(batch=8, micro_batch=micro, epochs=1, learning_rate=5e-3, valid_rows=4),
        )
        for micro in (8, 2)
    )

    assert [row["loss"] for row in parts.rows] == pytest.approx(
        [row["loss"] for row in whole.rows], rel=1e-4
    )


def test_a_mixture_of_another_tokenizer_is_refused(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(made_base.tokenizer, other)
    template = (other / "chat_template.jinja").read_text()
    (other / "chat_template.jinja").write_text("Hello. " + template)
    table = mixing(chats(20), tokenizer=other)

    with pytest.raises(TableError, match=r"counted as \d+ tokens.*mix again with this base"):
        run(table.folder, made_base, tmp_path / "a")


def test_a_mixture_that_was_not_counted_is_refused(
    made_base: Made, mixture: Path, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = mixture / "train.parquet"
    rows = pq.read_table(path)
    for name in ("n_tokens", "n_loss_tokens"):
        nulls = pa.nulls(len(rows), pa.int32())
        rows = rows.set_column(rows.column_names.index(name), name, nulls)
    pq.write_table(rows, path)

    with pytest.raises(TableError, match=r"its tokens were not counted\. Mix again and name"):
        run(mixture, made_base, tmp_path / "a")


# Interrupted.


def test_a_tuning_that_was_done_but_not_yet_kept_is_not_done_again(
    mixture: Path, made_base: Made, tmp_path: Path
) -> None:
    first = run(mixture, made_base, tmp_path / "a")
    before = files(tmp_path / "a")
    again = run(mixture, made_base, tmp_path / "a")

    assert again.facts["resumed_from_step"] == again.facts["n_steps"]
    assert again.rows == first.rows
    assert files(tmp_path / "a") == before


Retort = Callable[..., Any]


def tune_verb(mixture: Path, base: Made, out: Path) -> list[str]:
    sets = ("epochs=8", "batch=8", "evaluations=16", "rank=4", "dropout=0.1", "learning_rate=5e-3")
    changes = [argument for one in sets for argument in ("--set", one)]
    return ["tune", str(mixture), "-o", str(out), "--base", str(base.model), *changes]


@pytest.fixture
def whole_base(made_base: Made, tmp_path: Path) -> Made:
    """Model and tokenizer in one folder, as a user has them."""
    folder = tmp_path / "base"
    shutil.copytree(made_base.model, folder)
    return Made(folder, folder)


def killed_after_checkpoints(arguments: list[str], scratch: Path, n: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "retort", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and len(list(scratch.glob("checkpoint-*/trainer_state.json"))) < n:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_a_tuning_that_is_killed_goes_on_and_ends_with_the_same_losses_and_tensors(
    mixture: Path, whole_base: Made, tmp_path: Path, retort: Retort
) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert retort(*tune_verb(mixture, whole_base, undisturbed), cwd=tmp_path).status == 0
    arguments = tune_verb(mixture, whole_base, killed)
    killed_after_checkpoints(arguments, tmp_path / "killed.scratch", 1)
    killed_after_checkpoints(arguments, tmp_path / "killed.scratch", 2)
    assert not killed.exists()

    done = retort(*arguments, "--json", cwd=tmp_path)

    assert done.status == 0, done.err
    assert done.json["resumed_from_step"] >= 4
    assert Table(killed).read().equals(Table(undisturbed).read())
    assert files(killed) == files(undisturbed)
    assert not (tmp_path / "killed.scratch").exists()


@pytest.mark.slow
def test_a_terminal_is_told_step_loss_speed_and_time_left(
    mixture: Path, whole_base: Made, tmp_path: Path
) -> None:
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "retort", *tune_verb(mixture, whole_base, tmp_path / "tuned")],
        stdout=subprocess.DEVNULL,
        stderr=end,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(end)
    said = b""
    with contextlib.suppress(OSError):  # which a terminal gives when its other end is closed
        while piece := os.read(terminal, 4_096):
            said += piece
    os.close(terminal)

    assert process.wait() == 0
    told = said.decode()
    assert re.search(r"tune  step \d+/64  loss \d\.\d{3}  [\d,]+ tokens/s  \d+:\d\d left", told), (
        told
    )


@pytest.mark.slow
def test_checkpoints_of_other_settings_are_not_gone_on_with(
    mixture: Path, whole_base: Made, tmp_path: Path, retort: Retort
) -> None:
    out = tmp_path / "tuned"
    killed_after_checkpoints(tune_verb(mixture, whole_base, out), tmp_path / "tuned.scratch", 1)

    done = retort(*tune_verb(mixture, whole_base, out), "--seed", "8", "--json", cwd=tmp_path)

    assert done.status == 0, done.err
    assert done.json["resumed_from_step"] is None


@pytest.mark.slow
def test_ctrl_c_keeps_the_last_checkpoint(
    mixture: Path, whole_base: Made, tmp_path: Path, retort: Retort
) -> None:
    arguments = tune_verb(mixture, whole_base, tmp_path / "tuned")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "retort", *arguments],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob("tuned.scratch/checkpoint-*/trainer_state.json")):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()

    assert process.returncode == 130
    assert said == "retort: stopped; finished tables are kept, run again to go on\n"
    assert last_checkpoint(tmp_path / "tuned.scratch")
    assert retort(*arguments, "--json", cwd=tmp_path).json["resumed_from_step"] > 0


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(tmp_path: Path) -> None:
    for step, state in ((5, "{}"), (10, "{}"), (15, '{"epoch": 1, "log_hist'), (20, None)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if state is not None:
            (folder / "trainer_state.json").write_text(state)

    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint-5", "checkpoint-10"}


def test_a_full_disk_is_known_by_what_the_libraries_say() -> None:
    assert no_space(OSError(28, "No space left on device"))
    assert no_space(RuntimeError("[enforce fail] PytorchStreamWriter failed writing file data/0"))
    assert no_space(ValueError("Error: I/O error: No space left on device (os error 28)"))
    assert not no_space(RecipeError("tune: the loss is nan at step 3."))
    assert not no_space(OSError(2, "No such file"))


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_in_mid_training_leaves_the_last_checkpoint_whole(
    mixture: Path, whole_base: Made, tmp_path: Path, retort: Retort
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)], check=True)
    try:
        ballast = disk / "ballast"
        arguments = tune_verb(mixture, whole_base, disk / "tuned")
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "retort", *arguments], stderr=subprocess.PIPE, text=True
        )
        while not list(disk.glob("tuned.scratch/checkpoint-*/trainer_state.json")):
            time.sleep(0.002)
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"0" * 4_096)
        _, said = process.communicate()
        kept = last_checkpoint(disk / "tuned.scratch")
        ballast.unlink()
        again = retort(*arguments, "--json", cwd=tmp_path)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)

    assert process.returncode == 2
    assert "No space left" in said and len(said.strip().splitlines()) == 1
    assert kept is not None
    assert again.status == 0, again.err
    assert again.json["resumed_from_step"] == int(kept.name.rpartition("-")[2])
