"""The Croissant file says what is in the files, and its own validator reads rows by it."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curate.export.arrow_types import parsed
from curate.export.croissant import FILE, croissant
from curate.export.described import Container, Described, Form
from curate.export.files import write
from curate.export.forms import columns
from curate.export.rows import ROWS
from curate.export.whole import Whole

FORMS: list[Form] = ["messages", "trl", "alpaca", "sharegpt"]


@pytest.fixture
def written(
    tmp_path: Path, rows: pa.Table, describe: Callable[..., Described], whole: Whole
) -> Callable[..., Path]:
    def make(form: Form, container: Container, **others: object) -> Path:
        files = write({"train": rows.to_batches()}, form, container, tmp_path).files
        told = {
            field.name: (str(field.type), (field.metadata or {}).get(b"doc", b"").decode())
            for field in columns(form)
        }
        said = describe(container, form=form, files=files, columns=told, **others)
        text = json.dumps(croissant(said, whole))
        (tmp_path / FILE).write_text(text, encoding="utf-8")
        return tmp_path / FILE

    return make


@pytest.mark.parametrize("kind", [field.type for field in ROWS] + [pa.list_(pa.list_(pa.string()))])
def test_every_type_of_a_column_is_read_from_its_name(kind: pa.DataType) -> None:
    assert parsed(str(kind)) == kind


def test_a_type_that_is_not_known_is_none() -> None:
    for name in ("", "map<string, string>", "struct<a: decimal128(3, 2)>", "list<>", "struct<a>"):
        assert parsed(name) is None


def test_a_column_of_a_type_that_croissant_has_not_is_left_out(
    describe: Callable[..., Described], whole: Whole
) -> None:
    files = [{"path": "data/train.parquet", "split": "train", "rows": 1, "n_bytes": 3,
              "sha256": "0" * 64}]  # fmt: skip
    told = {"id": ("string", "the example"), "odd": ("map<string, string>", "no type")}

    (records,) = croissant(describe(files=files, columns=told), whole)["recordSet"]

    assert [one["@id"] for one in records["field"]] == ["train/id"]


def test_several_files_of_a_split_are_record_sets_of_their_own(
    describe: Callable[..., Described], whole: Whole
) -> None:
    files = [{"path": f"data/train-{n}.parquet", "split": "train", "rows": 1, "n_bytes": 3,
              "sha256": "0" * 64} for n in (1, 2)]  # fmt: skip

    found = croissant(describe(files=files), whole)["recordSet"]

    assert [one["@id"] for one in found] == ["train-00000", "train-00001"]


def test_rows_without_a_known_licence_leave_the_licence_out(
    describe: Callable[..., Described], whole: Whole
) -> None:
    from dataclasses import replace

    made = croissant(describe(), replace(whole, expression=None))

    assert "license" not in made
    assert "creator" not in made


def test_arrow_files_are_listed_and_not_said_to_be_readable(written: Callable[..., Path]) -> None:
    made = json.loads(written("messages", "datasets").read_text())

    assert made["distribution"][0]["encodingFormat"] == "application/vnd.apache.arrow.stream"
    assert "recordSet" not in made


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("container", ["parquet", "jsonl"])
@pytest.mark.parametrize("form", FORMS)
def test_mlcroissant_validates_it_and_reads_the_rows(
    written: Callable[..., Path],
    rows: pa.Table,
    form: Form,
    container: Container,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    path = written(form, container)
    caplog.set_level(logging.WARNING)

    dataset = mlcroissant.Dataset(jsonld=str(path))
    issues = dataset.metadata.ctx.issues
    found = list(dataset.records(record_set="train"))

    assert not issues.errors
    assert all("cite_as" in one or "citeAs" in one for one in issues.warnings)
    assert "not standard" not in caplog.text
    assert len(found) == len(rows)
    said = [one["train/id"] for one in found]
    assert [_text(one) for one in said] == rows["id"].to_pylist()
    quoted = rows["evidence"].to_pylist()
    got = [one.get("train/evidence") for one in found]
    assert [_text(each["train/evidence/quote"]) for one in got for each in one or [] if one] == [
        each["quote"] for one in quoted for each in one
    ]


def _text(value: Any) -> Any:  # noqa: ANN401
    return value.decode() if isinstance(value, bytes) else value
