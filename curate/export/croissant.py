"""`croissant.json`: the files and their columns in JSON-LD, as Croissant 1.1 has it.

Source: the specification, mlcommons/croissant docs/croissant-spec-1.1.md (0d3119d). Each data file
is a FileObject with its hash, each of Parquet and JSON lines a RecordSet with a field a column.
What is not known (who made the data set, where it is) is left out, and so is a column whose type
Croissant cannot say. The Arrow files of a `datasets` folder have no RecordSet: no reader of
Croissant opens them.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from curate.export.described import UNNAMED, Described
from curate.export.license_links import links
from curate.export.markdown import shown

if TYPE_CHECKING:
    import pyarrow as pa

    from curate.export.whole import Whole

FILE = "croissant.json"
VERSION = "http://mlcommons.org/croissant/1.1"
FORMATS = {
    ".parquet": "application/x-parquet",
    ".jsonl": "application/jsonlines",
    ".arrow": "application/vnd.apache.arrow.stream",
}
READ = (".parquet", ".jsonl")
"""Files whose rows Croissant can say how to read."""
_TERMS = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field",
    "fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset",
    "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated",
    "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}
"""The context of the specification's appendix 1, with every term that mlcroissant looks for."""


def croissant(described: Described, whole: "Whole", version: str = "1.0.0") -> dict[str, Any]:
    """The document; `json.dumps` writes it.

    Args:
        described: what is known of the export, its data files with their hashes included.
        whole: the licence of the whole.
        version: of the data set, `MAJOR.MINOR.PATCH`.
    """
    given = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": shown(described.name),
        "description": _description(described, whole),
        "conformsTo": VERSION,
        "license": _licenses(whole),
        "datePublished": described.made,
        "version": version,
        "inLanguage": described.languages,
        "keywords": [
            shown(one.name) for one in described.realised.get("domain", []) if one.name != UNNAMED
        ],
        "distribution": [_file(one) for one in described.files],
        "recordSet": list(_record_sets(described)),
    }
    return {key: value for key, value in given.items() if value}


def _description(described: Described, whole: "Whole") -> str:
    n = sum(described.rows.values())
    return (
        f"{n:,} rows of instruction data in the form {described.form}, made from "
        f"{described.n_documents:,} documents. {shown(whole.summary)} "
        f"ATTRIBUTION.md names the documents; each row keeps its source, licence and teacher."
    )


def _licenses(whole: "Whole") -> list[str]:
    """Addresses of the licences of the rows; none where a row has none that is known."""
    return list(links(whole.expression).values())


def _file(one: Mapping[str, Any]) -> dict[str, Any]:
    path = PurePosixPath(one["path"])
    return {
        "@type": "cr:FileObject",
        "@id": str(path),
        "name": str(path),
        "contentUrl": str(path),
        "contentSize": f"{one['n_bytes']} B",
        "encodingFormat": FORMATS[path.suffix],
        "sha256": one["sha256"],
    }


def _record_sets(described: Described) -> Iterator[dict[str, Any]]:
    from curate.export.arrow_types import parsed

    read = [one for one in described.files if PurePosixPath(one["path"]).suffix in READ]
    splits = [one["split"] for one in read]
    for place, one in enumerate(read):
        split = one["split"]
        name = split if splits.count(split) == 1 else f"{split}-{splits[:place].count(split):05d}"
        fields = (
            _field(f"{name}/{column}", doc, parsed(kind), one["path"], column, [])
            for column, (kind, doc) in described.columns.items()
        )
        yield {
            "@type": "cr:RecordSet",
            "@id": name,
            "name": name,
            "description": f"The {one['rows']:,} rows of {one['path']}, in the split {split}.",
            "field": [field for field in fields if field],
        }


def _field(
    name: str,
    doc: str,
    kind: "pa.DataType | None",
    path: str,
    column: str,
    below: list[str],
) -> dict[str, Any] | None:
    """A field, or None where its type has no name in Croissant."""
    import pyarrow as pa

    depth = 0
    while kind is not None and (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        kind, depth = kind.value_type, depth + 1
    array: dict[str, Any] = {"isArray": True} if depth else {}
    if depth > 1:
        array["arrayShape"] = ",".join(["-1"] * depth)
    given = {"@type": "cr:Field", "@id": name, "name": name.rpartition("/")[2]}
    given |= {"description": doc} if doc else {}
    if kind is not None and pa.types.is_struct(kind) and not below and depth <= 1:
        subfields = [
            _field(f"{name}/{each.name}", "", each.type, path, column, [each.name]) for each in kind
        ]
        return None if None in subfields else given | array | {"subField": subfields}
    data_type = _data_type(kind)
    if data_type is None or (below and depth):
        return None
    source: dict[str, Any] = {"fileObject": {"@id": path}, "extract": {"column": column}}
    if below:
        source["transform"] = {"jsonPath": ".".join(below)}
    return given | array | {"dataType": data_type, "source": source}


def _data_type(kind: "pa.DataType | None") -> str | None:
    import pyarrow as pa

    if kind is None:
        return None
    for is_kind, name in (
        (pa.types.is_boolean, "sc:Boolean"),
        (pa.types.is_integer, "sc:Integer"),
        (pa.types.is_floating, "sc:Float"),
        (pa.types.is_string, "sc:Text"),
        (pa.types.is_large_string, "sc:Text"),
    ):
        if is_kind(kind):
            return name
    return None
