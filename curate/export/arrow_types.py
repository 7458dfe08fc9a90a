"""Arrow types from their names: what `str(type)` gives, and a description of columns holds."""

import re

import pyarrow as pa

PLAIN = {
    "string": pa.string(), "large_string": pa.large_string(), "bool": pa.bool_(),
    "int32": pa.int32(), "int64": pa.int64(), "float": pa.float32(), "double": pa.float64(),
}  # fmt: skip
_LIST = re.compile(r"(?:large_)?list<\w+: (?P<inner>.*)>", re.DOTALL)
_STRUCT = re.compile(r"struct<(?P<inner>.*)>", re.DOTALL)
_NULLABLE = " not null"


def parsed(name: str) -> pa.DataType | None:
    """The type of this name; None where it is none of PLAIN, or of lists and structures of them."""
    name = name.removesuffix(_NULLABLE)
    if name in PLAIN:
        return PLAIN[name]
    if found := _LIST.fullmatch(name):
        inner = parsed(found["inner"])
        return None if inner is None else pa.list_(inner)
    if found := _STRUCT.fullmatch(name):
        fields = [each.partition(": ") for each in _apart(found["inner"])]
        kinds = [(field, parsed(kind)) for field, _, kind in fields]
        return None if any(kind is None for _, kind in kinds) else pa.struct(kinds)
    return None


def _apart(fields: str) -> list[str]:
    """The fields of a structure; a comma inside of brackets parts none."""
    found, depth, begin = [], 0, 0
    for place, character in enumerate(fields):
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            found.append(fields[begin:place].strip())
            begin = place + 1
    return [*found, fields[begin:].strip()]
