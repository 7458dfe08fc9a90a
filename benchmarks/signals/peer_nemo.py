"""NeMo Curator's heuristics for English; runs in NeMo Curator's environment.

    python peer_nemo.py FILE

FILE is JSON: a list of texts. Prints `ready`, and then, for each line that it is sent, JSON with
the `seconds` that all took, one after the other over all texts, and how many they are. They are
those of its `heuristic_filter_english_pipeline.yaml`, at its settings: 28, of which the four of
repeated lines and paragraphs are left out, which leaves the 24 that are usually counted.
"""

import json
import sys
import time
from pathlib import Path

from nemo_curator.stages.text.filters import heuristic  # type: ignore[import-not-found]
from nemo_curator.stages.text.filters.heuristic import (  # type: ignore[import-not-found]
    repetition,
)

TOP = {2: 0.2, 3: 0.18, 4: 0.16}
DUPLICATE = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}
FILTERS = [
    heuristic.NonAlphaNumericFilter(),
    heuristic.SymbolsToWordsFilter(),
    heuristic.NumbersFilter(),
    heuristic.UrlsFilter(),
    heuristic.WhiteSpaceFilter(),
    heuristic.ParenthesesFilter(),
    heuristic.BoilerPlateStringFilter(),
    heuristic.WordCountFilter(),
    heuristic.PunctuationFilter(),
    heuristic.WordsWithoutAlphabetsFilter(),
    heuristic.CommonEnglishWordsFilter(),
    heuristic.MeanWordLengthFilter(),
    heuristic.LongWordFilter(),
    heuristic.EllipsisFilter(),
    heuristic.BulletsFilter(),
    *(repetition.RepeatingTopNGramsFilter(n, share) for n, share in TOP.items()),
    *(repetition.RepeatingDuplicateNGramsFilter(n, share) for n, share in DUPLICATE.items()),
]


def main() -> None:
    """Judge all texts each time it is asked."""
    texts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    texts = [text for text in texts if text.strip()]  # an empty one has no longest word
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        for text in texts:
            for one in FILTERS:
                one.keep_document(one.score_document(text))
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "n_filters": len(FILTERS)}), flush=True)


if __name__ == "__main__":
    main()
