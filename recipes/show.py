"""What the command line prints: progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from recipes import teaching_told
from schemas.manifest import Manifest

if TYPE_CHECKING:
    from recipes.plan import Plan
    from recipes.runner import Result
    from recipes.stage import Stage


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

    def __call__(self, stage: "Stage", what: str | Manifest) -> None:
        """Hear of a stage's beginning, progress, end or reuse."""
        if what == "begins":
            self._end()
            self._show(f"{stage.name} …")
        elif isinstance(what, Manifest):
            self._end()
            if what.status == "partial":
                for note in what.notes:
                    sys.stderr.write(f"{note}\n")
        elif what != "reused":
            self._show(f"{stage.name}  {what}")

    def line(self, name: str) -> Callable[[str], None]:
        """A function that shows how far something is that is no stage of a recipe."""
        return lambda what: self._show(f"{name}  {what}")

    def _show(self, line: str) -> None:
        if not self._watched:
            return
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True).status(line)
            self._status.start()
        else:
            self._status.update(line)

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
    from recipes.told_of_mixtures import print_mixture

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
            again = done.manifest.facts.get("retryable", done.manifest.failed)
            say(f"{done.name} is partial: {again:,} may succeed when run again.")
    if all(done.reused for done in result.stages):
        say("Nothing to do: every table was there.")
    made = {done.name: done for done in result.stages}
    if asked := teaching_told.line(made):
        say(asked)
    _print_scores(result.as_json()["scores"])
    if "mix" in made and not made["mix"].reused:
        print_mixture(made["mix"].manifest.facts, "mixture", {})
    if "mix" in made:
        say(f"data set  {result.run / 'dataset'}")
    if "tune" in made:
        say(f"model     {result.run / 'model'}")
    say(f"report    {result.report}")


def _print_scores(scores: list[dict[str, Any]]) -> None:
    """Negative log-likelihood per answer token of each part, where models were evaluated."""
    tuned = {one["part"]: one for one in scores if one["metric"] == "nll_per_token"}
    if not tuned:
        return
    rows: list[list[object]] = [
        [
            part,
            f"{one['base']:.3f}",
            "" if one["control"] is None else f"{one['control']:.3f}",
            f"{one['value']:.3f}",
            _change(one["difference"], one["low"], one["high"]),
            ""
            if one["control"] is None
            else _change(one["over_control"], one["over_control_low"], one["over_control_high"]),
            one["n"],
        ]
        for part, one in tuned.items()
        if one["model"] == "tuned"
    ]
    title = "negative log-likelihood per answer token, held-out test rows; less is better"
    columns = ["part", "base", "control", "tuned", "tuned - base", "tuned - control", "rows"]
    print_table(columns, rows, title=title)


def _change(difference: float, low: float | None, high: float | None) -> str:
    """A difference with its interval, to as many digits as show on which side of zero it lies."""
    if low is None or high is None:
        return f"{difference:+.3f} [one document]"
    ends = [end for end in (low, high) if end != 0]
    digits = next((n for n in range(3, 9) if all(round(end, n) for end in ends)), 9)
    return f"{difference:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


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
    say(f"to do: {seconds}; {_asking(planned)}")
    _print_teachers(planned)


def _asking(planned: "Plan") -> str:
    """What teachers will take, in words."""
    unknown = [
        f"unknown until {before} is made (run --until {before})"
        for before in planned.unforeseen.values()
    ]
    if planned.calls is None or planned.tokens is None or planned.usd is None:
        return f"teacher calls {unknown[0]}"
    tokens = f", about {planned.tokens:,} tokens" if planned.calls else ""
    further = [
        f"; those of {stage} {why}" for stage, why in zip(planned.unforeseen, unknown, strict=True)
    ]
    return f"teacher calls {planned.calls:,}{tokens}, dollars {planned.usd:.2f}{''.join(further)}"


def _print_teachers(planned: "Plan") -> None:
    """The calls of each teacher and task."""
    if planned.teachers:
        rows: list[list[object]] = [
            [
                *(line["teacher"], line["task"], line["requests"], line["calls"]),
                *(line["prompt_tokens"], line["completion_tokens"], f"{line['usd']:.4f}"),
                "earlier calls" if line["measured"] else "a guess",
            ]
            for line in planned.teachers
        ]
        columns = ["teacher", "task", "requests", "calls to pay", "tokens sent", "tokens written"]
        print_table([*columns, "dollars", "tokens estimated by"], rows)


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
