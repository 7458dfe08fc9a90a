"""Tasks of lm-eval by name, and groups and tags of them: what is asked of a model there.

Needs the package of the extra `eval`. It fetches a task's data as its configuration says, from the
hub or from files. A task's own documents are read by the names of their columns as files are; where
these tell no question, it is what the task itself puts before the model.

Method: `TaskManager.load` and `Task.eval_docs` of lm_eval 0.4.13.
"""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.screen.benchmarks.drafts import Draft, draft, items
from curate.screen.benchmarks.fields import Named, text, without_cues
from curate.screen.benchmarks.items import Benchmark
from curate.screen.benchmarks.options import Options
from schemas.errors import RecipeError, SourceError
from schemas.rows import Failure


def read(names: Sequence[str], folder: Path | None = None) -> list[Benchmark]:
    """One benchmark for each task, in their order, of groups and tags each task of theirs.

    Args:
        names: of tasks, groups and tags.
        folder: tasks of one's own, as lm-eval configures them. They may hold code, which runs:
            never a folder that a recipe names.

    Raises:
        RecipeError: lm-eval is not installed, or knows no task of this name.
        SourceError: a task's data cannot be had.
    """
    try:
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise RecipeError(
            f"benchmarks: {names[0]!r} is no file or folder, and tasks of lm-eval need the extra "
            f"`eval`: pip install 'retort[eval]'."
        ) from error
    manager = TaskManager(
        include_path=None if folder is None else str(folder), include_defaults=folder is None
    )
    known = set(manager.all_tasks)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise RecipeError(f"benchmarks: {name!r} is no file, no folder and no task.{hint}")
    found: dict[str, Benchmark] = {}
    for name in names:
        for task_name, task in _loaded(manager, name).items():
            if task_name not in found:
                found[task_name] = _benchmark(task_name, task)
    return list(found.values())


def _loaded(manager: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401  of lm-eval
    try:
        tasks: Mapping[str, Any] = manager.load(name)["tasks"]
    except Exception as error:  # whatever a task's configuration, the hub or the network raise
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise SourceError(
            f"benchmarks: the task {name} cannot be loaded ({reason}). Give its rows as a file."
        ) from error
    return tasks


def _benchmark(name: str, task: Any) -> Benchmark:  # noqa: ANN401  of lm-eval
    drafts: list[Draft] = []
    failures: list[Failure] = []
    for number, document in enumerate(task.eval_docs, 1):
        found = draft(number, document, Named()) or _rendered(number, task, document)
        if found is None:
            failures.append(Failure(f"{name}:{number}", "no-question", "it asks nothing"))
        else:
            drafts.append(found)
    if not drafts:
        raise SourceError(f"benchmarks: the task {name} has no item. Give its rows as a file.")
    return Benchmark(name, items(drafts), None, failures)


def _rendered(number: int, task: Any, document: Mapping[str, Any]) -> Draft | None:  # noqa: ANN401
    """What the task itself makes of a document."""
    asked = without_cues(text(task.doc_to_text(document)))
    if not asked:
        return None
    choices = task.doc_to_choice(document) if task.config.doc_to_choice is not None else ()
    offered = Options((), tuple(map(text, choices)), (task.doc_to_target(document),))
    return Draft(number, asked, offered, "")
