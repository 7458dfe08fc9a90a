"""The stages of a selection: what they are told, what they read, what they give the mixture."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from recipes.loader import Loaded, load
from recipes.runner import run
from recipes.selecting_stage import selecting
from recipes.stage import Stage
from recipes.stages import stages
from recipes.work import Hashes, Work
from schemas.errors import RecipeError
from schemas.manifest import Manifest
from schemas.selected import SELECTED
from schemas.selecting import Select
from schemas.tables import Table


def silent(stage: Stage, what: str | Manifest) -> None: ...


@pytest.fixture(scope="module")
def work(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the work folder in which the small recipe ran; the tests here add to it."""
    folder = tmp_path_factory.mktemp("selecting") / "work"
    shutil.copytree(finished, folder)
    return folder


def loaded(papers: Path, model: Path | None = None) -> Loaded:
    """The small recipe, with a base or without."""
    sets = [] if model is None else [f"base={{path: {model}}}"]
    return load(str(papers / "small.yaml"), sets, [] if model is None else [model])


def selection(settings: Select, recipe: Loaded, work: Path) -> tuple[list[Stage], list[Stage]]:
    """(the recipe's stages up to what a selection reads, the selection's stages)."""
    hashes = Hashes(work / "hashes.json")
    before = [
        one
        for one in stages(recipe, hashes, work / "calls.sqlite")
        if one.name.split("/")[0] != "mix"
    ]
    gate = [one for one in before if one.name.startswith("screen.examples.")]
    return before, selecting(settings, recipe, hashes, gate)


def made(settings: Select, recipe: Loaded, work: Path) -> dict[str, Table]:
    """The tables of a selection, by their stages."""
    before, own = selection(settings, recipe, work)
    folder = Work(work)
    with folder.locked("a test"):
        result = run([*before, *own], recipe, folder, silent)
    names = {one.name for one in own}
    return {one.name: Table(one.folder) for one in result.stages if one.name in names}


def facts(table: Table) -> dict[str, Any]:
    return table.manifest.facts["parts"]["domain"]  # type: ignore[no-any-return]


def test_stratified_reads_the_sections_and_ranks_every_part(papers: Path, work: Path) -> None:
    table = made(Select(method="stratified", size=50), loaded(papers), work)["select"]
    rows = table.read().to_pylist()

    assert table.schema == SELECTED
    assert [row["rank"] for row in rows] == [*range(50), *range(50)]
    assert [row["part"] for row in rows] == ["domain"] * 50 + ["general"] * 50
    assert facts(table)["strata"] > 3


def test_a_score_that_the_gate_measures_ranks_the_rows(papers: Path, work: Path) -> None:
    settings = Select(method="judge", score="n_words", parts=["domain"])
    scores = made(settings, loaded(papers), work)["select"].read()["score"].to_pylist()

    assert scores == sorted(scores, reverse=True) and len(set(scores)) > 5


def test_an_order_is_made_anew_only_where_what_it_uses_changed(papers: Path, work: Path) -> None:
    recipe = loaded(papers)

    def told(settings: Select) -> dict[str, Any]:
        (stage,) = selection(settings, recipe, work)[1]
        return stage.parameters

    plain = told(Select(method="longest"))
    assert plain == told(Select(method="longest", allocation="equal", score="x"))
    assert plain != told(Select(method="longest", size=5))
    assert told(Select(method="stratified")) != told(
        Select(method="stratified", allocation="equal")
    )


@pytest.mark.slow
@pytest.mark.parametrize("method", ["k-center", "rds", "ifd"])
def test_a_base_says_what_a_method_ranks_by(
    papers: Path, model_folder: Path, work: Path, method: str
) -> None:
    recipe = loaded(papers, model_folder)
    settings = Select(method=method, size=40, parts=["domain"])  # type: ignore[arg-type]
    tables = made(settings, recipe, work)
    measure = tables["measure.difficulty" if method == "ifd" else "measure.hidden"].manifest
    rows = tables["select"].read()

    assert measure.requested == measure.ok + measure.failed + measure.skipped
    assert measure.rows + sum(measure.reasons.values()) == measure.requested
    assert len(rows) == 40 == len(set(rows["id"].to_pylist()))
    assert facts(tables["select"])["candidates"] > 40


@pytest.mark.slow
def test_a_file_of_targets_is_measured_by_itself(
    papers: Path, model_folder: Path, work: Path, tmp_path: Path
) -> None:
    rows = '[{"question": "What does the membrane do?", "answer": "It absorbs heat."}]'
    (tmp_path / "near.json").write_text(rows)
    recipe = load(
        str(papers / "small.yaml"),
        [f"base={{path: {model_folder}}}"],
        [model_folder, tmp_path],
    )
    settings = Select(method="rds", size=5, parts=["domain"], targets=str(tmp_path / "near.json"))
    tables = made(settings, recipe, work)

    assert tables["measure.targets"].rows == 1
    assert facts(tables["select"])["targets"] == 1


@pytest.mark.slow
def test_selecting_again_makes_nothing_and_gives_the_same_bytes(
    papers: Path, model_folder: Path, work: Path, tmp_path: Path
) -> None:
    settings = Select(method="rds", size=20, parts=["domain"])
    recipe = loaded(papers, model_folder)
    one = made(settings, recipe, work)["select"]
    other = made(settings, recipe, tmp_path / "other")["select"]

    assert made(settings, recipe, work)["select"].manifest.made == one.manifest.made
    assert one.manifest.content == other.manifest.content
    assert pq.read_table(one.files[0]).equals(pq.read_table(other.files[0]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "rds"}, "rds asks the base to be tuned, and there is none; add base.path"),
        ({"method": "k-center"}, "use k-center with select.model"),
        ({"method": "longest", "parts": ["domian"]}, "mix.parts has domain, general"),
        ({"method": "judge"}, "no number judge_mean is measured for examples; there are"),
        ({"method": "k-center", "model": "nowhere"}, "nowhere does not exist"),
        ({"method": "random", "size": 10**6}, "1,000,000 rows of domain were asked for"),
    ],
)
def test_what_cannot_be_selected_is_one_line(
    papers: Path, work: Path, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(RecipeError, match=said) as raised:
        made(Select(**given), loaded(papers), work)

    assert "\n" not in str(raised.value)


def test_the_mixture_takes_the_first_rows_of_the_order(papers: Path, work: Path) -> None:
    recipe = load(
        str(papers / "small.yaml"),
        ["select={method: longest, parts: [domain], size: 160}", "mix.size=120"],
    )
    hashes = Hashes(work / "hashes.json")
    folder = Work(work)
    with folder.locked("a test"):
        listed = stages(recipe, hashes, work / "calls.sqlite")
        made = {one.name: Table(one.folder) for one in run(listed, recipe, folder, silent).stages}
    ranks = {row["id"]: row["rank"] for row in made["select"].read().to_pylist()}
    train = [row for row in made["mix"].read().to_pylist() if row["split"] == "train"]
    domain = sorted(ranks[row["example_id"]] for row in train if row["part"] == "domain")

    assert domain == list(range(90))
    assert sum(row["part"] == "general" for row in train) == 30
    assert made["mix"].manifest.reasons["not selected"] > 0


@pytest.mark.slow
def test_a_base_that_is_trained_here_comes_before_a_selection_that_asks_it(
    papers: Path, work: Path
) -> None:
    model = "layers: 1, width: 32, heads: 2, vocab: 400, context: 256, batch_tokens: 1024"
    base = f"base={{pretrain: {{{model}, tokens: 10000}}}}"
    sets = [base, "mix.unit=tokens", "mix.size=4000"]
    order: dict[str, list[str]] = {}
    for method in ("rds", "stratified"):
        recipe = load(
            str(papers / "small.yaml"), [*sets, f"select={{method: {method}, size: 150}}"]
        )
        folder = Work(work)
        with folder.locked("a test"):
            listed = stages(recipe, Hashes(work / "hashes.json"), work / "calls.sqlite")
            result = run(listed, recipe, folder, silent)
        order[method] = [one.name for one in result.stages]
        mixed = Table(result.stages[order[method].index("mix")].folder).manifest
        tokens = sum(one["n_tokens"] for one in mixed.facts["tokens"]["train"].values())
        assert 3_500 < tokens <= 4_000

    assert order["rds"][-4:] == ["base", "measure.hidden", "select", "mix"]
    assert order["stratified"][-3:] == ["select", "mix", "base"]
