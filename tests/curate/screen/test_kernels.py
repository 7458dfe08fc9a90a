"""Kernels see the same text that Python sees, whatever shape Arrow gave it."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.screen import kernels

TEXTS = ["one two", "", None, "É \u4e2d\u6587\nb", "x"]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())],
)
@pytest.mark.parametrize("start", [0, 1, 3, 5])
def test_buffers_hold_every_text_of_every_type_and_slice(kind: pa.DataType, start: int) -> None:
    array = pa.array(TEXTS, pa.string()).cast(kind).slice(start)

    text, offsets = kernels.buffers(array)

    rows = [bytes(text[a:b]).decode() for a, b in pairwise(offsets)]
    assert rows == [row or "" for row in TEXTS[start:]]


def test_a_null_over_hidden_bytes_is_empty() -> None:
    validity = pa.py_buffer(bytes([0b01]))
    offsets = pa.py_buffer(np.array([0, 3, 9], np.int64).tobytes())
    hidden = pa.Array.from_buffers(
        pa.large_string(), 2, [validity, offsets, pa.py_buffer(b"onesecret")]
    )

    assert kernels.count_words(*kernels.buffers(hidden)).tolist() == [1, 0]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab \n\té", max_size=20), max_size=20))
def test_words_are_counted_as_split_counts_them(texts: list[str]) -> None:
    counts = kernels.count_words(*kernels.buffers(pa.array(texts, pa.string())))

    assert counts.tolist() == [len(text.encode().split()) for text in texts]


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_cover_every_row_once(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", threads)
    seen = np.zeros(1000, np.int64)

    def visit(begin: int, end: int, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        rows[begin:end] += 1

    kernels.on_threads(visit, len(seen), seen, at_once=7)

    assert (seen == 1).all()


def test_an_error_on_a_thread_reaches_the_caller() -> None:
    def fail(begin: int, end: int) -> None:
        raise ValueError(begin, end)

    with pytest.raises(ValueError, match="0, 1"):
        kernels.on_threads(fail, 5, at_once=1)


def test_a_kernel_that_cannot_be_kept_on_disk_still_runs() -> None:
    namespace: dict[str, object] = {}
    exec("def double(x):\n    return 2 * x", namespace)  # a function without a file

    double = kernels.compiled(namespace["double"])  # type: ignore[type-var]

    assert double(21) == 42
