"""The text of a paper's PDF is the text of the same paper's JATS."""

import re
import statistics
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from curate.collect.pdf import read
from schemas.rows import Document

pytestmark = pytest.mark.shared_data

LEFT_OUT = {"table", "disp-formula", "inline-formula", "math", "tex-math"}
BLOCKS = {"p", "title", "label", "sec", "abstract", "caption"}
Bigrams = Counter[tuple[str, str]]


def one(path: Path) -> Document:
    (found,) = read(path.read_bytes(), f"file:{path.name}")
    assert isinstance(found, Document), found
    return found


def jats_text(root: etree._Element) -> str:
    """Abstract, body and floats in the order of the file, without tables and formulae."""
    out: list[str] = []
    parts = root.xpath(".//front//abstract | .//body | ./floats-group")
    for event, element in (
        pair for part in parts for pair in etree.iterwalk(part, ("start", "end"))
    ):
        if not isinstance(element.tag, str):
            continue
        inside = {ancestor.tag for ancestor in element.iterancestors()} & LEFT_OUT
        text = element.text if event == "start" else element.tail
        is_own = element.tag not in LEFT_OUT or event == "end"
        out.append("\n" if element.tag in BLOCKS else "")
        out.append(text or "" if is_own and not inside else "")
    return "".join(out)


def bigrams(text: str) -> Bigrams:
    words = re.findall(r"\w+", text.lower())
    return Counter(pairwise(words))


def f1(found: Bigrams, gold: Bigrams) -> float:
    return 2 * (found & gold).total() / (found.total() + gold.total())


def test_half_of_the_papers_share_nine_tenths_of_their_pairs_of_words(shared_data: Path) -> None:
    folder = shared_data / "jats_epmc_crops"
    scores = {
        path.stem: f1(
            bigrams(one(path).text),
            bigrams(jats_text(etree.parse(folder / "xml" / f"{path.stem}.xml").getroot())),
        )
        for path in sorted((folder / "pdf").glob("*.pdf"))
    }

    assert len(scores) == 12
    assert statistics.median(scores.values()) >= 0.9, scores


def plain(heading: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"^[\d.]+\s", "", heading).lower()))


def test_headings_titles_and_references_are_those_of_the_jats(shared_data: Path) -> None:
    asked, found = 0, 0
    for path in sorted(shared_data.glob("jose_papers/*/*.pdf")):
        jats = next(path.parent.glob("paper.jats/*.jats"), None)
        if jats is None:
            continue
        root, document = etree.parse(jats).getroot(), one(path)
        titles = ["".join(title.itertext()) for title in root.iterfind(".//body//sec/title")]
        named = {plain(section.heading) for section in document.sections}
        asked += len(titles)
        found += sum(plain(title) in named for title in titles)
        assert plain(document.title or "") == plain(
            "".join(root.find(".//article-title").itertext())
        )
        assert len(document.references) == len(root.findall(".//ref-list/ref"))
        assert document.license == "CC-BY-4.0"

    assert asked > 50
    assert found >= 0.95 * asked
