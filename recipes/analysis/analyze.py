"""Measure a file's rows with everything that a preset asks for, and say what came out.

Reads a plain file or a table; writes nothing. A measure that the rows have no columns for is left
out, and the rules that need it say so.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate.screen import catalog, rules
from curate.screen.fields import with_fields, with_nulls, without_measured
from curate.screen.planned import PRESETS, Gate, measured_schema, named_by, others, preset
from curate.screen.view import Readable, taken, view
from curate.screen.view import schema as seen
from recipes.analysis.distributions import Distribution, distribution
from recipes.analysis.set_aside import Preset, apply
from recipes.plain_screen import gate_of, measured
from schemas.errors import RecipeError, TableError
from schemas.plain import open_rows
from schemas.recipe import Rule, Screen

ALWAYS = ("signals", "length")
"""Measures that are taken whatever the presets ask for."""
SHOWN_CHARACTERS = 600
SHIPPED = tuple(file.stem for file in sorted(PRESETS.glob("*.yaml")))
"""Presets that ship."""
YOURS = "yours"
"""What the rules given by the user are called."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What there is to say of a file's rows."""

    path: str
    gate: Gate
    n_rows: int
    seconds: float
    distributions: list[Distribution]
    presets: list[Preset]
    left_out: Mapping[str, str]
    """Measure -> why it cannot be taken of these rows."""

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "rows": self.n_rows,
            "gate": self.gate,
            "seconds": self.seconds,
            "columns": {
                one.column: {
                    "measure": one.measure,
                    "null": one.n_null,
                    "mean": one.mean,
                    "quantiles": list(one.quantiles),
                }
                for one in self.distributions
            },
            "presets": {
                one.name: {
                    "kept": one.kept,
                    "rules": {
                        told.name: {"set_aside": told.n, "alone": told.alone}
                        if not told.missing
                        else {"missing": told.missing}
                        for told in one.rules
                    },
                }
                for one in self.presets
            },
            "left_out": dict(self.left_out),
        }


def analyze(path: Path, settings: Screen, text: Sequence[str], documents: Path | None) -> Analysis:
    """Measure the rows of a file and apply every preset that ships, and the user's own rules.

    Args:
        path: the rows.
        settings: further measures, a preset of the user's own, rules of the user's own.
        text: columns that are the text; found by their names where empty.
        documents: where `document_*` and the evidence are looked up.

    Raises:
        TableError: the rows cannot be read.
        RecipeError: a measure or rule that cannot be.
    """
    began = time.monotonic()
    rows = without_measured(with_fields(open_rows(path), text, path))
    source = open_rows(documents) if documents else None
    gate = gate_of(rows.schema)
    presets = _presets(settings, gate)
    _check(settings, presets, rows, source is not None)
    shipped = {name: keep for name, keep in presets.items() if name != YOURS}
    for name, keep in shipped.items():
        rows = with_nulls(rows, named_by(keep, f"preset {name}"), gate)
    named = set().union(*(named_by(keep, name) for name, keep in presets.items()))
    own = [one for one in seen(rows.schema, source is not None).names if one in named - {"id"}]
    table = pa.Table.from_batches(view(rows, ["id", *own], source))
    left_out: dict[str, str] = {}
    distributions: list[Distribution] = []
    for name in _measures(settings, presets, rows.schema.names):
        entry = catalog.get(name, "screen.measures")
        try:
            found = measured(name, settings.measures.get(name, {}), rows, source)
        except (RecipeError, TableError) as error:
            if name in settings.measures or name in ALWAYS:
                raise
            left_out[name] = str(error)
            continue
        for column, (_, said) in entry.columns.items():
            values = found[column]
            if rules.scalars(pa.schema([found.schema.field(column)])):
                distributions.append(distribution(entry.name, column, said, values))
            if column not in table.column_names:
                table = table.append_column(column, values)

    def missing(columns: frozenset[str]) -> str:
        return "; ".join(_why(one, left_out) for one in sorted(columns - set(table.column_names)))

    def texts(positions: Sequence[int]) -> list[str]:
        return _texts(rows, positions)

    applied = [apply(name, keep, table, missing, texts) for name, keep in presets.items()]
    seconds = round(time.monotonic() - began, 3)
    return Analysis(str(path), gate, len(table), seconds, distributions, applied, left_out)


def _presets(settings: Screen, gate: Gate) -> dict[str, dict[str, Rule]]:
    """Every preset that ships, the one that is named, and the rules that are given."""
    names = list(SHIPPED)
    if settings.preset is not None and settings.preset not in names:
        names.append(settings.preset)
    found = {name: preset(name, gate, "screen") for name in names}
    if settings.keep:
        found[YOURS] = dict(settings.keep)
    return {name: keep for name, keep in found.items() if keep}


def _measures(
    settings: Screen, presets: Mapping[str, Mapping[str, Rule]], own: Sequence[str]
) -> list[str]:
    """The measures that are taken, those that say most first."""
    columns = set().union(*(named_by(keep, f"preset {name}") for name, keep in presets.items()))
    wanted = catalog.needed(columns, own)
    for name in settings.measures:
        if catalog.get(name, "screen.measures").gives_pairs:
            raise RecipeError(
                f"--measures {name}: compares rows with one another. --analyze measures each "
                f"row; leave it out, and use --unique without --analyze."
            )
    return [*ALWAYS, *sorted((wanted | set(settings.measures)) - set(ALWAYS))]


def _check(
    settings: Screen,
    presets: Mapping[str, Mapping[str, Rule]],
    rows: Readable,
    with_documents: bool,
) -> None:
    """Refuse rules of the user's own that cannot be, as `screen` does.

    Raises:
        RecipeError: the first of them.
    """
    own = {name: keep for name, keep in presets.items() if name not in SHIPPED}
    known = measured_schema(seen(rows.schema, with_documents), others(settings, "screen"))
    for name, keep in own.items():
        rules.compile_rules(keep, known, name)


def _why(column: str, left_out: Mapping[str, str]) -> str:
    for name, why in left_out.items():
        if column in catalog.measures()[name].columns:
            return why
    return f"the rows have no column {column}"


def _texts(rows: Readable, positions: Sequence[int]) -> list[str]:
    """The texts of a few rows, shortened."""
    found = taken(view(rows, ["text"]), positions)
    texts = [found[one]["text"] or "" for one in positions]
    return [one if len(one) <= SHOWN_CHARACTERS else f"{one[:SHOWN_CHARACTERS]}…" for one in texts]
