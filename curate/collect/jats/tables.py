"""Tables as Markdown: XHTML's and OASIS's rows, their caption before and their notes behind them.

A cell over several columns is repeated in a header, so that each column has its full name, and
stands once in the body; a cell over several rows is repeated in each. Several rows of a header
become one.
"""

from typing import NamedTuple

from curate.collect.elements import Element
from curate.collect.jats.blocks import captioned
from curate.collect.jats.flow import Flow

MOST_COLUMNS = 200
"""Of a cell; more is no table that was ever printed (the number is ours)."""
MOST_CELLS = 200_000
"""Of a table, covered ones included; a larger one is written without repeating any."""
CELLS = {"td", "th", "entry"}
SINGLE = {None, "1"}
BESIDE = {"label", "caption", "object-id", "permissions", "alt-text", "long-desc", "kwd-group"}


class Row(NamedTuple):
    """Cells of a row; most reach over one column and one row, and only others say how far."""

    texts: list[str]
    reaches: dict[int, tuple[int, int]]
    """Position among the texts -> (columns, rows)."""
    is_header: bool
    """Whether it has cells, and all of them are `th`."""


def wrapped(flow: Flow, element: Element) -> None:
    """`table-wrap`, `table-wrap-group`: caption, table, notes."""
    if flow.inside:
        flow.pending.append(element)
        return
    flow.flush()
    n_before = len(flow.writer.starts)
    captioned(flow, element)
    flow.walk(element, BESIDE)
    flow.flush()
    flow.settle()
    if element.tag != "table-wrap-group":
        flow.writer.block("table", n_before)


def table(flow: Flow, element: Element) -> None:
    """`table`, `tgroup`, `array`."""
    flow.flush()
    inside, flow.inside = flow.inside, 0
    header, body = _rows(flow, element)
    text = markdown(header, body)
    flow.inside = inside
    n_before = len(flow.writer.starts)
    if text:
        flow.writer.put(text)
    if element.tag == "array" or element.getparent().tag not in {
        "table-wrap",
        "alternatives",
        "table",
    }:
        flow.writer.block("table", n_before)


def _rows(flow: Flow, element: Element) -> tuple[list[Row], list[Row]]:
    """(header, body) of a table, its foot last."""
    names = _column_names(element)
    header: list[Row] = []
    body: list[Row] = []
    for part in element:
        kind = _local(part)
        if kind in {"tr", "row"}:
            body.append(_row(flow, part, names))
        elif kind in {"thead", "tbody", "tfoot"}:
            rows = header if kind == "thead" else body
            rows.extend(_row(flow, row, names) for row in part if _local(row) in {"tr", "row"})
    if not header and len(body) > 1 and body[0].is_header:
        header, body = body[:1], body[1:]
    return header, body


def _local(element: Element) -> str:
    """A tag in small letters without prefix: some old files have their tables in capitals."""
    tag: str = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _column_names(element: Element) -> dict[str, int]:
    """Names of columns in an OASIS table -> their positions."""
    specs = [part for part in element if _local(part) == "colspec"]
    return {spec.get("colname", ""): position for position, spec in enumerate(specs)}


def _row(flow: Flow, row: Element, names: dict[str, int]) -> Row:
    texts: list[str] = []
    reaches: dict[int, tuple[int, int]] = {}
    is_header = True
    for element in row:
        tag = element.tag
        kind = tag if tag in CELLS else _local(element)
        if kind not in CELLS:
            continue
        get = element.get
        if names or not (
            get("colspan") in SINGLE and get("rowspan") in SINGLE and kind == tag != "entry"
        ):
            reaches[len(texts)] = _reach(element, names)
        text = flow.line(element) if len(element) else " ".join((element.text or "").split())
        texts.append(text.replace("|", "\\|") if "|" in text else text)
        is_header = is_header and kind == "th"
    return Row(texts, reaches, is_header and bool(texts))


def _reach(element: Element, names: dict[str, int]) -> tuple[int, int]:
    """(columns, rows) that a cell covers."""
    get = element.get
    columns = _whole(get("colspan") or get("COLSPAN"))
    rows = _whole(get("rowspan") or get("ROWSPAN") or (get("morerows") and f"+{get('morerows')}"))
    if names and get("namest") in names and get("nameend") in names:
        columns = max(1, names[get("nameend")] - names[get("namest")] + 1)
    return min(columns, MOST_COLUMNS), rows


def _whole(value: str | None) -> int:
    """A number of cells; `+n` is that many more than one."""
    if not value:
        return 1
    try:
        number = int(value) + value.startswith("+")
    except ValueError:
        return 1
    return max(1, min(number, 1_000_000))


def grid(rows: list[Row], repeat: bool) -> list[list[str]]:
    """Rows of texts, a cell over several rows in each of them.

    Args:
        rows: as written.
        repeat: whether a cell over several columns stands in each of them.
    """
    hanging: dict[int, tuple[str, int]] = {}
    lines: list[list[str]] = []
    for row in rows:
        if row.reaches or hanging:
            lines.append(_spread(row, hanging, repeat))
        else:
            lines.append(row.texts)
    return lines


def _spread(row: Row, hanging: dict[int, tuple[str, int]], repeat: bool) -> list[str]:
    """A row's texts, each as often as it reaches, between those from above."""
    line: list[str] = []
    for position, text in enumerate(row.texts):
        _hang(line, hanging)
        n_columns, n_rows = row.reaches.get(position, (1, 1))
        for offset in range(n_columns):
            here = text if repeat or not offset else ""
            if n_rows > 1:
                hanging[len(line)] = (here, n_rows - 1)
            line.append(here)
    _hang(line, hanging)
    return line


def _hang(line: list[str], hanging: dict[int, tuple[str, int]]) -> None:
    """Fill the next places of a line from cells above that reach down to it."""
    while len(line) in hanging:
        text, left = hanging.pop(len(line))
        if left > 1:
            hanging[len(line)] = (text, left - 1)
        line.append(text)


def markdown(header: list[Row], body: list[Row]) -> str:
    """A GitHub table; empty where no cell has text."""
    if sum(_n_covered(row, len(body)) for row in body) > MOST_CELLS:
        body = [row._replace(reaches={}) for row in body]
    top, lines = grid(header, repeat=True), grid(body, repeat=False)
    if not any(any(line) for line in top + lines):
        return ""
    if not top and len(lines) > 1:
        top, lines = lines[:1], lines[1:]
    width = max(map(len, top + lines))
    if width * len(lines) > MOST_CELLS:
        width = max(map(len, top or lines[:1]))
    names = [_name(top, column) for column in range(width)]
    written = [
        names,
        ["---"] * width,
        *(line + [""] * (width - len(line)) for line in lines if any(line)),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in written)


def _n_covered(row: Row, n_rows: int) -> int:
    """Cells that a row's own cover in a table of so many rows."""
    covered = sum(columns * min(rows, n_rows) for columns, rows in row.reaches.values())
    return len(row.texts) - len(row.reaches) + covered


def _name(top: list[list[str]], column: int) -> str:
    """A column's name: its cells in all rows of the header, none twice."""
    parts: list[str] = []
    for line in top:
        text = line[column] if column < len(line) else ""
        if text and text not in parts:
            parts.append(text)
    return " ".join(parts)
