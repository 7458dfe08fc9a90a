"""Lines -> running text.

Words broken at line ends are joined, characters get their plain form, raised numbers are citations.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from curate.collect.pdf.layout import Line
from curate.collect.pdf.lines import LOWERED, RAISED

OPEN = frozenset("-‐‑\u00ad/")
"""Last characters of a line that the next may go on without a space."""
OPENING = "([{“‘\"'"
HEAD = re.compile(r"[\w'’]+(?:[-‐‑][\w'’]+)*")
COMPATIBLE = re.compile("[\ufb00-\ufb06\U0001d400-\U0001d7ff\uff01-\uff5e\u2100-\u214f\u3000]")
KEPT_SYMBOLS = "℃℉№™℠Ω℮"
PLAIN = str.maketrans(
    {
        "\u00ad": None,
        "\u200b": None,
        "\ufeff": None,
        "\u2060": None,
        "\u00a0": " ",
        "\u2010": "-",
        "\u2011": "-",
        "\t": " ",
        "\ufffe": "-",
        "\u0002": "-",
        "\x7f": None,
    }
    | dict.fromkeys(range(0x2000, 0x200B), " ")
    | {code: None for code in range(0x20) if code not in (2, 9, 10)}
)
ODD = re.compile("[^ -~\u00a1-\u00ac\u00ae-\u024f\u0370-\u03ff‘’“”–—•…±×°µ\u2190-\u22ff\n]")
SEPARATE = frozenset(
    "well self high low long short two three four five six one first second third half full large "
    "small cross state all ex quasi so open real time".split()
)
"""First parts of compounds that keep their hyphen where the document does not tell otherwise."""
LINKS = frozenset("of the in to and by on up a or out for at as".split())
"""Words inside a compound of several, like those of state-of-the-art."""

RAISED_RUN = re.compile(f"{RAISED}([^{LOWERED}\\n]*){LOWERED}")
CITED = re.compile(r"\s*\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*\s*,?\s*")
DIGITS = re.compile(r"\d+")
POWER = re.compile(r"[-–−+]?\d{1,2}")
UNITS = frozenset(
    "m cm mm km nm dm s h kg g l ml mol d min ha in ft k r t x y z n a c v hz c r2".split()
)
LAST_WORD = re.compile(r"([^\W\d_]+)$")


MARKS = ("", ",", ".", ";", ":", ")")
"""What may stand at the end of a word of the vocabulary."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of a document when its lines are joined."""

    vocabulary: frozenset[str]
    """Its words that no line end breaks, in small letters, some with a mark at their end."""
    n_numbered: int = 0
    """Entries of its numbered reference list; 0 where it has none."""

    def know(self, word: str) -> bool:
        """Whether the document has this word in one piece."""
        return not self.vocabulary.isdisjoint([word + mark for mark in MARKS])


def vocabulary(texts: Sequence[str]) -> frozenset[str]:
    """The words of these lines, with the marks that stand at them; a broken word is one."""
    text = "\n".join(texts).replace("-\n", "\ue002").replace("\u00ad\n", "\ue002")
    return frozenset(text.lower().split())


def joined(texts: Sequence[str], words: Words) -> str:
    """Lines as one, with single spaces."""
    out: list[str] = []
    is_open = False
    for text in texts:
        if is_open:
            out[-1] = append(out[-1], text, words)
        elif text:
            out.append(text)
        is_open = text[-1:] in OPEN
    return plain(resolve(" ".join(out), words)).strip()


def joined_lines(lines: Sequence[Line], words: Words) -> str:
    """The text of lines as one."""
    return joined([line.text for line in lines], words)


def append(before: str, text: str, words: Words) -> str:
    """A text and the line after it."""
    if before[-1:] not in "-‐‑\u00ad" or not text:
        if before.endswith("/") and ("//" in before[-60:] or "doi" in before[-60:]):
            return before + text
        return f"{before} {text}"
    tail = before[before.rfind(" ") + 1 : -1].lstrip(OPENING)
    head = HEAD.match(text)
    if not tail:
        return f"{before} {text}"
    if head is None or _keeps_hyphen(tail, head[0], words, before[-1]):
        return before + text
    return before[:-1] + text


def _keeps_hyphen(tail: str, head: str, words: Words, hyphen: str) -> bool:
    """Whether the hyphen between the parts of a broken word is the word's own."""
    if hyphen == "\u00ad":
        return False
    if not head[0].islower() or not tail[-1].isalpha():
        return True
    first, last = tail.lower(), head.lower()
    whole, hyphened = words.know(first + last), words.know(f"{first}-{last}")
    if whole != hyphened:
        return hyphened
    if whole:
        return False
    stem = first.rpartition("-")[2]
    if stem in LINKS and stem != first:
        return True
    if stem != first and words.know(stem) and not words.know(stem + last):
        return words.know(last)
    return stem in SEPARATE and words.know(last.split("-")[0])


def plain(text: str) -> str:
    """Ligatures, wide and mathematical letters as plain ones; no soft hyphens or odd spaces."""
    if (text.isascii() and text.isprintable()) or ODD.search(text) is None:
        return text
    text = text.translate(PLAIN)
    if COMPATIBLE.search(text) is None:
        return re.sub(" {2,}", " ", text) if "  " in text else text
    text = COMPATIBLE.sub(
        lambda match: (
            match[0] if match[0] in KEPT_SYMBOLS else unicodedata.normalize("NFKC", match[0])
        ),
        text,
    )
    return re.sub(" {2,}", " ", text)


def resolve(text: str, words: Words) -> str:
    """What is set above the line: citations in brackets, powers after a caret, else as it is."""
    if RAISED not in text:
        return text
    out: list[str] = []
    done = 0
    for run in RAISED_RUN.finditer(text):
        out.append(_raised(text[done : run.start()], run[1], words))
        done = run.end()
    out.append(text[done:])
    return "".join(out)


def _raised(before: str, inside: str, words: Words) -> str:
    """A text and what is set above the line after it."""
    base = before[:-1] if before[-1:].isspace() else before
    number = inside.strip()
    if not number:
        return before
    if base[-1:].isdigit():
        return f"{base}^{number}" if POWER.fullmatch(number) else before + inside
    if words.n_numbered and CITED.fullmatch(inside):
        cited = [int(one) for one in DIGITS.findall(inside)]
        word = LAST_WORD.search(base[-30:])
        is_unit = word is not None and (word[1].lower() in UNITS or len(word[1]) < 2)
        if all(0 < one <= words.n_numbered for one in cited) and not is_unit:
            return f"{base} [{number.rstrip(',')}]"
    return before + inside
