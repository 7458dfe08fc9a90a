"""What a recipe is: the keys of the YAML file, their types, defaults and bounds.

A recipe comes from a person, perhaps a stranger. Here it is only shaped and bounded; whether its
paths, rules and packages are allowed is decided in `recipes/loader.py` before anything runs.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from schemas.mixing import GENERAL, Mix, with_replay
from schemas.selecting import Select
from schemas.settings import Name, Settings, Share
from schemas.teachers import Ask, Budget, Miner, NameOrModel, OpenAI, Replay, Teacher
from schemas.training import Base, Evaluate, Tune

Form = Literal[
    "jats", "medline", "pdf", "html", "markdown", "text",
    "json", "jsonl", "csv", "parquet", "arrow",
    "alpaca", "sharegpt", "messages", "prompt-completion", "question-answer", "preference", "tree",
]  # fmt: skip
"""How a file is read, or, for a table, what its rows are: the last line's are instruction sets."""


Exclusion = Annotated[
    str, Field(pattern=r"^(?i:doi|pmcid|arxiv|id|sha256):\s*\S+$", max_length=1000)
]
"""One document that must not be used, as `doi:10.1371/journal.pone.0000217`."""


class InstalledDocs(Settings):
    """Documentation of installed Python packages: one document per documented object."""

    origin: Literal["installed-docs"] = Field(alias="from")
    """Which kind of source this is."""
    packages: list[str] = Field(min_length=1)
    """Distribution names from the allow-list, or `python` for the standard library."""
    domain: str | None = None
    """Field of science, written into every document."""
    license: str | None = None
    """SPDX expression, where the package's own metadata is not to be used."""


class Limits(Settings):
    """What reading one file may take; a file that needs more is a failure."""

    seconds: float = Field(120, gt=0, le=86_400)
    """Time without an answer: for a whole file, or for the next rows of a table."""
    memory_mb: int = Field(2048, ge=128)
    """Memory of the process that reads it, beyond what it has before (Linux)."""


class Files(Settings):
    """Files on disk: articles in JATS, PDF, HTML, Markdown or text, or tables with one a row."""

    origin: Literal["files"] = Field(alias="from")
    """Which kind of source this is."""
    paths: list[str] = Field(min_length=1)
    """Files or folders, relative to the recipe's folder or to the current one."""
    form: Form | None = None
    """What they are; by default told by the file's suffix and a table's columns."""
    fields: dict[str, str] = Field(default_factory=dict)
    """Document column -> column of the file, for tables: `{text: abstract, title: name}`. Of
    instructions `instruction`, `output`, `messages` and their like are named the same way."""
    sidecar: str | None = None
    """A CSV or BibTeX file that says what single files are, by name or DOI; it wins over them."""
    pdf: Literal["pdfium", "docling"] = "pdfium"
    """Who reads PDF files. `docling` is slower, needs the extra `docling` and models of its own."""
    limits: Limits = Limits()
    """Bounds on time and memory for each file."""
    domain: str | None = None
    """Field of science, for documents that carry none; by default told by subjects and journal."""
    license: str | None = None
    """SPDX expression, for documents that carry none."""
    language: str | None = None
    """ISO 639-1 code, for documents that carry none."""


Source = Annotated[InstalledDocs | Files, Field(discriminator="origin")]


class Holdout(Settings):
    """Shares of the documents that training never sees."""

    valid: Share = 0.05
    """For early stopping, sweeps and selection."""
    test: Share = 0.1
    """Only reported."""

    @model_validator(mode="after")
    def _leaves_something(self) -> "Holdout":
        if self.valid + self.test >= 1:
            raise ValueError(
                f"valid + test is {self.valid + self.test:g}, and nothing would be left to train on"
            )
        return self


class Segment(Settings):
    """How documents are cut into passages."""

    max_words: int = Field(220, ge=20, le=20_000)
    """A passage holds at most this many words, and never crosses a section."""


PRESET_FILES = (".yaml", ".yml")
"""Ends of the names of presets that are files."""
Preset = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9_-]{0,63}|.{1,1000}\.ya?ml)$")]


class Rule(Settings):
    """One boolean SQL expression over a row's scalar columns."""

    sql: str
    """Kept when true; NULL counts as not met."""
    parts: list[str] | None = None
    """Parts that it applies to; all by default."""
    reason: str | None = None
    """Why the rule exists, for the report."""
    source: str | None = None
    """Where it was taken from: a paper, a release of another tool."""


class Semantic(Settings):
    """Rows that mean much the same are the same, too: by their embeddings, compared all with all.

    For up to 100,000 different texts. Name `model` or `teacher`.
    """

    threshold: float = Field(0.95, ge=0.5, le=1)
    """Cosine similarity at which two rows are the same. It differs from model to model."""
    model: str | None = None
    """Folder of a local `sentence-transformers` model; needs the extra [train]."""
    teacher: NameOrModel | None = None
    """Who is asked at `/v1/embeddings`: the name of one of `synthesize.teachers`, or a block as
    there. It is paid from `synthesize.budget`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Semantic":
        if (self.model is None) == (self.teacher is None):
            raise ValueError("name `model`, a folder, or `teacher`, a server, and not both")
        return self


class Unique(Settings):
    """Set aside rows that nearly repeat a row that is kept."""

    threshold: float = Field(0.8, ge=0.5, le=1)
    """Jaccard similarity of word shingles at which two rows are the same."""
    field: Name = "text"
    """What is compared: `text`, `instruction`, `response`, another column, or `both`, which asks
    that instruction resembles instruction and response response."""
    against: list[str] = Field(default_factory=list, max_length=64)
    """Files, table folders and indexes (`retort index`): a row that repeats one of theirs is set
    aside."""
    semantic: Semantic | None = None
    """Whether embeddings are compared, too."""
    prefer: list[str] = Field(default_factory=list)
    """SQL expressions, `asc` or `desc`, that say which copy to keep; held-out rows come first."""


class Screen(Settings):
    """One gate: what is measured, and which rows pass."""

    preset: Preset | None = None
    """Named rules: `science` and `web` ship with Retort, `mine.yaml` is a file like theirs."""
    measures: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Measure -> its parameters, for those that a rule does not name already or that need some.
    `mine.py` is a measure in a file of yours, and needs `--allow-code`."""
    keep: dict[str, Rule] = Field(default_factory=dict)
    """Rule name -> rule; a rule of the preset with the same name is replaced, `true` removes it."""
    clean_of: list[str] = Field(default_factory=list, max_length=256)
    """Benchmarks, as files, folders or names of lm-eval tasks: rows that hold their items are set
    aside by the rule `clean`, unless `keep` has a rule of this name."""
    unique: Unique | None = None
    """How duplicates are resolved; none are looked for without it."""

    @field_validator("keep", mode="before")
    @classmethod
    def _short_rules(cls, keep: object) -> object:
        """`name: "sql"` is short for `name: {sql: "sql"}`."""
        if not isinstance(keep, dict):
            return keep
        return {
            name: {"sql": str(rule).lower() if isinstance(rule, bool) else rule}
            if isinstance(rule, str | bool)
            else rule
            for name, rule in keep.items()
        }


class Screens(Settings):
    """The two gates."""

    passages: Screen = Screen()
    """Before examples are made: what is worth a teacher's time."""
    examples: Screen = Screen()
    """Before a model is trained."""


MINED = "reading-comprehension"
"""The task that the miner does, and no other teacher."""
ASKED = "grounded-qa"
"""What a model is asked where no task is named."""


def does(teacher: Miner | OpenAI | Replay, task: str) -> bool:
    """Whether a teacher is given a task."""
    if isinstance(teacher, Miner) or task == MINED:
        return isinstance(teacher, Miner) and task == MINED
    return teacher.tasks is None or task in teacher.tasks


class Synthesize(Settings):
    """Who makes examples from passages, and which."""

    teachers: list[Teacher] = Field(default=[Miner(kind="miner")], min_length=1, max_length=32)
    """Where answers come from."""
    tasks: list[Ask] = Field(default=[Ask(task=MINED)], min_length=1, max_length=64)
    """What is asked: names of tasks, Markdown files, or blocks `{task: name, …}`."""
    share: Literal["all", "weight"] = "all"
    """Whether every teacher of a task is asked about every passage, or one, drawn by weight."""
    budget: Budget | None = None
    """The most that may be paid; a teacher that costs something needs one."""

    @model_validator(mode="before")
    @classmethod
    def _tasks_of_the_teachers(cls, given: object) -> object:
        """Where no task is named: the miner's for a miner, questions and answers for a model."""
        teachers = given.get("teachers") if isinstance(given, dict) else None
        if isinstance(given, dict) and isinstance(teachers, list) and "tasks" not in given:
            kinds = [one.get("kind") for one in teachers if isinstance(one, dict)]
            mined = [MINED] if "miner" in kinds else []
            return {**given, "tasks": mined + [ASKED] * any(kind != "miner" for kind in kinds)}
        return given

    @model_validator(mode="after")
    def _everyone_has_work(self) -> "Synthesize":
        names = [MINED if isinstance(one, Miner) else one.label for one in self.teachers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two teachers are called {', '.join(twice)}; give one a `name`")
        asked = [one.task for one in self.tasks]
        for teacher, name in zip(self.teachers, names, strict=True):
            unknown = sorted(set(getattr(teacher, "tasks", None) or ()) - set(asked))
            if unknown:
                raise ValueError(f"{name} is given {', '.join(unknown)}, but tasks has no such one")
            if not any(does(teacher, task) for task in asked):
                raise ValueError(f"the teacher {name} has nothing to do among {', '.join(asked)}")
        idle = [task for task in asked if not any(does(one, task) for one in self.teachers)]
        if idle:
            raise ValueError(f"no teacher does {', '.join(idle)}")
        return self

    @property
    def models(self) -> list[OpenAI | Replay]:
        """The teachers that are models."""
        return [one for one in self.teachers if not isinstance(one, Miner)]

    @property
    def miner(self) -> Miner | None:
        """The miner, where the recipe has one."""
        return next((one for one in self.teachers if isinstance(one, Miner)), None)


class Recipe(Settings):
    """Everything that a run is told."""

    name: Name
    """Names the run's folder."""
    seed: int = Field(7, ge=0, lt=2**32)
    """Of every random choice."""
    collect: dict[Name, list[Source]] = Field(min_length=1)
    """Part -> its sources."""
    exclude: list[Exclusion] = Field(default_factory=list)
    """Documents to keep out with all that comes from them: `doi:…`, `pmcid:…`, `arxiv:…`, `id:…`,
    or `sha256:…` of a file's bytes or of a text."""
    holdout: Holdout = Holdout()
    """What is held out."""
    segment: Segment = Segment()
    """How documents are cut."""
    screen: Screens = Screens()
    """The gates."""
    synthesize: Synthesize = Synthesize()
    """How examples are made."""
    base: Base | None = None
    """The model to be tuned; its tokenizer counts the mixture. Without one the run ends at it."""
    select: Select | None = None
    """In which order examples are drawn; at random without it."""
    mix: Mix
    """What is trained on."""
    tune: Tune | None = None
    """How the base is tuned; the mixture is the end without it."""
    evaluate: Evaluate = Evaluate()
    """What the tuned model is asked, and what it is compared with."""

    @model_validator(mode="before")
    @classmethod
    def _replays(cls, given: object) -> object:
        """`mix.preset` gives its share to the part that `evaluate.general` names."""
        if not isinstance(given, dict) or not isinstance(given.get("mix"), dict):
            return given
        asked = given.get("evaluate")
        general = asked.get("general", GENERAL) if isinstance(asked, dict) else GENERAL
        return {**given, "mix": with_replay(given["mix"], general)}

    @model_validator(mode="after")
    def _mix_names_parts(self) -> "Recipe":
        unknown = sorted(set(self.mix.parts) - set(self.collect))
        if unknown:
            raise ValueError(
                f"mix.parts names {', '.join(unknown)}, but collect has {', '.join(self.collect)}"
            )
        return self

    @model_validator(mode="after")
    def _tasks_name_parts(self) -> "Recipe":
        for place, ask in enumerate(self.synthesize.tasks):
            unknown = sorted(set(ask.parts or ()) - set(self.collect))
            if unknown:
                raise ValueError(
                    f"synthesize.tasks.{place}.parts names {', '.join(unknown)}, but collect has "
                    f"{', '.join(self.collect)}"
                )
        return self

    @model_validator(mode="after")
    def _tuning_has_what_it_needs(self) -> "Recipe":
        if self.tune is not None and self.base is None:
            raise ValueError("tune needs a base: add base.path, base.hub or base.pretrain")
        read = self.base.pretrain.parts if self.base and self.base.pretrain else []
        unknown = sorted(set(read) - set(self.collect))
        if unknown:
            raise ValueError(
                f"base.pretrain.parts names {', '.join(unknown)}, but collect has "
                f"{', '.join(self.collect)}"
            )
        return self
