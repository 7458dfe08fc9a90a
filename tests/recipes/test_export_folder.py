"""The folder of an export appears whole, and nothing that no export wrote is lost by it."""

import hashlib
from pathlib import Path

import pytest

from curate.export.manifest import FILE, File, Manifest
from recipes.exporting.folder import building
from schemas.errors import TableError


def write(out: Path, words: str) -> None:
    """Export one file of these words."""
    with building(out) as folder:
        (folder / "README.md").write_text(words)
        sha256 = hashlib.sha256(words.encode()).hexdigest()
        told = Manifest(
            name="small", form="trl", container="parquet", release="private", license=None,
            retort="0.1.0", made="2026-01-02", recipe_sha256=sha256, template_sha256=None, rows={},
            parts=[], licenses=[], teachers=[], left_out={}, tables={}, n_documents=0, sources=None,
            data=[], files=[File(path="README.md", n_bytes=len(words), sha256=sha256)],
        )  # fmt: skip
        (folder / FILE).write_text(told.model_dump_json())


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_an_export_takes_the_place_of_an_export(tmp_path: Path) -> None:
    write(tmp_path / "out", "first")
    write(tmp_path / "out", "second")

    assert (tmp_path / "out" / "README.md").read_text() == "second"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("mine", ["notes.md", "data/mine.csv", ".hidden"])
def test_a_file_that_no_export_wrote_is_not_lost(tmp_path: Path, mine: str) -> None:
    out = tmp_path / "out"
    write(out, "first")
    (out / "data").mkdir(exist_ok=True)
    (out / mine).write_text("dear to somebody")

    with pytest.raises(TableError, match=f"1 of its files were not exported, '{mine}'"):
        write(out, "second")

    assert (out / mine).read_text() == "dear to somebody"
    assert names(tmp_path) == ["out"]


def test_an_export_json_of_something_else_makes_no_export(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "export.json").write_text('{"settings": 1}')
    (tmp_path / "project" / "thesis.tex").write_text("dear to somebody")

    with pytest.raises(TableError, match="holds something else than an export"):
        write(tmp_path / "project", "first")

    assert (tmp_path / "project" / "thesis.tex").read_text() == "dear to somebody"


def test_what_git_keeps_in_a_folder_stays_there(tmp_path: Path) -> None:
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    (tmp_path / "clone" / ".git" / "HEAD").write_text("ref: refs/heads/main")
    (tmp_path / "clone" / ".gitattributes").write_text("*.parquet filter=lfs")

    write(tmp_path / "clone", "first")
    write(tmp_path / "clone", "second")

    assert (tmp_path / "clone" / ".git" / "HEAD").read_text() == "ref: refs/heads/main"
    assert (tmp_path / "clone" / ".gitattributes").read_text() == "*.parquet filter=lfs"
    assert (tmp_path / "clone" / "README.md").read_text() == "second"


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "out", "first")

    with pytest.raises(KeyboardInterrupt), building(tmp_path / "out"):
        raise KeyboardInterrupt

    assert (tmp_path / "out" / "README.md").read_text() == "first"
    assert names(tmp_path) == ["out"]


def test_what_a_killed_export_left_is_put_right(tmp_path: Path) -> None:
    write(tmp_path / "out", "first")
    (tmp_path / "out" / ".git").mkdir()
    (tmp_path / "out").rename(tmp_path / ".out.old")  # killed before the new one had its place
    (tmp_path / ".out.writing" / "data").mkdir(parents=True)
    (tmp_path / ".out.writing" / "data" / "train.parquet").write_text("half")

    write(tmp_path / "out", "second")

    assert (tmp_path / "out" / "README.md").read_text() == "second"
    assert (tmp_path / "out" / ".git").is_dir() and not (tmp_path / "out" / "data").exists()
    assert names(tmp_path) == ["out"]


def test_two_exports_at_once_are_told(tmp_path: Path) -> None:
    with building(tmp_path / "out") as folder:
        (folder / "half.txt").write_text("half")
        with pytest.raises(TableError, match="another export is writing it"):
            write(tmp_path / "out", "second")
        assert (folder / "half.txt").read_text() == "half"


@pytest.mark.parametrize("place", [".", "..", "/", ""])
def test_the_current_folder_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    with pytest.raises(TableError, match="the current folder, or holds it"):
        write(Path(place), "first")


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_link_is_not_replaced(tmp_path: Path, target: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to(target)

    with pytest.raises(TableError, match="is a link"):
        write(tmp_path / "out", "first")

    assert names(tmp_path) == ["elsewhere", "out"]
