"""What a paper says of itself in print: DOI, arXiv id, licence, date.

Reads the lines of its first and last page; gives only what is certain.
"""

import datetime
import re
from collections.abc import Sequence
from itertools import takewhile

from curate.collect import licenses
from curate.collect.pdf.layout import Line
from curate.collect.pdf.paragraphs import plain
from curate.collect.pdf.references import clean_doi, doi_in

ARXIV = re.compile(r"arXiv:\s?((?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?)")
DOI_LABEL = re.compile(r"(?:doi(?:\.org)?\s*[:/]?\s*/?\s*)(10\.\d{4,9}/\S+)", re.IGNORECASE)
ADDRESS = re.compile(
    r"creativecommons\.\s?org\s?/\s?(?:licen[sc]es\s?/\s?(?P<kind>by(?:-nc)?(?:-sa|-nd)?)\s?/\s?"
    r"(?P<version>[1-4]\.\d)(?:/(?P<port>igo|[a-z]{2})\b)?|publicdomain\s?/\s?(?P<zero>zero)\s?/\s?1\.0)",
    re.IGNORECASE,
)
SHORT = re.compile(r"\bCC[ -]BY((?:-NC)?(?:-SA|-ND)?)[ -]([1-4]\.0)\b", re.IGNORECASE)
LONG = re.compile(
    r"Creative Commons Attribution(?P<parts>(?:[\s\u2010-\u2014-]*(?:Non-?\s?Commercial"
    r"|Share-?\s?Alike|No-?\s?Deriv(?:ative|ativ|s)?(?:e?s)?|Works))*)\s*"
    r"(?:\(CC[- ]BY[^)]{0,12}\)\s*)?(?:International |Unported )?(?:License |Licence )?,?\s?"
    r"(?:\(?version )?(?P<version>[1-4]\.\d)",
    re.IGNORECASE,
)
MENTIONED = re.compile(r"creative\s?commons|cc(?<=\bcc)(?:[- ]by|0\b)|all rights reserved")
"""In small letters, and each choice begins with one: `re` skips all other characters then."""
OWN = re.compile(r"open access|\bthis (?:article|work|paper) is\b|copyright|©", re.IGNORECASE)
PUBLISHED = re.compile(
    r"\bpublished(?: online)?\s*(?:on\s+|date\s*)?[:\s]\s*"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Z][a-z]{2,8})\.?,?[ -](\d{4})"
    r"|([A-Z][a-z]{2,8})\.? (\d{1,2}),? (\d{4}))",
    re.IGNORECASE,
)
MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}


def of_page(lines: Sequence[Line]) -> list[str]:
    """The text of the lines on the first line's page, which come before all others."""
    page = lines[0].page
    return [plain(line.text) for line in takewhile(lambda line: line.page == page, lines)]


def of_last_page(lines: Sequence[Line]) -> list[str]:
    """The same of the last line's page, in their order."""
    return of_page(lines[::-1])[::-1]


def doi(lines: Sequence[str], meta: Sequence[str]) -> str | None:
    """The paper's own DOI: from the metadata, else the first that its first page prints."""
    for value in meta:
        if found := doi_in(value):
            return found
    text = "\n".join(lines)
    if match := DOI_LABEL.search(text):
        return clean_doi(match[1])
    for line in lines:
        if found := doi_in(line):
            return found
    return None


def arxiv_id(turned: Sequence[str], lines: Sequence[str]) -> str | None:
    """From the stamp in the margin, or where it is printed upright."""
    for line in (*turned, *lines):
        if match := ARXIV.search(line):
            return match[1]
    return None


def notices(lines: Sequence[Line]) -> list[str]:
    """Lines that tell under which licence this work is, not one that it writes about."""
    found: list[str] = []
    for place, line in enumerate(lines):
        if "reative" in line.text and MENTIONED.search(line.text.lower()):
            around = [plain(near.text) for near in lines[max(0, place - 3) : place + 4]]
            if OWN.search(" ".join(around)):
                found += around
    return found


def license_of(texts: Sequence[str]) -> tuple[str | None, str | None]:
    """(SPDX identifier where one licence is certain, else None; what is said where it is not)."""
    whole = " ".join(texts)
    small = " ".join([text.lower() for text in texts])
    mentions = [match.start() for match in MENTIONED.finditer(small)]
    if not mentions:
        return None, None
    near = [whole[max(0, place - 200) : place + 300] for place in mentions]
    text = re.sub(r"(?<=[a-z])-\s+(?=[a-z])", "", " | ".join(near))
    found = {_of_address(match) for match in ADDRESS.finditer(text)}
    found |= {
        licenses.spdx(f"CC-BY{match[1].upper()}-{match[2]}") for match in SHORT.finditer(text)
    }
    found |= {_of_words(match) for match in LONG.finditer(text)}
    found.discard(None)
    if len(found) > 1:
        found.discard("CC0-1.0")
    if len(found) == 1:
        return found.pop(), None
    first = mentions[0]
    start = max(whole.rfind(".", 0, first) + 1, first - 150)
    end = whole.find(".", first)
    return None, " ".join(whole[start : end if end > 0 else len(whole)].split())[:500]


def _of_address(match: re.Match[str]) -> str | None:
    if match["zero"]:
        return "CC0-1.0"
    address = f"creativecommons.org/licenses/{match['kind']}/{match['version']}/"
    port = licenses.creative_commons(address + match["port"] + "/") if match["port"] else None
    return port or licenses.creative_commons(address)


def _of_words(match: re.Match[str]) -> str | None:
    parts = re.sub(r"[^a-z]", "", match["parts"].lower())
    kind = (
        "BY"
        + ("-NC" if "noncommercial" in parts else "")
        + ("-SA" if "sharealike" in parts else "-ND" if "noderiv" in parts else "")
    )
    return licenses.spdx(f"CC-{kind}-{match['version']}")


def published(lines: Sequence[str]) -> str | None:
    """The day that the first page calls that of publication, ISO 8601."""
    match = PUBLISHED.search(" ".join(lines))
    if match is None:
        return None
    day, name, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    month = MONTHS.get(name[:3].lower())
    try:
        return datetime.date(int(year), month, int(day)).isoformat() if month else None
    except ValueError:
        return None
