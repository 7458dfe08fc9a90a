"""The licence that a page states: by link, by tag, by JSON-LD. Reads and writes nothing.

A link to a licence counts where it says that it is the page's (`rel="license"`), or stands in a
part that is about rights; other links are about other works.
"""

import re
from collections.abc import Mapping
from typing import Any

from lxml.html import HtmlElement

from curate.collect import licenses
from curate.collect.html import json_ld
from curate.collect.html.page import words
from curate.collect.html.tags import Tags
from curate.collect.plain_text import clean

CREATIVE_COMMONS = "creativecommons.org/"
LICENSED = re.compile(r"licen[sc]e|copyright|permission|rights", re.IGNORECASE)


def of_page(
    root: HtmlElement, tags: Tags, node: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """(SPDX expression where all that state a licence agree, else what they say, for a person)."""
    stated = list(
        dict.fromkeys(words(clean(one)) for one in _licences(root, tags, node) if one.strip())
    )
    known = {found for one in stated if (found := licenses.of_value(one))}
    if len(known) == 1:
        return known.pop(), None
    return None, "; ".join(stated)[:500] or None


def _licences(root: HtmlElement, tags: Tags, node: Mapping[str, Any]) -> list[str]:
    rel = [
        one.get("href") or ""
        for one in root.iter("link", "a")
        if {"license", "licence"} & set((one.get("rel") or "").lower().split())
    ]
    near = [
        one.get("href") or ""
        for one in root.iter("a")
        if CREATIVE_COMMONS in (one.get("href") or "") and _is_about_rights(one)
    ]
    meta = [
        *tags.all(
            "dc.rights",
            "dcterms.license",
            "dc.rights.license",
            "dcterms.rights",
            "citation_license",
            "license",
        )
    ]
    return (
        [*rel, *json_ld.texts(node.get("license")), *meta]
        if rel or meta or node.get("license")
        else near
    )


def _is_about_rights(element: HtmlElement) -> bool:
    """Whether an element lies in a part that its class or id names as the licence's."""
    steps = [element, *list(element.iterancestors())[:3]]
    return any(LICENSED.search(f"{one.get('class') or ''} {one.get('id') or ''}") for one in steps)
