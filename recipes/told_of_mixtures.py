"""What a mixture came to against what was asked for, for a person at a terminal."""

from collections.abc import Mapping
from typing import Any

from recipes.show import print_table, say
from schemas.mixing import TOKENS

NAMES = {
    "part": "part",
    "domain": "domain",
    "task": "task",
    "license": "licence",
    "teacher": "teacher",
}
SHOWN = 8
"""Values of a column that are listed."""


def print_mixture(facts: Mapping[str, Any], title: str, set_aside: Mapping[str, int]) -> None:
    """The training rows by part, domain, task, licence and teacher; then the held-out rows.

    Args:
        facts: those of a mixture's manifest.
        title: above the table.
        set_aside: why kept rows were not drawn from -> how many.
    """
    counted = bool(facts["tokens"])
    measured = facts["unit"] not in ("rows", *TOKENS)
    columns = ["by", "value", "rows", *(["tokens", "loss tokens"] if counted else [])]
    columns += [facts["unit"]] if measured else []
    rows: list[list[object]] = []
    for by, lines in facts["realised"].items():
        named = by == "part" or any(line["name"] is not None for line in lines)
        rows += [_row(by, line, counted, measured) for line in lines[:SHOWN]] if named else []
        if named and len(lines) > SHOWN:
            rest = sum(line["rows"] for line in lines[SHOWN:])
            blank: list[object] = [""] * (len(columns) - 1)
            rows.append([NAMES[by], f"and {len(lines) - SHOWN} more", rest, *blank])
    print_table([*columns, f"share of {facts['unit']}", "asked"], rows, title=title)
    if facts.get("shrunk"):
        say(f"smaller than the {facts['asked']:,} {facts['unit']} asked for: a part had too little")
    for part, passes in facts["passes"].items():
        if passes > 1:
            say(f"{part}: its rows are gone through {passes:.2f} times")
    held = {split: sum(facts["counts"][split].values()) for split in ("valid", "test")}
    say(f"held out: valid {held['valid']:,} rows, test {held['test']:,}")
    for reason, n in set_aside.items():
        say(f"set aside: {reason} {n:,}")


def _row(by: str, line: Mapping[str, Any], counted: bool, measured: bool) -> list[object]:
    tokens = [line["n_tokens"] or 0, line["n_loss_tokens"] or 0] if counted else []
    amount = [round(line["amount"])] if measured else []
    asked = "" if line["asked"] is None else f"{line['asked']:.2%}"
    name = "unknown" if line["name"] is None else line["name"]
    return [NAMES[by], name, line["rows"], *tokens, *amount, f"{line['share']:.2%}", asked]
