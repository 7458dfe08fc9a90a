"""SMILES in a text are found and parsed; words, formulae and numbers are not taken for one."""

import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rdkit")

from curate.collect import jats
from curate.screen.measures.smiles import LONGEST, MOST, Params, candidates, measure, reads
from schemas.rows import Document

CAFFEINE = "CN1C=NC2=C1C(=O)N(C(=O)N2C)C"
WHOLE = Params(smiles="text")


def of(text: str | bytes | None, params: Params | None = None) -> tuple[int, int, bool, str | None]:
    kind = pa.binary() if isinstance(text, bytes) else pa.string()
    told = measure(pa.record_batch({"text": pa.array([text], kind)}), params or Params())
    (row,) = told.to_pylist()
    return tuple(row.values())  # type: ignore[return-value]


@pytest.mark.parametrize(
    "text",
    [
        "Caffeine, {}, is bitter.",
        "Caffeine ({}) is bitter.",
        "Caffeine (SMILES: {}).",
        "`{}`",
        "**{}**",
        '{{"smiles": "{}"}}',
        "{}\nis bitter",
        "[{}]",
        "O>>{}",
        "café {}; bitter",
    ],
)
def test_a_molecule_is_found_wherever_it_stands(text: str) -> None:
    written = text.format(CAFFEINE)

    assert candidates(written) == [CAFFEINE]
    assert of(written) == (1, 0, True, None)


@pytest.mark.parametrize(
    "smiles",
    [
        "CC(=O)O",
        "c1ccccc1O",
        "C[C@H](N)C(=O)O",
        "F/C=C/C(C)=O",
        "[Na+].CC(=O)[O-]",
        "C1CC2CCC1CC2",
        "CCCCCCN=C=O",
        "C%10CCC(C)CC%10",
        "[nH]1cccc1C=O",
    ],
)
def test_every_form_of_molecule_is_found_and_valid(smiles: str) -> None:
    assert candidates(f"See {smiles}.") == [smiles]
    assert of(smiles) == (1, 0, True, None)


@pytest.mark.parametrize(
    "text",
    [
        "NaCl, CO2, H2O, CH3COOH, Ca(OH)2, B(OH)3 and CH3-CO-CH3 in C8F17SO2.",
        "We found (n=3), p=0.05, P=n and O(n) for C=O or C-O-C.",
        "CNS/PNS, SNP(s), ON/OFF, 134Cs/137Cs, SC99-SC112, CS-7.5-4/CS-7.5-8, BB/CSP17270/1",
        "It was [10], [12-15], [C], (Fig. 3c), IC50, C57BL/6, BSC-1, c(n)=b, non-coops",
        "f(x)=C(x)+B(x), N=15 (C=2), CONCLUSIONS: (P<0.01), C1-C4 and B12/C6",
        "https://con.so/b(o)p?c=n#soon",
        "CH3C(=O)CC(=O)CH3",
        "CCO is ethanol, C=O is small, CCCCCC is plain.",
        "",
    ],
)
def test_words_formulae_and_numbers_are_no_molecules(text: str) -> None:
    assert candidates(text) == []
    assert of(text) == (0, 0, True, None)


@pytest.mark.parametrize(
    "broken",
    [
        CAFFEINE.replace("N1", "N"),
        CAFFEINE.replace("N(C(", "NC("),
        "C[C@H(N)C(=O)O",
        "CC@H](N)C(=O)O",
        "c1ccccC(=O)O",
        "CC(=O)(C)(C)O",
    ],
)
def test_what_is_broken_is_told_and_shown(broken: str) -> None:
    assert of(f"Thus {broken} is bitter, {CAFFEINE} too.") == (2, 1, False, broken)


def test_a_column_of_molecules_holds_one_a_row_however_small() -> None:
    rows = pa.record_batch({"m": [" CCO ", "C", "", None, "ethanol", "C1CC"]})
    told = measure(rows, Params(smiles="m"))

    assert reads(Params(smiles="m"), ["m", "text"]) == ["m"]
    assert told["n_smiles"].to_pylist() == [1, 1, 0, 0, 1, 1]
    assert told["smiles_valid"].to_pylist() == [True, True, True, True, False, False]
    assert told["smiles_first_invalid"].to_pylist()[4:] == ["ethanol", "C1CC"]


@pytest.mark.parametrize(
    "text",
    [
        *("C" * 10_000_000, "(" * 10_000_000, "[C" * 5_000_000, "C1" * 5_000_000),
        *("[" * 10_000, "C(" * 5_000, "CC(=O)O" * 1_000_000, "\x00" * 1_000_000),
        *("C(=O)\x00C", "\u202eCC(=O)O\u202c", "C\u200bC(=O)O", b"\xff\xfeCC(=O)O\xc3("),
        *(CAFFEINE + "\x00", "C[" + "9" * 1_000 + "C]C(=O)C", None),
    ],
)
def test_hostile_text_is_read_to_its_end(text: str | bytes | None) -> None:
    assert of(text)[0] <= 1
    if text is None or len(text) < 100_000:
        of(text, WHOLE)


def test_what_is_too_long_for_a_molecule_is_not_parsed() -> None:
    ring = "c1" + "c" * 100_000 + "1"

    assert of(f"{ring}(=O)") == (0, 0, True, None)
    assert of(ring, WHOLE) == (1, 1, False, ring[:200])
    assert of("C" * LONGEST, WHOLE) == (1, 0, True, None)


def test_of_a_row_with_very_many_some_are_looked_at() -> None:
    assert of(f"{CAFFEINE} " * 10_000)[0] == MOST


@given(st.text(alphabet="CNOcn[]()=#1@H+- ./\\é", max_size=60))
def test_any_run_of_such_characters_is_answered_quietly(text: str) -> None:
    found, invalid, valid, first = of(text)

    assert 0 <= invalid <= found
    assert valid is (invalid == 0) is (first is None)
    assert all(run in text for run in candidates(text))


@given(st.text(alphabet="CNOcn[]()=#1@H+-. ", max_size=60))
def test_a_text_with_a_candidate_is_never_passed_over(text: str) -> None:
    assert of(text)[0] == len(candidates(text))


def test_without_rdkit_the_extra_is_named() -> None:
    script = (
        "import sys; sys.modules['rdkit'] = None\n"
        "import pyarrow as pa\n"
        "from curate.screen.measures.smiles import Params, measure\n"
        "measure(pa.record_batch({'text': ['mud']}), Params())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert "RecipeError: " in done.stderr
    assert "pip install 'retort[chem]'" in done.stderr.splitlines()[-1]


def molecules(shared_data: Path) -> list[str]:
    lines = (shared_data / "science/chebi20/ChEBI-20_data/validation.txt").read_text().splitlines()
    return [line.split("\t")[1] for line in lines[1:]]


@pytest.mark.shared_data
def test_all_molecules_of_chebi_are_valid_and_nearly_all_are_found_in_a_text(
    shared_data: Path,
) -> None:
    known = molecules(shared_data)
    alone = measure(pa.record_batch({"text": known}), WHOLE)
    told = measure(pa.record_batch({"text": [f"It is {one} (Fig. 2)." for one in known]}), Params())

    assert all(alone["smiles_valid"].to_pylist())
    assert all(told["smiles_valid"].to_pylist())
    assert told["n_smiles"].to_pylist().count(1) >= 0.97 * len(known)
    assert max(told["n_smiles"].to_pylist()) == 1


@pytest.mark.shared_data
@pytest.mark.parametrize("lost", ["[]", "()"])
def test_a_lost_bracket_is_caught(shared_data: Path, lost: str) -> None:
    draw = random.Random(1)
    broken = []
    for one in molecules(shared_data):
        places = [place for place, character in enumerate(one) if character in lost]
        if places:
            place = draw.choice(places)
            broken.append(one[:place] + one[place + 1 :])
    alone = measure(pa.record_batch({"text": broken}), WHOLE)
    told = measure(
        pa.record_batch({"text": [f"It is {one} (Fig. 2)." for one in broken]}), Params()
    )

    assert not any(alone["smiles_valid"].to_pylist())
    assert told["smiles_valid"].to_pylist().count(False) >= 0.95 * len(broken)


@pytest.mark.shared_data
def test_papers_without_chemistry_hold_no_molecules(shared_data: Path) -> None:
    files = sorted((shared_data / "jats_plos" / "xml").glob("*.xml"))
    read = [one for path in files for one in jats.read(path.read_bytes(), path.name)]
    texts = [part for one in read if isinstance(one, Document) for part in one.text.split("\n\n")]
    told = measure(pa.record_batch({"text": texts}), Params())

    assert sum(told["n_smiles"].to_pylist()) <= len(texts) / 1_000
