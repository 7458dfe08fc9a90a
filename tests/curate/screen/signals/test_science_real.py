"""What the preset `science` sets aside of real papers, scans and pages, and what it keeps.

Thresholds were chosen on the half of the articles, and of the scanned rows, that `half` calls 0.
"""

import csv
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.screen import kernels
from curate.screen.signals.science import science
from tests.conftest import Retort

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

LENGTH = "long_enough"
N_HEADS, N_BODY = 400, 5_000
"""Fewest lines of either kind that say something about a share."""


def half(name: str) -> int:
    """0 or 1, by a hash."""
    return hashlib.blake2b(name.encode()).digest()[0] & 1


def judged(rows: pa.Table, folder: Path, retort: Retort) -> list[list[str]]:
    """The rules of the preset that each row fails, of rows with id, text and maybe document_id."""
    pq.write_table(rows, folder / "rows.parquet")
    done = retort("screen", "rows.parquet", "-o", "v.parquet", "--preset", "science", cwd=folder)
    assert done.status == 0, done.err
    verdicts: list[list[str]] = pq.read_table(folder / "v.parquet")["failed"].to_pylist()
    return verdicts


@pytest.mark.parametrize(
    "folder", ["jats_plos", "jats_epmc_crops", "joss_md", "manubot_md", "arxiv_abstracts"]
)
def test_clean_articles_keep_99_of_100_passages(
    folder: str, shared_data: Path, tmp_path: Path, retort: Retort
) -> None:
    documents, passages = tmp_path / "documents.parquet", tmp_path / "passages.parquet"
    assert retort("collect", shared_data / folder, "-o", documents, cwd=tmp_path).status == 0
    assert retort("segment", documents, "-o", passages, cwd=tmp_path).status == 0
    rows = pq.read_table(passages, columns=["id", "document_id", "text"])

    failed = judged(rows, tmp_path, retort)

    aside = np.array([bool(set(one) - {LENGTH}) for one in failed])
    halves = np.array([half(one) for one in rows["document_id"].to_pylist()])
    assert [aside[halves == which].mean() <= 0.01 for which in (0, 1)] == [True, True]


def scanned(shared_data: Path, which: int) -> list[dict[str, str]]:
    """The rows of one half: `input`, as a scan was read; `output`, what stood there; `cer`."""
    (path,) = (shared_data / "noise" / "ocr_icdar").glob("*.tsv")
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines, delimiter="\t") if half(row["input"]) == which]


def joined(texts: Sequence[str], n_words: int = 100) -> list[str]:
    """Texts of this length: rows joined in their order."""
    found: list[str] = []
    held: list[str] = []
    for text in texts:
        held += text.split()
        if len(held) >= n_words:
            found.append(" ".join(held))
            held = []
    return found


def noise(texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(texts,) what the signal says."""
    found = science(*kernels.buffers(pa.array(texts, pa.large_string())))["ocr_noise"]
    return found.astype(np.float64)


@pytest.mark.parametrize("which", [0, 1])
def test_badly_read_scans_are_told_from_what_stood_there(which: int, shared_data: Path) -> None:
    rows = scanned(shared_data, which)
    bad = noise(joined([row["input"] for row in rows if float(row["cer"]) > 0.2]))
    good = noise(joined([row["output"] for row in rows]))

    wins = (bad[:, None] > good) + 0.5 * (bad[:, None] == good)

    assert len(bad) >= 15
    assert wins.mean() >= 0.9  # the area under the curve


def mask(line: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"\s+", "", line.lower()))


def page_lines(page: object) -> list[tuple[float, float, str]]:
    """(bottom, top, text) of each line of a page as pdfium gives it, in shares of its height."""
    reader, height = page.get_textpage(), page.get_size()[1]  # type: ignore[attr-defined]
    text = reader.get_text_range()
    ends = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\Z", text))]
    found = []
    for begin, end in pairwise(ends):
        boxes = [reader.get_charbox(at) for at in range(begin, end) if not text[at].isspace()]
        boxes = [box for box in boxes if box[2] > box[0] and box[3] > box[1]]
        if boxes:
            bottom, top = (float(np.median([box[side] for box in boxes])) for side in (1, 3))
            found.append((bottom / height, top / height, text[begin:end].strip()))
    return found


def blocks(path: Path) -> Iterator[tuple[bool, str]]:
    """(is it a running head or foot, text) of each block of a PDF.

    A head stands in the outer 8 % of the height and, but for its digits, on three pages or more.
    """
    import pypdfium2

    pages = [page_lines(page) for page in pypdfium2.PdfDocument(path)]
    seen: dict[str, set[int]] = defaultdict(set)
    for number, lines in enumerate(pages):
        for bottom, top, text in lines:
            if bottom > 0.92 or top < 0.08:
                seen[mask(text)].add(number)
    for lines in pages:
        block: list[str] = []
        below = 1.0
        for bottom, top, text in lines:
            outer = bottom > 0.92 or top < 0.08
            if block and (outer or not -0.03 < below - top < 0.008):
                yield False, "\n".join(block)
                block = []
            if not outer:
                block.append(text)
            elif len(seen[mask(text)]) >= 3:
                yield True, text
            below = bottom
        if block:
            yield False, "\n".join(block)


def test_running_heads_and_feet_go_and_the_body_stays(
    shared_data: Path, tmp_path: Path, retort: Retort
) -> None:
    folders = ["jats_epmc_crops", "jose_papers", "s2orc_doc2json_tests"]
    paths = sorted(path for name in folders for path in (shared_data / name).rglob("*.pdf"))
    rows = [(str(path), *block) for path in paths for block in blocks(path)]
    documents, heads, texts = zip(*rows, strict=True)
    ids = [str(number) for number in range(len(rows))]
    table = pa.table({"id": ids, "document_id": documents, "text": texts})

    failed = judged(table, tmp_path, retort)

    gone = np.array([bool(one) for one in failed])
    by_lines = np.array(["own_lines" in one for one in failed])
    is_head = np.array(heads)
    lettered = np.array([sum(map(str.isalpha, text)) >= 4 for text in texts])
    assert is_head.sum() >= N_HEADS
    assert (~is_head).sum() >= N_BODY
    assert gone[is_head].mean() >= 0.95
    assert by_lines[is_head & lettered].mean() >= 0.95  # the others are bare page numbers
    assert by_lines[~is_head].mean() <= 0.01
