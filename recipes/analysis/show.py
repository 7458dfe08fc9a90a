"""An analysis in the terminal: a table of columns, and one of rules for each preset."""

import textwrap

from recipes.analysis.analyze import Analysis
from recipes.analysis.set_aside import Told
from recipes.report.analysis import SHOWN, line, values
from recipes.report.text import visible
from recipes.show import print_table, say

LONGEST = 160
"""Characters of an example's text."""


def print_analysis(analysis: Analysis) -> None:
    """Everything that the page has, in fewer words."""
    columns = ["measure", "column", *(f"{100 * one:g} %" for one in SHOWN), "mean"]
    rows: list[list[object]] = []
    for one in analysis.distributions:
        printed = line(one)
        quantiles = printed.quantiles or [""] * len(SHOWN)
        rows.append([one.measure, one.column, *quantiles, printed.mean])
    print_table(columns, rows, title=f"{analysis.path}: {analysis.n_rows:,} rows")
    for preset in analysis.presets:
        listed: list[list[object]] = [_row(told, analysis.n_rows) for told in preset.rules]
        title = f"preset {preset.name} would keep {preset.kept:,} of {analysis.n_rows:,} rows"
        print_table(["rule", "set aside", "share", "alone", "kept when"], listed, title=title)
        for told in preset.rules:
            for example in told.examples:
                text = textwrap.shorten(example.text, LONGEST, placeholder=" …")
                say(f"{told.name}  row {example.id} ({values(example.values)})")
                say(f"    {visible(text)}")
    for measure, why in analysis.left_out.items():
        say(f"not measured: {measure}: {why}")


def _row(told: Told, n_rows: int) -> list[object]:
    if told.missing:
        return [told.name, "", "", "", f"cannot be applied: {told.missing}"]
    share = f"{told.n / n_rows:.2%}" if n_rows else ""
    return [told.name, f"{told.n:,}", share, f"{told.alone:,}", " ".join(told.rule.sql.split())]
