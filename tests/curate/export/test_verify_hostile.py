"""Verify trusts nothing in a folder: broken lists, links, pipes, paths that lead out of it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from curate.export.described import Container
from curate.export.manifest import FILE
from curate.export.verify import verify
from schemas.errors import TableError
from tests.curate.export.forging import CONTAINERS, DATA, forge, rewrite, set_value, whats

Export = Callable[..., Path]


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"{", b"[]", b"null", b'{"version": 2}', b"\xff\xfe", b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_broken_manifest_is_one_line(export: Export, broken: bytes) -> None:
    folder = export()
    (folder / FILE).write_bytes(broken)

    with pytest.raises(TableError, match=r"export\.json: ") as error:
        verify(folder)

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "a/../../b", "a//b", ".", "", "a\\..\\b", "a\nb", "./a"]
)
@pytest.mark.parametrize("where", ["files", "data", "sources"])
def test_a_path_out_of_the_folder_is_one_line(export: Export, path: str, where: str) -> None:
    folder = export()
    forge(folder, lambda one: one | {
        where: path if where == "sources" else [one[where][0] | {"path": path}]
    })  # fmt: skip

    with pytest.raises(TableError, match=r"export\.json: not a list") as error:
        verify(folder)

    assert "\n" not in str(error.value)


def test_a_link_is_a_finding_and_is_not_followed(export: Export, tmp_path: Path) -> None:
    folder = export()
    inside = folder / DATA["parquet"]
    shutil.move(inside, tmp_path / "outside.parquet")
    inside.symlink_to(tmp_path / "outside.parquet")
    (folder / "loop").symlink_to(folder)

    verified = verify(folder)

    links = {one.where for one in verified.findings if one.what == "not a plain file"}
    assert links == {DATA["parquet"], "loop"}
    assert verified.checked["rows"] < 70


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b'{"id": [1, {"a":', b"PAR1", b"[]\n"])
def test_data_that_cannot_be_read_are_a_finding(
    export: Export, container: Container, content: bytes
) -> None:
    folder = export(container)
    (folder / DATA[container]).write_bytes(content)

    verified = verify(folder)

    assert "file changed" in whats(verified)
    assert all("\n" not in str(one) for one in verified.findings)


def test_findings_show_no_control_characters(export: Export) -> None:
    folder = export()
    rewrite(folder, lambda rows: set_value(rows, "license", 2, "\x1b[2J\nMIT\u202e" * 100))

    lines = [str(one) for one in verify(folder).findings]

    assert all(line.isprintable() for line in lines)
    assert all(len(line) < 600 for line in lines)


def test_a_folder_that_is_none_is_one_line(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(TableError, match="retort export"):
            verify(folder)


def test_documents_without_texts_are_refused(export: Export) -> None:
    with pytest.raises(TableError, match="no columns id, source, doi and text"):
        verify(export(), pa.table({"id": ["a"]}))


def test_rows_that_the_manifest_does_not_count_are_found(export: Export) -> None:
    folder = export()
    forge(folder, lambda one: one | {"data": one["data"][1:]})

    assert "rows that are not counted" in whats(verify(folder))


def test_a_pipe_is_a_finding_and_is_not_opened(export: Export) -> None:
    folder = export()
    (folder / DATA["parquet"]).unlink()
    os.mkfifo(folder / DATA["parquet"])

    assert "not a plain file" in whats(verify(folder))
