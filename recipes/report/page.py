"""Put the report page together. Reads a run's tables, gives one HTML file as a string."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

from curate.mix import SPLITS
from recipes.dollars import dollars
from recipes.report import (
    answers,
    axis,
    contamination,
    funnel,
    headline,
    intervals,
    lengths,
    mixture,
    numbers,
    samples,
    scores,
    teachers,
    text,
    training,
)
from schemas.recipe import Recipe
from schemas.tables import Table

FOLDER = Path(__file__).parent
SECTIONS = {
    "scores": "What tuning changed",
    "funnel": "Funnel",
    "teachers": "Teachers",
    "unread": "Not obtained",
    "breakdown": "Parts and licences",
    "lengths": "Lengths",
    "samples": "Samples",
    "contamination": "Contamination",
    "mixture": "Mixture",
    "training": "Training",
    "answers": "Answers",
    "stages": "Stages",
    "recipe": "Recipe",
}
"""Id of a section, of its template and of what it shows -> its name in the navigation. The result
comes first, then how it came about."""
ALWAYS = {"funnel", "unread", "breakdown", "stages", "recipe"}
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
        context = {
            **_data(database, recipe, made),
            **_models(database, recipe, made),
            **_accounts(database, made),
        }
    outcomes, levels = context["scores"], context["funnel"]
    context |= {
        "recipe": recipe,
        "sentences": [headline.made(recipe, levels), headline.changed(recipe, outcomes)],
        "results": headline.results(outcomes),
        "key_figures": headline.key_figures(levels),
        "stopped_at": stopped_at(recipe, made),
        "retort": next((one.manifest.retort for one in made.values()), ""),
        "yaml": as_yaml(recipe),
        "sections": [(id_, title) for id_, title in SECTIONS.items() if shown(id_, context)],
    }
    return environment().get_template("report.html").render(context)


def _data(
    database: duckdb.DuckDBPyConnection, recipe: Recipe, made: Mapping[str, Table]
) -> dict[str, Any]:
    """What there is to say about rows, from documents to the mixture."""
    levels = funnel.build(database, recipe, made)
    families = numbers.families(database)
    return {
        "funnel": levels,
        "breakdowns": [
            ("Part", numbers.breakdown(database, "part", list(recipe.collect))),
            ("Split", numbers.breakdown(database, "split", SPLITS)),
            ("Domain", numbers.breakdown(database, "domain")),
            ("Licence", numbers.breakdown(database, "license")),
        ],
        "families": families,
        "teachers": teachers.read(database, made),
        "lengths": [drawn for one in FIGURES if (drawn := lengths.figure(database, *one))],
        "reasons": {
            funnel.GATES[level.name]: {one.rule: one.reason for one in level.fell}
            for level in levels
            if level.name in funnel.GATES
        },
        "contamination": contamination.read(recipe, made),
        "samples": samples.choose(database, [family for family, _, _ in families], made),
        "mixture": mixture.table(recipe, levels, made["mix"].manifest) if "mix" in made else None,
    }


def _models(
    database: duckdb.DuckDBPyConnection, recipe: Recipe, made: Mapping[str, Table]
) -> dict[str, Any]:
    """What there is to say about models; nothing where the run ended before them."""
    outcomes = scores.outcomes(database, recipe)
    return {
        "scores": outcomes,
        "intervals": intervals.figure(outcomes),
        "training": training.read(database, recipe, made),
        "answers": answers.side_by_side(database, made),
        "at_first": answers.AT_FIRST,
        "percent": scores.percent(recipe),
        "has_control": any(one.beyond_control for one in outcomes),
    }


def _accounts(database: duckdb.DuckDBPyConnection, made: Mapping[str, Table]) -> dict[str, Any]:
    """What each stage says of itself."""
    manifests = {name: table.manifest for name, table in made.items()}
    return {
        "manifests": manifests,
        "folders": {name: table.folder.name for name, table in made.items()},
        "asked": [(name, manifests[name]) for name in made if asks(name, made)],
        "unread": [
            found
            for name, table in made.items()
            if (found := unread(database, name, table))
            and not (name.startswith("read.") and "collect" in made)
        ],
        "not_all_read": any(
            manifests[name].failed + manifests[name].skipped
            for name in made
            if name == "collect" or name.startswith("read.")
        ),
        "notes": [note for one in manifests.values() for note in one.notes],
        "seconds": sum(one.seconds for one in manifests.values()),
    }


def shown(section: str, context: Mapping[str, Any]) -> bool:
    """Whether a section has something to say."""
    if section == "samples":
        found: samples.Samples = context["samples"]
        return bool(found.families or any(found.set_aside.values()) or any(found.pairs.values()))
    return section in ALWAYS or bool(context[section])


def stopped_at(recipe: Recipe, made: Mapping[str, Table]) -> str | None:
    """The last stage that was made, where the recipe goes further."""
    end = "mix" if recipe.tune is None else "evaluate"
    return None if end in made else next(reversed(list(made)), "nothing")


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
        "dollars": dollars,
        "nats": lambda value: axis.number(value, 3),
    }
    found.globals |= {"share": text.share, "counted": text.counted, "listed": text.listed}
    return found


def asks(name: str, made: Mapping[str, Table]) -> bool:
    """Whether a stage belongs in the table of what was asked for."""
    manifest = made[name].manifest
    return name.startswith("read.") or name == "collect" or manifest.requested != manifest.ok


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


def as_yaml(recipe: Recipe) -> str:
    """The recipe with every default written out."""
    resolved = recipe.model_dump(mode="json", by_alias=True, exclude_none=True)
    return str(yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True))
