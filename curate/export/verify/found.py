"""What a check found: a line for each thing that is not as it should be."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

MOST = 100
"""Findings of one kind that are told one by one; the rest are counted."""
LONGEST = 120
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    what: str
    """Of a fixed list: file changed, quote not in context, …"""
    where: str
    """A file, or a file and a row's id."""
    expected: str
    found: str

    def __str__(self) -> str:
        """`<where>: <what>, expected <expected>, found <found>`, one line."""
        return f"{self.where}: {self.what}, expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of checking a folder."""

    checked: dict[str, int] = field(default_factory=dict)
    """What was checked -> how many."""
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    """Sentences on what was not looked at, and why."""

    def note(self, what: str, where: object, expected: object, found: object) -> None:
        """Add a finding; values are shortened to one printable line."""
        shown = (shortened(one) for one in (where, expected, found))
        self.findings.append(Finding(what, *shown))

    def note_all(self, what: str, query: str, one: duckdb.DuckDBPyConnection) -> int:
        """Add a finding for each row (where, expected, found) of a query, up to MOST of them.

        Returns how many there are.
        """
        one.execute(f"create or replace temp table noted as {query}")
        n = _number(one, "select count(*) from noted")
        for where, expected, found in one.execute(f"from noted limit {MOST}").fetchall():
            self.note(what, where, expected, found)
        if n > MOST:
            self.note(what, f"{n - MOST:,} more", "none", "not listed one by one")
        one.execute("drop table noted")
        return n

    def count(self, what: str, n: int) -> None:
        """Add to what was checked."""
        self.checked[what] = self.checked.get(what, 0) + n


def _number(one: duckdb.DuckDBPyConnection, query: str) -> int:
    rows: Sequence[tuple[int]] = one.execute(query).fetchall()
    return int(rows[0][0])


def shortened(value: object) -> str:
    """A value as one printable line of at most LONGEST characters."""
    text = "nothing" if value is None else str(value)
    line = "".join(one if one.isprintable() else "·" for one in text[: LONGEST + 1])
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
