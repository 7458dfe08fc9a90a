"""SPDX expressions as the choices that they offer: `MIT OR (ISC AND Zlib)` -> MIT; ISC and Zlib.

`license_expression` parses and has SPDX's list of ids. What it leaves to others is done here: ids
that were replaced, `+`, `LicenseRef-…`. Source: SPDX 3.0.1, annex B.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from curate.screen.measures.license import ADDED, DEPRECATED, LONGEST, NAMED, UNLISTED

CHOICES = 256
"""An expression with more of them is refused: ten pairs in brackets would make a thousand."""
FAMILY = re.compile(r"(?P<family>.*?-)(?P<version>\d+(?:\.\d+)*)(?P<rest>\S*)")
"""`cc-by-sa-3.0-de` -> `cc-by-sa-`, `3.0`, `-de`."""


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence that an expression names."""

    spelled: str
    """As SPDX writes it, with its exception: `GPL-2.0-or-later WITH Classpath-exception-2.0`."""
    version: str
    """In small letters, without exception and without whether later ones may be chosen: `gpl-2.0`.

    An exception that SPDX does not list may take away what the licence gives (the Commons Clause
    does), so it makes a licence of its own: `mit with additionref-lab`."""
    later: bool
    """Whether later versions may be chosen."""


Choice = tuple[Licence, ...]
"""Licences that all have to be kept to."""


@cache
def _licensing() -> Any:  # noqa: ANN401  the library has no types
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@cache
def listed() -> dict[str, tuple[str, bool]]:
    """Id in small letters, also a deprecated one -> (the id as SPDX writes it, is it an exception).

    What the library adds to SPDX's list under the name of its own scanner is in it too.
    """
    symbols = list(_licensing().known_symbols.values())
    named = [(alias, one) for one in symbols for alias in one.aliases]
    named += [(one.key, one) for one in symbols]
    return {name.lower(): (str(one.key), bool(one.is_exception)) for name, one in named}


def version_of(identifier: str) -> str:
    """`GPL-3.0-only` and `GPL-3.0-or-later` -> `gpl-3.0`; other ids in small letters."""
    return identifier.lower().removesuffix("-only").removesuffix("-or-later").removesuffix("+")


def licence(name: str) -> Licence | None:
    """The licence of an id without exception; None where it is none."""
    plain = name.lower()
    if plain in DEPRECATED:
        own = f"{name[:7].upper()}-only"
        exception, _ = listed().get(DEPRECATED[plain].lower(), (DEPRECATED[plain], True))
        return Licence(f"{own} WITH {exception}", version_of(own), later=False)
    key, is_exception = listed().get(plain, ("", False))
    if key and not is_exception:
        return Licence(key, version_of(key), key.lower().endswith("-or-later"))
    if NAMED.fullmatch(plain):
        return Licence(name, plain, later=False)
    if plain[-1:] == "+" and (own_version := licence(name[:-1])) and not own_version.later:
        return Licence(f"{own_version.spelled}+", own_version.version, later=True)
    return None


def named(words: list[str]) -> Licence | None:
    """The licence of `id` or `id WITH exception`; None where it is none."""
    found = licence(words[0]) if words else None
    if found is None or len(words) == 1:
        return found
    exception, known = listed().get(words[-1].lower(), (words[-1], False))
    known = known or words[-1].lower().startswith(ADDED)
    if len(words) != 3 or words[1].lower() != "with" or not known or " " in found.spelled:
        return None
    own = exception.lower().startswith(UNLISTED)
    version = f"{found.version} with {exception.lower()}" if own else found.version
    return Licence(f"{found.spelled} WITH {exception}", version, found.later and not own)


@lru_cache(maxsize=4096)
def choices(expression: str) -> tuple[Choice, ...] | None:
    """What an expression offers, in its order.

    None where it is no SPDX expression, longer than LONGEST characters, or has more than CHOICES.
    """
    from license_expression import ExpressionError, ExpressionParseError

    if len(expression) > LONGEST:
        return None
    try:
        tree = _licensing().parse(expression)
    except (ExpressionError, ExpressionParseError, IndexError):  # the last of `()`
        return None
    return None if tree is None else _offered(tree)


def _offered(tree: object) -> tuple[Choice, ...] | None:
    """The choices of a parsed expression; it is as deep as LONGEST characters can make it."""
    branches = getattr(tree, "args", ())
    if not branches:
        found = named(str(tree).split())
        return None if found is None else ((found,),)
    offered = [_offered(branch) for branch in branches]
    if None in offered:
        return None
    known = [one for one in offered if one is not None]
    if type(tree).__name__ == "AND":
        return every(known)
    return _distinct(itertools.chain.from_iterable(known))


def every(offered: list[tuple[Choice, ...]]) -> tuple[Choice, ...] | None:
    """The choices of expressions that are joined by AND."""
    joined: tuple[Choice, ...] | None = ((),)
    for one in offered:
        if joined is None or len(joined) * len(one) > CHOICES:
            return None
        joined = _distinct(left + right for left, right in itertools.product(joined, one))
    return joined


def _distinct(offered: Iterable[Choice]) -> tuple[Choice, ...] | None:
    found = tuple(dict.fromkeys(tuple(dict.fromkeys(choice)) for choice in offered))
    return found if len(found) <= CHOICES else None


def spelled(choice: Choice) -> str:
    """One choice as an SPDX expression."""
    return " AND ".join(one.spelled for one in choice)


def versions_from(version: str, same_port: bool) -> set[str]:
    """A version and the later ones of its licence that SPDX lists: `gpl-2.0` -> and `gpl-3.0`.

    Args:
        version: as `Licence.version`.
        same_port: whether what follows the number has to be the same: `-de`, `-invariants`.
    """
    own = FAMILY.fullmatch(version)
    if own is None:
        return {version}
    later = {
        other
        for other, rest, number in _families().get(own["family"], [])
        if number >= _number(own["version"]) and (rest == own["rest"] or not same_port)
    }
    return later | {version}


@cache
def _families() -> dict[str, list[tuple[str, str, tuple[int, ...]]]]:
    """Family -> (version, what follows its number, the number)."""
    found: dict[str, list[tuple[str, str, tuple[int, ...]]]] = {}
    for key, is_exception in listed().values():
        match = FAMILY.fullmatch(version_of(key))
        if match and not is_exception:
            one = match[0], match["rest"], _number(match["version"])
            found.setdefault(match["family"], []).append(one)
    return found


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
