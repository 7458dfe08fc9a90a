"""A page's `<meta>` tags by name. Reads and writes nothing."""

import re
from collections import defaultdict

from lxml.html import HtmlElement

from curate.collect.html.page import words
from curate.collect.plain_text import clean

MAX_VALUES = 5000
FAMILY = re.compile(r"^(dcterms|dc|prism|bepress_citation|eprints|wkhealth)[._]")


class Tags:
    """`<meta>` of a page by name, in small letters with `.` for `:` and `_` after a prefix."""

    def __init__(self, root: HtmlElement) -> None:
        """Read them all."""
        self.values: dict[str, list[str]] = defaultdict(list)
        for tag in list(root.iter("meta"))[:MAX_VALUES]:
            name = tag.get("name") or tag.get("property") or tag.get("itemprop") or ""
            value = words(clean(tag.get("content") or ""))
            if name and value:
                self.values[_name(name)].append(value)

    def all(self, *names: str) -> list[str]:
        """Values of the first of these names that has any."""
        return next((self.values[name] for name in names if self.values.get(name)), [])

    def one(self, *names: str) -> str | None:
        """The first value of the first of these names that has any."""
        return next(iter(self.all(*names)), None)


def _name(name: str) -> str:
    name = name.strip().lower().replace(":", ".")
    return re.sub(
        r"^(dcterms|dc|prism|bepress_citation|eprints|wkhealth)[._]", lambda m: m[1] + ".", name
    )
