"""The mixture: what was asked for and what it came to, in rows and in tokens, part by part."""

from dataclasses import dataclass
from typing import Any

from curate.mix import NOT_DRAWN, NOT_MIXED, SPLITS
from recipes.report.funnel import Level
from recipes.report.text import share
from schemas.manifest import Manifest
from schemas.mixing import TOKENS
from schemas.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Line:
    """One part, or all of them."""

    part: str
    asked_share: str
    asked: int | None
    """In the mixture's unit; None where no size was asked for."""
    share: str
    """Of the training rows, in the mixture's unit."""
    passes: float
    """Times that its rows are gone through."""
    rows: dict[str, int]
    """Split -> rows."""
    n_tokens: int
    """Of the training rows; 0 where they were not counted."""
    n_loss_tokens: int
    amount: int
    """Of the training rows, in the mixture's unit."""


@dataclass(frozen=True, slots=True)
class Value:
    """What one domain, task, licence or teacher came to in the training rows."""

    name: str
    rows: int
    n_tokens: int
    n_loss_tokens: int
    share: str
    asked: str
    """The share that was asked for; a dash where none was."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """Everything that is shown of it."""

    lines: list[Line]
    """One a part, those beyond the mixture's own after them; the sums last."""
    counted: bool
    """Whether a base counted tokens."""
    only_tested: list[str]
    """Parts that are tested and not trained on."""
    max_length: int | None
    """Tokens that a row may have."""
    set_aside: list[tuple[str, int]]
    """(why a kept row was not drawn from, rows), the most frequent first."""
    unit: str
    sized: bool
    """Whether a size was asked for."""
    shrunk: bool
    """Whether it is smaller, because a part had too little."""
    measured: bool
    """Whether the unit is a measured column."""
    order: str
    """How rows were put into their order, if not by chance: a method and its parts."""
    repeats: bool
    """Whether a part is gone through more than once."""
    by: dict[str, list[Value]]
    """Domains, tasks, licences, teachers -> what each came to, the most rows first."""


UNTOLD: dict[str, Any] = {"realised": {}, "wanted": {}, "passes": {}, "tokens": {}}
"""Of a mixture that an earlier version made."""
BY = {"domain": "domains", "task": "tasks", "license": "licences", "teacher": "teachers"}


def table(recipe: Recipe, levels: list[Level], mixed: Manifest) -> Mixture:
    """Read from the levels of the funnel and what the stage said of itself."""
    by_level = {level.name: {part: n for part, n, _ in level.parts} for level in levels}
    facts = {**UNTOLD, **mixed.facts}
    realised = facts["realised"]
    came_to = {line["name"]: line for line in realised.get("part", [])}
    asked = recipe.mix.asked
    present = {part for split in SPLITS for part, n in by_level[split].items() if n}
    beyond = [part for part in recipe.collect if part in present and part not in recipe.mix.parts]
    lines = [
        _line(
            part,
            came_to.get(part),
            facts["wanted"].get(part) if asked is not None else None,
            facts["passes"].get(part, 0.0),
            {split: by_level[split].get(part, 0) for split in SPLITS},
        )
        for part in (*recipe.mix.parts, *beyond)
    ]
    return Mixture(
        lines=[*lines, _sum(lines, asked)],
        counted=bool(facts["tokens"]),
        only_tested=beyond,
        max_length=facts.get("max_length"),
        set_aside=sorted(
            ((why, n) for why, n in mixed.reasons.items() if why not in (NOT_DRAWN, NOT_MIXED)),
            key=lambda one: (-one[1], one[0]),
        ),
        unit=recipe.mix.unit,
        sized=asked is not None,
        measured=recipe.mix.unit not in ("rows", *TOKENS),
        order=_order(recipe),
        shrunk=bool(facts.get("shrunk")),
        repeats=any(line.passes > 1 for line in lines),
        by={
            title: [_value(line) for line in realised.get(by, [])]
            for by, title in BY.items()
            if any(line["name"] is not None for line in realised.get(by, []))
        },
    )


def _line(
    part: str,
    came_to: dict[str, Any] | None,
    wanted: float | None,
    passes: float,
    rows: dict[str, int],
) -> Line:
    """One part; one that is only tested came to nothing."""
    told = came_to or {"asked": None, "share": 0.0, "n_tokens": 0, "n_loss_tokens": 0}
    return Line(
        part=part,
        asked_share=_percent(told["asked"]),
        asked=None if wanted is None else round(wanted),
        share=_percent(told["share"]),
        passes=passes,
        rows=rows,
        n_tokens=told["n_tokens"] or 0,
        n_loss_tokens=told["n_loss_tokens"] or 0,
        amount=round(told.get("amount") or 0),
    )


def _order(recipe: Recipe) -> str:
    if recipe.select is None or recipe.select.method == "random":
        return ""
    return f"{recipe.select.method} ({', '.join(recipe.select.parts or recipe.mix.parts)})"


def _value(line: dict[str, Any]) -> Value:
    return Value(
        name="unknown" if line["name"] is None else line["name"],
        rows=line["rows"],
        n_tokens=line["n_tokens"] or 0,
        n_loss_tokens=line["n_loss_tokens"] or 0,
        share=_percent(line["share"]),
        asked=_percent(line["asked"]),
    )


def _percent(of_one: float | None) -> str:
    return "–" if of_one is None else share(round(of_one * 1_000_000), 1_000_000)


def _sum(lines: list[Line], asked: int | None) -> Line:
    return Line(
        part="all",
        asked_share="100 %",
        asked=asked,
        share="100 %",
        passes=0.0,
        rows={split: sum(line.rows[split] for line in lines) for split in SPLITS},
        n_tokens=sum(line.n_tokens for line in lines),
        n_loss_tokens=sum(line.n_loss_tokens for line in lines),
        amount=sum(line.amount for line in lines),
    )
