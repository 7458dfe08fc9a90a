"""Put the report page together. Reads a run's tables, gives one HTML file as a string."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

from curate.mix import SPLITS, counts
from recipes.report import funnel, lengths, numbers, samples, text
from recipes.report.funnel import Level
from schemas.recipe import Recipe
from schemas.tables import Table

FOLDER = Path(__file__).parent
PER_REASON = 3
FIGURES = (
    ("Words in a passage", "passages", "n_words", True),
    ("Words in a question", "examples", "question_words", False),
    ("Words in an answer", "examples", "answer_words", False),
)
"""(title, rows, column, whether rows that were set aside are drawn)."""
FAILURES = """
    select reason, what, detail from
        (select *, row_number() over (partition by reason order by what, detail) as place
         from failures)
    where place <= ? order by reason, what, detail
"""


@dataclass(frozen=True, slots=True)
class Unread:
    """What a stage asked for and did not get."""

    stage: str
    reasons: list[tuple[str, int, int]]
    """(reason, failed, skipped)."""
    first: list[tuple[str, str, str]]
    """(reason, what, detail) of a few failures of each reason."""


def write_report(recipe: Recipe, tables: Mapping[str, Path]) -> str:
    """The whole page of a run.

    Args:
        recipe: as resolved.
        tables: stage -> folder of its table, for the stages made so far, in their order.

    Raises:
        TableError: a folder holds no finished table.
    """
    made = numbers.folders(tables)
    with numbers.opened(made) as database:
        levels = funnel.build(database, recipe, made)
        families = numbers.families(database)
        context = {
            "recipe": recipe,
            "levels": levels,
            "sentence": sentence(recipe, levels),
            "key_figures": key_figures(levels),
            "retort": next((one.manifest.retort for one in made.values()), ""),
            "last": next(reversed(made), "nothing"),
            "breakdowns": [
                ("Part", numbers.breakdown(database, "part", list(recipe.collect))),
                ("Split", numbers.breakdown(database, "split", SPLITS)),
                ("Domain", numbers.breakdown(database, "domain")),
                ("Licence", numbers.breakdown(database, "license")),
            ],
            "families": families,
            "figures": [drawn for one in FIGURES if (drawn := lengths.figure(database, *one))],
            "reasons": {
                funnel.GATES[level.name]: {one.rule: one.reason for one in level.fell}
                for level in levels
                if level.name in funnel.GATES
            },
            "samples": samples.choose(database, [family for family, _, _ in families], made),
            "unread": [
                found
                for name, table in made.items()
                if (found := unread(database, name, table))
                and not (name.startswith("read.") and "collect" in made)
            ],
            "mixture": mixture(recipe, levels) if "mix" in made else [],
        }
    manifests = {name: table.manifest for name, table in made.items()}
    context |= {
        "manifests": manifests,
        "folders": {name: table.folder.name for name, table in made.items()},
        "asked": [(name, manifests[name]) for name in made if asks(name, made)],
        "notes": [note for one in manifests.values() for note in one.notes],
        "seconds": sum(one.seconds for one in manifests.values()),
        "yaml": as_yaml(recipe),
    }
    return environment().get_template("report.html").render(context)


def environment() -> jinja2.Environment:
    """Everything printed is made visible first and escaped then; an unknown name is an error."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=text.visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "n": lambda value: f"{value:,}",
        "seconds": text.seconds,
        "memory": text.memory,
    }
    found.globals |= {"share": text.share, "counted": text.counted}
    return found


def asks(name: str, made: Mapping[str, Table]) -> bool:
    """Whether a stage belongs in the table of what was asked for."""
    manifest = made[name].manifest
    return name.startswith("read.") or name == "collect" or manifest.requested != manifest.ok


def sentence(recipe: Recipe, levels: list[Level]) -> str:
    """What the run made, in one sentence."""
    total = {level.name: level.total for level in levels}
    if "documents" not in total:
        return "Nothing is collected yet."
    parts = text.worded(len(recipe.collect), "part")
    origin = f"from {text.counted(total['documents'], 'document')} in {parts}"
    if "train" in total:
        held_out = total["valid"] + total["test"]
        made = text.counted(total["train"], "training example")
        return f"{made}, and {held_out:,} held out, {origin}."
    for name in ("examples", "passages"):
        if f"kept {name}" in total:
            return f"{text.counted(total[f'kept {name}'], f'kept {name[:-1]}')} {origin}."
        if name in total:
            return f"{text.counted(total[name], name[:-1])} {origin}."
    return f"{text.counted(total['documents'], 'document')} in {parts}."


def key_figures(levels: list[Level]) -> list[tuple[str, int, str]]:
    """(level, rows, remark) of the levels that a reader looks for first."""
    total = {level.name: level.total for level in levels}
    shares = {
        f"kept {name}": f"{text.share(total[f'kept {name}'], total[name])} of {total[name]:,}"
        for name in ("passages", "examples")
        if f"kept {name}" in total
    }
    hidden = {name for name in ("passages", "examples") if f"kept {name}" in total}
    found: list[tuple[str, int, str]] = [
        (name, total[name], shares.get(name, ""))
        for name in ("documents", "passages", "kept passages", "examples", "kept examples")
        if name in total and name not in hidden
    ]
    if "train" in total:
        held_out = f"+ {total['valid']:,} valid, {total['test']:,} test"
        found.append(("training rows", total["train"], held_out))
    return found


def unread(database: duckdb.DuckDBPyConnection, name: str, table: Table) -> Unread | None:
    """Why a stage did not get everything, or None where it did."""
    manifest = table.manifest
    if manifest.failed + manifest.skipped == 0:
        return None
    database.register("failures", table.failures())
    failed = dict(
        database.execute("select reason, count(*) from failures group by reason").fetchall()
    )
    first = database.execute(FAILURES, [PER_REASON]).fetchall()
    database.unregister("failures")
    shown = [
        (reason, text.shortened(what, 200), text.shortened(detail, 300))
        for reason, what, detail in first
    ]
    reasons = [
        (reason, failed.get(reason, 0), n - failed.get(reason, 0))
        for reason, n in manifest.reasons.items()
    ]
    return Unread(name, sorted(reasons, key=lambda one: -one[1] - one[2]), shown)


def mixture(recipe: Recipe, levels: list[Level]) -> list[dict[str, Any]]:
    """One row a part: asked for, realised, held out; the sums last."""
    by_level = {level.name: {part: n for part, n, _ in level.parts} for level in levels}
    totals = {level.name: level.total for level in levels}
    shares = recipe.mix.parts
    asked = counts(shares, recipe.mix.size) if recipe.mix.size else {}
    rows = [
        {
            "part": part,
            "asked_share": text.share(round(share * 1_000_000), 1_000_000),
            "asked": asked.get(part),
            "share": text.share(by_level["train"].get(part, 0), totals["train"]),
            **{split: by_level[split].get(part, 0) for split in SPLITS},
        }
        for part, share in shares.items()
    ]
    sums = {split: totals[split] for split in SPLITS}
    whole = {"part": "all", "asked_share": "100 %", "asked": recipe.mix.size, "share": "100 %"}
    return [*rows, {**whole, **sums}]


def as_yaml(recipe: Recipe) -> str:
    """The recipe with every default written out."""
    resolved = recipe.model_dump(mode="json", by_alias=True, exclude_none=True)
    return str(yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True))
