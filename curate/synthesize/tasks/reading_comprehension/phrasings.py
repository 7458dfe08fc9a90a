"""How questions are asked: templates in a Markdown file that anyone can read and edit.

    ## definition/term

    - What is {term}[ in {title}]?
    - Explain this term: {term}

A heading names a family, or a family and a variant of it. A bullet is one phrasing; lines indented
under it belong to it. `{name}` stands for a field; a clause in `[…]` is left out where a field in
it is empty.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.synthesize.tasks.reading_comprehension.candidate import Candidate
from schemas.errors import RecipeError
from schemas.ids import fraction, identity

FILE = Path(__file__).parents[2] / "prompts" / "reading-comprehension.md"
MIN_PHRASINGS = 6

FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (frozenset(needed.split()), frozenset(optional.split()))
    for kind, needed, optional in (
        ("summary/description", "text title", ""),
        ("summary/statement", "text", "title"),
        ("summary/title", "text", ""),
        ("word-to-text", "words", "title"),
        ("definition/term", "term", "title"),
        ("definition/name", "title", ""),
        ("definition/parameter", "term title", ""),
        ("definition/attribute", "term title", ""),
        ("definition/returned", "term title", ""),
        ("inference/conclusion", "premise", "title"),
        ("inference/contrast", "premise", "title"),
        ("inference/addition", "premise", "title"),
        ("inference/alternative", "premise", "title"),
        ("cause-effect/cause", "effect", "title"),
        ("cause-effect/effect", "cause", "title"),
        ("cause-effect/purpose", "means", "title"),
        ("cause-effect/condition", "condition title", ""),
        ("cause-effect/raises", "error title", ""),
        ("completion/next", "text", "title"),
        ("completion/rest", "text", "title"),
    )
}
"""Heading -> the fields that each phrasing must hold, and those that it may hold."""

_HEADING = re.compile(r"##[ \t]+(\S.*?)[ \t]*\Z")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CLAUSE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Phrasings:
    """Templates by heading."""

    templates: Mapping[str, tuple[str, ...]]

    def ask(self, candidate: Candidate, passage_id: str, ordinal: int) -> str:
        """The question of a candidate; which phrasing is a hash of passage, kind and ordinal."""
        choices = self.templates[candidate.kind]
        chance = fraction(identity(passage_id, candidate.kind, ordinal))
        return fill(choices[int(chance * len(choices))], candidate.fields)


def fill(template: str, fields: Mapping[str, str]) -> str:
    """A template with its fields in place and the clauses of empty fields left out."""

    def clause(match: re.Match[str]) -> str:
        names = _PLACEHOLDER.findall(match[1])
        return match[1] if all(fields.get(name) for name in names) else ""

    text = _PLACEHOLDER.sub(lambda match: fields[match[1]], _CLAUSE.sub(clause, template))
    return text[:1].upper() + text[1:] if template.startswith("[") else text


def read(path: Path = FILE) -> Phrasings:
    """The phrasings of a Markdown file.

    Raises:
        RecipeError: a heading or a placeholder that no family has, a field left out, too few
            phrasings; with the line.
    """
    found: dict[str, list[tuple[int, list[str]]]] = {}
    kind: str | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        heading = _HEADING.fullmatch(line)
        if heading:
            kind = heading[1]
            if kind not in FIELDS:
                raise _error(path, number, f"{kind!r} is no family", ", ".join(FIELDS))
            found.setdefault(kind, [])
        elif line.startswith("- "):
            if kind is None:
                raise _error(path, number, "a phrasing before the first heading", "## family first")
            found[kind].append((number, [line[2:].strip()]))
        elif kind is not None and found[kind] and (line.startswith("  ") or not line.strip()):
            found[kind][-1][1].append(line.strip())
        elif kind is not None and line.strip():
            raise _error(
                path, number, f"{line[:40]!r}", "headings, `- ` and lines indented under it"
            )
    _check_counts(path, found)
    return Phrasings(
        {
            kind: tuple(_checked(path, number, kind, lines) for number, lines in bullets)
            for kind, bullets in found.items()
        }
    )


def _check_counts(path: Path, found: Mapping[str, list[tuple[int, list[str]]]]) -> None:
    for kind in FIELDS:
        count = len(found.get(kind, []))
        if count < MIN_PHRASINGS:
            raise RecipeError(
                f"{path}: ## {kind} has {count} phrasings, at least {MIN_PHRASINGS} are needed. "
                f"Add bullets under it."
            )


def _checked(path: Path, number: int, kind: str, lines: list[str]) -> str:
    """One phrasing as text, or an error that names its line."""
    template = "\n".join(lines).strip()
    outside = _CLAUSE.sub("", template)
    if set("[]") & set(outside) or set("{}") & set(_PLACEHOLDER.sub("", template)):
        raise _error(path, number, "a bracket without its partner", "[clause] and {field}")
    needed, optional = FIELDS[kind]
    unknown = set(_PLACEHOLDER.findall(template)) - needed - optional
    if unknown:
        allowed = ", ".join(sorted(needed | optional))
        raise _error(path, number, f"{{{min(unknown)}}} is no field of {kind}", allowed)
    missing = needed - set(_PLACEHOLDER.findall(outside))
    if missing:
        raise _error(path, number, f"{kind} without {{{min(missing)}}}", "it outside of [clauses]")
    unguarded = optional & set(_PLACEHOLDER.findall(outside))
    if unguarded:
        name = min(unguarded)
        raise _error(
            path, number, f"{{{name}}} may be empty", f"it inside a clause, [… {{{name}}}]"
        )
    return template


def _error(path: Path, number: int, found: str, allowed: str) -> RecipeError:
    return RecipeError(f"{path}:{number}: {found}, allowed: {allowed}. Correct this line.")
