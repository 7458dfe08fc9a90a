"""datatrove's NGramsDecontFilter, 12 words; runs in datatrove's environment.

    python peer_datatrove.py FILE

FILE is JSON: `items`, [question, answer] each, and `texts`, lists of texts by name. Prints JSON:
for each name the seconds and which texts are contaminated. Questions count as well as answers
(`find_query_ngrams`), which is not its default and finds more. Its indexer asks for another package
to load tasks, so the index is made here, with its own hashes.
"""

import json
import sys
import time
from pathlib import Path

from datatrove.data import Document  # type: ignore[import-not-found]
from datatrove.pipeline.decont.n_grams import (  # type: ignore[import-not-found]
    NGramsDecontConfig,
    NGramsDecontFilter,
    NGramsDecontIndexer,
)


def main() -> None:
    """Index the items, then ask about every text."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    peer = NGramsDecontFilter("unused", NGramsDecontConfig(find_query_ngrams=True))
    peer._index_hashes = {
        one: "benchmark"
        for question, answer in given["items"]
        for one in NGramsDecontIndexer.compute_hashes(peer, answer, question)
    }
    told = {}
    for name, texts in given["texts"].items():
        began = time.perf_counter()
        found = [peer.filter(Document(text=text, id="")) is not True for text in texts]
        told[name] = {"seconds": time.perf_counter() - began, "found": found}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
