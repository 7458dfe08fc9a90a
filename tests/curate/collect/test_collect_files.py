"""Walking a folder finds each file once, in order, and says why others are left."""

import os
from pathlib import Path

import pytest

from curate.collect import conversations
from curate.collect.files import REASONS, NamedFile, walk
from curate.collect.forms import ROWS, SUFFIXES, TABLES, WHOLE, form_of
from curate.collect.reading import READERS
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

    assert list(walk(path)) == [NamedFile(path.resolve(), "file:a.md", "markdown", alone=True)]


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


def test_of_a_saved_data_set_only_its_rows_are_read(tmp_path: Path) -> None:
    for name in ("state.json", "dataset_info.json", "data-00000-of-00001.arrow"):
        put(tmp_path / "one" / name)
        put(tmp_path / "both" / "train" / name)
    put(tmp_path / "both" / "dataset_dict.json")

    assert names(list(walk(tmp_path))) == [
        "file:both/train/data-00000-of-00001.arrow",
        "file:one/data-00000-of-00001.arrow",
    ]


def test_a_sidecar_is_none_of_the_files_that_it_is_about(tmp_path: Path) -> None:
    put(tmp_path / "a.txt")
    sidecar = put(tmp_path / "about.csv")

    assert names(list(walk(tmp_path, sidecar=sidecar.resolve()))) == ["file:a.txt"]


def test_a_table_of_instructions_keeps_the_form_of_its_bytes(tmp_path: Path) -> None:
    put(tmp_path / "a.json")
    put(tmp_path / "b.jsonl.gz")
    put(tmp_path / "c.md")

    found = list(walk(tmp_path, "alpaca"))

    assert [one.form for one in found if isinstance(one, NamedFile)] == ["json", "jsonl"]
    assert reasons(found) == {"file:c.md": "unknown-form"}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        *[("a.nxml", "jats"), ("a.XML.GZ", "jats"), ("a.pdf", "pdf"), ("a.jsonl.gz", "jsonl")],
        *[("a.parquet.gz", None), ("a.gz", None), ("a", None), ("a.htm", "html")],
    ],
)
def test_the_suffix_tells_the_form_packed_or_not(name: str, form: str | None) -> None:
    assert form_of(Path(name)) == form


def test_every_form_has_a_reader() -> None:
    assert set(READERS) == set(WHOLE)
    assert set(SUFFIXES.values()) <= WHOLE | TABLES
    assert set(conversations.FORMS) == ROWS
