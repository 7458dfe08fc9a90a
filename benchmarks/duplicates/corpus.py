"""Corpora of any size with planted near copies, seeded and streamed to Parquet.

A row is 4 to 8 sentences of real abstracts, drawn at random; 23 of 100 rows are copies of an
earlier one with 0 to 15 % of their words replaced, deleted, inserted or swapped. The first n rows
of a corpus are the same whatever its size, and name no row after them.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_GROUP = 10_000
COPIES = 0.23
"""Share of rows that are copies."""
MOST_EDITED = 0.15
"""Share of a copy's words that are edited at most."""
SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string()), ("copy_of", pa.string())])


def edited(words: list[str], rate: float, vocabulary: list[str], draw: random.Random) -> list[str]:
    """A copy of some words with `rate` of them edited."""
    copy = list(words)
    for _ in range(round(rate * len(words))):
        at = draw.randrange(len(copy))
        kind = draw.randrange(4)
        if kind == 0:
            copy[at] = draw.choice(vocabulary)
        elif kind == 1 and len(copy) > 1:
            del copy[at]
        elif kind == 2:
            copy.insert(at, draw.choice(vocabulary))
        else:
            copy[at - 1], copy[at] = copy[at], copy[at - 1]
    return copy


def vocabulary_of(sentences: list[str]) -> list[str]:
    """Words as often as the first 20,000 sentences use them."""
    return [word for sentence in sentences[:20_000] for word in sentence.split()]


def make(path: Path, sentences: list[str], n_rows: int, seed: int) -> None:
    """Write a corpus: `id`, `text` and `copy_of`, the id of the row that it copies or null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with pq.ParquetWriter(unfinished, SCHEMA, compression="zstd") as out:
        for group in _groups(sentences, n_rows, seed):
            out.write_table(group, row_group_size=ROWS_A_GROUP)
    unfinished.replace(path)


def _groups(sentences: list[str], n_rows: int, seed: int) -> Iterator[pa.Table]:
    draw = random.Random(seed)
    vocabulary = vocabulary_of(sentences)
    drawn: list[tuple[int, ...]] = []  # of each row that is no copy, the numbers of its sentences
    names: list[int] = []  # its row number
    rows: list[tuple[str, str, str | None]] = []
    for row in range(n_rows):
        if drawn and draw.random() < COPIES:
            of = draw.randrange(len(drawn))
            words = " ".join(sentences[one] for one in drawn[of]).split()
            copy = edited(words, draw.uniform(0, MOST_EDITED), vocabulary, draw)
            rows.append((f"{row:08}", " ".join(copy), f"{names[of]:08}"))
        else:
            drawn.append(tuple(draw.choices(range(len(sentences)), k=draw.randint(4, 8))))
            names.append(row)
            rows.append((f"{row:08}", " ".join(sentences[one] for one in drawn[-1]), None))
        if len(rows) == ROWS_A_GROUP or row == n_rows - 1:
            columns = map(list, zip(*rows, strict=True))
            yield pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)
            rows = []
