"""Reading papers: this project's readers against pubmed_parser for JATS and bare pypdfium2 for PDF.

    pip install pubmed_parser
    python benchmarks/collect.py --jats FOLDER_OF_XML --pdf FOLDER_OF_PDF --runs 3

One process, the same files, already in the page cache. Of JATS, pubmed_parser gives metadata,
paragraphs and references; ours gives one document with all of that, and sections, tables, captions,
formulae, licence and citations besides. Of PDF, bare pypdfium2 gives the text of each page as it
comes; ours gives reading order, sections and references. The runs alternate, so that a machine that
slows down slows both. Prints medians and their ratio.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pypdfium2

from curate.collect import jats, pdf
from schemas.rows import Document

Read = Callable[[Path], int]
"""Reads a file and gives the number of words that it found; 0 where it could not."""


def jats_ours(path: Path) -> int:
    """Words of the documents of a JATS file."""
    found = jats.read(path.read_bytes(), path.name)
    return sum(len(one.text.split()) for one in found if isinstance(one, Document))


def jats_pubmed_parser(path: Path) -> int:
    """Words of the paragraphs that pubmed_parser finds; metadata and references are parsed too."""
    import pubmed_parser

    try:
        pubmed_parser.parse_pubmed_xml(str(path))
        pubmed_parser.parse_pubmed_references(str(path))
        paragraphs = pubmed_parser.parse_pubmed_paragraph(str(path), all_paragraph=True)
    except Exception:  # it fails in many ways, and each one is a file that it did not read
        return 0
    return sum(len(one["text"].split()) for one in paragraphs)


def pdf_ours(path: Path) -> int:
    """Words of the document of a PDF file."""
    found = pdf.read(path.read_bytes(), path.name)
    return sum(len(one.text.split()) for one in found if isinstance(one, Document))


def pdf_bare(path: Path) -> int:
    """Words of the pages as pypdfium2 gives them."""
    count = 0
    with pypdfium2.PdfDocument(path.read_bytes()) as document:
        for page in document:
            text = page.get_textpage()
            count += len(text.get_text_range().split())
            text.close()
            page.close()
    return count


def timed(read: Read, files: Sequence[Path]) -> tuple[float, int, int]:
    """(seconds, words, files without a word) of reading all files once."""
    began = time.perf_counter()
    words = [read(path) for path in files]
    return time.perf_counter() - began, sum(words), sum(not one for one in words)


def compare(what: str, files: Sequence[Path], ours: Read, peer: Read, name: str, runs: int) -> None:
    """Print a line for each reader, and the ratio."""
    timed(ours, files[:5])  # imports and compilers are not what is measured
    timed(peer, files[:5])
    seconds: dict[str, list[float]] = {"retort": [], name: []}
    told: dict[str, tuple[float, int, int]] = {}
    for _ in range(runs):
        for who, read in (("retort", ours), (name, peer)):
            told[who] = timed(read, files)
            seconds[who].append(told[who][0])
    median = {who: statistics.median(times) for who, times in seconds.items()}
    print(f"{what}: {len(files)} files, {runs} runs")
    for who, (_, words, failed) in told.items():
        print(
            f"  {who:<24} {median[who]:7.2f} s  {len(files) / median[who]:7.1f} files/s  "
            f"{words:>9,} words  {failed} without text"
        )
    print(f"  {name} / retort: {median[name] / median['retort']:.2f}")


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jats", type=Path, help="a folder with .xml or .nxml files")
    parser.add_argument("--pdf", type=Path, help="a folder with .pdf files")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    if asked.jats:
        files = sorted([*asked.jats.rglob("*.xml"), *asked.jats.rglob("*.nxml")])
        compare("JATS", files, jats_ours, jats_pubmed_parser, "pubmed_parser", asked.runs)
    if asked.pdf:
        files = sorted(asked.pdf.rglob("*.pdf"))
        compare("PDF", files, pdf_ours, pdf_bare, "pypdfium2", asked.runs)


if __name__ == "__main__":
    main()
