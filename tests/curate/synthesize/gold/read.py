"""Read the labelled replies that lie beside this file; README.md says what they look like."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import yaml

FOLDER = Path(__file__).parent
Label = Literal["sound", "invented_quote", "wrong_number", "dangling", "unsupported"]
INVISIBLE = {"⟨nbsp⟩": "\u00a0", "⟨thin⟩": "\u2009", "⟨shy⟩": "\u00ad", "⟨grave⟩": "\u0300"}


@dataclass(frozen=True, slots=True)
class Case:
    """A passage, a reply about it, and a label for each of the reply's pairs."""

    name: str
    science: str
    """Name of the file."""
    passage: str
    reply: str
    labels: tuple[tuple[Label, str], ...]
    """(label, how) in the order of the pairs; `how` is empty where none is given."""


def cases() -> list[Case]:
    """All of them, file by file."""
    found = [
        _case(entry, path.stem)
        for path in sorted(FOLDER.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    if len({case.name for case in found}) != len(found):
        raise ValueError(f"{FOLDER}: a name is given twice")
    return found


def _case(entry: dict[str, object], science: str) -> Case:
    passage = str(entry["passage"])
    for name, character in INVISIBLE.items():
        passage = passage.replace(name, character)
    labels = entry["labels"]
    if not isinstance(labels, list):
        raise ValueError(f"{science}.yaml: labels of {entry['name']} are no list")
    return Case(
        str(entry["name"]),
        science,
        passage,
        str(entry["reply"]),
        tuple(_label(label, science) for label in labels),
    )


def _label(label: str | dict[str, str], science: str) -> tuple[Label, str]:
    name, how = next(iter(label.items())) if isinstance(label, dict) else (label, "")
    for known in get_args(Label):
        if name == known:
            return known, str(how)
    raise ValueError(f"{science}.yaml: {name!r} is not a label; {get_args(Label)} are")
