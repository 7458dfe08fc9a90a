"""Benchmarks as lists of items: what is asked, what may be chosen, what is right.

A benchmark is one file, read as `collect` reads tables, or one task of lm-eval. Its name is that of
the file without its suffix; of a file inside a folder that was named, with the path from that
folder on: `mmlu/test/astronomy_test`. Rows are numbered from 1 as they stand in the file: lines of
JSON Lines, records of CSV behind its header, elements of a JSON array.

Reads files and, where lm-eval is installed, what its tasks load. Writes nothing.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from curate.collect.forms import PACKED, SUFFIXES
from curate.screen.benchmarks import files, tasks
from curate.screen.benchmarks.fields import Named
from curate.screen.benchmarks.items import Benchmark, Item
from schemas.errors import RecipeError

__all__ = ["Benchmark", "Item", "Named", "is_path", "load", "sources"]

LIKE_FILES = {*SUFFIXES, PACKED, ".yaml", ".yml"}
"""Suffixes that no task's name ends in."""


def load(names: Sequence[str], named: Named = Named()) -> list[Benchmark]:  # noqa: B008  frozen
    """The benchmarks of these files, folders and tasks of lm-eval, in their order.

    Args:
        names: what the user named; nothing twice.
        named: columns of the files that are told by the user, not by their names.

    Raises:
        SourceError: a path that does not exist or cannot be opened.
        TableError: a file in which no question is recognised, or that holds no item.
        RecipeError: a name that is neither a path nor a task, or tasks without lm-eval.
    """
    paths = [Path(name) for name in dict.fromkeys(names) if is_path(name)]
    others = [name for name in dict.fromkeys(names) if not is_path(name)]
    found = [files.read(path, name, named) for name, path in files.called(map(files.inside, paths))]
    return found + tasks.read(others) if others else found


def sources(names: Sequence[str]) -> list[Path]:
    """The files that these names stand for, tasks of lm-eval left out.

    Raises:
        SourceError: a path that does not exist or cannot be opened.
    """
    paths = [Path(name) for name in dict.fromkeys(names) if is_path(name)]
    return [path for _, path in files.called(map(files.inside, paths))]


def is_path(name: str) -> bool:
    """Whether a name is one of a file or folder, not of a task.

    Raises:
        RecipeError: the name is empty.
    """
    if not name.strip():
        raise RecipeError("benchmarks: an empty name. Give a file, a folder or a task of lm-eval.")
    path = Path(name)
    return os.sep in name or path.suffix.lower() in LIKE_FILES or path.exists()
