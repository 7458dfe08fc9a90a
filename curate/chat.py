"""Chats as a model's tokenizer and template make them: how many tokens, and how many of them learn.

Reads a folder with `tokenizer.json`, `tokenizer_config.json` and a chat template, as
`save_pretrained` writes them. Needs neither torch nor transformers. Tuning encodes every row again
with transformers and compares, so a difference between the two is an error, never a surprise.

The loss covers the answer and what the template puts behind it (its end token), not the prompt;
what belongs to the prompt is what the template renders of it alone, followed by the cue to answer.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.errors import RecipeError
from schemas.rows import TOKENS

Messages = Sequence[Mapping[str, Any]]
ROWS_AT_ONCE = 1_024
LONGEST = 2_048
"""Tokens of a row at most, where nobody asked for more."""
CONTROL = "control token in its text"
NO_PREFIX = "prompt and answer share a token"
NO_END = "no end token"
NO_LOSS = "no loss tokens"
REFUSED = "turns that the template refuses"
PROBLEMS = {
    REFUSED: "the template has no place for a turn of the system or a tool, or for their order",
    CONTROL: "a message holds a token that only the template may write, such as an end of turn",
    NO_PREFIX: "the prompt alone is tokenized otherwise than before its answer",
    NO_LOSS: "the answer is empty once it is tokenized",
    NO_END: "the answer is not followed by a token that stops generation",
}
"""Why a row cannot be trained on -> what that means."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One row's tokens."""

    n_tokens: int
    """Of prompt and answer together."""
    n_loss_tokens: int
    """Of the answer and its end."""
    problem: str | None
    """One of PROBLEMS, or None."""


class Chat:
    """A tokenizer with its chat template.

    Args:
        folder: where its files lie.
        template: text of a chat template to use in place of its own.

    Raises:
        RecipeError: a file is missing or broken, there is no template, or no end token.
    """

    def __init__(self, folder: Path, template: str | None = None) -> None:
        import tokenizers

        self.folder = folder
        told = _json(folder / "tokenizer_config.json")
        try:
            self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the library raises bare exceptions
            raise RecipeError(
                f"{folder}: tokenizer.json cannot be read ({error}). Save the tokenizer with "
                f"AutoTokenizer.from_pretrained(…).save_pretrained({str(folder)!r})."
            ) from error
        self.special = {
            name: text
            for name in ("bos_token", "eos_token", "pad_token", "unk_token", "sep_token")
            if (text := _text(told.get(name))) is not None
        }
        self._template = compiled(template or template_of(folder), folder)
        self.stops = stops(folder, self.tokenizer.token_to_id)
        if not self.stops:
            raise RecipeError(f"{folder}: names no end token (eos_token), so no answer could end.")
        added = self.tokenizer.get_added_tokens_decoder().values()
        control = sorted((one.content for one in added if one.special), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, control)) or r"(?!)")

    def render(self, messages: Messages, cue: bool) -> str:
        """A conversation as text; with the cue to answer at its end, or without.

        Raises:
            RecipeError: the template refuses it.
        """
        whose = f"{self.folder}: its chat template"
        advice = "Leave such rows out, or name another base.template."
        return rendered(self._template, messages, cue, self.special, whose, advice)

    def count(self, prompts: Sequence[Messages], completions: Sequence[Messages]) -> list[Counted]:
        """Tokens of rows of prompt and completion.

        Raises:
            RecipeError: the template refuses a conversation of questions and answers alone.
        """
        rendered = [
            self._rendered(prompt, completion)
            for prompt, completion in zip(prompts, completions, strict=True)
        ]
        asked, whole = [head for head, _ in rendered], [text for _, text in rendered]
        ids = [one.ids for one in self.tokenizer.encode_batch(whole, add_special_tokens=False)]
        heads = [one.ids for one in self.tokenizer.encode_batch(asked, add_special_tokens=False)]
        contents = [
            "\n".join(str(turn["content"] or "") for turn in [*prompt, *completion])
            for prompt, completion in zip(prompts, completions, strict=True)
        ]
        return [
            self._counted(*row) if text else Counted(0, 0, REFUSED)
            for text, row in zip(whole, zip(ids, heads, contents, strict=True), strict=True)
        ]

    def _rendered(self, prompt: Messages, completion: Messages) -> tuple[str, str]:
        """(the prompt with the cue to answer, the whole conversation), both empty if refused."""
        roles = [turn.get("role") for turn in (*prompt, *completion)]
        try:
            whole = self.render([*prompt, *completion], cue=False)
            return self.render(prompt, cue=True) if prompt else "", whole
        except RecipeError:
            if roles == ["user", "assistant"] * (len(roles) // 2):
                raise
            return "", ""

    def _counted(self, ids: list[int], head: list[int], content: str) -> Counted:
        answer = ids[len(head) :]
        n_loss_tokens = len(answer) - (not head)  # nothing predicts a sequence's first token
        problem: str | None
        if self._control.search(content):
            problem = CONTROL
        elif ids[: len(head)] != head:
            problem = NO_PREFIX
        elif not any(one not in self.stops for one in answer):
            problem = NO_LOSS
        else:
            problem = None if self.ends(answer) else NO_END
        return Counted(len(ids), max(0, n_loss_tokens), problem)

    def ends(self, answer: list[int]) -> bool:
        """Whether a stop token comes last, white space aside."""
        last = max((place for place, one in enumerate(answer) if one in self.stops), default=None)
        return last is not None and not self.tokenizer.decode(answer[last + 1 :]).strip()

    def batches(self, examples: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """TOKENS of batches with `id` and `messages`; the last turn is the answer."""
        for batch in examples:
            for start in range(0, len(batch), ROWS_AT_ONCE):
                rows = batch.slice(start, ROWS_AT_ONCE)
                turns = rows.column("messages").to_pylist()
                counted = self.count([one[:-1] for one in turns], [one[-1:] for one in turns])
                columns = [
                    rows.column("id"),
                    pa.array([one.n_tokens for one in counted], pa.int32()),
                    pa.array([one.n_loss_tokens for one in counted], pa.int32()),
                    pa.array([one.problem for one in counted], pa.string()),
                ]
                yield pa.record_batch(columns, schema=TOKENS)


def rendered(
    template: Any,  # noqa: ANN401  as `compiled` gives it
    messages: Messages,
    cue: bool,
    special: Mapping[str, str],
    whose: str,
    advice: str,
) -> str:
    """A conversation in a compiled template.

    Args:
        template: the template.
        messages: the turns; fields that are null are left out.
        cue: whether the cue to answer follows.
        special: texts of `bos_token`, `eos_token`, ….
        whose: how a message begins.
        advice: how it ends.

    Raises:
        RecipeError: the template refuses it.
    """
    import jinja2

    turns = [{k: v for k, v in turn.items() if v is not None} for turn in messages]
    try:
        return str(
            template.render(
                messages=turns, tools=None, documents=None, add_generation_prompt=cue, **special
            )
        )
    except (jinja2.TemplateError, TypeError) as error:
        roles = ", ".join(str(turn.get("role")) for turn in turns)
        raise RecipeError(
            f"{whose} cannot render a conversation of the turns {roles} ({error}). {advice}"
        ) from error


def template_of(folder: Path) -> str:
    """The chat template of a tokenizer's folder.

    Raises:
        RecipeError: it has none.
    """
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    found = _json(folder / "tokenizer_config.json").get("chat_template")
    if isinstance(found, list):  # several, by name
        named = {one.get("name"): one.get("template") for one in found if isinstance(one, dict)}
        found = named.get("default")
    if not isinstance(found, str):
        raise RecipeError(
            f"{folder}: its tokenizer has no chat template. Name one with base.template: a Jinja "
            f"file, or plain for the one that ships."
        )
    return found


def stops(folder: Path, id_of: Any) -> frozenset[int]:  # noqa: ANN401  a method of the tokenizer
    """Ids of the tokens that stop generation: the tokenizer's end token and those of the model."""
    found: set[int] = set()
    end = _text(_json(folder / "tokenizer_config.json").get("eos_token"))
    if end is not None and id_of(end) is not None:
        found.add(int(id_of(end)))
    for name in ("generation_config.json", "config.json"):
        told = _json(folder / name).get("eos_token_id") if (folder / name).is_file() else None
        found |= {
            int(one) for one in (told if isinstance(told, list) else [told]) if one is not None
        }
    return frozenset(found)


def context_of(folder: Path) -> int | None:
    """Tokens that the model was made for, or None where its files do not say."""
    if (folder / "config.json").is_file():
        told = _json(folder / "config.json")
        inner = told.get("text_config")
        for source in (told, inner if isinstance(inner, dict) else {}):
            if isinstance(source.get("max_position_embeddings"), int):
                return int(source["max_position_embeddings"])
    longest = _json(folder / "tokenizer_config.json").get("model_max_length")
    return int(longest) if isinstance(longest, int) and longest < 1 << 30 else None


def longest(folder: Path, asked: int | None) -> int:
    """Tokens that a row may have: as asked, or the model's context, LONGEST at most.

    Raises:
        RecipeError: more was asked for than the model's context.
    """
    context = context_of(folder)
    if asked is not None and context is not None and asked > context:
        raise RecipeError(
            f"tune.max_length: {asked} is more than the base's context of {context} tokens. "
            f"Lower it, or leave it out."
        )
    return asked or min(LONGEST, context or LONGEST)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise RecipeError(
            f"{path}: cannot be read ({why}). Name the folder of a model as save_pretrained "
            f"writes it."
        ) from error
    return found if isinstance(found, dict) else {}


def _text(token: object) -> str | None:
    """A special token's text; it is written as text or as an object."""
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else None


def compiled(template: str, folder: Path) -> Any:  # noqa: ANN401  a Jinja template
    """A template in the sandbox and dialect of transformers (`chat_template_utils.py`, 5.23)."""
    import jinja2
    import jinja2.ext
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(jinja2.ext.Extension):
        """`{% generation %}` marks what the assistant wrote; it renders as its content."""

        tags = {"generation"}  # noqa: RUF012  Jinja's own name and form

        def parse(self, parser: Any) -> Any:  # noqa: ANN401
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = lambda value, indent=None: json.dumps(
        value, ensure_ascii=False, indent=indent
    )
    environment.globals["raise_exception"] = raise_exception
    try:
        return environment.from_string(template)
    except jinja2.TemplateError as error:
        raise RecipeError(f"{folder}: its chat template is broken ({error}). Mend it.") from error
