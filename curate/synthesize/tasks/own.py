"""A user's own task: a Markdown file that says what is asked for, and how it becomes an example.

    ---
    fields:
      question: asks for a mechanism
      answer: two sentences
      quote: verbatim sentence
    many: 3
    instruction: "{question}"
    response: "{answer}"
    quotes: [quote]
    ---
    ## system
    You write questions about {domain}.
    ## user
    {passage}

How a reply should look is added to the first turn, or stands where the prompt says `{reply}`. The
file may come from a stranger: it holds no code, its YAML no aliases, and what is filled in is never
read as a template again.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from curate.synthesize.prompt import NAMES, Prompt, parse
from curate.synthesize.tasks import own_reply
from curate.synthesize.tasks.mistakes import nearest, refusal
from curate.synthesize.tasks.own_reply import Asked, Pieces
from curate.synthesize.tasks.reply import distinct
from curate.synthesize.tasks.task import Draft, Material, Task
from curate.synthesize.tasks.wording import PLACE, placed
from schemas.errors import RecipeError
from schemas.ids import identity
from schemas.rows import Message
from schemas.settings import Settings

VERSION = 1
MAX_BYTES = 64_000
MAX_FIELDS = 20
TEMPLATE_NAMES = ("passage", "title", "section")
"""What an instruction may name besides the fields."""
RESERVED = frozenset({*NAMES, "items", "many", "reply"})
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$\n?(.*)\Z", re.DOTALL | re.MULTILINE)
_STEM = re.compile(r"[A-Za-z][\w-]{0,63}")


def _short(given: object) -> object:
    """A field given by its description alone."""
    if given is None or isinstance(given, str | int | float):
        return {"about": "" if given is None else str(given)}
    return given


class Front(Settings):
    """What stands above the prompt."""

    fields: dict[str, Annotated[Asked, BeforeValidator(_short)]] = Field(min_length=1)
    """What each object of a reply holds: name -> what it is."""
    many: int = Field(1, ge=1, le=20)
    """Most objects of one call."""
    instruction: str | None = None
    """The user's turn of the example; the field `question` by default."""
    response: str | None = None
    """The assistant's turn; the field `answer` by default."""
    quotes: list[str] | None = None
    """Fields that are verbatim from the passage; the field `quote` by default, if there is one."""
    whole: bool = False
    """Whether the passage as a whole is the evidence."""


def load(text: str, where: str) -> Task:
    """The task that a file describes.

    Args:
        text: what the file holds.
        where: its path; the name of the task is that of the file.

    Raises:
        RecipeError: whatever is wrong with it, in one line.
    """
    name = PurePath(where).stem
    if not _STEM.fullmatch(name):
        raise RecipeError(
            f"{where}: a task cannot be called {name!r}; letters, digits, - and _ can. Rename it."
        )
    front, body = _parts(text, where)
    _check(front, where)
    prompt = _with_reply(parse(body, where, ["many", "reply"]))
    if not any("{passage}" in template for _, template in prompt.turns):
        raise RecipeError(f"{where}: nowhere holds {{passage}}. Write it into the user's turn.")
    return Task(
        name=name,
        version=VERSION,
        prompt=prompt,
        schema=own_reply.schema(front.fields, front.many),
        read=own_reply.reader(front.fields),
        drafts=_drafts(front),
        fields={"many": str(front.many), "reply": own_reply.described(front.fields, front.many)},
        n_expected_tokens=60 * len(front.fields) * front.many,
        settings={"file": identity(text)},
    )


def _parts(text: str, where: str) -> tuple[Front, str]:
    n_bytes = len(text.encode("utf-8", "surrogatepass"))
    if n_bytes > MAX_BYTES:
        raise RecipeError(f"{where}: {n_bytes} bytes, a task has at most {MAX_BYTES}. Shorten it.")
    found = _FRONT.match(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    if found is None:
        raise RecipeError(
            f"{where}: does not begin with settings between two lines of ---. Begin it with ---, "
            f"`fields:` and ---, then write the prompt."
        )
    try:
        given = yaml.load(found[1], Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = getattr(error, "problem", None) or type(error).__name__
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 2}" if mark else ""
        raise RecipeError(
            f"{where}{line}: not YAML that is taken: {reason}. Correct it."
        ) from error
    if not isinstance(given, dict):
        raise RecipeError(
            f"{where}: has no settings between the lines of ---. Write `fields:` there."
        )
    try:
        return Front.model_validate(given), found[2]
    except ValidationError as error:
        raise _refused(error, where, given) from error


def _refused(error: ValidationError, where: str, given: Mapping[Any, Any]) -> RecipeError:
    if not given.get("fields"):
        return RecipeError(
            f"{where}: names no fields. Write what each object of a reply holds, as "
            f"`fields: {{question: what it asks, answer: two sentences}}`."
        )
    return refusal(error, where, Front, Asked.model_fields)


class _Loader(yaml.SafeLoader):
    """YAML without aliases, which can grow without bound, and without keys given twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, "an alias, which a task may not have", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for position, (key, _) in enumerate(node.value):
            if not isinstance(key.value, str) or key.value in keys[:position]:
                what = "a key that is no word, or a second time"
                raise yaml.MarkedYAMLError(None, None, what, key.start_mark)
        return super().construct_mapping(node, deep)


def _check(front: Front, where: str) -> None:
    """Refuse what cannot become an example."""
    if len(front.fields) > MAX_FIELDS:
        raise RecipeError(
            f"{where}: fields has {len(front.fields)}, at most {MAX_FIELDS} are taken. Drop some."
        )
    for name, asked in front.fields.items():
        if not name.isidentifier():
            raise RecipeError(
                f"{where}: fields.{name} is not a name; letters, digits and _ are. Rename it."
            )
        if name in RESERVED:
            raise RecipeError(f"{where}: fields.{name} is a name of our own. Rename it.")
        if asked.choices and asked.type not in ("text", "list"):
            raise RecipeError(
                f"{where}: fields.{name}.choices are for texts and lists, this is a {asked.type}. "
                f"Drop choices, or the type."
            )
    for key, template in _templates(front).items():
        _check_template(front, where, key, template)
    _check_quotes(front, where)


def _templates(front: Front) -> dict[str, str | None]:
    """`instruction` and `response`, as given or by default; None where neither is."""
    given = {"instruction": front.instruction, "response": front.response}
    field = {"instruction": "question", "response": "answer"}
    return {
        key: template or (f"{{{field[key]}}}" if field[key] in front.fields else None)
        for key, template in given.items()
    }


def _check_template(front: Front, where: str, key: str, template: str | None) -> None:
    names = ", ".join(front.fields)
    if template is None:
        raise RecipeError(
            f"{where}: {key} is missing. Write it with {{name}} of the fields {names}."
        )
    said = PLACE.findall(template)
    allowed = [*front.fields, *TEMPLATE_NAMES]
    for name in said:
        if name not in allowed:
            hint = nearest(name, allowed, "It may name")
            raise RecipeError(f"{where}: {key} names {{{name}}}, which is not a field. {hint}")
    if not set(said) & set(front.fields) and key == "response":
        raise RecipeError(f"{where}: response names no field, so all are alike. Fields: {names}.")


def _check_quotes(front: Front, where: str) -> None:
    for name in front.quotes or ():
        if name not in front.fields:
            hint = nearest(name, front.fields, "Fields")
            raise RecipeError(f"{where}: quotes names {name}, which is not a field. {hint}")
        if front.fields[name].type not in ("text", "list"):
            raise RecipeError(f"{where}: quotes names {name}, which is no text. Drop it there.")
    if front.quotes and front.whole:
        raise RecipeError(f"{where}: has both quotes and `whole: true`. Drop one of them.")


def _with_reply(prompt: Prompt) -> Prompt:
    """The prompt with `{reply}` at the end of its first turn, unless it stands somewhere."""
    if any("{reply}" in template for _, template in prompt.turns):
        return prompt
    (role, first), *rest = prompt.turns
    return Prompt(((role, f"{first}\n\n{{reply}}".strip()), *rest), prompt.names)


def _drafts(front: Front) -> Callable[[list[Pieces], Material], Iterator[Draft]]:
    templates = {key: template or "" for key, template in _templates(front).items()}
    default = ["quote"] if "quote" in front.fields and not front.whole else []
    verbatim = default if front.quotes is None else front.quotes
    needed = {name for one in templates.values() for name in PLACE.findall(one)}
    needed &= set(front.fields)

    def drafts(reply: list[Pieces], material: Material) -> Iterator[Draft]:
        passage = material.passage
        around = {
            "passage": passage.text,
            "title": passage.title or "",
            "section": " > ".join(passage.section),
        }
        full = [one for one in reply if all(one[name] for name in needed)]
        turns = [
            {key: placed(one, {**around, **_texts(item)}) for key, one in templates.items()}
            for item in full
        ]
        numbered = [
            number
            for number, turn in enumerate(turns)
            if all(text.strip() for text in turn.values())
        ]
        for number in distinct(numbered, lambda at: "\0".join(turns[at].values()), front.many):
            messages = [
                Message("user", turns[number]["instruction"]),
                Message("assistant", turns[number]["response"]),
            ]
            quotes = [quote for name in verbatim for quote in full[number][name] or [""]]
            yield Draft(messages, list(dict.fromkeys(quotes)), whole=front.whole)

    return drafts


def _texts(item: Pieces) -> dict[str, str]:
    return {name: "\n".join(pieces) for name, pieces in item.items()}
