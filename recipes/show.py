"""What the command line prints: progress on standard error, results on standard output."""

import json
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from schemas.manifest import Manifest

if TYPE_CHECKING:
    from recipes.plan import Plan
    from recipes.runner import Result
    from recipes.stages import Stage


class Teller:
    """Tells of each stage while it is made; silent where nobody watches."""

    def __init__(self, quiet: bool) -> None:
        self._watched = not quiet and sys.stderr.isatty()
        self._status: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def __call__(self, stage: "Stage", what: Literal["begins", "reused"] | Manifest) -> None:
        """Hear of a stage's beginning, end or reuse."""
        if not self._watched or what == "reused":
            return
        self._end()
        if what == "begins":
            from rich.console import Console

            self._status = Console(stderr=True).status(f"{stage.name} …")
            self._status.start()

    def _end(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def print_table(columns: list[str], rows: list[list[object]], title: str = "") -> None:
    """A table; columns of numbers to the right."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
    for number, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*[escape(_cell(value)) for value in row])
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def print_run(result: "Result") -> None:
    """The stages of a run, what set rows aside, and where the results are."""
    rows: list[list[object]] = [
        [
            done.name,
            done.manifest.rows,
            done.manifest.kept,
            "reused" if done.reused else f"{done.seconds:.1f}",
            _reasons(done.manifest),
        ]
        for done in result.stages
    ]
    print_table(["stage", "rows", "kept", "seconds", "failed, skipped or set aside"], rows)
    for done in result.stages:
        if done.manifest.status == "partial":
            say(f"{done.name} is partial: {done.manifest.failed} may succeed when run again.")
    if all(done.reused for done in result.stages):
        say("Nothing to do: every table was there.")
    if result.stages[-1].name == "mix":
        say(f"data set  {result.run / 'dataset'}")
    say(f"report    {result.report}")


def print_plan(planned: "Plan") -> None:
    """The stages of a plan."""
    rows: list[list[object]] = [
        [
            stage.name,
            {"depends": "to do, or unchanged"}.get(stage.state, stage.state),
            "" if stage.rows is None else stage.rows,
            "?" if stage.seconds is None else f"{stage.seconds:.1f}",
            "?" if stage.peak_memory_bytes is None else f"{stage.peak_memory_bytes / 2**20:.0f}",
        ]
        for stage in planned.stages
    ]
    print_table(["stage", "state", "rows", "seconds last time", "MiB last time"], rows)
    seconds = "unknown, a stage never ran here"
    if planned.seconds is not None and planned.peak_memory_bytes is not None:
        seconds = f"{planned.seconds:.1f} s, {planned.peak_memory_bytes / 2**20:.0f} MiB at most"
    say(f"to do: {seconds}; teacher calls {planned.calls}, dollars {planned.usd:.2f}")


def say(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(line + "\n")


def _reasons(made: Manifest) -> str:
    counts = {**made.reasons, **made.facts.get("rules", {})}
    return ", ".join(f"{reason} {count:,}" for reason, count in counts.items())


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
