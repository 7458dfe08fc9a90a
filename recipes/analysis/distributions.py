"""How measured columns are distributed: quantiles and bars of numbers, shares of yes, words."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
BARS = 24
MOST_COMMON = 3


@dataclass(frozen=True, slots=True)
class Distribution:
    """One column over all rows."""

    measure: str
    column: str
    said: str
    """What it is, with its unit and source."""
    n_null: int
    """Rows without a value."""
    mean: float | None
    """Of numbers, and the share of rows where a statement is true; None where no row has a value,
    and of words."""
    quantiles: tuple[float, ...] = ()
    """Of numbers, at QUANTILES."""
    bars: tuple[int, ...] = ()
    """Rows in BARS equal intervals between the 1st and the 99th percentile; what lies beyond is in
    the first and the last."""
    common: tuple[tuple[str, int], ...] = ()
    """Of words: the most common values with their rows."""


def distribution(measure: str, column: str, said: str, values: pa.ChunkedArray) -> Distribution:
    """The distribution of one column.

    Args:
        measure: whose column it is.
        column: its name.
        said: what it is.
        values: (n_rows,) numbers, booleans or strings.
    """
    n_null = values.null_count
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return Distribution(measure, column, said, n_null, None, common=_common(values))
    if n_null == len(values):
        return Distribution(measure, column, said, n_null, None)
    numbers = pc.drop_null(values).cast(pa.float64()).to_numpy()
    mean = float(numbers.mean())
    if pa.types.is_boolean(values.type):
        return Distribution(measure, column, said, n_null, mean)
    quantiles = tuple(float(one) for one in np.quantile(numbers, QUANTILES))
    low, high = quantiles[1], quantiles[-2]
    edges = (low, high if high > low else low + 1)
    bars, _ = np.histogram(np.clip(numbers, *edges), BARS, edges)
    return Distribution(
        measure, column, said, n_null, mean, quantiles, tuple(int(one) for one in bars)
    )


def _common(values: pa.ChunkedArray) -> tuple[tuple[str, int], ...]:
    counted = pc.value_counts(pc.drop_null(values)).to_pylist()
    counted.sort(key=lambda one: (-one["counts"], one["values"]))
    return tuple((one["values"], one["counts"]) for one in counted[:MOST_COMMON])
