"""Time of k-center beside published forms of the same traversal, and of what a base is asked.

    pip install fpsample scikit-learn
    python benchmarks/selecting.py [ROWS] [DIMENSIONS] [TAKEN] [TIMES]

fpsample (Rust) and scikit-learn's distances in a loop, which is how core-set selection is published
(google/active-learning, `kcenter_greedy.py`), compute every distance; so does the fastest plain
NumPy. All start from the same row, and the picks are compared. Then a tiny base made here gives
hidden states (RDS+) and difficulties (IFD) of made-up conversations, in rows a second.
"""

import importlib.util
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.screen.semantic import Vectors, unit
from curate.select.k_center import k_center

Picks = NDArray[np.int64]
CLUSTERS = 500
CHATS = 2_000


def vectors(n: int, dimensions: int, clusters: int | None) -> Vectors:
    """Unit vectors: in all directions, or around some centres."""
    draw = np.random.default_rng(1)
    found = draw.standard_normal((n, dimensions), np.float32)
    if clusters is not None:
        centres = unit(draw.standard_normal((clusters, dimensions), np.float32))
        found = centres[draw.integers(0, clusters, n)] + np.float32(0.6 / dimensions**0.5) * found
    return unit(found)


def with_numpy(rows: Vectors, taken: int, first: int) -> Picks:
    """One product of the matrix with a vector a step."""
    nearest = np.full(len(rows), np.inf, np.float32)
    picks = [first]
    for _ in range(taken - 1):
        np.minimum(nearest, 1 - rows @ rows[picks[-1]], out=nearest)
        nearest[picks[-1]] = -np.inf
        picks.append(int(nearest.argmax()))
    return np.array(picks)


def with_sklearn(rows: Vectors, taken: int, first: int) -> Picks:
    """As published: the distances of all rows to each new centre."""
    from sklearn.metrics import pairwise_distances

    nearest = np.full((len(rows), 1), np.inf, np.float32)
    picks = [first]
    for _ in range(taken - 1):
        nearest = np.minimum(nearest, pairwise_distances(rows, rows[picks[-1] :][:1]))
        picks.append(int(nearest.argmax()))
    return np.array(picks)


def with_fpsample(rows: Vectors, taken: int, first: int) -> Picks:
    """Farthest point sampling in Rust, for any number of dimensions."""
    import fpsample

    picks: Picks = fpsample.fps_sampling(rows, taken, start_idx=first).astype(np.int64)
    return picks


Peer = Callable[[Vectors, int, int], Picks]
PEERS = {"numpy": with_numpy, "sklearn": with_sklearn, "fpsample": with_fpsample}


def seconds(run: Callable[[], object], times: int) -> float:
    """Median of some runs."""
    found = []
    for _ in range(times):
        began = time.monotonic()
        run()
        found.append(time.monotonic() - began)
    return statistics.median(found)


def traversal(name: str, rows: Vectors, taken: int, times: int) -> None:
    """Ours and the peers on the same rows, in one process."""
    own = seconds(lambda: k_center(rows, taken), times)
    picks = k_center(rows, taken)[0]
    print(f"{name}, {taken:,} of {len(rows):,} x {rows.shape[1]}: k_center {own:.2f} s")
    for package, peer in PEERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"  {package} is not installed")
            continue
        _beside(package, peer, rows, picks, own)


def _beside(package: str, peer: Peer, rows: Vectors, picks: Picks, own: float) -> None:
    """One run of a peer, which takes long."""
    began = time.monotonic()
    found = peer(rows, len(picks), int(picks[0]))
    took = time.monotonic() - began
    print(
        f"  {package}: {took:.2f} s, ratio {took / own:.1f}, the same row at "
        f"{int((found == picks).sum()):,} of {len(picks):,} places"
    )


def base(times: int) -> None:
    """Rows a second of a tiny Llama, on whatever device there is."""
    from schemas.training import Pretrain
    from train.measures.difficulty import difficulty
    from train.measures.hidden import hidden
    from train.pretrain import pretrain
    from train.runtime import load, quiet
    from train.tokenizer import train_tokenizer

    draw = np.random.default_rng(2)
    words = [f"word{number}" for number in range(500)]
    conversations = [
        [
            {"role": "user", "content": " ".join(draw.choice(words, 20))},
            {"role": "assistant", "content": " ".join(draw.choice(words, draw.integers(5, 80)))},
        ]
        for _ in range(CHATS)
    ]
    texts = [turn["content"] for one in conversations for turn in one]
    settings = Pretrain(vocab=1_024, tokens=20_000)
    rows = pa.RecordBatch.from_pydict(
        {
            "id": [str(number) for number in range(CHATS)],
            "part": ["domain"] * CHATS,
            "split": ["train"] * CHATS,
            "messages": conversations,
        }
    )
    with tempfile.TemporaryDirectory() as place, quiet():
        folder = Path(place)
        train_tokenizer(texts, settings.vocab, settings.context, folder)
        pretrain(texts[:200], [], folder, settings, 1, folder, lambda line: None)
        model = load(folder, folder, None, "full", "auto")
        skipped: Counter[str] = Counter()
        told = (model, 512, skipped, lambda line: None)
        hidden_s = seconds(lambda: list(hidden(iter([rows]), *told)), times)
        difficulty_s = seconds(lambda: list(difficulty(iter([rows]), *told)), times)
    print(f"{CHATS:,} conversations, {dict(skipped)} skipped, on {model.device}")
    print(f"RDS+: {CHATS / hidden_s:,.0f} rows/s; IFD: {CHATS / difficulty_s:,.0f} rows/s")


def main() -> None:
    """Measure; the machine code of ours is made before."""
    given = [int(one) for one in sys.argv[1:]]
    n, dimensions, taken, times = given + [200_000, 64, 2_000, 3][len(given) :]
    k_center(vectors(500, dimensions, None), 10)
    traversal("all directions", vectors(n, dimensions, None), taken, times)
    traversal(f"{CLUSTERS} clusters", vectors(n, dimensions, CLUSTERS), taken, times)
    base(times)


if __name__ == "__main__":
    main()
