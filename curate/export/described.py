"""What is known of an export as a whole: what its card, its metadata and its checks are made of."""

from dataclasses import dataclass, field
from typing import Any, Literal

Form = Literal["trl", "messages", "alpaca", "sharegpt", "prompt-completion", "text"]
Container = Literal["parquet", "jsonl", "datasets"]
Release = Literal["open", "research", "private"]
UNNAMED = "unknown"
"""The name of rows without a part, domain, task, licence or teacher, among those that have one."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One value of a part, domain, task, licence or teacher, in the training rows."""

    name: str
    rows: int
    n_tokens: int | None
    """Of prompts and answers; None where no base counted them."""
    n_loss_tokens: int | None
    share: float
    """Of the training rows, in the unit that the mixture was asked for."""
    asked: float | None
    """The share that was asked for, where one was."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote the answers of some rows."""

    name: str
    license: str | None
    """Terms on what it writes."""
    trainable: bool
    """Whether they allow a model to be trained on it."""
    n_rows: int


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the funnel."""

    stage: str
    rows: int
    kept: int
    reasons: dict[str, int]
    """Rule or reason -> rows set aside by it."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark that rows were held against."""

    name: str
    n_items: int
    n_rows: int
    """Rows that held one of its items and were set aside."""


@dataclass(frozen=True, slots=True)
class Described:
    """Everything but the rows."""

    name: str
    form: Form
    container: Container
    release: Release
    rows: dict[str, int]
    """Split -> rows."""
    realised: dict[str, list[Counted]]
    """part, domain, task, license, teacher -> its values, the most rows first."""
    unit: str
    """What shares are counted in: rows, tokens, loss_tokens, or a measured column."""
    licenses: dict[str | None, int]
    """SPDX expression, or None where none is known -> rows of all splits."""
    teachers: list[Writer]
    languages: list[str]
    """ISO 639-1 codes of the documents, the most rows first."""
    n_documents: int
    funnel: list[Step]
    benchmarks: list[Benchmark]
    limits: list[str]
    """Sentences that a user of the data should know."""
    recipe: str
    """YAML of the recipe as resolved."""
    command: str
    """What makes the data again."""
    template_sha256: str | None
    """Of the chat template that rendered text; None where a form has conversations."""
    retort: str
    """Version of Retort."""
    made: str
    """ISO 8601 date."""
    conditions: list[str] = field(default_factory=list)
    """What teachers' terms ask of whoever trains on the rows, in sentences."""
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Column -> (its Arrow type, what it is)."""
    files: list[dict[str, Any]] = field(default_factory=list)
    """Data files: `path` in the folder, `split`, `rows`, `n_bytes`, `sha256`."""
