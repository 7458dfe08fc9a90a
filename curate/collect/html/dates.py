"""Dates as pages write them -> ISO 8601, as precise as they are. Reads and writes nothing."""

import datetime
import re

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
NUMERIC = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T\s].*)?")
DAY_FIRST = re.compile(
    r"(?:\w+,\s*)?(\d{1,2})(?:st|nd|rd|th)?\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})\b.*"
)
MONTH_FIRST = re.compile(
    r"(?:\w+,\s*)?([A-Za-z]{3,9})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})\b.*"
)


def published(text: str) -> str | None:
    """ISO date of `2020/3/5`, `5 March 2020`, `Mar 2020`, `2020-03-05T10:00Z`; None of no date."""
    text = text.strip()[:60]
    if match := NUMERIC.fullmatch(text):
        return _iso(match[1], match[2], match[3])
    if match := DAY_FIRST.fullmatch(text):
        return _iso(match[3], _month(match[2]), match[1])
    if match := MONTH_FIRST.fullmatch(text):
        return _iso(match[3], _month(match[1]), match[2])
    return None


def _month(name: str) -> str | None:
    short = name[:3].lower()
    return str(MONTHS.index(short) + 1) if short in MONTHS else "13"


def _iso(year: str, month: str | None, day: str | None) -> str | None:
    """Year, month and day as far as they are given; None where there is no such date."""
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return date.isoformat()[: 10 if day else 7 if month else 4]
