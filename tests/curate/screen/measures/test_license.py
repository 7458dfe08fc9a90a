"""A licence is allowed when all that its expression requires is; a teacher's terms likewise."""

import itertools

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from license_expression import get_spdx_licensing
from pydantic import ValidationError

from curate.screen.measures.license import OPEN, Params, judged, measure, reads

LICENSING = get_spdx_licensing()


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
        ("MIT OR GPL-3.0-only AND CC-BY-NC-4.0", True, True),
        ("mit or gpl-3.0-only", True, True),
        ("((MIT))", True, True),
        ("Apache-2.0 WITH LLVM-exception", True, True),
        ("Apache-2.0  with   llvm-exception", True, True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True, False),
        ("GPL-2.0-with-classpath-exception", True, False),
        ("MIT WITH AdditionRef-house-rules", True, False),
        ("Apache-2.0+", True, True),
        ("GPL-2.0+", True, False),
        ("LicenseRef-publisher", True, False),
        ("DocumentRef-a:LicenseRef-b OR MIT", True, True),
        ("Everything is free", False, False),
        ("MIT AND", False, False),
        ("AND MIT", False, False),
        ("MIT MIT", False, False),
        ("MIT++", False, False),
        ("(MIT", False, False),
        ("MIT)", False, False),
        ("()", False, False),
        ("LLVM-exception", False, False),
        ("MIT WITH MIT", False, False),
        ("MIT WITH LLVM-exception WITH LLVM-exception", False, False),
        ("NONE", False, False),
        ("NOASSERTION", False, False),
        ("MIT\x00", False, False),
        ("(" * 400 + "MIT" + ")" * 400, True, True),
        ("(" * 5_000_000, False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_expressions(expression: str | None, known: bool, allowed: bool) -> None:
    rows = pa.record_batch({"license": pa.array([expression], pa.string())})

    assert measure(rows, Params()).to_pylist() == [
        {"license_known": known, "license_allowed": allowed, "terms_allowed": True}
    ]


@pytest.mark.parametrize(
    ("expression", "allow", "allowed"),
    [
        ("CC-BY-SA-4.0", "cc-by-sa-4.0", True),
        ("MIT", "CC-BY-SA-4.0", False),
        ("GPL-2.0", "GPL-2.0-only", True),
        ("GPL-2.0-or-later", "GPL-2.0-only", True),
        ("GPL-2.0-or-later", "GPL-2.0+", True),
        ("GPL-2.0-only", "GPL-2.0-or-later", False),
        ("GPL-3.0-only", "GPL-2.0-or-later", False),
        ("AFL-2.1", "AFL-2.1+", False),
        ("AFL-2.1+", "AFL-2.1+", True),
        ("LicenseRef-Publisher", "LicenseRef-publisher", True),
        ("GPL-2.0-or-later WITH GCC-exception-2.0", "GPL-2.0-with-GCC-exception", True),
        ("GPL-2.0-only WITH GCC-exception-2.0", "GPL-2.0-only WITH GCC-exception-2.0", True),
        ("GPL-2.0-only", "GPL-2.0-only WITH GCC-exception-2.0", False),
    ],
)
def test_the_user_says_what_is_allowed(expression: str, allow: str, allowed: bool) -> None:
    assert judged(expression, Params(allow=(allow,)).allow) == (True, allowed)


def test_an_allowed_licence_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match=r"CC-BY-4 is not .*; did you mean cc-by-4\.0"):
        Params(allow=("MIT", "CC-BY-4"))


LEAVES = st.sampled_from(
    ["MIT", "mit", "GPL-2.0+", "CC-BY-4.0", "Apache-2.0 WITH LLVM-exception", "Foo", "", "WITH"]
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" AND ", " or ", " "]), inner).map("".join),
        inner.map("({})".format),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_what_is_valid_is_valid_to_license_expression_too(expression: str) -> None:
    if judged(expression, OPEN)[0]:
        assert LICENSING.parse(expression, validate=True, strict=True) is not None


TREES = st.recursive(
    st.sampled_from(["MIT", "ISC", "GPL-2.0-only"]),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner),
    max_leaves=8,
)


def written(tree: object, around: str = "") -> str:
    if not isinstance(tree, tuple):
        return str(tree)
    text = f"{written(tree[0], tree[1])} {tree[1]} {written(tree[2], tree[1])}"
    return f"({text})" if around and around != tree[1] else text


def met(tree: object, allow: tuple[str, ...]) -> bool:
    if not isinstance(tree, tuple):
        return tree in allow
    sides = [met(tree[0], allow), met(tree[2], allow)]
    return all(sides) if tree[1] == "AND" else any(sides)


@given(TREES)
def test_every_expression_is_as_its_tree_says_for_every_choice_of_licences(tree: object) -> None:
    for n in range(3):
        for allow in itertools.combinations(("MIT", "ISC", "GPL-2.0-only"), n):
            assert judged(written(tree), allow) == (True, met(tree, allow))


EXAMPLES = {
    "license": ["MIT"] * 5,
    "teacher_license": ["lab terms", "LAB TERMS ", "Apache-2.0", "other", None],
    "trainable": [True, False, None, True, True],
}


def test_terms_that_forbid_training_are_not_allowed() -> None:
    told = measure(pa.record_batch(EXAMPLES), Params())

    assert told["terms_allowed"].to_pylist() == [True, False, True, True, True]


def test_the_user_says_which_terms_are_allowed() -> None:
    told = measure(pa.record_batch(EXAMPLES), Params(allow_terms=("Lab terms", "Apache-2.0")))

    assert told["terms_allowed"].to_pylist() == [True, False, True, False, True]


def test_rows_without_a_teacher_are_read_without_its_columns() -> None:
    assert reads(Params(), ["id", "license"]) == ["license"]
    assert reads(Params(), ["license", "trainable"]) == ["license", "trainable"]


@pytest.mark.slow
def test_200_000_distinct_expressions_are_each_parsed_once_and_not_remembered() -> None:
    at_once = 20_000
    for first in range(0, 200_000, at_once):
        texts = [f"LicenseRef-{number} OR MIT" for number in range(first, first + at_once)]
        told = measure(pa.record_batch({"license": texts}), Params())
        assert told["license_allowed"].true_count == at_once

    assert judged.cache_info().currsize <= 4096
