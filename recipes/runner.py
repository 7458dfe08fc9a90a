"""Run a recipe: make the tables that are not there yet, in order, and say what was done.

A table whose fingerprint is there and complete is reused without being opened. After each stage
`runs/<recipe>-<fp8>/run.json` says which tables the run stands on, so `clean` spares them even
if the run is cut short.
"""

import datetime
import hashlib
import importlib.metadata
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recipes.loader import Loaded
from recipes.stages import Stage
from recipes.work import Work
from schemas import manifest
from schemas.errors import WorkError
from schemas.manifest import Manifest, Parent

RETORT = importlib.metadata.version("retort")
FULL = {28, 122, 27}
"""errno of a full disk, a spent quota, a file over its limit."""


@dataclass(frozen=True, slots=True)
class Done:
    """A stage's table, made now or before."""

    name: str
    folder: Path
    manifest: Manifest
    seconds: float
    """Time that it took now; 0 where it was reused."""
    reused: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What a run leaves."""

    run: Path
    report: Path
    stages: list[Done]

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "run": str(self.run),
            "report": str(self.report),
            "stages": [
                {
                    "name": done.name,
                    "table": str(done.folder),
                    "rows": done.manifest.rows,
                    "kept": done.manifest.kept,
                    "seconds": done.seconds,
                    "reused": done.reused,
                }
                for done in self.stages
            ],
            "scores": [],
        }


Report = Callable[[Stage, Literal["begins", "reused"] | Manifest], None]
"""Told of each stage when it begins and ends."""


def fingerprint(stage: Stage, parents: Sequence[Manifest]) -> str:
    """Hash of what a stage is told and of what it reads."""
    told = [stage.kind, stage.version, stage.parameters, [parent.content for parent in parents]]
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def folder_of(work: Work, stage: Stage, print_: str) -> Path:
    """Where a stage's table of this fingerprint lies."""
    return work.tables / f"{stage.kind}-{print_[:8]}"


def finished(folder: Path, print_: str) -> Manifest | None:
    """The manifest of a table that is whole and of this fingerprint, else None."""
    found = manifest.read(folder)
    return found if found is not None and found.fingerprint == print_ else None


def run_folder(work: Work, loaded: Loaded) -> Path:
    """Where a recipe's run lies: one folder for each recipe as resolved."""
    resolved = loaded.recipe.model_dump_json(by_alias=True).encode()
    return work.runs / f"{loaded.recipe.name}-{hashlib.sha256(resolved).hexdigest()[:8]}"


def run(plan: Sequence[Stage], loaded: Loaded, work: Work, tell: Report) -> Result:
    """Make or reuse the table of every stage, then write the run's folder.

    The work folder must be locked.

    Args:
        plan: the stages, parents before children.
        loaded: the recipe.
        work: where tables and runs lie.
        tell: hears of each stage's beginning and end.

    Raises:
        RetortError: a stage cannot be made; tables that were finished stay.
    """
    folder = run_folder(work, loaded)
    before = read_run(folder)
    done: dict[str, Done] = {}
    for stage in plan:
        done[stage.name] = make(stage, [done[name] for name in stage.parents], work, tell)
        if not done[stage.name].reused:
            _record(folder, loaded, list(done.values()), "running")
    tables = {one.name: one.folder.name for one in done.values()}
    nothing_new = all(one.reused for one in done.values())
    whole = before is not None and before["status"] == "complete"
    if not (nothing_new and before and whole and tables.items() <= tables_of(before).items()):
        _finish(folder, loaded, list(done.values()))
        _record(folder, loaded, list(done.values()), "complete")
    os.utime(folder / "run.json")
    return Result(folder, folder / "report.html", list(done.values()))


def make(stage: Stage, parents: Sequence[Done], work: Work, tell: Report) -> Done:
    """One stage's table, reused if it is there and complete."""
    print_ = fingerprint(stage, [parent.manifest for parent in parents])
    folder = folder_of(work, stage, print_)
    found = finished(folder, print_)
    if found is not None and found.status == "complete":
        tell(stage, "reused")
        return Done(stage.name, folder, found, 0.0, True)
    from schemas.tables import Table, Writer

    tell(stage, "begins")
    began = time.monotonic()
    inputs = {parent.name: Table(parent.folder) for parent in parents}
    try:
        with Writer(folder) as out:
            out.previous = Table(folder) if found is not None else None
            stage.make(out, inputs)
            made = out.finish(
                stage=stage.name,
                version=stage.version,
                fingerprint=print_,
                parameters=stage.parameters,
                parents=[
                    Parent(name=one.name, table=one.folder.name, content=one.manifest.content)
                    for one in parents
                ],
                retort=RETORT,
            )
    except OSError as error:
        raise full(error, work.folder, stage.name) from error
    tell(stage, made)
    return Done(stage.name, folder, made, round(time.monotonic() - began, 3), False)


def full(error: OSError, where: Path, stage: str) -> WorkError:
    """What to tell a user whose disk is full or not writable."""
    if error.errno in FULL:
        return WorkError(
            f"{where}: no space left while making {stage} ({error.strerror or error}). Free some "
            f"and run again; the stages before it are kept."
        )
    return WorkError(f"{where}: cannot make {stage} ({error}). Mend it and run again.")


def read_run(folder: Path) -> dict[str, Any] | None:
    """What `run.json` says, or None where there is no run yet."""
    try:
        found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found


def tables_of(run: Mapping[str, Any]) -> dict[str, str]:
    """Stage -> folder name of its table."""
    return {stage["name"]: stage["table"] for stage in run["stages"]}


def _record(folder: Path, loaded: Loaded, done: Sequence[Done], status: str) -> None:
    """Write `run.json`."""
    from schemas.tables import write_whole

    told = {
        "name": loaded.recipe.name,
        "recipe": str(loaded.path),
        "status": status,
        "retort": RETORT,
        "written": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "stages": [
            {
                "name": one.name,
                "table": one.folder.name,
                "rows": one.manifest.rows,
                "kept": one.manifest.kept,
                "seconds": one.manifest.seconds,
            }
            for one in done
        ],
        "scores": [],
    }
    try:
        folder.mkdir(exist_ok=True)
        write_whole(folder / "run.json", json.dumps(told, indent=1).encode())
    except OSError as error:
        raise full(error, folder, "run.json") from error


def _finish(folder: Path, loaded: Loaded, done: Sequence[Done]) -> None:
    """Write the resolved recipe, the data set and the report."""
    import yaml

    from recipes.report import write_report
    from schemas.tables import write_whole

    resolved = loaded.recipe.model_dump(mode="json", by_alias=True, exclude_none=True)
    try:
        folder.mkdir(exist_ok=True)
        text = yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True)
        write_whole(folder / "recipe.yaml", text.encode())
        if done[-1].name == "mix":
            _link(done[-1], folder / "dataset")
        page = write_report(loaded.recipe, {one.name: one.folder for one in done})
        write_whole(folder / "report.html", page.encode())
    except OSError as error:
        raise full(error, folder, "the report") from error


def _link(mixture: Done, dataset: Path) -> None:
    """The mixture's parts, one a split, where trainers look for them; no second copy on disk."""
    building = dataset.with_name("dataset.writing")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for part in mixture.manifest.parts:
        try:
            os.link(mixture.folder / part.file, building / part.file)
        except OSError:
            shutil.copyfile(mixture.folder / part.file, building / part.file)
    shutil.rmtree(dataset, ignore_errors=True)
    building.rename(dataset)
