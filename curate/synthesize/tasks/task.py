"""What a task is: how a model is asked about a passage, and what its reply becomes.

A task is one file beside this one, with

    VERSION          raised when the same replies give other examples
    Params           a frozen pydantic model: the task's settings
    task(params)     -> Task

and its prompt in `../prompts/<name>.md`. A prompt depends on its material alone, never on an
earlier reply, so that calls can be counted, sent in any order, and sent in batches.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from curate.synthesize.prompt import Prompt
from schemas.rows import Message, Passage

_CLOSING = re.compile(r"<(?=/\s*(?:passage|problem|example)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Material:
    """What one request is about."""

    passage: Passage
    """The passage; of a ready-made problem its whole document, with `n_words` 0."""
    others: tuple[Passage, ...] = ()
    """Passages of other documents, as many as the task asks for in `n_others`."""
    problem: str | None = None
    """A ready-made problem, where the task reads those."""
    known: str | None = None
    """Its known answer."""
    variant: Mapping[str, str] = field(default_factory=dict)
    """The one of the task's `variants` that was asked."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One example as a reply has it, before its quotes are looked for in the source."""

    messages: list[Message]
    """The conversation; the last turn is the answer."""
    quotes: list[str] = field(default_factory=list)
    """Said to be verbatim from the passage."""
    family: str = ""
    """What comes after the slash in the example's `task`: a style, a label."""
    whole: bool = False
    """Whether the passage as a whole is the evidence; then `quotes` is empty."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task with its settings."""

    name: str
    version: int
    prompt: Prompt
    schema: Mapping[str, Any]
    """JSON schema of a reply."""
    read: Callable[[Any], Any]
    """JSON value -> reply. Raises ValueError, in one line, where the schema is not met."""
    drafts: Callable[[Any, Material], Iterable[Draft]]
    """A reply and its material -> examples; none where it says that nothing can be asked."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Placeholders of the prompt that settings fill."""
    variants: tuple[Mapping[str, str], ...] = ({},)
    """Further placeholders; each variant is a request of its own."""
    n_others: int = 0
    """Passages of other documents that each request needs."""
    reads: Literal["passages", "instructions"] = "passages"
    """Whether it is asked about passages, or about ready-made problems with a known answer."""
    mistake: Callable[[Any, Material], str | None] = lambda reply, material: None
    """What a model should correct in a well-formed reply, in one line; None where nothing."""
    n_expected_tokens: int = 400
    """Tokens that a reply has about, for estimates."""
    strict: bool = True
    """Whether the schema is one that OpenAI's strict mode takes."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What decides its examples besides version and prompt; it goes into fingerprints."""

    def messages(self, material: Material, variant: Mapping[str, str]) -> list[dict[str, str]]:
        """The conversation that asks about some material."""
        passage = material.passage
        numbered = [passage, *material.others]
        given = {
            "passage": _inside(passage.text),
            "passages": "\n\n".join(
                f'<passage id="{number}">\n{_inside(one.text)}\n</passage>'
                for number, one in enumerate(numbered, 1)
            ),
            "title": passage.title or "without title",
            "section": " > ".join(passage.section) or "without heading",
            "domain": passage.domain or "science",
            "problem": _inside(material.problem or ""),
            "known": material.known or "",
            **self.fields,
            **variant,
        }
        return self.prompt.fill(given)


def _inside(text: str) -> str:
    """The text with nothing in it that closes the tag around it; quotes from it are still found."""
    return _CLOSING.sub("<\u200b", text)
