"""What the fake teacher can be told. Reads a YAML file, where one is given."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from schemas.errors import RecipeError
from schemas.settings import Settings, Share

TransportFault = Literal[
    "rate_limited",
    "retry_after",
    "insufficient_quota",
    "server_error",
    "server_down",
    "slow",
    "cut",
]
ContentFault = Literal[
    "invalid_json",
    "broken_json",
    "schema_mismatch",
    "wrong_quotes",
    "empty",
    "truncated",
    "refusal",
    "content_filter",
]
Fault = TransportFault | ContentFault
TRANSPORT: tuple[TransportFault, ...] = get_args(TransportFault)
CONTENT: tuple[ContentFault, ...] = get_args(ContentFault)
FAULTS: tuple[Fault, ...] = (*TRANSPORT, *CONTENT)
"""Every fault, in the order in which shares are cut; `faults.py` says what each does."""


class Rule(Settings):
    """An answer to requests that hold something."""

    match: re.Pattern[str]
    """Regular expression, searched for in the last user message."""
    answer: Any
    """What is answered: a text as it is, anything else as JSON."""


class FakeSettings(Settings):
    """What is answered, what fails, and how much is borne."""

    seed: int = Field(0, ge=0)
    """Another seed, other faults and other choices."""
    models: tuple[str, ...] = ()
    """Models that are known; any by default, and the list then names `fake`."""
    key_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Environment variable with the key that clients must send; none is asked for by default."""
    structured: bool = True
    """Whether `response_format` is understood; if not, a request that has one is refused."""
    context_tokens: int | None = Field(None, ge=1)
    """Most tokens of prompt and `max_tokens` together; more is `context_length_exceeded`."""
    rules: tuple[Rule, ...] = ()
    """Answers to particular requests, the first that matches; the rest is made from the schema."""

    faults: dict[Fault, Share] = Field(default_factory=dict)
    """Fault -> share of all requests that meet it; together at most 1."""
    fault_attempts: int = Field(1, ge=0)
    """A fault of transport hits the first so many attempts at a request; a big number, all."""
    first_only: bool = True
    """Whether requests with an assistant's turn, as corrections have, meet no fault of content."""
    retry_after: float = Field(0.2, ge=0)
    """Seconds that the fault `retry_after` asks clients to wait."""
    slow_seconds: float = Field(5, ge=0)
    """Seconds that the fault `slow` takes."""

    latency: float = Field(0, ge=0)
    """Seconds that every answer takes."""
    rpm: int | None = Field(None, ge=1)
    """Most requests in a minute; a refused one does not count."""
    tpm: int | None = Field(None, ge=1)
    """Most tokens in a minute, read and written."""
    window: float = Field(60, gt=0)
    """Seconds over which `rpm` and `tpm` are counted: at 1, a sixtieth of them in each second."""
    capacity: int | None = Field(None, ge=1)
    """Most requests in flight; further ones are refused with status 429."""
    outage: tuple[float, float] | None = None
    """From when to when, in seconds after the start, requests to a model fail with status 503."""

    batch_seconds: float = Field(1, ge=0)
    """Seconds until a batch is completed."""
    expiring_batches: int = Field(0, ge=0)
    """How many of the first batches expire before all of their lines are done."""
    expired_share: Share = 0.5
    """Share of its lines that an expiring batch has done."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(self.faults.values()) > 1 + 1e-9:
            raise ValueError(
                f"the shares of faults add up to {sum(self.faults.values()):g}, over 1"
            )
        if self.outage and self.outage[0] > self.outage[1]:
            raise ValueError(f"outage ends before it begins ({self.outage})")
        return self


def load(path: Path | None, changes: Mapping[str, object]) -> FakeSettings:
    """Settings from a YAML file, with changes over it.

    Args:
        path: a file of `key: value`, keys as the fields of FakeSettings; None is an empty one.
        changes: field -> value, over what the file says.

    Raises:
        RecipeError: no such file, not YAML, an unknown key, or a value out of bounds.
    """
    told = {} if path is None else _read(path)
    where = "" if path is None else f"{path}: "
    try:
        return FakeSettings.model_validate({**told, **changes})
    except ValidationError as error:
        raise RecipeError(where + _problem(error)) from error


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        tree = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}. Name a file of settings.") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise RecipeError(f"{path}: not YAML ({str(error).splitlines()[0]}).") from error
    if not isinstance(tree, dict | None):
        raise RecipeError(f"{path}: holds {type(tree).__name__}, settings are `key: value`.")
    return tree or {}


def _problem(error: ValidationError) -> str:
    """The first thing that is wrong, in one line."""
    problem = error.errors()[0]
    keys = [str(part) for part in problem["loc"]]
    if keys[:1] == ["faults"]:
        keys = keys[:2]  # below are the kinds of faults, which are no keys
    got = repr(problem["input"])[:80]
    known: tuple[str, ...] = FAULTS if len(keys) > 1 and keys[0] == "faults" else ()
    if problem["type"] == "extra_forbidden" and len(keys) == 1:
        known = tuple(FakeSettings.model_fields)
    if keys and known and keys[-1] not in known:
        near = difflib.get_close_matches(keys[-1], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
        return f"{'.'.join(keys)} is not known; {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    if not keys:
        return f"{message}. Correct it."
    return f"{'.'.join(keys)}: {message} (got {got})."
