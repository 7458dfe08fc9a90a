"""Preview: a few finished examples with their evidence, before the rest is made.

Runs the stages before `synthesize`, takes kept passages in the order of their ids (a hash, so any
of them may come first), and makes one example from each until there are enough. No table of
examples is written.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from recipes import runner
from recipes.loader import Loaded
from recipes.show import print_json, say
from recipes.stage import Stage
from recipes.stages import until
from recipes.work import Work

if TYPE_CHECKING:
    from schemas.rows import Example
    from schemas.tables import Table

GATE = "screen.passages"


def show(
    plan: Sequence[Stage], loaded: Loaded, work: Work, n: int, tell: runner.Report, as_json: bool
) -> None:
    """Print n examples, or as many as the passages give."""
    from schemas.tables import Table

    done: dict[str, runner.Done] = {}
    for stage in until(list(plan), GATE):
        done[stage.name] = runner.make(stage, [done[name] for name, _ in stage.reads], work, tell)
    rows, verdicts = Table(done["segment"].folder), Table(done[GATE].folder)
    examples = list(islice(_examples(rows, verdicts, loaded), n))
    if as_json:
        print_json({"examples": [example.row() for example in examples]})
        return
    for example in examples:
        say(f"\n[{example.task}] {example.source}, {example.license or 'licence unknown'}")
        for turn in example.messages:
            say(f"  {turn.role}: {turn.content}")
        for quote in example.evidence:
            say(f"  evidence {quote.start}-{quote.end}: {quote.quote}")


def _examples(rows: "Table", verdicts: "Table", loaded: Loaded) -> Iterator["Example"]:
    import pyarrow as pa

    from curate.screen.kept import kept
    from curate.synthesize.miner import domain_words, mine
    from curate.synthesize.tasks.reading_comprehension.phrasings import read as read_phrasings
    from schemas.rows import Passage

    passages = pa.Table.from_batches(kept(rows, verdicts), schema=rows.schema)
    words = domain_words(passages.to_batches())
    teacher = loaded.recipe.synthesize.teachers[0]
    phrasings = read_phrasings()
    shuffled = passages.sort_by("id")
    for number, row in enumerate(
        row for batch in shuffled.to_batches() for row in batch.to_pylist()
    ):
        passage = Passage(**row)
        found = mine(passage, words[passage.part], teacher.per_family, phrasings)
        if found:
            yield found[number % len(found)]
