"""Rows whose texts mean the same are paired: by a teacher or a local model, each text once."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from curate.screen.index import Index
from curate.screen.measures.semantic import Meant, Params, foreseen, measure_meaning
from curate.screen.shingles import shingling
from curate.screen.sketches import Texts
from curate.synthesize.fake.embeddings import vector
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from schemas.errors import RecipeError, TableError
from schemas.rows import PAIRS
from schemas.teachers import Budget
from tests.conftest import sentence
from tests.curate.synthesize.teachers.asking import a_school, a_teacher

HOW = shingling(5, 8, False)
LOCAL = Params(model="folder")


def rows(
    texts: Sequence[str | bytes | None], name: str | None = None, kind: pa.DataType | None = None
) -> Texts:
    ids = [f"{name or 'row'}{place}" for place in range(len(texts))]
    table = pa.table({"id": ids, "text": pa.array(texts, kind)})
    return Texts(lambda: iter(table.to_batches(max_chunksize=7)), ("text",), HOW, name)


class Model:
    """A stand-in for a local model: hashed word counts, of which it keeps what it was given."""

    def __init__(self, width: int = 64) -> None:
        self.seen: list[str] = []
        self._width = width

    def __call__(self, texts: Sequence[str]) -> tuple[np.ndarray, int]:
        """Vectors, and how many texts it calls too long."""
        self.seen += texts
        found = np.array([vector(text, self._width) for text in texts], np.float32)
        return found, sum(len(text) > 200 for text in texts)


def meant(*collections: Texts, model: Model | None = None, **params: Any) -> Meant:  # noqa: ANN401
    given = Params.model_validate({"model": "folder", **params})
    return measure_meaning(collections, given, "w", embedder=model or Model())


def pairs(result: Meant) -> list[tuple[str, str]]:
    columns = (result.pairs[name].to_pylist() for name in ("id", "other"))
    return list(zip(*columns, strict=True))


def test_other_order_of_words_is_the_same_meaning() -> None:
    result = meant(
        rows(["heat of the sea", "carbon in winter", "the sea, of heat", "carbon in summer"])
    )

    assert pairs(result) == [("row2", "row0")]
    assert result.pairs.schema.equals(PAIRS)
    assert result.pairs["match"].to_pylist() == ["semantic"]


def test_equal_texts_are_embedded_once_and_form_a_star() -> None:
    model = Model()
    texts = ["salt and light", "", "salt and light", None, " \n", "noise", "salt and light"]
    result = meant(rows(texts), model=model)

    assert model.seen == ["salt and light", "noise"]
    assert pairs(result) == [("row2", "row0"), ("row6", "row0")]
    assert result.pairs["similarity"].to_pylist() == [1.0, 1.0]
    facts = {name: result.facts[name] for name in ("n_rows", "n_empty", "n_texts", "n_copies")}
    assert facts == {"n_rows": 7, "n_empty": 3, "n_texts": 2, "n_copies": 2}


def test_a_row_of_a_reference_came_before() -> None:
    model = Model()
    reference = rows(["x y z", "salt and light"], "old")
    result = meant(
        reference, rows([], "none"), rows(["light and salt", "x y z", "x z y"]), model=model
    )
    told = [tuple(row.values()) for row in result.pairs.to_pylist()]

    assert [(one[0], one[1], one[5]) for one in told] == [
        ("row0", "old1", "old"),
        ("row1", "old0", "old"),
        ("row2", "old0", "old"),
    ]
    assert len(model.seen) == len(set(model.seen)) == 4
    assert result.facts["n_references"] == 2


def test_an_index_as_reference_is_refused(tmp_path: Path) -> None:
    index = Index(tmp_path, "yesterday", {}, (), 3)

    with pytest.raises(RecipeError, match=r"^w: the index yesterday holds no texts"):
        measure_meaning([index, rows(["a"])], LOCAL, "w", embedder=Model())


def test_long_texts_are_cut_and_counted() -> None:
    model = Model()
    long = "salt " * 100
    result = meant(rows([long + "light", long + "noise", "short"]), model=model, longest=300)

    assert model.seen == [long[:300], "short"]
    assert pairs(result) == [("row1", "row0")]
    assert result.facts["n_texts_cut"] == 1 + 1  # one by us, and the model cuts what it gets too


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.string_view()])
def test_every_kind_of_text_is_read(kind: pa.DataType) -> None:
    texts: list[Any] = ["light é", "noise", "é light"]
    if kind == pa.binary():
        texts = ["light é".encode(), b"noise \xff", "é light".encode()]

    assert pairs(meant(rows(texts, kind=kind))) == [("row2", "row0")]


def test_no_rows_have_no_pairs() -> None:
    assert meant(rows([])).pairs.equals(PAIRS.empty_table())
    assert meant(rows(["", None], kind=pa.string())).facts["n_texts"] == 0


def test_more_texts_than_can_be_compared_are_refused_before_anybody_embeds() -> None:
    model = Model()
    with pytest.raises(RecipeError, match=r"^w: 3 different texts .* at most 2 are"):
        meant(rows(["a", "b", "a", "c"]), model=model, most_rows=2)

    assert model.seen == []


def test_rows_that_are_gone_at_the_second_reading_are_told() -> None:
    readings = iter([["a", "b", "c"], ["a"]])
    shrinking = Texts(
        lambda: iter([pa.record_batch({"id": (t := next(readings)), "text": t})]), ("text",), HOW
    )

    with pytest.raises(TableError, match="differ between two readings"):
        meant(shrinking)


def test_a_teacher_gives_the_same_pairs_as_a_model_of_the_same_vectors(tmp_path: Path) -> None:
    draw = random.Random(1)
    texts: list[str | bytes | None] = [sentence(draw) for _ in range(300)]
    with serving() as fake:
        teacher = a_teacher(fake.url)
        params = Params(teacher=teacher, floor=0.8, at_once=16)
        school = a_school(tmp_path, teacher)
        first = measure_meaning([rows(texts)], params, "w", school)
        again = measure_meaning([rows(texts)], params, "w", school)

        assert fake.stats()["requests"] == -(-int(first.facts["n_texts"]) // 16)
    here = meant(rows(texts), model=Model(256), floor=0.8)

    assert first.pairs.num_rows > 20
    assert first.pairs.equals(again.pairs)
    assert pairs(first) == pairs(here)
    assert first.embedded is not None and first.embedded.failures == []


def test_rows_without_a_vector_have_no_pairs_and_are_failures(tmp_path: Path) -> None:
    texts = ["light and salt", "salt and light", "light and salt " + "word " * 300, "salt"]
    with serving(FakeSettings(context_tokens=50)) as fake:
        teacher = a_teacher(fake.url)
        school = a_school(tmp_path, teacher)
        result = measure_meaning([rows(texts)], Params(teacher=teacher), "w", school)

    assert pairs(result) == [("row1", "row0")]
    assert result.facts["n_texts_failed"] == result.facts["n_without_vector"] == 1
    assert result.embedded is not None
    assert [one.what for one in result.embedded.failures] == ["m embedding row2"]


def test_what_a_teacher_will_take_is_known_before(tmp_path: Path) -> None:
    teacher = a_teacher("http://127.0.0.1:9/v1", prices={"input": 1.0, "output": 0.0})
    school = a_school(tmp_path, teacher, budget=Budget(usd=1))
    params = Params(teacher=teacher)
    (line,) = foreseen([rows(["salt"] * 5 + ["", "noise"])], params, "w", school).lines

    assert (line.task, line.requests, line.calls) == ("embedding", 2, 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "neither model nor teacher is named"),
        ({"model": "a", "teacher": "b"}, "model and teacher are named"),
        ({"teacher": {"kind": "miner"}}, "neither a name nor a block"),
        ({"model": "a", "floor": 0.2}, "floor"),
        ({"model": "a", "group_limit": 8}, "group_limit"),
        ({"modle": "a"}, "modle"),
    ],
)
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Params.model_validate(wrong)
