"""What a recipe's `synthesize` block comes to: tasks that are read, teachers that may be asked."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import curate
from recipes.loader import Loaded
from schemas.errors import RecipeError
from schemas.recipe import MINED, Recipe
from schemas.teachers import Ask, Miner, Replay, answers_by

if TYPE_CHECKING:
    import pyarrow as pa

    from curate.synthesize.requests import Asked, Source
    from curate.synthesize.taught import School
    from schemas.rows import Example

LARGEST = 64 << 10
"""Bytes of a task's file, or of a schema."""
PARENTS = ("collect", "segment", "screen.passages")


@dataclass(frozen=True, slots=True)
class Teaching:
    """The `synthesize` block of a recipe, read and checked."""

    miner: Miner | None
    asked: "list[Asked]"
    """Tasks for models; empty where the recipe has none."""
    school: "School"
    mined_parts: list[str] | None = None
    """Parts that are mined; all by default."""
    share: Literal["all", "weight"] = "all"

    def is_wanted(self, example: "Example") -> bool:
        """Whether an example that was mined or taken over is of a part that is asked for."""
        if self.mined_parts is None or example.passage_id is None:
            return True
        return example.part in self.mined_parts

    def source(self, passages: Any, documents: Any) -> "Source":  # noqa: ANN401  openers of batches
        """Everything that will be asked about some passages."""
        from curate.synthesize.requests import Source

        return Source(passages, documents, self.asked, self.school.teachers, self.share)


def teaching(loaded: Loaded, ledger: Path, account: str | None = None) -> Teaching:
    """Read the tasks and check the teachers of a recipe.

    Args:
        loaded: the recipe.
        ledger: where replies are kept.
        account: whose budget it is; the recipe's name by default.

    Raises:
        RecipeError: a task that is not there, a host that is not allowed, a missing budget.
    """
    from curate.synthesize.requests import Asked
    from curate.synthesize.taught import School
    from curate.synthesize.teachers.hosts import check

    block = loaded.recipe.synthesize
    for place, teacher in enumerate(block.teachers):
        check(teacher, block.budget, loaded.hosts, f"synthesize.teachers.{place}")
    for place, ask in enumerate(block.tasks):
        if ask.task == MINED and (ask.settings or ask.samples != 1):
            raise RecipeError(
                f"synthesize.tasks.{place}: {MINED} has no settings and one sample; per_family and "
                f"balance stand in the miner's own block."
            )
    asked = [
        Asked(ask, task(ask, loaded, f"synthesize.tasks.{place}"))
        for place, ask in enumerate(block.tasks)
        if ask.task != MINED
    ]
    recorded = {
        one.label: loaded.resolve(one.calls)
        for one in block.models
        if isinstance(one, Replay) and one.calls is not None
    }
    school = School(
        teachers=block.models,
        budget=block.budget,
        hosts=loaded.hosts,
        ledger=ledger,
        account=account or loaded.recipe.name,
        recorded=recorded,
    )
    mined = next((ask.parts for ask in block.tasks if ask.task == MINED), None)
    return Teaching(block.miner, asked, school, mined, block.share)


def task(ask: Ask, loaded: Loaded, where: str) -> Any:  # noqa: ANN401  a Task, imported late
    """The task that a recipe names: one that ships, or a Markdown file.

    Raises:
        RecipeError: it is not there, or not a task.
    """
    from curate.synthesize.tasks import catalog, own

    if ask.task.endswith(".md"):
        if ask.settings:
            names = ", ".join(ask.settings)
            raise RecipeError(f"{where}: {ask.task} has no setting {names}; write it in the file.")
        found = own.load(_text(loaded, ask.task, where), ask.task)
        if found.name in (*catalog.names(), MINED):
            raise RecipeError(
                f"{where}: {ask.task} has the name of a task that ships. Give the file another one."
            )
        return found
    settings = dict(ask.settings)
    if isinstance(named := settings.get("schema_file"), str):
        settings["json_schema"] = _json(loaded, named, where)
    return catalog.get(ask.task, settings, where)


def _text(loaded: Loaded, named: str, where: str) -> str:
    path = loaded.resolve(named)
    try:
        if path.stat().st_size > LARGEST:
            raise RecipeError(f"{where}: {named} has more than {LARGEST} bytes. Shorten it.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{where}: {named} cannot be read ({error}). Correct it.") from error


def _json(loaded: Loaded, named: str, where: str) -> Any:  # noqa: ANN401  JSON
    import json

    try:
        return json.loads(_text(loaded, named, where))
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"{where}: {named} is not JSON ({error}). Correct it.") from error


def told(recipe: Recipe, found: Teaching) -> dict[str, Any]:
    """What decides the examples: the part of the fingerprint that the recipe gives."""
    from curate.synthesize.tasks import catalog

    block = recipe.synthesize
    tasks: list[dict[str, Any]] = []
    if found.miner is not None:
        tasks.append({"task": MINED, "prompt": _mined_prompt(), "parts": found.mined_parts})
    for one in found.asked:
        asked = {"samples": one.ask.samples, "parts": one.ask.parts}
        tasks.append({**catalog.fingerprint(one.task), **asked})
    teachers = [{**answers_by(one), "tasks": getattr(one, "tasks", None)} for one in block.teachers]
    if block.share == "weight":
        for each, teacher in zip(block.teachers, teachers, strict=True):
            teacher["weight"] = getattr(each, "weight", None)
    return {
        "teachers": teachers,
        "tasks": tasks,
        "share": block.share,
        "recorded": {name: content_of(path) for name, path in found.school.recorded.items()},
    }


def _mined_prompt() -> str:
    """Hash of the miner's wording: editing it makes the examples anew."""
    path = Path(curate.__file__).parent / "synthesize" / "prompts" / f"{MINED}.md"
    return content_of(path)


@functools.lru_cache(maxsize=64)
def content_of(path: Path) -> str:
    """Hash of a file."""
    import hashlib

    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise RecipeError(
            f"{path}: cannot be read ({error.strerror}). Correct its name."
        ) from error


def instructions(documents: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """The documents that are ready-made instructions."""
    import pyarrow.compute as pc

    for batch in documents:
        rows = batch.filter(pc.equal(batch.column("kind"), "instructions"))
        if len(rows):
            yield rows
