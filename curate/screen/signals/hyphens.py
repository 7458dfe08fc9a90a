"""Words that a hyphen and white space cut in two, as at the end of a printed line: `exam- ple`."""

from curate.screen.kernels import Bytes
from curate.screen.signals.glyphs import LOWER, UPPER, Kinds
from curate.screen.signals.parts import part


@part
def is_cut(text: Bytes, begin: int, stop: int, start: int, kinds: Kinds) -> bool:
    """Whether a token is letters, small at the end, and a hyphen."""
    if stop - begin < 3 or text[stop - 1] != 45:
        return False
    return bool(kinds[stop - 2 - start] == LOWER and LOWER <= kinds[stop - 3 - start] <= UPPER)


@part
def joins(text: Bytes, begin: int, close: int) -> bool:
    """Whether a word may stand behind an open hyphen: and, or, to, nor, but, und, et, y, o."""
    n, a, b = close - begin, text[begin], text[begin + 1] if close > begin + 1 else 0
    if n == 1:
        return True
    if n == 2:
        return (a == 111 and b == 114) or (a == 116 and b == 111) or (a == 101 and b == 116)
    c = text[begin + 2]
    conjunction = (a == 97 or a == 117) and b == 110 and c == 100
    return n == 3 and (conjunction or (a == 110 and b == 111) or (a == 98 and b == 117))
