"""The tables of one run, for the verbs that look at it: why, diff."""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from curate.synthesize.calls import path_in
from recipes.runner import read_run, tables_of
from recipes.work import Work
from schemas.errors import TableError
from schemas.tables import Table

LEVELS = {"example": "synthesize", "passage": "segment", "document": "collect"}
"""What a row is -> the stage whose table holds it."""
GATES = {"example": "screen.examples", "passage": "screen.passages"}


class RunTables:
    """A run's tables by stage, and a database to look rows up in."""

    def __init__(self, run: Path, work: Work) -> None:
        told = read_run(run)
        if told is None:
            raise TableError(f"{run}: no run, it has no run.json. Run the recipe again.")
        self.run = run
        self.ledger = path_in(work.folder)
        self._folders = {name: work.tables / folder for name, folder in tables_of(told).items()}
        self.names = list(self._folders)
        self._database = duckdb.connect()
        self._tables: dict[str, Table] = {}

    def __contains__(self, stage: str) -> bool:
        return stage in self._folders

    def table(self, stage: str) -> Table:
        """The table of a stage.

        Raises:
            TableError: the run has none, or it was deleted.
        """
        if stage not in self._tables:
            if stage not in self._folders:
                raise TableError(f"{self.run}: stopped before {stage}. Run the recipe to its end.")
            self._tables[stage] = Table(self._folders[stage])
        return self._tables[stage]

    def rows(self, stage: str, condition: str, *values: object) -> list[dict[str, Any]]:
        """Rows of a stage's table that meet an SQL condition of ours, with `?` for values."""
        found = self.query(f"select * from rows where {condition}", {"rows": stage}, *values)
        return found

    def register(self, name: str, rows: pa.Table) -> None:
        """Give queries a table of this name."""
        self._database.register(name, rows)

    def query(self, sql: str, stages: dict[str, str], *values: object) -> list[dict[str, Any]]:
        """Rows of a query over stages' tables, each under a name of its own."""
        for name, stage in stages.items():
            self._database.register(name, self.table(stage).dataset())
        rows: list[dict[str, Any]] = (
            self._database.sql(sql, params=list(values)).to_arrow_table().to_pylist()
        )
        return rows
