"""What a takedown removed: rows of the run before that came from documents now excluded.

The run before is the latest other run of the same recipe's name. Nothing of it is deleted here;
`retort clean` does that once no run refers to its tables.
"""

from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from recipes.run_tables import RunTables
from recipes.runner import Result
from recipes.work import Work
from schemas.errors import TableError
from schemas.recipe import Recipe

STAGES = {"passages": "segment", "examples": "synthesize", "mixture": "mix"}
GONE = {
    "passages": "select count(*) as n from rows where document_id in (select id from gone)",
    "examples": "select count(*) as n from rows where document_id in (select id from gone) or "
    "len(list_intersect(also_from, (select list(id) from gone))) > 0",
    "mixture": "select count(*) as n from rows where example_id in (select id from made where "
    "document_id in (select id from gone) or "
    "len(list_intersect(also_from, (select list(id) from gone))) > 0)",
}
"""What -> its rows that have text of an excluded document, distractors among them."""


@dataclass(frozen=True, slots=True)
class Takedown:
    """Rows of the run before that are in this one no more, for their document is excluded."""

    run: str
    """The run before."""
    documents: int
    passages: int
    examples: int
    mixture: int

    def line(self) -> str:
        """For a person."""
        return (
            f"excluded since {self.run}: documents {self.documents:,}, and of theirs "
            f"passages {self.passages:,}, examples {self.examples:,}, rows of the mixture "
            f"{self.mixture:,}. Exports of that run still hold them."
        )

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def takedown(result: Result, recipe: Recipe, work: Work) -> Takedown | None:
    """What `exclude` took out since the run before; None where it took out nothing."""
    if not recipe.exclude:
        return None
    for folder in work.run_folders(recipe.name):
        if folder.name == result.run.name:
            continue
        try:
            return _since(RunTables(folder, work), recipe)
        except TableError:  # cut short, or its tables were deleted
            continue
    return None


def _since(before: RunTables, recipe: Recipe) -> Takedown | None:
    """Rows of a run that come from documents which are excluded now."""
    from curate.collect.exclude import Exclude

    exclude = Exclude(recipe.exclude)
    columns = ["id", "doi", "pmcid", "arxiv_id", "text", "metadata"]
    gone = [
        row
        for batch in before.table("collect").batches(columns)
        for row in batch.filter(pc.invert(exclude.allows(batch))).column("id").to_pylist()
    ]
    if not gone:
        return None
    before.register("gone", pa.table({"id": pa.array(gone, pa.string())}))
    made = {"made": "synthesize"} if "synthesize" in before else {}
    counts = {
        what: before.query(GONE[what], {"rows": stage, **made})[0]["n"]
        for what, stage in STAGES.items()
        if stage in before
    }
    return Takedown(before.run.name, len(gone), *(counts.get(what, 0) for what in STAGES))
