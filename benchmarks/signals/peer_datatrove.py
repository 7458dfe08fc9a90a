"""datatrove's four web filters; runs in datatrove's environment.

    python peer_datatrove.py verdicts FILE
    python peer_datatrove.py seconds FILE

FILE is JSON: a list of texts. `verdicts` prints JSON: for each filter, for each text, why it is
dropped, or an empty string. `seconds` prints `ready`, and then, for each line that it is sent, JSON
with the seconds that all four took, one after the other over all texts.
"""

import json
import sys
import time
from pathlib import Path

from datatrove.data import Document  # type: ignore[import-not-found]
from datatrove.pipeline.filters import (  # type: ignore[import-not-found]
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)

FILTERS = {
    "gopher_quality": GopherQualityFilter(),
    "gopher_repetition": GopherRepetitionFilter(),
    "c4_quality": C4QualityFilter(),
    "fineweb_quality": FineWebQualityFilter(),
}


def judged(text: str, name: str) -> str:
    """Why a filter drops a text; an empty string if it does not."""
    told = FILTERS[name].filter(Document(text=text, id=""))
    return "" if told is True else str(told[1])


def main() -> None:
    """Judge, once or each time it is asked."""
    what, file = sys.argv[1:]
    texts = json.loads(Path(file).read_text(encoding="utf-8"))
    if what == "verdicts":
        print(json.dumps({name: [judged(text, name) for text in texts] for name in FILTERS}))
        return
    for name in FILTERS:  # loads what is loaded at the first text
        judged(texts[0], name)
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        for text in texts:
            for name in FILTERS:
                judged(text, name)
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)


if __name__ == "__main__":
    main()
