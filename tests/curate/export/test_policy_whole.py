"""The licence of a collection is all that its rows have; its card says what that asks for."""

import re
from pathlib import Path

import pytest
from huggingface_hub import DatasetCardData

from curate.export.hub_licenses import FAMILIES, NAMED, SAME, hub_license
from curate.export.license_table import SHIPPED, entry
from curate.export.policy import table, whole
from tests.conftest import ROOT

TABLE = table()
RELEASE_DOC = ROOT / "docs" / "release.md"


def test_one_licence_has_the_hubs_name() -> None:
    found = whole({"CC-BY-4.0": 3}, "open", TABLE)

    assert (found.expression, found.hub, found.name, found.link) == (
        *("CC-BY-4.0", ["cc-by-4.0"], None, None),
    )
    assert (
        found.summary == "Every row is under CC-BY-4.0. Whoever passes rows on names their sources."
    )


def test_rows_keep_their_own_licences() -> None:
    found = whole({"CC-BY-SA-4.0": 1, "MIT": 2, "CC-BY-NC-4.0 AND MIT": 1}, "research", TABLE)

    assert found.expression == "CC-BY-NC-4.0 AND CC-BY-SA-4.0 AND MIT"
    assert found.hub == ["cc-by-nc-4.0", "cc-by-sa-4.0", "mit"]
    assert (found.share_alike, found.non_commercial) == (["CC-BY-SA-4.0"], ["CC-BY-NC-4.0"])
    assert found.summary == (
        "Each row is under the licence of its own source: CC-BY-NC-4.0, CC-BY-SA-4.0 and MIT. "
        "Whoever passes rows on keeps rows under CC-BY-SA-4.0 under the same licence and names "
        "their sources. Rows under CC-BY-NC-4.0 may not be used commercially."
    )


def test_what_the_hub_lacks_is_named_and_linked() -> None:
    found = whole({"CC-BY-3.0-IGO": 2}, "open", TABLE)
    assert (found.hub, found.name) == (["other"], "cc-by-3.0-igo")
    assert found.link == "https://creativecommons.org/licenses/by/3.0/igo/legalcode"

    several = whole({"CC-BY-3.0-IGO": 2, "MIT": 1}, "open", TABLE)
    assert (several.name, several.link) == ("cc-by-3.0-igo-and-mit", "LICENSE.md")


def test_many_licences_still_make_a_name_that_the_hub_takes() -> None:
    found = whole({f"LicenseRef-of.Publisher-{n}": 1 for n in range(40)}, "private", TABLE)

    assert found.name == "40-licences"


def test_a_row_without_a_licence_leaves_the_whole_without() -> None:
    found = whole({"MIT": 1, None: 1_234, "not a licence": 1}, "private", TABLE)

    assert (found.expression, found.hub) == (None, ["unknown"])
    assert found.summary.startswith("No licence is known of 1,235 rows. The others are under MIT.")
    assert found.summary.endswith("The data are not meant to be passed on.")


def test_public_domain_asks_for_nothing() -> None:
    found = whole({"CC0-1.0": 5}, "open", TABLE)

    assert not found.attribution
    assert found.summary == "Every row is under CC0-1.0."


@pytest.mark.parametrize(
    ("identifier", "hub"),
    [
        ("GPL-2.0-or-later", "gpl-2.0"),
        ("AGPL-3.0-only", "agpl-3.0"),
        ("ODbL-1.0", "odbl"),
        ("ODC-By-1.0", "odc-by"),
        ("PDDL-1.0", "pddl"),
        ("GFDL-1.3-no-invariants-or-later", "gfdl"),
        ("CC-BY-SA-2.0", "other"),
        ("CC-BY-4.0", "cc-by-4.0"),
        ("LicenseRef-x", "other"),
        ("GPL-3.0-only WITH GCC-exception-3.1", "other"),
    ],
)
def test_the_hubs_names(identifier: str, hub: str) -> None:
    assert hub_license(identifier) == hub


def test_names_of_the_hub_are_in_small_letters() -> None:
    for name in (*SAME, *NAMED.values(), *FAMILIES.values()):
        assert re.fullmatch(r"[a-z0-9.-]+", name)


def test_the_card_of_the_hub_takes_what_is_made() -> None:
    for licenses in ({"MIT": 1, "CC-BY-4.0": 1}, {"CC-BY-3.0-IGO": 1}, {None: 1}):
        found = whole(licenses, "private", TABLE)  # type: ignore[arg-type]
        card = DatasetCardData(license=found.hub, license_name=found.name, license_link=found.link)
        assert card.to_dict()["license"] == found.hub


def test_the_example_of_the_documentation_is_taken(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", RELEASE_DOC.read_text(), re.M | re.S)
    path = tmp_path / "policy.yaml"
    path.write_text(example, encoding="utf-8")

    found = entry(table(path), "licenseref-publisher-tdm")

    assert found is not None
    assert "commercial" not in found.may


def test_what_the_documentation_says_is_not_in_the_table_is_not() -> None:
    assert "Mistral" not in SHIPPED.read_text(encoding="utf-8")


def test_the_others_are_told_apart_from_rows_without_a_licence() -> None:
    found = whole({"MIT": 2, "CC-BY-4.0": 3, None: 1}, "private", TABLE)

    assert found.summary.startswith(
        "No licence is known of 1 row. Each of the others is under the licence of its own source: "
    )
