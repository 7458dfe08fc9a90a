"""This project's web signals, all columns, on one thread.

    python -P -m signals.ours FILE

FILE is JSON: a list of texts, which are put in Arrow. Prints `ready`, and then, for each line that
it is sent, JSON with the seconds that all columns took.
"""

import json
import sys
import time
from pathlib import Path

import pyarrow as pa

from curate.screen.kernels import buffers
from curate.screen.signals.web import web


def main() -> None:
    """Measure all texts each time it is asked; compiled before the first time."""
    texts = pa.array(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), pa.large_string())
    began = time.perf_counter()
    web(*buffers(texts[:1]))
    print(json.dumps({"compiled": time.perf_counter() - began}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        web(*buffers(texts))
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)


if __name__ == "__main__":
    main()
