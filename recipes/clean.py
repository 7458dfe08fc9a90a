"""Clean: delete tables that no run refers to."""

import shutil
from pathlib import Path

from recipes.runner import read_run, tables_of
from recipes.work import Work


def unused(work: Work) -> list[tuple[Path, int]]:
    """Tables that no run in the work folder refers to, and their bytes on disk."""
    runs = [read_run(folder) for folder in work.run_folders()]
    used = {table for run in runs if run is not None for table in tables_of(run).values()}
    folders = sorted(work.tables.iterdir()) if work.tables.is_dir() else []
    return [(folder, _size(folder)) for folder in folders if folder.name not in used]


def delete(folders: list[Path]) -> None:
    """Delete table folders; a manifest goes first, so that a half deleted one is never read."""
    for folder in folders:
        (folder / "manifest.json").unlink(missing_ok=True)
        shutil.rmtree(folder)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
