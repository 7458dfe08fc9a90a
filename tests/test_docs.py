"""What the README and the docs say is true: their commands run, their tables are the code's."""

import importlib.util
import json
import random
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import typer
import yaml

from curate.collect.forms import ROWS, SUFFIXES
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from curate.synthesize.replies import OUTCOMES
from curate.synthesize.tasks import catalog
from recipes.cli import app
from recipes.loader import load
from recipes.teaching import teaching
from schemas.recipe import Recipe
from tests.conftest import sentence

ROOT = Path(__file__).resolve().parents[1]
MINE = "mine.yaml"
Retort = Callable[..., Any]


def blocks(path: Path, language: str) -> list[str]:
    """Fenced blocks of a Markdown file."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


def commands(path: Path) -> list[str]:
    """Lines of console blocks that begin with a prompt, without prompt and comment."""
    lines = [line for block in blocks(path, "console") for line in block.splitlines()]
    return [re.sub(r"\s+#\s.*", "", line[2:]) for line in lines if line.startswith("$ ")]


def test_the_readme_begins_with_what_it_is_two_commands_and_a_picture() -> None:
    text = (ROOT / "README.md").read_text()
    assert commands(ROOT / "README.md")[:2] == ["make demo", "make test"]
    (picture,) = re.findall(r"!\[[^\]]+\]\((.+?)\)", text)
    assert (ROOT / picture).stat().st_size > 10_000
    assert text.index("make demo") < text.index(picture) < text.index("## Install")


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/collect.md",
        "docs/teachers.md",
        "docs/duplicates.md",
        "docs/contamination.md",
        "docs/add-a-measure.md",
        "docs/quality.md",
        "docs/mix.md",
        "docs/select.md",
        "docs/export.md",
        "docs/release.md",
    ],
)
def test_links_lead_to_files(name: str) -> None:
    path = ROOT / name
    for link in re.findall(r"\]\((?!https://)([^)#]+)(?:#[\w-]*)?\)", path.read_text()):
        assert (path.parent / link).exists(), link


def test_make_targets_that_are_named_exist() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for name in ("README.md", "CONTRIBUTING.md"):
        for command in commands(ROOT / name):
            assert not command.startswith("make ") or command.split()[1] in targets


def shown_commands() -> list[list[str]]:
    """Every `retort …` of the README, its words."""
    inline = re.findall(r"`(retort screen [^`]+)`", (ROOT / "README.md").read_text())
    listed = [one for one in commands(ROOT / "README.md") if one.startswith("retort ")]
    return [shlex.split(one)[1:] for one in (*listed, *inline)]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/collect.md",
        "docs/teachers.md",
        "docs/duplicates.md",
        "docs/contamination.md",
        "docs/add-a-measure.md",
        "docs/quality.md",
        "docs/mix.md",
        "docs/select.md",
        "docs/export.md",
        "docs/release.md",
    ],
)
def test_commands_that_are_shown_name_verbs_and_options_that_there_are(name: str) -> None:
    group = typer.main.get_command(app)
    verbs: dict[str, Any] = group.commands  # type: ignore[attr-defined]
    told = [shlex.split(one)[1:] for one in commands(ROOT / name) if one.startswith("retort ")]
    assert told
    for verb, *words in told:
        options = {option for one in verbs[verb].params for option in one.opts}
        assert {word for word in words if word.startswith("-")} <= options, (verb, words)


@pytest.mark.slow
def test_the_readmes_commands_run(
    papers: Path, model_folder: Path, tmp_path: Path, retort: Retort
) -> None:
    folder = tmp_path / "user"
    folder.mkdir()
    shutil.copytree(model_folder, folder / "models" / "small")
    shutil.copytree(papers / "domain", folder / "papers")
    recipe, teaching = blocks(ROOT / "README.md", "yaml")
    (folder / "mine.yaml").write_text(recipe)
    draw = random.Random(5)
    asked = [
        {"instruction": f"Say {n}.", "input": "", "output": " ".join(sentence(draw) for _ in "abc")}
        for n in range(200)
    ]
    (folder / "alpaca.json").write_text(json.dumps(asked[:150]))
    (folder / "more.json").write_text(json.dumps(asked[100:]))
    (folder / "mmlu").mkdir()
    question = '"Which particle carries the force between quarks?",photon,gluon,boson,lepton,B\n'
    (folder / "mmlu" / "physics_test.csv").write_text(question)
    listed = shown_commands()
    with_teacher = [one for one in listed if one[-1] in ("5", "calls") or one == ["plan", MINE]][1:]
    server = [one for one in listed if one[0] == "serve-fake"]
    assert len(listed) >= 20 and len(with_teacher) == 3 and len(server) == 1
    for words in listed:
        if words not in (*with_teacher[1:], *server):
            done = retort(*words, cwd=folder)
            assert done.status == 0, f"{words}: {done.err}"

    assert (folder / "mixture" / "train.parquet").is_file()
    assert len(json.loads((folder / "clean.json").read_text())) == 150
    assert len(json.loads((folder / "new.json").read_text())) == 50  # what `seen` holds is gone
    assert (folder / "tuned" / "model" / "adapter_model.safetensors").is_file()
    with serving(FakeSettings()) as fake:
        (folder / "mine.yaml").write_text(
            recipe + teaching.replace("http://127.0.0.1:8000/v1", fake.url)
        )
        for words in with_teacher:
            done = retort(*words, cwd=folder)
            assert done.status == 0, f"{words}: {done.err}"
        assert fake.stats()["answered"] > 0


def test_the_page_on_collecting_shows_what_can_be_done(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    shutil.copytree(papers / "domain", tmp_path / "papers")
    (tmp_path / "papers" / "about.csv").write_text("file,license\npaper-000.md,MIT\n")
    (command,) = commands(ROOT / "docs" / "collect.md")
    (sources,) = blocks(ROOT / "docs" / "collect.md", "yaml")

    done = retort(*shlex.split(command)[1:], cwd=tmp_path)

    assert done.status == 0, done.err
    recipe = {"name": "shown", "mix": {"parts": {"domain": 1}}, **yaml.safe_load(sources)}
    assert Recipe.model_validate(recipe).exclude == ["doi:10.1371/journal.pone.0000217"]
    told = (ROOT / "docs" / "collect.md").read_text()
    assert all(f"`{form}`" in told for form in ROWS)
    assert all(f"`{suffix}`" in told for suffix in SUFFIXES)


def test_the_page_on_teachers_shows_recipes_and_tasks_that_can_be(tmp_path: Path) -> None:
    told = (ROOT / "docs" / "teachers.md").read_text()
    block, _ = blocks(ROOT / "docs" / "teachers.md", "yaml")
    (own,) = blocks(ROOT / "docs" / "teachers.md", "markdown")
    (tmp_path / "mechanism.md").write_text(own)
    (tmp_path / "domain").mkdir()
    (tmp_path / "shown.yaml").write_text(
        "name: shown\nmix: {parts: {domain: 1}}\n"
        f"collect: {{domain: [{{from: files, paths: [domain]}}]}}\n{block}"
    )
    found = teaching(load(str(tmp_path / "shown.yaml")), tmp_path / "calls.sqlite")

    assert [one.task.name for one in found.asked] == ["grounded-qa", "reasoning", "mechanism"]
    assert all(f"| `{name}` |" in told for name in catalog.names())
    reference = (ROOT / "docs" / "recipes.md").read_text()
    assert all(f"| `{outcome}` |" in reference for outcome in OUTCOMES)


def test_the_page_on_measures_adds_one_that_runs(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    page = ROOT / "docs" / "add-a-measure.md"
    run, screen = (shlex.split(one)[1:] for one in commands(page))
    (code,), (recipe,) = blocks(page, "python"), blocks(page, "yaml")
    (tmp_path / "hedges.py").write_text(code)
    (tmp_path / "hedged.yaml").write_text(recipe)
    shutil.copytree(papers / "domain", tmp_path / "papers")
    hedged = " ".join(["This may fail, and might perhaps not."] * 4)
    (tmp_path / "papers" / "hedged.md").write_text(f"# Hedged\n\n{hedged}\n")
    rows = [{"text": hedged}, {"text": "Salt dissolves."}]
    (tmp_path / "passages.jsonl").write_text("\n".join(map(json.dumps, rows)))

    refused = retort(*(word for word in run if word != "--allow-code"), cwd=tmp_path)
    done = retort(*run, "--until", "screen.passages", "--json", cwd=tmp_path)
    plain = retort(*screen, cwd=tmp_path)

    assert refused.status == 2 and refused.err.count("\n") == 1 and "--allow-code" in refused.err
    assert done.status == 0, done.err
    made = {one["name"]: one for one in done.json["stages"]}
    assert made["screen.passages"]["kept"] == made["screen.passages.hedges"]["rows"] - 1
    assert plain.status == 0, plain.err
    verdicts = pq.read_table(tmp_path / "verdicts.parquet").to_pylist()
    assert [(row["n_hedges"], row["kept"]) for row in verdicts] == [(12, False), (0, True)]


def test_the_reference_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "make_reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert (ROOT / "docs" / "recipes.md").read_text() == module.page()


def test_every_verb_has_help_with_an_example_that_names_it(tmp_path: Path, retort: Retort) -> None:
    listed = retort("--help", cwd=tmp_path).out.split("Commands:")[1]
    verbs = re.findall(r"^  ([\w-]+) ", listed, re.MULTILINE)
    assert len(verbs) == 21
    for verb in verbs:
        assert f"Example: retort {verb}" in retort(verb, "--help", cwd=tmp_path).out


def test_the_project_names_no_machine_of_its_makers() -> None:
    own = re.compile(r"(?<![\w.<])/(?:work|farm|root|tmp)/")
    for suffix in ("*.py", "*.md", "*.yaml", "*.toml", "*.txt"):
        for path in ROOT.rglob(suffix):
            parts = path.relative_to(ROOT).parts
            if not parts[0].startswith(".") and parts[0] not in ("work", "build"):
                assert not own.search(path.read_text(encoding="utf-8")), path
