"""How a student is addressed: one of several phrasings, chosen by a hash, filled once."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from schemas.ids import fraction, identity

Choice = TypeVar("Choice")
PLACE = re.compile(r"\{([^\W\d]\w*)\}")


def chosen(choices: Sequence[Choice], *of: str) -> Choice:
    """The one of some choices that a hash of these texts points at."""
    return choices[int(fraction(identity(*(" ".join(one.split()) for one in of))) * len(choices))]


def placed(template: str, given: Mapping[str, str]) -> str:
    """The template with every `{name}` that is given in place; what is put in is not read again."""
    return PLACE.sub(lambda place: given.get(place[1], place[0]), template)
