"""Tasks of lm-eval are read as their own documents are."""

import json
import sys
from pathlib import Path

import pytest

from curate.screen.benchmarks import Item, load, tasks
from schemas.errors import RecipeError, SourceError

ROWS = [
    {"question": "Which metal is liquid?", "choices": ["iron", "mercury"], "answer": 1},
    {"question": "Which gas is the lightest?", "choices": ["hydrogen", "neon"], "answer": 0},
]
TASK = """
task: own_{name}
dataset_path: json
dataset_kwargs: {{data_files: {file}}}
test_split: train
output_type: multiple_choice
doc_to_text: "{text}"
doc_to_choice: {choices}
doc_to_target: {target}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("lm_eval", reason="needs the extra `eval`")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return tmp_path


def task(folder: Path, name: str, rows: list[dict[str, object]], **settings: str) -> None:
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / f"{name}.yaml").write_text(TASK.format(name=name, file=file, **settings))


def test_a_task_gives_its_items(folder: Path) -> None:
    task(folder, "metals", ROWS, text="{{question}} Answer:", choices="choices", target="answer")

    (found,) = tasks.read(["own_metals"], folder)

    assert found.name == "own_metals"
    assert found.items == [
        Item(1, "Which metal is liquid?", ("iron", "mercury"), "mercury"),
        Item(2, "Which gas is the lightest?", ("hydrogen", "neon"), "hydrogen"),
    ]


def test_where_columns_tell_nothing_the_task_does(folder: Path) -> None:
    rows: list[dict[str, object]] = [{"x": "Which metal is liquid?", "y": 1}]
    settings = {"text": "Question: {{x}}\\nAnswer:", "choices": "[iron, mercury]", "target": "y"}
    task(folder, "odd", rows, **settings)

    (found,) = tasks.read(["own_odd"], folder)

    assert found.items == [Item(1, "Which metal is liquid?", ("iron", "mercury"), "mercury")]


def test_a_task_that_is_not_known_is_named_with_the_nearest(folder: Path) -> None:
    task(folder, "metals", ROWS, text="{{question}}", choices="choices", target="answer")

    with pytest.raises(RecipeError, match=r"'own_metal' is no file.*Did you mean own_metals"):
        tasks.read(["own_metal"], folder)


def test_a_task_whose_rows_are_gone_is_told(folder: Path) -> None:
    task(folder, "metals", ROWS, text="{{question}}", choices="choices", target="answer")
    (folder / "metals.jsonl").unlink()

    with pytest.raises(SourceError, match="the task own_metals cannot be loaded"):
        tasks.read(["own_metals"], folder)


def test_without_lm_eval_one_line_says_which_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval.tasks", None)

    with pytest.raises(RecipeError, match=r"'arc_easy' is no file or folder.*retort\[eval\]"):
        load(["arc_easy"])
