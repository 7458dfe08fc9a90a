"""Items of benchmarks, written in other ways and planted in unrelated abstracts."""

import random
import re
from collections.abc import Callable, Sequence

from curate.screen.benchmarks import Item

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BLANKS = ("  ", "\n", "\t", " \u00a0", "\u2003", "\r\n")


def lettered(item: Item) -> str:
    """Question and options, one a line under its letter."""
    options = [f"{a}) {text}" for a, text in zip(LETTERS, item.options, strict=False)]
    return "\n".join([item.question, *options])


def shuffled(item: Item) -> str:
    """The options in another order, numbered."""
    options = list(item.options)
    random.Random(item.row).shuffle(options)
    return "\n".join([item.question, *(f"({n}) {text}" for n, text in enumerate(options, 1))])


def respaced(item: Item) -> str:
    """Other white space between all words, line breaks among it."""
    draw = random.Random(item.row)
    return re.sub(r"\s+", lambda _: draw.choice(BLANKS), lettered(item))


def half(text: str, first: bool) -> str:
    """One half of the words."""
    words = text.split(" ")
    return " ".join(words[: len(words) // 2] if first else words[len(words) // 2 :])


VARIANTS: dict[str, Callable[[Item], str]] = {
    "question": lambda item: item.question,
    "question and answer": lambda item: f"{item.question}\n\n{item.answer}",
    "question and options": lettered,
    "in capitals": lambda item: lettered(item).upper(),
    "other white space": respaced,
    "options shuffled": shuffled,
    "first half of the question": lambda item: half(item.question, True),
    "last half of the question": lambda item: half(item.question, False),
    "first half of the item": lambda item: half(lettered(item), True),
    "last half of the item": lambda item: half(lettered(item), False),
}


def plant(texts: Sequence[str], abstracts: Sequence[str], seed: int) -> list[str]:
    """Each text between two words of an abstract that is drawn for it."""
    draw = random.Random(seed)
    found = []
    for text in texts:
        abstract = draw.choice(abstracts)
        middle = abstract.rfind(" ", 0, len(abstract) // 2) + 1
        found.append(f"{abstract[:middle]}{text} {abstract[middle:]}")
    return found
