"""What the answers of an audit say, for people: a table, and the rest in sentences."""

from collections.abc import Mapping
from typing import Any

HEADINGS = ["gate, rule", "drawn", "answered", "precision", "recall"]


def rows_of(told: Mapping[str, Any]) -> list[list[object]]:
    """Rows of the table that people are shown: each gate, then its rules."""
    rows: list[list[object]] = []
    for gate in told["gates"]:
        for name, one in [
            (gate["gate"], gate),
            *((f"  {one['rule']}", one) for one in gate["rules"]),
        ]:
            counts = [one["drawn"], one["answered"]]
            rows.append([name, *counts, _share(one["precision"]), _share(one["recall"])])
    return rows


def lines(told: Mapping[str, Any]) -> list[str]:
    """The rest of it, in sentences."""
    said = []
    for one in told["sheets"]:
        said.append(f"{one['sheet']}: {one['rows']:,} rows drawn, {one['answered']:,} answered")
        said += [f"  {n:,} {what}" for what, n in one["not_as_written"].items()]
    for gate in told["gates"]:
        if gate["kept_wrongly"]:
            wrongly = _share(gate["kept_wrongly"])
            said.append(f"{gate['gate']}: of the kept rows {wrongly} should have gone")
    agreed = told["agreement"]
    if agreed:
        kappa = "-" if agreed["kappa"] is None else f"{agreed['kappa']:.3f}"
        said.append(
            f"the two agree on {agreed['same']:,} of {agreed['rows']:,} rows, kappa {kappa}; "
            f"precision and recall are by {told['sheets'][0]['sheet']}"
        )
    return said


def _share(one: Mapping[str, float] | None) -> str:
    return "-" if one is None else f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"
