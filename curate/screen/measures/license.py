"""Whether a row's licence, and the terms of the teacher that wrote it, let it be used.

Reads an SPDX expression a row, and where rows have them `teacher_license` and `trainable`. An
expression is allowed when its licences are: both sides of AND, either side of OR. A licence WITH an
exception of SPDX's list counts as the licence, or is allowed by itself; one "or later"
(`GPL-2.0-or-later`, `Apache-2.0+`) is allowed where its own version is; a deprecated id counts as
the one that replaced it. `LicenseRef-…`, and a licence WITH another exception, are allowed only by
their name.

`license_expression` parses each distinct expression once, and has the SPDX list of ids. Source:
SPDX 3.0.1, annex B.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, field_validator

VERSION = 3
COLUMNS = {
    "license_known": ("bool", "the row has a licence, and it is a valid SPDX expression"),
    "license_allowed": ("bool", "every licence that the expression requires is in `allow`"),
    "terms_allowed": (
        "bool",
        "its teacher's terms allow training on it and are in `allow_terms`; true without a teacher",
    ),
}
OPEN = (
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "Zlib"),
    *("PSF-2.0", "Python-2.0", "Unlicense", "CC0-1.0", "CC-PDDC", "PDDL-1.0"),
    *("CC-BY-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0"),
)
"""Licences that ask for no more than attribution; share-alike, non-commercial and no-derivatives
terms are for the user to allow."""
LONGEST = 1_000
"""Characters of an expression; a longer one is no licence that anybody wrote."""
NAMED = re.compile(r"(?:documentref-[a-z0-9.-]+:)?licenseref-[a-z0-9.-]+")
"""A licence that SPDX does not list, in small letters."""
ADDED = "additionref-"
"""How an exception begins that SPDX does not list."""
UNLISTED = (ADDED, "licenseref-")
"""How exceptions begin that SPDX does not list: allowed by their own name alone."""
DEPRECATED = {
    "gpl-2.0-with-autoconf-exception": "autoconf-exception-2.0",
    "gpl-2.0-with-bison-exception": "bison-exception-2.2",
    "gpl-2.0-with-classpath-exception": "classpath-exception-2.0",
    "gpl-2.0-with-font-exception": "font-exception-2.0",
    "gpl-2.0-with-gcc-exception": "gcc-exception-2.0",
    "gpl-3.0-with-autoconf-exception": "autoconf-exception-3.0",
    "gpl-3.0-with-gcc-exception": "gcc-exception-3.1",
}
"""Ids that SPDX had for a licence with an exception -> the exception."""
NO_LICENCE = (False, False)


class Params(BaseModel):
    """What is allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    license: str = "license"
    """Column that holds the SPDX expression."""
    allow: tuple[str, ...] = OPEN
    """SPDX ids of the licences that may be used; also `LicenseRef-…`, or a licence WITH an
    exception."""
    teacher_license: str = "teacher_license"
    """Column with the terms on what a teacher writes, where rows have it."""
    trainable: str = "trainable"
    """Column that says whether those terms allow training, where rows have it."""
    allow_terms: tuple[str, ...] | None = None
    """Teachers' terms that may be used: names as recipes give them, or SPDX ids; all by default."""

    @field_validator("allow")
    @classmethod
    def _are_licences(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        for one in allow:
            if _licence(one.lower().split()) is None:
                near = difflib.get_close_matches(one.lower(), _listed(), 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise ValueError(f"{one} is not the SPDX id of a licence{hint}")
        return allow


def reads(params: Params, available: Sequence[str]) -> list[str]:
    """The columns that are read: the licence, and a teacher's terms where rows have them."""
    terms = [name for name in (params.teacher_license, params.trainable) if name in available]
    return [params.license, *terms]


@cache
def _licensing() -> Any:  # noqa: ANN401  the library has no types
    """The library's parser; making it takes a twentieth of a second."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@cache
def _listed() -> dict[str, tuple[str, bool]]:
    """Id or deprecated id in small letters -> (its SPDX id likewise, is it an exception)."""
    symbols = list(_licensing().known_symbols.values())
    named = [(alias, one) for one in symbols for alias in one.aliases]
    named += [(one.key, one) for one in symbols]
    return {name.lower(): (one.key.lower(), bool(one.is_exception)) for name, one in named}


def _plain(name: str) -> str | None:
    """The id of a licence in small letters, that of its successor where it is deprecated."""
    if NAMED.fullmatch(name):
        return name
    key, is_exception = _listed().get(name, ("", False))
    if key and not is_exception:
        return key
    if name in DEPRECATED:
        return f"{name[:7]}-only with {DEPRECATED[name]}"
    licence = _plain(name[:-1]) if name[-1:] == "+" != name[-2:-1] else None
    return licence and f"{licence}+"


def _licence(words: Sequence[str]) -> str | None:
    """The same of `id` or `id with exception`; None where that is no licence."""
    licence = _plain(words[0]) if words else None
    if licence is None or len(words) == 1:
        return licence
    exception, is_exception = _listed().get(words[-1], (words[-1], words[-1].startswith(ADDED)))
    found = len(words) == 3 and words[1] == "with" and is_exception and " " not in licence
    return f"{licence} with {exception}" if found else None


def _granted_by(licence: str) -> set[str]:
    """Licences any of which, when it is allowed, allows this one."""
    name, _, exception = licence.partition(" with ")
    if exception.startswith(UNLISTED):  # it may take away what the licence gives
        return {licence}
    version, later, _ = name.partition("-or-later")
    granted = {name, f"{version}-only" if later else name.removesuffix("+")}
    return granted | {f"{one} with {exception}" for one in granted if exception}


@cache
def _allowed(allow: tuple[str, ...]) -> frozenset[str]:
    """Licences that are allowed; what is no licence is left as it is written."""
    return frozenset(_licence(one.lower().split()) or one.lower() for one in allow)


@lru_cache(maxsize=4096)
def judged(expression: str, allow: tuple[str, ...]) -> tuple[bool, bool]:
    """(is it a valid SPDX expression, is it allowed)."""
    from license_expression import ExpressionError, ExpressionParseError

    if len(expression) > LONGEST:
        return NO_LICENCE
    try:
        tree = _licensing().parse(expression)
    except (ExpressionError, ExpressionParseError, IndexError):  # the last of `()`
        return NO_LICENCE
    met = None if tree is None else _met(tree, _allowed(allow))
    return NO_LICENCE if met is None else (True, met)


def _met(tree: object, allowed: frozenset[str]) -> bool | None:
    """Whether a parsed expression can be met with these licences alone; None where it names none.

    It is as deep as an expression of LONGEST characters can be.
    """
    branches = getattr(tree, "args", ())
    if branches:
        met = [_met(branch, allowed) for branch in branches]
        if None in met:
            return None
        return all(met) if type(tree).__name__ == "AND" else any(met)
    licence = _licence(str(tree).lower().split())
    return None if licence is None else not _granted_by(licence).isdisjoint(allowed)


def _terms(terms: str | None, allow: tuple[str, ...]) -> bool:
    """Whether a teacher's terms are among those that are allowed; no terms always are."""
    if not terms or not terms.strip():
        return True
    same = terms.strip().casefold() in {one.strip().casefold() for one in allow}
    return same or judged(terms, allow)[1]


def _told(values: pa.Array, tell: Callable[[str], tuple[bool, ...]], n: int) -> list[pa.Array]:
    """What is told of each value, as n arrays of (n_rows,); a value is asked about once."""
    coded = pc.dictionary_encode(values.cast(pa.string()))
    answers = [tell(one) for one in coded.dictionary.to_pylist()]
    return [
        pa.array([answer[place] for answer in answers], pa.bool_()).take(coded.indices)
        for place in range(n)
    ]


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order."""
    expressions, allow = rows.column(params.license), params.allow_terms
    columns = _told(expressions, lambda one: judged(one, params.allow), 2)
    met = pa.repeat(True, len(rows))
    if allow is not None and params.teacher_license in rows.schema.names:
        terms = rows.column(params.teacher_license)
        (named,) = _told(terms, lambda one: (_terms(one, allow),), 1)
        met = pc.fill_null(named, True)
    if params.trainable in rows.schema.names:
        met = pc.and_(met, pc.fill_null(rows.column(params.trainable).cast(pa.bool_()), True))
    filled = [pc.fill_null(column, False) for column in columns]
    return pa.record_batch([*filled, met], names=list(COLUMNS))
