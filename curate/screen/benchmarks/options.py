"""A row of a benchmark -> what may be chosen, and which of it is right. Reads no file.

Data sets tell the right option by its letter, its label, its text, or its place, counted from 0 or
from 1. From where a file counts is told by the numbers in all of its rows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from curate.collect.conversations.choices import labelled
from curate.collect.conversations.forms import MESSAGES
from curate.screen.benchmarks.fields import Named, Row, said, text

OPTIONS = (
    "choices", "options", "endings", "answer_choices", "candidates", "alternatives", "mc1_targets",
    "target_scores", "multiple_choice_targets", "incorrect_answers", "distractors",
)  # fmt: skip
EACH_OPTION = re.compile(
    r"(choice|option|ending|sol|answer|op|opt|distractor|incorrect[ _]answer|alternative)[ _]?"
    r"([0-9]{1,2}|[a-j])",
    re.IGNORECASE,
)
"""Columns with one option each: PIQA, WinoGrande, HellaSwag, MedMCQA, SciQ, GPQA."""
LETTERS = "ABCDEFGHIJ"
ANSWERS = (
    "answer", "answers", "gold", "gold_answers", "label", "target", "targets", "answerkey",
    "answer_key", "answer_idx", "answer_index", "correct_answer", "correct answer", "best_answer",
    "correct_option", "correct", "cop", "canonical_solution", "solution", "output", "response",
    "completion", "continuation", "reference_answer", "reference", "final_decision", "long_answer",
    "expected_output", "code",
)  # fmt: skip
"""Columns with what is right, the first of them preferred."""
NUMBER = re.compile(r"\s*[0-9]{1,3}\s*")


class Options(NamedTuple):
    """What a row offers, before letters and places become answers."""

    labels: tuple[str, ...]
    """What the file calls the options, where it does."""
    texts: tuple[str, ...]
    answers: tuple[object, ...]
    """What may tell the right one, the likeliest first."""


def options(row: Row, columns: Mapping[str, str], named: Named) -> Options:
    """The options of a row and what tells the right one.

    Args:
        row: column -> value.
        columns: name in small letters -> name.
        named: columns that the user names.
    """
    labels, texts = _choices(row, columns, named)
    return Options(tuple(labels), tuple(texts), _answers(row, columns, named))


def first_place(rows: Iterable[Options]) -> int | None:
    """From what the places of right options count, 0 or 1; None where no row tells."""
    largest = False
    for one in rows:
        place = next((found for value in one.answers if (found := _place(value)) is not None), None)
        if one.texts and place == 0:
            return 0
        largest = largest or (len(one.texts) > 1 and place == len(one.texts))
    return 1 if largest else None


def answer(row: Options, first: int | None) -> str:
    """The right answer as a text; of several right ones the first; empty where none is told.

    Args:
        row: of `options`.
        first: of `first_place`.
    """
    if row.texts:
        for value in row.answers:
            chosen = _chosen(row, value, first)
            if chosen is not None:
                return row.texts[chosen]
        free = [one for value in row.answers if (one := _free(value)) and not _is_key(one)]
        return next(iter(free), "")
    return next((one for value in row.answers if (one := _free(value))), "")


def _choices(row: Row, columns: Mapping[str, str], named: Named) -> tuple[list[str], list[str]]:
    values = [row[columns[name]] for name in OPTIONS if name in columns]
    asked = row.get(columns.get("question", ""))
    if isinstance(asked, Mapping):
        values.append(asked.get("choices"))
    for value in values:
        labels, texts = _listed(value)
        if texts:
            return labels, texts
    each = sorted(
        (match[1].lower(), match[2].lower().zfill(2), column)
        for column in row
        if (match := EACH_OPTION.fullmatch(str(column).strip()))
        and row[column] is not None
        and column not in (named.answer, named.question)
    )
    if len(each) > 1:
        return [], [text(row[column]) for _, _, column in each]
    lettered = [letter for letter in LETTERS if row.get(letter) is not None]
    if lettered[:2] == ["A", "B"]:
        return lettered, [text(row[letter]) for letter in lettered]
    return [], []


def _listed(value: object) -> tuple[list[str], list[str]]:
    """Labels and texts of what stands in one column."""
    if isinstance(value, Mapping) and isinstance(value.get("choices"), list):
        return _listed(value["choices"])
    if isinstance(value, Mapping) and all(isinstance(one, int | float) for one in value.values()):
        return [], [str(name) for name in value]
    return labelled(value)


def _answers(row: Row, columns: Mapping[str, str], named: Named) -> tuple[object, ...]:
    if named.answer is not None:
        return (row.get(named.answer),)
    found = [row[columns[name]] for name in ANSWERS if name in columns]
    scores = row.get(columns.get("target_scores", ""))
    if isinstance(scores, Mapping) and scores:
        found.append(max(scores, key=lambda one: scores[one]))
    found += [said(row[columns[name]], "assistant") for name in MESSAGES if name in columns]
    return tuple(value for value in found if value is not None and value != "")


def _chosen(row: Options, value: object, first: int | None) -> int | None:
    """Which option a value names."""
    place = _place(value)
    key = value.strip() if isinstance(value, str) else ""
    if place is not None and first is not None:
        return place - first if 0 <= place - first < len(row.texts) else None
    if place is not None and str(place) in row.labels:
        return row.labels.index(str(place))
    if place is not None and not isinstance(value, str):
        return place if 0 <= place < len(row.texts) else None
    if key and key in row.labels:
        return row.labels.index(key)
    if len(key) == 1 and key.upper() in LETTERS[: len(row.texts)]:
        return LETTERS.index(key.upper())
    plain = [one.strip().lower() for one in row.texts]
    return plain.index(key.lower()) if key and key.lower() in plain else None


def _place(value: object) -> int | None:
    """A whole number, or a text that is one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and NUMBER.fullmatch(value) else None


def _is_key(value: str) -> bool:
    """Whether a text can only be the name of an option, and not be right by itself."""
    return len(value) == 1 or NUMBER.fullmatch(value) is not None


def _free(value: object) -> str:
    """An answer that is no option."""
    if isinstance(value, Mapping):
        found: object = value.get("text") or value.get("value") or value.get("spans") or ""
        return _free(found) if found else text(value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return next((one for each in value if (one := _free(each))), "")
    return text(value)
