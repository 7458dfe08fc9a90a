"""Formulae of a page -> LaTeX in the text. Changes a tree in place; reads and writes nothing.

Where a page keeps a formula's source, it is taken: the TeX annotation or `alttext` of MathML
(Wikipedia, LaTeXML, KaTeX), MathJax's `script type="math/tex"`, the `alt` of an image of LaTeX.
MathML without it is translated. What is rendered from the source is removed: it would say it twice.
"""

import re

from lxml import etree
from lxml.html import HtmlElement

from curate.collect import mathml
from curate.collect.html.page import blank, classes, is_hidden, text_of, words

DISPLAY = "retort-display"
"""Class of a paragraph that is a formula on a line of its own."""

RENDERED = (
    "MathJax MathJax_Display MathJax_Preview MathJax_SVG MathJax_SVG_Display MathJax_CHTML "
    "MathJax_SVG_Preview katex-html mwe-math-fallback-image-inline mwe-math-fallback-image-display "
    "MJX_Assistive_MathML tex2jax_ignore_rendered"
).split()
DRAWN = frozenset(name.lower() for name in RENDERED if name.startswith("MathJax"))
IMAGE_CLASSES = frozenset("latex tex math texrender mathtex".split())
EQUATION_TABLES = frozenset("ltx_equation ltx_equationgroup ltx_eqn_table".split())
WRAPPER = re.compile(r"\{\\(?:displaystyle|textstyle)\s*(.*)\}", re.DOTALL)
DELIMITED = re.compile(r"\s*(?:\\\[(.*)\\\]|\\\((.*)\\\)|\$\$(.*)\$\$|\$(.*)\$)\s*", re.DOTALL)
COMMENT = re.compile(r"(?<!\\)%[^\n]*\n")


def replace(root: HtmlElement) -> None:
    """Put each formula's LaTeX where it stands, `$…$` in the text and `$$…$$` by itself."""
    for script in list(root.iter("script")):
        kind = (script.get("type") or "").lower().replace(" ", "")
        if kind.startswith("math/"):
            _blank_rendered(script)
        if kind.startswith(("math/tex", "math/latex", "math/asciimath")):
            _put(script, script.text or "", display="mode=display" in kind)
        elif kind.startswith("math/mml"):
            _put(
                script,
                _of_mathml_text(script.text or ""),
                display='display="block"' in (script.text or ""),
            )
    for element in root.xpath(
        "//table[contains(@class,'ltx_')]|//div[contains(@class,'ltx_equation')]"
    ):
        if classes(element) & EQUATION_TABLES and element.getroottree().getroot() is root:
            _equation_table(element)
    for math in [one for one in root.iter() if isinstance(one.tag, str) and _local(one) == "math"]:
        if math.getparent() is not None:
            _put(math, source(math), display=_is_display(math))
    for image in list(root.iter("img")):
        if classes(image) & IMAGE_CLASSES and image.get("alt"):
            _put(image, image.get("alt"), display=False)
    for name in RENDERED:
        for element in root.find_class(name):
            if not element.xpath(f".//*[@class='{DISPLAY}' or @data-tex]"):
                blank(element)


def _blank_rendered(script: HtmlElement) -> None:
    """Empty what MathJax drew of a source; it stands right before it."""
    drawn = script.getprevious()
    while drawn is not None and classes(drawn) & DRAWN and not (drawn.tail or "").strip():
        before = drawn.getprevious()
        blank(drawn)
        drawn = before


def _local(element: HtmlElement) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def source(math: HtmlElement) -> str:
    """LaTeX of a MathML element: its annotation, its `alttext`, or a translation."""
    for element in math.iter():
        is_note = isinstance(element.tag, str) and _local(element) == "annotation"
        if is_note and "tex" in (element.get("encoding") or "").lower():
            return element.text or ""
    return math.get("alttext") or _translated(math)


def _translated(math: HtmlElement) -> str:
    """Presentation MathML as LaTeX; its plain symbols where it is nested as no formula is."""
    try:
        return mathml.latex(math) or text_of(math)
    except RecursionError:
        return text_of(math)


def _of_mathml_text(markup: str) -> str:
    from lxml.html import fragment_fromstring

    try:
        return source(fragment_fromstring(markup))
    except (etree.LxmlError, ValueError):
        return ""


def _is_display(math: HtmlElement) -> bool:
    parent = math.getparent()
    around = [
        one
        for one in (parent, parent.getparent() if parent is not None else None)
        if one is not None
    ]
    names = frozenset().union(*(classes(one) for one in around))
    return (
        math.get("display") == "block"
        or math.get("mode") == "display"
        or bool(names & {"katex-display", "mathjax_display", "mwe-math-mathml-display"})
        or any(_local(one) == "mjx-container" and one.get("display") == "true" for one in around)
        or any("katex-display" in classes(one) for one in _near(math, 4))
    )


def _near(element: HtmlElement, steps: int) -> list[HtmlElement]:
    found = []
    for ancestor in element.iterancestors():
        found.append(ancestor)
        if len(found) == steps:
            break
    return found


def _equation_table(element: HtmlElement) -> None:
    """A LaTeXML equation, laid out as a table -> one formula; its number goes."""
    sources = [tidy(source(math)) for math in element.iter("math")]
    rows = [one for one in sources if one]
    if rows:
        _put(element, " ".join(rows), display=True)


def tidy(tex: str) -> str:
    """LaTeX on one line without delimiters and without what only sets its size."""
    tex = words(COMMENT.sub(" ", tex))
    if whole := DELIMITED.fullmatch(tex):
        tex = next(part for part in whole.groups() if part is not None).strip()
    if wrapped := WRAPPER.fullmatch(tex):
        tex = wrapped[1].strip()
    return tex.removeprefix("\\displaystyle").strip().replace("$", "")


def _put(element: HtmlElement, tex: str, *, display: bool) -> None:
    """Replace an element by its formula; the text after it stays."""
    if element.getparent() is None:
        return
    tex, tail = tidy(tex), element.tail
    tag = "div" if display else "span"
    if not tex:
        blank(element)
        return
    made = element.makeelement(tag, {"class": DISPLAY} if display else {"data-tex": "1"})
    made.text = f"$${tex}$$" if display else f"${tex}$"
    made.tail = tail
    element.getparent().replace(element, made)
    for around in _near(made, 3):
        if around.tag == "span" and is_hidden(around):
            around.attrib.pop("style", None)
