"""Which pairs ours and the peers find, against exact sets and against labels.

All get the same texts and the same shingles (shingles.py). datasketch and rensa are counted twice:
as their index returns pairs, and with those alone whose sketches agree at the threshold.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from duplicates import ours, truth
from duplicates.shingles import TOLERANCE, shingles, similarity
from duplicates.timing import environment
from duplicates.truth import RATES, Labelled, Pair

PEERS = ("datasketch", "rensa")
THRESHOLDS = (0.5, 0.6, 0.7, 0.8)
PLANTED_AT = 0.7
RECALL = 0.99
Found = dict[str, set[Pair]]
"""Way -> (later, earlier) rows."""


def found(texts: list[str], threshold: float, peer: Path | None) -> tuple[Found, dict[Pair, float]]:
    """Pairs by way, and the similarities that ours gives."""
    own = ours.similar(texts, threshold)
    ways: Found = {"retort": set(own)}
    for name in PEERS if peer else ():
        listed = _of_peer(name, texts, threshold, peer)
        ways[name] = {(row, other) for row, other, _ in listed}
        agreed = {(row, other) for row, other, like in listed if like >= threshold - TOLERANCE}
        ways[f"{name}, sketches agree"] = agreed
    return ways, own


def _of_peer(
    name: str, texts: list[str], threshold: float, peer: Path | None
) -> list[tuple[int, int, float]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.parquet"
        pq.write_table(pa.table({"text": texts}), file)
        command = [
            str(peer),
            "-P",
            "-m",
            f"duplicates.peer_{name}",
            "pairs",
            str(file),
            str(threshold),
        ]
        ran = subprocess.run(command, env=environment(), check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def on_planted(abstracts: list[str], n_copies: int, peer: Path | None) -> dict[str, Any]:
    """Count pairs of abstracts and edited copies at PLANTED_AT or above, found and missed."""
    texts, rates = truth.planted(abstracts, n_copies)
    sets = [shingles(text) for text in texts]
    exact = truth.all_pairs(sets, PLANTED_AT)
    like = {pair: similarity(sets[pair[0]], sets[pair[1]]) for pair in rates}
    similar = {pair for pair, value in like.items() if value >= PLANTED_AT - TOLERANCE}
    ways, own = found(texts, PLANTED_AT, peer)
    by_rate = [
        {
            "rate": rate,
            "planted": sum(one == rate for one in rates.values()),
            "similar": sum(rates[pair] == rate for pair in similar),
            "found": sum(rates[pair] == rate for pair in similar & ways["retort"]),
        }
        for rate in RATES
    ]
    return {
        "n_texts": len(texts),
        "n_exact": len(exact),
        "n_planted": len(rates),
        "n_planted_similar": len(similar),
        "n_planted_exact": len(similar & exact.keys()),
        "by_rate": by_rate,
        "recall": {way: len(pairs & exact.keys()) / len(exact) for way, pairs in ways.items()},
        "below": {way: len(pairs - exact.keys()) for way, pairs in ways.items()},
        "planted_recall": {
            way: len(pairs & similar) / max(1, len(similar)) for way, pairs in ways.items()
        },
        "other_values": sum(abs(exact.get(pair, 0) - value) > 1e-6 for pair, value in own.items()),
    }


def on_labels(folder: Path, peer: Path | None) -> dict[str, Any]:
    """(set, threshold, way) -> precision, recall, F1 of pairs against labels."""
    records = [
        truth.records(one) for one in sorted((folder / "bib_dedupe").iterdir()) if one.is_dir()
    ]
    articles = truth.articles(folder / "arxiv_vs_conference" / "pairs.jsonl.gz")
    sets = {"bib_dedupe": records, "arxiv_vs_conference": [articles]}
    return {
        name: {
            "n_texts": sum(len(one.texts) for one in parts),
            "n_pairs": sum(len(one.pairs) for one in parts),
            "scores": {at: _scores(parts, at, peer) for at in THRESHOLDS},
        }
        for name, parts in sets.items()
    }


def _scores(
    parts: Iterable[Labelled], threshold: float, peer: Path | None
) -> dict[str, tuple[float, float, float]]:
    """Way -> (precision, recall, F1), over the pairs of all parts."""
    counts: dict[str, list[int]] = {}
    for part in parts:
        exact = truth.all_pairs([shingles(text) for text in part.texts], threshold)
        ways = {"exact sets": set(exact)} | found(part.texts, threshold, peer)[0]
        for way, pairs in ways.items():
            sums = counts.setdefault(way, [0, 0, 0])
            for at, count in enumerate((len(pairs & part.pairs), len(pairs), len(part.pairs))):
                sums[at] += count
    return {
        way: (right / max(1, n_found), right / max(1, n_labels), 2 * right / (n_found + n_labels))
        for way, (right, n_found, n_labels) in counts.items()
    }


def show_planted(told: dict[str, Any]) -> None:
    """Print recall by edit rate, and of all pairs by way."""
    print(
        f"{told['n_texts']} abstracts and copies; pairs at {PLANTED_AT} or more by exact sets: "
        f"{told['n_exact']} of all, {told['n_planted_similar']} of {told['n_planted']} planted "
        f"ones ({told['n_planted_exact']} of them among the former)"
    )
    for one in told["by_rate"]:
        print(
            f"  {one['rate']:4.0%} edited: {one['planted']:6} planted, {one['similar']:6} at "
            f"{PLANTED_AT} or more, retort finds {one['found']:6}"
        )
    print(f"{'':30}{'recall':>9}{'of planted':>12}{f'below {PLANTED_AT}':>12}")
    for way, recall in told["recall"].items():
        planted, below = told["planted_recall"][way], told["below"][way]
        wanted = f"   wanted: {RECALL}, none below" if way == "retort" else ""
        print(f"{way:30}{recall:9.4f}{planted:12.4f}{below:12}{wanted}")
    print(f"similarities of retort that are not the exact ones: {told['other_values']}")


def show_labels(told: dict[str, Any]) -> None:
    """Print precision, recall and F1 by threshold and way."""
    for name, one in told.items():
        print(
            f"{name}: title and abstract, {one['n_texts']} texts, {one['n_pairs']} labelled pairs"
        )
        print(f"{'threshold':>11}  {'':28}{'precision':>10}{'recall':>9}{'F1':>9}")
        for at, ways in one["scores"].items():
            for way, (precision, recall, f1) in ways.items():
                print(f"{at:11}  {way:28}{precision:10.4f}{recall:9.4f}{f1:9.4f}")
