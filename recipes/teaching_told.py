"""What a run took from its teachers, in one line: calls paid now, reused ones, tokens, dollars.

Reads the manifests of the stages that ask, and which examples of models were kept where that is
known.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recipes.dollars import dollars, per_kept

if TYPE_CHECKING:
    from recipes.runner import Done

KEPT = """
    select count(*) from made join judged using (id) where judged.kept and len(made.call_ids) > 0
"""


def line(done: Mapping[str, "Done"]) -> str | None:
    """The line; None where no model was asked.

    Args:
        done: stage -> its table, made now or before.
    """
    asked = [one for stage in done.values() for one in stage.manifest.facts.get("teachers", [])]
    if not asked:
        return None
    new = [
        one
        for stage in done.values()
        if not stage.reused
        for one in stage.manifest.facts.get("teachers", [])
    ]
    calls, usd = sum(one["calls"] for one in asked), sum(one["usd"] for one in asked)
    now = sum(one["calls_now"] for one in new)
    told = f"teachers  {now:,} {'call' if now == 1 else 'calls'} paid now"
    if now:
        tokens, usd_now = (sum(one[name] for one in new) for name in ("tokens_now", "usd_now"))
        told += f" ({tokens:,} tokens, {dollars(usd_now)})"
    told += f", {max(calls - now, 0):,} reused"
    if not usd:
        return told
    told += f"; {dollars(usd)} in all"
    if "synthesize" in done and "screen.examples" in done:
        each = per_kept(usd, n_kept(done["synthesize"].folder, done["screen.examples"].folder))
        told += ", none kept" if each is None else f", {dollars(each)} per kept example"
    return told


def n_kept(examples: Path, verdicts: Path) -> int:
    """Examples that a model wrote and that were kept.

    Args:
        examples: folder of the table of examples.
        verdicts: folder of the table of their verdicts.
    """
    import duckdb

    from schemas.tables import Table

    with duckdb.connect() as database:
        database.register("made", Table(examples).dataset())
        database.register("judged", Table(verdicts).dataset())
        ((n,),) = database.execute(KEPT).fetchall()
    return int(n)
