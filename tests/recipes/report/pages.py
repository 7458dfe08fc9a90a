"""A page as a browser would find it: tags, attributes, the cells of its tables."""

import re
from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "rect", "line", "circle", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """What a browser would find in the page: its tags, attributes, and the text of each element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for `<tag …>`."""
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Called for `</tag>`."""
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        """Called for text between tags."""
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def rows(self) -> list[list[str]]:
        """The cells of every line of every table, white space collapsed."""
        lines = re.findall(r"<tr.*?</tr>", self.html, re.DOTALL)
        cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]
        return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]
