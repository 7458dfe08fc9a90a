"""The catalogue of measures: which there are, which columns each adds, which a rule needs.

A measure is one file in `measures/`. What it adds is read from the file's source, without importing
it, so that a run with nothing to do starts fast. A measure's file has

    VERSION   raised when its numbers change
    COLUMNS   column -> (Arrow type, what it is)
    Params    a frozen pydantic model; a field of type `str` names a column that the measure reads,
              unless it has a method `reads`, or the file a function `reads(params, available)`
    REFERENCES  where it has one: the parameter that names what rows are compared with
    one of    measure(rows, params)                           row by row
              measure_with_documents(rows, documents, params) rows that are looked up in their text
              measure_with_references(batches, params)        rows that are compared with files
              measure_corpus(batches, params, references)     pairs of rows
              measure_meaning(collections, params, …)         pairs of rows by their embeddings
              measure_with_teacher(batches, params, school, tell, passing)
                                                              rows that a teacher is asked about
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
Kind = Literal[
    "measure",
    "measure_with_documents",
    "measure_with_references",
    "measure_corpus",
    "measure_meaning",
    "measure_with_teacher",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


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

    @property
    def gives_pairs(self) -> bool:
        """Whether it gives pairs of rows, not columns of them."""
        return self.kind in ("measure_corpus", "measure_meaning")

    def load(self) -> ModuleType:
        """Import it."""
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
    made: pa.DataType = getattr(pa, {"bool": "bool_", "double": "float64"}.get(kind, kind))()
    return made


def get(name: str, where: str) -> Measure:
    """The measure of this name.

    Raises:
        RecipeError: there is none; the nearest is named.
    """
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


def _describe(path: Path) -> Measure:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            name = targets[0].id if isinstance(targets[0], ast.Name) else ""
            if name in ("VERSION", "COLUMNS", "REFERENCES"):
                values[name] = ast.literal_eval(node.value)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    kind = next(kind for kind in KINDS if kind in functions)
    references = values.get("REFERENCES")
    return Measure(path.stem, kind, values["VERSION"], values["COLUMNS"], references)
