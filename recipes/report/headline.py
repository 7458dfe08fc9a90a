"""The head of the page: what the run made in a sentence, and the few numbers to look at first."""

from collections.abc import Sequence
from dataclasses import dataclass

from recipes.report import axis
from recipes.report.funnel import Level
from recipes.report.scores import Outcome, Verdict
from recipes.report.text import counted, listed, share, worded
from schemas.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Result:
    """What tuning did to one part, at a glance."""

    name: str
    numbers: str
    """Before and after."""
    change: str
    """The difference with its interval."""
    verdict: str


def made(recipe: Recipe, levels: list[Level]) -> str:
    """What the run made, in one sentence."""
    total = {level.name: level.total for level in levels}
    if "documents" not in total:
        return "Nothing is collected yet."
    parts = worded(len(recipe.collect), "part")
    origin = f"from {counted(total['documents'], 'document')} in {parts}"
    if "train" in total:
        held_out = total["valid"] + total["test"]
        examples = counted(total["train"], "training example")
        return f"{examples}, and {held_out:,} held out, {origin}."
    for name in ("examples", "passages"):
        if f"kept {name}" in total:
            return f"{counted(total[f'kept {name}'], f'kept {name[:-1]}')} {origin}."
        if name in total:
            return f"{counted(total[name], name[:-1])} {origin}."
    return f"{counted(total['documents'], 'document')} in {parts}."


def changed(recipe: Recipe, outcomes: Sequence[Outcome]) -> str:
    """What tuning changed, in a sentence or two; empty where nothing was scored."""
    by_verdict: dict[Verdict, list[str]] = {}
    for one in outcomes:
        by_verdict.setdefault(one.first.over_base.verdict, []).append(one.part)
    clauses = [
        f"{how} in {listed(by_verdict[verdict])}"
        for verdict, how in (("better", "likelier"), ("worse", "less likely"))
        if verdict in by_verdict
    ]
    unclear = by_verdict.get("no clear change", [])
    told = []
    if clauses:
        told.append(f"After tuning, held-out answers are {' and '.join(clauses)}.")
    if unclear:
        told.append(f"There is no clear change in {listed(unclear)}.")
    return " ".join([*told, *_against_control(recipe, outcomes)])


def _against_control(recipe: Recipe, outcomes: Sequence[Outcome]) -> list[str]:
    """Where the gain is more than the control's, and where it is not; the general part aside."""
    gained = [
        one
        for one in outcomes
        if one.first.over_base.verdict == "better" and not one.general and one.beyond_control
    ]
    more = [one.part for one in gained if one.beyond_control == "better"]
    same = [one.part for one in gained if one.beyond_control != "better"]
    control = f"that of a control, tuned on {recipe.evaluate.general} alone"
    return [
        f"The gain in {listed(parts)} is {how} {control}."
        for parts, how in ((more, "more than"), (same, "not clearly more than"))
        if parts
    ]


def results(outcomes: Sequence[Outcome]) -> list[Result]:
    """The first metric of each part: before, after, the difference and what can be said of it."""
    return [
        Result(
            name=f"{one.part}{' (forgetting)' if one.general else ''}, nll per answer token",
            numbers=f"{axis.number(one.first.base, 3)} → {axis.number(one.first.tuned, 3)}",
            change=f"{one.first.over_base.told} {one.first.over_base.interval}",
            verdict=one.first.over_base.verdict,
        )
        for one in outcomes
    ]


def key_figures(levels: list[Level]) -> list[tuple[str, int, str]]:
    """(level, rows, remark) of the levels that a reader looks for first."""
    total = {level.name: level.total for level in levels}
    shares = {
        f"kept {name}": f"{share(total[f'kept {name}'], total[name])} of {total[name]:,}"
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
