"""From papers to a tuned model: what a run with a base makes, reuses, hides and tells."""

import itertools
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curate.collect import markdown
from curate.collect.files import NamedFile, walk
from recipes.runner import read_run, tables_of
from schemas.ids import fraction
from schemas.rows import Document
from schemas.tables import Table
from tests.conftest import loaded_by

pytest.importorskip("torch")
Retort = Callable[..., Any]
MODEL = """
base:
  pretrain:
    {layers: 1, width: 32, heads: 2, vocab: 600, context: 128, tokens: 20000, batch_tokens: 512}
tune: {learning_rate: 0.01, epochs: 2, evaluations: 3, valid_rows: 32, rank: 8}
evaluate: {samples: 2, new_tokens: 8, draws: 500}
"""
TUNED = {"tune", "likelihood.tuned", "evaluate"}


def write_recipe(papers: Path, folder: Path) -> Path:
    """A copy of the small corpus with a recipe that goes all the way."""
    shutil.copytree(papers, folder)
    recipe = (folder / "small.yaml").read_text(encoding="utf-8") + MODEL
    recipe = recipe.replace("name: small", "name: tuned").replace("test: 0.1", "test: 0.25")
    (folder / "tuned.yaml").write_text(recipe, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the recipe has run to its end; tests copy it before a change."""
    folder = write_recipe(papers, tmp_path_factory.mktemp("tuned") / "project")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "retort", "run", "tuned.yaml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    yield folder


def tables(project: Path) -> dict[str, Table]:
    """Stage -> its table, of the latest run."""
    runs = sorted((project / "work" / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    told = read_run(runs[-1])
    assert told is not None and told["status"] == "complete"
    return {name: Table(project / "work" / "tables" / at) for name, at in tables_of(told).items()}


@pytest.fixture
def again(project: Path, tmp_path: Path, retort: Retort) -> Callable[..., Any]:
    """Run the recipe, changed, where it has run before."""
    shutil.copytree(project, tmp_path / "again", symlinks=True)

    def run(*sets: str, until: str = "evaluate") -> Any:  # noqa: ANN401
        changes = [argument for change in sets for argument in ("--set", change)]
        done = retort(
            *("run", "tuned.yaml", *changes, "--until", until, "--json"), cwd=tmp_path / "again"
        )
        assert done.status == 0, done.err
        return done.json

    return run


def made(told: Any) -> set[str]:  # noqa: ANN401
    return {stage["name"] for stage in told["stages"] if not stage["reused"]}


def test_scores_compare_base_control_and_tuned_on_the_test_rows_of_both_parts(
    again: Callable[..., Any], project: Path
) -> None:
    scores = again()["scores"]
    keys = {"part", "metric", "model", "base", "value", "difference", "low", "high", "n"}

    assert {(one["part"], one["metric"], one["model"]) for one in scores} == {
        (part, metric, model)
        for part in ("domain", "general")
        for metric in ("nll_per_token", "bits_per_byte")
        for model in ("control", "tuned")
    }
    for one in scores:
        assert keys <= set(one)
        assert one["difference"] == pytest.approx(one["value"] - one["base"])
        assert one["low"] <= one["difference"] <= one["high"]
    test = Table(tables(project)["mix"].folder, "test")
    parts = test.read(["part"])["part"].to_pylist()
    assert {one["part"]: one["n"] for one in scores} == {
        part: parts.count(part) for part in ("domain", "general")
    }


def test_a_second_run_makes_nothing_loads_no_torch_and_is_quick(
    project: Path, tmp_path: Path
) -> None:
    shutil.copytree(project, tmp_path / "again", symlinks=True)
    heavy = {"torch", "transformers", "tokenizers", "numba", "schemas.tables"}
    seconds = []
    for _ in range(3):
        arguments = ["run", "tuned.yaml", "--json"]
        done, loaded, took = loaded_by(arguments, tmp_path / "again", heavy)
        seconds.append(took)
        assert done.status == 0, done.err
        assert made(done.json) == loaded == set()

    assert min(seconds) < 2


@pytest.mark.slow
def test_other_shares_tune_again_and_keep_base_control_and_their_scores(
    again: Callable[..., Any],
) -> None:
    assert made(again("mix.parts={domain: 0.5, general: 0.5}")) == {"mix", *TUNED}


@pytest.mark.slow
def test_another_size_gives_the_control_as_many_steps(again: Callable[..., Any]) -> None:
    assert made(again("mix.size=120")) == {
        "mix",
        "tune.control",
        "likelihood.control",
        *TUNED,
    }


@pytest.mark.slow
def test_another_learning_rate_remakes_no_mixture(again: Callable[..., Any]) -> None:
    told = made(again("tune.learning_rate=0.02"))

    assert told == {"tune", "tune.control", "likelihood.control", *TUNED}


def test_other_draws_only_score_again(again: Callable[..., Any]) -> None:
    assert made(again("evaluate.draws=600")) == {"evaluate"}


@pytest.mark.slow
def test_more_pretraining_leaves_tokenizer_and_mixture(again: Callable[..., Any]) -> None:
    told = made(again("base.pretrain.tokens=25000", until="tune"))

    assert told == {"base", "tune"}


def test_up_to_the_mixture_nothing_loads_torch(papers: Path, tmp_path: Path) -> None:
    folder = write_recipe(papers, tmp_path / "fresh")
    heavy = {"torch", "transformers", "trl", "peft"}
    done, loaded, _ = loaded_by(["run", "tuned.yaml", "--until", "mix"], folder, heavy)

    assert done.status == 0, done.err
    assert loaded == set()
    counts = Table(tables(folder)["mix"].folder).read(["n_tokens"])["n_tokens"]
    assert counts.null_count == 0


def test_the_control_takes_as_many_steps_on_the_general_part_alone(project: Path) -> None:
    found = tables(project)
    tuned, control = (found[name].manifest.facts for name in ("tune", "tune.control"))

    assert tuned["n_steps"] == control["n_steps"] > 20
    assert set(Table(found["mix.control"].folder, "train").read()["part"].to_pylist()) == {
        "general"
    }


@pytest.mark.slow
def test_a_mixture_of_the_domain_alone_still_shows_what_is_forgotten(
    again: Callable[..., Any],
) -> None:
    scores = again("mix.parts={domain: 1.0}")["scores"]

    assert {one["part"] for one in scores} == {"domain", "general"}


@pytest.mark.slow
def test_a_mixture_of_the_general_part_has_no_control_and_says_so(
    again: Callable[..., Any],
) -> None:
    told = again("mix.parts={general: 1.0}", "mix.size=100")
    (evaluated,) = [one for one in told["stages"] if one["name"] == "evaluate"]

    assert "tune.control" not in {one["name"] for one in told["stages"]}
    assert {one["model"] for one in told["scores"]} == {"tuned"}
    assert evaluated["rows"] == 4


@pytest.mark.slow
def test_a_control_that_cannot_be_is_told_before_anything_is_tuned(
    project: Path, tmp_path: Path, retort: Retort
) -> None:
    shutil.copytree(project, tmp_path / "again", symlinks=True)
    sets = (
        "screen.examples.keep.none={sql: n_words > 9999, parts: [general]}",
        "base.pretrain.parts=[domain]",
        "mix.parts={domain: 1.0}",
    )
    changes = [argument for change in sets for argument in ("--set", change)]
    done = retort("run", "tuned.yaml", *changes, cwd=tmp_path / "again")

    assert done.status == 2
    assert "evaluate.control: false" in done.err and "general" in done.err
    assert len(done.err.strip().splitlines()) == 1
    alone = retort(
        "run",
        "tuned.yaml",
        *changes,
        "--set",
        "evaluate.control=false",
        "--json",
        cwd=tmp_path / "again",
    )
    assert alone.status == 0, alone.err
    assert {one["part"] for one in alone.json["scores"]} == {"domain"}


# No stage after the base sees a test document.


def with_marker(folder: Path, marker: str) -> list[Path]:
    """Put a marker in the place of a common word in every test document; gives the files.

    A document's split is cut from a hash of its text, so other letters are put behind the marker
    until the changed document is held out again.
    """
    changed = []
    for part in ("domain", "general"):
        for file in walk(folder / part):
            assert isinstance(file, NamedFile)
            if not is_test(file):
                continue
            before = file.path.read_text(encoding="utf-8")
            for letters in itertools.product("abcdefghij", repeat=2):
                after = before.replace("lattice", marker + "".join(letters))
                file.path.write_text(after, encoding="utf-8")
                if is_test(file):
                    break
            changed.append(file.path)
    return changed


def is_test(file: NamedFile) -> bool:
    (document,) = markdown.read(file.path.read_bytes(), file.source)
    assert isinstance(document, Document)
    return fraction(document.id) < 0.25


@pytest.mark.slow
def test_no_stage_after_the_base_sees_a_test_document(
    project: Path, papers: Path, tmp_path: Path, retort: Retort
) -> None:
    marker = "zyxqwv"
    marked = write_recipe(papers, tmp_path / "marked")
    assert len(with_marker(marked, marker)) >= 3
    done = retort("run", "tuned.yaml", "--json", cwd=marked)
    assert done.status == 0, done.err
    before, after = tables(project), tables(marked)

    test = (after["mix"].folder / "test.parquet", after["mix.control"].folder / "test.parquet")
    assert marker in str(Table(after["mix"].folder, "test").read().to_pylist())
    for name in ("base.tokenizer", "base", "tune", "tune.control"):
        assert after[name].manifest.content == before[name].manifest.content, name
    for name in ("mix", "mix.control"):
        for part in ("train", "valid"):
            of_part = [one.manifest.content_of(part) for one in (after[name], before[name])]
            assert of_part[0] == of_part[1], (name, part)
    assert after["likelihood.base"].manifest.content != before["likelihood.base"].manifest.content
    written = [
        path
        for name in ("base.tokenizer", "base", "mix", "tune", "mix.control", "tune.control")
        for path in after[name].folder.rglob("*")
        if path.is_file() and path not in test
    ]
    assert len(written) > 20
    for path in written:
        text = str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else ""
        assert marker.encode() not in path.read_bytes() and marker not in text, path


# What a run leaves.


def test_a_runs_model_loads_by_its_folder_alone(project: Path, tmp_path: Path) -> None:
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoTokenizer

    from train.runtime import quiet

    (run,) = (project / "work" / "runs").iterdir()
    with quiet():
        model = AutoPeftModelForCausalLM.from_pretrained(str(run / "model"))
        tokenizer = AutoTokenizer.from_pretrained(str(run / "model"))

    assert model.peft_config["default"].r == 8
    assert tokenizer.chat_template and tokenizer.pad_token != tokenizer.eos_token


def test_the_report_tells_of_the_tuning(project: Path) -> None:
    (run,) = (project / "work" / "runs").iterdir()
    page = (run / "report.html").read_text(encoding="utf-8")

    for heading in ("What tuning changed", "Training", "Answers side by side"):
        assert heading in page


def test_the_run_ends_with_where_things_are_and_a_small_table(
    project: Path, retort: Retort
) -> None:
    said = retort("run", "tuned.yaml", cwd=project).out

    (run,) = (project / "work" / "runs").iterdir()
    for what in ("dataset", "model", "report.html"):
        assert f"work/runs/{run.name}/{what}" in said
    assert "tuned - control" in said and "domain" in said


def test_plan_and_why_know_of_the_model(project: Path, retort: Retort) -> None:
    planned = retort("plan", "tuned.yaml", "--json", cwd=project).json
    assert {one["state"] for one in planned["stages"]} == {"done"}
    assert {"base", "tokens", "tune", "evaluate"} <= {one["name"] for one in planned["stages"]}

    row = Table(tables(project)["mix"].folder, "train").read().to_pylist()[0]
    said = retort("why", row["example_id"], cwd=project).out
    assert f"{row['n_tokens']} tokens, {row['n_loss_tokens']} of them with loss" in said


@pytest.mark.slow
def test_a_killed_run_goes_on_in_the_middle_of_its_tuning(
    project: Path, papers: Path, tmp_path: Path
) -> None:
    import os
    import signal

    folder = write_recipe(papers, tmp_path / "killed")
    command = [sys.executable, "-P", "-m", "retort", "run", "tuned.yaml"]
    process = subprocess.Popen(command, cwd=folder, start_new_session=True)
    while not list(folder.glob("work/tables/tune-*.scratch/checkpoint-*/trainer_state.json")):
        assert process.poll() is None
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0

    before, after = tables(project), tables(folder)
    assert after["tune"].manifest.facts["resumed_from_step"] is not None
    for name in before:
        if name not in ("read.domain.0", "read.general.0"):
            assert after[name].manifest.content == before[name].manifest.content, name
    assert not list(folder.glob("work/tables/*.scratch"))
