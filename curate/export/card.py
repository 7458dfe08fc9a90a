"""`README.md`: the card of a data set, as the Hub shows it. Numbers of the run, and no praise.

The words are in `card.md.jinja`. Whatever comes from data is escaped (markdown.py); the metadata
are front_matter.py's.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from curate.export.described import Counted, Described
from curate.export.files import SPLITS
from curate.export.front_matter import front_matter
from curate.export.license_links import links
from curate.export.markdown import escape, fenced, link, rows

if TYPE_CHECKING:
    import pyarrow as pa

    from curate.export.whole import Whole

FILE = "README.md"
TEMPLATE = "card.md.jinja"
NAMES: dict[str, str] = {str(ours): name for ours, name in SPLITS.items()}
"""Our name of a split -> the one that files have."""
MOST = 40
"""Values of one column that are listed; the rest are counted together."""


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # Markdown, whose marks `md` escapes
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = escape
    environment.filters["number"] = "{:,}".format
    environment.globals["table"] = rows
    environment.globals["shares"] = _shares
    return environment.get_template(TEMPLATE)


def card(described: Described, whole: "Whole", sources: "pa.Table | None" = None) -> str:
    """The page.

    Args:
        described: what is known of the export, its data files included.
        whole: the licence of the whole.
        sources: rows of SOURCES, if documents are to be counted by licence.
    """
    body = _template().render(
        described=described,
        whole=whole,
        unit=escape(described.unit.replace("_", " ")),
        splits=[(NAMES.get(name, name), n) for name, n in described.rows.items()],
        total=sum(described.rows.values()),
        asked=any(one.asked is not None for each in described.realised.values() for one in each),
        columns=[(name, *told) for name, told in described.columns.items()],
        teachers=[(one.name, one.n_rows, one.license, one.trainable) for one in described.teachers],
        funnel=[(one.stage, one.rows, one.kept, _reasons(one.reasons)) for one in described.funnel],
        benchmarks=[(one.name, one.n_items, one.n_rows) for one in described.benchmarks],
        texts=", ".join(link(name, there) for name, there in _texts(described).items()),
        command=fenced(described.command, "sh"),
        recipe=fenced(described.recipe, "yaml"),
        **_licenses(described, sources),
    )
    return f"{front_matter(described, whole)}\n{body}"


def _shares(column: str, values: Sequence[Counted]) -> str:
    listed = [
        (one.name, one.rows, one.n_tokens, one.n_loss_tokens, _percent(one.share),
         _percent(one.asked)) for one in values[:MOST]
    ]  # fmt: skip
    rest = values[MOST:]
    if rest:
        n = sum(one.rows for one in rest)
        share = _percent(sum(one.share for one in rest))
        listed.append((f"{len(rest)} more", n, None, None, share, "–"))
    return rows([column, "rows", "tokens", "loss tokens", "share", "asked for"], listed)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _reasons(reasons: dict[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{name} {n:,}" for name, n in most) or "none"


def _texts(described: Described) -> dict[str, str]:
    found: dict[str, str] = {}
    for expression in described.licenses:
        found |= links(expression)
    return found


def _licenses(described: Described, sources: "pa.Table | None") -> dict[str, Any]:
    """Header and cells of the table of licences: rows, and documents where they are at hand."""
    most = sorted(described.licenses.items(), key=lambda one: (-one[1], one[0] or ""))
    if sources is None:
        cells: list[tuple[object, ...]] = [(name or "none known", n) for name, n in most]
        return {"header": ["licence", "rows"], "licenses": cells}
    counted = Counter(sources["license"].to_pylist())
    names = dict.fromkeys([name for name, _ in most] + list(counted))
    cells = [(one or "none known", described.licenses.get(one, 0), counted[one]) for one in names]
    return {"header": ["licence", "rows", "documents"], "licenses": cells}
