"""A file's bytes are unpacked up to a bound, and hashed as they lie on the disk."""

import gzip
import hashlib
from pathlib import Path

from curate.collect.contents import Contents, load
from schemas.rows import Failure


def reason(found: Contents | Failure) -> str | None:
    return found.reason if isinstance(found, Failure) else None


def test_a_packed_file_gives_what_is_in_it_and_the_hash_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"words"))

    assert load(path, "a") == Contents(b"words", hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_gzip_bomb_is_unpacked_no_further_than_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.xml.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(64):
            file.write(bytes(1 << 20))

    assert path.stat().st_size < 100_000
    assert reason(load(path, "a", largest=8 << 20)) == "too-large"


def test_a_large_file_is_too_large_and_an_empty_one_empty(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * 11)
    (tmp_path / "b.txt").write_bytes(b"")

    assert reason(load(tmp_path / "a.txt", "a", largest=10)) == "too-large"
    assert reason(load(tmp_path / "a.txt", "a", largest=11)) is None
    assert reason(load(tmp_path / "b.txt", "b")) == "empty"


def test_a_broken_gzip_is_unreadable(tmp_path: Path) -> None:
    whole = gzip.compress(b"words" * 1000)
    (tmp_path / "cut.gz").write_bytes(whole[:-12])
    (tmp_path / "no.gz").write_bytes(b"not packed at all")
    (tmp_path / "bad.gz").write_bytes(whole[:14] + b"\xff" * 8 + whole[22:])

    for path in tmp_path.iterdir():
        assert reason(load(path, "a")) == "unreadable"
