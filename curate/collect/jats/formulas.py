r"""Formulae of an article as LaTeX between dollar signs.

Of several forms of one formula the first that is there is taken: LaTeX (`tex-math`, without the
document that its publisher wrapped around it), the LaTeX in `mml:math/@alttext`, MathML, text. A
formula that is only a picture leaves its alternative text; where it has none it is counted.
"""

import re

from curate.collect import mathml
from curate.collect.elements import Element
from curate.collect.jats.flow import Flow
from curate.collect.jats.tree import child_of

MATH = "{http://www.w3.org/1998/Math/MathML}math"
TEX = ("tex-math", "tex")
BESIDE = {"label", "object-id", "alt-text", "long-desc", "permissions"}
PICTURES = {"graphic", "inline-graphic", "media"}

COMMENT = re.compile(r"(?<!\\)%[^\n]*(?:\n|\Z)")
COMMAND = re.compile(
    r"\\(?:re)?newcommand\*?\s*\{?(\\[A-Za-z]+)\}?\s*\{((?>[^{}]+|\{[^{}]*\})*+)\}"
)
NAME = re.compile(r"\\[A-Za-z]+")
DELIMITED = re.compile(r"\\\[(.*)\\\]|\\\((.*)\\\)|\${1,2}(.*?)\${1,2}", re.DOTALL)
EQUATION = re.compile(r"\\begin\{((?:equation|displaymath|math)\*?)\}(.*)\\end\{\1\}", re.DOTALL)
LINES = re.compile(r"\\(begin|end)\{(align|gather|multline|eqnarray|flalign)\*?\}")
NESTABLE = {"align": "aligned", "gather": "gathered", "multline": "multlined",
            "eqnarray": "aligned", "flalign": "aligned"}  # fmt: skip


def of_tex(source: str) -> str:
    """The formula of a LaTeX document, or of a snippet with delimiters, on one line."""
    begin = source.find("\\begin{document}")
    if begin >= 0:
        source = source[begin + len("\\begin{document}") :].partition("\\end{document}")[0]
    elif "\\documentclass" in source:
        return ""
    text = _expanded(COMMENT.sub("", source)).strip()
    for pattern in (DELIMITED, EQUATION, DELIMITED):
        if match := pattern.fullmatch(text):
            text = next(group for group in reversed(match.groups()) if group is not None).strip()
    text = LINES.sub(lambda match: f"\\{match[1]}{{{NESTABLE[match[2]]}}}", text)
    return " ".join(text.split())


def _expanded(text: str) -> str:
    """A formula with the commands put in that it defines for itself."""
    own = {match[1]: match[2] for match in COMMAND.finditer(text)}
    if not own:
        return text
    return NAME.sub(lambda match: own.get(match[0], match[0]), COMMAND.sub("", text))


def latex(element: Element) -> str:
    """LaTeX of `tex-math`, `mml:math` or `alternatives`; empty where none can be made."""
    tex = element if element.tag in TEX else next(element.iter(*TEX), None)
    if tex is not None and (found := of_tex("".join(tex.itertext()))):
        return found
    math = element if element.tag in {MATH, "math"} else next(element.iter(MATH, "math"), None)
    return "" if math is None else _of_mathml(math)


def _of_mathml(math: Element) -> str:
    written = " ".join((math.get("alttext") or "").split())
    if "\\" in written or "_{" in written or "^{" in written:
        return of_tex(written)
    try:
        found = mathml.latex(math)
    except (RecursionError, ValueError, IndexError):
        found = ""
    return found or " ".join("".join(math.itertext()).split())


def _only_form(element: Element) -> Element | None:
    """The one child that is the whole formula; None where there is text or more than one."""
    found = None
    if element.text and element.text.strip():
        return None
    for child in element:
        if child.tail and child.tail.strip():
            return None
        if child.tag in BESIDE or child.tag in PICTURES:
            continue
        if found is not None or child.tag not in {*TEX, MATH, "math", "alternatives"}:
            return None
        found = child
    return found


def inline(flow: Flow, element: Element) -> None:
    """`tex-math`, `mml:math` or `alternatives` in running text."""
    found = latex(element)
    if found:
        flow.buffer.append(f"${found}$")
    else:
        _textual(flow, element)


def alternatives(flow: Flow, element: Element) -> None:
    """`alternatives`: one formula, one table, or words; never two forms of the same."""
    if next(element.iter(*TEX, MATH, "math"), None) is not None:
        inline(flow, element)
        return
    tables = [
        child for child in element if child.tag in {"table", "textual-form", "code", "preformat"}
    ]
    for child in tables[:1]:
        handler = flow.handlers.get(child.tag)
        if handler is None:
            flow.walk(child)
        else:
            handler(flow, child)
    if not tables:
        flow.walk(element)


def inline_formula(flow: Flow, element: Element) -> None:
    """`inline-formula`: one formula, or words with signs among them."""
    if not len(element):
        flow.buffer.append(element.text or "")
    elif (form := _only_form(element)) is not None:
        inline(flow, form)
    else:
        _textual(flow, element)


def _textual(flow: Flow, element: Element) -> None:
    """What the formula is without LaTeX: its words, else the words for its picture."""
    n_before = len(flow.buffer)
    flow.walk(element, PICTURES | BESIDE)
    if not "".join(flow.buffer[n_before:]).strip():
        words = " ".join(
            "".join(" ".join(alt.itertext()) for alt in element.iter("alt-text")).split()
        )
        if words:
            flow.buffer.append(words)
        elif element.tag != "alternatives" or next(element.iter(*PICTURES), None) is not None:
            flow.count("n_formulae_as_pictures")


def display(flow: Flow, element: Element) -> None:
    r"""`disp-formula`: a block between double dollar signs, its number as `\tag`."""
    flow.flush()
    n_before = len(flow.writer.starts)
    form = _only_form(element)
    found = latex(form) if form is not None else ""
    label = flow.line(child_of(element, "label")).strip("()[] ")
    if found:
        tag = f" \\tag{{{label}}}" if label and "\\tag" not in found else ""
        flow.writer.put(f"$${found}{tag}$$")
    else:
        _textual(flow, element)
        if label and "".join(flow.buffer).strip():
            flow.buffer.append(f" ({label})")
        flow.flush()
    flow.writer.block("equation", n_before)
