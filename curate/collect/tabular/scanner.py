"""Characters -> JSON values one after another, none of them held longer than it is asked for.

The parser is the standard library's; here is only how much text it is given. Grammar: RFC 8259.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from curate.collect.tabular.characters import n_invalid, next_chunk
from curate.collect.tabular.table import (
    CHUNK_CHARACTERS,
    RECORD_CHARACTERS,
    has_too_many_values,
)

LONGEST_TOKEN = 16
"""An error this near the end of what was read may be one of a token that is cut."""
BLANK = re.compile(r"[ \t\n\r]*")


class TooLargeError(Exception):
    """A value is longer than one may be."""


class Scanner:
    """A position in a JSON text that is read in chunks."""

    def __init__(self, characters: TextIO) -> None:
        self._characters = characters
        self._buffer = ""
        self._here = 0
        self._at_end = False
        self._decode = json.JSONDecoder().raw_decode
        self.size = 0
        """Characters of the value last given."""
        self.n_invalid = 0
        """Bytes in it that were no UTF-8."""

    def peek(self) -> str:
        """The next character that is not blank, without taking it; empty at the end."""
        while True:
            self._here = BLANK.match(self._buffer, self._here).end()  # type: ignore[union-attr]
            if self._here < len(self._buffer):
                return self._buffer[self._here]
            if not self._read(CHUNK_CHARACTERS):
                return ""

    def value(self) -> Any:  # noqa: ANN401  any JSON value
        """The value that begins here.

        Raises:
            ValueError: it is not JSON.
            RecursionError: it is nested too deeply.
            TooLargeError: it is longer than RECORD_CHARACTERS, or has too many values.
        """
        self.peek()
        wanted = CHUNK_CHARACTERS
        while True:
            try:
                value, end = self._decode(self._buffer, self._here)
                # A number may go on in the next chunk.
                if end < len(self._buffer) or not self._read(CHUNK_CHARACTERS):
                    self._take(end)
                    return value
            except json.JSONDecodeError as error:
                if not self._may_go_on(error) or not self._read(wanted):
                    raise
            wanted *= 2

    def elements(self) -> Iterator[Any]:
        """The elements of the array that begins here."""
        self._expect("[")
        if self.peek() == "]":
            self._here += 1
            return
        while True:
            yield self.value()
            if self._expect(",]") == "]":
                return

    def members(self) -> Iterator[str]:
        """The names in the object that begins here; the caller takes each one's value."""
        self._expect("{")
        if self.peek() == "}":
            self._here += 1
            return
        while True:
            name = self.value()
            if not isinstance(name, str):
                raise ValueError(f"a name in an object is {name!r:.40}, not a string")
            self._expect(":")
            yield name
            if self._expect(",}") == "}":
                return

    def end(self) -> None:
        """Refuse anything that stands after the text."""
        if self.peek():
            raise ValueError(f"it goes on after its end, with {self._buffer[self._here]!r}")

    def _expect(self, marks: str) -> str:
        found = self.peek()
        if not found or found not in marks:
            wanted = " or ".join(repr(mark) for mark in marks)
            raise ValueError(f"expected {wanted}, found {found or 'the end'!r}")
        self._here += 1
        return found

    def _take(self, end: int) -> None:
        self.size = end - self._here
        self.n_invalid = n_invalid(self._buffer, self._here, end)
        self._here = end

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether more text could mend this error."""
        near_end = error.pos >= len(self._buffer) - LONGEST_TOKEN
        return near_end or error.msg.startswith("Unterminated string")

    def _read(self, wanted: int) -> bool:
        """Have more text behind the position; False at the end of the file."""
        rest = self._buffer[self._here :]
        if len(rest) > RECORD_CHARACTERS:
            raise TooLargeError(f"a value of more than {RECORD_CHARACTERS} characters")
        more = next_chunk(self._characters, wanted)
        self._buffer, self._here = rest + more, 0
        if len(rest) >= CHUNK_CHARACTERS and has_too_many_values(self._buffer):
            raise TooLargeError(f"a value of {len(rest)} characters with too many values in it")
        return bool(more)
