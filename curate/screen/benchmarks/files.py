"""Files of benchmarks: JSON Lines, JSON, CSV and TSV with or without a header, Parquet, Arrow.

They are read row by row by the readers of `collect`, so all that these do about bad bytes, open
quotes and long lines holds here. A row that cannot be read is a failure of the benchmark; a file
that gives no item is an error, since screening against nothing would look like a clean corpus.
"""

import csv
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from curate.collect.files import walk
from curate.collect.forms import PACKED, TABLES, form_of, suffix_of
from curate.collect.plain_text import clean
from curate.collect.tabular import columnar, delimited, json_lines, json_values
from curate.collect.tabular.characters import open_text
from curate.collect.tabular.table import Numbered
from curate.screen.benchmarks.drafts import Draft, draft, items
from curate.screen.benchmarks.fields import QUESTIONS, Named, Row, by_small_letters, question
from curate.screen.benchmarks.items import Benchmark
from curate.screen.benchmarks.options import LETTERS
from schemas.errors import SourceError, TableError
from schemas.rows import Failure

ABOUT_DATA = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
"""Files beside the rows of a data set, as `datasets` writes them."""
RIGHT = re.compile(r"\s*[A-J]\s*")
"""The last field of a row without a header, as in MMLU's own files (arXiv 2009.03300)."""
FIRST_LINE = 1 << 16
SHOWN = 20


class Inside(NamedTuple):
    """The files of a benchmark below a path that the user named."""

    root: Path
    paths: list[Path]


def has_form(path: Path) -> bool:
    """Whether a file's suffix is one that is read."""
    return form_of(path) in TABLES


def inside(named: Path) -> Inside:
    """The files that a path stands for, sorted by name.

    Raises:
        SourceError: it does not exist, or it or something in it cannot be opened.
        TableError: a file of no form that is read, or a folder without one that is.
    """
    paths = []
    if named.is_file() and not has_form(named):
        raise _no_form(named, "not of a form")
    for one in walk(named):
        if not isinstance(one, Failure):
            paths.append(one.path)
        elif one.reason != "unknown-form":
            raise SourceError(f"{named}: {one.what}: {one.reason}, {one.detail}.")
    paths = [path for path in paths if has_form(path) and path.name not in ABOUT_DATA]
    if not paths:
        raise _no_form(named, "no file in it has a form")
    return Inside(named.resolve(), paths)


def _no_form(named: Path, what: str) -> TableError:
    return TableError(
        f"{named}: {what} that is read as a benchmark; .jsonl, .json, .csv, .tsv, .parquet and "
        f".arrow are. Name a file with a benchmark's rows."
    )


def called(found: Iterable[Inside]) -> list[tuple[str, Path]]:
    """(name, path) of every file once; a name that is not unique has more folders in it."""
    roots: dict[Path, Path] = {}
    for root, paths in found:
        for path in paths:
            roots.setdefault(path, root)
    stems = Counter((path.parent, _stem(path)) for path in roots)
    known = {
        path: (
            *path.relative_to(root.parent).parts[:-1],
            _stem(path) if stems[path.parent, _stem(path)] == 1 else path.name,
        )
        for path, root in roots.items()
    }
    names = {path: "/".join(parts) for path, parts in known.items()}
    while several := {name for name, n in Counter(names.values()).items() if n > 1}:
        for path, name in names.items():
            if name in several:
                above = path.parts[: -1 - name.count("/")][-1:]
                names[path] = "/".join((*above, name)) if len(above) else str(path)
    return [(name, path) for path, name in names.items()]


def _stem(path: Path) -> str:
    name = path.name.removesuffix(PACKED) if path.suffix.lower() == PACKED else path.name
    return name[: len(name) - len(suffix_of(path))]


def read(path: Path, name: str, named: Named) -> Benchmark:
    """The items of one file.

    Args:
        path: the file.
        name: what the benchmark is called.
        named: columns that the user names.

    Raises:
        SourceError: the file cannot be opened.
        TableError: no item is in it, or not the columns that the user names.
    """
    drafts: list[Draft] = []
    failures: list[Failure] = []
    columns: dict[str, None] = {}
    try:
        for one in _rows(path, name):
            if isinstance(one.row, Failure):
                failures.append(one.row)
                continue
            columns.update(dict.fromkeys(map(str, one.row)))
            found = draft(one.number, one.row, named)
            if found is None:
                detail = "no column of it holds a question"
                failures.append(Failure(f"{name}:{one.number}", "no-question", detail))
            else:
                drafts.append(found)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{path}: {reason}. Name a file that can be read.") from error
    _check(path, columns, named, failures, bool(drafts))
    return Benchmark(name, items(drafts), path, failures)


def _check(
    path: Path, columns: Mapping[str, None], named: Named, failures: Sequence[Failure], found: bool
) -> None:
    """Refuse a file without items, and one without the columns that the user names.

    Raises:
        TableError: it is one.
    """
    shown = ", ".join(clean(" ".join(one.split()))[:40] for one in list(columns)[:SHOWN])
    for field, column in named._asdict().items():
        if column is not None and columns and column not in columns:
            raise TableError(
                f"{path}: no column {column!r}, which `{field}` names; it has {shown}. Name one of "
                f"these."
            )
    if found:
        return
    if columns:
        raise TableError(
            f"{path}: no column with a question; it has {shown}. Looked for are "
            f"{', '.join(QUESTIONS)}. Name the column: question={next(iter(columns))!r}, say."
        )
    first = f"{failures[0].reason}, {failures[0].detail}" if failures else "it is empty"
    raise TableError(f"{path}: holds no item of a benchmark ({first}). Name a file with rows.")


def _rows(path: Path, name: str) -> Iterator[Numbered]:
    """The rows of a file, by the reader of its form."""
    form = form_of(path)
    if form in ("parquet", "arrow"):
        yield from (columnar.parquet if form == "parquet" else columnar.arrow)(path, name)
    elif form == "csv":
        yield from delimited.rows(path, name, _header(path))
    elif json_lines.has_lines(path, form == "jsonl"):
        yield from json_lines.rows(path, name)
    else:
        yield from json_values.rows(path, name, _is_row)


def _is_row(value: Row) -> bool:
    return bool(question(value, by_small_letters(value), Named()))


def _header(path: Path) -> list[str] | None:
    """Names for a file that begins with a question, options and a letter; None for others."""
    with open_text(path) as characters:
        lines = itertools.islice(iter(lambda: characters.readline(FIRST_LINE), ""), 100)
        try:
            fields = next((one for one in csv.reader(lines, delimiter=_delimiter(path)) if one), [])
        except csv.Error:
            return None
    if len(fields) < 4 or not RIGHT.fullmatch(fields[-1]) or len(fields) - 2 > len(LETTERS):
        return None
    offered = fields[1:-1]
    if [one.strip() for one in offered] == list(LETTERS[: len(offered)]):
        return None  # names of the columns
    return ["question", *LETTERS[: len(offered)], "answer"]


def _delimiter(path: Path) -> str:
    return "\t" if suffix_of(path) == ".tsv" else ","
