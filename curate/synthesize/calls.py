"""The ledger: every reply of a teacher, stored before anything is made of it.

    WORK/calls.sqlite, or the file that RETORT_LEDGER names to share one

A call is known by its teacher, model, messages, parameters and sample number. A stored reply is
read again for nothing; only a call that was in flight when the process died can be paid twice. The
file has no keys of APIs in it. On network file systems it has a rollback journal instead of WAL,
which does not work there.
"""

import contextlib
import datetime
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from schemas.errors import WorkError
from schemas.ids import identity

VARIABLE = "RETORT_LEDGER"
FILE = "calls.sqlite"
AT_ONCE = 400
"""Keys that are looked up in one query."""
NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs"),
    *("pvfs2", "panfs", "wekafs", "gfs2", "ocfs2", "virtiofs", "vboxsf", "prl_fs", "fuse"),
}
"""Kinds of file systems on which WAL's shared memory may not work; `fuse.…` of any kind too."""
WAIT_SECONDS = 60
MOUNTINFO = Path("/proc/self/mountinfo")
MOUNT_FIELDS = 6
_ESCAPED = re.compile(r"\\([0-7]{3})")
_CREATE = """
create table if not exists calls (
    key text primary key, teacher text not null, model text not null, task text not null,
    sample integer not null, account text not null, request text not null, reply text not null,
    prompt_characters integer not null, prompt_tokens integer not null,
    completion_tokens integer not null, cached_tokens integer not null, usd real not null,
    seconds real not null, host text not null, made text not null
);
create index if not exists calls_by_account on calls (account, usd);
create table if not exists batches (
    id text primary key, teacher text not null, host text not null, account text not null,
    keys text not null, status text not null, made text not null
);
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One reply and what it was a reply to."""

    key: str
    teacher: str
    model: str
    task: str
    sample: int
    account: str
    """Whose budget it was paid from: a recipe's name."""
    request: str
    """JSON object of `messages` and `parameters`."""
    reply: str
    """The body of the answer as the server gave it, JSON."""
    prompt_characters: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    usd: float
    """By the prices that the recipe had then; 0 where it had none."""
    seconds: float
    host: str
    made: str
    """ISO 8601, UTC."""

    @property
    def tokens(self) -> int:
        """Sent and written."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Spent:
    """What an account was charged."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0


def key_of(
    teacher: str,
    model: str,
    messages: Sequence[Mapping[str, str]],
    parameters: Mapping[str, Any],
    sample: int,
) -> str:
    """The key of a call. How JSON is asked for is not in it: it changes no stored reply."""
    told = [teacher, model, list(messages), dict(parameters), sample]
    return identity(json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def path_in(work: Path) -> Path:
    """Where the ledger of a work folder lies."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else work / FILE


class Ledger:
    """An open ledger; `with` closes it. One thread at a time.

    Args:
        path: its file, made where it is not there; None for an empty one that is kept nowhere.
        mountinfo: lines of /proc/self/mountinfo; the system's own by default.
    """

    def __init__(self, path: Path | None, mountinfo: Iterable[str] | None = None) -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(
                path or ":memory:", timeout=WAIT_SECONDS, isolation_level=None
            )
        except sqlite3.Error as error:
            raise _broken(path, error) from error
        try:
            mode = "wal" if path is not None and not is_on_network(path, mountinfo) else "delete"
            self._database.execute(f"pragma journal_mode = {mode}")
            self._database.execute("pragma synchronous = full")
            self._database.executescript(_CREATE)
        except sqlite3.Error as error:
            self._database.close()
            raise _broken(path, error) from error

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def get(self, keys: Sequence[str]) -> dict[str, Call]:
        """The stored calls among these, by key."""
        found: dict[str, Call] = {}
        for first in range(0, len(keys), AT_ONCE):
            some = list(keys[first : first + AT_ONCE])
            marks = ",".join("?" * len(some))
            for call in self._calls(f"where key in ({marks})", some):
                found[call.key] = call
        return found

    def has(self, keys: Sequence[str]) -> set[str]:
        """Those of these keys whose calls are stored."""
        found: set[str] = set()
        for first in range(0, len(keys), AT_ONCE):
            some = list(keys[first : first + AT_ONCE])
            marks = ",".join("?" * len(some))
            rows = self._rows(f"select key from calls where key in ({marks})", some)
            found.update(key for (key,) in rows)
        return found

    def add(self, calls: Iterable[Call]) -> None:
        """Store replies, all or none; one that is there already stays as it is.

        Raises:
            WorkError: the file cannot be written, or the disk is full.
        """
        names = [field.name for field in fields(Call)]
        marks = ", ".join(f":{name}" for name in names)
        statement = (
            f"insert into calls ({', '.join(names)}) values ({marks}) on conflict (key) do nothing"
        )
        try:
            self._database.execute("begin immediate")
            self._database.executemany(statement, [asdict(call) for call in calls])
            self._database.execute("commit")
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise _broken(self.path, error) from error
        finally:
            if self._database.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                    self._database.execute("rollback")

    def spent(self, account: str) -> Spent:
        """What was paid from an account, ever."""
        ((calls, tokens, usd),) = self._rows(
            "select count(*), coalesce(sum(prompt_tokens + completion_tokens), 0), "
            "coalesce(sum(usd), 0) from calls where account = ?",
            [account],
        )
        return Spent(calls, tokens, usd)

    def habits(self, teacher: str, task: str) -> tuple[int, float, float]:
        """(calls, characters per prompt token, tokens of a reply) so far; zeros where none."""
        ((calls, characters, prompt, completion),) = self._rows(
            "select count(*), coalesce(sum(prompt_characters), 0), "
            "coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0) "
            "from calls where teacher = ? and task = ?",
            [teacher, task],
        )
        if not calls:
            return 0, 0.0, 0.0
        return calls, characters / max(prompt, 1), completion / calls

    def totals(self) -> list[dict[str, Any]]:
        """Calls, tokens, dollars and seconds by account, teacher, model and task."""
        columns = ("account", "teacher", "model", "task", "calls", "prompt_tokens")
        more = ("completion_tokens", "usd", "mean_seconds", "first", "last")
        rows = self._rows(
            "select account, teacher, model, task, count(*), sum(prompt_tokens), "
            "sum(completion_tokens), sum(usd), avg(seconds), min(made), max(made) "
            "from calls group by account, teacher, model, task order by 1, 2, 3, 4",
            [],
        )
        return [dict(zip((*columns, *more), row, strict=True)) for row in rows]

    def every(self, where: Mapping[str, str], limit: int | None = None) -> Iterator[Call]:
        """Stored calls, the latest first; `where` bounds teacher, model, task, account or key."""
        named = [(name, value) for name, value in where.items() if value]
        tests = [
            "key >= ? and key < ? || 'g'" if name == "key" else f"{name} = ?" for name, _ in named
        ]
        condition = " and ".join(tests) or "1"
        bound = "" if limit is None else f" limit {int(limit)}"
        values = [one for name, value in named for one in [value] * (2 if name == "key" else 1)]
        return self._calls(f"where {condition} order by made desc, key{bound}", values)

    def open_batches(self, teacher: str) -> list[tuple[str, str, list[str]]]:
        """(id, host, keys) of batches that were sent and not yet read."""
        rows = self._rows(
            "select id, host, keys from batches where teacher = ? and status = 'open' "
            "order by made, id",
            [teacher],
        )
        return [(id_, host, json.loads(keys)) for id_, host, keys in rows]

    def begin_batch(
        self, id_: str, teacher: str, host: str, account: str, keys: Sequence[str]
    ) -> None:
        """Remember a batch that was sent."""
        values = [id_, teacher, host, account, json.dumps(list(keys)), "open", now()]
        self._rows("insert or replace into batches values (?, ?, ?, ?, ?, ?, ?)", values)

    def end_batch(self, id_: str) -> None:
        """Remember that everything in a batch was read."""
        self._rows("update batches set status = 'read' where id = ?", [id_])

    def _calls(self, clause: str, values: Sequence[Any]) -> Iterator[Call]:
        names = ", ".join(field.name for field in fields(Call))
        try:
            for row in self._database.execute(f"select {names} from calls {clause}", list(values)):
                yield Call(*row)
        except sqlite3.Error as error:
            raise _broken(self.path, error) from error

    def _rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        try:
            return self._database.execute(statement, list(values)).fetchall()
        except sqlite3.Error as error:
            raise _broken(self.path, error) from error


def _broken(path: Path | None, error: Exception) -> WorkError:
    return WorkError(
        f"{path}: the ledger of teacher calls cannot be used ({error}). What it holds is paid for: "
        f"keep it, mend the disk or the rights, and run again."
    )


def now() -> str:
    """The time in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def is_on_network(path: Path, mountinfo: Iterable[str] | None = None) -> bool:
    """Whether a file's folder is on a network file system, as far as the system says (Linux)."""
    if mountinfo is None:
        try:
            mountinfo = MOUNTINFO.read_text("utf-8", "surrogateescape").splitlines()
        except OSError:
            return False
    return kind_of(path.resolve().parent, mountinfo).partition(".")[0] in NETWORK


def kind_of(folder: Path, mountinfo: Iterable[str]) -> str:
    """The kind of file system that a folder is on; empty where nothing says.

    Args:
        folder: without symbolic links.
        mountinfo: lines of /proc/self/mountinfo; of several for one place, the last counts.
    """
    longest, found = -1, ""
    for line in mountinfo:
        before, _, behind = line.partition(" - ")
        parts = before.split(" ")
        if len(parts) < MOUNT_FIELDS or not behind:
            continue
        place = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 8)), parts[4])
        if folder.is_relative_to(place) and len(place) >= longest:
            longest, found = len(place), behind.split(" ")[0]
    return found
