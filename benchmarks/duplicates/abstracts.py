"""Real abstracts out of folders of text, whatever they came in.

Reads .json, .jsonl (each also .gz) and .xml. An abstract is the field `abstract` of an object, or
`source`, a list of sentences, or an element `abstract`. Objects are looked for at any depth.
"""

import gzip
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

KINDS = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".xml")
LEAST_WORDS = 20
"""Shorter texts are notes that there is no abstract."""
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def read(folders: Sequence[Path]) -> list[str]:
    """Every abstract once, in the order of file names.

    Exits where the folders hold none.
    """
    files = sorted(
        file for folder in folders for file in folder.rglob("*") if file.name.endswith(KINDS)
    )
    texts = (" ".join(text.split()) for file in files for text in _of_file(file))
    found = list(dict.fromkeys(text for text in texts if text.count(" ") >= LEAST_WORDS))
    if not found:
        sys.exit(f"--text {' '.join(map(str, folders))}: no abstracts in {len(files)} files")
    return found


def sentences(texts: Iterable[str]) -> list[str]:
    """Every sentence once, in the order of the texts."""
    return list(dict.fromkeys(s for text in texts for s in SENTENCE_END.split(text)))


def _of_file(file: Path) -> Iterator[str]:
    if file.suffix == ".xml":
        for element in ElementTree.parse(file).iter("abstract"):
            yield "".join(element.itertext())
        return
    data = file.read_bytes()
    text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
    if ".jsonl" in file.suffixes:
        for line in text.splitlines():
            yield from _of_object(json.loads(line))
    else:
        yield from _of_object(json.loads(text))


def _of_object(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for child in value:
            yield from _of_object(child)
    elif isinstance(value, dict):
        abstract, source = value.get("abstract"), value.get("source")
        if isinstance(abstract, str):
            yield abstract
        elif isinstance(source, list) and all(isinstance(one, str) for one in source):
            yield " ".join(source)
        else:
            for child in value.values():
                yield from _of_object(child)
