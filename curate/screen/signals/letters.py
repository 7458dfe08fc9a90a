"""Which runs of four letters English words have: makes the table that `ocr.py` loads.

    python -m curate.screen.signals.letters

Reads the documentation strings of the installed packages PACKAGES and of Python itself. A run is
known when it stands in a word that was found MOST_RARE times or more; a word is taken with a mark
before it and behind it. Nothing but these bits is kept, in `letters.npz`.
"""

import ast
import importlib.util
import re
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LETTERS = Path(__file__).with_name("letters.npz")
PACKAGES = (
    *("numpy", "scipy", "pandas", "sklearn", "torch", "transformers", "datasets", "sympy"),
    *("networkx", "nltk", "statsmodels", "skimage", "Bio", "skbio", "astropy", "sunpy", "metpy"),
    *("mne", "nilearn", "dipy", "obspy", "pymatgen", "MDAnalysis", "cobra", "music21"),
)
MOST_RARE = 3
BITS = 5
"""Of one letter: a is 1, z is 26, and 0 the edge of a word."""
RUN = 4
_PROSE = re.compile(r"(?<![A-Za-z_./0-9-])[A-Z]?[a-z]+(?![A-Za-z_/0-9(=-])")


def known() -> NDArray[np.uint8]:
    """(2 ** (BITS * RUN) / 8,) a bit for each run: whether a word has it. Read-only."""
    with np.load(LETTERS) as stored:
        found: NDArray[np.uint8] = stored["known"]
    found.flags.writeable = False
    return found


def made() -> NDArray[np.uint8]:
    """The table by the packages that are installed here."""
    counts = Counter(word for text in _strings() for word in map(str.lower, _PROSE.findall(text)))
    found = np.zeros(1 << BITS * RUN, np.bool_)
    for word, count in counts.items():
        if count >= MOST_RARE:
            letters = [0, *(ord(letter) - 96 for letter in word), 0]
            for place in range(len(letters) - RUN + 1):
                code = 0
                for letter in letters[place : place + RUN]:
                    code = code << BITS | letter
                found[code] = True
    return np.packbits(found, bitorder="little")


def _strings() -> Iterator[str]:
    folders = [Path(sysconfig.get_path("stdlib"))]
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        folders += [Path(one) for one in (spec.submodule_search_locations or ())] if spec else []
    for number, folder in enumerate(folders):
        for path in sorted(folder.rglob("*.py")):
            if "test" not in path.as_posix() and (number or "site-packages" not in path.parts):
                yield from _documented(path)


def _documented(path: Path) -> Iterator[str]:
    """The documentation strings of one file; none where it is not Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


if __name__ == "__main__":
    np.savez_compressed(LETTERS, known=made())
