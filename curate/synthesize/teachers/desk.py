"""One teacher's desk: lets requests out while servers, rates and budget allow; takes replies in.

What is sent is an `Errand`. Its answer is stored before anything is made of it. A reply that is no
good JSON is asked once to be corrected; what may succeed when tried again is tried again, after a
while; what is rejected or cannot be afforded is tried in halves, where it has some.
"""

import asyncio
import contextlib
import heapq
import itertools
import random
import time
from collections import deque
from dataclasses import dataclass

from curate.synthesize.calls import Ledger
from curate.synthesize.teachers.budget import Purse
from curate.synthesize.teachers.client import Answer, Client, Manner
from curate.synthesize.teachers.errand import Errand
from curate.synthesize.teachers.gathered import Gathered, Post
from curate.synthesize.teachers.limits import Patience, Rate, Window
from curate.synthesize.teachers.problems import Problem
from curate.synthesize.teachers.progress import Progress
from curate.synthesize.teachers.recorder import Recorder

REFUSALS = 5
"""How many times as often a request may be refused by rate as it may fail."""
OTHERS_SECONDS = 0.05
"""Between two looks at a budget that calls in flight, perhaps another teacher's, have reserved."""
MOST_REJECTED = 8
"""Requests rejected in a row, with no reply before, after which the teacher is given up."""


@dataclass(slots=True)
class Waiting:
    """What is to go out, with what happened to it so far."""

    errand: Errand
    failures: int = 0
    refusals: int = 0
    cost: tuple[float, float] = (0.0, 0.0)
    """Tokens and dollars that it is expected to take."""


class Desk:
    """Where the requests of one teacher go out and its replies come in."""

    def __init__(
        self,
        post: Post,
        ledger: Ledger,
        recorder: Recorder,
        purse: Purse,
        account: str,
        gathered: Gathered,
        progress: Progress,
        patience: Patience,
    ) -> None:
        self.teacher = post.teacher
        self._recorder, self._purse = recorder, purse
        self._account, self._gathered, self._progress = account, gathered, progress
        self._manner, self._patience = Manner(post.teacher.structured), patience
        clock = time.monotonic
        most = -(-post.teacher.concurrency // len(post.addresses))
        self._post = post
        self._clients: list[Client] = []
        self._windows = [Window(most, clock, patience) for _ in post.addresses]
        self._rpm = Rate(post.teacher.rpm, clock) if post.teacher.rpm else None
        self._tpm = Rate(post.teacher.tpm, clock) if post.teacher.tpm else None
        self._new = post.errands(ledger, progress.reused)
        self._ready: deque[Waiting] = deque()
        self._later: list[tuple[float, int, Waiting]] = []
        self._number = itertools.count()
        self._jitter = random.Random(0)
        self._turn = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._rejected = 0
        self._replied = False
        self._broken: BaseException | None = None

    async def close(self) -> None:
        """End what is under way, close connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.close()

    def open(self) -> None:
        """Make the clients, where there is anything to ask.

        Raises:
            RecipeError: a key is missing.
        """
        first = next(self._new, None)
        if first is not None:
            self._ready.append(Waiting(first))
            for address in self._post.addresses:
                self._clients.append(Client(self.teacher, address, self._post.where))

    async def work(self) -> None:
        """Ask until nothing is left that may be asked."""
        while True:
            self._turn.clear()
            wait = self._let_out()
            if self._broken is not None:
                raise self._broken
            if not self._tasks and wait is None:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._turn.wait(), wait)
            self._progress.show()

    def _let_out(self) -> float | None:
        """Send what may be sent now; seconds until more may be, None where only replies tell."""
        while self._broken is None:
            waiting = self._next()
            if waiting is None:
                return self._until_later()
            stop = self._gathered.stopped.get(self.teacher.label)
            if stop is not None:
                self._give_up()
                return None
            wait = self._hindrance(waiting)
            if wait is not None:
                self._ready.appendleft(waiting)
                if wait < 0:
                    if self._halve(self._ready.popleft()):
                        continue
                    self._stop(Problem("over_budget", f"the budget is spent: {self._purse.said()}"))
                    continue
                return wait or None
            self._send(waiting)
        return None

    def _next(self) -> Waiting | None:
        """The request that comes next: one tried before whose time has come, or a new one."""
        if self._later and self._later[0][0] <= time.monotonic():
            return heapq.heappop(self._later)[2]
        if self._ready:
            return self._ready.popleft()
        if self.teacher.label in self._gathered.stopped:
            return None
        new = next(self._new, None)
        return None if new is None else Waiting(new)

    def _until_later(self) -> float | None:
        return max(0.001, self._later[0][0] - time.monotonic()) if self._later else None

    def _hindrance(self, waiting: Waiting) -> float | None:
        """Why it cannot go out: seconds to wait, 0 until a reply comes, -1 for no more money."""
        free = sum(window.free for window in self._windows)
        if free == 0:
            now_ = time.monotonic()
            closed = [one.until - now_ for one in self._windows if one.until > now_]
            return max(0.001, min(closed)) if closed else 0.0
        errand = waiting.errand
        waiting.cost = errand.expected(self._progress.mean_completion(errand.task))
        if not self._purse.affords(*waiting.cost, len(errand.keys)):
            return OTHERS_SECONDS if self._progress.in_flight else -1.0
        waits = [
            rate.wait(units)
            for rate, units in ((self._rpm, 1.0), (self._tpm, waiting.cost[0]))
            if rate is not None
        ]
        return max(waits, default=0.0) or None

    def _send(self, waiting: Waiting) -> None:
        place = max(range(len(self._windows)), key=lambda one: self._windows[one].free)
        self._windows[place].in_flight += 1
        self._purse.reserve(*waiting.cost, len(waiting.errand.keys))
        if self._rpm is not None:
            self._rpm.take(1)
        if self._tpm is not None:
            self._tpm.take(waiting.cost[0])
        self._progress.in_flight += 1
        task = asyncio.create_task(self._call(waiting, place))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._broken = task.exception()
        self._turn.set()

    async def _call(self, waiting: Waiting, place: int) -> None:
        """One attempt, and what follows from it."""
        errand, window = waiting.errand, self._windows[place]
        sent, version = time.monotonic(), self._manner.version
        body = errand.body(self._manner)
        answer: Answer | None = None
        problem = None
        try:
            async with asyncio.timeout(self.teacher.timeout):
                answer = await self._clients[place].ask(body, errand.form)
        except TimeoutError:
            detail = f"{self.teacher.label}: no answer in {self.teacher.timeout:g} s"
            problem = Problem("timeout", detail, again=True)
        except Problem as found:
            problem = found
        finally:
            window.in_flight -= 1
            self._purse.reserve(*waiting.cost, len(errand.keys), sign=-1)
            self._progress.in_flight -= 1
            self._turn.set()
        if answer is not None:
            window.replied(answer.seconds, answer.headers)
            await self._replied_with(waiting, answer, place)
        elif problem is not None:
            self._failed(waiting, window, problem, sent, version)

    async def _replied_with(self, waiting: Waiting, answer: Answer, place: int) -> None:
        """Store a reply, then look whether it has to be corrected."""
        host = self._clients[place].address.host
        calls = waiting.errand.calls(answer, host, self._account)
        for call in calls:
            self._purse.pay(call.tokens, call.usd)
            self._progress.wrote(call)
        if self._tpm is not None:
            self._tpm.take(sum(call.tokens for call in calls) - waiting.cost[0])
        self._rejected, self._replied = 0, True  # at once: rejections come in while it is stored
        await self._recorder.add(calls)
        for call in calls:
            self._gathered.paid(call)
            self._progress.replied(call)
        correction = waiting.errand.correction(answer)
        if correction is not None:
            self._ready.append(Waiting(correction))
        else:
            self._progress.done += len(calls)

    def _failed(
        self, waiting: Waiting, window: Window, problem: Problem, sent: float, version: int
    ) -> None:
        """Try again later, otherwise, or never.

        Args:
            waiting: what was sent.
            window: of the server that was asked.
            problem: what came of it.
            sent: when it went out.
            version: of the manner in which it was asked.
        """
        self._gathered.attempts[problem.outcome] += 1
        if problem.outcome == "rate_limited":
            window.refused(problem.wait, sent)
            waiting.refusals += 1
        elif problem.again:
            window.failed(sent)
            waiting.failures += 1
        if problem.outcome == "fatal":
            self._stop(problem)
        if problem.adapt is not None and self._manner.learn(problem.adapt, version):
            self._ready.appendleft(waiting)
            return
        retries = self.teacher.retries
        may = waiting.failures <= retries and waiting.refusals <= REFUSALS * (retries + 1)
        if problem.again and may and self._is_up():
            n = waiting.failures + waiting.refusals
            doubled = self._patience.first_wait * 2.0 ** min(n - 1, 30)
            wait = min(doubled, self._patience.longest_wait) * self._jitter.uniform(0.5, 1)
            due = time.monotonic() + max(wait, problem.wait or 0.0)
            heapq.heappush(self._later, (due, next(self._number), waiting))
            return
        if problem.outcome == "rejected" and self._halve(waiting):
            return
        self._lose(waiting.errand, problem)
        if problem.again and not self._is_up():
            self._stop(problem)
        if problem.outcome == "rejected":
            self._rejected += 1
            if self._rejected >= MOST_REJECTED and not self._replied:
                self._stop(Problem("fatal", f"{problem.detail} (and no request was taken)"))

    def _is_up(self) -> bool:
        """Whether any server of the teacher may still come back."""
        return not all(window.is_given_up for window in self._windows)

    def _stop(self, problem: Problem) -> None:
        """Ask this teacher nothing more."""
        self._gathered.stopped.setdefault(self.teacher.label, problem)

    def _give_up(self) -> None:
        """Forget what waits; it has the teacher's problem."""
        self._ready.clear()
        self._later.clear()

    def _halve(self, waiting: Waiting) -> bool:
        """Send it in halves, next of all; whether it has some."""
        halves = waiting.errand.halves()
        if halves is not None:
            self._ready.extendleft(Waiting(half) for half in reversed(halves))
        return halves is not None

    def _lose(self, errand: Errand, problem: Problem) -> None:
        for key in errand.keys:
            self._gathered.problems[key] = problem
        self._progress.failed[problem.outcome] += len(errand.keys)
        self._progress.done += len(errand.keys)
