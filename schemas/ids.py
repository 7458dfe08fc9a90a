"""Identities: a row's id is what it is made from, so the same row has the same id everywhere.

An id is the first 128 bits of a SHA-256, in hexadecimal: 32 characters. At ten billion rows the
chance that any two collide is below 1e-18.
"""

import hashlib

N_CHARACTERS = 32


def identity(*fields: str | int) -> str:
    """The id of a row made from these fields, joined by line feeds.

    Every field but the last must be free of line feeds, so that the joined text can be read in one
    way only. DuckDB makes the same id with `left(sha256(a || chr(10) || b), 32)`.
    """
    joined = "\n".join(str(field) for field in fields)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:N_CHARACTERS]


def fraction(row_id: str) -> float:
    """A number in [0, 1) that depends on the id alone, uniform over ids; splits are cut by it."""
    return int(row_id[:13], 16) / 16**13
