"""What an item of a benchmark is. Reads nothing."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from schemas.rows import Failure


class Item(NamedTuple):
    """One question of a benchmark."""

    row: int
    """Number of its row in the file, from 1."""
    question: str
    options: tuple[str, ...] = ()
    """What may be chosen, in the file's order; empty where the answer is free."""
    answer: str = ""
    """What is right, as a text: the option that a letter or an index names. Empty if not told."""
    doi: str = ""
    """Of the paper that the item was made from, in small letters, without `https://doi.org/`."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The items of one file or task."""

    name: str
    items: list[Item]
    path: Path | None = None
    """The file; None for a task."""
    failures: list[Failure] = field(default_factory=list)
    """Rows that could not be read, or hold no question."""
