"""Run a recipe: make the tables that are not there yet, in order, and say what was done.

A table whose fingerprint is there and complete is reused without being opened. After each stage
`runs/<recipe>-<fp8>/run.json` says which tables the run stands on, so `clean` spares them even
if the run is cut short.
"""

import datetime
import functools
import hashlib
import importlib.metadata
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipes.loader import Loaded
from recipes.stage import Stage
from recipes.work import Work
from schemas import manifest
from schemas.errors import WorkError
from schemas.manifest import Manifest, Parent, Part

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
            "scores": scores(self.stages),
        }


def scores(done: Sequence[Done]) -> list[dict[str, Any]]:
    """What the last evaluation found, from its manifest: no table is opened."""
    found: list[dict[str, Any]] = []
    for one in done:
        if one.name == "evaluate":
            found = one.manifest.facts["scores"]
    return found


Report = Callable[[Stage, str | Manifest], None]
"""Told of each stage: "begins", "reused", a line of progress, or the manifest at its end."""


def fingerprint(stage: Stage, parents: Sequence[Manifest]) -> str:
    """Hash of what a stage is told and of what it reads."""
    contents = [
        manifest.content_of(part) for (_, part), manifest in zip(stage.reads, parents, strict=True)
    ]
    told = [stage.kind, stage.version, stage.parameters, contents]
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
        RetortError: a stage cannot be made, or must not be built upon; finished tables stay.
    """
    folder = run_folder(work, loaded)
    before = read_run(folder)
    done: dict[str, Done] = {}
    for stage in plan:
        done[stage.name] = make(stage, [done[name] for name, _ in stage.reads], work, tell)
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
    read = list(zip(stage.parents, stage.reads, parents, strict=True))
    inputs = {name: Table(parent.folder, part) for name, (_, part), parent in read}
    try:
        with Writer(folder) as out:
            out.previous = Table(folder) if found is not None else None
            out.tell = functools.partial(tell, stage)
            stage.make(out, inputs)
            made = out.finish(
                stage=stage.name,
                version=stage.version,
                fingerprint=print_,
                parameters=stage.parameters,
                parents=[
                    Parent(name=name, table=one.folder.name, content=one.manifest.content_of(part))
                    for name, (_, part), one in read
                ],
                retort=RETORT,
            )
    except OSError as error:
        raise full(error, work.folder, stage.name) from error
    if out.halt is not None:
        raise out.halt
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
        "scores": scores(done),
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
        made = {one.name: one for one in done}
        if "mix" in made:
            _link(made["mix"].folder, made["mix"].manifest.parts, folder / "dataset")
        if "tune" in made:
            _link(made["tune"].folder / "model", _in_model(made["tune"]), folder / "model")
            point_at_base(folder / "model", made["base"].folder / "model")
        page = write_report(loaded.recipe, {one.name: one.folder for one in done})
        write_whole(folder / "report.html", page.encode())
    except OSError as error:
        raise full(error, folder, "the report") from error


def _in_model(tuned: Done) -> list[Part]:
    """The files of a tuned model, named as they are in its folder."""
    return [
        one.model_copy(update={"file": one.file.removeprefix("model/")})
        for one in tuned.manifest.files
    ]


def _link(table: Path, parts: Sequence[Part], out: Path) -> None:
    """A table's files where trainers and readers look for them; no second copy on disk."""
    building = out.with_name(f"{out.name}.writing")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for part in parts:
        (building / part.file).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(table / part.file, building / part.file)
        except OSError:
            shutil.copyfile(table / part.file, building / part.file)
    shutil.rmtree(out, ignore_errors=True)
    building.rename(out)


def point_at_base(model: Path, base: Path) -> None:
    """Write into an adapter's configuration where its base lies, so that PEFT finds it."""
    from schemas.tables import write_whole

    configuration = model / "adapter_config.json"
    if configuration.is_file():
        told = json.loads(configuration.read_text(encoding="utf-8"))
        told["base_model_name_or_path"] = str(base.resolve())
        write_whole(configuration, json.dumps(told, indent=1, sort_keys=True).encode())
