"""Measures in files outside the project.

What a file adds is read from its source as data; nothing of it runs while a recipe is checked or
planned. Its code runs when it is applied to rows, in the process of the run and with all that the
user may do, so a recipe that names one needs the user's leave (`with_code` in `recipes/loader.py`).
What goes wrong in it is told in one line with the file and the line of its code.
"""

import ast
import sys
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel

from curate.screen.catalog import KINDS, Measure, arrow, measures, stated
from curate.screen.view import TURNS
from schemas.errors import RecipeError
from schemas.rows import EXAMPLES, PASSAGES, VERDICTS

TAKEN = ("measure", "measure_twice", "measure_with_documents")
"""Kinds that a file may have: functions of rows alone."""
COLUMN_TYPES = ("bool", "int32", "int64", "double", "string", "spans")
LARGEST = 1_000_000
"""Bytes in a file; a larger one is taken for something else."""
EXAMPLE = "docs/add-a-measure.md has one to copy."
Batches = Callable[[], Iterator[pa.RecordBatch]]


def describe(path: Path) -> Measure:
    """A measure as its file states it, without running the file.

    Raises:
        RecipeError: it is not there, no Python, or no measure.
    """
    try:
        values, functions = stated(ast.parse(_source(path)))
    except SyntaxError as error:
        raise RecipeError(
            f"{path}:{error.lineno or 1}: not Python ({error.msg}). Mend it."
        ) from error
    except ValueError as error:  # also of null characters in the source
        raise RecipeError(
            f"{path}: COLUMNS, VERSION and REFERENCES are written out as they are, not computed "
            f"({error}). {EXAMPLE}"
        ) from error
    except (RecursionError, MemoryError) as error:
        raise RecipeError(f"{path}: too deeply nested to be read. Mend it.") from error
    kind = next((kind for kind in KINDS if kind in functions), None)
    if kind not in TAKEN:
        raise RecipeError(
            f"{path}: has no function {' or '.join(TAKEN)}, which measures rows. {EXAMPLE}"
        )
    if not path.stem.isidentifier() or path.stem in measures():
        raise RecipeError(
            f"{path}: {path.stem} cannot be a measure's name; letters, digits and _ can, and not "
            f"the name of one that there is. Rename the file."
        )
    columns = _columns(path, values.get("COLUMNS"))
    version = values.get("VERSION", 1)
    if not isinstance(version, int):
        raise RecipeError(f"{path}: VERSION is {version!r}, a whole number is asked for.")
    return Measure(path.stem, kind, version, columns, None, path)


def _source(path: Path) -> bytes:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise RecipeError(
            f"{path}: cannot be read ({error.strerror}). Correct the path."
        ) from error
    if len(source) > LARGEST:
        raise RecipeError(f"{path}: {len(source)} bytes, a measure has at most {LARGEST}.")
    return source


def _columns(path: Path, given: object) -> Mapping[str, tuple[str, str]]:
    """COLUMNS, checked.

    Raises:
        RecipeError: of another form, or a name that is taken.
    """
    if not isinstance(given, dict) or not given:
        raise RecipeError(f"{path}: has no COLUMNS, name -> (Arrow type, what it is). {EXAMPLE}")
    taken = {name for measure in measures().values() for name in measure.columns}
    taken |= {*PASSAGES.names, *EXAMPLES.names, *VERDICTS.names, *TURNS}
    for name, said in given.items():
        place = f"{path}: COLUMNS[{name!r}]"
        plain = name.lower() if isinstance(name, str) else ""
        if not plain.isidentifier() or plain in taken or plain.startswith("document_"):
            raise RecipeError(
                f"{place}: not a name for a column; letters, digits and _ are, and none that "
                f"rows or other measures have. Rename it."
            )
        if not (isinstance(said, tuple) and len(said) == 2 and said[0] in COLUMN_TYPES):
            raise RecipeError(
                f"{place} is {said!r}, not (type, what it is) with a type of "
                f"{', '.join(COLUMN_TYPES)}."
            )
    return given


def load(path: Path) -> types.ModuleType:
    """Run a measure's file.

    Raises:
        RecipeError: it fails, or has no `Params`.
    """
    name = f"retort_measure_{path.stem}"
    held = sys.modules.get(name)
    if held is not None and held.__file__ == str(path):
        return held
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # where pydantic looks annotations up
    try:
        exec(compile(_source(path), str(path), "exec"), module.__dict__)
    except (Exception, SystemExit, GeneratorExit) as error:
        del sys.modules[name]
        raise RecipeError(said(path, error)) from error
    params = getattr(module, "Params", None)
    if not (isinstance(params, type) and issubclass(params, BaseModel)):
        raise RecipeError(f"{path}: has no Params, a pydantic model. {EXAMPLE}")
    return module


def said(path: Path, error: BaseException) -> str:
    """What went wrong in a file's code, in one line with the line of the code."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == str(path)]
    where = f"{path}:{frames[-1].lineno}" if frames else str(path)
    lines = str(error).splitlines()
    return f"{where}: {type(error).__name__}: {lines[0] if lines else 'without a message'}"


def answers(
    measure: Measure,
    module: types.ModuleType,
    batches: Batches,
    documents: object,
    params: BaseModel,
) -> Iterator[pa.RecordBatch]:
    """What a measure gives for rows, held to what its file states.

    Args:
        measure: as described.
        module: as loaded.
        batches: gives the rows anew at each call.
        documents: an Arrow dataset, or None.
        params: its parameters.

    Raises:
        RecipeError: its code fails, or gives other rows or columns than it states.
    """
    path = measure.path or Path(measure.name)
    counted = _Counted(batches)
    schema = pa.schema((name, arrow(kind)) for name, (kind, _) in measure.columns.items())
    n_given = 0
    try:
        for given in _applied(measure, module, counted, documents, params):
            batch = _as_stated(path, given, schema)
            n_given += len(batch)
            if measure.kind == "measure" and n_given != counted.n_rows:
                break
            yield batch
    except RecipeError:
        raise
    except (Exception, SystemExit) as error:
        raise RecipeError(said(path, error)) from error
    if n_given != counted.n_rows:
        raise RecipeError(
            f"{path}: gave {n_given} rows for {counted.n_rows}. Give one row of COLUMNS for each "
            f"row, in their order."
        )


def _applied(
    measure: Measure,
    module: types.ModuleType,
    rows: "_Counted",
    documents: object,
    params: BaseModel,
) -> Iterator[object]:
    if measure.kind == "measure":
        return (module.measure(batch, params) for batch in rows())
    if measure.kind == "measure_twice":
        return iter(module.measure_twice(rows, params))
    return iter(module.measure_with_documents(rows, documents, params))


def _as_stated(path: Path, given: object, schema: pa.Schema) -> pa.RecordBatch:
    if not isinstance(given, pa.RecordBatch) or given.schema.names != schema.names:
        what = type(given).__name__
        if isinstance(given, pa.RecordBatch):
            what = f"the columns {', '.join(given.schema.names)}"
        raise RecipeError(
            f"{path}: gave {what}, not a RecordBatch with the columns {', '.join(schema.names)}."
        )
    return given.cast(schema)


class _Counted:
    """Gives rows anew at each call, and knows how many the last reading had."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self.n_rows = 0

    def __call__(self) -> Iterator[pa.RecordBatch]:
        self.n_rows = 0
        for batch in self._batches():
            self.n_rows += len(batch)
            yield batch
