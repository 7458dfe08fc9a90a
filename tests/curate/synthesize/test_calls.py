"""What a teacher said is stored once, whatever happens to the process, and found by its key."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.synthesize.calls import (
    FILE,
    VARIABLE,
    Call,
    Ledger,
    Spent,
    is_on_network,
    key_of,
    kind_of,
    path_in,
)
from schemas.errors import WorkError
from schemas.teachers import OpenAI, Prices
from tests.curate.synthesize.teachers.asking import a_source, a_teacher

MESSAGES = [{"role": "user", "content": "Why?"}]


def call(number: int = 0, **changed: Any) -> Call:  # noqa: ANN401
    given: dict[str, Any] = {
        "key": f"{number:032x}", "teacher": "t", "model": "m", "task": "qa", "sample": 0,
        "account": "mine", "request": '{"messages": []}', "reply": '{"choices": []}',
        "prompt_characters": 400, "prompt_tokens": 100, "completion_tokens": 50,
        "cached_tokens": 10, "usd": 0.5, "seconds": 1.25, "host": "h:1",
        "made": f"2026-01-01T00:00:{number % 60:02}.000+00:00",
    }  # fmt: skip
    return Call(**{**given, **changed})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / FILE) as opened:
        yield opened


def key(**changed: Any) -> str:  # noqa: ANN401
    given: dict[str, Any] = {
        "teacher": "t", "model": "m", "messages": MESSAGES,
        "parameters": {"temperature": 0, "max_tokens": 9}, "sample": 0,
    }  # fmt: skip
    return key_of(**{**given, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"teacher": "other"},
        {"model": "other"},
        {"messages": [{"role": "user", "content": "Why? "}]},
        {"messages": [{"role": "system", "content": "Why?"}]},
        {"messages": [*MESSAGES, *MESSAGES]},
        {"parameters": {"temperature": 1, "max_tokens": 9}},
        {"parameters": {"max_tokens": 9}},
        {"sample": 1},
        {"teacher": "tm", "model": ""},
    ],
)
def test_whatever_decides_a_reply_changes_its_key(changed: dict[str, Any]) -> None:
    assert key(**changed) != key()


def test_the_order_of_parameters_changes_no_key() -> None:
    assert key(parameters={"max_tokens": 9, "temperature": 0}) == key()


def keys_of(**settings: Any) -> list[str]:  # noqa: ANN401
    teacher = a_teacher("http://127.0.0.1:1/v1", **settings)
    return [request.key for request in a_source(2, teacher).requests()]


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "http://127.0.0.1:2/v1"},
        {"structured": "text"},
        {"prices": {"input": 1, "output": 2}},
        {"rpm": 10, "tpm": 1_000, "concurrency": 3, "timeout": 5, "retries": 2},
        {"key": "LAB_KEY"},
        {"batch": True},
        {"weight": 4},
        {"tasks": ["grounded-qa"]},
        {"output_license": "MIT", "trainable": False},
    ],
)
def test_how_a_teacher_is_reached_and_what_it_costs_changes_no_key(
    settings: dict[str, Any],
) -> None:
    told = {"kind": "openai", "model": "m", "base_url": "http://127.0.0.1:1/v1", **settings}
    other = OpenAI.model_validate(told)

    assert [request.key for request in a_source(2, other).requests()] == keys_of()


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "n"},
        {"name": "n"},
        {"temperature": 0.0},
        {"top_p": 0.5},
        {"max_tokens": 100},
        {"parameters": {"reasoning_effort": "low"}},
    ],
)
def test_how_a_teacher_answers_changes_every_key(settings: dict[str, Any]) -> None:
    assert not set(keys_of(**settings)) & set(keys_of())


def test_a_call_is_read_back_as_it_was_stored(ledger: Ledger) -> None:
    stored = call(1, reply='{"x": "Ü\\u0000\\ud83d\U0001f600"}', request="\x00 \u2028 '\"")
    ledger.add([stored, call(2)])

    assert ledger.get([stored.key, "unknown"]) == {stored.key: stored}


@given(
    st.lists(
        st.builds(
            call,
            st.integers(0, 9),
            reply=st.text(st.characters(exclude_categories=["Cs"])),
            usd=st.floats(0, 1e6),
            prompt_tokens=st.integers(0, 10**12),
        ),
        max_size=30,
    )
)
def test_the_first_reply_to_a_call_stays(calls: list[Call]) -> None:
    with Ledger(None) as kept:
        for one in calls:
            kept.add([one])
        first = {one.key: one for one in reversed(calls)}

        assert kept.get([f"{number:032x}" for number in range(10)]) == first


def test_many_keys_are_looked_up_at_once(ledger: Ledger) -> None:
    ledger.add(call(number) for number in range(2_500))

    assert len(ledger.get([f"{number:032x}" for number in range(3_000)])) == 2_500


def test_an_empty_ledger_has_spent_nothing(ledger: Ledger) -> None:
    assert ledger.spent("mine") == Spent(0, 0, 0.0)
    assert ledger.totals() == []
    assert list(ledger.every({})) == []
    assert ledger.habits("t", "qa") == (0, 0.0, 0.0)


def test_every_account_pays_for_its_own_calls(ledger: Ledger) -> None:
    ledger.add([call(1), call(2), call(3, account="yours", usd=7)])

    assert ledger.spent("mine") == Spent(calls=2, tokens=300, usd=1.0)
    assert ledger.spent("yours") == Spent(calls=1, tokens=150, usd=7)
    assert ledger.spent("nobody") == Spent()


def test_totals_are_by_account_teacher_model_and_task(ledger: Ledger) -> None:
    ledger.add([call(1), call(2, seconds=2.75), call(3, task="raft"), call(4, account="a")])
    first, second, third = ledger.totals()

    assert [(row["account"], row["task"], row["calls"]) for row in (first, second, third)] == [
        ("a", "qa", 1), ("mine", "qa", 2), ("mine", "raft", 1),
    ]  # fmt: skip
    assert second == {
        "account": "mine", "teacher": "t", "model": "m", "task": "qa", "calls": 2,
        "prompt_tokens": 200, "completion_tokens": 100, "usd": 1.0, "mean_seconds": 2.0,
        "first": call(1).made, "last": call(2).made,
    }  # fmt: skip


def test_habits_are_those_of_a_teacher_at_a_task(ledger: Ledger) -> None:
    ledger.add([call(1), call(2, prompt_tokens=300, completion_tokens=150), call(3, task="raft")])

    assert ledger.habits("t", "qa") == (2, 2.0, 100.0)


def test_calls_are_listed_from_the_latest(ledger: Ledger) -> None:
    ledger.add([call(1), call(3), call(2)])

    assert [one.key for one in ledger.every({})] == [call(n).key for n in (3, 2, 1)]
    assert [one.key for one in ledger.every({}, limit=1)] == [call(3).key]


def test_what_is_listed_can_be_bounded(ledger: Ledger) -> None:
    ledger.add([call(1), call(2, teacher="u"), call(3, teacher="u", task="raft")])

    assert [one.key for one in ledger.every({"teacher": "u", "task": "", "account": "mine"})] == [
        call(3).key,
        call(2).key,
    ]
    assert list(ledger.every({"teacher": "u", "task": "qa'; drop table calls; --"})) == []


def test_a_call_is_found_by_the_beginning_of_its_key(ledger: Ledger) -> None:
    ledger.add([call(1, key="ab" + "0" * 30), call(2, key="ab" + "f" * 30), call(3, key="ac" * 16)])

    assert {one.key[:3] for one in ledger.every({"key": "ab"})} == {"ab0", "abf"}
    assert [one.key for one in ledger.every({"key": "ac" * 16})] == ["ac" * 16]
    assert list(ledger.every({"key": "b"})) == []


def test_batches_are_open_until_they_were_read(ledger: Ledger) -> None:
    ledger.begin_batch("b1", "t", "h:1", "mine", ["k1", "k2"])
    ledger.begin_batch("b2", "t", "h:2", "mine", ["k3"])
    ledger.begin_batch("b3", "u", "h:1", "mine", [])
    ledger.end_batch("b2")

    assert ledger.open_batches("t") == [("b1", "h:1", ["k1", "k2"])]
    assert ledger.open_batches("u") == [("b3", "h:1", [])]


def test_a_ledger_is_kept_between_openings(tmp_path: Path) -> None:
    with Ledger(tmp_path / FILE) as first:
        first.add([call(1)])
    with Ledger(tmp_path / FILE) as second:
        assert second.get([call(1).key]) == {call(1).key: call(1)}


def test_a_ledger_that_is_kept_nowhere_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger(None) as nowhere:
        nowhere.add([call(1)])
        assert nowhere.spent("mine").calls == 1

    assert list(tmp_path.iterdir()) == []


def test_one_variable_shares_a_ledger_among_work_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert path_in(tmp_path) == tmp_path / FILE
    monkeypatch.setenv(VARIABLE, str(tmp_path / "shared.sqlite"))
    assert path_in(tmp_path / "other") == tmp_path / "shared.sqlite"


def test_calls_are_stored_all_or_none(ledger: Ledger) -> None:
    def some() -> Iterator[Call]:
        yield call(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.add(some())
    ledger.add([call(2)])

    assert [one.key for one in ledger.every({})] == [call(2).key]


@pytest.mark.parametrize(
    "bad", [{"reply": "\ud83d"}, {"prompt_tokens": 10**30}, {"task": ["a"]}, {"usd": None}]
)
def test_what_no_database_holds_is_told_in_one_line(ledger: Ledger, bad: dict[str, Any]) -> None:
    with pytest.raises(WorkError, match="the ledger of teacher calls cannot be used") as error:
        ledger.add([call(1), replace(call(2), **bad)])
    ledger.add([call(3)])

    assert "\n" not in str(error.value)
    assert [one.key for one in ledger.every({})] == [call(3).key]


def one_line(error: pytest.ExceptionInfo[WorkError], path: Path) -> bool:
    said = str(error.value)
    return "\n" not in said and str(path) in said and "keep it" in said


@pytest.mark.parametrize("content", [b"this is no database, " * 500, b"SQLite format 3\0" * 99])
def test_a_file_that_is_no_ledger_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(content)
    with pytest.raises(WorkError) as error:
        Ledger(path)

    assert one_line(error, path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkError) as error:
        Ledger(tmp_path / "nowhere" / FILE)

    assert one_line(error, tmp_path / "nowhere" / FILE)


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkError) as error:
        Ledger(tmp_path)

    assert one_line(error, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where nobody may")
def test_a_file_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / FILE
    Ledger(path).close()
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WorkError) as error, Ledger(path) as opened:
            opened.add([call(1)])
    finally:
        tmp_path.chmod(0o700)

    assert one_line(error, path)


CHILD = """
import sys
from pathlib import Path
from curate.synthesize.calls import Call, Ledger
from schemas.errors import WorkError

def call(number, worker, reply):
    return Call(f"{worker:016x}{number:016x}", "t", "m", "qa", 0, "mine", "{}", reply,
                1, 1, 1, 0, 0.0, 0.0, "h", "2026")

path, worker, n, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
try:
    with Ledger(path) as ledger:
        for number in range(n):
            ledger.add([call(number, worker, "x" * size)])
            print(number, flush=True)
except WorkError as error:
    print("WorkError", error, flush=True)
"""


def writer(
    path: Path, worker: int, n: int, size: int = 100, most: int | None = None
) -> "subprocess.Popen[str]":
    """A process that stores n calls one by one, and says so of each.

    Args:
        path: the ledger.
        worker: tells its calls from those of others.
        n: calls.
        size: characters of a reply.
        most: bytes that no file may grow beyond, as on a full disk.
    """

    def bounded() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(worker), str(n), str(size)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=bounded,
    )


def count(path: Path) -> int:
    with Ledger(path) as ledger:
        return ledger.spent("mine").calls


def test_several_processes_make_and_write_one_ledger_at_once(tmp_path: Path) -> None:
    path = tmp_path / FILE
    processes = [writer(path, worker, 60) for worker in range(4)]
    said = [process.communicate(timeout=60)[0].split() for process in processes]

    assert said == [[str(number) for number in range(60)]] * 4
    assert count(path) == 240


def test_what_was_acknowledged_survives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / FILE
    for worker in range(3):
        process = writer(path, worker, 1_000_000)
        assert process.stdout
        for _ in range(25 + 10 * worker):
            process.stdout.readline()
        process.kill()
        acknowledged = 25 + 10 * worker + len(process.stdout.read().split())
        process.stdout.close()
        process.wait()
        with Ledger(path) as ledger:
            stored = {one.key for one in ledger.every({}) if one.key.startswith(f"{worker:016x}")}

        assert {f"{worker:016x}{number:016x}" for number in range(acknowledged)} <= stored
        assert len(stored) <= acknowledged + 1
    with sqlite3.connect(path) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
    database.close()


def test_a_full_disk_is_told_in_one_line_and_what_was_stored_stays(tmp_path: Path) -> None:
    path = tmp_path / FILE
    process = writer(path, 0, 1_000, size=20_000, most=400_000)
    out, _ = process.communicate(timeout=60)
    *numbers, told = out.splitlines()

    assert told.startswith(f"WorkError {path}: the ledger of teacher calls cannot be used")
    assert "cannot rollback" not in told and "within a transaction" not in told
    assert 3 < len(numbers) < 1_000
    assert count(path) == len(numbers)


def test_a_ledger_in_use_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / FILE
    Ledger(path).close()
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("begin immediate")
        process = writer(path, 0, 1)
        time.sleep(0.5)
        waits = process.poll() is None
        other.execute("commit")
    other.close()
    out, _ = process.communicate(timeout=60)

    assert (waits, out.split()) == (True, ["0"])


def test_no_key_of_an_api_has_a_column(ledger: Ledger, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as database:
        columns = {row[1] for row in database.execute("pragma table_info(calls)")}
    database.close()

    assert columns == set(Call.__slots__)


def mount(place: str, kind: str, source: str = "server:/export") -> str:
    return f"36 35 98:0 /root {place} rw,noatime master:1 - {kind} {source} rw,errors=continue"


MOUNTS = [
    mount("/", "overlay", "overlay"),
    mount("/home", "nfs4"),
    mount("/home/local", "ext4", "/dev/sda1"),
    mount("/mnt/two\\040words", "cifs", "//server/share"),
    mount("/mnt/back\\134slash\\011tab", "lustre"),
    mount("/data", "ext4", "/dev/sdb1"),
    mount("/data", "ceph"),
    mount("/remote", "fuse.sshfs", "me@host:"),
    mount("/homestead", "xfs", "/dev/sdc1"),
    "",
    "garbage",
    "1 2 3 - nfs",
]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "overlay"),
        ("/tmp", "overlay"),
        ("/home", "nfs4"),
        ("/home/me/work", "nfs4"),
        ("/home/local/work", "ext4"),
        ("/homestead/work", "xfs"),
        ("/mnt/two words/work", "cifs"),
        ("/mnt/back\\slash\ttab/work", "lustre"),
        ("/data/work", "ceph"),
        ("/remote/work", "fuse.sshfs"),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_its_nearest_mount(folder: str, kind: str) -> None:
    assert kind_of(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize(
    ("kind", "is_it"),
    [
        *((kind, True) for kind in ("nfs", "nfs4", "cifs", "smb3", "9p", "lustre", "gpfs", "ceph")),
        *((kind, True) for kind in ("beegfs", "fuse.sshfs", "fuse.s3fs", "fuse", "vboxsf")),
        *((kind, False) for kind in ("ext4", "xfs", "btrfs", "overlay", "tmpfs", "fuseblk", "zfs")),
    ],
)
def test_network_file_systems_are_known(kind: str, is_it: bool, tmp_path: Path) -> None:
    lines = [mount("/", "ext4", "/dev/sda1"), mount(str(tmp_path), kind)]

    assert is_on_network(tmp_path / FILE, lines) == is_it


def test_nothing_is_known_where_no_mount_is_listed() -> None:
    assert kind_of(Path("/home"), []) == ""


@pytest.mark.parametrize(("kind", "mode"), [("nfs4", "delete"), ("ext4", "wal")])
def test_a_ledger_on_a_network_has_no_shared_memory(tmp_path: Path, kind: str, mode: str) -> None:
    path = tmp_path / FILE
    with Ledger(path, [mount("/", kind)]) as opened:
        opened.add([call(1)])
        files = {one.name for one in tmp_path.iterdir()}
    with sqlite3.connect(path) as database:
        found = database.execute("pragma journal_mode").fetchone()[0]
    database.close()

    assert found == mode
    assert (f"{FILE}-shm" in files) == (mode == "wal")


def test_a_ledger_can_move_to_a_network_and_back(tmp_path: Path) -> None:
    for kind in ("ext4", "nfs4", "ext4"):
        with Ledger(tmp_path / FILE, [mount("/", kind)]) as opened:
            opened.add([call(1)])

    assert count(tmp_path / FILE) == 1


def test_prices_of_then_are_kept(ledger: Ledger) -> None:
    """Dollars are stored, not worked out anew: a recipe's prices may change."""
    ledger.add([call(1, usd=0.25)])

    assert ledger.spent("mine").usd == 0.25
    assert json.loads(next(iter(ledger.every({}))).request) == {"messages": []}
    assert Prices(input=1, output=2).batch_share == 0.5
