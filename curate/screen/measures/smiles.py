"""Whether the molecules in a text are molecules: SMILES are found in it and parsed with RDKit.

Reads a text, or a column that holds one molecule a row. In a text a run of characters counts as a
SMILES when it is made of atoms, bonds, branches, rings and brackets alone, has four atoms or more,
carbon among them, and at least two marks of structure: a multiple bond, a branch, a ring that is
opened and closed (an aromatic one counts twice), a bracketed atom. So words, formulae (`CH3COOH`,
`C8F17SO2`, `Ca(OH)2`), ratios (`CNS/PNS`) and conditions (`n=3`) are none. The price is that small
or plain molecules are not looked for: `CCO`, `C=O`, `O=C=O`, `CCCCCC`. A closing parenthesis at the
end of a run without its opening one belongs to the sentence. What stands beside other letters is a
part of a word.

RDKit also refuses what is well written but impossible, as an atom with too many bonds. It comes
with `pip install 'retort[chem]'`. Rows without a run that could be one cost no Python.

Source: D. Weininger, SMILES (doi:10.1021/ci00057a005); OpenSMILES 1.0. Which runs count is ours.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from schemas.errors import RecipeError

VERSION = 1
COLUMNS = {
    "n_smiles": ("int32", "SMILES in the text; 1 or 0 for a column of molecules"),
    "n_smiles_invalid": ("int32", "of these, those that RDKit cannot make a molecule of"),
    "smiles_valid": ("bool", "none is invalid; true where there are none"),
    "smiles_first_invalid": ("string", "the first invalid one, at most 200 characters; or null"),
}
LONGEST = 2_000
"""Characters of a molecule; a longer run is not taken for one, a longer row of a column of
molecules is invalid. It bounds RDKit's time: some take time by the square of the length."""
MOST = 200
"""SMILES of a row that are looked at."""
SHOWN = 200
LEAST_ATOMS, LEAST_MARKS = 4, 2
_PIECE = r"Cl|Br|[BCNOPSFIbcnops*]|\[[!-Z^-~]{1,20}\]|[-=#:/\\.()0-9%\[\]@+H]"
_FIRST = r"(?:Cl|Br|[BCNOPSFIbcnops*]|\[[0-9]{0,3}[A-Za-z*][@A-Za-z0-9+-]{0,16}\]?)"
_POSSIBLE = (
    rf"(?:^|[^A-Za-z0-9]){_FIRST}(?:Cl|Br|[BCNOPSFIbcnops*]|[-:/\\.])*[=#(\[0-9%@]"
    rf"(?:{_PIECE}){{2}}"
)
"""How every run begins that counts, for Arrow's matching, whose time is linear in the text."""
_RUN = re.compile(rf"(?<![A-Za-z0-9)\]\-=#/\\.%@+])(?:{_PIECE})++(?![A-Za-z0-9])")
_BRACKETED = re.compile(r"\[[^\[\]]*\]")
_ATOM = re.compile(r"Cl|Br|[BCNOPSFIbcnops]|\[[^\[\]]*\]")
_ELEMENT = re.compile(
    r"\[\d{0,3}(?:[A-Z][a-z]?|[bcnops]|se|as|te|\*)(?:@[@A-Z0-9]*)?(?:H\d?)?"
    r"(?:[+-]\d{0,2}|\++|-+)?(?::\d+)?\]"
)
_DOUBLE = re.compile(r"[A-Za-z0-9)\](][=#](?=[A-Z\[bcnops])")
_BRANCH = re.compile(r"[A-Za-z0-9\])]\((?=[-=#:/\\]?[A-Zbcnops\[])")
_LABEL = re.compile(r"%\d\d|\d")
_STEP = re.compile(r"\[[^\[\]]*\]|Cl|Br|[A-Za-z]|%\d\d|\d")
_IMPOSSIBLE = re.compile(r"\.\d|^[^A-Za-z*\[\]]")
"""A fragment, or the whole, that begins with no atom."""
SMALLEST, SMALLEST_AROMATIC = 3, 5
"""Atoms of a ring."""


class Params(BaseModel):
    """Where molecules are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column whose text is searched."""
    smiles: str | None = None
    """Column that holds one molecule a row and nothing else; then no text is searched. An empty
    row has none."""


def reads(params: Params, available: Sequence[str]) -> list[str]:
    """The column that is read."""
    return [params.smiles or params.text]


class _Found(NamedTuple):
    n: int
    invalid: list[str]


def candidates(text: str) -> list[str]:
    """The runs of a text that count as SMILES, valid or not, at most MOST of them."""
    found: list[str] = []
    for match in _RUN.finditer(text):
        if match.end() - match.start() <= LONGEST:
            run = _trimmed(match.group())
            if _counts(run):
                found.append(run)
                if len(found) == MOST:
                    break
    return found


def _trimmed(run: str) -> str:
    """Without the punctuation of a sentence around it."""
    before = ""
    while run != before:
        before = run
        run = run.lstrip("(.:-*/\\").rstrip(".:-*/\\=#(")
        if run.endswith(")") and run.count(")") > run.count("("):
            run = run[:-1]
        if run.startswith("[") and run.endswith("]") and not _ELEMENT.match(run):
            run = run[1:-1]
    return run


def _counts(run: str) -> bool:
    """Whether a run has what makes a SMILES unlike anything else."""
    bare = _BRACKETED.sub("", run)
    whole = run.count("[") == run.count("]")
    if (whole and any(mark in bare for mark in "@+H[]")) or _IMPOSSIBLE.search(run):
        return False  # the former stand in brackets only
    atoms = _ATOM.findall(run)
    if len(atoms) < LEAST_ATOMS or not any("C" in atom or "c" in atom for atom in atoms):
        return False
    if any(atom.islower() for atom in atoms) and not _LABEL.search(bare):
        return False  # aromatic atoms stand in rings
    bracketed = len(_ELEMENT.findall(run)) + (not whole)
    marks = len(_DOUBLE.findall(run)) + len(_BRANCH.findall(run)) + _rings(run) + bracketed
    return marks >= LEAST_MARKS


def _rings(run: str) -> int:
    """Labels that open a ring and close it at another atom; an aromatic ring counts twice."""
    opened: dict[str, tuple[int, int]] = {}
    n_atoms, n_aromatic, n_rings = 0, 0, 0
    for step in _STEP.findall(run):
        if not _LABEL.fullmatch(step):
            n_atoms += 1
            n_aromatic += step.islower()
        elif step in opened:
            atoms, aromatic = opened.pop(step)
            n_rings += n_atoms - atoms >= SMALLEST - 1
            n_rings += n_aromatic - aromatic >= SMALLEST_AROMATIC - 1
        else:
            opened[step] = (n_atoms, n_aromatic)
    return n_rings


@cache
def _parser() -> Callable[[str], bool]:
    """Says whether RDKit makes a molecule of a SMILES.

    Raises:
        RecipeError: RDKit is not installed.
    """
    try:
        from rdkit import Chem, rdBase
    except ImportError as error:
        raise RecipeError(
            "screen.measures.smiles: needs RDKit, which is not installed. Install it with "
            "pip install 'retort[chem]'."
        ) from error

    def parses(smiles: str) -> bool:
        with rdBase.BlockLogs():
            return Chem.MolFromSmiles(smiles) is not None

    return parses


def _searched(text: pa.Array) -> dict[int, _Found]:
    """What is found, by row; only texts that may hold a SMILES become Python's."""
    parses = _parser()
    content = pc.fill_null(text.cast(pa.large_binary()), b"")
    possible = pc.indices_nonzero(pc.match_substring_regex(content, _POSSIBLE))
    found = {}
    for place, one in zip(possible.to_pylist(), content.take(possible).to_pylist(), strict=True):
        runs = candidates(one.decode("utf-8", "replace"))
        found[place] = _Found(len(runs), [run for run in runs if not parses(run)])
    return found


def _of_rows(molecules: pa.Array) -> dict[int, _Found]:
    """What each row of a column of molecules is, where it has one."""
    parses = _parser()
    found = {}
    for place, one in enumerate(molecules.cast(pa.large_binary()).to_pylist()):
        smiles = (one or b"").decode("utf-8", "replace").strip()
        if smiles:
            valid = len(smiles) <= LONGEST and "\x00" not in smiles and parses(smiles)
            found[place] = _Found(1, [] if valid else [smiles])
    return found


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order.

    Raises:
        RecipeError: RDKit is not installed.
    """
    if params.smiles is None:
        found = _searched(rows.column(params.text))
    else:
        found = _of_rows(rows.column(params.smiles))
    n, n_invalid = np.zeros((2, len(rows)), np.int32)
    n[list(found)] = [one.n for one in found.values()]
    n_invalid[list(found)] = [len(one.invalid) for one in found.values()]
    invalid = pa.array(n_invalid > 0)
    shown = [one.invalid[0][:SHOWN] for one in found.values() if one.invalid]
    first = pc.replace_with_mask(
        pa.nulls(len(rows), pa.string()), invalid, pa.array(shown, pa.string())
    )
    columns = [pa.array(n), pa.array(n_invalid), pc.invert(invalid), first]
    return pa.record_batch(columns, names=list(COLUMNS))
