"""Time and memory of mixing a million candidates whose tokens are counted, beside `datasets`.

    python benchmarks/mixing.py [ROWS] [TIMES]

Made-up conversations of about 100 words in two parts, 50 domains and documents of 20 rows. Ours
draws a mixture of 70 % and 30 % by tokens, with a cap on documents and temperature over domains,
and writes it as a run does, manifest included. The peer does what a script with `datasets` does:
load, split by part, shuffle, take the first rows of each part until its tokens are reached,
concatenate, shuffle, write Parquet. It has no caps, no temperature, no held-out rows and no report.
Each is a whole process; times are medians, memory is the largest.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from duplicates.processes import run

from schemas.rows import EXAMPLES, TOKENS, VERDICTS

SHARES = {"domain": 0.7, "general": 0.3}
AT_ONCE = 20_000
WORDS = 100


def make(folder: Path, n_rows: int) -> None:
    """Examples, verdicts and tokens; about a tenth of the documents is held out."""
    draw = np.random.default_rng(1)
    words = np.array([f"word{number}" for number in range(5_000)])
    with pq.ParquetWriter(folder / "examples.parquet", EXAMPLES, compression="zstd") as file:
        for begin in range(0, n_rows, AT_ONCE):
            rows = [
                _row(number, " ".join(words[draw.integers(0, len(words), WORDS)]))
                for number in range(begin, min(n_rows, begin + AT_ONCE))
            ]
            file.write_table(pa.Table.from_pylist(rows, schema=EXAMPLES))
    ids = pq.read_table(folder / "examples.parquet", columns=["id"])["id"]
    n_tokens = draw.integers(20, 400, n_rows).astype(np.int32)
    columns = {"id": ids, "kept": pa.repeat(True, n_rows)}
    for field in VERDICTS:
        columns.setdefault(field.name, pa.nulls(n_rows, field.type))
    pq.write_table(pa.table(columns).cast(VERDICTS), folder / "verdicts.parquet")
    problem = pa.nulls(n_rows, pa.string())
    counted = {"id": ids, "n_tokens": n_tokens, "n_loss_tokens": n_tokens // 2, "problem": problem}
    pq.write_table(pa.table(counted).cast(TOKENS), folder / "tokens.parquet")


def _row(number: int, text: str) -> dict[str, object]:
    return {
        "id": f"{number * 2_654_435_761 % 2**32:032x}",
        "part": "domain" if number % 3 else "general",
        "split": "train" if number // 20 % 10 else "test",
        "messages": [
            {"role": "user", "content": text[:300]},
            {"role": "assistant", "content": text[300:]},
        ],
        "task": f"task {number % 7}",
        "domain": f"domain {number % 50}",
        "document_id": f"{number // 20:032x}",
        "teacher": "miner",
        "license": "CC-BY-4.0",
        "trainable": True,
    }


def ours(folder: Path, out: Path) -> None:
    """The stage `mix`."""
    import pyarrow.dataset as ds

    from curate.mix.draw import mix
    from schemas.mixing import Mix
    from schemas.tables import Writer

    settings = Mix.model_validate(
        {"parts": SHARES, "unit": "tokens", "temperature": 2.0, "caps": {"document": 18}}
    )
    tables = [ds.dataset(folder / f"{name}.parquet") for name in ("examples", "verdicts")]
    tokens = ds.dataset(folder / "tokens.parquet")
    with mix(*tables, settings, 1, tokens=tokens) as mixed, Writer(out / "mixture") as writer:
        mixed.write(writer)
        told = {"stage": "mix", "version": 1, "fingerprint": "", "parameters": {}, "parents": []}
        writer.finish(**told, retort="")  # type: ignore[arg-type]
    sys.stdout.write(json.dumps(mixed.counts["train"]) + "\n")


def peer(folder: Path, out: Path) -> None:
    """A script with `datasets`."""
    os.environ["HF_DATASETS_CACHE"] = str(out / "cache")
    import datasets

    datasets.disable_progress_bars()
    rows = datasets.load_dataset(
        "parquet", data_files=str(folder / "examples.parquet"), split="train"
    ).select_columns(["id", "part", "split", "messages"])
    n_tokens = pq.read_table(folder / "tokens.parquet")["n_tokens"].to_numpy()
    part, split = np.array(rows["part"]), np.array(rows["split"])
    draw = np.random.default_rng(1)
    drawn = {
        name: draw.permutation(np.flatnonzero((part == name) & (split == "train")))
        for name in SHARES
    }
    size = min(n_tokens[drawn[name]].sum() / share for name, share in SHARES.items())
    taken = {
        name: which[np.cumsum(n_tokens[which]) <= size * SHARES[name]]
        for name, which in drawn.items()
    }
    mixed = datasets.concatenate_datasets([rows.select(which) for which in taken.values()])
    mixed.shuffle(seed=1).to_parquet(str(out / "train.parquet"))
    sys.stdout.write(json.dumps({name: len(which) for name, which in taken.items()}) + "\n")


def main(n_rows: int, times: int) -> None:
    """Alternate between the two."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, n_rows)
        size = (folder / "examples.parquet").stat().st_size
        print(f"{n_rows:,} candidates, {size / 1e6:.0f} MB of Parquet")
        seconds: dict[str, list[float]] = {"ours": [], "peer": []}
        peaks: dict[str, int] = {"ours": 0, "peer": 0}
        for _ in range(times):
            for who in seconds:
                out = folder / who
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                command = [sys.executable, __file__, who, str(folder), str(out)]
                ran = run(command, os.environ, folder / "log")
                seconds[who].append(ran.seconds)
                peaks[who] = max(peaks[who], ran.peak_bytes)
                print(f"{who} {ran.seconds:.1f} s {ran.output.splitlines()[-1]}", flush=True)
        for who, measured in seconds.items():
            median = statistics.median(measured)
            print(f"{who}: median {median:.1f} s, {peaks[who] / 2**30:.2f} GiB")
        ratio = statistics.median(seconds["peer"]) / statistics.median(seconds["ours"])
        print(f"datasets takes {ratio:.2f} times as long")


if __name__ == "__main__":
    if sys.argv[1:2] in (["ours"], ["peer"]):
        {"ours": ours, "peer": peer}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(int((sys.argv[1:] or ["1000000"])[0]), int((sys.argv[2:] or ["3"])[0]))
