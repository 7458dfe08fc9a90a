"""Whether a row's licence lets it be used. Reads an SPDX expression a row.

An expression is allowed when its licences are: both sides of AND, either side of OR; a licence WITH
an exception counts as the licence. The few distinct expressions of a corpus are parsed once each.
"""

from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

VERSION = 1
COLUMNS = {
    "license_known": ("bool", "the row has a licence, and it is a valid SPDX expression"),
    "license_allowed": ("bool", "every licence that the expression requires is in `allow`"),
}
OPEN = (
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "Zlib"),
    *("PSF-2.0", "Python-2.0", "Unlicense", "CC0-1.0", "CC-PDDC", "PDDL-1.0"),
    *("CC-BY-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0"),
)
"""Licences that ask for no more than attribution; share-alike, non-commercial and no-derivatives
terms are for the user to allow."""


class Params(BaseModel):
    """What is allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    license: str = "license"
    """Column that holds the SPDX expression."""
    allow: tuple[str, ...] = OPEN
    """SPDX ids of the licences that may be used."""


@lru_cache(maxsize=4096)
def judged(expression: str, allow: tuple[str, ...]) -> tuple[bool, bool]:
    """(is it a valid SPDX expression, is it allowed)."""
    from license_expression import ExpressionError, get_spdx_licensing

    licensing = get_spdx_licensing()
    try:
        tree = licensing.parse(expression, validate=True)
    except ExpressionError:
        return False, False
    return (False, False) if tree is None else (True, _allowed(tree, frozenset(allow)))


def _allowed(tree: object, allow: frozenset[str]) -> bool:
    """Whether a parsed expression can be met with these licences alone."""
    from license_expression import LicenseWithExceptionSymbol

    if isinstance(tree, LicenseWithExceptionSymbol):
        return tree.license_symbol.key in allow
    branches = getattr(tree, "args", ())
    if not branches:
        return getattr(tree, "key", None) in allow
    met = [_allowed(branch, allow) for branch in branches]
    return all(met) if type(tree).__name__ == "AND" else any(met)


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order."""
    coded = pc.dictionary_encode(rows.column(params.license))
    verdicts = [judged(expression, params.allow) for expression in coded.dictionary.to_pylist()]
    columns = [
        pc.fill_null(pa.array(column, pa.bool_()).take(coded.indices), False)
        for column in ([known for known, _ in verdicts], [allowed for _, allowed in verdicts])
    ]
    return pa.record_batch(columns, names=list(COLUMNS))
