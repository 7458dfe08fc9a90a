"""Where something stands in a text, and a text with something else in its place."""

from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """`text[start:end]`, in Unicode characters, and what it is."""

    kind: str
    start: int
    end: int


def apart(spans: Sequence[Span]) -> list[Span]:
    """The spans of a text in its order, no two on the same character.

    Of two that overlap the one that comes first in `spans` stays.
    """
    taken = bytearray(max((span.end for span in spans), default=0))
    kept = []
    for span in spans:
        if taken.find(1, span.start, span.end) < 0:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def redacted(text: str, spans: Sequence[Span]) -> str:
    """The text with `<KIND>` for each span; the spans are in order and do not overlap."""
    pieces = []
    done = 0
    for span in spans:
        pieces += [text[done : span.start], f"<{span.kind.upper()}>"]
        done = span.end
    return "".join([*pieces, text[done:]])
