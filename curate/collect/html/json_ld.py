"""What a page's JSON-LD says of its article. Reads and writes nothing.

The vocabulary is that of https://schema.org/Article.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement

MAX_CHARACTERS = 300_000
MAX_SCRIPTS = 20
MAX_NODES = 300
ARTICLES = (
    "ScholarlyArticle", "MedicalScholarlyArticle", "NewsArticle", "ReportageNewsArticle",
    "AnalysisNewsArticle", "OpinionNewsArticle", "BlogPosting", "LiveBlogPosting", "TechArticle",
    "Report", "Article", "Chapter", "Book", "CreativeWork", "WebPage",
)  # fmt: skip
"""Types that describe a text, the most telling first."""


def article(root: HtmlElement) -> Mapping[str, Any]:
    """The node that describes the page's article; empty where there is none."""
    nodes = [node for script in _scripts(root) for node in _nodes(script)]
    for kind in ARTICLES:
        for node in nodes:
            if kind in _types(node):
                return node
    return {}


def _scripts(root: HtmlElement) -> list[str]:
    found = [
        script.text or ""
        for script in root.iter("script")
        if (script.get("type") or "").strip().lower() == "application/ld+json"
    ]
    return [text for text in found[:MAX_SCRIPTS] if len(text) <= MAX_CHARACTERS]


def _nodes(text: str) -> Iterator[Mapping[str, Any]]:
    """Objects at the top, in lists and in graphs."""
    try:
        waiting: list[Any] = [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        return
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting += node[:MAX_NODES]
        elif isinstance(node, dict):
            yield node
            waiting += [
                node[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in node
            ]


def _types(node: Mapping[str, Any]) -> list[str]:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [kind.rpartition("/")[2] for kind in kinds if isinstance(kind, str)]


def types(node: Mapping[str, Any]) -> list[str]:
    """Types of a node, without the address of the vocabulary."""
    return _types(node)


def texts(value: object) -> list[str]:
    """Text of a value, of its `name` or `@id`, or of each of its members."""
    if isinstance(value, list):
        return [
            text for one in value[:MAX_NODES] for text in texts(one) if not isinstance(one, list)
        ]
    if isinstance(value, dict):
        return (
            texts(value.get("name") or value.get("url") or value.get("@id"))[:1]
            if _is_flat(value)
            else []
        )
    return [value] if isinstance(value, str) and value.strip() else []


def _is_flat(value: Mapping[str, Any]) -> bool:
    named = value.get("name") or value.get("url") or value.get("@id")
    return isinstance(named, str)
