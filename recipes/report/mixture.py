"""The mixture: what was asked for and what it came to, in rows and in tokens, part by part."""

from dataclasses import dataclass

from curate.mix import SPLITS, counts
from recipes.report.funnel import Level
from recipes.report.text import share
from schemas.manifest import Manifest
from schemas.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Line:
    """One part, or all of them."""

    part: str
    asked_share: str
    asked: int | None
    share: str
    """Of the training rows."""
    rows: dict[str, int]
    """Split -> rows."""
    n_tokens: int
    """Of the training rows; 0 where they were not counted."""
    n_loss_tokens: int


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
    """(why a kept row cannot be trained on, rows), the most frequent first."""


def table(recipe: Recipe, levels: list[Level], mixed: Manifest) -> Mixture:
    """Read from the levels of the funnel and what the stage said of itself."""
    by_level = {level.name: {part: n for part, n, _ in level.parts} for level in levels}
    tokens = mixed.facts.get("tokens", {}).get("train", {})
    shares = recipe.mix.parts
    asked = counts(shares, recipe.mix.size) if recipe.mix.size else {}
    present = {part for split in SPLITS for part, n in by_level[split].items() if n}
    beyond = [part for part in recipe.collect if part in present and part not in shares]
    n_train = sum(by_level["train"].values())
    lines = [
        Line(
            part=part,
            asked_share=share(round(shares[part] * 1_000_000), 1_000_000)
            if part in shares
            else "–",
            asked=asked.get(part),
            share=share(by_level["train"].get(part, 0), n_train),
            rows={split: by_level[split].get(part, 0) for split in SPLITS},
            n_tokens=tokens.get(part, {}).get("n_tokens", 0),
            n_loss_tokens=tokens.get(part, {}).get("n_loss_tokens", 0),
        )
        for part in (*shares, *beyond)
    ]
    return Mixture(
        lines=[*lines, _sum(lines, recipe.mix.size)],
        counted=bool(mixed.facts.get("tokens")),
        only_tested=beyond,
        max_length=mixed.facts.get("max_length"),
        set_aside=sorted(mixed.reasons.items(), key=lambda one: (-one[1], one[0])),
    )


def _sum(lines: list[Line], asked: int | None) -> Line:
    return Line(
        part="all",
        asked_share="100 %",
        asked=asked,
        share="100 %",
        rows={split: sum(line.rows[split] for line in lines) for split in SPLITS},
        n_tokens=sum(line.n_tokens for line in lines),
        n_loss_tokens=sum(line.n_loss_tokens for line in lines),
    )
