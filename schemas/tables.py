"""A table: a folder of Parquet parts, `failures.parquet` and a manifest; perhaps a model.

    tables/segment-1a2b3c4d/part-00000.parquet … failures.parquet manifest.json
    tables/tune-5e6f7a8b/part-00000.parquet … model/ manifest.json

A `Writer` builds the folder under another name and renames it when everything is in it, so a
folder with the table's name is always whole. Text is streamed: a part is written row group by row
group and read the same way.
"""

import contextlib
import datetime
import hashlib
import os
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import RetortError, TableError
from schemas.manifest import FILE, Manifest, Parent, Part, read
from schemas.rows import FAILURES, Failure

if TYPE_CHECKING:
    import pyarrow.dataset as ds

FAILURES_FILE = "failures.parquet"
ROW_GROUP_ROWS = 16_384
ROW_GROUP_BYTES = 32 << 20
PART_ROWS = 1_000_000

Rows: TypeAlias = pa.RecordBatch | pa.Table | Sequence[Mapping[str, Any]]


class Table:
    """A finished table on disk. Nothing is read before it is asked for.

    Args:
        folder: where it lies.
        part: the name of one of its parts, if no other may be read.
    """

    def __init__(self, folder: Path, part: str | None = None) -> None:
        manifest = read(folder)
        if manifest is None:
            raise TableError(
                f"{folder}: not a finished table, it has no {FILE}. Run the recipe to make it."
            )
        self.folder = folder
        self.manifest = manifest
        self._part = part

    @property
    def files(self) -> list[Path]:
        """Its Parquet parts in row order."""
        only = None if self._part is None else f"{self._part}.parquet"
        return [
            self.folder / part.file
            for part in self.manifest.parts
            if only is None or part.file == only
        ]

    @property
    def rows(self) -> int:
        """How many rows may be read."""
        names = {path.name for path in self.files}
        return sum(part.rows for part in self.manifest.parts if part.file in names)

    @property
    def schema(self) -> pa.Schema:
        """Columns of its rows."""
        return pq.read_schema(self.files[0])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order, at most a row group at a time."""
        for path in self.files:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(
                    batch_size=ROW_GROUP_ROWS, columns=None if columns is None else list(columns)
                )

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """These columns of all rows, in memory."""
        names = None if columns is None else list(columns)
        return pa.concat_tables([pq.read_table(path, columns=names) for path in self.files])

    def dataset(self) -> "ds.Dataset":
        """For DuckDB, which reads only the columns that a query names."""
        import pyarrow.dataset as ds  # loads pandas

        return ds.dataset([str(path) for path in self.files], schema=self.schema, format="parquet")

    def failures(self) -> pa.Table:
        """What was asked for and not obtained."""
        return pq.read_table(self.folder / FAILURES_FILE)


class Writer:
    """Writes one table. Used as a context manager: an error inside leaves nothing behind.

    Args:
        folder: where the finished table will be; its parent must exist.
        schema: columns of the rows; may be set later, before the first row.
    """

    def __init__(self, folder: Path, schema: pa.Schema | None = None) -> None:
        self.folder = folder
        self.schema: pa.Schema = schema
        self.previous: Table | None = None
        """The partial table of the same fingerprint, to resume from; None for a fresh start."""
        self.rows = 0
        self.kept: int | None = None
        self.requested: int | None = None
        self.skipped = 0
        self.reasons: Counter[str] = Counter()
        self.notes: list[str] = []
        self.facts: dict[str, Any] = {}
        self.halt: RetortError | None = None
        """What keeps the run from going on behind this table, which is kept."""
        self.tell: Callable[[str], None] = lambda line: None
        """Shows how far the stage is, to whoever watches."""
        self.scratch = folder.with_name(folder.name + ".scratch")
        """A folder that outlives an interrupted run; not made, and removed when the table is
        whole."""
        self._files: list[Part] = []
        self._building = folder.with_name(folder.name + ".writing")
        self._failures: list[Failure] = []
        self._parts: list[tuple[str, int]] = []
        self._file: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        shutil.rmtree(self._building, ignore_errors=True)
        self._building.mkdir()
        begin_peak()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._building.exists():
            if self._file is not None:
                with contextlib.suppress(OSError):
                    self._file.close()
            shutil.rmtree(self._building, ignore_errors=True)

    def write(self, rows: Rows) -> None:
        """Append rows; their columns are those of the schema, in any order."""
        for batch in self._as_batches(rows):
            self._waiting.append(batch)
            self._waiting_rows += batch.num_rows
            self._waiting_bytes += batch.nbytes
            self.rows += batch.num_rows
        if self._waiting_rows >= ROW_GROUP_ROWS or self._waiting_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def begin_part(self, name: str) -> None:
        """End the part under way; the rows that follow go to a file of this name."""
        self._end_part()
        self._parts.append((f"{name}.parquet", 0))

    def attach(self, name: str) -> Path:
        """A folder beside the parts; whatever lies in it at the end belongs to the table."""
        folder = self._building / name
        folder.mkdir(exist_ok=True)
        return folder

    def link(self, name: str, target: Path, files: Sequence[Part]) -> None:
        """A folder beside the parts that lies elsewhere and is not copied.

        Args:
            name: how it is called in the table.
            target: the folder.
            files: what is in it, each with its hash; their paths begin with the name.
        """
        (self._building / name).symlink_to(target.resolve(), target_is_directory=True)
        self._files += files

    def fail(self, failure: Failure) -> None:
        """Record something that was asked for and not obtained."""
        self._failures.append(failure)
        self.reasons[failure.reason] += 1

    def skip(self, reason: str, count: int = 1) -> None:
        """Count something that was left out on purpose."""
        self.skipped += count
        self.reasons[reason] += count

    def finish(
        self,
        *,
        stage: str,
        version: int,
        fingerprint: str,
        parameters: dict[str, Any],
        parents: list[Parent],
        retort: str,
    ) -> Manifest:
        """Close the parts, write the manifest, give the folder its name.

        Raises:
            TableError: what was requested is not what was obtained, failed and skipped together.
        """
        ok, requested = self._count(stage)
        self._end_part()
        if not self._parts:
            self.begin_part("part-00000")
            self._flush(even_if_empty=True)
            self._end_part()
        failures = pa.Table.from_pylist(
            [
                {
                    "what": one.what,
                    "reason": one.reason,
                    "detail": one.detail,
                    "retryable": one.retryable,
                }
                for one in self._failures
            ],
            schema=FAILURES,
        )
        pq.write_table(failures, self._building / FAILURES_FILE, compression="zstd")
        parts = [self._part(name, rows) for name, rows in self._parts]
        files = sorted([*self._files, *self._attached()], key=lambda one: one.file)
        status: Literal["complete", "partial"] = (
            "partial" if any(one.retryable for one in self._failures) else "complete"
        )
        manifest = Manifest(
            stage=stage,
            version=version,
            retort=retort,
            fingerprint=fingerprint,
            parameters=parameters,
            parents=parents,
            status=status,
            rows=self.rows,
            kept=self.rows if self.kept is None else self.kept,
            requested=requested,
            ok=ok,
            failed=len(self._failures),
            skipped=self.skipped,
            reasons=dict(sorted(self.reasons.items())),
            notes=self.notes,
            facts=self.facts,
            parts=parts,
            files=files,
            content=content_of(self.schema, [*parts, *files]),
            made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._began, 3),
            peak_memory_bytes=peak_memory_bytes(),
            threads=os.cpu_count() or 1,
        )
        write_whole(self._building / FILE, manifest.model_dump_json(indent=1).encode())
        self._take_name()
        shutil.rmtree(self.scratch, ignore_errors=True)
        return manifest

    def _count(self, stage: str) -> tuple[int, int]:
        """(ok, requested), which must add up with failed and skipped."""
        accounted = len(self._failures) + self.skipped
        requested = self.rows + accounted if self.requested is None else self.requested
        ok = requested - accounted
        if ok < 0 or (self.requested is None and ok != self.rows):
            raise TableError(
                f"{stage}: requested {requested}, but failed {len(self._failures)} and skipped "
                f"{self.skipped} are more. This is a defect of the stage; please report it."
            )
        return ok, requested

    def _as_batches(self, rows: Rows) -> list[pa.RecordBatch]:
        if isinstance(rows, pa.RecordBatch):
            table = pa.Table.from_batches([rows])
        elif isinstance(rows, pa.Table):
            table = rows
        else:
            table = pa.Table.from_pylist(list(rows), schema=self.schema)
        table = table.select(self.schema.names).cast(self.schema)
        return [batch for batch in table.to_batches() if batch.num_rows]

    def _flush(self, even_if_empty: bool = False) -> None:
        if not self._waiting and not even_if_empty:
            return
        if not self._parts:
            self._parts.append(("part-00000.parquet", 0))
        name, rows = self._parts[-1]
        if self._file is None:
            self._file = pq.ParquetWriter(
                self._building / name, self.schema, compression="zstd", version="2.6"
            )
        table = pa.Table.from_batches(self._waiting, schema=self.schema).combine_chunks()
        self._file.write_table(table, row_group_size=max(1, table.num_rows))
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0
        self._parts[-1] = (name, rows + table.num_rows)
        if self._parts[-1][1] >= PART_ROWS and name.startswith("part-"):
            self._end_part()
            self._parts.append((f"part-{len(self._parts):05d}.parquet", 0))

    def _end_part(self) -> None:
        """Close the file under way; one that was begun and got no row is written empty."""
        named = (
            bool(self._parts) and self._file is None and not self._parts[-1][0].startswith("part-")
        )
        self._flush(even_if_empty=named)
        if self._file is not None:
            self._file.close()
            self._file = None
        elif self._parts and self._parts[-1][1] == 0:
            self._parts.pop()

    def _attached(self) -> list[Part]:
        """Every file in a folder beside the parts."""
        folders = [path for path in self._building.iterdir() if path.is_dir()]
        return [
            self._part(str(path.relative_to(self._building)), 0)
            for folder in folders
            if not folder.is_symlink()
            for path in folder.rglob("*")
            if path.is_file()
        ]

    def _part(self, name: str, rows: int) -> Part:
        path = self._building / name
        with path.open("rb") as file:
            content = hashlib.file_digest(file, _hash).hexdigest()
            os.fsync(file.fileno())
        return Part(file=name, rows=rows, n_bytes=path.stat().st_size, content=content)

    def _take_name(self) -> None:
        """Rename into place; a partial table of the same name makes room first."""
        old = self.folder.with_name(self.folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(old)
        self._building.rename(self.folder)
        shutil.rmtree(old, ignore_errors=True)


def _hash() -> Any:  # noqa: ANN401  hashlib has no public type for its objects
    return hashlib.blake2b(digest_size=16)


def content_of(schema: pa.Schema, parts: Sequence[Part]) -> str:
    """Hash of a table: of its columns and the bytes of its parts and files, in order."""
    digest = _hash()
    digest.update(repr([(field.name, str(field.type)) for field in schema]).encode())
    for part in parts:
        digest.update(f"{part.file}\n{part.content}\n".encode())
    return str(digest.hexdigest())


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that it is there whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def begin_peak() -> None:
    """Measure the largest resident memory from here on, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_bytes() -> int:
    """Largest resident memory of this process since `begin_peak`, or since its start."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) << 10
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
