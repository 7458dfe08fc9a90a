"""Verify finds every change of an exported folder, and none where there is none."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.export.counted import QUOTED, database
from curate.export.described import Container
from curate.export.manifest import FILE, DataFile, write_manifest
from curate.export.rows import ROWS
from curate.export.verify import Verified, verify
from curate.export.verify.quotes import check_quotes
from curate.export.whole import Whole
from schemas.errors import TableError
from tests.curate.export.forging import CONTAINERS, DATA, as_table, rewrite, set_value, whats

Export = Callable[..., Path]


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_untouched_folder_has_no_findings(
    export: Export, container: Container, documents: list[dict[str, Any]]
) -> None:
    verified = verify(export(container), as_table(documents))

    assert verified.findings == []
    assert verified.not_checked == []
    assert verified.checked["rows"] == 70
    assert verified.checked["quotes in contexts"] == 59
    assert verified.checked["contexts in documents"] == 59
    assert verified.checked["documents"] == 60


def test_without_documents_it_says_what_was_not_checked(export: Export) -> None:
    verified = verify(export())

    assert verified.findings == []
    assert "none were given" in verified.not_checked[0]


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_changed_byte_in_any_file_is_found(export: Export, container: Container) -> None:
    folder = export(container)
    for path in sorted(one for one in folder.rglob("*") if one.is_file() and one.name != FILE):
        old = path.read_bytes()
        path.write_bytes(old[:-5] + bytes([old[-5] ^ 1]) + old[-4:])
        where = path.relative_to(folder).as_posix()
        findings = verify(folder).findings
        assert ("file changed", where) in {(one.what, one.where) for one in findings}, where
        path.write_bytes(old)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_that_is_missing_added_or_shorter_is_found(
    export: Export, container: Container
) -> None:
    folder = export(container)
    (folder / DATA[container]).unlink()
    (folder / "README.md").write_text("")
    (folder / "notes.txt").write_text("x")

    assert {"file missing", "file changed", "file added", "rows of a split"} <= whats(
        verify(folder)
    )


def test_what_a_hub_or_git_keeps_beside_the_files_is_named_and_not_checked(export: Export) -> None:
    folder = export()
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")
    (folder / ".gitattributes").write_text("x")

    verified = verify(folder)

    assert verified.findings == []
    assert any(".gitattributes" in one for one in verified.not_checked)


def test_a_deleted_row_is_found_behind_a_forged_hash(export: Export) -> None:
    folder = export()
    rewrite(folder, lambda rows: rows.slice(1))

    assert {
        "rows of a file",
        "rows of a split",
        "rows of a part",
        "document and its rows",
    } <= whats(verify(folder))


def test_an_edited_licence_is_found_behind_a_forged_hash(export: Export) -> None:
    folder = export()
    rewrite(folder, lambda rows: set_value(rows, "license", 2, "MIT"))

    found = {(one.where, one.found) for one in verify(folder).findings}

    assert ("MIT", "1") in found


@pytest.mark.parametrize("column", ["license", "source"])
def test_a_row_and_its_document_that_disagree_are_found(export: Export, column: str) -> None:
    folder = export()
    rewrite(folder, lambda rows: set_value(rows, column, 2, "MIT"))

    wrong = [one for one in verify(folder).findings if one.what == "licence or source of a row"]

    assert len(wrong) == 1 and "MIT" in wrong[0].found


@pytest.mark.parametrize("change", ["word", "shifted", "outside", "empty", "huge"])
def test_an_altered_quote_is_found_behind_a_forged_hash(export: Export, change: str) -> None:
    def altered(rows: pa.Table) -> pa.Table:
        (one,) = rows["evidence"][0].as_py()
        other = {
            "word": one | {"quote": one["quote"].replace("store", "stare")},
            "shifted": one | {"start": one["start"] + 1, "end": one["end"] + 1},
            "outside": one | {"start": 0, "end": 15},
            "empty": one | {"quote": "", "end": one["start"]},
            "huge": one | {"start": -(2**63), "end": 2**63 - 1},
        }
        return set_value(rows, "evidence", 0, [other[change]])

    folder = export()
    rewrite(folder, altered)
    findings = verify(folder).findings

    assert {one.what for one in findings} == {"quote not in context"}
    assert "data/train.parquet: " in findings[0].where


def test_a_quote_that_was_never_found_is_not_held_against_the_folder(export: Export) -> None:
    folder = export()
    none = [{"quote": "invented", "start": 6, "end": 6, "match": "none"}]
    rewrite(folder, lambda rows: set_value(rows, "evidence", 0, none))

    verified = verify(folder)

    assert verified.findings == []
    assert any(one.startswith("1 quotes: marked `none`") for one in verified.not_checked)


def test_a_changed_context_is_found_behind_a_forged_hash(
    export: Export, documents: list[dict[str, Any]]
) -> None:
    folder = export()
    rewrite(
        folder, lambda rows: set_value(rows, "context", 0, rows["context"][0].as_py()[:-1] + "?")
    )

    assert whats(verify(folder)) == set()
    assert whats(verify(folder, as_table(documents))) == {"context not in document"}


def test_a_context_of_another_length_is_found_without_documents(export: Export) -> None:
    folder = export()
    rewrite(
        folder, lambda rows: set_value(rows, "context", 0, rows["context"][0].as_py() + " more")
    )

    assert whats(verify(folder)) == {"context of another length"}


def test_an_id_that_comes_twice_in_an_epoch_is_found(export: Export) -> None:
    folder = export()
    rewrite(folder, lambda rows: set_value(rows, "id", 1, rows["id"][0].as_py()))

    assert whats(verify(folder)) == {"id comes twice"}


def test_an_id_may_come_again_in_another_epoch(export: Export, rows: pa.Table) -> None:
    again = pc.add(rows["epoch"], pa.scalar(1, pa.int32()))
    more = rows.set_column(rows.schema.get_field_index("epoch"), rows.schema.field("epoch"), again)

    assert verify(export(these=pa.concat_tables([rows, more]))).findings == []


def test_a_document_in_two_splits_is_found_also_as_a_distractor(export: Export) -> None:
    folder = export()
    held = pq.read_table(folder / "data/test.parquet")["document_id"][0].as_py()
    rewrite(folder, lambda rows: set_value(rows, "also_from", 0, [held]))

    assert {"document in two splits", "document and its rows"} == whats(verify(folder))


def test_a_document_that_is_gone_is_found(export: Export, documents: list[dict[str, Any]]) -> None:
    verified = verify(export(), as_table(documents[1:]))

    assert [(one.what, one.found) for one in verified.findings] == [
        ("document gone", "no such document")
    ]


def test_of_a_changed_document_each_quote_is_there_moved_or_gone(
    export: Export, documents: list[dict[str, Any]]
) -> None:
    folder = export()
    texts = [one["text"] for one in documents]
    texts[0] = "A new first sentence. " + texts[0]
    texts[1] = texts[1].replace("They store", "They lose")
    texts[2] = texts[2] + " A new last sentence."
    fresh = [one | {"text": text, "id": f"new {place}"} if text != one["text"] else one
             for place, (one, text) in enumerate(zip(documents, texts, strict=True))]  # fmt: skip

    findings = verify(folder, as_table(fresh)).findings
    n = {what: sum(one.what == what for one in findings) for what in whats_of(findings)}

    assert n == {"document changed": 3, "quote moved": 2, "quote gone": 2}


def whats_of(findings: list[Any]) -> set[str]:
    return {one.what for one in findings}


def test_a_document_that_moved_is_found_by_its_doi(
    export: Export, documents: list[dict[str, Any]]
) -> None:
    fresh = [
        one | {"id": f"x{place}", "source": f"file:elsewhere/{place}.xml"} if one["doi"] else one
        for place, one in enumerate(documents)
    ]

    assert verify(export(), as_table(fresh)).findings == []


def test_many_findings_of_a_kind_are_counted_and_not_all_listed(export: Export) -> None:
    folder = export()
    listed = pq.read_table(folder / "sources.parquet")
    many = pa.concat_tables([listed] + [
        listed.set_column(0, "document_id", pa.array([f"{one} {n}" for n in range(60)]))
        for one in "abcdef"
    ])  # fmt: skip
    pq.write_table(many, folder / "sources.parquet")

    found = [one for one in verify(folder).findings if one.what == "document and its rows"]

    assert len(found) == 101
    assert found[-1].where == "260 more"


@settings(max_examples=20)
@given(text=st.text(min_size=1, max_size=60), draw=st.data())
def test_offsets_count_code_points_of_any_text(text: str, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(text) - 1))
    end = draw.draw(st.integers(start + 1, len(text)))
    quote, other = text[start:end], text[start:end] + "x"
    made = [
        {"id": name, "document_id": "d", "start": 7, "end": 7 + len(text), "context": text,
         "evidence": [{"quote": said, "start": 7 + start, "end": 7 + end, "match": "exact"}]}
        for name, said in (("right", quote), ("wrong", other))
    ]  # fmt: skip
    verified = Verified()
    with tempfile.TemporaryDirectory() as name, database() as one:
        schema = pa.schema([ROWS.field(column) for column in QUOTED])
        pq.write_table(pa.Table.from_pylist(made, schema=schema), Path(name) / "a.parquet")
        check_quotes(one, Path(name), [DataFile(path="a.parquet", split="t", rows=2)], verified)

    assert [finding.where for finding in verified.findings] == ["a.parquet: wrong"]
    assert verified.checked == {"quotes in contexts": 2}


def test_what_was_written_has_to_be_what_was_described(
    export: Export, describe: Callable[..., Any], whole: Whole
) -> None:
    folder = export()
    data = json.loads((folder / FILE).read_text())["data"]

    for wrong in ({"licenses": {"MIT": 70}}, {"n_documents": 3}):
        with pytest.raises(TableError, match="were said to be written"):
            write_manifest(folder, describe(**wrong), whole, data, "sources.parquet", {})


def test_the_manifest_names_no_path_of_the_machine(export: Export, tmp_path: Path) -> None:
    assert str(tmp_path) not in (export() / FILE).read_text()
