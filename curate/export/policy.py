"""What may be released, in one place: the table, rulings on rows, refusals, the whole.

`open`: anybody may share, adapt and use it for any purpose. `research`: in public, for use that is
not commercial. `private`: it stays in the house. docs/release.md tells the rules.
"""

from curate.export.described import Release
from curate.export.license_table import Table, table
from curate.export.refusals import Refused, refused
from curate.export.rulings import UNSTATED, Ruling, ruling
from curate.export.whole import Whole, conditions, whole

__all__ = [
    "UNSTATED", "Refused", "Release", "Ruling", "Table", "Whole", "conditions", "refused", "ruling",
    "table", "whole",
]  # fmt: skip
