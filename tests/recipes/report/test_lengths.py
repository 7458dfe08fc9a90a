"""A histogram loses no row and stays within its frame."""

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.report import lengths


@settings(max_examples=40)
@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=200))
def test_a_histogram_holds_every_row_within_its_frame(words: list[int]) -> None:
    with duckdb.connect() as database:
        database.register("rows", pa.table({"n": words, "kept": [True] * len(words)}))
        figure = lengths.figure(database, "Words", "rows", "n", True)

    assert figure is not None
    assert sum(int(bar.label.rsplit(": ")[-1].replace(",", "")) for bar in figure.bars) == len(
        words
    )
    assert (figure.shortest, figure.longest) == (min(words), max(words))
    for bar in figure.bars:
        assert bar.x >= lengths.LEFT
        assert bar.x + bar.width <= lengths.WIDTH - lengths.RIGHT + 0.5
        assert 0 <= bar.kept_height <= bar.height <= lengths.HEIGHT - lengths.TOP - lengths.BOTTOM
