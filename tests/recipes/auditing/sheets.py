"""Rows to draw from, and sheets of them with answers."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from recipes.auditing.population import Gate
from schemas.plain import Plain
from schemas.rows import VERDICTS

WORDS = "mud silt clay peat loam marl".split()


def gate(failed: list[list[str]], parts: list[str] | None = None) -> Gate:
    """Rows that fail these rules."""
    n = len(failed)
    ids = [f"row-{number}" for number in range(n)]
    texts = [f"{WORDS[number % 6]} number {number}" for number in range(n)]
    rows = pa.table({"id": ids, "text": texts, "part": parts or ["a"] * n})
    judged = {
        **{field.name: pa.nulls(n, field.type) for field in VERDICTS},
        "id": pa.array(ids),
        "kept": pa.array([not one for one in failed]),
        "failed": pa.array(failed, pa.list_(pa.string())),
    }
    verdicts = pa.table(judged, schema=VERDICTS)
    keep = {"long": {"sql": "n_words >= 5", "reason": "Short ones say nothing."}}
    measured = pa.table({"id": ids, "n_words": [number % 9 for number in range(n)]})
    return Gate("rows", None, Plain(rows), Plain(verdicts), [Plain(measured)], keep, None, None)


def mixed(n: int, seed: int = 1) -> list[list[str]]:
    draws = np.random.default_rng(seed)
    chance = {"long": 0.2, "clean": 0.1}
    return [[rule for rule, p in chance.items() if draws.random() < p] for _ in range(n)]


def written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def answer(path: Path, says: Callable[[dict[str, str]], str], **how: Any) -> Path:  # noqa: ANN401
    """The sheet with an answer in every row, saved beside it as a spreadsheet would."""
    rows = written(path)
    saved = path.with_name(f"answered-{path.name}")
    form = {"delimiter": ",", **{name: how[name] for name in how if name != "encoding"}}
    with saved.open("w", encoding=how.get("encoding", "utf-8"), newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), **form)
        writer.writeheader()
        writer.writerows({**row, "correct": says(row)} for row in rows)
    return saved


def by_truth(truth: Callable[[dict[str, str]], bool]) -> Callable[[dict[str, str]], str]:
    """Says whether a verdict is right, from whether the row should be rejected."""
    return lambda row: "yes" if truth(row) == (row["verdict"] == "rejected") else "no"


def number(row: Mapping[str, str]) -> int:
    return int(row["id"].removeprefix("row-"))


def changed(path: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> Path:
    rows = change(written(path))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
