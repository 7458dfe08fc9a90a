"""A real server as teacher: `transformers serve` with the demo's own base."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pyarrow.parquet as pq
import pytest

from curate.synthesize.calls import FILE, Ledger
from curate.synthesize.replies import OUTCOMES
from tests.recipes.teachers import write_passages

Retort = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that `make demo` trains, with fewer tokens."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-P", "-m", "retort", "run", str(ROOT / "recipes" / "numerics.yaml")]
    done = subprocess.run(
        [*command, "--until", "base", "--set", "base.pretrain.tokens=200000"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (model,) = (folder / "work" / "tables").glob("base-*/model")
    return model


@pytest.fixture(scope="module")
def url(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server, once it is healthy."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    script = Path(sys.executable).with_name("transformers")
    with log.open("wb") as said:
        server = subprocess.Popen(
            [str(script), "serve", str(base), "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            stdout=said,
            stderr=said,
        )
    try:
        began = time.monotonic()
        while time.monotonic() - began < SECONDS:
            try:
                if httpx2.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success:
                    break
            except httpx2.HTTPError:
                time.sleep(0.3)
            assert server.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_a_run_completes_every_reply_is_stored_and_failures_are_classified(
    base: Path, url: str, tmp_path: Path, retort: Retort
) -> None:
    """A model of two million parameters answers no JSON: what is shown is that nothing is lost."""
    write_passages(tmp_path / "p.parquet", 16)
    settings = ("--set", "max_tokens=48", "--set", "concurrency=4")
    command = ("synthesize", "p.parquet", "-o", "e", "--teacher", url, "--model", str(base))
    done = retort(*command, *settings, "--json", cwd=tmp_path)
    assert done.status == 0, done.err
    told = done.json

    assert told["requested"] == told["ok"] + told["failed"] == 16
    assert sum(told["outcomes"].values()) == 16 and set(told["outcomes"]) <= set(OUTCOMES)
    failures = pq.read_table(tmp_path / "e" / "failures.parquet").to_pylist()
    assert len(failures) == told["failed"]
    with Ledger(tmp_path / "work" / FILE) as ledger:
        calls = list(ledger.every({}))
    assert len(calls) == told["calls"] >= 16
    for call in calls:
        said = json.loads(call.reply)
        assert call.completion_tokens == said["usage"]["completion_tokens"]
        assert call.prompt_tokens == said["usage"]["prompt_tokens"]

    again = retort(*command, *settings, "--json", cwd=tmp_path).json
    assert again["calls"] == 0 and again["outcomes"] == told["outcomes"]


@pytest.mark.slow
def test_a_recipe_runs_to_its_end_with_a_real_server(
    base: Path, url: str, papers: Path, tmp_path: Path, retort: Retort
) -> None:
    (tmp_path / "domain").symlink_to(papers / "domain")
    (tmp_path / "general").symlink_to(papers / "general")
    text = (papers / "small.yaml").read_text().replace("size: 200", "size: 60")
    teacher = {"kind": "openai", "model": str(base), "base_url": url, "max_tokens": 16}
    teachers = json.dumps([{"kind": "miner"}, teacher])
    asked = "[reading-comprehension, {task: summary, parts: [general]}]"
    (tmp_path / "small.yaml").write_text(
        f"{text}\nsynthesize: {{teachers: {teachers}, tasks: {asked}}}\nexclude: []\n"
    )
    paths = ("--allow-path", papers)
    done = retort("run", "small.yaml", "--until", "mix", *paths, cwd=tmp_path, timeout=900)

    assert done.status == 0, done.err
    (manifest,) = (tmp_path / "work" / "tables").glob("synthesize-*/manifest.json")
    told = json.loads(manifest.read_text())
    assert told["requested"] == told["ok"] + told["failed"] + told["skipped"]
    assert told["facts"]["teachers"][0]["calls"] >= told["facts"]["teachers"][0]["requested"] > 50
