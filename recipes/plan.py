"""What a run would do, without doing it.

A stage is done when its table is there. Behind the first one to do, the rows that later stages
will read are not known yet, so their tables cannot be looked up: they are "to do, or unchanged".
Time and memory are those of the last table of the same kind in the work folder.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from recipes.runner import fingerprint, finished, folder_of
from recipes.stage import Inputs, Stage
from recipes.work import Work
from schemas import manifest
from schemas.errors import TableError
from schemas.manifest import Manifest

if TYPE_CHECKING:
    from curate.synthesize.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Planned:
    """One stage of a plan."""

    name: str
    state: Literal["done", "partial", "to do", "depends"]
    rows: int | None
    """Rows of the table that is there."""
    seconds: float | None
    """Time that the last table of this kind took."""
    peak_memory_bytes: int | None
    """Memory that the last table of this kind took."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    stages: list[Planned]
    calls: int | None
    """Teacher calls to be paid; the miner makes none. Null where none can be told yet."""
    tokens: int | None
    """Tokens of these, sent and written, as estimated."""
    usd: float | None
    """Dollars of these, by the recipe's prices."""
    teachers: list[dict[str, Any]]
    """The same by teacher and task."""
    unforeseen: dict[str, str]
    """Stage whose calls cannot be told yet -> the stage before it, which has to be made first."""
    seconds: float | None
    """Time for what is to do, as long as it took last time; null where a stage never ran here."""
    peak_memory_bytes: int | None
    """Largest memory of what is to do, likewise."""

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return asdict(self)


def plan(stages: Sequence[Stage], work: Work) -> Plan:
    """Look up every stage's table."""
    before = _latest(work)
    known: dict[str, Manifest] = {}
    folders: dict[str, Path] = {}
    planned: list[Planned] = []
    foreseen: list[Estimate] = []
    unforeseen: dict[str, str] = {}
    for stage in stages:
        state, found = _look_up(stage, known, work)
        if found is not None:
            known[stage.name] = found
            folders[stage.name] = folder_of(work, stage, found.fingerprint)
        if stage.estimate is not None and state == "depends":
            unforeseen[stage.name] = planned[-1].name
        elif stage.estimate is not None and state != "done":
            foreseen.append(_foresee(stage.estimate, stage, folders))
        like = found or before.get(stage.kind)
        planned.append(
            Planned(
                stage.name,
                state,
                found.rows if found else None,
                like.seconds if like else None,
                like.peak_memory_bytes if like else None,
            )
        )
    told = foreseen or not unforeseen
    left = [one for one in planned if one.state != "done"]
    known_times = [one.seconds for one in left if one.seconds is not None]
    memory = [one.peak_memory_bytes for one in left if one.peak_memory_bytes is not None]
    return Plan(
        planned,
        calls=sum(one.calls for one in foreseen) if told else None,
        tokens=sum(one.tokens for one in foreseen) if told else None,
        usd=round(sum(one.usd for one in foreseen), 4) if told else None,
        teachers=[line for one in foreseen for line in one.as_json()],
        unforeseen=unforeseen,
        seconds=round(sum(known_times), 1) if len(known_times) == len(left) else None,
        peak_memory_bytes=max(memory, default=0) if len(memory) == len(left) else None,
    )


def _foresee(
    ask: "Callable[[Inputs], Estimate]", stage: Stage, folders: Mapping[str, Path]
) -> "Estimate":
    """What asking will take, from the tables that are there."""
    from schemas.tables import Table

    return ask({name: Table(folders[name]) for name, _ in stage.reads})


def _look_up(
    stage: Stage, known: dict[str, Manifest], work: Work
) -> tuple[Literal["done", "partial", "to do", "depends"], Manifest | None]:
    if not all(parent in known for parent, _ in stage.reads):
        return "depends", None
    print_ = fingerprint(stage, [known[parent] for parent, _ in stage.reads])
    found = finished(folder_of(work, stage, print_), print_)
    if found is None:
        return "to do", None
    if found.status == "partial":
        return "partial", None
    return "done", found


def _latest(work: Work) -> dict[str, Manifest]:
    """Kind of stage -> manifest of its table that was made last."""
    latest: dict[str, Manifest] = {}
    folders = work.tables.iterdir() if work.tables.is_dir() else ()
    for folder in folders:
        kind = folder.name.rpartition("-")[0]
        try:
            found = manifest.read(folder)
        except TableError:
            continue
        if found and (kind not in latest or found.made > latest[kind].made):
            latest[kind] = found
    return latest
