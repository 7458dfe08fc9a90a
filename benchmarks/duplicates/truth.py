"""Texts of which it is known which repeat which: planted copies, and two labelled collections."""

import csv
import gzip
import json
import random
from collections import Counter, defaultdict
from itertools import combinations
from math import ceil
from pathlib import Path
from typing import NamedTuple

from duplicates.corpus import edited, vocabulary_of
from duplicates.shingles import TOLERANCE, Shingles, similarity

RATES = (0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.15)
Pair = tuple[int, int]
"""(later row, earlier row)"""


class Labelled(NamedTuple):
    """Texts and the pairs that a human or a key holds for the same."""

    texts: list[str]
    pairs: set[Pair]


class Planted(NamedTuple):
    """Abstracts, then copies of some of them."""

    texts: list[str]
    rates: dict[Pair, float]
    """(copy, abstract) -> its edit rate"""


def planted(abstracts: list[str], n_copies: int, seed: int = 1) -> Planted:
    """Abstracts with copies after them, the same number at each of RATES."""
    draw = random.Random(seed)
    vocabulary = vocabulary_of(abstracts[:5_000])
    texts = list(abstracts)
    rates: dict[Pair, float] = {}
    for copy in range(n_copies):
        of, rate = draw.randrange(len(abstracts)), RATES[copy % len(RATES)]
        rates[len(texts), of] = rate
        texts.append(" ".join(edited(abstracts[of].split(), rate, vocabulary, draw)))
    return Planted(texts, rates)


def all_pairs(sets: list[Shingles], threshold: float) -> dict[Pair, float]:
    """Every pair at the threshold or above, with its exact similarity.

    Sets are looked up by their rarest shingles only: two sets of this similarity share one of the
    first `size - ceil(threshold * size) + 1` (prefix filter, Chaudhuri, Ganti and Kaushik 2006).
    """
    frequency = Counter(shingle for one in sets for shingle in one)
    seen: defaultdict[bytes, list[int]] = defaultdict(list)
    found: dict[Pair, float] = {}
    for row, one in enumerate(sets):
        n_shared = ceil(threshold * len(one) - TOLERANCE)
        rare = sorted(one, key=lambda shingle: (frequency[shingle], shingle))
        candidates: set[int] = set()
        for shingle in rare[: len(one) - n_shared + 1]:
            candidates.update(seen[shingle])
            seen[shingle].append(row)
        for other in candidates:
            value = similarity(one, sets[other])
            if value >= threshold - TOLERANCE:
                found[row, other] = value
    return found


def records(folder: Path) -> Labelled:
    """Bibliographic records of bib-dedupe: title, and abstract where the records have one."""
    with (folder / "records_pre_merged.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [f"{row['title']} {row.get('abstract') or ''}".strip() for row in rows]
    place = {row["ID"]: number for number, row in enumerate(rows)}
    pairs: set[Pair] = set()
    with (folder / "merged_record_ids.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            group = sorted(place[name] for name in line["merged_ids"].split(";"))
            pairs |= {(later, earlier) for earlier, later in combinations(group, 2)}
    return Labelled(texts, pairs)


def articles(file: Path) -> Labelled:
    """Preprints and the conference papers of the same title: title and abstract."""
    place: dict[str, int] = {}
    texts: list[str] = []
    pairs: set[Pair] = set()
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            numbers = []
            for side, key in (("a", row["arxiv_id"]), ("b", row["conf_key"])):
                if key not in place:
                    place[key] = len(texts)
                    texts.append(f"{row[f'title_{side}']} {row[f'abstract_{side}']}")
                numbers.append(place[key])
            pairs.add((max(numbers), min(numbers)))
    return Labelled(texts, pairs)
