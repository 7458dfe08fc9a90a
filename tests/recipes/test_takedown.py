"""A takedown is counted as far as the run before it went."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.tables import Table

Retort = Callable[..., Any]


@pytest.mark.slow
def test_passages_are_counted_where_the_run_before_made_no_examples(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    run = ("run", papers / "small.yaml", "--until", "segment", "--work", tmp_path, "--json")
    first = retort(*run, cwd=papers).json
    tables = {one["name"]: tmp_path / "tables" / Path(one["table"]).name for one in first["stages"]}
    gone = Table(tables["collect"]).read(["id"])["id"][0].as_py()
    passages = Table(tables["segment"]).read(["document_id"])["document_id"].to_pylist()

    told = retort(*run, "--set", f"exclude=['id:{gone}']", cwd=papers).json["excluded"]

    assert (told["documents"], told["passages"]) == (1, passages.count(gone))
    assert (told["examples"], told["mixture"]) == (0, 0)
