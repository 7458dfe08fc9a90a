"""A licence is allowed when everything that its expression requires is."""

import pyarrow as pa
import pytest

from curate.screen.measures.license import Params, measure


@pytest.mark.parametrize(
    ("expression", "known", "allowed"),
    [
        ("CC-BY-4.0", True, True),
        ("cc-by-4.0", True, True),
        ("CC-BY-NC-4.0", True, False),
        ("CC-BY-SA-4.0", True, False),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True, True),
        ("MIT AND GPL-3.0-only", True, False),
        ("MIT OR GPL-3.0-only", True, True),
        ("(MIT OR GPL-3.0-only) AND CC-BY-NC-4.0", True, False),
        ("Apache-2.0 WITH LLVM-exception", True, True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True, False),
        ("Everything is free", False, False),
        ("MIT AND", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_expressions(expression: str | None, known: bool, allowed: bool) -> None:
    rows = pa.record_batch({"license": pa.array([expression], pa.string())})

    assert measure(rows, Params()).to_pylist() == [
        {"license_known": known, "license_allowed": allowed}
    ]


def test_the_user_says_what_is_allowed() -> None:
    rows = pa.record_batch({"license": ["MIT", "CC-BY-SA-4.0"]})

    measured = measure(rows, Params(allow=("CC-BY-SA-4.0",)))
    assert measured["license_allowed"].to_pylist() == [False, True]
