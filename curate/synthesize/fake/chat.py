"""Requests to the model: what they are refused for, which fault they meet, what they are answered.

A request passes, in this order: its form, the outage, the capacity, the limits, its fault. Only
what passes the limits counts as an attempt, so faults do not depend on the clock.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from curate.synthesize.fake import checks, faults
from curate.synthesize.fake.answers import answer, n_tokens
from curate.synthesize.fake.api import Api
from curate.synthesize.fake.counts import Counts
from curate.synthesize.fake.limits import Limits
from curate.synthesize.fake.replies import (
    Reply,
    as_json,
    ask_to_wait,
    completion,
    error,
    too_many,
)
from curate.synthesize.fake.settings import FakeSettings, Fault


def _completed(
    body: dict[str, Any], settings: FakeSettings, request: bytes, fault: Fault | None, now: int
) -> dict[str, Any]:
    said = faults.spoiled(fault, answer(body, settings, request), request)
    return completion(
        *said,
        id=f"chatcmpl-{request.hex()}",
        created=now,
        model=body["model"],
        usage=_usage(checks.prompt_tokens(body), n_tokens(said.content or said.refusal or "")),
    )


CHAT = Api(checks.wrong, checks.prompt_tokens, lambda body: body["messages"], _completed)


class Outcome(NamedTuple):
    """What comes of one attempt."""

    request: bytes
    """The request's digest."""
    fault: str | None
    """The fault that it met."""
    refusal: Reply | None
    """What is sent instead of an answer."""
    completion: dict[str, Any]
    """The answer's body; empty where there is a refusal."""


@dataclass(slots=True)
class Teacher:
    """The server's memory. Clocks are passed in."""

    settings: FakeSettings
    counts: Counts = field(default_factory=Counts)
    monotonic: Callable[[], float] = time.monotonic
    """Seconds, for limits and the outage."""
    now: Callable[[], float] = time.time
    """Seconds since 1970, for what is told to clients."""
    down: bool = False
    """Whether the outage is switched on."""
    attempts: dict[bytes, int] = field(default_factory=dict)
    """Request -> attempts at it so far."""
    answered: set[bytes] = field(default_factory=set)
    """Requests that were answered."""
    waits: dict[bytes, float] = field(default_factory=dict)
    """Request -> when it may come again, of those that were told to wait."""
    limits: Limits = field(init=False)
    started: float = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self.limits = Limits(settings.rpm, settings.tpm, settings.window)
        self.started = self.monotonic()

    async def asked(self, data: bytes, api: Api) -> Reply:
        """Answer a request, after as long as it takes."""
        self.counts.requests += 1
        body = checks.parsed(data)
        if isinstance(body, Reply):
            return self._refused(body, "bad_request")
        request = faults.digest(body, self.settings.seed)
        now = self.monotonic()
        if self.waits.pop(request, now) > now:
            self.counts.too_early += 1
        refusal = self._unfit(body, api) or self._overloaded(body, request, now, api)
        if refusal is None:
            refusal = await self._attempted(body, request, api)
        refusal.headers.update(self.limits.headers(self.monotonic()))
        return refusal

    def attempt(self, body: dict[str, Any], request: bytes, api: Api = CHAT) -> Outcome:
        """What comes of one more attempt at a request that was checked."""
        number = self.attempts.get(request, 0)
        self.attempts[request] = number + 1
        fault = faults.met(self.settings, request, number, api.turns(body))
        if fault:
            self.counts.faults[fault] += 1
        refusal = faults.failed(fault, self.settings)
        if refusal is not None:
            return Outcome(request, fault, refusal, {})
        told = api.answer(body, self.settings, request, fault, int(self.now()))
        return Outcome(request, fault, None, told)

    def count(self, outcome: Outcome) -> None:
        """Count an answer that was given."""
        usage = outcome.completion["usage"]
        self.counts.answered += 1
        self.counts.answered_again += outcome.request in self.answered
        self.answered.add(outcome.request)
        self.counts.prompt_tokens += usage["prompt_tokens"]
        self.counts.completion_tokens += usage.get("completion_tokens", 0)

    async def _attempted(self, body: dict[str, Any], request: bytes, api: Api) -> Reply:
        """The reply to a request that was let in; it stays in flight until the reply goes out."""
        self.counts.begin()
        try:
            outcome = self.attempt(body, request, api)
            slow = self.settings.slow_seconds if outcome.fault == "slow" else 0
            if self.settings.latency + slow > 0:
                await asyncio.sleep(self.settings.latency + slow)
        except BaseException:
            self.counts.in_flight -= 1
            raise
        reply = outcome.refusal
        if reply is None:
            written = outcome.completion["usage"].get("completion_tokens", 0)
            self.limits.wrote(self.monotonic(), written)
            reply = as_json(outcome.completion)
            reply.cut = outcome.fault == "cut"
        elif outcome.fault == "retry_after":
            self.waits[request] = self.monotonic() + self.settings.retry_after
        reply.done = lambda whole: self._done(outcome, whole)
        return reply

    def _done(self, outcome: Outcome, whole: bool) -> None:
        self.counts.in_flight -= 1
        if outcome.refusal is None:
            if whole:
                self.count(outcome)
            else:
                self.counts.abandoned += 1

    def _unfit(self, body: dict[str, Any], api: Api) -> Reply | None:
        """The refusal of a request that this server will never answer."""
        refusal = api.wrong(body, self.settings)
        if refusal is None:
            return None
        return self._refused(refusal, json.loads(refusal.body)["error"]["code"] or "bad_request")

    def _overloaded(
        self, body: dict[str, Any], request: bytes, now: float, api: Api
    ) -> Reply | None:
        """The refusal of a request that may come again later."""
        begin, end = self.settings.outage or (0, 0)
        if self.down or begin <= now - self.started < end:
            down = error(503, "The service is down.", "server_error", "service_unavailable")
            return self._refused(down, "outage")
        capacity = self.settings.capacity
        if capacity is not None and self.counts.in_flight >= capacity:
            message = f"{capacity} requests are in flight, and no more can be."
            return self._refused(too_many(message), "capacity")
        broken = self.limits.refuses(now, api.prompt_tokens(body))
        if broken is None:
            return None
        what, seconds = broken
        short = {"requests": "RPM", "tokens": "TPM"}[what]
        limit = self.limits.windows[what].limit
        reply = too_many(
            f"Rate limit reached for {body['model']} on {what} per min ({short}): Limit {limit}. "
            f"Please try again in {seconds:.3f}s.",
            what,
        )
        ask_to_wait(reply, seconds)
        self.waits[request] = now + seconds
        return self._refused(reply, short.lower())

    def _refused(self, reply: Reply, why: str) -> Reply:
        self.counts.refused[why] += 1
        return reply


def _usage(prompt: int, written: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
    }
