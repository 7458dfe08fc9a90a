"""Where sentences begin and end. Reads a text, gives character ranges; no model, no randomness.

A full stop ends a sentence unless something says otherwise: an abbreviation, an initial, a number
of a list item, a lower-case continuation, or code and mathematics around it. Layout ends one too:
a blank line, a list item, a change of indentation. Rules and word lists are our own.
"""

import re

Span = tuple[int, int]

_TOKEN = re.compile(
    r"""(?=[`$\n.!?…])(?:
      (?P<protected>
          ``[^`\n]{1,200}(?:\n[^`\n]{1,200})?``
        | `[^`\n]{1,200}(?:\n[^`\n]{1,200})?`
        | \$\$[^$]{1,400}\$\$
        | \$(?!\s)[^$\n]{1,200}(?<!\s)\$(?!\d))
    | (?P<blank>\n[^\S\n]*\n\s*)
    | (?P<line>\n(?P<indent>[^\S\n]*)(?P<item>(?:[-*•‣+\u2013]|\(?\d{1,2}[.)])[^\S\n])?)
    | (?P<stop>[.!?…]+["'”\u2019»)\]}*_]*(?=\s|\Z))
    )""",
    re.VERBOSE,
)
_ITEM = re.compile(r"(?:[-*•‣+\u2013]|\(?\d{1,2}[.)])[^\S\n]")
_ENTRY = re.compile(r"\*{0,2}\w[\w., *]* : \S")
"""A line that names a parameter and its type; its description follows, indented."""
_OPENING = "([{\"'“\u2018«`*_$"
_LOOK_BACK = 24
_LOOK_AHEAD = 24

NEVER_LAST = frozenset({
    "e.g", "i.e", "cf", "vs", "viz", "approx", "ca", "dr", "prof", "mr", "mrs", "ms", "st",
    "mt", "messrs", "incl", "excl", "wrt", "w.r.t", "resp",
})  # fmt: skip
"""Abbreviations that never end a sentence."""
BEFORE_NUMBERS = frozenset({
    "fig", "figs", "eq", "eqs", "eqn", "eqns", "ref", "refs", "sec", "secs", "sect", "no",
    "nos", "vol", "vols", "p", "pp", "ch", "chap", "tab", "def", "thm", "lem", "prop", "cor",
    "alg", "app", "ed", "eds", "ver", "v", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
    "sep", "sept", "oct", "nov", "dec",
})  # fmt: skip
"""Abbreviations when a number, a bracket or a single capital follows."""
SELDOM_LAST = frozenset({
    "al", "etc", "inc", "ltd", "corp", "co", "jr", "sr", "u.s", "u.k", "ph.d", "spp", "sp",
    "var", "subsp", "a.m", "p.m",
})  # fmt: skip
"""Abbreviations that end a sentence only before a word that usually begins one."""
STARTERS = frozenset({
    "a", "after", "all", "although", "an", "and", "any", "as", "at", "because", "both", "but",
    "by", "for", "from", "given", "he", "here", "however", "if", "in", "it", "its", "many",
    "moreover", "most", "no", "note", "on", "one", "only", "or", "other", "otherwise", "our",
    "several", "she", "since", "some", "such", "that", "the", "their", "then", "there",
    "therefore", "these", "they", "this", "those", "thus", "to", "two", "under", "unlike",
    "use", "using", "we", "what", "when", "where", "whether", "which", "while", "with", "you",
})  # fmt: skip
"""Words that usually begin a sentence when they are capitalised."""
_NUMBERED = re.compile(r"[(\[]?(?:\d|[IVX]+\b|[A-Z]\b)")


def spans(text: str) -> list[Span]:
    """Sentences as trimmed character ranges: ordered, disjoint, covering all that is not blank."""
    found: list[Span] = []
    start = 0
    for cut in _cuts(text):
        _add(found, text, start, cut)
        start = cut
    _add(found, text, start, len(text))
    return found


def _add(found: list[Span], text: str, start: int, end: int) -> None:
    """Append the range without the white space around it, if anything is left."""
    piece = text[start:end]
    inner = piece.strip()
    if inner:
        start += len(piece) - len(piece.lstrip())
        found.append((start, start + len(inner)))


def _cuts(text: str) -> list[int]:
    """Positions after which another sentence begins, ascending."""
    cuts: list[int] = []
    start = 0
    indent: int | None = None if not _ENTRY.match(text) else 0
    hanging = bool(_ITEM.match(text))
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "protected":
            continue
        if kind == "stop":
            if not _ends_sentence(text, token.start(), token.end(), start):
                continue
        elif kind == "blank":
            blanks = token.group()
            indent = len(blanks) - blanks.rfind("\n") - 1
            hanging = _ITEM.match(text, token.end()) is not None
        else:
            deeper = len(token["indent"])
            kept = _continues(deeper, indent, hanging, token["item"] is not None)
            if not kept or not hanging:
                indent = deeper
            hanging = token["item"] is not None or (hanging and kept)
            if kept:
                continue
        start = token.end()
        cuts.append(start if kind != "line" else token.start() + 1)
    return cuts


def _continues(deeper: int, indent: int | None, hanging: bool, item: bool) -> bool:
    """Whether a line goes on with the sentence before it; `indent` is None while unknown."""
    if item:
        return False
    if hanging:
        return deeper > (indent or 0)
    return indent is None or deeper == indent


def _ends_sentence(text: str, stop: int, end: int, start: int) -> bool:
    """Whether the punctuation at text[stop:end] ends the sentence that began at `start`."""
    after = text[end : end + _LOOK_AHEAD].lstrip()
    if not after:
        return True
    opening = after.lstrip(_OPENING)
    if opening[:1].islower() and after[0] != "`":
        return False
    if text[stop] != "." or text.startswith("..", stop):
        return True
    before = text[max(start, stop - _LOOK_BACK) : stop]
    words = before.split()
    if not words or before[-1].isspace():
        return True
    word = words[-1].lstrip(_OPENING)
    starter = (opening.split(None, 1) or [""])[0].rstrip(",;:")
    return not _is_abbreviation(word, words[:-1], after, starter)


def _is_abbreviation(word: str, earlier: list[str], after: str, starter: str) -> bool:
    """Whether the full stop after `word` belongs to it."""
    small = word.lower()
    begins = starter.lower() in STARTERS and starter != "A"
    if small in NEVER_LAST:
        return True
    if small in BEFORE_NUMBERS:
        return _NUMBERED.match(after) is not None
    if small in SELDOM_LAST:
        return not begins
    if len(word) == 1 and word.isupper():
        return not begins and _is_initial(earlier)
    return word.isdigit() and not earlier


def _is_initial(earlier: list[str]) -> bool:
    """Whether a single capital after these words is part of a name rather than a symbol."""
    if not earlier:
        return True
    last = earlier[-1]
    return last[:1].isupper() or last.endswith(",") or last in {"and", "by", "&", "with"}
