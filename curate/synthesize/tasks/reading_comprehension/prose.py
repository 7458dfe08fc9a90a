"""A passage as a reader sees it: which stretches are clean prose, and which sentences go together.

Code, tables, signatures, lists of parameters and broken sentences are told apart here, once, so
that a family only looks at sentences that may stand in a question or an answer.
"""

import re
from dataclasses import dataclass

from curate import sentences
from schemas.rows import Passage

MIN_WORDS = 6
MAX_WORDS = 60
MIN_LETTER_SHARE = 0.6

SILENT = re.compile(
    r"references?|bibliography|see also|acknowledge?ments?|funding"
    r"|authors?['\u2019]? contributions?"
    r"|(?:conflicts?|declaration) of interests?|competing interests?|data availability.*"
    r"|licen[cs]e|copyright|further reading|contents|index|examples?|todo|history|change ?log",
    re.IGNORECASE,
)
"""Sections that hold no facts in prose."""
LISTED = re.compile(
    r"(?:other |keyword )?(?:parameters?|arguments?|args)|attributes|returns?|yields?|receives"
    r"|raises|warns|warnings raised|methods|routine listings|options",
    re.IGNORECASE,
)
"""Sections that are lists of names, each with a description."""

_FIRST = re.compile(r"[A-Z\"“`$]|[a-z]\w*[._]\w|\([A-Z]")
_LAST = re.compile(r"[.!?][\"'”\u2019)\]]*\Z")
_NOT_PROSE = re.compile(
    r">>>|\.\.\.\s|::|==|->|=>|<-|[|\\{}#@]|https?:|www\.|\*\*\*|--|__|\w=\S|:\w+:|[.?!]{2}"
    r"|[a-z]{3}\. [a-z]|\bi\.e\.\Z|\be\.g\.\Z|(?:^| )[+/*<>] | = |~~"
)
_INSIDE_CODE = re.compile(r"`[^`]*`|\$[^$]*\$")
_LETTERS = re.compile(r"[^\W\d_]+")
_DANGLING = re.compile(
    r"\b(?:(?:above|below)(?! (?:an?|the|zero|one|\d|[`$]))|following|follows|previous(?:ly)?"
    r"|aforementioned|former|latter|earlier"
    r"|next (?:section|example)|(?:this|these|that|the|first|second|last|next|an?) "
    r"(?:examples?|sections?|papers?|tutorials?|documents?|guides?|figures?|tables?|stud(?:y|ies)"
    r"|pep|chapter)"
    r"|figs?\.|figures? \d|tables? \d|sections? \d|sec\. ?\d|eqs?\.|equations? ?[\d(]|appendix"
    r"|refs?\.|references?|supplementary"
    r"|see |listed|here|for (?:example|instance|more (?:information|details))|docstring"
    r"|documentation|respectively,? (?:as|in)|as shown|note that|now|today|currently|recently"
    r"|example)\b|\[\d+[\],\u2013-]|\(\d+\)|e\.g\.|\bto come\b",
)
"""Searched in small letters, which is several times as fast as ignoring case."""
_LEANING = re.compile(
    r"(?:It|Its|This|That|These|Those|They|Their|Them|He|She|His|Her|Such|Both|Either|Neither|Here"
    r"|There|Then|Also|Otherwise|However|Therefore|Thus|Hence|Moreover|Furthermore|In addition"
    r"|Additionally|But|And|Or|So|Instead|Similarly|Likewise|Conversely|Consequently|Nevertheless"
    r"|In this|In these|In that|In such|For this|For these|By default|If not|If so|If true|If false"
    r"|If given|If none|When true|As such|As a result|On the other|To do (?:this|so|that)|Each|One"
    r"|Another|Others?|Again|Finally|First|Second|Third|Next|Note|Yet|Still|Same|All of|Most of"
    r"|We|Our|I|You|Your|Let|Now|Some|See|Example|Examples|Default|Again|Too|Please|Specifically"
    r"|In particular|In other words|More (?:specifically|precisely|generally)|Unlike (?:this|that)"
    r"|(?:Because|As a consequence) of this|(?:When|With|Like|After|Before|Since|As|If|Because)"
    r" (?:this|that|these|it|they|such|so)|Even so|In contrast|Use|Returns?|Call(?:ed)?)\b"
    r"|(?:Must|May|Can|Should|Will|Could|Is|Are|Was|Has|Had|Does|Do|Used|Defaults?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage."""

    start: int
    """First character in the passage's text."""
    end: int
    """One past its last character."""
    text: str
    """With white space collapsed."""
    n_words: int
    clean: bool
    """Whole and prose: may stand in a question or an answer."""
    dangles: bool
    """Points at something outside of itself; true of what is not clean."""
    follows: bool
    """Goes on from the sentence before it, in the same paragraph."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A passage and its sentences."""

    passage: Passage
    title: str
    """Empty where the document has none."""
    name: str
    """The title as it stands in a question: in quotation marks where it has several words."""
    heading: str
    """The innermost section, small letters; empty outside of sections."""
    sentences: list[Sentence]


def read(passage: Passage) -> Prose | None:
    """The passage's sentences, or None where its section holds no facts in prose."""
    if any(SILENT.fullmatch(heading.strip(" .:0123456789")) for heading in passage.section):
        return None
    heading = passage.section[-1].strip(" .:0123456789").lower() if passage.section else ""
    title = collapse(passage.title or "").rstrip(".")
    name = f'"{title}"' if " " in title else title
    return Prose(passage, title, name, heading, list(_sentences(passage.text)))


def _sentences(text: str) -> list[Sentence]:
    found: list[Sentence] = []
    before = 0
    for start, end in sentences.spans(text):
        line = collapse(text[start:end])
        gap = text[before:start]
        follows = bool(found) and gap.count("\n") < 2 and not _changes_indent(gap, text, start)
        n_words = line.count(" ") + 1
        clean = is_clean(line, n_words)
        lost = not clean or dangles(line)
        found.append(Sentence(start, end, line, n_words, clean, lost, follows))
        before = end
    return found


def _changes_indent(gap: str, text: str, start: int) -> bool:
    """Whether the sentence begins a list item or an indented line."""
    return "\n" in gap and (not gap.endswith("\n") or text[start] in "-*•+")


def collapse(text: str) -> str:
    """White space runs as single spaces."""
    return " ".join(text.split())


def is_clean(line: str, n_words: int) -> bool:
    """Whether a sentence, its white space collapsed, is whole and prose."""
    return (
        MIN_WORDS <= n_words <= MAX_WORDS
        and _LAST.search(line) is not None
        and _FIRST.match(line) is not None
        and is_readable(line)
    )


def is_readable(line: str) -> bool:
    """Mostly words, no markup, every bracket and quotation closed; it need not be a sentence."""
    if "`~" in line or not _is_balanced(line):
        return False
    words = _INSIDE_CODE.sub("x", line)
    if _NOT_PROSE.search(words):
        return False
    n_letters = sum(map(len, _LETTERS.findall(words)))
    return n_letters >= MIN_LETTER_SHARE * (len(words) - words.count(" "))


def _is_balanced(line: str) -> bool:
    return (
        line.count("(") == line.count(")")
        and line.count("[") == line.count("]")
        and not line.count("`") % 2
        and not line.count('"') % 2
        and not line.count("$") % 2
        and line.count("“") == line.count("”")
        and not line.count("*") % 2
    )


def dangles(line: str) -> bool:
    """Whether a sentence points at something outside of itself: a figure, a citation, `below`."""
    return _DANGLING.search(line.lower()) is not None


def stands_alone(sentence: Sentence) -> bool:
    """Clean, and understood by a reader who knows only the document's title."""
    return not sentence.dangles and not leans(sentence.text)


def leans(line: str) -> bool:
    """Whether a sentence begins with a word that needs the sentence before it."""
    return line.startswith("(") or _LEANING.match(line) is not None
