"""Docstring text -> readable text with sections and blocks.

Reads reStructuredText as docstrings use it: numpydoc headings, roles, literals, doctests and
directives. What is mark-up goes, what a person would read stays. It never fails: a line that is not
understood stays as it is.

The grammar is docutils' reStructuredText; which directives are dropped or kept is our choice.
"""

import inspect
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from curate.collect import outline
from schemas.rows import Block, Section

KNOWN_HEADINGS = {
    "attributes", "example", "examples", "methods", "notes", "other parameters", "parameters",
    "raises", "receives", "references", "returns", "see also", "warnings", "warns", "yields",
}  # fmt: skip
"""Headings of numpydoc; they need no blank line before and no long underline."""

DROPPED = {
    "autoattribute", "autoclass", "automethod", "automodule", "contents", "currentmodule", "figure",
    "highlight", "image", "include", "index", "module", "moduleauthor", "sectionauthor", "toctree",
    "versionadded",
}  # fmt: skip
"""Directives that say nothing to a reader of the text."""

CODE = {
    "code", "code-block", "ipython", "literalinclude", "parsed-literal", "sourcecode", "testcode",
}  # fmt: skip
DATED = {"deprecated": "Deprecated since version", "versionchanged": "Changed in version"}

CODE_ROLES = {
    "attr", "class", "code", "const", "data", "envvar", "exc", "file", "func", "keyword", "kbd",
    "meth", "mod", "obj", "option", "program", "samp", "token", "type",
}  # fmt: skip
NUMBERED_ROLES = {"pep": "PEP", "rfc": "RFC"}

UNDERLINE = re.compile(r"([=\-~*^+#])\1{2,}\s*")
SIMPLE_TABLE = re.compile(r"\s*=+(?: +=+)+\s*")
GRID_TABLE = re.compile(r"\s*\+(?:[-=]+\+)+\s*")
DIRECTIVE = re.compile(r"\.\. ([A-Za-z][\w:+.-]*?)::(?:\s+(.*))?")
FOOTNOTE = re.compile(r"\.\. (\[[^\]]+\])\s*(.*)")
OPTION = re.compile(r"\s*:[\w-]+:(\s|$)")
SIGNATURE = re.compile(
    r"[A-Za-z_][\w.]*\([^.]*?(?:\.\.\.[^.]*?|\.[^.\s][^.]*?)*\)(?: *-> *[^.]{1,60})?"
)
CODE_LINE = re.compile(
    r"::=|[=({\[]|^\s*(?:class|def|del|elif|else|except|finally|for|from|if|import|pass|raise"
    r"|return|try|while|with)\b"
)
STATEMENT = re.compile(
    r"\s+(?:\w+ +::= |[\w.]+ = \S|(?:class|def|if|for|while|with|try|print)\b.*[:)]$"
    r"|import \w+|from [\w.]+ import )"
)
INLINE = re.compile(
    r"``(?P<literal>[^`]+(?:`[^`]+)*)``"
    r"|:(?P<role>[A-Za-z][\w:+.-]*):`(?P<content>[^`]+)`"
    r"|`(?P<label>[^`<]+?)\s*<[^`>]+>`_{0,2}"
    r"|`(?P<named>[^`]+)`_{1,2}(?!\w)"
    r"|(?P<plain>`[^`]+`)"
    r"|(?P<footnote>\[[\w#*.-]+\])_(?!\w)"
    r"|\\(?P<escaped>[*_`|])"
)


@dataclass(slots=True)
class Page:
    """Text as it grows, with what is known of its stretches; offsets are exact as they are made."""

    chunks: list[str] = field(default_factory=list)
    length: int = 0
    gap: bool = False
    """Whether a blank line comes before what is written next."""
    styles: list[str] = field(default_factory=list)
    """Underlines in the order in which they first appeared; that order is the nesting."""
    headings: list[outline.Heading] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def write(self, text: str) -> tuple[int, int]:
        """Append lines; (start, end) of what was written, white space around it left out."""
        lines = text.strip("\n").rstrip()
        if self.length == 0:
            lines = lines.lstrip()
        if not lines:
            return self.length, self.length
        if self.gap and self.length:
            self._append("\n")
        self.gap = False
        start = self.length + len(lines) - len(lines.lstrip())
        self._append(lines + "\n")
        return start, self.length - 1

    def block(self, kind: Literal["equation", "table", "code"], text: str) -> None:
        """Append lines that are not prose, with a blank line at either side."""
        self.gap = True
        start, end = self.write(text)
        if start < end:
            self.blocks.append(Block(kind, start, end))
        self.gap = True

    def heading(self, text: str, style: str) -> None:
        """Append a heading line."""
        if style not in self.styles:
            self.styles.append(style)
        self.gap = True
        start, end = self.write(text)
        if start < end:
            level = self.styles.index(style) + 1
            self.headings.append(outline.Heading(text, level, start, end))

    def _append(self, text: str) -> None:
        self.chunks.append(text)
        self.length += len(text)


def render(docstring: str) -> tuple[str, list[Section], list[Block]]:
    """What a person reads of a docstring, with its sections and the blocks that are not prose.

    Underlines, roles, directive markers and `versionadded` go; formulae are written as $x$ and
    $$ lines, names in single backticks. All offsets count characters of the returned text.
    """
    page = Page()
    lines = [line.rstrip() for line in inspect.cleandoc(docstring).split("\n")]
    _body(page, lines, top=True)
    text = "".join(page.chunks).rstrip()
    return text, outline.sections(text, page.headings), page.blocks


def _body(page: Page, lines: list[str], *, top: bool) -> None:
    """Write lines one construct at a time; headings are looked for at the top only."""
    here = 0
    while here < len(lines):
        line = lines[here]
        if not line:
            page.gap = True
            here += 1
            continue
        heading = _heading(lines, here) if top else None
        if heading is not None:
            text, style, here = heading
            page.heading(_inline(text), style)
        elif _is_markup(line):
            here = _markup(page, lines, here)
        elif _is_doctest(line):
            end = _paragraph_end(lines, here)
            page.block("code", "\n".join(lines[here:end]))
            here = end
        elif STATEMENT.match(line) and (here == 0 or not lines[here - 1]):
            end = _block_end(lines, here, _indent(line) - 1)
            page.block("code", "\n".join(lines[here:end]))
            here = end
        elif (end := _table_end(lines, here)) > here:
            page.block("table", "\n".join(lines[here:end]))
            here = end
        else:
            here = _prose(page, lines, here, top=top)


def _heading(lines: Sequence[str], here: int) -> tuple[str, str, int] | None:
    """(text, style, line after it) of a heading that begins at this line."""
    over = UNDERLINE.fullmatch(lines[here])
    row = here + 1 if over and here + 2 < len(lines) else here
    if row + 1 >= len(lines):
        return None
    text, under = lines[row].strip(), UNDERLINE.fullmatch(lines[row + 1])
    if not under or not text or UNDERLINE.fullmatch(text):
        return None
    if over and over[1] == under[1]:
        return text, over[1] * 2, row + 2
    if over or lines[row][0] == " " or _is_doctest(lines[row]) or _is_markup(lines[row]):
        return None
    long_enough = len(under[0]) >= min(len(text), 4 + len(text) // 2)
    return (text, under[1], row + 2) if long_enough or _is_known(text) else None


def _is_known(text: str) -> bool:
    return text.lower().rstrip(":") in KNOWN_HEADINGS


def _is_markup(line: str) -> bool:
    """Whether a directive, a footnote, a link target or a comment begins here."""
    text = line.lstrip()
    return text == ".." or text.startswith(".. ")


def _is_doctest(line: str) -> bool:
    text = line.lstrip()
    return text == ">>>" or text.startswith(">>> ")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _paragraph_end(lines: Sequence[str], here: int) -> int:
    """The next blank line."""
    while here < len(lines) and lines[here]:
        here += 1
    return here


def _block_end(lines: Sequence[str], here: int, indent: int) -> int:
    """One past the last line that is indented more than this, blank lines between included."""
    end = here
    for row in range(here, len(lines)):
        if lines[row]:
            if _indent(lines[row]) <= indent:
                break
            end = row + 1
    return end


def _table_end(lines: Sequence[str], here: int) -> int:
    """One past the table that begins at this line, or this line where none does."""
    if GRID_TABLE.fullmatch(lines[here]):
        end = here
        while end < len(lines) and lines[end].lstrip().startswith(("+", "|")):
            end += 1
        return end
    if not SIMPLE_TABLE.fullmatch(lines[here]):
        return here
    borders = 0
    for row in range(here, len(lines)):
        borders += SIMPLE_TABLE.fullmatch(lines[row]) is not None
        last = row + 1 == len(lines) or not lines[row + 1]
        if borders >= 2 and last and SIMPLE_TABLE.fullmatch(lines[row]):
            return row + 1
    return _paragraph_end(lines, here)


def _markup(page: Page, lines: list[str], here: int) -> int:
    """Write what a line that begins with two dots stands for; the line after it."""
    indent = _indent(lines[here])
    text = lines[here].strip()
    end = _block_end(lines, here + 1, indent)
    if footnote := FOOTNOTE.fullmatch(text):
        paragraph = " " * indent + f"{footnote[1]} {footnote[2]}"
        page.write(_inline("\n".join([paragraph, *lines[here + 1 : end]])))
    elif directive := DIRECTIVE.fullmatch(text):
        body = textwrap.dedent("\n".join(lines[here + 1 : end])).strip("\n").split("\n")
        while body and OPTION.match(body[0]):
            del body[0]
        name = directive[1].rpartition(":")[2]
        _directive(page, name, directive[2] or "", body, " " * indent)
    return end


def _directive(page: Page, name: str, argument: str, body: list[str], margin: str) -> None:
    """Write a directive's content, indented as the directive itself was."""
    inner = "\n".join(body).strip("\n")
    page.gap = True
    if name == "math":
        formula = "\n".join(part for part in (argument, inner) if part).strip()
        if formula:
            page.block("equation", textwrap.indent(f"$$\n{formula}\n$$", margin))
    elif name in CODE:
        page.block("code", textwrap.indent(inner, margin))
    elif name in ("csv-table", "list-table"):
        page.block("table", textwrap.indent(inner, margin))
    elif name not in DROPPED:
        if name in DATED:
            argument = f"{DATED[name]} {argument}".rstrip() + (":" if inner else ".")
        rows = [argument, *body] if name in DATED or not inner else [argument, "", *body]
        _body(page, [(margin + row).rstrip() for row in rows], top=False)
    page.gap = True


def _prose(page: Page, lines: list[str], here: int, *, top: bool) -> int:
    """Write a paragraph and the code that it announces; the line after them."""
    end = here + 1
    while end < len(lines) and not _ends_paragraph(lines, end, top=top):
        end += 1
    paragraph = "\n".join(lines[here:end])
    if top and page.length == 0 and _is_signature(paragraph):
        page.block("code", paragraph)
        return end
    literal = paragraph.endswith("::")
    if literal:
        paragraph = paragraph[:-1] if paragraph.strip() != "::" else ""
    page.write(_inline(paragraph))
    if not paragraph.endswith(":") and not literal:
        return end
    after = _block_end(lines, end, _indent(lines[end - 1]))
    code = "\n".join(lines[end:after])
    if end < after and not lines[end] and (literal or _looks_like_code(code)):
        page.block("code", code)
        return after
    return end


def _ends_paragraph(lines: Sequence[str], row: int, *, top: bool) -> bool:
    """Whether a paragraph stops before this line."""
    line = lines[row]
    if not line or _is_markup(line) or _is_doctest(line):
        return True
    return top and _is_known(line.strip()) and _heading(lines, row) is not None


def _is_signature(paragraph: str) -> bool:
    """Whether a first paragraph is how to call the object, as compiled functions begin."""
    calls = re.split(r"\n(?=\S)", paragraph)
    return all(SIGNATURE.fullmatch(" ".join(call.split())) for call in calls)


def _looks_like_code(text: str) -> bool:
    """Whether most lines of an indented block are code or grammar, and not prose."""
    if ">>>" in text:
        return False
    lines = [line for line in text.split("\n") if line]
    return 2 * sum(CODE_LINE.search(line) is not None for line in lines) > len(lines)


def _inline(text: str) -> str:
    """Roles, literals, links and footnote marks as a person reads them."""
    return INLINE.sub(_readable, text)


def _readable(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "literal":
        return f"`{match['literal']}`"
    if kind == "content":
        return _role(match["role"].rpartition(":")[2], match["content"])
    if kind == "plain" and match["plain"].startswith("`~"):
        return f"`{match['plain'].rpartition('.')[2]}"
    return match[kind] if kind else match[0]


def _role(role: str, content: str) -> str:
    """`~scipy.stats.norm` as a person reads it in this role."""
    if role == "math":
        return f"${' '.join(content.split())}$"
    named = re.fullmatch(r"(.*?)\s*<[^>]*>", content, re.DOTALL)
    text = named[1] if named else content.lstrip("!")
    if text.startswith("~"):
        text = text.rpartition(".")[2] or text
    text = text.removeprefix("~").removeprefix(".")
    if role in CODE_ROLES:
        return f"`{text}`"
    return f"{NUMBERED_ROLES[role]} {text}" if role in NUMBERED_ROLES else text
