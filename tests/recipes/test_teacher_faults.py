"""Two thousand calls against a server that fails in every way, and against kill -9."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curate.synthesize.calls import FILE, Ledger
from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings
from tests.recipes.teachers import stored, write_passages

Retort = Callable[..., Any]
N_CALLS = 2_000
CONCURRENCY = 32
FAULTS = {
    **dict.fromkeys(("rate_limited", "retry_after", "server_error", "slow", "cut"), 0.09),
    **dict.fromkeys(("invalid_json", "schema_mismatch", "wrong_quotes", "empty"), 0.09),
    **dict.fromkeys(("truncated", "refusal"), 0.09),
}
"""Each of the eleven as often as all together allow; a hundredth of the requests meets none."""
SETTINGS = FakeSettings.model_validate(
    {"faults": FAULTS, "latency": 0.01, "slow_seconds": 0.6, "retry_after": 0.02}
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("faults")
    write_passages(found / "p.parquet", N_CALLS)
    return found


@pytest.fixture
def fake() -> Iterator[Serving]:
    with serving(SETTINGS) as server:
        yield server


def command(fake: Serving, out: str, retries: int = 8) -> list[str]:
    return [
        *("synthesize", "p.parquet", "-o", f"{out}.parquet", "--work", out, "--json"),
        *("--teacher", fake.url, "--model", "m", "--set", "timeout=0.4"),
        *("--set", f"concurrency={CONCURRENCY}", "--set", f"retries={retries}"),
    ]


def replies(work: Path) -> dict[str, str]:
    with Ledger(work / FILE) as ledger:
        return {call.key: call.reply for call in ledger.every({})}


@pytest.mark.slow
def test_two_thousand_calls_end_and_every_one_is_accounted_for(
    folder: Path, fake: Serving, retort: Retort
) -> None:
    told = retort(*command(fake, "whole"), cwd=folder, timeout=900).json
    seen = fake.stats()

    assert told["requested"] == told["ok"] + told["failed"] + told["skipped"] == N_CALLS
    assert sum(told["outcomes"].values()) == N_CALLS
    assert told["outcomes"]["refused"] == seen["faults"]["refusal"] > 100
    assert told["outcomes"]["truncated"] == seen["faults"]["truncated"] > 100
    assert set(told["outcomes"]) == {"ok", "refused", "truncated"}
    assert told["calls"] == stored(folder / "whole") == seen["answered"]
    n_corrected = sum(seen["faults"][one] for one in ("invalid_json", "schema_mismatch", "empty"))
    assert told["calls"] == N_CALLS + n_corrected
    assert seen["answered_again"] == 0 and seen["too_early"] == 0
    for fault in FAULTS:
        assert seen["faults"][fault] > 100, fault
    rows = pq.read_table(folder / "whole.parquet", columns=["evidence", "call_ids"]).to_pylist()
    assert told["examples"] == len(rows)
    unfounded = [row for row in rows if any(one["match"] == "none" for one in row["evidence"])]
    assert len({row["call_ids"][0] for row in unfounded}) == seen["faults"]["wrong_quotes"]


@pytest.mark.slow
def test_killed_ten_times_no_stored_reply_is_asked_for_again(
    folder: Path, fake: Serving, retort: Retort
) -> None:
    """What the server answered and the ledger lacks was in flight at a kill, and nothing else."""
    draw = random.Random(11)
    lost = 0
    kept: dict[str, str] = {}
    for _ in range(10):
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "retort", *command(fake, "killed")],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        before = stored(folder / "killed")
        while stored(folder / "killed") == before:  # begins to ask
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(draw.uniform(0.1, 1.5))
        assert process.poll() is None, "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        answered = settled(fake)
        newly_lost = answered - stored(folder / "killed") - lost
        assert 0 <= newly_lost <= CONCURRENCY
        lost += newly_lost
        now = replies(folder / "killed")
        assert kept.items() <= now.items()
        kept = now

    told = retort(*command(fake, "killed"), cwd=folder, timeout=900).json

    assert told["requested"] == told["ok"] + told["failed"] == N_CALLS
    assert fake.stats()["answered"] - stored(folder / "killed") == lost
    assert kept.items() <= replies(folder / "killed").items()
    undisturbed = retort(*command(fake, "undisturbed"), cwd=folder, timeout=900)
    assert undisturbed.status == 0
    assert (folder / "killed.parquet").read_bytes() == (folder / "undisturbed.parquet").read_bytes()


def settled(fake: Serving) -> int:
    """Answers of the server once nothing is in flight."""
    while True:
        seen = fake.stats()
        if seen["in_flight"] == 0:
            return int(seen["answered"])
        time.sleep(0.05)


@pytest.mark.slow
def test_after_an_outage_the_next_run_retries_only_what_failed(
    folder: Path, retort: Retort
) -> None:
    with serving(FakeSettings(latency=0.15)) as fake:  # most are asked for after the outage begins
        arguments = command(fake, "outage", retries=1)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "retort", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        while stored(folder / "outage") < 200:
            time.sleep(0.05)
        fake.outage(on=True)
        out, _ = process.communicate(timeout=600)
        first = json.loads(out)
        assert first["requested"] == first["ok"] + first["failed"] == N_CALLS
        assert first["outcomes"]["server_error"] == first["failed"] > 0
        fake.outage(on=False)
        before = fake.stats()["answered"]
        second = retort(*arguments, cwd=folder).json
        after = fake.stats()

    assert second["outcomes"] == {"ok": N_CALLS}
    assert second["calls"] == after["answered"] - before == first["failed"]
    assert after["answered_again"] == 0
