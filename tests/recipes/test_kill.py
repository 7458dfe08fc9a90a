"""A run that is killed, in whatever stage, goes on and ends with the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.recipes.test_tuning import write_recipe

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes" / "numerics.yaml"
STAGES = [
    "read",
    "collect",
    "segment",
    "screen.passages.license",
    "screen.passages.duplicates",
    "screen.passages",
    "synthesize",
    "screen.examples.grounding",
    "screen.examples.length",
    "screen.examples.duplicates",
    "screen.examples",
]
MODEL_STAGES = ["base.tokenizer", "tokens", "mix", "base", "tune", "likelihood", "evaluate"]


def start(recipe: Path, work: Path, *more: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "retort", "run", str(recipe), "--work", str(work), *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def parts(work: Path) -> dict[str, str]:
    """`table/part` -> hash of its bytes, of every table that the only run stands on."""
    (run,) = (work / "runs").iterdir()
    told = json.loads((run / "run.json").read_text())
    assert told["status"] == "complete"
    found = {}
    for stage in told["stages"]:
        manifest = json.loads((work / "tables" / stage["table"] / "manifest.json").read_text())
        files = [*manifest["parts"], *manifest["files"]]
        found |= {f"{stage['table']}/{one['file']}": one["content"] for one in files}
    return found


def killed_in(stage: str, recipe: Path, work: Path, *more: str) -> bool:
    """Start a run and kill it, and all it started, while it writes a table of this stage."""
    process = start(recipe, work, *more)
    while process.poll() is None:
        if any(path.name.rpartition("-")[0] == stage for path in work.glob("tables/*.writing")):
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.001)
    return process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_a_run_killed_at_any_time_ends_with_the_same_bytes(
    papers: Path, finished: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    for seconds in (0.8, 1.1, 1.4, 1.7):
        process = start(papers / "small.yaml", work)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    assert start(papers / "small.yaml", work).wait() == 0
    assert parts(work) == parts(finished)
    assert not list(work.glob("tables/*.writing"))


@pytest.mark.slow
def test_a_stopped_run_says_so_in_one_line_and_keeps_finished_tables(
    papers: Path, finished: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "retort", "run", "small.yaml", "--work", str(work)],
        cwd=papers,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(work.glob("tables/segment-*")):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()

    assert process.returncode == 130
    assert said == "retort: stopped; finished tables are kept, run again to go on\n"
    assert not list(work.glob("tables/*.writing"))
    assert start(papers / "small.yaml", work).wait() == 0
    assert parts(work) == parts(finished)


@pytest.mark.slow
def test_a_run_killed_in_each_stage_ends_with_the_same_bytes(tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    until = ("--until", "screen.examples")
    assert start(RECIPE, undisturbed, *until).wait() == 0
    work = tmp_path / "killed"
    for stage in STAGES:
        assert killed_in(stage, RECIPE, work, *until), stage

    assert start(RECIPE, work, *until).wait() == 0
    assert parts(work) == parts(undisturbed)


@pytest.mark.slow
def test_a_run_killed_in_each_stage_of_its_model_ends_with_the_same_bytes(
    papers: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    recipe = write_recipe(papers, tmp_path / "papers") / "tuned.yaml"
    undisturbed = tmp_path / "undisturbed"
    assert start(recipe, undisturbed).wait() == 0
    work = tmp_path / "killed"
    for stage in MODEL_STAGES:
        assert killed_in(stage, recipe, work), stage

    assert start(recipe, work).wait() == 0
    assert parts(work) == parts(undisturbed)


@pytest.mark.slow
def test_the_demo_meets_its_bounds(tmp_path: Path, retort: Callable[..., Any]) -> None:
    pytest.importorskip("torch")
    began = time.monotonic()
    env = {"OMP_NUM_THREADS": "2"}  # as a user has it on two cores
    done = retort("run", RECIPE, "--json", cwd=tmp_path, env=env, timeout=900)
    seconds = time.monotonic() - began
    assert done.status == 0, done.err

    stages = {stage["name"]: stage for stage in done.json["stages"]}
    manifests = {
        name: json.loads((Path(tmp_path, stage["table"]) / "manifest.json").read_text())
        for name, stage in stages.items()
    }
    tasks = _kept_per_task(tmp_path, stages)
    assert seconds <= 480
    assert max(one["peak_memory_bytes"] for one in manifests.values()) <= 6 << 30
    assert stages["collect"]["rows"] >= 3_000
    assert stages["screen.examples"]["kept"] >= 5_000
    assert len(tasks) == 6 and min(tasks.values()) >= 100, tasks
    assert manifests["tune"]["facts"]["n_parameters"] <= 2_000_000
    assert manifests["tune"]["facts"]["n_tokens"] <= 400_000
    (domain,) = [
        one
        for one in done.json["scores"]
        if (one["part"], one["metric"], one["model"]) == ("domain", "nll_per_token", "tuned")
    ]
    assert domain["high"] < 0 and domain["over_control_high"] < 0


def _kept_per_task(folder: Path, stages: dict[str, Any]) -> dict[str, int]:
    import duckdb

    from schemas.tables import Table

    with duckdb.connect() as database:
        for name, stage in (("examples", "synthesize"), ("verdicts", "screen.examples")):
            database.register(name, Table(folder / stages[stage]["table"]).dataset())
        return dict(
            database.sql(
                "select task, count(*) from examples join verdicts using (id) where kept group by 1"
            ).fetchall()
        )
