"""An index stands for its rows: compared unread, added to whole, refused where it does not fit."""

import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from curate.screen.index import Index, add, open_index
from curate.screen.judge import judge
from curate.screen.measures.duplicates import Params, measure_corpus
from curate.screen.sketches import Batches, Texts
from schemas.errors import TableError
from schemas.recipe import Unique

PARAMS = Params()


def rows(texts: list[str], first: int = 0) -> pa.Table:
    ids = [f"id{row}" for row in range(first, first + len(texts))]
    return pa.table({"id": ids, "text": pa.array(texts, pa.string())})


def batches(table: pa.Table) -> Batches:
    return lambda: iter(table.to_batches(max_chunksize=1000))


def indexed(folder: Path, table: pa.Table, params: Params = PARAMS, append: bool = False) -> Index:
    texts = Texts(batches(table), params.reads(), params.shingling())
    return add(folder, texts, params, append)[0]


def planted(n: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    vocabulary = [f"t{i}" for i in range(3000)]
    texts: list[list[str]] = []
    for _ in range(n):
        if texts and draw.random() < 0.5:
            text = list(draw.choice(texts))
            for _ in range(draw.randint(0, 2)):
                text[draw.randrange(len(text))] = draw.choice(vocabulary)
        else:
            text = draw.choices(vocabulary, k=draw.randint(3, 90))
        texts.append(text)
    return [" ".join(text) for text in texts]


def kept(table: pa.Table, references: dict[str, Batches | Index]) -> list[bool]:
    pairs = measure_corpus(batches(table), PARAMS, references).pairs
    return judge(table, {}, Unique(threshold=0.8), pairs)["kept"].to_pylist()


def test_batches_one_after_another_lose_the_rows_that_one_run_over_all_loses(
    tmp_path: Path,
) -> None:
    whole = rows(planted(5000, seed=3))
    expected = kept(whole, {})
    got: list[bool] = []
    for begin in range(0, 5000, 500):
        batch = whole.slice(begin, 500)
        references = {"before": open_index(tmp_path / "i", "before")} if begin else {}
        stays = kept(batch, references)
        indexed(tmp_path / "i", batch.filter(pa.array(stays)), append=begin > 0)
        got += stays

    assert 1000 < sum(expected) < 4000
    assert got == expected


@pytest.mark.parametrize("kind", ["table", "index"])
def test_pairs_with_a_reference_say_where_the_other_row_is(tmp_path: Path, kind: str) -> None:
    long = " ".join(f"w{i}" for i in range(60))
    reference = rows(["something else", long, long + " x"], first=100)
    own = rows([long + " y", "Something, else", "alone", long.upper()])
    indexed(tmp_path / "i", reference)
    other = batches(reference) if kind == "table" else open_index(tmp_path / "i", "old")

    pairs = measure_corpus(batches(own), PARAMS, {"old": other}).pairs.to_pylist()

    assert [
        (one["id"], one["other"], one["reference"], one["other_position"], one["match"])
        for one in pairs
    ] == [
        ("id0", "id101", "old", 1, "near"),
        ("id0", "id102", "old", 2, "near"),
        ("id1", "id100", "old", 0, "exact"),
        ("id3", "id101", "old", 1, "exact"),
    ]
    assert pairs[0]["similarity"] == 56 / 57


def test_an_index_and_its_rows_are_the_same_reference(tmp_path: Path) -> None:
    reference, own = rows(planted(2000, seed=1)), rows(planted(2000, seed=2) + planted(300, seed=1))
    indexed(tmp_path / "i", reference)

    by_rows = measure_corpus(batches(own), PARAMS, {"r": batches(reference)})
    by_index = measure_corpus(batches(own), PARAMS, {"r": open_index(tmp_path / "i", "r")})

    assert by_rows.pairs.num_rows > 300
    assert by_index.pairs.equals(by_rows.pairs)
    assert by_index.facts == by_rows.facts


def test_other_parameters_are_refused_with_both(tmp_path: Path) -> None:
    index = indexed(tmp_path / "i", rows(["a b c"]), Params(permutations=64, shingle_words=3))

    with pytest.raises(
        TableError,
        match=r"index with shingle_words 3, permutations 64, but .* shingle_words 5, .*128",
    ):
        measure_corpus(batches(rows(["a"])), PARAMS, {"i": index})


def test_an_index_is_not_written_over(tmp_path: Path) -> None:
    indexed(tmp_path / "i", rows(["a b c", "d"]))

    with pytest.raises(TableError, match=r"holds an index of 2 rows\. Add to it with --append"):
        indexed(tmp_path / "i", rows(["e"]))
    assert indexed(tmp_path / "i", rows(["e"]), append=True).n_rows == 3


def test_nothing_else_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")

    with pytest.raises(TableError, match="exists and is no index"):
        indexed(tmp_path, rows(["a"]))


def test_a_failure_while_rows_are_added_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    indexed(tmp_path / "i", rows(["a b c"]))
    before = {file.name: file.read_bytes() for file in (tmp_path / "i").iterdir()}
    numbers = pa.table({"id": ["x", "y"], "text": [1, 2]})

    with pytest.raises(TableError, match="holds int64"):
        indexed(tmp_path / "i", numbers, append=True)
    assert {file.name: file.read_bytes() for file in (tmp_path / "i").iterdir()} == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "index.json").write_text("{"),
        lambda folder: (folder / "index.json").write_text('{"parts": ["../x"], "made": {}}'),
        lambda folder: (folder / "rows-00000.parquet").write_bytes(b"PAR1"),
        lambda folder: (folder / "rows-00000.parquet").unlink(),
    ],
)
def test_a_damaged_index_is_one_line(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    indexed(tmp_path / "i", rows(["a b c"]))
    damage(tmp_path / "i")

    with pytest.raises(TableError, match=r"^.*/i[/:].*(cannot be read|outside of it)"):
        measure_corpus(batches(rows(["a"])), PARAMS, {"i": open_index(tmp_path / "i")})


def test_the_beginning_of_a_row_can_be_read(tmp_path: Path) -> None:
    index = indexed(tmp_path / "i", rows(["x" * 3000, "short"]))

    assert index.rows(["id0", "nobody"]) == {"id0": "x" * 2000}


def test_the_beginning_of_bytes_that_are_no_text_can_be_read(tmp_path: Path) -> None:
    texts = pa.array([b"\xffab", "é".encode() * 3000, None], pa.binary())
    index = indexed(tmp_path / "i", pa.table({"id": ["a", "b", "c"], "text": texts}))

    assert index.rows(["a", "b", "c"]) == {"a": "\ufffdab", "b": "é" * 2000, "c": ""}
