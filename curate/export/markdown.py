"""Text from data in Markdown: shown as it is written, whatever syntax it holds.

ASCII marks that CommonMark and GitHub's tables, mathematics and links give a meaning are escaped by
a backslash (CommonMark 0.31, section 2.4); control characters, line ends and marks that change the
direction of writing become a space. So nothing of a title is a link, a picture, HTML or a new cell.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

BLANK = r"[\p{Cc}\p{Z}\x{202A}-\x{202E}\x{2066}-\x{2069}]+"
ACTIVE = r"([\\`*_\[\]<>|~$&])"
ADDRESS = r"(://|\b(?:www|WWW)\.)"
"""Where a bare address begins that GitHub would make a link of."""
_BLANK = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\\s]+")
_ACTIVE, _ADDRESS = re.compile(ACTIVE), re.compile(ADDRESS, re.IGNORECASE)
SAFE = "/:?=#%@,;+~!'"
"""What stays as it is in an address, beside letters and digits."""


def escape(text: object) -> str:
    """A value as one line of Markdown that shows it as it is; null is a dash."""
    if text is None:
        return "–"
    return _ADDRESS.sub(_apart, _ACTIVE.sub(r"\\\1", shown(str(text))))


def shown(text: str) -> str:
    """A text as one line without control characters; nothing is escaped."""
    return _BLANK.sub(" ", text).strip()


def _apart(found: re.Match[str]) -> str:
    return "\\" + found[0] if found[0][0] == ":" else found[0][:-1] + "\\."


def escaped(column: str) -> str:
    """SQL of the same for a column: DuckDB's regular expressions are RE2's."""
    line = f"trim(regexp_replace({column}, '{BLANK}', ' ', 'g'))"
    line = f"regexp_replace({line}, '{ACTIVE}', '\\\\\\1', 'g')"
    line = f"replace({line}, '://', '\\://')"
    return f"regexp_replace({line}, '\\b(www)\\.', '\\1\\\\.', 'gi')"


def link(text: str, address: str) -> str:
    """A link; only what an address may hold stays as it is in it."""
    return f"[{escape(text)}](<{quote(address, safe=SAFE)}>)"


def rows(header: Sequence[str], cells: Iterable[Sequence[object]]) -> str:
    """A table; every cell is escaped, numbers have thousands parted."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(_cell(one) for one in each) + " |" for each in cells]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else escape(value)


def fenced(text: str, language: str = "") -> str:
    """A block of code behind a fence that is longer than any in it."""
    longest = max((len(one) for one in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    plain = "".join(one if one.isprintable() or one in "\n\t" else " " for one in text)
    return f"{fence}{language}\n{plain.rstrip()}\n{fence}"
