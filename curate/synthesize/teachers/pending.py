"""What is still to be asked: requests without a stored reply, and corrections of bad ones."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from curate.synthesize import completion
from curate.synthesize.calls import Call, Ledger, now
from curate.synthesize.replies import CORRECTABLE, read
from curate.synthesize.requests import CORRECTION, Request
from curate.synthesize.teachers.budget import CHARACTERS_PER_TOKEN, usage_of, usd
from curate.synthesize.teachers.client import Answer
from schemas.teachers import OpenAI

LOOK_AHEAD = 32
"""Requests that are looked up in the ledger at once."""


def pending(
    requests: Iterator[Request], ledger: Ledger, reused: Callable[[], None] = lambda: None
) -> Iterator[Request]:
    """Requests without a reply, in order, each key once; looked up as they are taken.

    Args:
        requests: all of a teacher's.
        ledger: the stored replies.
        reused: told of each request that needs nothing.
    """
    seen: set[str] = set()
    while some := list(itertools.islice(requests, LOOK_AHEAD)):
        stored = ledger.get([one.key for one in some])
        corrections: list[Request] = []
        for request in some:
            if request.key in seen:
                reused()
                continue
            seen.add(request.key)
            if request.key not in stored:
                yield request
                continue
            again = correction_of(request, completion.of(stored[request.key].reply))
            if again is None:
                reused()
            else:
                corrections.append(again)
        known = ledger.get([one.key for one in corrections])
        for request in corrections:
            if request.key in known:
                reused()
            else:
                yield request


def correction_of(request: Request, said: dict[str, Any]) -> Request | None:
    """The request that asks to correct a reply, where it needs that and was not one itself."""
    if request.sample >= CORRECTION:
        return None
    found = read(said, request.task, request.material)
    if found.outcome not in CORRECTABLE:
        return None
    return request.corrected(completion.text_of(said), found.detail)


def expected(
    request: Request, teacher: OpenAI, written: float | None = None
) -> tuple[float, float]:
    """Tokens and dollars that a call is expected to take.

    Args:
        request: the call.
        teacher: who is asked.
        written: tokens of its replies to this task so far, on average; the task's guess by default.
    """
    prompt = request.n_characters / CHARACTERS_PER_TOKEN
    written = float(request.task.n_expected_tokens) if written is None else written
    prices = teacher.prices
    if prices is None:
        return prompt + written, 0.0
    share = prices.batch_share if teacher.batch else 1.0
    dollars = (prompt * prices.input + written * prices.output) / 1e6 * share
    return prompt + written, dollars


def call_of(request: Request, answer: Answer, host: str, account: str, batch: bool = False) -> Call:
    """A reply as the ledger keeps it."""
    n_answered = len(completion.text_of(answer.completion))
    usage = usage_of(answer.completion, request.n_characters, n_answered)
    return Call(
        key=request.key,
        teacher=request.teacher.label,
        model=request.teacher.model,
        task=request.task.name,
        sample=request.sample,
        account=account,
        request=request.as_json(),
        reply=answer.body,
        prompt_characters=request.n_characters,
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        cached_tokens=usage.cached,
        usd=usd(getattr(request.teacher, "prices", None), usage, batch),
        seconds=round(answer.seconds, 4),
        host=host,
        made=now(),
    )
