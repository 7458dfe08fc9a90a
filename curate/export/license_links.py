"""Addresses of the texts of licences: the page of SPDX for each id of an expression."""

from functools import lru_cache

SPDX = "https://spdx.org/licenses/{}.html"
LONGEST = 1_000


@lru_cache(maxsize=4096)
def links(expression: str | None) -> dict[str, str]:
    """SPDX id -> address of its text, in the order of the expression.

    What SPDX does not list (`LicenseRef-…`, a broken expression) has no address and is left out.
    """
    from license_expression import ExpressionError, ExpressionParseError, get_spdx_licensing

    if not expression or len(expression) > LONGEST:
        return {}
    spdx = get_spdx_licensing()
    try:
        keys = spdx.license_keys(expression, unique=True)
    except (ExpressionError, ExpressionParseError, IndexError):  # the last of `()`
        return {}
    known = spdx.known_symbols
    return {key: SPDX.format(key) for key in keys if key in known and not known[key].is_exception}
