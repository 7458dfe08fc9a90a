"""Ask through a provider's batch API: files of requests, answered within a day, for less.

    requests without a reply -> a file -> a batch -> its output and error files -> the ledger

A batch is in the ledger from the moment it was sent, so an interrupted run reads it later and
sends nothing twice. Lines that failed in a way that may pass are sent once more, in the next round;
so are replies that have to be corrected.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.synthesize import completion
from curate.synthesize.calls import Call, Ledger
from curate.synthesize.completion import line
from curate.synthesize.requests import Request
from curate.synthesize.teachers.budget import Purse
from curate.synthesize.teachers.client import Answer, Client, Manner, failures
from curate.synthesize.teachers.engine import together
from curate.synthesize.teachers.gathered import Gathered
from curate.synthesize.teachers.hosts import Address
from curate.synthesize.teachers.pending import call_of, expected, pending
from curate.synthesize.teachers.problems import Problem, of_status
from schemas.teachers import OpenAI

MOST_LINES = 50_000
MOST_BYTES = 100 << 20
"""Of one file; OpenAI takes 50,000 lines and 200 MB."""
ROUNDS = 5
"""Batches that a request is in at most, its correction included."""
FIRST_POLL, LONGEST_POLL = 0.1, 60.0
"""Seconds between two looks at a batch, doubled each time."""
SAVED_AT_ONCE = 1_000
ENDED = {"completed", "failed", "expired", "cancelled"}
URL = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One teacher with where it is and what is still to be asked in batches."""

    teacher: OpenAI
    addresses: list[Address]
    where: str
    """Place in the recipe, for messages."""
    requests: Callable[[], Iterator[Request]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch under way."""

    id: str
    requests: dict[str, Request]


def gather(
    parcels: Sequence[Parcel],
    ledger: Path,
    purse: Purse,
    account: str,
    tell: Callable[[str], None],
    gathered: Gathered,
) -> None:
    """Get the replies of teachers with `batch: true`; as `engine.gather`, slower and cheaper."""

    async def work() -> None:
        with Ledger(ledger) as stored:
            offices = [Office(one, stored, purse, account, tell, gathered) for one in parcels]
            try:
                for office in offices:  # before anything is sent, every key is there
                    office.open()
                await together([office.work() for office in offices])
            finally:
                for office in offices:
                    await office.close()

    asyncio.run(work())


class Office:
    """Where the batches of one teacher go out and come back."""

    def __init__(
        self,
        parcel: Parcel,
        ledger: Ledger,
        purse: Purse,
        account: str,
        tell: Callable[[str], None],
        gathered: Gathered,
    ) -> None:
        self._parcel, self._ledger, self._purse = parcel, ledger, purse
        self._account, self._tell, self._gathered = account, tell, gathered
        self._label = parcel.teacher.label
        self._manner = Manner(parcel.teacher.structured)
        self._reserved: dict[str, tuple[float, float]] = {}
        self._asked_otherwise: dict[str, bool] = {}
        """Requests that the server took for malformed, and that are to be put in another way."""
        self._version = 0
        self._over_budget = False
        self._unsaved: list[Call] = []
        self._opened: Client | None = None

    def open(self) -> None:
        """Make the client, where there is anything to ask.

        Raises:
            RecipeError: a key is missing.
        """
        if next(pending(self._parcel.requests(), self._ledger), None) is not None:
            parcel = self._parcel
            self._opened = Client(parcel.teacher, parcel.addresses[0], parcel.where)

    async def close(self) -> None:
        """Close its connections."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _client(self) -> Client:
        if self._opened is None:
            raise RuntimeError("the office was not opened")
        return self._opened

    async def work(self) -> None:
        """Send, wait and read until every request has a reply or cannot get one."""
        if self._opened is None:
            return
        try:
            await self._read_earlier()
            for _ in range(ROUNDS):
                self._over_budget = False
                missing = pending(self._parcel.requests(), self._ledger)
                sent = await self._send_all(one for one in missing if self._may_be_sent(one))
                if not sent:
                    break
                for batch in sent:
                    await self._read(batch.id, batch.requests, list(batch.requests))
                if self._label in self._gathered.stopped:
                    break
            if self._over_budget:
                self._stop(Problem("over_budget", f"the budget is spent: {self._purse.said()}"))
        except Problem as problem:
            self._stop(problem)

    def _stop(self, problem: Problem) -> None:
        self._gathered.stopped.setdefault(self._label, problem)

    def _may_be_sent(self, request: Request) -> bool:
        """Whether a request without a reply is still worth sending."""
        problem = self._gathered.problems.get(request.key)
        return problem is None or problem.again or self._asked_otherwise.get(request.key, False)

    async def _read_earlier(self) -> None:
        """Read the batches that an earlier run sent."""
        earlier = self._ledger.open_batches(self._label)
        if not earlier:
            return
        wanted = {key for _, _, keys in earlier for key in keys}
        missing = pending(self._parcel.requests(), self._ledger)
        known = {one.key: one for one in missing if one.key in wanted}
        for id_, host, keys in earlier:
            if host == self._client.address.host and known.keys() & set(keys):
                await self._read(id_, known, keys)

    async def _send_all(self, requests: Iterator[Request]) -> list[Sent]:
        sent: list[Sent] = []
        self._version = self._manner.version
        while not self._over_budget:
            lines, chosen = self._fill(requests)
            if not chosen:
                break
            sent.append(await self._send(lines, chosen))
            self._tell(
                f"{len(sent)} batches sent, {sum(len(one.requests) for one in sent):,} calls"
            )
        return sent

    def _fill(self, requests: Iterator[Request]) -> tuple[bytes, dict[str, Request]]:
        """One file's lines, as many as it and the budget hold."""
        lines: list[bytes] = []
        chosen: dict[str, Request] = {}
        size = 0
        for request in requests:
            cost = expected(request, self._parcel.teacher)
            if not self._purse.affords(*cost):
                self._over_budget = True
                break
            self._purse.reserve(*cost)
            self._reserved[request.key] = cost
            body = self._manner.body(
                self._parcel.teacher.model,
                request.messages,
                self._parcel.teacher.sampling,
                request.task.schema,
                request.task.strict,
            )
            told = {"custom_id": request.key, "method": "POST", "url": URL, "body": body}
            lines.append(json.dumps(told, ensure_ascii=False).encode() + b"\n")
            chosen[request.key] = request
            size += len(lines[-1])
            if len(lines) >= MOST_LINES or size >= MOST_BYTES:
                break
        return b"".join(lines), chosen

    async def _send(self, lines: bytes, chosen: dict[str, Request]) -> Sent:
        """Upload a file and begin its batch; it is in the ledger before anything else happens."""
        api = self._client.openai
        with self._problems():
            file = await api.files.create(file=("requests.jsonl", lines), purpose="batch")
            batch = await api.batches.create(
                input_file_id=file.id, endpoint=URL, completion_window="24h"
            )
            if not isinstance(batch.id, str):
                raise ValueError("a batch without an id")
        host = self._client.address.host
        self._ledger.begin_batch(batch.id, self._label, host, self._account, list(chosen))
        return Sent(batch.id, chosen)

    async def _read(self, id_: str, requests: Mapping[str, Request], keys: Sequence[str]) -> None:
        """Wait for a batch, store its replies, note what failed.

        Args:
            id_: the provider's name for it.
            requests: by key; a line of another recipe's request is left.
            keys: all that is in the batch. It is read again later where some are of requests that
                are neither here nor answered: another recipe's.
        """
        batch = await self._wait(id_)
        seen: set[str] = set()
        for file in (batch.output_file_id, batch.error_file_id):
            if file:
                async for one in self._lines(file):
                    seen.add(self._take(one, requests))
                    if len(self._unsaved) >= SAVED_AT_ONCE:
                        self._save()
        self._save()
        lost = [key for key in keys if key in requests and key not in seen]
        if batch.status == "failed" and not seen:
            first = batch.errors.data[0] if batch.errors and batch.errors.data else None
            why = f"{self._label}: the batch {id_} failed ({first.message if first else '?'})"
            self._stop(Problem("fatal", line(why)))
            for key in lost:
                self._release(key)
        else:
            for key in lost:
                self._note(requests[key], None, f"the batch is {batch.status}")
        others = [key for key in keys if key not in requests]
        if len(self._ledger.get(others)) == len(others):
            self._ledger.end_batch(id_)

    async def _wait(self, id_: str) -> Any:  # noqa: ANN401  openai's Batch
        wait = FIRST_POLL
        while True:
            batch = await self._looked_at(lambda: self._batch(id_))
            if batch.status in ENDED:
                return batch
            counts = batch.request_counts
            done = f"{counts.completed} of {counts.total}" if counts else "nothing"
            self._tell(f"batch {id_} is {batch.status}: {done} done")
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_POLL)

    async def _batch(self, id_: str) -> Any:  # noqa: ANN401  openai's Batch
        batch = await self._client.openai.batches.retrieve(id_)
        if not isinstance(batch.status, str):
            raise ValueError("a batch without a status")
        return batch

    async def _looked_at(self, look: Callable[[], Any]) -> Any:  # noqa: ANN401  what the API gives
        """What the server says; asked again where that may help, since looking costs nothing."""
        wait = FIRST_POLL
        for left in range(self._parcel.teacher.retries, -1, -1):
            try:
                with self._problems():
                    return await look()
            except Problem as problem:
                if not problem.again or not left:
                    raise
                await asyncio.sleep(max(wait, problem.wait or 0.0))
                wait = min(2 * wait, LONGEST_POLL)
        raise RuntimeError("not reached")

    async def _lines(self, file: str) -> Any:  # noqa: ANN401  an async iterator of objects
        content = await self._looked_at(lambda: self._client.openai.files.content(file))
        for text in self._client.blank(content.text).split("\n"):
            with contextlib.suppress(ValueError, RecursionError):
                found = json.loads(text)
                if isinstance(found, dict):
                    yield found

    def _take(self, told: dict[str, Any], requests: Mapping[str, Request]) -> str:
        """One line of a batch's files: a reply to store, or a problem."""
        key = str(told.get("custom_id"))
        request = requests.get(key)
        if request is None:
            return key
        response = told.get("response")
        response = response if isinstance(response, dict) else {}
        status, body = response.get("status_code"), response.get("body")
        if status == 200 and isinstance(body, dict) and completion.has_message(body):
            answer = Answer(_stored(body), body, {}, 0.0)
            host = self._client.address.host
            self._unsaved.append(call_of(request, answer, host, self._account, batch=True))
        else:
            self._note(request, status, body or told.get("error"))
        return key

    def _save(self) -> None:
        """Store the replies that were read; what is lost before that can be read again."""
        self._ledger.add(self._unsaved)
        for call in self._unsaved:
            self._release(call.key)
            self._purse.pay(call.tokens, call.usd)
            self._gathered.paid(call)
            self._gathered.problems.pop(call.key, None)
        self._unsaved = []

    def _release(self, key: str) -> None:
        """What was reserved for a call of this run is free again."""
        cost = self._reserved.pop(key, None)
        if cost is not None:
            self._purse.reserve(*cost, sign=-1)

    def _note(self, request: Request, status: object, body: object) -> None:
        where = f"{self._label}, batch"
        if isinstance(status, int):
            problem = of_status(status, json.dumps(body), {}, where)
        else:
            detail = line(f"{where}: the line was not answered ({body})")
            problem = Problem("timeout", detail, again=True)
        self._release(request.key)
        self._gathered.attempts[problem.outcome] += 1
        self._gathered.problems[request.key] = problem
        if problem.adapt is not None:
            otherwise = self._manner.learn(problem.adapt, self._version)
            self._asked_otherwise[request.key] = otherwise
        if problem.outcome == "fatal":
            self._stop(problem)

    @contextlib.contextmanager
    def _problems(self) -> Iterator[None]:
        """Errors of the package as problems."""
        where = f"{self._label} at {self._client.address.host}"
        try:
            yield
        except failures() as error:
            raise self._client.problem(error, where) from None
        except (ValueError, AttributeError, TypeError) as error:
            detail = line(f"{where}: the answer is not of the batch API ({error})")
            raise Problem("server_error", self._client.blank(detail), again=True) from None


def _stored(body: dict[str, Any]) -> str:
    """A body as text that a file can hold: with escapes where a surrogate stands alone."""
    text = json.dumps(body, ensure_ascii=False)
    return text if completion.paired(text) == text else json.dumps(body)
