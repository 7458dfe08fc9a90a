"""Preview: a few finished examples with their evidence, before the rest is made or paid for.

Runs the stages before `synthesize`, takes kept passages in the order of their ids (a hash, so any
of them may come first), and makes one example from each until there are enough. No table of
examples is written; replies of teachers are in the ledger, so the run does not pay for them again.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from recipes import runner
from recipes.loader import Loaded
from recipes.show import print_json, say
from recipes.stage import Stage
from recipes.stages import until
from recipes.teaching import Teaching, instructions, teaching
from recipes.work import Work
from schemas.errors import TeacherError

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas.rows import Example
    from schemas.teachers import Miner

GATE = "screen.passages"
AT_ONCE = 4
"""Passages that teachers are asked about before the next are."""
MOST_REASONS = 5
MOST_WITHOUT = 40
"""Requests in a row that give no example, after which no more are paid for."""


def show(
    plan: Sequence[Stage], loaded: Loaded, work: Work, n: int, tell: runner.Report, as_json: bool
) -> None:
    """Print n examples, or as many as the passages give."""
    from curate.screen.kept import kept
    from curate.synthesize.calls import path_in
    from schemas.tables import Table

    done: dict[str, runner.Done] = {}
    stages = list(plan)
    for stage in until(stages, GATE):
        done[stage.name] = runner.make(stage, [done[name] for name, _ in stage.reads], work, tell)
    rows, verdicts = Table(done["segment"].folder), Table(done[GATE].folder)
    documents = Table(done["collect"].folder)

    def passages() -> "Iterator[pa.RecordBatch]":
        return kept(rows, verdicts)

    found = teaching(loaded, path_in(work.folder))
    missed: Counter[str] = Counter()
    making: list[Iterator[Example]] = []
    if found.miner is not None:
        making.append(filter(found.is_wanted, _mined(passages, found.miner)))
    if found.asked:
        making.append(
            _taught(
                *(found, passages, lambda: instructions(documents.batches())),
                *(stages[-1], tell, missed),
            )
        )
    examples = list(islice(_in_turn(making), n))
    if as_json:
        print_json({"examples": [example.row() for example in examples]})
        return
    for example in examples:
        _print(example)
    if len(examples) < n:
        say(f"\n{len(examples)} of {n} examples; what was asked gave no more.")
        for why, times in missed.most_common(MOST_REASONS):
            say(f"  {times:,} times {why}")


def _print(example: "Example") -> None:
    say(
        f"\n[{example.task}] {example.source}, {example.license or 'licence unknown'}, "
        f"by {example.teacher}"
    )
    for turn in example.messages:
        say(f"  {turn.role}: {turn.content}")
    for quote in example.evidence:
        place = "not in the source" if quote.match == "none" else f"{quote.start}-{quote.end}"
        say(f"  evidence {place}: {quote.quote}")


def _in_turn(making: "list[Iterator[Example]]") -> "Iterator[Example]":
    """One of each, in turn."""
    rounds = itertools.zip_longest(*making)
    return (example for one in rounds for example in one if example is not None)


def _mined(
    passages: "Callable[[], Iterator[pa.RecordBatch]]", miner: "Miner"
) -> "Iterator[Example]":
    from curate.synthesize.miner import domain_words, mine
    from curate.synthesize.requests import every
    from curate.synthesize.tasks.reading_comprehension.phrasings import read as read_phrasings

    words = domain_words(passages())
    phrasings = read_phrasings()
    for number, passage in enumerate(every(_shuffled(passages))):
        found = mine(passage, words[passage.part], miner.per_family, phrasings)
        if found:
            yield found[number % len(found)]


def _shuffled(passages: "Callable[[], Iterator[pa.RecordBatch]]") -> "list[pa.RecordBatch]":
    import pyarrow as pa

    from schemas.rows import PASSAGES

    table = pa.Table.from_batches(passages(), schema=PASSAGES)
    batches: list[pa.RecordBatch] = table.sort_by("id").to_batches()
    return batches


def _taught(
    found: Teaching,
    passages: "Callable[[], Iterator[pa.RecordBatch]]",
    documents: "Callable[[], Iterator[pa.RecordBatch]]",
    stage: Stage,
    tell: runner.Report,
    missed: Counter[str],
) -> "Iterator[Example]":
    """Examples of models, a few passages at a time, until they stop or nobody wants more."""
    from curate.synthesize.requests import Source
    from curate.synthesize.taught import gather, read

    teachers, share = found.school.teachers, found.share
    some = _sliced(_shuffled(passages))
    ready = _sliced(documents())
    sources = itertools.chain(
        (Source(_opener(one), None, found.asked, teachers, share, passages) for one in some),
        (Source(list, _opener(one), found.asked, teachers, share) for one in ready),
    )
    n_without = 0
    for source in sources:
        gathered = gather(source, found.school, lambda line: tell(stage, line))
        for number, answered in enumerate(read(source, found.school, gathered)):
            if answered.examples:
                n_without = 0
                yield answered.examples[number % len(answered.examples)]
            else:
                n_without += 1
                why = answered.detail or "the model found nothing to ask"
                missed[f"{answered.outcome}: {why}" if answered.outcome != "ok" else why] += 1
        stopped = next(iter(gathered.stopped.values()), None)
        if stopped is not None and stopped.outcome == "fatal":
            raise TeacherError(f"{stopped.detail}. Mend it and run again.")
        if stopped is not None:
            missed[stopped.detail] += 1
        if stopped is not None or n_without >= MOST_WITHOUT:
            return


def _opener(batch: "pa.RecordBatch") -> "Callable[[], list[pa.RecordBatch]]":
    return lambda: [batch]


def _sliced(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """The same rows, a few at a time."""
    for batch in batches:
        for first in range(0, len(batch), AT_ONCE):
            yield batch.slice(first, AT_ONCE)
