"""How the models came about: their losses step by step, and the facts of each training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from recipes.report import curve
from recipes.report.text import share
from schemas.recipe import Recipe
from schemas.tables import Table

STAGES = {"tune": "tuned", "tune.control": "control", "base": "base"}
"""Stage -> what it made. A base that was found is a table without a step."""
MIXED = {"tune": "mix", "tune.control": "mix.control"}
SMOOTHED = 20
"""Running means are over a twentieth of the steps."""
TRAIN = """
    select step, loss, avg(loss) over (
        order by step rows between {half} preceding and {half} following
    ) as mean, best
    from "{stage}" where split = 'train' and isfinite(loss) order by step
"""
VALID = """
    select step, loss, best from "{stage}" where split = 'valid' and isfinite(loss) order by step
"""
METHODS = {
    "full": "all weights",
    "lora": "LoRA, rank {rank}",
    "qlora": "LoRA, rank {rank}, on a base in 4 bit",
}
NONE = "–"


@dataclass(frozen=True, slots=True)
class Training:
    """Everything that is shown of training."""

    base: str
    """What was tuned, so that it can be found again."""
    figures: list[curve.Figure]
    columns: list[str]
    """What was trained."""
    lines: list[tuple[str, list[str]]]
    """(fact, its value in each column)."""


def read(
    database: duckdb.DuckDBPyConnection, recipe: Recipe, made: Mapping[str, Table]
) -> Training | None:
    """The trainings of a run, or None where nothing was trained."""
    stages = [stage for stage in STAGES if stage in made and made[stage].rows]
    if not stages:
        return None
    tunings = [stage for stage in stages if stage != "base"]
    figures = [
        _figure(database, "Tuning, loss per answer token", tunings),
        _figure(database, "Pretraining of the base, loss per token", [*set(stages) & {"base"}]),
    ]
    facts = {stage: _facts(database, stage, recipe, made) for stage in stages}
    names = dict.fromkeys(name for told in facts.values() for name in told)
    return Training(
        base=base_name(recipe, made),
        figures=[one for one in figures if one is not None],
        columns=[STAGES[stage] for stage in stages],
        lines=[(name, [facts[stage].get(name, NONE) for stage in stages]) for name in names],
    )


def _figure(
    database: duckdb.DuckDBPyConnection, title: str, stages: list[str]
) -> curve.Figure | None:
    """Trainings on one scale, their running means over the same number of steps."""
    longest = max((_n_steps(database, stage) for stage in stages), default=0)
    half = longest // SMOOTHED // 2
    losses = [_losses(database, stage, half) for stage in stages]
    return curve.figure(title, 2 * half + 1, losses)


def _n_steps(database: duckdb.DuckDBPyConnection, stage: str) -> int:
    counted = database.execute(
        f"select max(step) from \"{stage}\" where split = 'train'"
    ).fetchone()
    return int(counted[0] or 0) if counted else 0


def _losses(database: duckdb.DuckDBPyConnection, stage: str, half: int) -> curve.Losses:
    train = database.execute(TRAIN.format(stage=stage, half=half)).fetchall()
    valid = database.execute(VALID.format(stage=stage)).fetchall()
    kept = [(step, loss) for step, loss, best in valid if best]
    kept += [(step, mean) for step, _, mean, best in train if best and stage != "base"]
    return curve.Losses(
        name=STAGES[stage],
        train=[(step, loss, mean) for step, loss, mean, _ in train],
        valid=[(step, loss) for step, loss, _ in valid],
        best=kept[0] if kept else None,
    )


def _facts(
    database: duckdb.DuckDBPyConnection, stage: str, recipe: Recipe, made: Mapping[str, Table]
) -> dict[str, str]:
    """Fact -> value of one training, in words."""
    if stage == "base":
        return _pretrained(database, made)
    facts = made[stage].manifest.facts
    found = {
        "training rows": _rows(MIXED[stage], made),
        "method": _method(recipe),
        "parameters": _count(facts, "n_parameters"),
        "of these trained": _trained(facts),
        "steps": _count(facts, "n_steps"),
        "rows seen": _count(facts, "n_seen"),
        "epochs": _decimal(facts, "epochs", 2),
        "tokens": _count(facts, "n_tokens"),
        "loss tokens": _count(facts, "n_loss_tokens"),
        "tokens per second": _decimal(facts, "tokens_per_second", 0),
        "valid rows looked at": _count(facts, "valid_rows"),
        "step that was kept": _kept(database, stage, facts),
        "device": ", ".join(str(facts[name]) for name in ("device", "dtype") if name in facts),
    }
    if facts.get("gpu_peak_memory_bytes"):
        found["GPU memory"] = f"{facts['gpu_peak_memory_bytes'] / (1 << 30):.1f} GiB"
    if facts.get("resumed_from_step"):
        found["resumed from step"] = _count(facts, "resumed_from_step")
    return found


def _pretrained(database: duckdb.DuckDBPyConnection, made: Mapping[str, Table]) -> dict[str, str]:
    """The same of a base that was trained here; its last step says how far it went."""
    row = database.execute(
        'select step, n_tokens, n_loss_tokens from "base" order by step desc limit 1'
    ).fetchone()
    step, n_tokens, n_loss_tokens = row or (0, 0, 0)
    facts = made["base"].manifest.facts
    return {
        "method": "from scratch",
        "parameters": _count(facts, "n_parameters"),
        "steps": f"{step:,}",
        "epochs": _decimal(facts, "epochs", 2),
        "tokens": f"{n_tokens:,}",
        "loss tokens": f"{n_loss_tokens:,}",
        "tokens per second": _decimal(facts, "tokens_per_second", 0),
        "device": str(facts.get("device", NONE)),
    }


def base_name(recipe: Recipe, made: Mapping[str, Table]) -> str:
    """The base as the recipe names it, and the commit that was fetched."""
    base = recipe.base
    if base is None:
        return NONE
    if base.pretrain is not None:
        one = base.pretrain
        return f"a Llama of {one.layers} layers, {one.width} wide, made here"
    commit = made["base"].manifest.facts.get("commit") if "base" in made else None
    return f"{base.hub} at commit {commit}" if commit else str(base.hub or base.path)


def _rows(mixed: str, made: Mapping[str, Table]) -> str:
    """`2,100 domain, 900 general`."""
    facts = made[mixed].manifest.facts if mixed in made else {}
    rows = facts.get("counts", {}).get("train", {})
    return ", ".join(f"{n:,} {part}" for part, n in rows.items()) or NONE


def _method(recipe: Recipe) -> str:
    tune = recipe.tune
    return NONE if tune is None else METHODS[tune.method].format(rank=tune.rank)


def _count(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return NONE if value is None else f"{value:,}"


def _decimal(facts: Mapping[str, Any], name: str, decimals: int) -> str:
    value = facts.get(name)
    return NONE if value is None else f"{value:,.{decimals}f}"


def _trained(facts: Mapping[str, Any]) -> str:
    n, of = facts.get("n_trainable"), facts.get("n_parameters")
    if n is None or of is None:
        return NONE
    return f"{n:,} ({share(n, of)})"


def _kept(database: duckdb.DuckDBPyConnection, stage: str, facts: Mapping[str, Any]) -> str:
    """The best step, and the loss on valid rows at it."""
    best = [(step, loss) for step, loss, kept in _valid(database, stage) if kept]
    if best:
        return f"{best[0][0]:,} (valid loss {best[0][1]:.3f})"
    return _count(facts, "best_step")


def _valid(database: duckdb.DuckDBPyConnection, stage: str) -> list[tuple[int, float, bool]]:
    return database.execute(VALID.format(stage=stage)).fetchall()
