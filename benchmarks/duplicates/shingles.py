"""What the measure compares, written again in plain Python: the truth of every quality figure.

Words are runs of letters, marks and digits, compared without case and diacritics; a text is its set
of five words in a row, or of all its words where it has fewer. (Scripts without spaces, which the
measure reads character by character, are not in these texts.) The peers are given these sets.
"""

import unicodedata

WIDTH = 5
"""Words in a shingle."""
TOLERANCE = 1e-9

Shingles = set[bytes]


class _Read(dict[int, str]):
    """Code point -> the characters that it is compared as; a space where it parts words."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = "".join(
            one
            for one in unicodedata.normalize("NFKD", character)
            if not 0x300 <= ord(one) <= 0x36F
        )
        folded = unicodedata.normalize("NFKC", plain.casefold())
        kind = unicodedata.category(character)
        if kind == "Cf" or 0x300 <= code <= 0x36F:
            read = ""
        elif kind[0] in "LMN":
            read = "".join(one for one in folded if unicodedata.category(one)[0] in "LMN")
        else:
            read = " "
        self[code] = read
        return read


_READ = _Read()


def words(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return text.translate(_READ).split()


def shingles(text: str) -> Shingles:
    """The set that stands for a text; empty where it has no words."""
    found = words(text)
    width = min(WIDTH, len(found))
    ends = range(len(found) - width + 1) if found else range(0)
    return {" ".join(found[at : at + width]).encode() for at in ends}


def similarity(one: Shingles, other: Shingles) -> float:
    """Jaccard similarity; 0 where either is empty."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0
