"""An export of a few documents with hostile titles and characters beyond the first plane."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from curate.export.described import Benchmark, Container, Counted, Described, Step, Writer
from curate.export.files import write
from curate.export.manifest import write_manifest
from curate.export.rows import ROWS, SOURCES
from curate.export.sources import write_sources
from curate.export.whole import Whole
from schemas.ids import identity
from schemas.rows import DOCUMENTS

TITLES = (
    'A: "quoted" | piped & <b onload=x>bold</b>\n---\nlicense: mit',
    "[click](javascript:alert(1)) ![x](http://x.test/a.png) https://x.test www.x.test",
    "$E=mc^2$ `code` *emphasis* _under_ ~~gone~~ {% raw %}{{ 7 * 7 }}",
    "",
    None,
    "- 1. # > An ordinary title 👩‍👩‍👧 e\u0301\u202e",
)
LICENSES = ("CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0", None)
SPLITS = ("train", "valid", "test")


def document(number: int, *, text: str | None = None) -> dict[str, Any]:
    """A row of DOCUMENTS; every third is a ready-made instruction of one file."""
    ready = number % 6 == 5
    said = (
        text
        or f"Naïve 👩‍👩‍👧 cells e\u0301 absorb {number} W. " * 3 + f"They store {number} J.\n𝒳 𝒴"
    )
    source = f"file:sets/alpaca.json#{number}" if ready else f"file:papers/{number}.xml"
    blank: dict[str, Any] = dict.fromkeys(DOCUMENTS.names)
    return blank | {
        "id": identity(source, said),
        "part": "general" if ready else "domain",
        "split": SPLITS[0] if number % 10 < 8 else SPLITS[1 + number % 2],
        "source": source,
        "form": "alpaca" if ready else "jats",
        "kind": "instructions" if ready else "research",
        "title": None if ready else TITLES[number % len(TITLES)],
        "text": said,
        "license": LICENSES[number % 3 if number % 50 else 3],
        "language": "en",
        "domain": "physics" if number % 2 else "life | <science>",
        "doi": f"10.1000/a(b)<{number}>" if number % 4 == 0 else None,
        "published": f"20{number % 30:02d}-01",
        "authors": [f"A. {one} Author_{number}" for one in "BCDEF"[: number % 6]],
    }


def row(position: int, one: dict[str, Any], context: bool = True) -> dict[str, Any]:
    """A row of ROWS whose context and quote are of the document."""
    text = one["text"]
    start, end = 6, len(text) - 2
    quote = text.index("They store")
    made = one["kind"] != "instructions"
    question, answer = f"What do they store in {position}?", text[quote : quote + 15]
    blank: dict[str, Any] = dict.fromkeys(ROWS.names)
    return blank | {
        "position": position,
        "id": identity(one["id"], position),
        "part": one["part"],
        "split": one["split"],
        "epoch": 0,
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ],
        "task": "grounded-qa" if made else "instructions/alpaca",
        **{name: one[name] for name in ("domain", "license", "source", "title", "doi")},
        "document_id": one["id"],
        "section": ["Results"],
        "start": start if made else None,
        "end": end if made else None,
        "context": text[start:end] if made else None,
        "evidence": [{"quote": answer, "start": quote, "end": quote + 15, "match": "exact"}]
        if made
        else [],
        "also_from": [],
        "teacher": "a/model" if made else "imported",
        "teacher_license": "Apache-2.0" if made else None,
        "trainable": True,
        "call_ids": ["c"] if made else [],
        "n_tokens": 20,
        "n_loss_tokens": 8,
    }


def sources_of(documents: list[dict[str, Any]], rows: pa.Table) -> pa.Table:
    """SOURCES of these documents."""
    used = Counter(rows["document_id"].to_pylist())
    made = [
        {name: one.get(name) for name in SOURCES.names}
        | {
            "document_id": one["id"],
            "text_sha256": hashlib.sha256(one["text"].encode()).hexdigest(),
            "n_rows": used[one["id"]],
        }
        for one in documents
        if used[one["id"]]
    ]
    return pa.Table.from_pylist(made, schema=SOURCES)


@pytest.fixture
def documents() -> list[dict[str, Any]]:
    return [document(number) for number in range(60)]


@pytest.fixture
def rows(documents: list[dict[str, Any]]) -> pa.Table:
    both = [row(place, one) for place, one in enumerate([*documents, *documents[:10]])]
    return pa.Table.from_pylist(both, schema=ROWS)


@pytest.fixture
def sources(documents: list[dict[str, Any]], rows: pa.Table) -> pa.Table:
    return sources_of(documents, rows)


@pytest.fixture
def whole() -> Whole:
    return Whole(
        expression="CC-BY-4.0 AND CC-BY-SA-4.0 AND CC0-1.0",
        share_alike=["CC-BY-SA-4.0"],
        non_commercial=[],
        attribution=True,
        hub=["cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0"],
        name=None,
        link=None,
        summary="Each row keeps the licence of the work that it was made from.",
    )


@pytest.fixture
def describe(rows: pa.Table) -> Callable[..., Described]:
    """Says what is known of an export of these rows."""

    def described(
        container: Container = "parquet", these: pa.Table = rows, **others: object
    ) -> Described:
        train = these.filter(pc.equal(these["split"], "train"))
        licenses = Counter(these["license"].to_pylist())
        told: dict[str, Any] = {
            "name": "numerics",
            "form": "messages",
            "container": container,
            "release": "open",
            "rows": dict(Counter(these["split"].to_pylist())),
            "realised": {
                column: _counted(train[column].to_pylist(), len(train))
                for column in ("part", "domain", "task", "license", "teacher")
            },
            "unit": "rows",
            "licenses": dict(licenses),
            "teachers": [
                Writer("a/model", "Apache-2.0", True, 50),
                Writer("imported", None, True, 9),
            ],
            "languages": ["en", "not a language"],
            "n_documents": len(set(these["document_id"].to_pylist())),
            "funnel": [Step("collect", 60, 60, {}), Step("screen", 60, 50, {"long_enough": 10})],
            "benchmarks": [Benchmark("gsm8k", 1319, 2)],
            "limits": ["It was made from English text alone."],
            "recipe": "name: numerics\nseed: 7\n# ``` a fence\n",
            "command": "retort run recipes/numerics.yaml && retort export numerics -f messages",
            "template_sha256": None,
            "retort": "0.1.0",
            "made": "2026-01-02",
            "columns": {"id": ("string", "the example"), "epoch": ("int32", "0 for the first")},
        }
        return Described(**told | others)

    return described


def _counted(values: list[Any], n: int) -> list[Counted]:
    return [
        Counted(str(name), rows, rows * 20, rows * 8, rows / n, 0.5 if name == "domain" else None)
        for name, rows in Counter(values).most_common()
    ]


@pytest.fixture
def export(
    tmp_path: Path,
    rows: pa.Table,
    documents: list[dict[str, Any]],
    describe: Callable[..., Described],
    whole: Whole,
) -> Iterator[Callable[..., Path]]:
    """Writes an exported folder and gives its path."""

    def exported(container: Container = "parquet", these: pa.Table = rows) -> Path:
        folder = tmp_path / "a [b]*" / "export"
        folder.mkdir(parents=True)
        by_split = {
            split: these.filter(pc.equal(these["split"], split)).to_batches() for split in SPLITS
        }
        files = write(by_split, "messages", container, folder).files  # type: ignore[arg-type]
        listed = write_sources(folder, sources_of(documents, these))
        (folder / "README.md").write_text("# numerics\n", encoding="utf-8")
        told = describe(container, these, files=files)
        write_manifest(folder, told, whole, files, listed, {}, {"collect": "ab" * 16})
        return folder

    yield exported
