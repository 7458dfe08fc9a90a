"""Tokens of MathML (identifiers, numbers, operators, text) -> LaTeX. No file is read."""

import re
import unicodedata

from curate.collect.elements import Element, text_in
from curate.collect.mathml.symbols import COMMANDS, FUNCTIONS, RELATIONS

STYLES = {
    "bold": "mathbf", "double-struck": "mathbb", "script": "mathcal", "fraktur": "mathfrak",
    "sans-serif": "mathsf", "monospace": "mathtt", "normal": "mathrm", "bold-script": "mathcal",
    "bold-fraktur": "mathfrak", "bold-sans-serif": "mathsf", "bold-italic": "boldsymbol",
    "sans-serif-italic": "mathsf", "sans-serif-bold-italic": "mathsf",
}  # fmt: skip
LETTER_STYLES = (
    ("DOUBLE-STRUCK", "mathbb"), ("SCRIPT", "mathcal"), ("FRAKTUR", "mathfrak"),
    ("BLACK-LETTER", "mathfrak"), ("SANS-SERIF", "mathsf"), ("MONOSPACE", "mathtt"),
    ("BOLD ITALIC", "boldsymbol"), ("BOLD", "mathbf"),
)  # fmt: skip
COMMAND_AT_END = re.compile(r"\\[A-Za-z]+\Z")


def beside(left: str, right: str) -> str:
    """Two formulae, with a space where they would run into one another."""
    fuses = right[0].isalpha() and COMMAND_AT_END.search(left) is not None
    return f"{left} {right}" if fuses else left + right


def symbols(text: str) -> str:
    """Characters as LaTeX has them."""
    text = " ".join(text.split())
    if text.isascii() and text.isalnum():
        return text
    found = ""
    for letter in text:
        piece = COMMANDS.get(letter)
        piece = _styled_letter(letter) if piece is None else piece
        if piece:
            found = beside(found, piece)
    return found


def _styled_letter(letter: str) -> str:
    """A letter of mathematics' own alphabets as a command; any other as it is."""
    if not ("\u2100" <= letter <= "\u214f" or "\U0001d400" <= letter <= "\U0001d7ff"):
        return letter
    plain = unicodedata.normalize("NFKC", letter)
    plain = COMMANDS.get(plain, plain)
    name = unicodedata.name(letter, "")
    for word, command in LETTER_STYLES:
        if word in name:
            return f"\\{command}{{{plain}}}"
    return plain


def identifier(element: Element) -> str:
    """`mi`: one letter is italic, a word upright, as MathML has it."""
    text = " ".join(text_in(element).split())
    name = text.replace("\u2061", "")
    if name in FUNCTIONS:
        return f"\\{name} "
    signs = symbols(name)
    style = element.get("mathvariant")
    if len(name) == 1 or "\\" in signs:
        plain = style in {None, "italic"} or (style == "normal" and not signs.isalpha())
        return signs if plain else _styled(signs, str(style))
    is_upright = style != "italic" and signs.isalpha()
    return _styled(signs, style or "normal") if is_upright else signs


def _styled(signs: str, style: str) -> str:
    command = STYLES.get(style)
    if command is None or not signs:
        return signs
    if command == "mathbf" and signs.startswith("\\"):
        command = "boldsymbol"
    return f"\\{command}{{{signs}}}"


def number(element: Element) -> str:
    """`mn`."""
    signs = symbols(text_in(element))
    return _styled(signs, "bold") if element.get("mathvariant") == "bold" else signs


def operator(element: Element) -> str:
    """`mo`: relations with a space at either side."""
    text = " ".join(text_in(element).split())
    if text in FUNCTIONS:
        return f"\\{text} "
    if len(text) > 1 and text.isalpha():
        return f"\\operatorname{{{text}}} "
    signs = symbols(text)
    if signs in RELATIONS and element.get("form") != "prefix":
        return f" {signs} "
    return f"{signs} " if signs in {",", ";"} else signs


def text_of(element: Element) -> str:
    """`mtext`, `ms`: words of a sentence."""
    text = text_in(element)
    words = " ".join(text.split())
    if not words:
        return "~" if text else ""
    if len(words) == 1 and not words.isalnum():
        return symbols(words)
    escaped = re.sub(r"([#$%&_{}])", r"\\\1", words.replace("\\", ""))
    if not all(ord(letter) < 0x370 for letter in escaped):
        escaped = re.sub(r"[\u0370-\u2fff]", lambda sign: _in_text(sign[0]), escaped)
    return f"\\text{{{text[0].isspace() * ' '}{escaped}{text[-1].isspace() * ' '}}}"


def _in_text(sign: str) -> str:
    signs = COMMANDS.get(sign, sign)
    return f"${signs}$" if signs.startswith("\\") else signs


def space(element: Element) -> str:
    """`mspace`: one space, however wide."""
    width = element.get("width", "")
    return "" if width.startswith(("-", "0e", "0p")) or width in {"", "0"} else "~"
