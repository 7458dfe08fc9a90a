"""The stage `synthesize`: examples that are mined, taken over, and asked of models.

Rows come in that order, and within each in the order of the passages; nothing in them depends on
who answered first. What a model was asked and did not answer is a row in `failures`.
"""

import functools
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recipes.stage import Inputs, Stage
from recipes.teaching import PARENTS, Teaching, instructions, told
from schemas.errors import TeacherError
from schemas.recipe import Recipe

if TYPE_CHECKING:
    from curate.synthesize.answers import Answered
    from curate.synthesize.estimate import Estimate
    from curate.synthesize.requests import Source
    from curate.synthesize.teachers.gathered import Gathered
    from schemas.tables import Writer


ROWS_AT_ONCE = 1_024


def synthesize(recipe: Recipe, found: Teaching) -> Stage:
    """The stage with what it is told."""

    def make(out: "Writer", inputs: Inputs) -> None:
        from schemas.rows import EXAMPLES

        out.schema = EXAMPLES
        passages = opener(inputs)
        _mine(out, found, passages, inputs)
        out.requested = out.rows + out.skipped
        if found.asked:
            source = found.source(passages, documents(inputs))
            _teach(out, found, source)

    def foresee(inputs: Inputs) -> "Estimate":
        from curate.synthesize.estimate import estimate

        return estimate(found.source(opener(inputs), documents(inputs)), found.school)

    parameters = told(recipe, found)
    foreseen = foresee if found.asked else None
    return Stage("synthesize", "synthesize", 4, parameters, PARENTS, make, foreseen)


def opener(inputs: Inputs) -> Callable[[], Any]:
    """Opens the kept passages anew."""
    from curate.screen.kept import kept

    return functools.partial(kept, inputs["segment"], inputs["screen.passages"])


def documents(inputs: Inputs) -> Callable[[], Any]:
    """Opens the ready-made instructions anew."""
    return lambda: instructions(inputs["collect"].batches())


def _mine(out: "Writer", found: Teaching, passages: Callable[[], Any], inputs: Inputs) -> None:
    """Examples of the miner, then those that were ready-made."""
    from curate.synthesize.imported import imported
    from curate.synthesize.miner import synthesize as mine

    mined = mine(passages, found.miner, out.skip) if found.miner is not None else ()
    for examples in itertools.chain(mined, imported(inputs["collect"].batches())):
        rows = {one.id: one.row() for one in examples if found.is_wanted(one)}
        out.write(list(rows.values()))


def _teach(out: "Writer", found: Teaching, source: "Source") -> None:
    """Ask the models, then write what they answered."""
    import pyarrow.parquet as pq

    from curate.synthesize.coverage import Coverage
    from curate.synthesize.taught import gather, read
    from schemas.rows import Failure

    gathered = gather(source, found.school, out.tell)
    counts, covered = Counts(), Coverage()
    seen: set[str] = set()
    rows: list[dict[str, Any]] = []
    place = ""
    for answered in read(source, found.school, gathered):
        counts.add(answered)
        covered.add(answered)
        if answered.outcome != "ok":
            what, again = answered.request.what, answered.retryable
            out.fail(Failure(what, answered.outcome, answered.detail, again))
        passage = answered.request.material.passage
        if place != (here := passage.id or passage.document_id):
            place, seen = here, set()
        fresh = [one.row() for one in answered.examples if one.id not in seen]
        seen.update(row["id"] for row in fresh)
        rows += fresh
        if len(rows) >= ROWS_AT_ONCE:
            out.write(rows)
            rows = []
    out.write(rows)
    for reason, n in source.skipped.items():
        out.skip(reason, n)
    out.requested = (out.requested or 0) + counts.requested + sum(source.skipped.values())
    out.facts["teachers"] = counts.as_facts(gathered)
    out.facts["attempts"] = dict(sorted(gathered.attempts.items()))
    if covered.documents:
        out.facts["coverage"] = covered.as_facts()
        pq.write_table(covered.table(), out.attach("coverage") / "documents.parquet")
    for line in halts(gathered, counts):
        out.notes.append(line)
    out.halt = fatal(gathered)


class Counts:
    """How asking went, by teacher and task."""

    def __init__(self) -> None:
        self.requested = 0
        self.outcomes: Counter[str] = Counter()
        self.by: defaultdict[tuple[str, str], dict[str, Any]] = defaultdict(_nothing)
        self._calls: set[str] = set()

    def add(self, answered: "Answered") -> None:
        """Count one request."""
        request = answered.request
        row = self.by[request.teacher.label, request.task.name]
        self.requested += 1
        self.outcomes[answered.outcome] += 1
        row["requested"] += 1
        row["outcomes"][answered.outcome] += 1
        row["examples"] += len(answered.examples)
        for call in answered.calls:
            if call.key not in self._calls:
                self._calls.add(call.key)
                row["calls"] += 1
                row["prompt_tokens"] += call.prompt_tokens
                row["completion_tokens"] += call.completion_tokens
                row["usd"] += call.usd

    def as_facts(self, gathered: "Gathered") -> list[dict[str, Any]]:
        """For the manifest: `calls`, tokens and dollars that the rows rest on; those paid now."""
        return [
            {
                "teacher": teacher,
                "task": task,
                **row,
                "outcomes": dict(sorted(row["outcomes"].items())),
                "usd": round(row["usd"], 6),
                "calls_now": gathered.sent[teacher, task],
                "tokens_now": gathered.tokens[teacher, task],
                "usd_now": round(gathered.usd[teacher, task], 6),
            }
            for (teacher, task), row in self.by.items()
        ]


def _nothing() -> dict[str, Any]:
    zeros = ("requested", "examples", "calls", "prompt_tokens", "completion_tokens")
    return {**dict.fromkeys(zeros, 0), "usd": 0.0, "outcomes": Counter()}


def halts(gathered: "Gathered", counts: Counts) -> list[str]:
    """Sentences on teachers that were not asked everything."""
    said = []
    for teacher, problem in gathered.stopped.items():
        rows = [row for (name, _), row in counts.by.items() if name == teacher]
        missing = sum(row["outcomes"][problem.outcome] for row in rows)
        of = sum(row["requested"] for row in rows)
        if problem.outcome == "over_budget":
            said.append(
                f"{teacher}: {problem.detail}; {missing:,} of {of:,} requests were not asked. "
                f"Raise synthesize.budget and run again to go on; nothing is paid twice."
            )
        else:
            said.append(
                f"{problem.detail}; {missing:,} of {of:,} requests have no reply. What was paid "
                f"is kept: mend it and run again."
            )
    return said


def fatal(gathered: "Gathered") -> TeacherError | None:
    """What a user has to mend before any more is asked; None where nothing is."""
    for problem in gathered.stopped.values():
        if problem.outcome == "fatal":
            return TeacherError(
                f"{problem.detail}. What was paid is kept; mend it and run again to go on."
            )
    return None
