"""Real articles lose no words and no headings. The measure here shares no code with the reader."""

import json
import re
from collections import Counter
from pathlib import Path
from statistics import median

import pytest
from lxml import etree

from curate.collect import jats
from schemas.rows import Document

pytestmark = pytest.mark.shared_data

PATTERNS = (
    "jats_*/**/*.xml", "jats_*/**/*.nxml", "jose_papers/*/paper.jats/*.jats",
    "s2orc_doc2json_tests/jats/*.nxml",
)  # fmt: skip
BLOCKS = set(
    "sec title p list list-item fig caption label table-wrap disp-quote boxed-text break "
    "def-item term def disp-formula attrib verse-line fn statement speech speaker preformat "
    "code media supplementary-material".split()
)
ASIDE = {
    "disp-formula", "inline-formula", "tex-math", "{http://www.w3.org/1998/Math/MathML}math",
    "table", "TABLE", "ref-list", "object-id", "permissions", "alt-text",
}  # fmt: skip
WORD = re.compile(r"\w+")
EMPTY = {"simple-jats-doctype-1.1d3.xml", "xmlio_input.xml", "xmlio_output_convert_xlink.xml"}
"""Files of a test suite that have neither title nor text."""


def files(folder: Path) -> list[Path]:
    found = sorted(
        {path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()}
    )
    return [path for path in found if path.name not in EMPTY]


def words(body: etree._Element) -> Counter[str]:
    """Words of a body; raised numbers may be written with a sign before them."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        within = any(parent.tag in ASIDE for parent in element.iterancestors())
        if event == "start" and element.tag not in ASIDE and not within:
            pieces += [" " if element.tag in BLOCKS | {"xref"} else "", element.text or ""]
        elif event == "end":
            pieces.append(" " if element.tag in BLOCKS | {"xref"} else "")
            if not within and element is not body:
                pieces.append(element.tail or "")
    return Counter(WORD.findall("".join(pieces)))


def coverage(path: Path) -> tuple[float, float] | None:
    """(share of the body's words, share of its section titles) that the document has."""
    data = path.read_bytes()
    document = next(jats.read(data, path.name))
    assert isinstance(document, Document), document
    body = etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True)).find(
        "body"
    )
    if body is None:
        return None
    there = words(body)
    lost = there - Counter(WORD.findall(document.text.replace("^", "")))
    headings = {section.heading for section in document.sections}
    titles = [" ".join("".join(one.itertext()).split()) for one in body.iterfind(".//sec/title")]
    known = [title.replace("^", "") in headings for title in titles if title]
    return (
        1 - lost.total() / max(1, there.total()),
        sum(known) / len(known) if known else 1.0,
    )


def assert_covered(paths: list[Path]) -> None:
    measured = [(found, path.name) for path in paths if (found := coverage(path)) is not None]
    shares = sorted((words_share, name) for (words_share, _), name in measured)
    assert shares[0][0] >= 0.97, shares[:5]
    assert median(share for share, _ in shares) >= 0.999
    assert sum(titles for (_, titles), _ in measured) / len(measured) >= 0.995


def test_a_sample_of_articles_loses_no_words(shared_data: Path) -> None:
    assert_covered(files(shared_data)[::6])


@pytest.mark.slow
def test_all_articles_lose_no_words(shared_data: Path) -> None:
    assert_covered(files(shared_data))


def test_offsets_hold_on_real_articles(shared_data: Path) -> None:
    for path in files(shared_data)[3::12]:
        for document in jats.read(path.read_bytes(), path.name):
            assert isinstance(document, Document), document
            text = document.text
            assert text == text.strip("\n")
            for block in document.blocks:
                part = text[block.start : block.end]
                assert part == part.strip()
                assert block.kind != "equation" or part.startswith("$$") == part.endswith("$$")
            cited = {int(number) for number in re.findall(r"\[(\d{1,3})\](?!\()", text)}
            assert not document.references or max(cited, default=0) < 2_000


def test_licences_are_those_of_the_index(shared_data: Path) -> None:
    """Where a file does not say one licence clearly, none is given or all of them are."""
    folder = shared_data / "jats_epmc_crops"
    index = json.loads((folder / "index.json").read_text())
    right = 0
    for entry in index[::3]:
        document = next(jats.read((folder / "xml" / entry["file"]).read_bytes(), entry["file"]))
        assert isinstance(document, Document)
        named = entry["license"].split("(")[0].replace("cc-zero", "cc0")
        found = (document.license or "").lower()
        assert not found or f"{named}-" in found, (entry["file"], named, found)
        right += bool(re.fullmatch(rf"{named}-\d\.\d", found))
    assert right >= 0.95 * len(index[::3])


def test_notices_of_plos_name_what_they_are_about(shared_data: Path) -> None:
    folder = shared_data / "jats_plos" / "xml"
    retraction = next(jats.read((folder / "journal.ppat.1005207.xml").read_bytes(), "r"))
    correction = next(jats.read((folder / "journal.pone.0097541.xml").read_bytes(), "c"))

    assert isinstance(retraction, Document)
    assert isinstance(correction, Document)
    assert (retraction.kind, correction.kind) == ("retraction", "correction")
    assert json.loads(retraction.metadata)["retracts"] == "10.1371/journal.ppat.1003435"
    assert json.loads(correction.metadata)["corrects"] == "10.1371/journal.pone.0086816"
