"""A base comes from a folder or the hub, without code of its own; errors are one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.tables import Table
from tests.recipes.hub import COMMIT, serving

Retort = Callable[..., Any]


@pytest.fixture
def project(papers: Path, model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the small recipe's folder, with a model in it."""
    shutil.copytree(papers, tmp_path / "project")
    shutil.copytree(model_folder, tmp_path / "project" / "model")
    return tmp_path / "project"


def run(retort: Retort, project: Path, *sets: str, until: str = "mix", **more: Any) -> Any:  # noqa: ANN401
    changes = [argument for one in sets for argument in ("--set", one)]
    return retort("run", "small.yaml", *changes, "--until", until, "--json", cwd=project, **more)


def refused(ended: Any, *parts: str) -> None:  # noqa: ANN401
    """One line, exit status 2, that says all of this."""
    assert ended.status == 2, ended.err
    assert len(ended.err.strip().splitlines()) == 1, ended.err
    for part in parts:
        assert part in ended.err, ended.err


def table(project: Path, told: dict[str, Any], name: str) -> Table:
    (found,) = [one["table"] for one in told["stages"] if one["name"] == name]
    return Table(project / found)


@pytest.mark.slow
def test_a_folder_is_linked_not_copied_and_counts_the_mixture(
    project: Path, retort: Retort
) -> None:
    done = run(retort, project, "base.path=model")

    assert done.status == 0, done.err
    base = table(project, done.json, "base")
    assert (base.folder / "model").is_symlink()
    assert {one.file for one in base.manifest.files} == {
        f"model/{path.name}" for path in (project / "model").iterdir()
    }
    mixed = table(project, done.json, "mix")
    counted = mixed.read(["n_tokens", "n_loss_tokens"]).to_pylist()
    assert all(0 < row["n_loss_tokens"] < row["n_tokens"] for row in counted)


@pytest.mark.slow
def test_a_changed_weight_is_another_base_but_the_same_mixture(
    project: Path, retort: Retort
) -> None:
    run(retort, project, "base.path=model")
    weights = project / "model" / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)

    again = run(retort, project, "base.path=model")

    assert {one["name"] for one in again.json["stages"] if not one["reused"]} == {
        "base",
        "base.tokenizer",
    }


@pytest.mark.slow
def test_a_model_on_the_hub_is_fetched_once_and_pinned_to_its_commit(
    project: Path, retort: Retort, tmp_path: Path
) -> None:
    with serving(project / "model") as (address, asked):
        env = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hub"), "HF_HUB_DISABLE_XET": "1"}
        done = run(retort, project, "base.hub=lab/small", env=env)
        assert done.status == 0, done.err
        n_asked = len(asked)
        again = run(retort, project, "base.hub=lab/small", env=env)
        missing = run(retort, project, "base.hub=lab/none", env=env)

    assert table(project, done.json, "base").manifest.facts["commit"] == COMMIT
    assert any("model.safetensors" in line for line in asked)
    assert all(one["reused"] for one in again.json["stages"])
    assert len([line for line in asked[n_asked:] if "lab/small" in line]) == 0
    refused(missing, "base.hub: lab/none", "Correct the name")


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached_is_said_so(
    project: Path, retort: Retort, tmp_path: Path
) -> None:
    env = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hub")}

    refused(run(retort, project, "base.hub=lab/small", env=env), "base.hub: lab/small", "base.path")


def test_a_base_that_is_not_there(project: Path, retort: Retort) -> None:
    refused(run(retort, project, "base.path=nowhere"), "nowhere does not exist")
    (project / "empty").mkdir()
    refused(run(retort, project, "base.path=empty"), "is no model", "config.json")
    outside = project.parent / "outside"
    shutil.copytree(project / "model", outside)
    refused(run(retort, project, "base.path=../outside"), "--allow-path")


@pytest.mark.slow
def test_a_base_that_wants_code_of_its_own(project: Path, retort: Retort) -> None:
    path = project / "model" / "config.json"
    told = json.loads(path.read_text())
    told |= {"model_type": "sly", "auto_map": {"AutoModelForCausalLM": "modeling_sly.Sly"}}
    path.write_text(json.dumps(told))
    marker = project / "ran"
    (project / "model" / "modeling_sly.py").write_text(f"open({str(marker)!r}, 'w')\n")

    refused(run(retort, project, "base.path=model"), "sly", "code of its own", "never run")
    assert not marker.exists()


@pytest.mark.slow
def test_a_tokenizer_that_wants_code_of_its_own(project: Path, retort: Retort) -> None:
    path = project / "model" / "tokenizer_config.json"
    told = json.loads(path.read_text())
    told |= {
        "tokenizer_class": "Sly",
        "auto_map": {"AutoTokenizer": ["tokenization_sly.Sly", None]},
    }
    path.write_text(json.dumps(told))
    marker = project / "ran"
    (project / "model" / "tokenization_sly.py").write_text(f"open({str(marker)!r}, 'w')\n")
    ended = run(retort, project, "base.path=model")

    assert ended.status == 0 or "never run" in ended.err  # plain files suffice for the tokenizer
    assert not marker.exists()


@pytest.mark.slow
def test_weights_that_are_pickled_are_not_read(project: Path, retort: Retort) -> None:
    weights = project / "model" / "model.safetensors"
    weights.rename(project / "model" / "pytorch_model.bin")

    refused(run(retort, project, "base.path=model"), "safetensors", "can run code")


@pytest.mark.slow
def test_a_tokenizer_without_template_asks_for_one_and_takes_it(
    project: Path, retort: Retort
) -> None:
    (project / "model" / "chat_template.jinja").unlink()
    refused(run(retort, project, "base.path=model"), "no chat template", "base.template")

    plain = run(retort, project, "base.path=model", "base.template=plain")
    assert plain.status == 0, plain.err
    (project / "mine.jinja").write_text(
        "{% for m in messages %}{{ m.role }}:\n{{ m.content }}{{ eos_token }}{% endfor %}"
        "{% if add_generation_prompt %}assistant:\n{% endif %}"
    )
    mine = run(retort, project, "base.path=model", "base.template=mine.jinja")
    assert mine.status == 0, mine.err
    counts = [
        table(project, one.json, "mix").read(["n_tokens"])["n_tokens"].to_pylist()
        for one in (plain, mine)
    ]
    assert counts[0] != counts[1]
    refused(run(retort, project, "base.path=model", "base.template=no.jinja"), "no.jinja")


@pytest.mark.slow
def test_a_template_that_never_ends_an_answer_leaves_nothing_to_train_on(
    project: Path, retort: Retort
) -> None:
    (project / "endless.jinja").write_text(
        "{% for m in messages %}{{ m.role }}:\n{{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant:\n{% endif %}"
    )

    refused(
        run(retort, project, "base.path=model", "base.template=endless.jinja"),
        "mix.parts",
        "Having no end token set aside most of it",
    )


@pytest.mark.slow
def test_rows_that_do_not_fit_are_counted(project: Path, retort: Retort) -> None:
    sets = ("base.path=model", "tune.max_length=110", "mix.size=20", "tune.method=lora")
    done = run(retort, project, *sets)
    assert done.status == 0, done.err
    mixed = table(project, done.json, "mix")

    assert mixed.manifest.reasons["longer than max_length"] > 0
    assert mixed.manifest.requested == mixed.manifest.ok + mixed.manifest.skipped
    assert max(mixed.read(["n_tokens"])["n_tokens"].to_pylist()) <= 110
    refused(
        run(retort, project, "base.path=model", "tune.max_length=9999"),
        "tune.max_length: 9999",
        "256",
    )


@pytest.mark.parametrize(
    ("sets", "parts"),
    [
        (("tune.method=lora",), ("tune needs a base",)),
        (("base.path=model", "base.hub=a/b"), ("base", "one of path, hub and pretrain")),
        (("base.revision=main", "base.path=model"), ("revision goes with hub",)),
        (("base.pretrain.width=30",), ("width 30", "heads")),
        (("base.pretrain.parts=[nothing]",), ("base.pretrain.parts", "nothing")),
        (("base.path=model", "tune.method=adalora"), ("tune.method", "qlora")),
        (("base.path=model", "tune.batch=6", "tune.micro_batch=4"), ("does not divide",)),
        (("base.path=model", "tune.learning_rate=7"), ("tune.learning_rate",)),
        (("base.path=model", "tune.learnin_rate=0.1"), ("did you mean learning_rate",)),
    ],
)
def test_what_a_recipe_may_not_say(
    project: Path, retort: Retort, sets: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    refused(run(retort, project, *sets), *parts)
