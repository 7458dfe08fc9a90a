"""From stored replies to examples: in the order of the requests, whoever answered first.

Reads the ledger and nothing else, so it costs nothing, and the same replies give the same rows.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.synthesize import completion, quotes
from curate.synthesize.calls import Call
from curate.synthesize.replies import CORRECTABLE, RETRYABLE, Read, read
from curate.synthesize.requests import CORRECTION, Request
from curate.synthesize.tasks.task import Draft, Material
from curate.synthesize.teachers.problems import Problem
from schemas.rows import Evidence, Example, Passage

AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Answered:
    """A request, how it went, and the examples that it gave."""

    request: Request
    outcome: str
    """One of `replies.OUTCOMES`."""
    detail: str = ""
    examples: list[Example] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    """The replies behind it; two where the first was corrected."""
    reply: Any = None
    """What the task read in the last of them, where the outcome is ok."""

    @property
    def retryable(self) -> bool:
        """Whether asking again may give a reply."""
        return self.outcome in RETRYABLE


def answers(
    requests: Iterator[Request],
    stored_of: Callable[[Sequence[Request]], Mapping[str, Call]],
    problems: Mapping[str, Problem],
    stopped: Mapping[str, Problem],
) -> Iterator[Answered]:
    """Every request with what came of it, in order.

    Args:
        requests: all of them.
        stored_of: gives the stored replies of some requests, by key.
        problems: key -> why it has no reply.
        stopped: teacher -> why it was asked no further.
    """
    while some := list(itertools.islice(requests, AT_ONCE)):
        stored = stored_of(some)
        first = {
            one.key: read(completion.of(stored[one.key].reply), one.task, one.material)
            for one in some
            if one.key in stored
        }
        again = {
            one.key: one.corrected(
                completion.text_of(completion.of(stored[one.key].reply)), first[one.key].detail
            )
            for one in some
            if one.key in first and first[one.key].outcome in CORRECTABLE
        }
        corrections = stored_of(list(again.values()))
        for request in some:
            if request.key not in stored:
                problem = problems.get(request.key) or stopped.get(request.teacher.label)
                yield _unanswered(request, problem, [])
            elif request.key not in again:
                yield _answered(request, first[request.key], [stored[request.key]])
            else:
                yield _corrected(
                    request, first[request.key], stored[request.key], again[request.key],
                    corrections, problems, stopped,
                )  # fmt: skip


def _corrected(
    request: Request,
    before: Read,
    call: Call,
    again: Request,
    corrections: Mapping[str, Call],
    problems: Mapping[str, Problem],
    stopped: Mapping[str, Problem],
) -> Answered:
    """What came of a request whose reply had to be corrected."""
    if again.key in corrections:
        second = corrections[again.key]
        found = read(completion.of(second.reply), request.task, request.material)
        return _answered(request, found if found.outcome == "ok" else before, [call, second])
    problem = problems.get(again.key) or stopped.get(request.teacher.label)
    if problem is not None and problem.outcome in RETRYABLE:
        return _unanswered(request, problem, [call])
    return _answered(request, before, [call])


def _unanswered(request: Request, problem: Problem | None, calls: list[Call]) -> Answered:
    if problem is None:
        detail = "no such answer was recorded; ask the model itself"
        return Answered(request, "not_recorded", detail, calls=calls)
    return Answered(request, problem.outcome, problem.detail, calls=calls)


def _answered(request: Request, found: Read, calls: list[Call]) -> Answered:
    if found.outcome != "ok":
        return Answered(request, found.outcome, completion.paired(found.detail), calls=calls)
    drafts = request.task.drafts(found.reply, request.material)
    ids = [call.key for call in calls]
    examples = {
        example.id: example for example in (_example(request, draft, ids) for draft in drafts)
    }
    return Answered(request, "ok", "", list(examples.values()), calls, found.reply)


def _example(request: Request, draft: Draft, call_ids: Sequence[str]) -> Example:
    passage, teacher = request.material.passage, request.teacher
    family = f"/{draft.family}" if draft.family else ""
    is_passage = bool(passage.id)
    return Example(
        part=passage.part,
        split=passage.split,
        messages=draft.messages,
        task=f"{request.task.name}{family}",
        domain=passage.domain,
        document_id=passage.document_id,
        passage_id=passage.id if is_passage else None,
        context=passage.text if is_passage else None,
        evidence=_evidence(draft, request.material),
        teacher=teacher.label,
        call_ids=list(call_ids),
        license=passage.license,
        source=passage.source,
        sample=request.sample % CORRECTION,
        teacher_license=teacher.output_license,
        trainable=teacher.trainable,
        also_from=[one.document_id for one in request.material.others],
    )


def _evidence(draft: Draft, material: Material) -> list[Evidence]:
    passage: Passage = material.passage
    if draft.whole:
        return quotes.whole(passage)
    return [row for quote in draft.quotes for row in quotes.evidence(quote, passage)]
