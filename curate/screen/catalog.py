"""The catalogue of measures: which there are, which columns each adds, which a rule needs.

A measure is one file in `measures/`. What it adds is read from the file's source, without importing
it, so that a run with nothing to do starts fast. A measure's file has

    VERSION   raised when its numbers change
    COLUMNS   column -> (Arrow type, what it is); or those of other modules, joined: {**A, **B}
    Params    a frozen pydantic model; a field of type `str` names a column that the measure reads,
              unless it has a method `reads`, or the file a function `reads(params, available)`
    REFERENCES  where it has one: the parameter that names what rows are compared with
    one of    measure(rows, params)                           row by row
              measure_twice(batches, params)                  rows that are read twice
              measure_with_documents(rows, documents, params) rows that are looked up in their text
              measure_with_references(batches, params)        rows that are compared with files
              measure_corpus(batches, params, references)     pairs of rows
              measure_meaning(collections, params, …)         pairs of rows by their embeddings
              measure_with_teacher(batches, params, school, tell, passing)
                                                              rows that a teacher is asked about

A name that ends in `.py` is the path of such a file outside the project: its code runs, so only
with the user's leave (`curate/screen/foreign.py`).
"""

import ast
import difflib
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

import pyarrow as pa
from pydantic import BaseModel, ValidationError

from schemas.errors import RecipeError

FOLDER = Path(__file__).parent / "measures"
ROOT = Path(__file__).parents[2]
"""Where the packages lie."""
Kind = Literal[
    "measure",
    "measure_twice",
    "measure_with_documents",
    "measure_with_references",
    "measure_corpus",
    "measure_meaning",
    "measure_with_teacher",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
SPANS = pa.list_(
    pa.struct([("kind", pa.string()), ("start", pa.int32()), ("end", pa.int32())]),
)
"""Places in a row's text, as offsets in Unicode characters, with what stands there."""
TYPES = {"bool": pa.bool_(), "double": pa.float64(), "spans": SPANS}
"""Types in COLUMNS that Arrow has under another name, or none."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure, as its file describes it."""

    name: str
    kind: Kind
    version: int
    columns: Mapping[str, tuple[str, str]]
    """Column -> (Arrow type, what it is)."""
    references: str | None
    """The parameter that names files, tables or indexes with which rows are compared."""
    path: Path | None = None
    """Its file, where it lies outside the project."""

    @property
    def gives_pairs(self) -> bool:
        """Whether it gives pairs of rows, not columns of them."""
        return self.kind in ("measure_corpus", "measure_meaning")

    def load(self) -> ModuleType:
        """Import it.

        Raises:
            RecipeError: a file outside the project that does not run.
        """
        if self.path is not None:
            from curate.screen import foreign

            return foreign.load(self.path)
        return importlib.import_module(f"curate.screen.measures.{self.name}")

    def params(self, given: Mapping[str, Any], where: str) -> BaseModel:
        """Its parameters, checked.

        Raises:
            RecipeError: an unknown parameter, or a value out of bounds.
        """
        model: type[BaseModel] = self.load().Params
        try:
            return model.model_validate(dict(given))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            allowed = ", ".join(model.model_fields)
            raise RecipeError(
                f"{where}.{self.name}.{field}: {first['msg']} (got {first['input']!r}). "
                f"Parameters of {self.name}: {allowed}."
            ) from error


@cache
def measures() -> dict[str, Measure]:
    """Every measure there is, by name."""
    files = sorted(FOLDER.glob("*.py"))
    return {path.stem: _describe(path) for path in files if path.stem != "__init__"}


def needed(columns: Iterable[str], own: Iterable[str]) -> set[str]:
    """Measures that add the columns which rows do not have of themselves."""
    missing = set(columns) - set(own)
    return {
        one.name
        for one in measures().values()
        if not one.gives_pairs and missing & set(one.columns)
    }


def arrow(kind: str) -> pa.DataType:
    """The type of a column of a measure, by its name in COLUMNS."""
    return TYPES[kind] if kind in TYPES else getattr(pa, kind)()


def get(name: str, where: str) -> Measure:
    """The measure of this name, or in this file.

    Raises:
        RecipeError: there is none; the nearest is named. Or a file that is no measure.
    """
    if name.endswith(".py"):
        from curate.screen import foreign

        return foreign.describe(Path(name))
    known = measures()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise RecipeError(f"{where}: {name} is not a measure; there are {', '.join(known)}.{hint}")
    return known[name]


def reads(params: BaseModel, without: str = "") -> list[str]:
    """The columns that a measure with these parameters reads, but for the parameter `without`.

    They are what its fields of type `str` name, or what its method `reads` gives.
    """
    own = getattr(params, "reads", None)
    if own is not None:
        return list(own())
    fields = type(params).model_fields
    return [
        getattr(params, name)
        for name, field in fields.items()
        if field.annotation is str and name != without
    ]


def stated(tree: ast.Module) -> tuple[dict[str, Any], set[str]]:
    """What a measure's file states as literals, and the functions that it has.

    Raises:
        ValueError: a value that is no literal.
    """
    values: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            name = targets[0].id if isinstance(targets[0], ast.Name) else ""
            if name in ("VERSION", "COLUMNS", "REFERENCES"):
                values[name] = ast.literal_eval(node.value)
    return values, {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def _describe(path: Path) -> Measure:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [_joined(node, tree) for node in tree.body]
    values, functions = stated(tree)
    kind = next(kind for kind in KINDS if kind in functions)
    references = values.get("REFERENCES")
    return Measure(path.stem, kind, values["VERSION"], values["COLUMNS"], references)


def _joined(node: ast.stmt, tree: ast.Module) -> ast.stmt:
    """`COLUMNS = {**A, **B}` with what A and B are in the modules that they are imported from."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
        return node
    names = [one.id for one in node.value.values if isinstance(one, ast.Name)]
    if len(names) != len(node.value.keys) or any(node.value.keys):
        return node
    joined: dict[str, Any] = {}
    for name in names:
        (module,) = {
            found.module
            for found in tree.body
            if isinstance(found, ast.ImportFrom)
            for alias in found.names
            if (alias.asname or alias.name) == name and alias.name == "COLUMNS"
        }
        file = ROOT.joinpath(*str(module).split(".")).with_suffix(".py")
        joined |= stated(ast.parse(file.read_text(encoding="utf-8")))[0]["COLUMNS"]
    return ast.parse(f"COLUMNS = {joined!r}").body[0]
