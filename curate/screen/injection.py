"""Text that speaks to a model: what it looks like, whatever it is disguised as. Compiled fold, RE2.

A text is folded before it is searched: invisible characters go, full-width, mathematical, circled
and accented letters become plain ones, so do Cyrillic and Greek letters that look like Latin ones,
and hidden tag characters are read as the ASCII that they stand for. Phrases are searched in the
letters and digits alone, so that no spacing or punctuation hides them; marks of chat templates, and
phrases that need their words apart, in the folded text. English only; the lists are our own.

What it cannot tell is use from mention: an article on attacks that quotes one holds it too.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.screen import words
from curate.screen.kernels import Bytes, Offsets, buffers, compiled, on_threads
from curate.screen.words import IGNORED, MANY, N_CODES, Folds, Kinds, Several, decoded

Sizes = NDArray[np.int64]

LOOK_ALIKES = {
    "a": "аαɑᴀ", "b": "вβʙ", "c": "сϲᴄ", "d": "ԁɗᴅ", "e": "еεєᴇ", "f": "ғꜰ", "g": "ɡԍɢ",
    "h": "һнʜ", "i": "іιıɪ", "j": "јϳᴊ", "k": "кκᴋ", "l": "ӏʟ", "m": "мᴍ", "n": "пηոɴ",
    "o": "оοσօᴏ", "p": "рρᴘ", "q": "ԛ", "r": "гʀ", "s": "ѕꜱ", "t": "тτᴛ", "u": "υսᴜ",
    "v": "νѵᴠ", "w": "ԝωᴡ", "x": "хχ", "y": "уγʏ", "z": "ᴢ",
}  # fmt: skip
"""Letter -> letters of other alphabets, in lower case, that are drawn much like it."""
CIRCLED = ((0x24B6, 26), (0x24D0, 26), (0x1F110, 26), (0x1F130, 26), (0x1F150, 26), (0x1F170, 26))
"""Where alphabets of circled and squared letters begin, and how long they are."""
TAGS = 0xE0000
"""Added to ASCII: characters that are not drawn."""

_FILLER = "(?:all|any|every|of|the|your|my|our|these|those|that|it|is|and|a|an)*"
_ORDERS = "(?:instruction|prompt|direction|command|guideline|directive|rule|message|request)s?"
PHRASES = (
    f"(?:ignore|disregard|forget|override|bypass|discard){_FILLER}"
    f"(?:previous|prior|above|earlier|preceding|foregoing|original|initial|system|existing){_FILLER}"
    f"(?:{_ORDERS}|system{_ORDERS}|user{_ORDERS})",
    f"(?:ignore|disregard|forget){_FILLER}{_ORDERS}(?:above|before|given|thatcamebefore|yougot)",
    "(?:forget|ignore|disregard)everything(?:above|before|yo?uweretold|youknow|yousaid)",
    "(?:do|should|must)not(?:follow|obey)(?:the|any|your)*(?:previous|prior|above|system)",
    "youare(?:now)?(?:chatgpt|gpt[345]|anaimodel|anai(?:language)?model|anaiassistant)",
    "youare(?:now)?ahelpful(?:and\\w{1,20})?assistant",
    "youare(?:now)?(?:in)?(?:danmode|developermode|jailbroken|unrestricted|freefromallrestrictions)",
    "(?:reveal|print|repeat|show|output|leak|tellme|displa?y|sendme)(?:me|us|your|the|full|entire)*"
    "(?:system|hidden|initial|secret)(?:prompt|instruction)s?",
    "asan?(?:ai|llm|largelanguagemodel|ailanguagemodel|languagemodel)(?:model)?"
    "(?:you(?:must|should|will|are|have)|do(?:not)?(?:mention|say|write|reveal)|please|ignore|output|"
    "respond|only|always|never)",
    "(?:give|provide|write|generate|assign|return|output)(?:me|us|it|only|just|this|the|paper|"
    "manuscript|submission|a|an|very)*(?:positive|favou?rable|glowing|highest|perfect)"
    "(?:peer)?(?:review|score|rating|evaluation|recommendation)",
    "donot(?:highlight|mention|listany|list|report|raise|pointout)(?:any|the|of|its)*"
    "(?:negative|weakness|flaw|limitationsofthispaper)",
    "recommend(?:to)?accept(?:ing|ance)?(?:of|for)?(?:this|the)(?:paper|manuscript|submission)",
    "donot(?:mention|reveal|disclose|repeat|tell)(?:the|user|anyone|about|these|this|your|to|that|any)*"
    "(?:prompt|hiddeninstruction|secretinstruction|instructionsabove|theseinstruction)",
    "fromnowonyou(?:are|will|must|should|shall)",
    "pretend(?:that)?youare(?:an?)?(?:ai|model|unrestricted|evil|assistant|human)",
    "(?:note|message)s?(?:to|for)(?:the|any|all)*"
    "(?:ai|llm|chatgpt|largelanguagemodel|languagemodel|aireviewer|llmreviewer|aimodel|aiassistant)s?",
    "ifyouare(?:an?|a)?(?:ai|llm|largelanguagemodel|languagemodel|chatgpt|aimodel|aiassistant|"
    "aireviewer|languagemodelreading)",
    "doanythingnow",
    "developermode(?:enabled|activated|on)",
)  # fmt: skip
"""RE2, over small letters and digits with nothing between them."""
_START = r"(?:^|[\n.!?:;>*#\"] ?)(?:please )?"
MARKS = (
    r"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|end_of_text|begin_of_text|eot_id|"
    r"start_header_id|end_header_id|end|channel|message)\|>",
    r"\[/?inst\]",
    r"<</?sys>>",
    r"<(?:start|end)_of_turn>",
    r"(?:^|\n)(?:#{1,4} ?)?assistant ?:",
    r"(?:^|\n)#{2,4} ?(?:instructions?|response|system(?: prompt)?|human|user) ?:",
    r"(?:^|\n)system(?: prompt)? ?: ?you ",
    _START + r"(?:only )?(?:output|respond|reply|answer) (?:only|exclusively|just) "
    r"(?:with|in|the (?:word|letter|text|string|json|number)|a single|yes|no|json|true|false)\b",
    _START + r"only (?:output|respond|reply|answer) (?:with|in)\b",
    _START + r"new (?:system )?instructions? ?:",
    _START + r"instructions? (?:to|for) (?:the |any |all )?(?:ai|llm|language model)s?"
    r"(?: reviewers?| assistants?)? ?:",
    _START + r"(?:dear |attention |hey )?(?:ai|llm|chatgpt|language model)"
    r"(?: reviewers?| assistants?| models?)?[,:!] "
    r"(?:please|you|ignore|give|write|do|always|note)\b",
    r"\b(?:ai|llm|language model)s? (?:reviewers? |assistants? )?(?:should|must) "
    r"(?:ignore|give|rate|accept|recommend)\b",
)
"""RE2, over folded text: small letters, punctuation, one blank or line break between words."""
_PHRASE = "(?P<found>" + "|".join(PHRASES) + ")"
_MARK = "(?P<found>" + "|".join(MARKS) + ")"
LONGEST_SHOWN = 100
"""Characters of a phrase that are told."""


class Folded(NamedTuple):
    """The texts of a batch, folded."""

    spaced: pa.LargeStringArray
    """(rows,) with punctuation, and one blank or line break between words."""
    squeezed: pa.LargeStringArray
    """(rows,) letters and digits alone."""


@cache
def plain_letters() -> Bytes:
    """(N_CODES,) the ASCII letter or digit that a character stands for; 0 for none."""
    tables = words.tables()
    found = np.where(tables.folds < 128, tables.folds, 0).astype(np.uint8)
    found[tables.kinds == words.SEPARATOR] = 0
    folds = tables.folds
    for letter, alike in LOOK_ALIKES.items():
        for one in alike:
            found[ord(one)] = ord(letter)
            found[folds == ord(one)] = ord(letter)
    for begin, n in CIRCLED:
        found[begin : begin + n] = np.arange(97, 97 + n)
    return found


@compiled
def _fold(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    plain: Bytes,
    kinds: Kinds,
    folds: Folds,
    several: Several,
    spaced: Bytes,
    squeezed: Bytes,
    n_spaced: Sizes,
    n_squeezed: Sizes,
) -> None:
    first = offsets[0]
    for row in range(begin, end):
        at = offsets[row]
        stop = offsets[row + 1]
        here, there = at - first, at - first
        blank = 0
        while at < stop:
            code, length = np.uint32(text[at]), 1
            if code >= 128:
                code, length = decoded(text, at, stop)
            at += length
            if TAGS + 32 <= code < TAGS + 127:
                code -= np.uint32(TAGS)
            if code >= N_CODES or kinds[code] == IGNORED:
                continue
            if code == 10 or code == 13:
                blank = 10
                continue
            if code <= 32 or code == 0xA0 or (0x2000 <= code <= 0x200A) or code == 0x3000:
                blank = max(blank, 1)
                continue
            if blank > 0:
                spaced[here] = 10 if blank == 10 else 32
                here += 1
                blank = 0
            folded = folds[code]
            letter = plain[code]
            if folded >= MANY and letter == 0:
                for one in several[folded - MANY]:
                    if 0 < one < 128:
                        if here < at - first:
                            spaced[here] = one
                            here += 1
                        if there < at - first:
                            squeezed[there] = one
                            there += 1
                continue
            if letter > 0:
                squeezed[there] = letter
                there += 1
            elif 0xFF01 <= code <= 0xFF5E:
                letter = np.uint8(code - 0xFEE0)
            else:
                letter = np.uint8(code) if code < 128 else np.uint8(63 if code == 0 else 95)
            spaced[here] = letter
            here += 1
        start = offsets[row] - first
        n_spaced[row], n_squeezed[row] = here - start, there - start


def fold(text: pa.Array) -> Folded:
    """The texts of a batch without what disguises them."""
    content, offsets = buffers(text)
    n = len(offsets) - 1
    room = int(offsets[-1] - offsets[0])
    spaced, squeezed = np.zeros(room, np.uint8), np.zeros(room, np.uint8)
    sizes = np.zeros(n, np.int64), np.zeros(n, np.int64)
    on_threads(
        _fold, n, content, offsets, plain_letters(), *words.tables(), spaced, squeezed, *sizes
    )
    starts = offsets[:-1] - offsets[0]
    return Folded(_strings(spaced, starts, sizes[0]), _strings(squeezed, starts, sizes[1]))


@compiled
def _pack(
    begin: int, end: int, content: Bytes, starts: Offsets, offsets: Offsets, packed: Bytes
) -> None:
    for row in range(begin, end):
        ahead = starts[row] - offsets[row]
        for place in range(offsets[row], offsets[row + 1]):
            packed[place] = content[place + ahead]


def _strings(content: Bytes, starts: Offsets, sizes: Sizes) -> pa.LargeStringArray:
    """Strings that stand in a buffer with gaps between them."""
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    packed = np.empty(offsets[-1], np.uint8)
    on_threads(_pack, len(sizes), content, starts, offsets, packed)
    return pa.LargeStringArray.from_buffers(
        len(starts), pa.py_buffer(offsets), pa.py_buffer(packed)
    )


def count(folded: Folded) -> NDArray[np.int32]:
    """(rows,) phrases and marks that speak to a model."""
    found = pc.add(
        pc.count_substring_regex(folded.squeezed, _PHRASE),
        pc.count_substring_regex(folded.spaced, _MARK),
    )
    return np.asarray(found.to_numpy(), np.int32)


def first(folded: Folded) -> pa.StringArray:
    """(rows,) the first mark, or else the first phrase, as folded; null for none."""
    marks, phrases = (
        pc.struct_field(pc.extract_regex(text, pattern), "found")
        for text, pattern in ((folded.spaced, _MARK), (folded.squeezed, _PHRASE))
    )
    found = pc.utf8_trim_whitespace(pc.coalesce(marks, phrases))
    return pc.utf8_slice_codeunits(found, 0, LONGEST_SHOWN).cast(pa.string())
