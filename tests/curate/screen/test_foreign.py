"""A measure in a file of the user's is described without running it, and held to what it states."""

from pathlib import Path

import pyarrow as pa
import pytest

from curate.screen import catalog, foreign
from curate.screen.gate import measure
from curate.screen.planned import plan
from schemas.errors import RecipeError
from schemas.plain import Plain
from schemas.recipe import Screen

HEAD = """
import pyarrow as pa
from pydantic import BaseModel
COLUMNS = {"n_bytes": ("int32", "bytes of the text")}
class Params(BaseModel):
    text: str = "text"
"""
GOOD = """
def measure(rows, params):
    texts = rows.column(params.text).to_pylist()
    return pa.record_batch([pa.array([len(t.encode()) for t in texts])], names=["n_bytes"])
"""
ROWS = Plain(pa.table({"id": ["a", "b", "c"], "text": ["one", "", "three"]}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "weight.py"


def measured(file: Path, source: str) -> list[dict[str, object]]:
    file.write_text(source)
    found = measure(str(file), {}, ROWS, None)
    return pa.Table.from_batches(found.batches, schema=found.schema).to_pylist()


def test_it_gives_its_columns_in_the_types_that_it_states(file: Path) -> None:
    assert measured(file, HEAD + GOOD) == [{"n_bytes": 3}, {"n_bytes": 0}, {"n_bytes": 5}]
    assert catalog.get(str(file), "here").columns["n_bytes"][0] == "int32"


def test_rows_can_be_read_twice(file: Path) -> None:
    source = """
def measure_twice(batches, params):
    most = max(len(t) for batch in batches() for t in batch.column("text").to_pylist())
    for batch in batches():
        texts = batch.column("text").to_pylist()
        yield pa.record_batch([pa.array([most - len(t) for t in texts])], names=["n_bytes"])
"""
    assert [row["n_bytes"] for row in measured(file, HEAD + source)] == [2, 5, 0]


def test_nothing_runs_while_it_is_described_and_planned(file: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    file.write_text(f"open({str(marker)!r}, 'w')\n{HEAD}{GOOD}")
    settings = Screen.model_validate(
        {"measures": {str(file): {}}, "keep": {"light": "n_bytes < 4"}}
    )

    planned = plan(settings, "passages", ROWS.schema, False, "screen")

    assert planned.columns == ["n_bytes"] and str(file) in planned.measures
    assert not marker.exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def measure(:", "weight.py:1: not Python"),
        ("COLUMNS = {'x': ('int32', 'y')}", "has no function measure or"),
        ("def measure_corpus(): ...", "has no function measure or"),
        ("COLUMNS = dict(a=1)\ndef measure(): ...", "written out as they are"),
        ("def measure(): ...", "has no COLUMNS"),
        ("COLUMNS = {'id': ('int32', 'x')}\ndef measure(): ...", "'id'.*Rename it"),
        ("COLUMNS = {'n_words': ('int32', 'x')}\ndef measure(): ...", "'n_words'.*Rename it"),
        ("COLUMNS = {'N_Words': ('int32', 'x')}\ndef measure(): ...", "'N_Words'.*Rename it"),
        ("COLUMNS = {'document_x': ('int32', 'x')}\ndef measure(): ...", "Rename it"),
        ("COLUMNS = {'instruction': ('int32', 'x')}\ndef measure(): ...", "Rename it"),
        ("COLUMNS = {'a b': ('int32', 'x')}\ndef measure(): ...", "not a name for a column"),
        ("COLUMNS = {'x': ('list', 'x')}\ndef measure(): ...", "with a type of bool, int32"),
        ("COLUMNS = {'x': 'int32'}\ndef measure(): ...", r"not \(type, what it is\)"),
        ("VERSION = 'a'\nCOLUMNS = {'x': ('int32', 'x')}\ndef measure(): ...", "VERSION is 'a'"),
        ("(" * 5000, "not Python|deeply nested"),
    ],
)
def test_a_file_that_is_no_measure_is_told_in_one_line(file: Path, source: str, said: str) -> None:
    file.write_text(source)
    with pytest.raises(RecipeError, match=f"(?s){said}") as caught:
        catalog.get(str(file), "here")
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_name_of_a_measure_that_there_is_cannot_be_taken(tmp_path: Path) -> None:
    (tmp_path / "length.py").write_text(HEAD + GOOD)
    with pytest.raises(RecipeError, match="Rename the file"):
        foreign.describe(tmp_path / "length.py")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (HEAD + "1 / 0\n" + GOOD, r"weight.py:7: ZeroDivisionError: division by zero"),
        (HEAD + "def measure(rows, params):\n    raise KeyError\n", "weight.py:8: KeyError"),
        (HEAD + "import sys\nsys.exit(3)\n" + GOOD, "weight.py:8: SystemExit: 3"),
        (HEAD + "def measure(rows, params):\n    raise SystemExit(5)\n", "SystemExit: 5"),
        (HEAD.replace("Params", "Other") + GOOD, "has no Params"),
        (HEAD + "def measure(rows, params):\n    return 3\n", "gave int, not a RecordBatch"),
        (HEAD + GOOD.replace('names=["n_bytes"]', 'names=["n"]'), "gave the columns n, not"),
        (HEAD + GOOD.replace("for t in texts", "for t in texts[1:]"), "gave 2 rows for 3"),
        (HEAD + GOOD.replace("len(t.encode())", "'many'"), "weight.py: ArrowInvalid"),
    ],
)
def test_what_goes_wrong_in_its_code_is_told_in_one_line(
    file: Path, source: str, said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        measured(file, source)


def test_its_parameters_are_checked(file: Path) -> None:
    file.write_text(HEAD + GOOD)
    with pytest.raises(RecipeError, match=r"weight\.text: Input should be a valid string"):
        measure(str(file), {"text": 3}, ROWS, None)


def test_two_files_may_not_share_a_column(tmp_path: Path) -> None:
    names = {str(tmp_path / name): {} for name in ("one.py", "two.py")}
    for name in names:
        Path(name).write_text(HEAD + GOOD)
    with pytest.raises(RecipeError, match="both have n_bytes"):
        plan(Screen(measures=names), "passages", ROWS.schema, False, "screen")
