"""What a stage is: one table of a recipe, with all that decides what is in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.synthesize.estimate import Estimate
    from schemas.tables import Table, Writer

Inputs = Mapping[str, "Table"]
"""Name of a parent, as the stage has it -> its table."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One table that a recipe makes."""

    name: str
    """Unique in the recipe."""
    kind: str
    """Begins the table's folder name; stages of one kind and equal parameters share a table."""
    version: int
    """Raised when the same parameters give other rows."""
    parameters: dict[str, Any]
    parents: tuple[str, ...]
    """Names of the stages whose tables it reads; `mix/train` is one part, and it sees no other."""
    make: "Callable[[Writer, Inputs], None]"
    """Write the rows; the writer's schema is set first."""
    estimate: "Callable[[Inputs], Estimate] | None" = None
    """What asking teachers will take, for stages that do."""

    @property
    def reads(self) -> list[tuple[str, str | None]]:
        """(stage, part or None for all) of each parent."""
        split = [name.partition("/") for name in self.parents]
        return [(name, part or None) for name, _, part in split]
