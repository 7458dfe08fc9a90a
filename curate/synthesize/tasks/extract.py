"""What a passage says, filled into a JSON schema of the user's.

The student is given passage and schema and answers with compact JSON. Every text that it holds is
looked for in the passage, so one that was made up shows as unverified. Prompt and phrasings are our
own.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import Field

from curate.synthesize.prompt import shipped
from curate.synthesize.tasks import form
from curate.synthesize.tasks.task import Draft, Material, Task
from curate.synthesize.tasks.wording import chosen, placed
from schemas.errors import RecipeError
from schemas.rows import Message
from schemas.settings import Settings

NAME = "extract"
VERSION = 1
PHRASINGS = (
    "Fill this JSON schema from the text below.\n\nSchema: {schema}\n\nText: {passage}",
    "{passage}\n\nExtract what this text says as JSON that follows the schema.\n\n{schema}",
    "Read the passage and give its data as JSON.\n\nPassage: {passage}\n\nJSON schema: {schema}",
    "Which values does the text give for the fields of this schema? Answer with JSON alone.\n\n"
    "{schema}\n\n{passage}",
    "JSON schema:\n{schema}\n\nText:\n{passage}\n\nReturn one JSON object with what the text says.",
)


class Params(Settings):
    """What is extracted; one of the two is needed."""

    schema_file: str | None = Field(None, min_length=1, max_length=500)
    """A JSON schema beside the recipe. What it holds is given to the task as `json_schema`."""
    json_schema: dict[str, Any] | None = None
    """The schema itself: of an object, without regular expressions or outer references."""


def task(params: Params) -> Task:
    """The task with these settings.

    Raises:
        RecipeError: there is no schema, or one that is not taken.
    """
    where = params.schema_file or "extract.json_schema"
    if params.json_schema is None:
        raise RecipeError(
            "extract: has no schema. Name a file in `schema_file`, or write one in `json_schema`."
        )
    check = form.checked(params.json_schema, where)
    schema = _compact(params.json_schema)
    allowed = form.choices(params.json_schema)

    def drafts(reply: dict[str, Any], material: Material) -> Iterator[Draft]:
        texts = [one for one in _leaves(reply) if one not in (None, "")]
        if not texts:
            return
        passage = material.passage
        template = chosen(PHRASINGS, NAME, passage.id)
        asked = placed(template, {"schema": schema, "passage": passage.text})
        quotes = [one for one in texts if isinstance(one, str) and one not in allowed]
        messages = [Message("user", asked), Message("assistant", _compact(reply))]
        yield Draft(messages, list(dict.fromkeys(quotes)), whole=not quotes)

    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["schema"]),
        schema=params.json_schema,
        read=_reader(check),
        drafts=drafts,
        fields={"schema": schema},
        n_expected_tokens=250,
        strict=False,
    )


def _reader(check: Callable[[Any], None]) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
        if isinstance(value, list) and len(value) == 1:
            (value,) = value
        if not isinstance(value, dict):
            raise ValueError("the reply: one JSON object was asked for")
        check(value)
        return value

    return read


def _leaves(value: Any) -> Iterator[Any]:  # noqa: ANN401  JSON
    """Everything in a value that holds nothing further; texts without space around them."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
    else:
        yield value.strip() if isinstance(value, str) else value


def _compact(value: Any) -> str:  # noqa: ANN401  JSON
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
