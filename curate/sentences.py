"""Where sentences begin and end. Reads a text, gives character ranges; no model, no randomness.

A full stop ends a sentence unless something says otherwise: an abbreviation, an initial, a number
of a list item, a lower-case continuation, an open bracket, or code and mathematics around it. A
citation set after the stop belongs to the sentence before it. Layout ends a sentence too: a blank
line, a list item, a change of indentation. Rules and word lists are our own; pysbd 0.3.4 and syntok
1.4.4, which know no layout, take 80 and 15 times as long on scientific prose.
"""

import re

Span = tuple[int, int]

_TOKEN = re.compile(
    r"""[.!?…\n`$\\](?:
      (?<=[.!?…])(?P<stop>[.!?…]*["'”\u2019»)\]}*_]*
        (?P<cited>(?:\^?\d{1,3}(?:[,\u2013-]\d{1,3}){0,9}|[¹²³⁰-⁹][¹²³⁰-⁹⁻,\u2013]*)(?=\s|\Z)
          | [^\S\n]?\[\d[\d,\u2013 -]{0,40}\](?=\s+[^\W\d_a-z]|\s*\Z|[^\S\n]*\n[^\S\n]*\n))?
        (?=\s|\Z))
    | (?<=\n)(?:(?P<blank>[^\S\n]*\n\s*)
          | (?P<line>(?P<indent>[^\S\n]*)(?P<item>(?:[-*•‣+\u2013]|\(?\d{1,2}[.)])[^\S\n])?))
    | (?P<protected>
          (?<=`)`[^`\n]{1,200}(?:\n[^`\n]{1,200})?``
        | (?<=`)[^`\n]{1,200}(?:\n[^`\n]{1,200})?`
        | (?<=\$)\$[^$]{1,2000}\$\$
        | (?<=\$)(?!\s)[^$\n]{1,400}(?<!\s)\$(?!\d)
        | (?<=\\)\((?:[^\\\n]|\\(?![()])){1,400}\\\)
        | (?<=\\)\[(?:[^\\]|\\(?![\[\]])){1,2000}\\\])
    )""",
    re.VERBOSE,
)
"""What may end a sentence, and what hides such signs. A set comes first: `re` then skips to it."""
_ITEM = re.compile(r"(?:[-*•‣+\u2013]|\(?\d{1,2}[.)])[^\S\n]")
_ENTRY = re.compile(r"\*{0,2}\w[\w., *]* : \S")
"""A line that names a parameter and its type; its description follows, indented."""
_OPENING = "([{\"'“\u2018«`*_$"
_NEVER_FIRST = frozenset(",;:.)]}|%=≤≥±×/&")
_LOOK_BACK = 32
_LOOK_AHEAD = 32
_PLAIN_LETTERS = 7
"""So many small letters before a full stop are a word and no abbreviation."""
_MAX_BRACKET = 200
"""A bracket around a full stop is looked for this many characters back, and as many ahead."""

NEVER_LAST = frozenset({
    "e.g", "i.e", "eg", "ie", "cf", "vs", "viz", "approx", "ca", "n.b", "incl", "excl", "wrt",
    "w.r.t", "resp", "supp", "suppl", "E.g", "I.e", "N.B", "Cf", "Vs", "Viz", "Approx", "Incl",
    "Supp", "Suppl", "Dr", "Drs", "Prof", "Mr", "Mrs", "Ms", "Messrs", "St", "Ste", "Mt", "Capt",
    "Cat", "Pvt",
})  # fmt: skip
"""Abbreviations that never end a sentence. Their case counts: `Ca` is calcium, `ms` a unit."""
BEFORE_NUMBERS = frozenset({
    "fig", "figs", "eq", "eqs", "eqn", "eqns", "ref", "refs", "sec", "secs", "sect", "no",
    "nos", "vol", "vols", "p", "pp", "ch", "chap", "tab", "def", "thm", "lem", "prop", "cor",
    "alg", "app", "ed", "eds", "ver", "v", "est", "max", "min", "str", "jan", "feb", "mar", "apr",
    "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
})  # fmt: skip
"""Abbreviations when a number, a bracket or a single capital follows, in any case."""
UNITS = frozenset({"sec", "secs", "min", "v"})
"""Of these, units rather than abbreviations where a number stands before them."""
SELDOM_LAST = frozenset({
    "al", "spp", "sp", "syn", "ssp", "subsp", "var", "cv", "pv", "bv", "conc", "aq", "ext", "Ext",
    "Linn", "Roxb", "Willd", "Ph.D", "M.Sc", "B.Sc", "Inc", "INC", "Ltd", "LTD", "Corp", "Co", "Jr",
    "Sr", "Acad", "Adv", "Am", "Appl", "Assoc", "Astron", "Astrophys", "Biochem", "Biol", "Biophys",
    "Biotechnol", "Bot", "Bull", "Chem", "Clin", "Commun", "Comput", "Conf", "Dept", "Ecol", "Eng",
    "Engl", "Environ", "Eur", "Exp", "Genet", "Geophys", "Immunol", "Inst", "Int", "Lab", "Lett",
    "Mater", "Math", "Med", "Microbiol", "Mol", "Nat", "Natl", "Opt", "Pharmacol", "Phys",
    "Physiol", "Proc", "Res", "Rev", "Sci", "Soc", "Surg", "Symp", "Trans", "Univ", "Zool",
})  # fmt: skip
"""Abbreviations that end a sentence only before a word that usually begins one."""
USUALLY_LAST = frozenset({"etc", "a.m", "p.m"})
"""Abbreviations that end a sentence unless a bracket or one of DAYS follows."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "EST", "GMT", "UTC", "CET")
_KNOWN = BEFORE_NUMBERS | {word.lower() for word in NEVER_LAST | SELDOM_LAST | USUALLY_LAST}
STARTERS = frozenset({
    "according", "after", "all", "also", "although", "among", "an", "and", "another", "any", "as",
    "at", "because", "before", "both", "but", "by", "compared", "despite", "due", "during", "each",
    "even", "every", "for", "from", "further", "given", "he", "hence", "her", "here", "his", "how",
    "however", "if", "in", "instead", "it", "its", "like", "many", "moreover", "most", "my",
    "neither", "next", "no", "none", "nor", "not", "note", "of", "on", "once", "one", "only", "or",
    "other", "others", "otherwise", "our", "overall", "samples", "several", "she", "since", "so",
    "some", "such", "that", "the", "their", "then", "there", "therefore", "these", "they", "this",
    "those", "though", "through", "thus", "to", "together", "two", "under", "unlike", "until",
    "upon", "use", "using", "we", "what", "when", "where", "whereas", "whether", "which", "while",
    "who", "why", "with", "within", "without", "you",
})  # fmt: skip
"""Words that usually begin a sentence when they are capitalised."""
LETTERED = frozenset({
    "appendix", "buffer", "category", "class", "figure", "experiment", "grade", "group",
    "hepatitis", "influenza", "panel", "part", "phase", "plate", "protein", "section", "site",
    "solution", "step", "table", "theorem", "type", "variant", "vitamin",
})  # fmt: skip
"""Words that a single capital follows as a label, which is then no initial."""

_NUMBERED = re.compile(
    r"[(\[#~≈<>]{0,2}(?:\d|[IVX]+\b|[A-Z]{1,4}[-\u2013]?[A-Z]?\d|[A-Z]\b|Nos?\.)"
)
_BEFORE_NAMES = frozenset({"and", "by", "&", "with", "from", "thank", "thanks"})
_DURATION = re.compile(r"\d+ ?(?:s|secs?|mins?|h)\b")
_LABEL = re.compile(r"S\d+\Z")
_TAXON = frozenset({"sp.", "gen.", "comb.", "fam.", "stat."})
_NAME = re.compile(r"[A-Z]\.|[A-Z][\w'\u2019-]+(?:,| and| &) [A-Z]\.")
"""After an initial: another one, or a name and then another one."""
_INITIALS = re.compile(r"(?:[A-Z]\.-?)+[A-Z]")
_LETTERS = re.compile(r"(?:[a-z]\.)+[a-z]")
_LIST_NUMBER = re.compile(r"\d+(?:\.\d+)*|[IVX]{1,5}")
_ARTICLE = re.compile(r"A [a-z]{2}")
_CITED_DIGITS = "^0123456789"
_CITED_ON = re.compile(r"\[[\d,\u2013 -]+\][,;:.)]")
_SMALL_START = re.compile(
    r"[a-z]{1,4}[A-Z]|[α-ω](?![a-zα-ω])|p\d\d|[a-z]-[A-Z]|tert-"
    r"|[a-z_]\w+[._][a-z_]\w|[a-z]\w*\((?!s\))"
)
"""Names that begin a sentence in small letters: mRNA, α-helices, p53, n-Butyl, scipy.linalg."""
_ENUMERATOR = re.compile(r"\((?:[ivx]{1,4}|[a-zA-Z](?:[,\u2013-] ?[a-zA-Z])?)\)\s")


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
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append((start, end))


def _cuts(text: str) -> list[int]:
    """Positions after which another sentence begins, ascending."""
    cuts: list[int] = []
    start = 0
    indent: int | None = None if not _ENTRY.match(text) else 0
    hanging = bool(_ITEM.match(text))
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "stop":
            if not _ends_sentence(text, token, start):
                continue
        elif kind == "protected":
            continue
        elif kind == "blank":
            blanks = token.group()
            indent = len(blanks) - blanks.rfind("\n") - 1
            hanging = _ITEM.match(text, token.end()) is not None
        else:
            begun, ended = token.span("indent")
            deeper, item = ended - begun, token["item"] is not None
            kept = _continues(deeper, indent, hanging, item)
            if not kept or not hanging:
                indent = deeper
            hanging = item or (hanging and kept)
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


def _ends_sentence(text: str, token: re.Match[str], start: int) -> bool:
    """Whether the punctuation that a token found ends the sentence that began at `start`."""
    stop, end = token.span()
    after = text[end : end + _LOOK_AHEAD].lstrip()
    if not after:
        return True
    first = after[0]
    if first in _NEVER_FIRST or (stop > start and text[stop - 1] in "(["):
        return False
    opening = after.lstrip(_OPENING) if first in _OPENING else after
    if opening[:1].islower() and first not in "`$" and not _begins_small(after, opening):
        return False
    if first == "[" and _CITED_ON.match(after):
        return False
    opened = text.rfind("(", max(start, stop - _MAX_BRACKET), stop)
    if opened >= 0 and text.find(")", opened, end) < 0 and _is_closed(text, end):
        return False
    cited = token["cited"]
    if (
        cited
        and cited[0] in _CITED_DIGITS
        and not _may_be_cited(text[max(start, stop - _LOOK_BACK) : stop])
    ):
        return False
    if text[stop] != "." or text.startswith("..", stop):
        return True
    plain = text[max(start, stop - _PLAIN_LETTERS) : stop]
    if len(plain) == _PLAIN_LETTERS and plain.isalpha() and plain.islower():
        return True
    words = text[max(start, stop - _LOOK_BACK) : stop].split()
    if not words or text[stop - 1].isspace():
        return True
    return not _is_abbreviation(words[-1], words[:-1], after, opening)


def _begins_small(after: str, opening: str) -> bool:
    """Whether small letters begin a sentence nevertheless: a name, or an item as in `(ii)`."""
    return _SMALL_START.match(opening) is not None or _ENUMERATOR.match(after) is not None


def _begins(opening: str) -> bool:
    """Whether a capitalised word is one that usually begins a sentence, rather than a name."""
    starter = (opening.split(None, 1) or [""])[0]
    word = starter.rstrip(",;:")
    if word.lower() in STARTERS:
        return len(word) > 3 or word == starter
    return starter.endswith("ly,") or _ARTICLE.match(opening) is not None


def _is_closed(text: str, end: int) -> bool:
    """Whether a bracket that is open at `end` is closed soon after, in the same paragraph."""
    closed = text.find(")", end, end + _MAX_BRACKET)
    return closed >= 0 and text.find("(", end, closed) < 0 and text.find("\n\n", end, closed) < 0


def _may_be_cited(before: str) -> bool:
    """Whether digits after a full stop number a citation, and are no part of the word before."""
    word = before.rpartition(" ")[2].strip("([{)]}\"'”\u2019»")
    return len(word) > 2 and word.isalpha() and word.lower() not in BEFORE_NUMBERS


def _is_abbreviation(raw: str, earlier: list[str], after: str, opening: str) -> bool:
    """Whether the full stop after a word belongs to it.

    Args:
        raw: the word with the brackets and quotation marks before it.
        earlier: the words of the sentence before it, as many as were looked at.
        after: what follows the full stop.
        opening: the same without brackets and quotation marks.
    """
    word = raw.lstrip(_OPENING)
    for mark in "(/-":
        if mark in word:
            head, _, word = word.rpartition(mark)
            earlier = [*earlier, head]
    small = word.lower()
    if word.isalpha() and len(word) > 1 and earlier and small not in _KNOWN:
        return False
    if word in NEVER_LAST:
        return True
    begins = _begins(opening)
    if small in BEFORE_NUMBERS and not (len(word) == 1 and word.isupper()):
        return _is_before_number(small, earlier, after, begins)
    if word in SELDOM_LAST or _INITIALS.fullmatch(word):
        return not begins
    if word in USUALLY_LAST:
        return not begins and (after[0] in "([" or after.startswith(DAYS))
    if len(word) == 1 and word.isupper():
        return not begins and _is_initial(raw, earlier, after)
    if _LETTERS.fullmatch(word):
        return not begins and (after[0] in "([" or after[0].isdecimal())
    return _LIST_NUMBER.fullmatch(word) is not None and not "".join(earlier).strip("#")


def _is_before_number(word: str, earlier: list[str], after: str, begins: bool) -> bool:
    """Whether one of BEFORE_NUMBERS is used as such."""
    last = earlier[-1] if earlier else ""
    if word in UNITS and last[-1:].isdecimal():
        return _DURATION.match(after) is not None
    if word == "fig" and _LABEL.match(last):
        return False
    if word == "nov" and last in _TAXON:
        return not begins and after[0] in "(["
    return _NUMBERED.match(after) is not None or (after[0] in "([" and not begins)


def _is_initial(raw: str, earlier: list[str], after: str) -> bool:
    """Whether a single capital is part of a name rather than a symbol or a label."""
    if _ENUMERATOR.match(after):
        return False
    if not earlier or earlier[-1] == "|" or raw[0] == "(" or _NAME.match(after):
        return True
    if after.split(None, 1)[0].removesuffix(".") in SELDOM_LAST:
        return True
    last = earlier[-1].lstrip(_OPENING)
    if last.lower() in LETTERED:
        return False
    if last[:1].isupper() or last.endswith(",") or last in _BEFORE_NAMES:
        return True
    return after[0] in "(["
