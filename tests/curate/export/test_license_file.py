"""LICENSE.md says under what the whole may be used, and links each licence."""

from curate.export.license_file import license_file
from curate.export.policy import table, whole


def test_every_licence_has_its_rows_and_its_text() -> None:
    rows = {"CC-BY-4.0": 1_200, "MIT OR Apache-2.0": 3, None: 2}
    page = license_file(whole(rows, "private", table()), rows)

    assert "| CC-BY-4.0 | 1,200 | [CC-BY-4.0](<https://spdx.org/licenses/CC-BY-4.0.html>) |" in page
    assert "[MIT](<https://spdx.org/licenses/MIT.html>), [Apache-2.0](<" in page
    assert "| none known | 2 | – |" in page


def test_a_licence_that_is_markdown_stays_one_cell() -> None:
    rows = {"<b>|[x](javascript:1)": 1}
    (line,) = [
        one
        for one in license_file(whole(rows, "private", table()), rows).splitlines()
        if "javascript" in one and one.startswith("|")
    ]

    assert line == "| \\<b\\>\\|\\[x\\](javascript:1) | 1 | – |"
