"""`retort synthesize` over plain files: passages in, examples out, with or without a model."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from recipes import plain
from recipes.loader import Loaded
from recipes.teaching import Teaching, teaching
from recipes.teaching_stage import Counts, fatal, halts
from schemas.errors import RetortError
from schemas.recipe import Recipe
from schemas.rows import EXAMPLES, PASSAGES, Failure

if TYPE_CHECKING:
    from schemas.rows import Example

NAME = "synthesize"
NEEDED = ("text", "document_id", "start")


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, and what stopped it."""

    told: dict[str, Any]
    """The object that `--json` prints."""
    notes: list[str]
    halt: RetortError | None


def synthesize(
    path: Path,
    out: Path,
    block: dict[str, Any],
    hosts: dict[str, str | None],
    limit: int | None,
    ledger: Path,
    tell: Callable[[str], None],
) -> Made:
    """Make examples from passages.

    Args:
        path: passages.
        out: the file or table folder to write; its path names the account of a budget.
        block: a recipe's `synthesize` block.
        hosts: as `teachers.hosts.allowed` gives them.
        limit: read this many passages only.
        ledger: where replies are kept.
        tell: shows progress.

    Raises:
        RecipeError: a task, a teacher or a budget that cannot be.
        TableError: the passages cannot be read, or the output not written.
    """
    began = time.monotonic()
    plain.check(out)
    found = teaching(_loaded(block, hosts), ledger, f"{NAME} {out.resolve()}")
    rows = plain.conform(path, PASSAGES, NEEDED, "passages")
    table = with_sections(pa.Table.from_batches(rows.batches(), schema=PASSAGES)).slice(0, limit)
    ledger.parent.mkdir(parents=True, exist_ok=True)
    asking = Asking(found, table, tell)
    skipped: Counter[str] = Counter()
    batches = _batches(asking, table, skipped)
    n_rows = plain.write(
        *(out, EXAMPLES, batches, asking.failures, skipped, NAME, asking.requested, asking.facts)
    )
    return Made(asking.told(n_rows, began), asking.notes(), asking.halt())


def with_sections(passages: pa.Table) -> pa.Table:
    """Passages of a plain file, with no headings where their section is null."""
    place = passages.schema.get_field_index("section")
    kind = passages.schema.field(place).type
    filled = [part if part else [] for part in passages["section"].to_pylist()]
    return passages.set_column(place, passages.schema.field(place), pa.array(filled, kind))


def _loaded(block: dict[str, Any], hosts: dict[str, str | None]) -> Loaded:
    """The block in a recipe that has nothing else to do."""
    from recipes.options import validated

    around = {
        "name": NAME,
        "collect": {"domain": [{"from": "files", "paths": ["-"]}]},
        "mix": {"parts": {"domain": 1}},
    }
    recipe = validated(Recipe, {**around, NAME: block})
    return Loaded(recipe, Path(NAME), (Path.cwd(), Path.cwd(), Path("/")), hosts)


def _batches(
    asking: "Asking", passages: pa.Table, skipped: Counter[str]
) -> Iterator[pa.RecordBatch]:
    """Rows of the miner, then those of the models."""
    from curate.synthesize.miner import synthesize as mine

    def leave_out(reason: str, n: int) -> None:
        asking.left_out[reason] += n

    if asking.found.miner is not None:
        for examples in mine(passages.to_batches, asking.found.miner, leave_out):
            yield _batch(examples)
    if asking.found.asked:
        for examples in asking.examples():
            yield _batch(examples)
        skipped.update(asking.source.skipped)


def _batch(examples: "Sequence[Example]") -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([one.row() for one in examples], schema=EXAMPLES)


class Asking:
    """Models that are asked about some passages."""

    def __init__(self, found: Teaching, passages: pa.Table, tell: Callable[[str], None]) -> None:
        from curate.synthesize.coverage import Coverage
        from curate.synthesize.teachers.gathered import Gathered

        self.found = found
        self.source = found.source(passages.to_batches, None)
        self.failures: list[Failure] = []
        self.left_out: Counter[str] = Counter()
        """Why the miner left examples out, and how many."""
        self._n_passages = len(passages)
        self._tell = tell
        self._counts, self._covered = Counts(), Coverage()
        self._gathered = Gathered()

    def examples(self) -> "Iterator[list[Example]]":
        """Ask, then give what came of each request."""
        from curate.synthesize.taught import gather, read

        self._gathered = gather(self.source, self.found.school, self._tell)
        seen: set[str] = set()
        for answered in read(self.source, self.found.school, self._gathered):
            self._counts.add(answered)
            self._covered.add(answered)
            if answered.outcome != "ok":
                what, again = answered.request.what, answered.retryable
                self.failures.append(Failure(what, answered.outcome, answered.detail, again))
            fresh = [one for one in answered.examples if one.id not in seen]
            seen.update(one.id for one in fresh)
            if fresh:
                yield fresh

    def requested(self) -> int:
        """What was asked for, but for what was skipped: replies of models, the miner's passages."""
        return self._counts.requested + (self._n_passages if self.found.miner is not None else 0)

    def facts(self) -> dict[str, Any]:
        """Numbers for the manifest."""
        told: dict[str, Any] = {"teachers": self._counts.as_facts(self._gathered)}
        if self._covered.documents:
            told["coverage"] = self._covered.as_facts()
        return told if self.found.asked else {"left_out": dict(self.left_out)}

    def notes(self) -> list[str]:
        """Sentences on what was not asked, and on what was left out."""
        left = [f"the miner left out {n:,} examples: {why}" for why, n in self.left_out.items()]
        return [*left, *halts(self._gathered, self._counts)]

    def halt(self) -> RetortError | None:
        """What a user has to mend."""
        return fatal(self._gathered)

    def told(self, n_rows: int, began: float) -> dict[str, Any]:
        """The object that `--json` prints."""
        counts, facts = self._counts, self._counts.as_facts(self._gathered)
        mined = self._n_passages if self.found.miner is not None else 0
        left_out = sum(self.source.skipped.values()) if self.found.asked else 0
        failed = counts.requested - counts.outcomes["ok"]
        calls = sum(one["calls_now"] for one in facts)
        return {
            "requested": mined + counts.requested + left_out,
            "ok": mined + counts.outcomes["ok"],
            "failed": failed,
            "skipped": left_out,
            "outcomes": dict(sorted(counts.outcomes.items())),
            "examples": n_rows,
            "calls": calls,
            "calls_reused": sum(one["calls"] for one in facts) - calls,
            "tokens": sum(one["tokens_now"] for one in facts),
            "usd": round(sum(one["usd_now"] for one in facts), 6),
            "seconds": round(time.monotonic() - began, 3),
        }
