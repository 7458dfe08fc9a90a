"""`LICENSE.md`: under what the whole may be used, and each licence of its rows with its text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from curate.export.license_links import links
from curate.export.markdown import escape, link

if TYPE_CHECKING:
    from curate.export.whole import Whole

FILE = "LICENSE.md"


def license_file(whole: "Whole", licenses: Mapping[str | None, int]) -> str:
    """The page.

    Args:
        whole: the licence of the whole.
        licenses: SPDX expression of rows, or None where none is known -> how many.
    """
    listed = [
        (
            escape(name or "none known"),
            f"{n:,}",
            ", ".join(link(one, address) for one, address in links(name).items()) or "–",
        )
        for name, n in licenses.items()
    ]
    table = "\n".join(
        ["| licence | rows | text |", "| --- | --- | --- |"]
        + [f"| {' | '.join(cells)} |" for cells in listed]
    )
    return f"# Licence\n\n{whole.summary}\n\nEvery row keeps its own licence.\n\n{table}\n"
