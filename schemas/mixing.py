"""The block `mix` of a recipe: what a training mixture is made of, and how much of each.

Every part is put into one order, and a mixture takes the beginning of it; so with one seed a
mixture of size n is, part by part, inside that of any larger size. Caps and temperature shape the
order, shares and counts say how far it is taken.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from schemas.settings import Name, Settings

PASSES = 4
"""Times that rows may be gone through: up to here repetition costs almost nothing (arXiv
2305.16264)."""
TOKENS = {"tokens": "n_tokens", "loss_tokens": "n_loss_tokens"}
"""Units that a base's tokenizer counts -> their column."""
REPLAY = {"replay-1": 0.01, "replay-5": 0.05, "replay-25": 0.25}
"""Preset -> share of the general part: 1 to 5 % keeps most of it where the new text is near to what
the base has seen, 25 % where it is far from it (arXiv 2403.08763)."""
GENERAL = "general"
Preset = Literal["replay-1", "replay-5", "replay-25"]
SLACK = Fraction(1, 1_000_000)
MOST = 10**15
"""What a size, a count or a cap may be; sums of it fit 64 bits."""


class PartShare(Settings):
    """How much of a mixture one part is; a bare number is short for its share."""

    share: float | None = Field(None, gt=0, le=1)
    """Of the mixture, in its unit; the shares of all parts sum to 1."""
    count: int | None = Field(None, ge=1, le=MOST)
    """In the mixture's unit, in place of a share; then all parts have one, and `size` is left
    out."""
    epochs: int | None = Field(None, ge=1, le=PASSES)
    """Times that its rows may be gone through; 1 by default, 4 under `shortage: repeat`."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "PartShare":
        if (self.share is None) == (self.count is None):
            raise ValueError("needs a share or a count, and not both")
        return self


class Caps(Settings):
    """Training rows that one value of a column may have in each part; none is limited by default.

    The first rows in the part's order are taken.
    """

    document: int | None = Field(None, ge=1, le=MOST)
    """Rows of one document."""
    task: int | None = Field(None, ge=1, le=MOST)
    """Rows of one task; families of a task (`reading-comprehension/definition`) count apart."""
    domain: int | None = Field(None, ge=1, le=MOST)
    """Rows of one domain."""


class Mix(Settings):
    """The training mixture."""

    parts: dict[Name, PartShare] = Field(min_length=1)
    """Part -> share, `{share: …, epochs: …}` or `{count: …}`."""
    size: int | None = Field(None, ge=1, le=MOST)
    """Of the training rows, in `unit`; the largest that the shares allow by default."""
    unit: Name = "rows"
    """What shares and size are counted in: rows, tokens, loss_tokens (both need a base), or a
    column of numbers that the screen of examples measures, as `n_words`."""
    shortage: Literal["strict", "repeat", "shrink"] = "strict"
    """What happens where a part has too little: an error, its rows are gone through up to four
    times, or the mixture becomes smaller with the same shares."""
    temperature: float | None = Field(None, ge=1, le=100)
    """Each domain of a part gets a share like n^(1/temperature), n its rows: 1 as they are, higher
    ones evener. Without one rows are drawn without regard to domains."""
    caps: Caps = Caps()
    """Bounds on rows of one document, task or domain."""
    preset: Preset | None = None
    """Replay: the part `evaluate.general` (or `general`) gets 1, 5 or 25 %, and `parts` shares out
    the rest; written out in the recipe as resolved."""

    @model_validator(mode="before")
    @classmethod
    def _replays(cls, given: object) -> object:
        return with_replay(given, GENERAL)

    @field_validator("parts", mode="before")
    @classmethod
    def _short_shares(cls, parts: object) -> object:
        """`name: 0.7` is short for `name: {share: 0.7}`."""
        if not isinstance(parts, dict):
            return parts
        return {
            name: {"share": one} if isinstance(one, int | float | str) else one
            for name, one in parts.items()
        }

    @field_validator("parts")
    @classmethod
    def _adds_up(cls, parts: dict[str, PartShare]) -> dict[str, PartShare]:
        counted = [name for name, part in parts.items() if part.count is not None]
        if counted and len(counted) < len(parts):
            others = ", ".join(sorted(set(parts) - set(counted)))
            raise ValueError(f"{', '.join(counted)} have counts and {others} shares; use one kind")
        total = sum((_exact(part) for part in parts.values()), Fraction(0))
        if not counted and abs(total - 1) > SLACK:
            raise ValueError(f"the shares sum to {float(total):.10g}, they must sum to 1")
        return parts

    @model_validator(mode="after")
    def _has_one_size(self) -> "Mix":
        if self.size is not None and any(part.count is not None for part in self.parts.values()):
            raise ValueError("size is the sum of the counts where parts have counts; leave it out")
        return self

    @property
    def shares(self) -> dict[str, Fraction]:
        """Part -> its exact share; the shares sum to 1."""
        exact = {name: _exact(part) for name, part in self.parts.items()}
        total = sum(exact.values(), Fraction(0))
        return {name: one / total for name, one in exact.items()}

    @property
    def asked(self) -> int | None:
        """The size that was asked for, in `unit`; None where it is the largest possible."""
        counts = [part.count for part in self.parts.values() if part.count is not None]
        return sum(counts) if counts else self.size

    @property
    def n_rows(self) -> int | None:
        """Training rows, where the settings alone tell."""
        return self.asked if self.unit == "rows" and self.shortage != "shrink" else None

    def epochs(self, part: str) -> int:
        """Times that the rows of a part may be gone through."""
        repeated = PASSES if self.shortage == "repeat" and self.asked is not None else 1
        return self.parts[part].epochs or repeated


def _exact(part: PartShare) -> Fraction:
    """Its share as it is written, 0.1 being a tenth; or its count."""
    return Fraction(str(part.share)) if part.count is None else Fraction(part.count)


def with_replay(given: Any, general: str) -> Any:  # noqa: ANN401  what YAML holds
    """The block with its preset written out as shares; anything else as it is.

    Raises:
        ValueError: the other parts have no shares to scale.
    """
    preset = given.get("preset") if isinstance(given, Mapping) else None
    if not (isinstance(preset, str) and preset in REPLAY and isinstance(general, str)):
        return given  # what is of another type is refused where it is read
    parts = given.get("parts")
    if not isinstance(parts, Mapping) or not set(parts) - {general}:
        raise ValueError(f"preset {preset} needs `parts`: the shares of all parts but {general}")
    if parts.get(general) is not None:
        raise ValueError(f"preset {preset} sets the share of {general}; leave it out of `parts`")
    rest = 1 - Fraction(str(REPLAY[preset]))
    scaled = {name: _scaled(name, one, rest) for name, one in parts.items() if name != general}
    return {**given, "parts": {**scaled, general: REPLAY[preset]}, "preset": None}


def _scaled(name: str, part: object, rest: Fraction) -> dict[str, object]:
    """A part's share of what replay leaves."""
    settings = dict(part) if isinstance(part, Mapping) else {"share": part}
    try:
        share = Fraction(str(float(str(settings["share"])))) * rest
    except (KeyError, ValueError):
        raise ValueError(f"{name} needs a share, as replay is one") from None
    return {**settings, "share": float(share)}
