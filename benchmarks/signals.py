"""Signals of text quality: this project's web signals beside datatrove's and NeMo Curator's.

    python benchmarks/signals.py --peers PEERS
    python benchmarks/signals.py --peers PEERS --agree

The peers ask for versions of libraries of their own, so each has an environment of its own:

    python -m venv PEERS/datatrove
    PEERS/datatrove/bin/pip install datatrove==0.10.1 spacy==3.8.18 nltk==3.10.4
    python -m venv PEERS/nemo
    PEERS/nemo/bin/pip install --no-deps nemo-curator==1.4.0
    PEERS/nemo/bin/pip install cosmos-xenna==0.2.0 ray==2.57.0 pandas pyarrow loguru fsspec
    PEERS/nemo/bin/pip install regex jieba==0.42.1 mecab-python3 sentencepiece beautifulsoup4
    PEERS/nemo/bin/pip install comment_parser platformdirs

Texts are drawn from a folder of data by --seed: articles whole and in passages, abstracts, web
pages, instructions, and junk made of them; they are whole, and in memory, in Arrow for ours, as
Python strings for the peers. Each way has one process with one thread; they take turns, compiling
is not timed, medians and the ratio to ours are printed. Each of datatrove's four filters stops at a
text's first fault; NeMo Curator's 24 heuristics are all scored, and ours gives all values.

With `--agree` the verdicts of datatrove's four filters are compared with those of the rules in the
preset `web`: how many texts each keeps and drops, and why a text was dropped by one alone.
"""

import argparse
import collections
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from duplicates import processes
from duplicates.timing import environment
from signals import texts

from curate.screen.kernels import buffers
from curate.screen.planned import PRESETS
from curate.screen.signals.web import web

PARTS = Path(__file__).parent / "signals"
WANTED = {"datatrove": (50, 100), "nemo": (4, 9)}
"""How many times as long a peer has to take, and the goal."""
AGREE = 0.99


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of texts")
    parser.add_argument("--peers", type=Path, required=True, help="folder of their environments")
    parser.add_argument("--agree", action="store_true", help="compare verdicts, not seconds")
    parser.add_argument("--rows", type=int, help="texts; 2000 to compare verdicts, 240 seconds")
    parser.add_argument("--runs", type=int, default=3, help="runs that are counted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one object")
    return parser.parse_args()


def seconds(file: Path, peers: Path, n_runs: int) -> dict[str, list[float]]:
    """Way -> seconds of its runs, in turn, after one of each that is not counted."""
    ways = {"retort": [sys.executable, "-P", "-m", "signals.ours", str(file)]}
    for peer, more in (("datatrove", ["seconds"]), ("nemo", [])):
        python = peers.absolute() / peer / "bin" / "python"
        if python.is_file():
            ways[peer] = [str(python), str(PARTS / f"peer_{peer}.py"), *more, str(file)]
    env = environment(NUMBA_NUM_THREADS="1", OMP_NUM_THREADS="1")
    found: dict[str, list[float]] = {way: [] for way in ways}
    with contextlib.ExitStack() as stack:
        held = {
            way: stack.enter_context(processes.held(command, env)) for way, command in ways.items()
        }
        for turn in range(n_runs + 1):
            for way, process in held.items():
                told = processes.step(process)
                if turn:
                    found[way].append(told["seconds"])
    return found


def theirs(file: Path, peers: Path) -> dict[str, list[str]]:
    """Filter -> for each text why datatrove drops it, or an empty string."""
    command = [str(peers.absolute() / "datatrove" / "bin" / "python")]
    command += [str(PARTS / "peer_datatrove.py"), "verdicts", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        sys.exit(f"the peer failed: {told.stderr[-500:]}")
    found: dict[str, list[str]] = json.loads(told.stdout.splitlines()[-1])
    return found


def ours(drawn: list[str]) -> dict[str, list[bool]]:
    """Rule of the preset -> for each text whether it passes."""
    columns = web(*buffers(pa.array(drawn, pa.large_string())))
    measured = pa.table({name: pa.array(column) for name, column in columns.items()})
    keep = yaml.safe_load((PRESETS / "web.yaml").read_text(encoding="utf-8"))["passages"]
    with duckdb.connect() as database:
        database.register("measured", measured)
        return {
            name: [
                row[0] for row in database.sql(f"select ({rule['sql']}) from measured").fetchall()
            ]
            for name, rule in keep.items()
        }


def compare(drawn: list[tuple[str, str]], file: Path, peers: Path) -> dict[str, Any]:
    """Filter -> how often each verdict, how often both agree, and where they do not."""
    own = ours([text for _, text in drawn])
    told = {}
    for name, reasons in theirs(file, peers).items():
        apart = [at for at, why in enumerate(reasons) if own[name][at] != (why == "")]
        causes = collections.Counter(
            f"{drawn[at][0]}: {reasons[at] or 'dropped by ours'}" for at in apart
        )
        n_kept = sum(why == "" for why in reasons)
        told[name] = {
            "kept": n_kept,
            "dropped": len(reasons) - n_kept,
            "agree": 1 - len(apart) / len(reasons),
            "apart": causes,
        }
    return told


def main() -> None:
    """Draw, judge or time, and say whether what is wanted is met."""
    asked = options()
    with tempfile.TemporaryDirectory() as name:
        found = texts.collect(asked.data, Path(name))
        drawn = texts.draw(found, asked.rows or (2000 if asked.agree else 240), asked.seed)
        file = Path(name) / "texts.json"
        file.write_text(json.dumps([text for _, text in drawn]), encoding="utf-8")
        n_bytes = sum(len(text.encode()) for _, text in drawn)
        if asked.agree:
            show_verdicts(asked, drawn, compare(drawn, file, asked.peers))
        else:
            show_seconds(asked, n_bytes, len(drawn), seconds(file, asked.peers, asked.runs))


def show_verdicts(
    asked: argparse.Namespace, drawn: list[tuple[str, str]], told: dict[str, Any]
) -> None:
    """Print how often both agree."""
    if asked.json:
        print(json.dumps(told, indent=2))
        return
    print(
        f"{len(drawn)} texts, seed {asked.seed}: {dict(collections.Counter(k for k, _ in drawn))}"
    )
    print(f"{'':20}{'kept':>7}{'dropped':>9}{'agree':>9}   wanted: {AGREE:.0%}")
    for name, one in told.items():
        print(
            f"{name:20}{one['kept']:7}{one['dropped']:9}{one['agree']:9.2%}   {dict(one['apart'])}"
        )


def show_seconds(
    asked: argparse.Namespace, n_bytes: int, n_rows: int, told: dict[str, list[float]]
) -> None:
    """Print rates and ratios."""
    if asked.json:
        print(json.dumps({"bytes": n_bytes, "rows": n_rows, "seconds": told}, indent=2))
        return
    print(f"{n_rows} texts, {n_bytes / 1e6:.2f} MB, one thread, medians of {asked.runs} turns")
    own = told["retort"]
    for way, each in told.items():
        ratios = [one / mine for one, mine in zip(each, own, strict=True)]
        least, goal = WANTED.get(way, (None, None))
        line = f"{way:10}{n_bytes / 1e6 / statistics.median(each):9.2f} MB/s"
        if least:
            line += f"  ours is {statistics.median(ratios):.0f} times as fast"
            line += (
                f" ({min(ratios):.0f} to {max(ratios):.0f} in turns; wanted {least}, goal {goal})"
            )
        print(line)


if __name__ == "__main__":
    main()
