"""Elements inside running text: links, raised and lowered signs, notes, code.

What is raised or lowered is written as plain text is: H2O, Ca2+, 1st, ®. Only where a number would
run into what stands before it does a sign keep them apart: 10^6, m^2, cm^-1, SO4^2-, x1_2; it does
not where the number belongs to the letter behind it: δ13C. Marks of notes have the sign too.
"""

import re

from curate.collect.elements import Element
from curate.collect.jats import citations
from curate.collect.jats.flow import Flow
from curate.collect.jats.tree import child_of

HREF = "{http://www.w3.org/1999/xlink}href"
NOTES = {"fn", "table-fn", "author-notes", "aff", "corresp"}
DEGREES = {"o", "0", "O", "∘", "○", "º"}
"""What authors raise for want of a degree sign."""
CHARGE = re.compile(r"\d?[+−–-]")
NUMBER = re.compile(r"[+−–\-±∓]?\.?\d")


def _last(flow: Flow) -> str:
    """The character that was gathered last; empty at the beginning of a paragraph."""
    return flow.buffer[-1][-1:] if flow.buffer else ""


def superscript(flow: Flow, element: Element) -> None:
    """`sup`: links to references stand for themselves."""
    if len(element) and any(child.tag == "xref" for child in element):
        _raised_links(flow, element)
        return
    text = flow.line(element)
    if text:
        before, after = _last(flow), (element.tail or "")[:1]
        if text in DEGREES and after in {"C", "F"} and not before.isalpha():
            text = "°"
        flow.buffer.append(_raised(before, text, after))
        if not before and after.isalnum() and _is_in_note(element):
            flow.buffer.append(" ")


def _is_in_note(element: Element) -> bool:
    """Whether a raised sign at the beginning of a paragraph is the mark of a note."""
    outer = element.getparent().getparent()
    return outer is not None and outer.tag in {"table-wrap-foot", "fn", "legend"}


def _raised(before: str, text: str, after: str) -> str:
    """Raised text between two characters; a number before a letter belongs to it: δ13C."""
    if NUMBER.match(text) is None or not (before.isalnum() or before in {")", "]"}) or not before:
        return text
    ordinal = before.isdigit() and text[-2:].lower() in {"st", "nd", "rd", "th"}
    if ordinal or (before.isalpha() and (CHARGE.fullmatch(text) or after.isalpha())):
        return text
    return f"^{text}"


def _raised_links(flow: Flow, element: Element) -> None:
    """Raised links: marks of citations, or of notes behind one sign."""
    n_before = len(flow.buffer)
    before = _last(flow)
    flow.walk(element)
    text = "".join(flow.buffer[n_before:]).strip()
    del flow.buffer[n_before:]
    if not text:
        return
    if citations.OPEN not in text and before.isalnum() and not text.startswith("^"):
        text = f"^{text}"
    flow.buffer.append(text)


def subscript(flow: Flow, element: Element) -> None:
    """`sub`."""
    text = flow.line(element)
    if text:
        flow.buffer.append(f"_{text}" if _last(flow).isdigit() and text[0].isdigit() else text)


def link(flow: Flow, element: Element) -> None:
    """`xref`: to references, to notes, or to another part of the article."""
    rids = element.get("rid") or ""
    printed = (element.text or "") if not len(element) else flow.line(element)
    numbers = flow.numbers
    if rids and (rids in numbers or any(rid in numbers for rid in rids.split())):
        inside_range = not printed.strip() and _last(flow) == citations.CLOSE
        if not inside_range:
            flow.buffer.append(citations.mark(printed, rids, numbers))
        return
    if element.get("ref-type") in NOTES:
        _note_mark(flow, printed.strip())
        return
    flow.buffer.append(printed)
    for rid in rids.split() if flow.floats and flow.inside and not flow.flat else ():
        cited = flow.floats.pop(rid, None)
        if cited is not None:
            flow.pending.append(cited)


def _note_mark(flow: Flow, printed: str) -> None:
    before = _last(flow)
    fuses = (
        bool(printed) and printed[0].isalnum() and bool(before) and before not in {" ", "^", "\n"}
    )
    if printed:
        flow.buffer.append(f"^{printed}" if fuses and before != "," else printed)


def address(flow: Flow, element: Element) -> None:
    """`ext-link`, `uri`, `email`: the words, or the address where there are none."""
    if len(element) or element.text:
        flow.walk(element)
    else:
        flow.buffer.append(element.get(HREF) or "")


def note(flow: Flow, element: Element) -> None:
    """`fn`: in a paragraph it follows it; elsewhere its mark leads its text."""
    if flow.inside:
        flow.pending.append(element)
        return
    label = flow.line(child_of(element, "label")).strip()
    flow.lead(f"{label} " if label else "")
    flow.walk(element, {"label"})
    flow.flush()


def line_break(flow: Flow, element: Element) -> None:
    """`break`, `hr`: a blank."""
    flow.buffer.append(" ")


def monospace(flow: Flow, element: Element) -> None:
    """`monospace` and `code` inside a line: between backquotes."""
    n_before = len(flow.buffer)
    flow.walk(element)
    text = "".join(flow.buffer[n_before:])
    plain = text.strip()
    if plain and not flow.flat and "`" not in plain and citations.OPEN not in plain:
        del flow.buffer[n_before:]
        flow.buffer.append(text.replace(plain, f"`{plain}`", 1))


def spaced(flow: Flow, element: Element) -> None:
    """A part of a name or an address: it does not run into the part before it."""
    if _last(flow).isalnum():
        flow.buffer.append(" ")
    flow.walk(element)


def nothing(flow: Flow, element: Element) -> None:
    """An element that is not printed, or that is read elsewhere."""
