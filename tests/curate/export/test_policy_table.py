"""The table of licences: a user's entries come first, and a broken file is told in one line."""

import re
from pathlib import Path

import pytest

from curate.export.license_table import SHIPPED
from curate.export.policy import ruling, table
from schemas.errors import RecipeError

TABLE = table()

OWN = """
licenses:
  - ids: [LicenseRef-Publisher-TDM]
    may: [redistribute, adapt]
    asks: [attribution]
    reason: forbids commercial use
    source: contract of 2024-05-01
  - ids: [CC-BY-NC-*]
    may: [redistribute, adapt, commercial]
    reason: was paid for
    source: contract of 2024-05-02
terms:
  - names: [lab terms, OpenAI]
    releases: [open]
    reason: allow it
    source: contract of 2024-05-03
"""


def test_a_users_own_entries_come_first(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(OWN, encoding="utf-8")
    own = table(path)

    publisher = ruling("licenseref-publisher-tdm", None, True, "open", own)
    assert publisher.source == "contract of 2024-05-01"
    assert ruling("LicenseRef-Publisher-TDM", None, True, "research", own).allowed
    assert ruling("CC-BY-NC-4.0", None, True, "open", own).allowed
    assert not ruling("CC-BY-NC-SA-4.0", None, True, "open", own).allowed
    assert ruling("CC-BY-4.0", "OpenAI", True, "open", own).allowed
    assert ruling("CC-BY-4.0", "Lab Terms", True, "research", own).allowed
    assert not ruling("CC-BY-NC-4.0", None, True, "open", TABLE).allowed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("licenses: [{ids: [CC-BY-9.0], may: [], reason: r, source: s}]", "Did you mean CC-BY-"),
        ("licenses: [{ids: [CC-XY-*], may: [], reason: r, source: s}]", "a family of no SPDX id"),
        ("licenses: [{ids: [MIT, mit], may: [], reason: r, source: s}]", "mit a second time"),
        ("licenses: [{ids: [MIT], may: [sell], reason: r, source: s}]", "licenses.0.may.0: Input"),
        (
            "licenses: [{ids: [MIT], mai: [], reason: r, source: s}]",
            "licenses.0.mai is not a field",
        ),
        ("licenses: [{ids: [MIT], may: [], also: [x y], reason: r, source: s}]", "'x y' is not"),
        ("licences: []", "licences is not a field; there are licenses, terms"),
        ("terms: [{names: [a, ' A'], releases: [], reason: r, source: s}]", "A a second time"),
        ("terms: [{names: [a], releases: [private], reason: r, source: s}]", "releases.0"),
        ("licenses: &a []\nterms: *a", "an alias"),
        ("[]", "holds list"),
        ("a: [", "not a table of licences"),
        ("\x00", "not YAML"),
    ],
)
def test_a_broken_table_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RecipeError, match=re.escape(told)) as error:
        table(path)

    assert str(error.value).startswith(f"{path}")
    assert "\n" not in str(error.value)


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file or directory"):
        table(tmp_path / "none.yaml")


def test_the_table_that_ships_gives_an_address_for_each_entry() -> None:
    layer = TABLE.layers[0]
    entries = [*layer.exact.values(), *layer.families.values(), *layer.terms.values()]

    assert all(one.source.startswith("https://") for one in entries)
    assert "\t" not in SHIPPED.read_text(encoding="utf-8")


def test_an_exception_that_spdx_does_not_list_has_an_entry_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "licenses: [{ids: [MIT WITH AdditionRef-lab], may: [redistribute, adapt], "
        "reason: forbids commercial use, source: a contract}]",
        encoding="utf-8",
    )

    found = ruling("mit with additionref-LAB", None, True, "open", table(path))

    assert (found.allowed, found.source) == (False, "a contract")
    assert ruling("MIT WITH AdditionRef-lab", None, True, "research", table(path)).allowed
    assert ruling("MIT", None, True, "open", table(path)).allowed
