"""Multiple choice: the choices and which is right -> what is asked and answered. Reads no file."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase


def chosen_answer(choices: object, label: object) -> tuple[str, str] | None:
    """(the choices, one a line under their letters; the right one with its letter).

    Args:
        choices: texts; `{label, text}` of lists, or a list of them (ARC); or letter -> text.
        label: the right one's index from 0, its letter or label, or its text.

    Returns:
        None where the choices are not texts or it is not told which is right.
    """
    labels, texts = labelled(choices)
    if not 2 <= len(texts) <= len(ascii_uppercase) or not all(text.strip() for text in texts):
        return None
    index = _index(labels, texts, label)
    if index is None:
        return None
    lines = [
        f"{letter}. {text.strip()}" for letter, text in zip(ascii_uppercase, texts, strict=False)
    ]
    return "\n".join(lines), lines[index]


def labelled(choices: object) -> tuple[list[str], list[str]]:
    """Labels, where they are told, and texts; none where they are not all texts or numbers."""
    if isinstance(choices, Mapping):
        if isinstance(choices.get("text"), list) and isinstance(choices.get("label"), list):
            return _texts(choices["label"]), _texts(choices["text"])
        return [str(name) for name in choices], _texts(list(choices.values()))
    if not isinstance(choices, Sequence) or isinstance(choices, str):
        return [], []
    if all(isinstance(one, Mapping) for one in choices):
        return (
            _texts([one.get("label") for one in choices]),
            _texts([one.get("text") for one in choices]),
        )
    return [], _texts(choices)


def _texts(values: Sequence[object]) -> list[str]:
    """The values, if all of them are texts or numbers; else none."""
    fine = all(isinstance(one, str | int | float) for one in values)
    return [str(one) for one in values] if fine else []


def _index(labels: Sequence[str], texts: Sequence[str], label: object) -> int | None:
    if isinstance(label, int) and not isinstance(label, bool):
        return label if 0 <= label < len(texts) else None
    if not isinstance(label, str) or not label.strip():
        return None
    label = label.strip()
    if label in labels:
        return labels.index(label)
    if len(label) == 1 and label.upper() in ascii_uppercase[: len(texts)]:
        return ascii_uppercase.index(label.upper())
    if label.isdecimal() and int(label[:4]) < len(texts):
        return int(label)
    return texts.index(label) if label in texts else None
