"""Writes small PDF files of our own for the tests of the PDF reader.

A page is a list of `Text`: what stands where, in which of the standard fonts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FONTS = ("Helvetica", "Helvetica-Bold", "Times-Roman", "Times-Italic")
WIDTH, HEIGHT = 612, 792


@dataclass(frozen=True)
class Text:
    """A line of text; x and y in points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float = 10
    font: str = "Times-Roman"
    turned: bool = False


def escape(text: str) -> bytes:
    plain = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return plain.encode("cp1252")


def content(page: Sequence[Text]) -> bytes:
    lines = []
    for one in page:
        turn = b"0 1 -1 0" if one.turned else b"1 0 0 1"
        font = f"/F{FONTS.index(one.font)} {one.size} Tf".encode()
        place = f"{one.x} {one.y} Tm".encode()
        lines.append(b"BT %s %s %s (%s) Tj ET" % (font, turn, place, escape(one.text)))
    return b"\n".join(lines)


def pdf(
    pages: Sequence[Sequence[Text]], title: str = "", extra: bytes = b"", rotate: int = 0
) -> bytes:
    """A file of these pages; `extra` is painted on each."""
    n = len(pages)
    first_page = 4 + len(FONTS)
    kids = " ".join(f"{first_page + 2 * number} 0 R" for number in range(n))
    fonts = " ".join(f"/F{number} {4 + number} 0 R" for number in range(len(FONTS)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {n}>>".encode(),
        b"<</Title(%s)>>" % escape(title),
    ]
    objects += [
        f"<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding>>".encode()
        for font in FONTS
    ]
    for number, page in enumerate(pages):
        stream = content(page) + extra
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Rotate {rotate}"
            f"/Resources<</Font<<{fonts}>>>>/Contents {first_page + 2 * number + 1} 0 R>>".encode()
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    return assemble(objects, b"/Info 3 0 R")


def assemble(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A file of these objects, numbered from 1; the first is the catalogue."""
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    end += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (size, trailer, len(out))
    return out + end


def column(
    x: float, y: float, lines: Sequence[str], size: float = 10, font: str = "Times-Roman"
) -> list[Text]:
    """Lines below each other."""
    return [Text(x, y - 12 * n, line, size, font) for n, line in enumerate(lines)]


IMAGE = b"\nq 500 0 0 700 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"
"""A grey picture over the whole page."""
