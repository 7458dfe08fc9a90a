"""What the tests of sidecars ask of one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from curate.collect.sidecar import Sidecar, load
from schemas.errors import SourceError
from schemas.rows import Document, Section

Write = Callable[..., Path]
TEXTS = st.text(st.sampled_from('@{}(),=#"\\;:\n\t abfile.doi$%~10/é')) | st.text()
DOCUMENT = Document(
    source="file:a.pdf",
    form="pdf",
    text="Glass flows.",
    title="untitled",
    language="en",
    sections=[Section("", 1, 0, 12)],
    authors=["admin"],
    metadata='{"n_pages": 3, "license": "free for friends", "journal": "?"}',
)


def said(sidecar: Sidecar, source: str, doi: str | None = None) -> dict[str, Any]:
    values = sidecar.of(source, doi)
    assert values is not None
    return dict(values)


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as error:
        load(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1000 + len(str(path))
    return str(error.value).replace(str(path), path.name)
