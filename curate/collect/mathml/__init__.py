r"""Presentation MathML (3, https://www.w3.org/TR/MathML3/) -> LaTeX (amsmath). No file is read.

Our own: of the libraries on PyPI, mathml-to-latex 1.0 writes `\left(\right. x \left.\right)` for
`(x)`, drops upright letters and invents `\overset{\overline}`; mml2tex needs an XSLT 2 processor.
Elements are told by their local names, so the namespace may be missing.
"""

import re
from collections.abc import Callable, Iterable

from curate.collect.elements import Element, text_in
from curate.collect.mathml import tokens
from curate.collect.mathml.symbols import OVER, UNDER, WIDE

LIMITS = re.compile(
    r"\\(?:sum|prod|coprod|int|iint|iiint|oint|bigcup|bigcap|bigoplus|bigotimes"
    r"|lim|max|min|sup|inf|liminf|limsup|underbrace\{.*\}|overbrace\{.*\})",
    re.DOTALL,
)
ATOM = re.compile(r"[^\\{}^_\s]|\\[A-Za-z]+|\\[a-z]+\{[^{}]*\}|\d+(?:\.\d+)?", re.DOTALL)
SAME_STYLE = re.compile(r"\\(mathrm|mathbf|boldsymbol)\{\w+\}(?:\\\1\{\w+\})+")
WORDS = re.compile(r"(?<=\{)\w+(?=\})")
SAME_TEXT = re.compile(r"\\text\{[^{}\\]*\}(?:~\\text\{[^{}\\]*\})+")
TEXTS = re.compile(r"(?<=\\text\{)[^{}\\]*(?=\})")
SIGN = re.compile(r"(\A|[({\[] ?)([-+]) (?=\S)")
TALL = ("\\frac", "\\begin", "\\sum", "\\int", "\\prod")
TEX = ("tex", "latex")
ROWS = {"mtr", "mlabeledtr"}
IGNORED = {
    "annotation",
    "annotation-xml",
    "mphantom",
    "maligngroup",
    "malignmark",
    "none",
    "mprescripts",
}


def latex(element: Element) -> str:
    """A formula's LaTeX, without delimiters; empty where it has no sign.

    Raises:
        RecursionError: it is nested as no formula is.
    """
    children = _children(element)
    while len(children) == 1 and _name(children[0]) in {"mrow", "mstyle", "mpadded", "semantics"}:
        tex = _tex(children[0])
        if tex:
            return tex
        children = _children(children[0])
    if len(children) == 1 and _name(children[0]) == "mtable":
        return _top_table(children[0])
    return _row(children).strip("~ ")


def _name(element: Element) -> str:
    tag: str = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2]


def _children(element: Element) -> list[Element]:
    return [child for child in element if isinstance(child.tag, str)]


def _convert(element: Element) -> str:
    name = _name(element)
    handler = HANDLERS.get(name)
    if handler is not None:
        return handler(element)
    if name in IGNORED:
        return ""
    children = _children(element)
    return _row(children) if children else tokens.symbols(element.text or "")


def _row(elements: Iterable[Element]) -> str:
    """Several formulae beside one another."""
    text = ""
    for element in elements:
        piece = _convert(element)
        if piece:
            text = tokens.beside(text, piece)
    text = " ".join(text.split())
    if "- " in text or "+ " in text:
        text = SIGN.sub(r"\1\2", text)
    return _joined(text) if "}\\" in text or "~" in text else text


def _joined(text: str) -> str:
    """Neighbours of one style under one command: converters of Word set every letter by itself."""
    text = SAME_STYLE.sub(lambda run: f"\\{run[1]}{{{''.join(WORDS.findall(run[0]))}}}", text)
    text = SAME_TEXT.sub(lambda run: f"\\text{{{' '.join(TEXTS.findall(run[0]))}}}", text)
    return text


def _base(element: Element) -> str:
    """A formula that something is attached to: one sign, or a group."""
    text = _convert(element).strip()
    return text if ATOM.fullmatch(text) else f"{{{text}}}"


def _script(sign: str, element: Element | None) -> str:
    """An index or an exponent; empty where there is none."""
    text = _convert(element).strip() if element is not None else ""
    if not text:
        return ""
    if sign == "^" and set(text) == {"'"}:
        return text
    return sign + (text if len(text) == 1 else f"{{{text}}}")


def _scripts(element: Element) -> str:
    """One base with an index, an exponent or both."""
    children = _children(element)
    signs = {"msub": "_", "msup": "^", "msubsup": "_^"}[_name(element)]
    text = _base(children[0]) if children else ""
    for sign, child in zip(signs, children[1:], strict=False):
        text += _script(sign, child)
    return text


def _prescripts(element: Element) -> str:
    children = _children(element)
    if not children:
        return ""
    names = [_name(child) for child in children]
    middle = names.index("mprescripts") if "mprescripts" in names else len(children)
    after, before = children[1:middle], children[middle + 1 :]
    text = "{}" if before else ""
    text += _pairs(before) + _base(children[0]) + _pairs(after)
    return text


def _pairs(children: list[Element]) -> str:
    text = ""
    for position, child in enumerate(children):
        text += _script("_^"[position % 2], child)
    return text


def _fraction(element: Element) -> str:
    parts = [_convert(child).strip() for child in _children(element)[:2]] + ["", ""]
    if element.get("linethickness", "").strip() in {"0", "0pt", "0em", "0px"}:
        return f"\\substack{{{parts[0]} \\\\ {parts[1]}}}"
    return f"\\frac{{{parts[0]}}}{{{parts[1]}}}"


def _root(element: Element) -> str:
    children = _children(element)
    if _name(element) == "msqrt":
        return f"\\sqrt{{{_row(children)}}}"
    base = _convert(children[0]) if children else ""
    degree = _convert(children[1]).strip() if len(children) > 1 else ""
    return f"\\sqrt[{degree}]{{{base}}}" if degree else f"\\sqrt{{{base}}}"


def _over(element: Element) -> str:
    """A base with something above it, below it, or both."""
    children = _children(element)
    if not children:
        return ""
    signs = {"munder": "_", "mover": "^", "munderover": "_^"}[_name(element)]
    base = _convert(children[0]).strip()
    limits = _name(children[0]) == "mo" and not base.startswith("\\r")
    for sign, child in zip(signs, children[1:], strict=False):
        base = _attached(base, sign, child, limits)
    return base


def _attached(base: str, sign: str, child: Element, limits: bool) -> str:
    accents = OVER if sign == "^" else UNDER
    accent = accents.get(" ".join(text_in(child).split()))
    if accent is not None and not LIMITS.fullmatch(base):
        wide = len(base) > 1 and not re.fullmatch(r"\\[a-z]+(?:\{\w\})?", base)
        return f"\\{WIDE.get(accent, accent) if wide else accent}{{{base}}}"
    if limits or LIMITS.fullmatch(base):
        return base + _script(sign, child)
    text = _convert(child).strip()
    return f"\\{'overset' if sign == '^' else 'underset'}{{{text}}}{{{base}}}" if text else base


def _fenced(element: Element) -> str:
    separators = element.get("separators", ",").split() or [""]
    text = ""
    for position, child in enumerate(_children(element)):
        if position:
            text += separators[min(position - 1, len(separators) - 1)] + " "
        text += _convert(child).strip()
    left, right = (
        tokens.symbols(element.get("open", "(")),
        tokens.symbols(element.get("close", ")")),
    )
    if any(tall in text for tall in TALL):
        return f"\\left{left or '.'} {text} \\right{right or '.'}"
    return left + text + right


def _cells(table: Element) -> list[list[str]]:
    rows = []
    for row in _children(table):
        cells = _children(row)
        if _name(row) in ROWS:
            cells = cells[1:] if _name(row) == "mlabeledtr" else cells
            rows.append([_convert(cell).strip() for cell in cells])
        else:
            rows.append([_convert(row).strip()])
    return rows


def _table(element: Element) -> str:
    rows = _cells(element)
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    body = " \\\\ ".join(" & ".join(row) for row in rows)
    return f"\\begin{{matrix}} {body} \\end{{matrix}}"


def _top_table(element: Element) -> str:
    """A table that is the whole formula: lines of equations, aligned at its columns."""
    rows = _cells(element)
    lines = [_aligned(row) for row in rows if any(row)]
    if len(lines) == 1 and len(rows[0]) <= 3:
        return " ".join(lines[0].replace("&", "").split())
    body = " \\\\ ".join(lines)
    return f"\\begin{{aligned}} {body} \\end{{aligned}}" if body else ""


def _aligned(row: list[str]) -> str:
    """Cells of one line; the relation has no column of its own."""
    if len(row) == 3:
        return f"{row[0]} & {row[1]} {row[2]}".strip()
    return " & ".join(row)


def _tex(element: Element) -> str:
    """LaTeX that its author left beside the MathML."""
    if _name(element) != "semantics":
        return ""
    for child in _children(element):
        encoding = child.get("encoding", "").lower()
        if _name(child) == "annotation" and any(word in encoding for word in TEX):
            return " ".join((child.text or "").split())
    return ""


def _semantics(element: Element) -> str:
    return _tex(element) or _row(_children(element)[:1])


def _first(element: Element) -> str:
    return _row(_children(element)[:1])


HANDLERS: dict[str, Callable[[Element], str]] = {
    "mi": tokens.identifier, "mn": tokens.number, "mo": tokens.operator,
    "mtext": tokens.text_of, "ms": tokens.text_of, "mspace": tokens.space,
    "msub": _scripts, "msup": _scripts, "msubsup": _scripts,
    "mmultiscripts": _prescripts, "mfrac": _fraction, "msqrt": _root, "mroot": _root,
    "munder": _over, "mover": _over, "munderover": _over, "mfenced": _fenced, "mtable": _table,
    "semantics": _semantics, "maction": _first,
}  # fmt: skip
