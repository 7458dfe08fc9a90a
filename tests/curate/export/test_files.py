"""What is written loads with `datasets`, is the same bytes each time, and has no empty split."""

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from curate.export.described import Container, Form
from curate.export.features import features
from curate.export.files import UNIT_ROWS, Written, write
from curate.export.forms import columns, formed
from curate.export.front_matter import configs
from schemas.errors import TableError
from tests.curate.export.conversations import (
    CONTAINERS,
    FORMS,
    ONE,
    SEVERAL,
    Turn,
    batch,
    plain,
    talk,
)

HOSTILE = talk(
    ("user", '---\nlicense: mit\n---\n<b>&amp;\u2028\x00\x1b\\u0041 "quoted" 👩‍👩‍👧 e\u0301'),
    ("assistant", "a,b\r\n\t`x`"),
)
ALONE = talk(("assistant", "Hello."))


def many(n: int) -> list[list[Turn]]:
    return [talk(("user", f"What is {one}?"), ("assistant", f"{one}.")) for one in range(n)]


def typed(form: Form) -> dict[str, tuple[str, str]]:
    """The columns of a form as a card is told of them."""
    return {one.name: (str(one.type), "") for one in columns(form)}


def load(folder: Path, form: Form, written: Written, container: Container) -> Any:  # noqa: ANN401
    """The folder as a user loads it, with the part of a card that the loader reads."""
    if container == "datasets":
        return datasets.load_from_disk(str(folder))
    told = {
        "configs": configs(written.files),
        "dataset_info": [{"config_name": "default", "features": features(typed(form))}],
    }
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(told)}---\n", encoding="utf-8")
    return datasets.load_dataset(str(folder), cache_dir=str(folder.with_name("cache")))


@pytest.fixture(autouse=True)
def silent() -> None:
    datasets.disable_progress_bars()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "export"
    made.mkdir()
    return made


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_loaded_is_what_was_written(form: Form, container: Container, folder: Path) -> None:
    rows = {"train": batch([ONE, SEVERAL, HOSTILE]), "valid": batch([ONE])}

    written = write({split: [one] for split, one in rows.items()}, form, container, folder, plain())  # type: ignore[misc]

    found = load(folder, form, written, container)
    assert {split: found[split].to_list() for split in found} == {
        "train": formed(rows["train"], form, plain()).rows.to_pylist(),
        "validation": formed(rows["valid"], form, plain()).rows.to_pylist(),
    }


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_same_rows_are_the_same_bytes_however_they_are_batched(
    container: Container, tmp_path: Path
) -> None:
    rows = batch(many(2 * UNIT_ROWS + 10))
    cuts = [0, 1, 7, UNIT_ROWS - 1, UNIT_ROWS, UNIT_ROWS + 500, len(rows)]
    pieces = [rows.slice(a, b - a) for a, b in itertools.pairwise(cuts)]
    made = []
    for number, batches in enumerate(([rows], pieces)):
        folder = tmp_path / str(number)
        folder.mkdir()
        made.append(write({"train": batches}, "trl", container, folder))

    assert made[0] == made[1]


@pytest.mark.parametrize("container", CONTAINERS)
def test_files_are_told_with_their_split_size_and_hash(container: Container, folder: Path) -> None:
    written = write({"test": [batch([ONE])], "train": [batch(many(3))]}, "trl", container, folder)

    assert [(file["split"], file["rows"]) for file in written.files] == [("train", 3), ("test", 1)]
    for file in [*written.files, *written.others]:
        data = (folder / file["path"]).read_bytes()
        assert (file["n_bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("container", CONTAINERS)
def test_nothing_else_is_left_in_the_folder(container: Container, folder: Path) -> None:
    written = write({"train": [batch([ONE])]}, "alpaca", container, folder)

    told = {file["path"] for file in [*written.files, *written.others]}
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == told


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_split_without_rows_has_no_file(container: Container, folder: Path) -> None:
    rows = {"train": [batch([ONE])], "valid": [], "test": [batch([ALONE])]}

    written = write(rows, "trl", container, folder)  # type: ignore[arg-type]

    assert [file["split"] for file in written.files] == ["train"]
    assert written.left_out == {"nothing is asked before the answer": 1}


def test_a_form_that_can_hold_no_row_says_why(folder: Path) -> None:
    with pytest.raises(
        TableError, match=r"no row can be written as trl: nothing is asked .* \(2\)\. Name another"
    ):
        write({"train": [batch([ALONE, ALONE])]}, "trl", "parquet", folder)


def test_no_rows_at_all_say_so(folder: Path) -> None:
    with pytest.raises(TableError, match="no row can be written as text: there are none"):
        write({"train": []}, "text", "jsonl", folder, plain())


def test_a_line_of_json_is_an_object_in_utf_8(folder: Path) -> None:
    write({"train": [batch([HOSTILE])]}, "messages", "jsonl", folder)

    lines = (folder / "data" / "train.jsonl").read_bytes().decode("utf-8").split("\n")
    assert lines[1:] == [""]
    assert json.loads(lines[0])["messages"] == HOSTILE
    assert "👩‍👩‍👧" in lines[0]


def test_row_groups_are_bounded_by_their_bytes(folder: Path) -> None:
    long = talk(("user", "?"), ("assistant", "x" * 40_000))

    write({"train": (batch([long] * UNIT_ROWS) for _ in range(4))}, "trl", "parquet", folder)

    told = pq.read_metadata(folder / "data" / "train.parquet")
    sizes = [told.row_group(number).num_rows for number in range(told.num_row_groups)]
    assert sizes == [UNIT_ROWS] * 4


def test_parquet_says_what_each_column_is(folder: Path) -> None:
    write({"train": [batch([ONE])]}, "trl", "parquet", folder)

    schema = pq.read_schema(folder / "data" / "train.parquet")
    assert schema.field("license").metadata[b"doc"].startswith(b"SPDX expression")


def test_a_column_that_is_null_for_long_is_read_with_the_types_of_the_card(folder: Path) -> None:
    long = talk(("user", "?"), ("assistant", "x" * 1_000))
    early, late = batch([long] * 11_000), batch([ONE], doi="10.1000/182")

    written = write({"train": [early, late]}, "messages", "jsonl", folder)

    assert written.files[0]["n_bytes"] > 10 << 20  # what `datasets` takes the types from
    assert load(folder, "messages", written, "jsonl")["train"][-1]["doi"] == "10.1000/182"


@pytest.mark.parametrize("form", FORMS)
def test_features_are_as_datasets_writes_them(form: Form) -> None:
    known = datasets.Features.from_arrow_schema(columns(form))

    assert features(typed(form)) == known._to_yaml_list()


def test_a_saved_folder_is_as_datasets_saves_one(tmp_path: Path, folder: Path) -> None:
    rows = formed(batch(many(5)), "trl").rows
    written = write({"train": [batch(many(5))]}, "trl", "datasets", folder)
    saved = datasets.DatasetDict({"train": datasets.Dataset(pa.Table.from_batches([rows]))})
    saved.save_to_disk(str(tmp_path / "saved"))

    names = {path.relative_to(tmp_path / "saved") for path in (tmp_path / "saved").rglob("*.*")}
    assert {Path(file["path"]) for file in [*written.files, *written.others]} == names
    states = [
        set(json.loads((one / "train" / "state.json").read_text(encoding="utf-8")))
        for one in (folder, tmp_path / "saved")
    ]
    assert states[0] == states[1]
