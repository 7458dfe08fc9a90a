"""Documentation is read in a process of its own, once for each object, the same every time."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from curate.collect import installed_docs, read
from schemas.errors import RecipeError, SourceError
from schemas.recipe import InstalledDocs
from schemas.rows import Document, Failure

PACKAGE = '''
"""A package about cold."""
import os
from json import dumps

print("a package that prints", flush=True)
os.write(1, b"and one whose compiled half does\\n")
__all__ = ["Sample", "cool", "dumps", "missing"]


class Sample:
    """Something cold."""

    @property
    def floor(self):
        """Lowest temperature."""

    def warm(self):
        """Make it warm."""

    def quiet(self):
        pass

    def _hidden(self):
        """Private."""


class Other(Sample):
    """Something else."""


def cool():
    pass


cool.__doc__ = "Sees " + " ".join(sorted(os.environ)) + f" and {object()}"
'''


@pytest.fixture
def order(tmp_path: Path) -> dict[str, Any]:
    """A package with a private and a broken module, as the child is told of it."""
    folder = tmp_path / "coldpack"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "deep.py").write_text("from coldpack import Sample, cool\n__all__ = ['Sample']\n")
    (folder / "broken.py").write_text("raise SystemExit('no')\n")
    (folder / "_private.py").write_text('def f():\n    """Private."""\n')
    (folder / "tests").mkdir()
    (folder / "tests" / "__init__.py").write_text('"""Tests."""\n')
    return {"modules": ["coldpack"], "folders": [str(tmp_path)], "python": False}


def run(order: dict[str, Any], seconds: float = 60) -> list[dict[str, Any]]:
    return list(installed_docs.run_child("coldpack", order, seconds))


def test_listed_objects_come_once_under_their_best_name(order: dict[str, Any]) -> None:
    found = {row["name"]: row["object"] for row in run(order) if "name" in row}

    assert found == {
        "coldpack": "module",
        "coldpack.Sample": "class",
        "coldpack.Sample.floor": "property",
        "coldpack.Sample.warm": "method",
        "coldpack.cool": "function",
    }


def test_what_cannot_be_had_is_named_with_its_reason(order: dict[str, Any]) -> None:
    assert [(row["what"], row["reason"]) for row in run(order) if "what" in row] == [
        ("coldpack.broken", "import-failed"),
        ("coldpack.missing", "no-such-object"),
    ]


def test_a_package_sees_no_key_and_leaves_no_address(
    order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLD_API_KEY", "secret")

    (doc,) = (row["doc"] for row in run(order) if row.get("name") == "coldpack.cool")

    assert "PATH" in doc
    assert "COLD_API_KEY" not in doc
    assert " at 0x" not in doc


def test_a_crash_is_an_error_with_the_last_words(order: dict[str, Any]) -> None:
    package = Path(order["folders"][0]) / "coldpack" / "__init__.py"
    package.write_text("import os, sys\nprint('last words', file=sys.stderr)\nos.abort()\n")

    with pytest.raises(SourceError, match=r"SIGABRT.*last words"):
        run(order)


def test_a_package_that_does_not_end_is_stopped(order: dict[str, Any]) -> None:
    package = Path(order["folders"][0]) / "coldpack" / "__init__.py"
    package.write_text("import time\ntime.sleep(600)\n")

    with pytest.raises(SourceError, match=r"longer than 0\.5 seconds"):
        run(order, seconds=0.5)


def test_wrong_settings_are_errors_before_anything_is_imported() -> None:
    with pytest.raises(RecipeError, match=r"Did you mean numpy\?"):
        read(InstalledDocs(origin="installed-docs", packages=["nunpy"]))
    with pytest.raises(RecipeError, match="not an SPDX expression"):
        read(InstalledDocs(origin="installed-docs", packages=["numpy"], license="free"))


def documents(package: str) -> tuple[list[Document], list[Failure]]:
    source = InstalledDocs(origin="installed-docs", packages=[package], domain="mathematics")
    rows = list(installed_docs.read(source))
    return (
        [row for row in rows if isinstance(row, Document)],
        [row for row in rows if isinstance(row, Failure)],
    )


def test_scipy_is_documented_in_full_and_the_same_every_time() -> None:
    first, failures = documents("scipy")
    second, _ = documents("scipy")

    assert failures == []
    assert first == second
    assert len(first) > 1500
    by_title = {row.title: row for row in first}
    norm = by_title["scipy.stats.norm"]
    assert norm.source.startswith("pkg:scipy==")
    assert norm.source.endswith("/scipy.stats.norm")
    assert (norm.form, norm.kind, norm.language) == ("installed-docs", "reference", "en")
    assert (norm.license, norm.domain) == ("BSD-3-Clause", "mathematics")
    assert json.loads(norm.metadata) == {"object": "instance"}
    assert {"Methods", "Notes", "Examples"} <= {one.heading for one in norm.sections}
    assert not any((row.title or "").startswith("numpy.") for row in first)


def test_the_standard_library_has_topics_and_objects_under_unique_names() -> None:
    rows, failures = documents("python")

    sources = {row.source: row for row in rows}
    version = ".".join(map(str, sys.version_info[:3]))
    assert len(sources) == len(rows) > 4000
    assert sources[f"pkg:python=={version}/topics.assert"].title == "assert"
    assert sources[f"pkg:python=={version}/textwrap.wrap"].license == "PSF-2.0"
    assert f"pkg:python=={version}/os.path.join" in sources
    assert {row.reason for row in failures} <= {"import-failed", "no-such-object"}
