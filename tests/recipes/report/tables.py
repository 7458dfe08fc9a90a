"""The tables of one small run, from documents to the mixture, written as a stage would."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.recipe import Recipe
from schemas.rows import (
    DOCUMENTS,
    EXAMPLES,
    MIXTURE,
    PASSAGES,
    VERDICTS,
    Document,
    Evidence,
    Example,
    Failure,
    Message,
    Passage,
)
from schemas.tables import Writer

STAGES = ("collect", "segment", "screen.passages", "synthesize", "screen.examples", "mix")
RULES = {"passages": ("long_enough", "licensed"), "examples": ("grounded", "answer_hidden")}
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=alert(1)></style><style>*{}</style>"
    '"\'><a href="javascript:alert(1)">link</a> {{7*7}} {% raw %} &lt; \u202egnp.exe \x1b[31m\x00'
)
RECIPE = Recipe.model_validate(
    {
        "name": "small",
        "seed": 11,
        "collect": {
            "domain": [{"from": "files", "paths": ["papers"]}],
            "general": [{"from": "files", "paths": ["notes"]}],
        },
        "screen": {
            "passages": {
                "preset": "science",
                "keep": {"licensed": {"sql": "license_allowed", "parts": ["domain"]}},
                "unique": {"threshold": 0.8},
            },
            "examples": {"preset": "science", "unique": {"threshold": 0.8}},
        },
        "mix": {"parts": {"domain": 0.75, "general": 0.25}, "size": 12},
    }
)


@dataclass
class Rows:
    """The rows of every table of one small run."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=list)
    passage_verdicts: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, Any]] = field(default_factory=list)
    example_verdicts: list[dict[str, Any]] = field(default_factory=list)
    mixture: list[dict[str, Any]] = field(default_factory=list)


def rows_of(planted: str = "", n_documents: int = 24) -> Rows:
    """Documents of three sentences, a passage and an example for each sentence."""
    rows, dice = Rows(), random.Random(3)
    for number in range(n_documents):
        sentences = [f"Sentence {at} of work {number} is about heat. " for at in range(3)]
        document = Document(
            source=f"file:papers/{number}.md{planted}",
            form="markdown",
            text=planted + "".join(sentences),
            title=f"Work {number}{planted}",
            license=f"CC-BY-4.0{planted}" if number % 3 else None,
            domain=f"chemistry{planted}",
        )
        part, split = (
            ("domain", "general")[number % 2],
            ("train", "train", "valid", "test")[number // 2 % 4],
        )
        rows.documents.append({**document.row(), "part": part, "split": split})
        start = len(planted)
        for at, sentence in enumerate(sentences):
            first = start if at else 0
            start = start + len(sentence)
            passage = Passage(
                id=f"{number:016x}{at:016x}",
                document_id=document.id,
                part=part,
                split=split,  # type: ignore[arg-type]
                section=[f"Methods{planted}"],
                start=first,
                end=start,
                text=document.text[first:start],
                n_words=dice.randint(3, 220),
                title=document.title,
                source=document.source,
                license=document.license,
                domain=document.domain,
            )
            rows.passages.append(asdict(passage))
            quote = sentence.strip()
            begin = document.text.index(quote)
            example = Example(
                part=part,
                split=split,  # type: ignore[arg-type]
                messages=[
                    Message("user", f"What is sentence {at} of {number}?{planted}"),
                    Message("assistant", quote + planted),
                ],
                task=f"reading/{('summary', 'definition')[at % 2]}{planted}",
                domain=document.domain,
                document_id=document.id,
                passage_id=passage.id,
                context=passage.text,
                evidence=[Evidence(quote, begin, begin + len(quote))],
                teacher="miner",
                license=document.license,
                source=document.source,
            )
            rows.examples.append(example.row())
    rows.passage_verdicts = verdicts(rows.passages, RULES["passages"], dice)
    rows.example_verdicts = verdicts(rows.examples, RULES["examples"], dice)
    kept = {one["id"] for one in rows.example_verdicts if one["kept"]}
    rows.mixture = [
        {
            "position": position,
            "example_id": example["id"],
            "document_id": example["document_id"],
            "part": example["part"],
            "split": example["split"],
            "epoch": 0,
            "n_tokens": None,
            "n_loss_tokens": None,
            "prompt": example["messages"][:-1],
            "completion": example["messages"][-1:],
        }
        for position, example in enumerate(rows.examples)
        if example["id"] in kept
    ]
    return rows


def verdicts(
    rows: Sequence[Mapping[str, Any]], rules: Sequence[str], dice: random.Random
) -> list[dict[str, Any]]:
    """Some rows fail one rule, some two; two rows repeat the first one."""
    found = []
    for place, row in enumerate(rows):
        failed = [rule for rule in rules if place > 2 and dice.random() < 0.25]
        repeats = place in (1, 2)
        found.append(
            {
                "id": row["id"],
                "kept": not failed and not repeats,
                "failed": ["unique"] if repeats else failed,
                "duplicate_of": rows[0]["id"] if repeats else None,
                "similarity": {1: 0.875, 2: 1.0}.get(place) if repeats else None,
            }
        )
    return found


def write(
    folder: Path,
    stage: str,
    schema: pa.Schema,
    rows: Sequence[Mapping[str, Any]],
    failures: Sequence[Failure] = (),
    skipped: Mapping[str, int] | None = None,
    facts: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """One stage's table; its folder."""
    with Writer(folder / f"{stage}-0123abcd", schema) as out:
        out.write(rows)
        if "kept" in schema.names:
            out.kept = sum(row["kept"] for row in rows)
        for failure in failures:
            out.fail(failure)
        for reason, n in (skipped or {}).items():
            out.skip(reason, n)
        out.facts |= facts or {}
        out.notes += notes
        out.finish(
            stage=stage, version=1, fingerprint="0" * 64, parameters={}, parents=[], retort="9.8.7"
        )
    return out.folder


def mixture_facts(
    mixture: Sequence[Mapping[str, Any]],
    recipe: Recipe,
    tokens: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, Any]:
    """What the stage says of these rows; `tokens` are those of the training rows of each part."""
    train = Counter(one["part"] for one in mixture if one["split"] == "train")
    size = recipe.mix.asked or train.total()
    lines = [
        {
            "name": part,
            "rows": train[part],
            "n_tokens": (tokens or {}).get(part, {}).get("n_tokens"),
            "n_loss_tokens": (tokens or {}).get(part, {}).get("n_loss_tokens"),
            "share": train[part] / max(1, train.total()),
            "asked": float(share),
        }
        for part, share in recipe.mix.shares.items()
    ]
    return {
        "realised": {"part": lines, "domain": [], "task": [], "license": [], "teacher": []},
        "wanted": {part: float(share) * size for part, share in recipe.mix.shares.items()},
        "passes": dict.fromkeys(recipe.mix.parts, 1.0),
        "tokens": {},
        "counts": {"train": dict(train)},
    }


def tables_of(rows: Rows, folder: Path, planted: str = "") -> dict[str, Path]:
    """Stage -> folder of its table."""
    folder.mkdir(exist_ok=True)
    failures = [Failure(f"file:broken-{n}.pdf{planted}", "unreadable", f"page {n}") for n in (1, 2)]
    return {
        "collect": write(
            *(folder, "collect", DOCUMENTS, rows.documents, failures),
            skipped={"read twice": 4},
            notes=["A note <b>for</b> the reader."],
        ),
        "segment": write(folder, "segment", PASSAGES, rows.passages),
        "screen.passages": write(folder, "screen.passages", VERDICTS, rows.passage_verdicts),
        "synthesize": write(folder, "synthesize", EXAMPLES, rows.examples),
        "screen.examples": write(folder, "screen.examples", VERDICTS, rows.example_verdicts),
        "mix": write(
            folder, "mix", MIXTURE, rows.mixture, facts=mixture_facts(rows.mixture, RECIPE)
        ),
    }
