"""Walking a folder finds each file once, in order, and says why others are left."""

import os
from pathlib import Path

import pytest

from curate.collect.files import FORMS, REASONS, NamedFile, walk
from schemas.errors import SourceError
from schemas.rows import Failure


def put(path: Path, text: str = "words") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(found: list[NamedFile | Failure]) -> list[str]:
    return [one.source for one in found if isinstance(one, NamedFile)]


def reasons(found: list[NamedFile | Failure]) -> dict[str, str]:
    return {one.what: one.reason for one in found if isinstance(one, Failure)}


def test_files_come_sorted_folder_by_folder_and_hidden_ones_do_not(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/b/c.csv", ".git/x.md", "a/.x.md"):
        put(tmp_path / name)

    assert names(list(walk(tmp_path))) == ["file:a/b/c.csv", "file:a/z.md", "file:b.txt"]


def test_a_file_that_is_named_itself_is_called_by_its_name(tmp_path: Path) -> None:
    path = put(tmp_path / "deep" / "a.md")

    assert list(walk(path)) == [NamedFile(path.resolve(), "file:a.md", alone=True)]


def test_a_suffix_that_no_reader_knows_is_a_failure(tmp_path: Path) -> None:
    put(tmp_path / "a.docx")

    assert reasons(list(walk(tmp_path))) == {"file:a.docx": "unknown-form"}


def test_a_form_from_the_recipe_reads_any_suffix(tmp_path: Path) -> None:
    put(tmp_path / "a.rst")

    assert names(list(walk(tmp_path, "text"))) == ["file:a.rst"]


def test_a_link_out_of_the_folder_is_a_failure(tmp_path: Path) -> None:
    secret = put(tmp_path / "outside" / "secret.txt")
    put(tmp_path / "inside" / "a.txt")
    (tmp_path / "inside" / "b.txt").symlink_to(secret)
    (tmp_path / "inside" / "c").symlink_to(secret.parent)

    found = list(walk(tmp_path / "inside"))

    assert names(found) == ["file:a.txt"]
    assert reasons(found) == {
        "file:b.txt": "link-out-of-folder",
        "file:c": "link-out-of-folder",
    }


def test_loops_of_links_end_and_nothing_is_read_twice(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.md")
    put(tmp_path / ".store" / "y.md")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "same.md").symlink_to(tmp_path / "a" / "x.md")
    (tmp_path / "kept").symlink_to(tmp_path / ".store")
    (tmp_path / ".store" / "again").symlink_to(tmp_path / ".store")

    assert names(list(walk(tmp_path))) == ["file:a/x.md", "file:kept/y.md"]


def test_a_link_that_leads_nowhere_and_a_pipe_are_unreadable(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nothing.md")
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    os.mkfifo(tmp_path / "pipe.txt")

    assert reasons(list(walk(tmp_path))) == {
        "file:gone.md": "unreadable",
        "file:pipe.txt": "unreadable",
        "file:self.md": "unreadable",
    }


def test_a_path_that_does_not_exist_is_an_error_for_the_user(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        walk(tmp_path / "nothing")


def test_a_name_with_a_line_feed_or_odd_bytes_stays_on_one_line_of_text(tmp_path: Path) -> None:
    (tmp_path / "a\nb.md").write_text("words")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/c\xff.md")).write_text("words")

    assert names(list(walk(tmp_path))) == ["file:a%0Ab.md", "file:c\ufffd.md"]


def test_every_reason_is_described() -> None:
    assert all(REASONS.values())
    assert set(FORMS.values()) == {"markdown", "text", "json", "jsonl", "csv", "parquet"}
