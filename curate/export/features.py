"""Column types as `datasets` writes them in a card: `dataset_info.features`.

A file of JSON lines does not say its types, and a column that is empty in one split would be read
as another type in the next. Source: the form that `datasets` 5.2 writes (`Features`, to YAML).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from curate.export.arrow_types import parsed

if TYPE_CHECKING:
    import pyarrow as pa

FLOATS = {"float": "float32", "double": "float64"}


def features(columns: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Columns, each with its Arrow type, as a list of features; empty if one is not known."""
    kinds = [(name, parsed(kind)) for name, (kind, _) in columns.items()]
    if any(kind is None for _, kind in kinds):
        return []
    return [{"name": name, **_feature(kind)} for name, kind in kinds]


def _feature(kind: "pa.DataType") -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _feature(kind.value_type)
        return {"list": inner.get("dtype") or inner.get("struct") or inner}
    if pa.types.is_struct(kind):
        return {"struct": [{"name": each.name, **_feature(each.type)} for each in kind]}
    return {"dtype": FLOATS.get(str(kind), str(kind))}
