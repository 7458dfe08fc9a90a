"""Elements of lxml: their type, and the text in them. Shared by the readers of XML and MathML."""

from typing import Any

from lxml import etree

Element = Any
"""An element of lxml, which ships no types."""


def text_in(element: Element) -> str:
    """Text of an element and all below it; four times as fast as joining `itertext`."""
    if not len(element):
        return element.text or ""
    text: str = etree.tostring(element, method="text", encoding="unicode", with_tail=False)
    return text
