"""Files of every form become the same items; what cannot be read is told."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.screen.benchmarks import Item, Named, is_path, load, sources
from schemas.errors import RecipeError, SourceError, TableError

ROWS = [
    {"question": "Which sea has no coast?", "A": "Aral", "B": "Sargasso", "answer": "B"},
    {"question": "Which lake is\nthe deepest?", "A": "Baikal", "B": "Garda", "answer": "A"},
]
ITEMS = [
    Item(1, "Which sea has no coast?", ("Aral", "Sargasso"), "Sargasso"),
    Item(2, "Which lake is\nthe deepest?", ("Baikal", "Garda"), "Baikal"),
]
CSV = (
    "question,A,B,answer\nWhich sea has no coast?,Aral,Sargasso,B\n"
    '"Which lake is\nthe deepest?",Baikal,Garda,A\n'
)


def write(path: Path, text: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def test_every_form_gives_the_same_items(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    write(tmp_path / "b.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
    write(tmp_path / "c.json", json.dumps(ROWS))
    write(tmp_path / "d.csv", CSV)
    write(tmp_path / "e.csv", CSV.split("\n", 1)[1])
    write(tmp_path / "f.tsv", CSV.replace(",", "\t"))
    write(tmp_path / "g.json", json.dumps({"version": 1, "data": ROWS}))

    found = load([str(tmp_path)])

    assert [one.name for one in found] == [f"{tmp_path.name}/{letter}" for letter in "abcdefg"]
    assert [one.items for one in found] == [ITEMS] * 7


def test_a_file_without_a_header_may_repeat_an_option(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "Is it so?,yes,yes,no,maybe,C\nAnd now?,a,b,c,d,D\n")

    (found,) = load([path])

    assert found.items[0] == Item(1, "Is it so?", ("yes", "yes", "no", "maybe"), "no")


def test_names_are_as_long_as_they_have_to_be(tmp_path: Path) -> None:
    row = json.dumps(ROWS[0]) + "\n"
    one, two = write(tmp_path / "arc" / "test.jsonl", row), write(tmp_path / "piqa/test.jsonl", row)
    write(tmp_path / "all" / "x.jsonl", row)
    write(tmp_path / "all" / "x.json", f"[{row}]")
    write(tmp_path / "all" / "README.md", "# About")
    write(tmp_path / "all" / "dataset_info.json", "{}")

    assert [one.name for one in load([one])] == ["test"]
    assert [one.name for one in load([one, two])] == ["arc/test", "piqa/test"]
    assert [one.name for one in load([str(tmp_path / "all")])] == ["all/x.json", "all/x.jsonl"]


def test_what_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / "x.jsonl", json.dumps(ROWS[0]))

    assert len(load([path, path, str(tmp_path / "a")])) == 1
    assert sources([path, str(tmp_path / "a")]) == [Path(path)]


def test_rows_that_cannot_be_read_are_failures_and_the_others_are_items(tmp_path: Path) -> None:
    lines = [json.dumps(ROWS[0]), "{broken", json.dumps({"question": ""}), "[1]"]
    ragged = write(tmp_path / "r.csv", "question,answer\nWho?,me\nWhat,is,this,then\nWhere?\n")
    invalid = write(tmp_path / "i.jsonl", b'{"question": "Wie hei\xdft das Meer?"}\n')

    (broken,) = load([write(tmp_path / "x.jsonl", "\n".join(lines))])
    (csv,) = load([ragged])
    (bytes_,) = load([invalid])

    assert [one.row for one in broken.items] == [1]
    assert [one.reason for one in broken.failures] == ["bad-record", "no-question", "bad-record"]
    assert [one.question for one in csv.items] == ["Who?", "Where?"]
    assert [one.reason for one in csv.failures] == ["bad-record"]
    assert bytes_.items[0].question == "Wie hei\ufffdt das Meer?"


def test_a_file_without_a_question_says_what_it_has_and_what_to_do(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", '{"frage": "Wo?", "antwort": "Da."}\n')

    with pytest.raises(TableError, match=r"x\.jsonl: .*it has frage, antwort\..*question='frage'"):
        load([path])
    with pytest.raises(TableError, match=r"no column 'farge', which `question` names; it has frag"):
        load([path], Named(question="farge"))

    assert load([path], Named("frage", "antwort"))[0].items == [Item(1, "Wo?", (), "Da.")]


@pytest.mark.parametrize("text", ["", "\n\n", "question,answer\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, text: str) -> None:
    suffix = ".csv" if text.startswith("q") else ".jsonl"
    with pytest.raises(TableError, match="holds no item of a benchmark"):
        load([write(tmp_path / f"x{suffix}", text)])


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.jsonl"):
        load([str(tmp_path / "gone.jsonl")])
    with pytest.raises(TableError, match="no file in it has a form"):
        load([str(tmp_path)])
    with pytest.raises(TableError, match="not of a form that is read"):
        load([write(tmp_path / "x.yaml", "task: x")])


def test_a_name_is_told_from_a_path(tmp_path: Path) -> None:
    assert is_path("a/b") and is_path("arc.jsonl") and is_path(str(tmp_path)) and is_path("t.yaml")
    assert not is_path("arc_easy") and not is_path("bertaqa-7b-v1.1")
    with pytest.raises(RecipeError, match="an empty name"):
        is_path(" ")
