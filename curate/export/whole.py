"""What the licences of the rows mean for the data as a whole, and for its card on the Hub.

Rows under different licences may lie in one collection: each stays under its own, and whoever
passes the whole on keeps to all of them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from curate.export.described import Release
from curate.export.expressions import Licence
from curate.export.hub_licenses import OTHER, UNKNOWN, hub_license
from curate.export.license_table import Table, entry, source, terms
from curate.export.rulings import Judged, judge

LONGEST_NAME = 96
"""Characters of `license_name`."""
LICENSE_FILE = "LICENSE.md"
"""The file of an export that names each source with its licence."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The licence of all rows together."""

    expression: str | None
    """Distinct licences of the rows joined by AND; None where a row has none."""
    share_alike: list[str]
    """Licences whose rows are passed on under the same one."""
    non_commercial: list[str]
    """Licences whose rows may not be used commercially."""
    attribution: bool
    """Whether one asks that its author is named."""
    hub: list[str]
    """The Hub's identifiers, for `license` in a card; `other` or `unknown` alone."""
    name: str | None
    """`license_name`, where `hub` is `other`."""
    link: str | None
    """`license_link`, where `hub` is `other`: an address, or a file of the export."""
    summary: str
    """Two or three sentences for the card."""


def whole(licenses: Mapping[str | None, int], release: Release, table: Table) -> Whole:
    """The licence of a collection.

    Args:
        licenses: SPDX expression, None where none is known -> rows; `Refused.licenses`.
        release: for whom the data are.
        table: what licences allow.
    """
    judged = {one: judge(one, None, True, table) for one in licenses}
    parts = _parts(judged.values())
    unknown = sum(n for one, n in licenses.items() if not judged[one].parts)
    names = [one.spelled for one in parts]
    known = {one.spelled: found for one in parts if (found := entry(table, one.version))}
    alike = [name for name, found in known.items() if "share_alike" in found.asks]
    paid = [name for name, found in known.items() if "commercial" not in found.may]
    named = any("attribution" in found.asks for found in known.values())
    hub = _hub(parts, unknown)
    return Whole(
        expression=" AND ".join(names) if names and not unknown else None,
        share_alike=alike,
        non_commercial=paid,
        attribution=named,
        hub=hub,
        name=_name(names) if hub == [OTHER] else None,
        link=_link(parts, table) if hub == [OTHER] else None,
        summary=_summary(names, alike, paid, named, unknown, release),
    )


def conditions(teacher_licenses: Iterable[str | None], table: Table) -> list[str]:
    """What whoever trains on rows has to do by their teachers' terms, in sentences.

    Args:
        teacher_licenses: terms of the teachers, as rows have them.
        table: what terms ask for.
    """
    found = [terms(table, one) for one in teacher_licenses if one]
    return sorted({one.condition for one in found if one and one.condition})


def _parts(judged: Iterable[Judged]) -> list[Licence]:
    """The distinct licences, by their names."""
    distinct = {one for known in judged for one in known.parts}
    return sorted(distinct, key=lambda one: (one.spelled.casefold(), one.spelled))


def _hub(parts: list[Licence], unknown: int) -> list[str]:
    if unknown or not parts:
        return [UNKNOWN]
    found = sorted({hub_license(one.spelled) for one in parts})
    return [OTHER] if OTHER in found else found


def _name(names: list[str]) -> str:
    """A name in the letters that the Hub takes."""
    plain = "-and-".join(names).lower()
    name = re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")
    return name if len(name) <= LONGEST_NAME else f"{len(names)}-licences"


def _link(parts: list[Licence], table: Table) -> str:
    """The text of the only licence; the page that lists them where there are several."""
    found = entry(table, parts[0].version) if len(parts) == 1 else None
    address = source(found, parts[0].spelled).split(" ")[0] if found else ""
    return address if address.startswith("https://") else LICENSE_FILE


def _summary(
    names: list[str],
    alike: list[str],
    paid: list[str],
    named: bool,
    unknown: int,
    release: Release,
) -> str:
    told = []
    if len(names) == 1:
        told.append(f"{'The others are' if unknown else 'Every row is'} under {names[0]}.")
    elif names:
        each = "Each of the others" if unknown else "Each row"
        told.append(f"{each} is under the licence of its own source: {_list(names)}.")
    if unknown:
        told.insert(0, f"No licence is known of {_rows(unknown)}.")
    duties = [f"keeps rows under {_list(alike)} under the same licence"] if alike else []
    duties += ["names their sources"] if named else []
    if duties:
        told.append(f"Whoever passes rows on {' and '.join(duties)}.")
    if paid:
        told.append(f"Rows under {_list(paid)} may not be used commercially.")
    if release == "private":
        told.append("The data are not meant to be passed on.")
    return " ".join(told) or "It has no rows."


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"
