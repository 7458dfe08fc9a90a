"""Teachers of a recipe: who is asked, what it may cost, and under which terms it answers.

What decides which answers a teacher gives is part of the fingerprint of a table (`answers_by`);
what only decides how it is reached or what it costs is not.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from schemas.settings import Name, Settings

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,63}$")]
Url = Annotated[
    str,
    Field(
        pattern=r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[^\s?#\\]*)?$",
        max_length=500,
    ),
]
TeacherName = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f][^\x00-\x1f]{0,199}$")]
Structured = Literal["auto", "json_schema", "json_object", "text"]

HOW = (
    *("base_url", "base_urls", "key", "rpm", "tpm", "concurrency", "timeout", "retries"),
    *("prices", "batch", "structured", "weight", "tasks"),
)
"""Settings that decide how a teacher is reached, or for what, and never what it answers."""


class Miner(Settings):
    """Examples mined from the text itself, without a model."""

    kind: Literal["miner"]
    """Which kind of teacher this is."""
    per_family: int = Field(2, ge=1, le=20)
    """At most this many examples of one family from one passage."""
    balance: float | None = Field(4.0, ge=1)
    """No family gives more than this many times the examples of the median family of its part;
    what is beyond 200 too is set aside evenly over the corpus, by id. null: no bound."""


class Prices(Settings):
    """What a teacher costs, in US dollars per million tokens."""

    input: float = Field(ge=0)
    """Of what it is sent."""
    output: float = Field(ge=0)
    """Of what it writes, hidden reasoning included."""
    cached_input: float | None = Field(None, ge=0)
    """Of what it is sent and has in its cache; as `input` by default."""
    batch_share: float = Field(0.5, gt=0, le=1)
    """What a call of the batch API costs, as a share of an ordinary one."""


class _Asked(Settings):
    """What a model that is asked has in common, wherever its answers come from."""

    model: str = Field(min_length=1, max_length=200)
    """The model's name, as its server knows it."""
    name: TeacherName | None = None
    """Its name in rows, in the ledger and in other blocks; the model's by default."""
    temperature: float | None = Field(None, ge=0, le=2)
    """Of sampling; the server's default where nothing is said."""
    top_p: float | None = Field(None, gt=0, le=1)
    """Share of the probability that is sampled from."""
    max_tokens: int = Field(4096, ge=16, le=1_000_000)
    """Longest reply; one that reaches it is `truncated`."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Anything else for the request's body, as the server knows it: `{reasoning_effort: low}`."""
    tasks: list[str] | None = None
    """Tasks that it is given; all by default."""
    weight: float = Field(1, gt=0, le=1000)
    """With `share: weight`, how often it is chosen, in proportion to the others."""
    output_license: str | None = None
    """Terms on what it writes, an SPDX expression or a name for them; kept with its rows."""
    trainable: bool = True
    """Whether its terms allow a model to be trained on what it writes; if not, a rule of the
    examples' gate sets its rows aside."""

    @property
    def label(self) -> str:
        """Its name in rows."""
        return self.name or self.model

    @property
    def sampling(self) -> dict[str, Any]:
        """What goes into a request's body besides model and messages, and into a call's key."""
        chosen = {"temperature": self.temperature, "top_p": self.top_p}
        given = {name: value for name, value in chosen.items() if value is not None}
        return {**self.parameters, **given, "max_tokens": self.max_tokens}

    @field_validator("parameters")
    @classmethod
    def _leaves_the_rest(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        taken = {"model", "messages", "stream", "n", "temperature", "top_p", "max_tokens", "tools"}
        wrong = sorted(taken & set(parameters) | {"response_format"} & set(parameters))
        if wrong:
            raise ValueError(f"{', '.join(wrong)} cannot be set there")
        try:
            json.dumps(parameters, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"JSON cannot hold this ({error}); quote dates") from error
        return parameters


class OpenAI(_Asked):
    """A model behind an API that speaks as OpenAI's does: hosted, vLLM, llama.cpp, and others."""

    kind: Literal["openai"]
    """Which kind of teacher this is."""
    base_url: Url | None = None
    """Address of the API, as `http://127.0.0.1:8000/v1`; OpenAI's own by default."""
    base_urls: list[Url] = Field(default_factory=list, max_length=64)
    """Several servers of the same model, between which calls are balanced."""
    key: EnvironmentName | None = None
    """Name of the environment variable that holds the key, never the key itself. A known
    provider's own variable is the default there; other hosts get no key unless one is named."""
    rpm: int | None = Field(None, ge=1)
    """Most requests in a minute; what the server's headers say is kept to in any case."""
    tpm: int | None = Field(None, ge=100)
    """Most tokens in a minute, sent and written."""
    concurrency: int = Field(64, ge=1, le=4096)
    """Most calls in flight; how many are, adapts to what the server bears."""
    timeout: float = Field(600, gt=0, le=86_400)
    """Seconds that one attempt may take."""
    retries: int = Field(8, ge=0, le=100)
    """Further attempts at a call, for what can succeed when tried again."""
    structured: Structured = "auto"
    """How JSON is asked for: by its schema where the server can, by words where it cannot."""
    prices: Prices | None = None
    """What it costs. Without them its calls count no dollars."""
    batch: bool = False
    """Whether to send calls through the provider's batch API: cheaper, within a day."""

    @model_validator(mode="after")
    def _one_address(self) -> "OpenAI":
        if self.base_url and self.base_urls:
            raise ValueError("base_url and base_urls are both given; one of them is enough")
        return self

    @property
    def addresses(self) -> list[str]:
        """Where it is reached."""
        return list(self.base_urls) or [self.base_url or OPENAI_URL]


class Replay(_Asked):
    """Answers that were given before: nothing is sent, what was never asked is not answered."""

    kind: Literal["replay"]
    """Which kind of teacher this is."""
    calls: str | None = None
    """A file that `retort calls --export` wrote; the ledger alone by default."""


OPENAI_URL = "https://api.openai.com/v1"
Teacher = Annotated[Miner | OpenAI | Replay, Field(discriminator="kind")]


def _kind(given: object) -> str | None:
    if isinstance(given, str):
        return "name"
    return given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)


NameOrModel = Annotated[
    Annotated[str, Tag("name")]
    | Annotated[OpenAI, Tag("openai")]
    | Annotated[Replay, Tag("replay")],
    Discriminator(
        _kind,
        custom_error_type="teacher",
        custom_error_message="is neither a name nor a block with `kind: openai` or `replay`",
    ),
]
"""The name of one of a recipe's teachers, or a block as there."""


def answers_by(teacher: Miner | OpenAI | Replay) -> dict[str, Any]:
    """The settings of a teacher that decide what it answers; they go into fingerprints.

    A recorded teacher gives the rows that the model itself gave, so both have the same.
    """
    if isinstance(teacher, Miner):
        return teacher.model_dump(mode="json")
    told = teacher.model_dump(mode="json", exclude={*HOW, "kind", "calls", "name"})
    return {"kind": "model", "name": teacher.label, **told}


class Budget(Settings):
    """The most that teachers may be paid; calls that were in flight then are still counted."""

    usd: float | None = Field(None, ge=0)
    """US dollars, by the teachers' prices."""
    tokens: int | None = Field(None, ge=0)
    """Tokens, sent and written together."""
    calls: int | None = Field(None, ge=0)
    """Replies."""

    @model_validator(mode="after")
    def _bounds_something(self) -> "Budget":
        if self.usd is None and self.tokens is None and self.calls is None:
            raise ValueError("names none of usd, tokens, calls")
        return self


class Ask(Settings):
    """One task with its settings; a bare name is short for `{task: name}`."""

    task: str = Field(min_length=1, max_length=500)
    """A task that ships, or a Markdown file beside the recipe."""
    samples: int = Field(1, ge=1, le=100)
    """Times that each passage is asked; every sample is a call of its own."""
    parts: list[Name] | None = None
    """Parts that are asked about; all by default."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The task's own settings; they may also stand beside `task`."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: object) -> object:
        if isinstance(given, str):
            return {"task": given}
        if isinstance(given, dict) and "settings" not in given:
            own = {"task", "samples", "parts"}
            rest = {name: value for name, value in given.items() if name not in own}
            return {**{k: v for k, v in given.items() if k in own}, "settings": rest}
        return given
