"""What an article may be used for: its permissions -> an SPDX expression, or what they say.

Addresses of Creative Commons are believed, wherever in the permissions they stand, and names that
carry their version ("CC BY 4.0", "Attribution-NonCommercial 3.0 Unported"). A name without version
must not be stricter than what an address says. Statements that do not agree are joined by AND, so
that each of them has to be allowed; where one of them has no identifier, there is none for the
article.
"""

import re

from curate.collect import licenses
from curate.collect.elements import Element
from curate.collect.jats.inline import HREF

MOST_CHARACTERS = 500
"""Of what an article says that is kept."""
MOST_READ = 20_000
"""Of what it says that is looked at."""

ADDRESS = re.compile(
    r"creativecommons\.org/(?P<kind>licen[sc]es|publicdomain)/(?P<terms>[a-z+-]+)"
    r"(?:/(?P<version>\d(?:\.\d)?)(?!\d)(?:/(?P<port>[a-z]{2,3})(?![\w.]))?)?",
    re.IGNORECASE,
)
OTHER_ADDRESSES = {
    "nationalarchives.gov.uk/doc/open-government-licence/version/3": "OGL-UK-3.0",
    "nationalarchives.gov.uk/doc/open-government-licence/version/2": "OGL-UK-2.0",
    "nationalarchives.gov.uk/doc/open-government-licence/version/1": "OGL-UK-1.0",
    "opensource.org/licenses/mit": "MIT",
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "gnu.org/licenses/fdl-1.3": "GFDL-1.3-only",
}
"""Part of an address, in small letters -> SPDX identifier."""

SENTENCE = re.compile(r"(?<=\.)\s*(?=[A-Z][a-z]+\s)")
WAIVER = re.compile(r"public domain dedication|CC ?0\b|creative commons zero|/zero/", re.IGNORECASE)
DATA = re.compile(r"\b(?:meta)?data\b", re.IGNORECASE)

NAMED = re.compile(
    r"(?:creative\s+commons|\bCC)[\s:®©™-]*(?:\(?CC\)?[\s-]*)?"
    r"(?:by\b|attribution|non-?\s?commercial|no-?\s?deriv(?:ative)?s?(?:\s+works)?"
    r"|share-?\s?alike|\bnc\b|\bnd\b|\bsa\b|only|[\s,/+–_-]|\band\b)+"
    r"(?:\(?\s*(?:CC[\s-]*)?(?:by)?(?:[\s-]*(?:nc|nd|sa)\b)*\s*\)?)?"
    r"(?:[\s,(-]*(?:international|unported|generic|public|licen[sc]e|version|v\.?)[\s,)(:-]*)*"
    r"(?P<version>[1-4]\.\d)?(?:\s+(?P<port>IGO)\b)?",
    re.IGNORECASE,
)
ZERO = re.compile(
    r"\bCC[\s-]?0\b|\bCC[\s-]zero\b|creative commons (?:zero|public domain dedication)",
    re.IGNORECASE,
)
RESERVED = re.compile(r"all rights reserved|no reuse allowed|exclusive licen[sc]e", re.IGNORECASE)


def of_article(meta: Element) -> tuple[str | None, str]:
    """(SPDX expression or None, what the article says in its stead) of its `article-meta`."""
    parts = list(meta.iterchildren("permissions", "copyright-statement", "license"))
    statements = [one for part in parts for one in part.iter("license", LICENSE_REF)]
    texts = [_line(one) for one in statements]
    addresses = [address for part in parts for address in _addresses(part)]
    if not statements:
        texts = [_line(one) for part in parts for one in part.iter("copyright-statement")]
        texts = [text for text in texts if _is_statement(text)]
    said = " ".join(filter(None, texts))
    return expression(addresses, said), _said(said, addresses)


LICENSE_REF = "{http://www.niso.org/schemas/ali/1.0/}license_ref"


def _line(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _is_statement(text: str) -> bool:
    return "creative commons" in text.lower() or bool(NAMED.search(text) or RESERVED.search(text))


def _addresses(part: Element) -> list[str]:
    """Addresses that the permissions link to, and licence references."""
    found = [
        element.get(HREF) for element in part.iter("license", "ext-link", "uri", "license-p", "p")
    ]
    found += [element.text for element in part.iter(LICENSE_REF)]
    return [address.strip() for address in found if address and address.strip()]


def _said(text: str, addresses: list[str]) -> str:
    known = [address for address in addresses if address not in text]
    return " ".join(filter(None, [text, *known]))[:MOST_CHARACTERS].strip()


def expression(addresses: list[str], text: str) -> str | None:
    """The SPDX expression of addresses and words; None where it is not certain.

    `["http://creativecommons.org/licenses/by/4.0"], ""` -> `CC-BY-4.0`.
    """
    text = text[:MOST_READ]
    own = " ".join(
        one for one in SENTENCE.split(text) if not (WAIVER.search(one) and DATA.search(one))
    )
    if own != text:
        article = [one for one in addresses if "publicdomain/zero" not in one.lower()]
        addresses, text = (article, own) if article or NAMED.search(own) else (addresses, text)
    full, unversioned = _from_addresses(
        [*addresses, *(match[0] for match in ADDRESS.finditer(text))]
    )
    named, without = _from_names(text)
    full |= {one for one in named if not any(known.startswith(one) for known in full)}
    if not full and not without and ZERO.search(text):
        return "CC0-1.0"
    if not full or any(not _covered(terms, full) for terms in unversioned | without):
        return None
    return min(full) if len(full) == 1 else licenses.spdx(" AND ".join(sorted(full)))


def _from_addresses(addresses: list[str]) -> tuple[set[str], set[str]]:
    """(identifiers, terms of licences without a version) that addresses name.

    Terms that no identifier has are given as they are, so that nothing covers them.
    """
    full: set[str] = set()
    terms: set[str] = set()
    for address in addresses:
        match = ADDRESS.search(address)
        if match is None:
            plain = address.lower()
            full |= {name for known, name in OTHER_ADDRESSES.items() if known in plain}
        elif (identifier := _identifier(match)) is not None:
            full.add(identifier)
        else:
            terms.add("?" if match["version"] else match["terms"].upper())
    return full, terms


def _identifier(match: re.Match[str]) -> str | None:
    parts = [match["kind"], match["terms"], match["version"] or "", match["port"] or ""]
    if re.fullmatch(r"\d", parts[2]):
        parts[2] += ".0"
    address = "/".join(filter(None, parts)).lower()
    return licenses.creative_commons(f"https://creativecommons.org/{address}")


def _from_names(text: str) -> tuple[set[str], set[str]]:
    """(identifiers, terms of licences without a version) that words name."""
    full: set[str] = set()
    without: set[str] = set()
    for match in NAMED.finditer(text):
        terms = _terms(match[0])
        if terms is None:
            continue
        port = "-IGO" if match["port"] else ""
        name = f"CC-{terms}-{match['version']}{port}" if match["version"] else ""
        identifier = licenses.spdx(name) if name else None
        if identifier is None:
            without.add("?" if name else terms)
        else:
            full.add(identifier)
    return full, without


def _covered(terms: str, full: set[str]) -> bool:
    """Whether one of the identifiers is as strict as the licence with these terms, or stricter."""
    asked = set(terms.split("-"))
    return any(one.startswith("CC-BY-") and asked <= set(one.split("-")) for one in full)


def _terms(words: str) -> str | None:
    """`Attribution-NonCommercial` -> `BY-NC`; None where they are no licence's."""
    plain = re.sub(r"[^a-z]+", " ", words.lower())
    found = set(plain.split())
    has = {
        "NC": "nc" in found or "commercial" in plain,
        "ND": "nd" in found or "deriv" in plain,
        "SA": "sa" in found or "alike" in plain,
    }
    if not ("by" in found or "attribution" in plain or any(has.values())):
        return None
    order = "NC", "ND", "SA"
    return "-".join(["BY", *(name for name in order if has[name])])
