"""Elements that stand by themselves: sections, paragraphs, lists, figures, quotations, code.

A section is at the level of its nesting; one without title and label belongs to the section around
it. A heading is the title alone, as printed; a label ("2.1") stands in for a title that is missing.
"""

from collections.abc import Collection

from curate.collect import plain_text
from curate.collect.elements import Element
from curate.collect.jats.flow import Flow
from curate.collect.jats.tree import child_of

UNTITLED = {
    "ack": "Acknowledgements", "app": "Appendix", "glossary": "Glossary", "bio": "Biography",
    "fn-group": "Footnotes", "notes": "Notes",
}  # fmt: skip
"""Parts of the end matter -> their heading where they have none of their own."""

ORDERED = ("order", "arabic", "alpha-", "roman-", "number")
"""How the types of numbered lists begin."""

HEADED = {"title", "label"}
IN_FIGURE = {"label", "caption", "object-id", "permissions", "alt-text", "long-desc", "kwd-group"}


def section(flow: Flow, element: Element) -> None:
    """`sec` and parts of the end matter."""
    title = flow.line(child_of(element, "title")) or flow.line(child_of(element, "label"))
    if not title and element.tag in UNTITLED and not _needs_no_heading(element):
        title = UNTITLED[element.tag]
    titled(flow, element, title)


def _needs_no_heading(element: Element) -> bool:
    """Whether all below it has headings of its own, or it belongs to a section or a table."""
    if element.tag == "notes":
        return all(child.tag in {"sec", "notes", "sec-meta"} for child in element)
    return element.tag == "fn-group" and element.getparent().tag in {
        "sec",
        "notes",
        "table-wrap-foot",
    }


def titled(flow: Flow, element: Element, title: str) -> None:
    """An element's content below a heading, where it has one."""
    flow.flush()
    before = flow.level
    if title:
        flow.level = before + 1
        flow.writer.heading(title, flow.level)
    flow.walk(element, HEADED)
    flow.flush()
    flow.settle()
    flow.level = before


def paragraph(flow: Flow, element: Element) -> None:
    """`p` and whatever is one paragraph."""
    if flow.run_in:
        flow.run_in = False
    else:
        flow.flush()
    flow.inside += 1
    flow.walk(element)
    flow.inside -= 1
    flow.flush()
    if not flow.inside:
        flow.settle()


def title(flow: Flow, element: Element) -> None:
    """`title` of something that is no section: a paragraph."""
    paragraph(flow, element)


def label(flow: Flow, element: Element) -> None:
    """`label` of something that has no use of its own for it: it leads the text."""
    text = flow.line(element)
    if text:
        flow.buffer.append(f"{text} ")


def items(flow: Flow, element: Element) -> None:
    """`list`."""
    flow.flush()
    heading = flow.line(child_of(element, "title"))
    if heading:
        flow.writer.put(heading)
    ordered = (element.get("list-type") or "").startswith(ORDERED)
    nested = bool(flow.writer.indent) and not flow.writer.marker
    for number, item in enumerate(element.iterchildren("list-item"), 1):
        tight = number > 1 or nested
        _item(flow, item, f"{number}. " if ordered else "- ", tight)


def _item(flow: Flow, element: Element, marker: str, tight: bool) -> None:
    before = flow.writer.open(marker)
    flow.writer.tight = tight
    printed = flow.line(child_of(element, "label"))
    own = any(letter.isalnum() for letter in printed) and printed.strip("()[].") != marker[:-2]
    flow.lead(f"{printed} " if own else "")
    _held(flow, element, HEADED if child_of(element, "title") is None else {"label"})
    flow.writer.close(before)


def definitions(flow: Flow, element: Element) -> None:
    """`def-list`: items, the term before its definition."""
    flow.flush()
    heading = flow.line(child_of(element, "title"))
    if heading:
        flow.writer.put(heading)
    nested = bool(flow.writer.indent) and not flow.writer.marker
    for item in element:
        if item.tag == "def-item":
            _definition(flow, item, nested)
            nested = True
        elif item.tag == "def-list":
            definitions(flow, item)


def _definition(flow: Flow, element: Element, tight: bool) -> None:
    before = flow.writer.open("- ")
    flow.writer.tight = tight
    terms = [flow.line(term) for term in element.iterchildren("term")]
    term = ", ".join(filter(None, terms)).rstrip(":")
    flow.lead(f"{term}: " if term else "")
    _held(flow, element, {"term", "label"})
    flow.writer.close(before)


def _held(flow: Flow, element: Element, without: Collection[str]) -> None:
    """Write what an item or a quotation holds, whose paragraphs are its own."""
    inside, flow.inside = flow.inside, 0
    flow.walk(element, without)
    flow.settle()
    flow.flush()
    flow.inside = inside


def quotation(flow: Flow, element: Element) -> None:
    """`disp-quote`."""
    flow.flush()
    before = flow.writer.open("> ")
    _held(flow, element, {"label"})
    flow.writer.close(before)


def verse(flow: Flow, element: Element) -> None:
    """`verse-group`: a line of text for a line of verse."""
    flow.flush()
    lines = [flow.line(child) for child in element if child.tag != "label"]
    text = "\n".join(filter(None, lines))
    if text:
        flow.writer.put(text)


def statement(flow: Flow, element: Element) -> None:
    """`statement`: a theorem or a proof; its label and title lead its text."""
    flow.flush()
    parts = (flow.line(child_of(element, "label")), flow.line(child_of(element, "title")))
    named = ended(" ".join(filter(None, parts)))
    flow.lead(f"{named} " if named else "")
    flow.walk(element, HEADED)
    flow.flush()


def speech(flow: Flow, element: Element) -> None:
    """`speech`: who speaks leads the words."""
    speaker = flow.line(child_of(element, "speaker")).rstrip(":")
    flow.lead(f"{speaker}: " if speaker else "")
    flow.walk(element, {"speaker"})
    flow.flush()


def box(flow: Flow, element: Element) -> None:
    """`boxed-text`: a section of its own behind the paragraph that it is in."""
    if flow.inside:
        flow.pending.append(element)
        return
    flow.flush()
    caption = child_of(element, "caption")
    own = child_of(element, "title")
    if own is None and caption is not None:
        own = child_of(caption, "title")
    heading, named = flow.line(own), flow.line(child_of(element, "label"))
    before = flow.level
    if heading or named:
        flow.level += 1
        flow.writer.heading(heading or named, flow.level)
    if heading and named:
        flow.writer.put(ended(named))
    if caption is not None:
        flow.walk(caption, {"title"} if own is not None and own.getparent() is caption else ())
        flow.flush()
    flow.walk(element, {*HEADED, "caption", "object-id", "permissions", "alt-text"})
    flow.flush()
    flow.settle()
    flow.level = before


def figure(flow: Flow, element: Element) -> None:
    """`fig`, `fig-group`, `chem-struct-wrap`, captioned pictures: the caption behind its label."""
    if flow.inside:
        flow.pending.append(element)
        return
    flow.flush()
    n_before = len(flow.writer.starts)
    captioned(flow, element)
    if element.tag == "fig-group":
        flow.writer.block("figure", n_before)
    flow.walk(element, IN_FIGURE)
    flow.flush()
    if element.tag != "fig-group":
        flow.writer.block("figure", n_before)


def picture(flow: Flow, element: Element) -> None:
    """`graphic`, `media`, `supplementary-material`: nothing but a caption can be read."""
    if child_of(element, "caption") is None and child_of(element, "label") is None:
        if element.tag == "supplementary-material":
            flow.walk(element, IN_FIGURE)
        return
    if flow.inside:
        flow.pending.append(element)
        return
    flow.flush()
    captioned(flow, element)
    flow.walk(element, IN_FIGURE)
    flow.flush()


def captioned(flow: Flow, element: Element) -> None:
    """Label, title and text of a caption, the label and the title leading the first paragraph."""
    caption = child_of(element, "caption")
    named = ended(flow.line(child_of(element, "label")))
    own = flow.line(child_of(caption, "title")) if caption is not None else ""
    parts = [named, ended(own) if caption is not None and len(caption) > 1 else own]
    first = " ".join(filter(None, parts))
    flow.lead(f"{first} " if first else "")
    if caption is not None:
        flow.walk(caption, {"title"})
    elif not first:
        alternative = flow.line(child_of(element, "alt-text"))
        flow.buffer.append(alternative)
    flow.flush()


def ended(text: str) -> str:
    """A label or a title with a stop behind it."""
    text = text.rstrip().rstrip(":|")
    return f"{text}." if text and text[-1] not in ".?!。" else text


def code(flow: Flow, element: Element) -> None:
    """`code` and `preformat`: a fenced block; one line inside a sentence stays in it."""
    text = plain_text.clean("".join(element.itertext())).strip("\n").rstrip()
    if not text.strip():
        return
    if flow.inside and "\n" not in text and "".join(flow.buffer).strip():
        flow.buffer.append(f"`{text.strip()}`")
        return
    flow.flush()
    n_before = len(flow.writer.starts)
    fence = "```"
    while fence in text:
        fence += "`"
    language = (element.get("language") or "").strip()
    flow.writer.put(f"{fence}{language}\n{text}\n{fence}")
    flow.writer.block("code", n_before)
