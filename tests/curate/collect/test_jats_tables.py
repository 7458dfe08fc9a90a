"""Tables become Markdown: merged cells, several header rows, notes, old and other kinds of rows."""

from curate.collect import jats
from schemas.rows import Document


def one(table: str) -> Document:
    source = (
        "<article><body><table-wrap><label>Table 1</label><caption><p>Yields.</p></caption>"
        f"{table}</table-wrap></body></article>"
    )
    (found,) = jats.read(source.encode(), "file:a.xml")
    assert isinstance(found, Document), found
    return found


def rows(table: str) -> list[str]:
    return [line for line in one(table).text.split("\n") if line.startswith("|")]


def test_a_table_has_caption_header_rows_and_notes_in_one_block() -> None:
    found = one(
        "<table><thead><tr><th>Site</th><th>t/ha</th></tr></thead><tbody><tr><td>A | B</td><td>1"
        "<break/>2</td></tr></tbody></table><table-wrap-foot><fn><label>a</label><p>Dry.</p></fn><p><sup>b</sup>Wet.</p>"
        "</table-wrap-foot>"
    )

    assert found.text == (
        "Table 1. Yields.\n\n| Site | t/ha |\n| --- | --- |\n| A \\| B | 1 2 |\n\na Dry.\n\nb Wet."
    )
    (block,) = found.blocks
    assert (block.kind, block.start, block.end) == ("table", 0, len(found.text))


def test_merged_header_cells_name_every_column_below_them() -> None:
    assert rows(
        "<table><thead><tr><th rowspan='2'>Site</th><th colspan='2'>Yield</th></tr>"
        "<tr><th>2010</th><th>2011</th></tr></thead>"
        "<tbody><tr><td rowspan='2'>A</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr>"
        "<tr><td colspan='3'>All</td></tr></tbody></table>"
    ) == [
        "| Site | Yield 2010 | Yield 2011 |",
        "| --- | --- | --- |",
        "| A | 1 | 2 |",
        "| A | 3 | 4 |",
        "| All |  |  |",
    ]


def test_several_bodies_and_a_short_row() -> None:
    assert rows(
        "<table><tr><th>a</th><th>b</th></tr><tbody><tr><td>1</td><td>2</td></tr></tbody>"
        "<tbody><tr><td>3</td></tr></tbody></table>"
    ) == ["| a | b |", "| --- | --- |", "| 1 | 2 |", "| 3 |  |"]


def test_rows_in_capitals_are_read() -> None:
    assert rows("<TABLE><TR><TD>a</TD></TR><TR><TD>1</TD></TR></TABLE>") == [
        "| a |", "| --- |", "| 1 |",
    ]  # fmt: skip


def test_oasis_tables_are_read() -> None:
    space = "http://www.niso.org/standards/z39-96/ns/oasis-exchange/table"
    assert rows(
        f"<o:table xmlns:o='{space}'><o:tgroup cols='2'><o:colspec colname='x'/><o:colspec "
        "colname='y'/><o:thead><o:row><o:entry namest='x' nameend='y'>Both</o:entry></o:row>"
        "</o:thead>"
        "<o:tbody><o:row><o:entry morerows='1'>A</o:entry><o:entry>1</o:entry></o:row><o:row>"
        "<o:entry>2</o:entry></o:row></o:tbody></o:tgroup></o:table>"
    ) == ["| Both | Both |", "| --- | --- |", "| A | 1 |", "| A | 2 |"]


def test_a_table_that_is_a_picture_keeps_its_caption() -> None:
    assert one("<graphic/>").text == "Table 1. Yields."


def test_cells_that_claim_to_be_huge_stay_small() -> None:
    cell = "<td colspan='999999' rowspan='999999'>x</td>"
    found = one(
        f"<table>{'<tr>' + cell * 20 + '</tr>'}" + f"<tr>{cell * 20}</tr>" * 200 + "</table>"
    )

    assert len(found.text) < 3_000_000
