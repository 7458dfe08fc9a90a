"""What the verbs mix and select do with files that are odd, repeated, or asked for too much."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recipes.cli import app
from schemas.errors import RetortError
from schemas.tables import Table
from tests.conftest import Ended

Retort = Callable[..., Any]


@pytest.fixture
def retort(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Retort:
    """Run the command line in this process, which spares a second of loading for each test."""

    def run(*arguments: object, cwd: Path) -> Ended:
        monkeypatch.chdir(cwd)
        try:
            app([*map(str, arguments)], prog_name="retort", standalone_mode=False)
        except RetortError as error:
            return Ended(2, capsys.readouterr().out, f"retort: {error}\n")
        told = capsys.readouterr()
        return Ended(0, told.out, told.err)

    return run


def examples(n: int, **columns: Callable[[int], object]) -> pa.Table:
    """Examples as Retort exports them, a tenth of them valid, and further columns."""
    rows = [
        {
            "id": f"row{number:03}",
            "split": "valid" if number % 10 == 0 else "train",
            "messages": [
                {"role": "user", "content": f"What is {number}?"},
                {"role": "assistant", "content": f"The number {number}."},
            ],
            **{name: value(number) for name, value in columns.items()},
        }
        for number in range(n)
    ]
    return pa.Table.from_pylist(rows)


def mixed(retort: Retort, folder: Path, *options: str) -> Any:  # noqa: ANN401
    return retort("mix", *options, "-o", "m", "--json", cwd=folder)


def refused(ended: Any, *parts: str) -> None:  # noqa: ANN401
    assert ended.status == 2, ended.err
    assert ended.err.count("\n") == 1
    for part in parts:
        assert part in ended.err


def test_one_file_is_not_two_parts(tmp_path: Path, retort: Retort) -> None:
    pq.write_table(examples(40), tmp_path / "a.parquet")
    ended = mixed(
        retort, tmp_path, "--part", "a=a.parquet:0.5", "--part", "b=./a.parquet:0.5", "--size", "9"
    )

    refused(ended, "--part b=a.parquet", "part a, too")


def test_a_row_is_in_one_part(tmp_path: Path, retort: Retort) -> None:
    pq.write_table(examples(40), tmp_path / "a.parquet")
    pq.write_table(examples(50), tmp_path / "b.parquet")
    ended = mixed(
        retort, tmp_path, "--part", "a=a.parquet:0.5", "--part", "b=b.parquet:0.5", "--size", "9"
    )

    refused(ended, "--part b", "40 ids are in another part", "in a.")
    assert not (tmp_path / "m").exists()


def test_an_amount_that_is_not_a_number_counts_as_none(tmp_path: Path, retort: Retort) -> None:
    weights = examples(40, w=lambda n: math.nan if n == 7 else 1.0)
    pq.write_table(weights, tmp_path / "a.parquet")

    told = mixed(retort, tmp_path, "--part", "a=a.parquet:1", "--size", "30", "--unit", "w").json

    assert told["set_aside"] == {"without a value of mix.unit": 1}
    assert told["counts"]["train"] == {"a": 30}


def test_an_infinite_amount_is_refused(tmp_path: Path, retort: Retort) -> None:
    weights = examples(40, w=lambda n: math.inf if n == 7 else 1.0)
    pq.write_table(weights, tmp_path / "a.parquet")

    refused(
        mixed(retort, tmp_path, "--part", "a=a.parquet:1", "--size", "9", "--unit", "w"),
        "mix.unit: w is inf",
    )


def test_rows_of_an_unknown_split_are_counted_as_set_aside(tmp_path: Path, retort: Retort) -> None:
    pq.write_table(
        examples(40, split=lambda n: "validation" if n % 4 == 0 else "train"),
        tmp_path / "a.parquet",
    )

    told = mixed(retort, tmp_path, "--part", "a=a.parquet:1").json

    assert told["set_aside"] == {"not of the split train, valid or test": 10}
    assert told["counts"]["train"] == {"a": 30}


def test_a_size_below_every_row_is_no_empty_mixture(tmp_path: Path, retort: Retort) -> None:
    pq.write_table(examples(40, w=lambda n: 100.0), tmp_path / "a.parquet")

    refused(
        mixed(retort, tmp_path, "--part", "a=a.parquet:1", "--size", "5", "--unit", "w"),
        "mix.parts.a: 5 w of it are asked for, and the first row has 100",
    )


def test_a_mixture_that_shrank_tells_what_was_asked_for(tmp_path: Path, retort: Retort) -> None:
    pq.write_table(examples(40), tmp_path / "a.parquet")
    options = ("--part", "a=a.parquet:1", "--size", "500", "--shortage", "shrink", "-o", "m")

    told = retort("mix", *options, cwd=tmp_path)

    facts = Table(tmp_path / "m").manifest.facts
    assert "smaller than the 500 rows asked for" in told.out
    assert (facts["wanted"], facts["counts"]["train"]) == ({"a": 500.0}, {"a": 36})


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--size", "9" * 30), ("size", "less than or equal to")),
        (("--cap", "document=²"), ("--cap document=²", "no whole number")),
        (("--cap", "document=" + "9" * 5000), ("--cap document=9", "no whole number")),
        (("--cap", "documnet=2"), ("--cap documnet", "document, task, domain")),
        (("--shortage", "repeat", "--epochs", "a=1", "--size", "70"), ("mix.parts.a.epochs: 2",)),
    ],
)
def test_a_wrong_option_of_mix_is_one_line(
    tmp_path: Path, retort: Retort, options: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    pq.write_table(examples(40), tmp_path / "a.parquet")

    refused(mixed(retort, tmp_path, "--part", "a=a.parquet:1", *options), *parts)


def test_what_is_wrong_with_the_settings_as_a_whole_is_told_without_them(
    tmp_path: Path, retort: Retort
) -> None:
    pq.write_table(examples(40), tmp_path / "a.parquet")
    ended = mixed(retort, tmp_path, "--part", "a=a.parquet:20", "--size", "9")

    refused(ended, "retort: mix: size is the sum of the counts")
    assert "{" not in ended.err


def test_select_writes_nothing_over_what_it_reads(tmp_path: Path, retort: Retort) -> None:
    pq.write_table(examples(40), tmp_path / "a.parquet")
    options = ("a.parquet", "--method", "longest", "--size", "3")

    ended = retort("select", *options, "-o", "./a.parquet", cwd=tmp_path)

    refused(ended, "Name another file")
    assert pq.read_metadata(tmp_path / "a.parquet").num_rows == 40


def test_select_takes_one_method(tmp_path: Path, retort: Retort) -> None:
    pq.write_table(examples(40), tmp_path / "a.parquet")

    ended = retort("select", "a.parquet", "--method", "random,longest", "-o", "b", cwd=tmp_path)

    refused(ended, "no such method", "got 'random,longest'")


def test_a_comparison_tells_of_rows_that_are_no_examples(tmp_path: Path, retort: Retort) -> None:
    rows = examples(40).to_pylist()
    rows[-1]["messages"] = []
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")

    told = retort(
        "select", "a.parquet", "--compare", "random", "--size", "5", "--json", cwd=tmp_path
    )

    assert told.json["set_aside"] == {"it holds no answer of the assistant": 1}


def test_select_names_a_folder_that_is_not_there(tmp_path: Path, retort: Retort) -> None:
    gone = tmp_path / "gone"

    ended = retort("select", gone, "--method", "random", "-o", "b.parquet", cwd=tmp_path)

    refused(ended, f"{gone}: no such file or folder")


@pytest.mark.parametrize("name", ["index.html", "data/rows.csv"])
def test_a_folder_that_is_no_mixture_is_never_replaced(
    tmp_path: Path, retort: Callable[..., Any], name: str
) -> None:
    rows = [{"instruction": f"Say {n}.", "output": f"It is {n}."} for n in range(40)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    mixed = ("mix", "--part", "a=a.json:1", "--size", "5", "-o")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "manifest.json").write_text('{"name": "an application"}')
    assert retort(*mixed, "mixture", cwd=tmp_path).status == 0
    for folder in ("web", "mixture"):
        precious = tmp_path / folder / name
        precious.parent.mkdir(exist_ok=True)
        precious.write_text("dear to somebody")

        done = retort(*mixed, folder, cwd=tmp_path)

        assert done.status == 2 and "Name another folder" in done.err
        assert precious.read_text() == "dear to somebody"
