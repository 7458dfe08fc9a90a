"""What tests of teachers on the command line share: passages, recipes, tables, the ledger."""

import contextlib
import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.synthesize.calls import FILE
from schemas.ids import identity
from schemas.rows import PASSAGES
from tests.conftest import sentence


def write_passages(path: Path, n: int, seed: int = 1) -> Path:
    """A file of n passages, each of its own document."""
    draw = random.Random(seed)
    rows = []
    for number in range(n):
        text = " ".join(sentence(draw) for _ in range(5))
        document = identity(f"paper {number} {seed}")
        rows.append(
            {
                "id": identity(document, 100, 100 + len(text)),
                "document_id": document,
                "part": "domain",
                "split": "train",
                "section": ["Results"],
                "start": 100,
                "end": 100 + len(text),
                "text": text,
                "n_words": len(text.split()),
                "title": f"On site {number}",
                "source": f"file:paper-{number}.md",
                "license": "CC-BY-4.0",
                "domain": "chemistry",
            }
        )
    pq.write_table(pa.Table.from_pylist(rows, schema=PASSAGES), path)
    return path


def block(url: str, *tasks: str, budget: str = "", **more: object) -> str:
    """The `synthesize` block of a recipe with one teacher."""
    teacher = json.dumps({"kind": "openai", "model": "fake-1", "base_url": url, **more})
    bound = f"\n  budget: {budget}" if budget else ""
    asked = ", ".join(tasks or ("grounded-qa",))
    return f"\nsynthesize:\n  teachers: [{teacher}]\n  tasks: [{asked}]{bound}\n"


def stored(work: Path) -> int:
    """Replies in a ledger, which may just be being made."""
    path = work / FILE
    if not path.is_file():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as database:
        if not database.execute("select 1 from sqlite_master where name = 'calls'").fetchall():
            return 0
        ((n,),) = database.execute("select count(*) from calls").fetchall()
    return int(n)


def manifest(work: Path, stage: str) -> dict[str, Any]:
    """The manifest of the only table of a stage."""
    (folder,) = (one for one in (work / "tables").iterdir() if one.name[:-9] == stage)
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return told


def examples(work: Path) -> list[dict[str, Any]]:
    """The rows of the only table of examples."""
    (folder,) = (one for one in (work / "tables").iterdir() if one.name[:-9] == "synthesize")
    rows: list[dict[str, Any]] = pq.read_table(next(folder.glob("part-*.parquet"))).to_pylist()
    return rows
