"""What holds for any expression, and for the licences that real papers have."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect import jats
from curate.export.policy import Release, refused, ruling, table, whole
from schemas.rows import Document

TABLE = table()
RELEASES: tuple[Release, ...] = ("open", "research", "private")
NAMES = (
    *("MIT", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-SA-2.0", "CC-BY-NC-4.0"),
    *("CC-BY-NC-SA-3.0", "CC-BY-ND-4.0", "GPL-2.0-only", "GPL-2.0-or-later", "AGPL-3.0-only"),
    *("EUPL-1.2", "Apache-2.0+", "LicenseRef-x", "GPL-3.0-only WITH Classpath-exception-2.0"),
)
EXPRESSIONS = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=6,
)
TERMS = st.one_of(EXPRESSIONS, st.sampled_from([None, "OpenAI", "Llama 3.1", "lab terms"]))


def allowed(spdx: str, release: Release, terms: str | None = None) -> bool:
    return ruling(spdx, terms, True, release, TABLE).allowed


@given(EXPRESSIONS, TERMS)
def test_a_stricter_release_allows_what_a_freer_one_does(spdx: str, terms: str | None) -> None:
    found = [allowed(spdx, release, terms) for release in RELEASES]

    assert found == sorted(found)
    assert found[-1]


@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(RELEASES))
def test_or_allows_what_one_of_its_branches_does(one: str, other: str, release: Release) -> None:
    either = allowed(one, release) or allowed(other, release)

    assert allowed(f"{one} OR {other}", release) == either


@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(RELEASES))
def test_and_allows_no_more_than_each_of_its_parts(one: str, other: str, release: Release) -> None:
    if allowed(f"{one} AND {other}", release):
        assert allowed(one, release)
        assert allowed(other, release)


@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(RELEASES))
def test_the_order_of_parts_does_not_matter(one: str, other: str, release: Release) -> None:
    for joined in ("AND", "OR"):
        there, back = f"{one} {joined} {other}", f"{other} {joined} {one}"
        assert allowed(there, release) == allowed(back, release)


@given(EXPRESSIONS, TERMS, st.sampled_from(RELEASES))
def test_terms_of_a_teacher_never_open_a_row(
    spdx: str, terms: str | None, release: Release
) -> None:
    if allowed(spdx, release, terms):
        assert allowed(spdx, release)


@given(EXPRESSIONS, TERMS)
def test_what_a_row_is_released_under_has_no_choice_left(spdx: str, terms: str | None) -> None:
    under = ruling(spdx, terms, True, "private", TABLE).license

    assert under is not None
    assert " OR " not in under
    for release in RELEASES:
        if allowed(spdx, release, terms):
            assert allowed(under, release)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_judged(spdx: str, terms: str) -> None:
    found = ruling(spdx, terms, True, "open", TABLE)

    assert found.allowed == (found.reason is None)


@given(st.dictionaries(st.one_of(st.none(), EXPRESSIONS), st.integers(1, 9), max_size=5))
def test_the_whole_is_under_all_that_its_rows_are(licenses: dict[str | None, int]) -> None:
    found = whole(licenses, "private", TABLE)

    rows = {ruling(one, None, True, "private", TABLE).license for one in licenses}
    parts = {part for one in rows if one for part in one.split(" AND ")}
    assert (found.expression is None) == (None in rows or not rows)
    assert found.expression is None or set(found.expression.split(" AND ")) == parts
    assert len(found.hub) == 1 or not {"other", "unknown"} & set(found.hub)
    assert (found.name is not None) == (found.link is not None) == (found.hub == ["other"])


@pytest.mark.shared_data
@pytest.mark.slow
def test_papers_are_refused_as_their_index_has_them(shared_data: Path) -> None:
    """Also those that name no licence clearly, or two that differ."""
    folder = shared_data / "jats_epmc_crops"
    index = {one["file"]: one["license"] for one in json.loads((folder / "index.json").read_text())}
    found = {name: licence_of(folder / "xml" / name) for name in index}
    rows = pa.table({"id": list(found), "license": list(found.values())})

    restricted = {name for name, given in index.items() if "-nc" in given or "-nd" in given}
    unclear = {name for name, given in found.items() if given is None}
    two = {name for name, given in found.items() if given and " AND " in given}
    no_derivatives = {name for name, given in index.items() if "-nd" in given}

    assert (len(index), len(restricted), len(unclear - restricted), len(two - restricted)) == (
        *(380, 40, 1, 3),
    )
    assert set(refused(rows, "open", TABLE).ids) == restricted | unclear | two
    in_research = set(refused(rows, "research", TABLE).ids)
    assert no_derivatives | unclear <= in_research <= no_derivatives | unclear | two
    assert not refused(rows, "private", TABLE).ids


def licence_of(path: Path) -> str | None:
    document = next(jats.read(path.read_bytes(), path.name))
    assert isinstance(document, Document)
    return document.license
