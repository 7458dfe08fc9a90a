"""May a row be released? From the licence of its document and the terms of its teacher.

Every choice that the expressions offer is given a level, the most open release that allows it, and
the most open choice is taken. So what a release allows, each stricter one allows too. A choice with
several licences is as open as the least open of them, and in no public release where their
share-alike terms cannot be met by one and the same licence.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from curate.export.described import Release
from curate.export.expressions import (
    Choice,
    Licence,
    choices,
    every,
    spelled,
    version_of,
    versions_from,
)
from curate.export.license_table import LATER, License, Table, entry, source, terms
from curate.screen.measures.license import LONGEST

LEVELS: dict[Release, int] = {"open": 0, "research": 1, "private": 2}
"""Release -> the highest level that may be in it."""
FORBIDDEN = 3
"""The level of what no release may hold."""
UNSTATED = "unstated"
"""Terms of a teacher that is a model, where its recipe has no `output_license`."""
About = Literal["licence", "terms", "training"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a row may be in a release."""

    allowed: bool
    reason: str | None
    """One clause where it may not: `CC-BY-NC-4.0 forbids commercial use`."""
    source: str | None
    """Address of the text that says so."""
    license: str | None
    """SPDX expression that the row is under, without OR; None where none is known."""


@dataclass(frozen=True, slots=True)
class Level:
    """The most open release that a row may be in, and what keeps it from a more open one."""

    level: int
    about: About = "licence"
    reason: str | None = None
    source: str | None = None
    listed: bool = True
    """Whether the table has an entry for it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of one combination of licence, terms and `trainable`."""

    found: Level
    license: str | None
    parts: tuple[Licence, ...] = ()
    """The licences of `license`."""


ALLOWED = Level(0)


def ruling(
    license: str | None,  # noqa: A002  the column's name
    teacher_license: str | None,
    trainable: bool,
    release: Release,
    table: Table,
) -> Ruling:
    """Whether a row may be in a release.

    Args:
        license: SPDX expression of the document's licence.
        teacher_license: terms on what the teacher writes, an SPDX expression or a name.
        trainable: whether those terms allow training on it.
        release: for whom the data are.
        table: what licences and terms allow.
    """
    judged = judge(license, teacher_license, trainable, table)
    if judged.found.level <= LEVELS[release]:
        return Ruling(True, None, None, judged.license)
    return Ruling(False, judged.found.reason, judged.found.source, judged.license)


@lru_cache(maxsize=65_536)
def judge(
    license: str | None,  # noqa: A002  the column's name
    teacher_license: str | None,
    trainable: bool,
    table: Table,
) -> Judged:
    """The level of a row, and the licence that it is under."""
    named, offered = _of_teacher(teacher_license, table)
    found, parts = _of_licence(license, offered, table)
    if not trainable:
        named = Level(FORBIDDEN, "training", "the terms of its teacher forbid training on it")
    worst = named if named.level > found.level else found
    return Judged(worst, spelled(parts) if parts else None, parts)


def _of_teacher(name: str | None, table: Table) -> tuple[Level, tuple[Choice, ...]]:
    """(level of terms with a name of their own, choices of those that are an SPDX expression)."""
    if name is None or not name.strip():
        return ALLOWED, ((),)
    if name == UNSTATED:
        return Level(2, "terms", "nobody has said under what terms its teacher writes"), ((),)
    known = terms(table, name)
    if known is not None:
        level = 0 if "open" in known.releases else 1 if "research" in known.releases else 2
        reason = f"the terms of its teacher, {shown(name)}, {known.reason}"
        return Level(level, "terms", reason, known.source), ((),)
    offered = choices(name)
    if offered is None:
        reason = f"the table has no entry for the terms of its teacher, {shown(name)}"
        return Level(2, "terms", reason, listed=False), ((),)
    return ALLOWED, offered


def _of_licence(
    expression: str | None, of_teacher: tuple[Choice, ...], table: Table
) -> tuple[Level, Choice]:
    """The level of the most open choice, and its licences: the document's first."""
    if expression is None or not expression.strip():
        return Level(2, reason="no licence is known"), ()
    own = choices(expression)
    if own is None:
        long = len(expression) > LONGEST
        what = f"longer than {LONGEST:,} characters" if long else "no SPDX expression"
        return Level(2, reason=f"{shown(expression)} is {what}"), ()
    joined = every([own, tuple(_that_stay(choice, table) for choice in of_teacher)])
    if joined is None:
        return Level(2, reason="licence and terms offer too many choices"), ()
    names = {one for choice in own for one in choice}
    ranked = [(_level(choice, names, table), choice) for choice in joined]
    return min(ranked, key=lambda one: (one[0].level, *_demands(one[1], table)))


def _that_stay(choice: Choice, table: Table) -> Choice:
    """Those of a teacher's licences that its answers are under.

    One that asks for no more than a notice speaks of the model, and its answers are free of it.
    """
    found = [(one, entry(table, one.version)) for one in choice]
    return tuple(
        one
        for one, known in found
        if known is None or "share_alike" in known.asks or len(known.may) < 3
    )


def _demands(choice: Choice, table: Table) -> tuple[int, int]:
    """(licences that ask for the same licence, for attribution): the fewer, the better."""
    known = [found for one in choice if (found := entry(table, one.version))]
    alike = sum("share_alike" in one.asks for one in known)
    return alike, sum("attribution" in one.asks for one in known)


def _level(choice: Choice, of_document: set[Licence], table: Table) -> Level:
    """The level of licences that all have to be kept to."""
    levels = [_of_one(one, one in of_document, table) for one in choice]
    worst = max(levels, key=lambda one: one.level, default=ALLOWED)
    return worst if worst.level >= 2 or meet(choice, table) else _apart(choice, table)


def _of_one(one: Licence, of_document: bool, table: Table) -> Level:
    """The level of a single licence."""
    about: About = "licence" if of_document else "terms"
    name = one.spelled if of_document else f"{one.spelled}, under which its teacher writes,"
    known = entry(table, one.version)
    if known is None:
        return Level(2, about, f"{shown(name)} has no entry in the table", listed=False)
    level = 2 if not {"redistribute", "adapt"} <= set(known.may) else "commercial" not in known.may
    if not level:
        return ALLOWED
    return Level(int(level), about, f"{name} {known.reason}", source(known, one.spelled))


def meet(choice: Choice, table: Table) -> bool:
    """Whether one licence meets the share-alike terms of all: one work has to be under it."""
    known = {one: found for one in choice if (found := entry(table, one.version))}
    alike = [_targets(one, table) for one, found in known.items() if "share_alike" in found.asks]
    if not alike:
        return True
    common = frozenset.intersection(*alike)
    if all("commercial" in found.may for found in known.values()):
        return bool(common)
    return any((found := entry(table, one)) and "commercial" not in found.may for one in common)


def _targets(one: Licence, table: Table) -> frozenset[str]:
    """Versions of licences under which an adaptation of a share-alike work may be passed on.

    No more than the licence itself names: what may be done from there on is not followed.
    """
    own = versions_from(one.version, same_port=True) if one.later else {one.version}
    found = set(own)
    for version in own:
        known: License | None = entry(table, version)
        for also in known.also if known else ():
            found |= versions_from(version, False) if also == LATER else {version_of(also)}
    return frozenset(found)


def _apart(choice: Choice, table: Table) -> Level:
    known = [(one, found) for one in choice if (found := entry(table, one.version))]
    bound = [one for one in known if "share_alike" in one[1].asks or len(one[1].may) < 3]
    names = " and ".join(one.spelled for one, _ in bound)
    reason = f"{names} cannot be met by one work: what has share-alike terms needs one licence"
    one, found = next(one for one in bound if "share_alike" in one[1].asks)
    return Level(2, "licence", reason, source(found, one.spelled))


def shown(text: str) -> str:
    """Someone's words in a message: on one line, and not too many."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return plain if len(plain) <= 80 else plain[:79] + "…"
