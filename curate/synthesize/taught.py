"""Examples from teachers that are models: ask, store, read.

Reads passages and ready-made problems, writes the ledger; gives what came of every request, in an
order that depends on no clock.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from curate.synthesize.answers import Answered, answers
from curate.synthesize.calls import Call, Ledger
from curate.synthesize.requests import Request, Requests
from curate.synthesize.teachers import batches, engine
from curate.synthesize.teachers.budget import Purse
from curate.synthesize.teachers.chat import questions
from curate.synthesize.teachers.gathered import Gathered, Post
from curate.synthesize.teachers.hosts import addresses
from curate.synthesize.teachers.limits import Patience
from schemas.errors import TableError
from schemas.teachers import Budget, OpenAI, Replay

RECORDED_AT_ONCE = 1_000
_CALL = TypeAdapter(Call)


@dataclass(frozen=True, slots=True)
class School:
    """Everything that asking needs besides what is asked."""

    teachers: Sequence[OpenAI | Replay]
    budget: Budget | None
    hosts: Mapping[str, str | None]
    """Hosts that the user allows, and whose key may go there."""
    ledger: Path
    account: str
    """Whose budget it is: the recipe's name."""
    recorded: Mapping[str, Path] = field(default_factory=dict)
    """Replayed teacher -> file of its calls, where it names one."""
    where: str = "synthesize.teachers.{place}"
    """Where a teacher stands in the recipe, for messages; `{place}` is its number."""
    patience: Patience = field(default_factory=Patience)
    """How long a server that is down is borne with."""


def gather(source: Requests, school: School, tell: Callable[[str], None]) -> Gathered:
    """Get the replies that are not in the ledger yet; nothing is sent to replayed teachers.

    Raises:
        WorkError: the ledger cannot be written.
        RecipeError: a key is missing.
    """
    parcels = [
        batches.Parcel(one, addresses(one, school.hosts, where), where, _of(source, one.label))
        for place, one in enumerate(school.teachers)
        if isinstance(one, OpenAI) and (where := school.where.format(place=place))
    ]
    if not parcels:
        return Gathered()
    purse = purse_of(school)
    in_batches = [one for one in parcels if one.teacher.batch]
    at_once = [
        Post(one.teacher, one.addresses, one.where, questions(one.requests, one.teacher))
        for one in parcels
        if not one.teacher.batch
    ]
    gathered = Gathered()
    if at_once:
        asked = {post.teacher.label for post in at_once}
        n_requests = sum(one.teacher.label in asked for one in source.requests())
        engine.gather(
            at_once,
            school.ledger,
            purse,
            school.account,
            tell,
            gathered,
            n_requests,
            school.patience,
        )
    if in_batches:
        batches.gather(in_batches, school.ledger, purse, school.account, tell, gathered)
    return gathered


def purse_of(school: School) -> Purse:
    """What may still be paid."""
    with Ledger(school.ledger) as ledger:
        return Purse(school.budget, ledger.spent(school.account))


def _of(source: Requests, teacher: str) -> Callable[[], Iterator[Request]]:
    return lambda: source.requests(teacher)


def read(source: Requests, school: School, gathered: Gathered) -> Iterator[Answered]:
    """What came of every request, in their order."""
    with stored(school) as calls_of:

        def found(requests: Sequence[Request]) -> dict[str, Call]:
            return calls_of([(one.teacher.label, one.key) for one in requests])

        yield from answers(source.requests(), found, gathered.problems, gathered.stopped)


@contextlib.contextmanager
def stored(school: School) -> Iterator[Callable[[Sequence[tuple[str, str]]], dict[str, Call]]]:
    """A function from (teacher, key) pairs to the stored calls among them, by key."""
    with contextlib.ExitStack() as opened:
        main = opened.enter_context(Ledger(school.ledger))
        own = {
            teacher: opened.enter_context(_recorded_ledger(path))
            for teacher, path in school.recorded.items()
        }

        def calls_of(asked: Sequence[tuple[str, str]]) -> dict[str, Call]:
            found: dict[str, Call] = {}
            for ledger in (main, *own.values()):
                found |= ledger.get([key for one, key in asked if own.get(one, main) is ledger])
            return found

        yield calls_of


@contextlib.contextmanager
def _recorded_ledger(path: Path) -> Iterator[Ledger]:
    """A file of calls as a ledger of its own: what a recipe brings never enters the user's."""
    with (
        tempfile.TemporaryDirectory(prefix="retort-") as folder,
        Ledger(Path(folder) / "calls.sqlite") as ledger,
    ):
        some: list[Call] = []
        for call in recorded(path):
            some.append(call)
            if len(some) == RECORDED_AT_ONCE:
                ledger.add(some)
                some = []
        ledger.add(some)
        yield ledger


def recorded(path: Path) -> Iterator[Call]:
    """Calls of a file that `retort calls --export` wrote.

    Raises:
        TableError: it cannot be read, or a line is no call.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _call(line, f"{path}:{number}")
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}). Correct its name.") from error


def _call(line: bytes, where: str) -> Call:
    try:
        return _CALL.validate_json(line, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        raise TableError(
            f"{where}: not a call as `retort calls --export` writes it ({place}: {first['msg']}). "
            f"Export it again."
        ) from error
