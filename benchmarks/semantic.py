"""Time of exact pairs of vectors beside sentence-transformers' paraphrase mining.

    python benchmarks/semantic.py [ROWS] [DIMENSIONS]

Both compare all with all on the same threads; paraphrase mining keeps the nearest 100 of each row
and has no floor. Prints seconds, the ratio, and how many of our pairs it has.
"""

import sys
import time

import numpy as np
import pyarrow as pa

from curate.screen.semantic import Vectors, similar, unit

FLOOR = 0.9


def vectors(n: int, dimensions: int) -> Vectors:
    """Random ones, the second half near to the first at a cosine of about 0.98."""
    draw = np.random.default_rng(1)
    found = draw.standard_normal((n, dimensions), np.float32)
    noise = draw.standard_normal((n - n // 2, dimensions), np.float32)
    found[n // 2 :] = found[: n - n // 2] + 0.2 * noise
    return unit(found)


def main() -> None:
    """Measure both in one process, ours twice: compiled kernels are on disk after the first."""
    from sentence_transformers.util import paraphrase_mining_embeddings

    n, dimensions = (int(one) for one in (sys.argv[1:] + ["20000", "384"][len(sys.argv) - 1 :]))
    rows = vectors(n, dimensions)
    ids = pa.array([str(row) for row in range(n)])
    everything = np.arange(n), np.array([0, n]), [None]
    similar(ids[:100], rows[:100], np.arange(100), np.array([0, 100]), [None], FLOOR)
    began = time.monotonic()
    ours = similar(ids, rows, *everything, FLOOR)
    own = time.monotonic() - began
    began = time.monotonic()
    mined = paraphrase_mining_embeddings(rows, max_pairs=10 * n)
    peer = time.monotonic() - began
    near = {(max(one, two), min(one, two)) for score, one, two in mined if score >= FLOOR}
    columns = (ours.pairs[name].to_pylist() for name in ("position", "other_position"))
    common = near & set(zip(*columns, strict=True))
    print(f"{n:,} x {dimensions}: {own:.2f} s, {len(ours.pairs):,} pairs")
    print(f"paraphrase_mining_embeddings: {peer:.2f} s, {len(common):,} of these pairs")
    print(f"ratio {peer / own:.1f}")


if __name__ == "__main__":
    main()
