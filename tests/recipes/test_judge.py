"""A judge in a recipe: a rule on its scores, what it costs, what happens when it fails."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from curate.synthesize.calls import Ledger
from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings, Rule
from curate.synthesize.judging import AXES
from recipes import ledger, loader, runner, stages
from recipes.plan import Plan, plan
from recipes.work import Hashes, Work
from schemas.errors import RecipeError, RetortError, TeacherError
from schemas.tables import Table
from tests.conftest import write_papers

JUDGE = "screen.examples.judge"
GOOD = {"reason": "No flaw.", **dict(zip(AXES, (5, 5, 5, 4, 3), strict=True))}
BAD = {"reason": "It speaks of a lattice.", **dict(zip(AXES, (1, 2, 3, 4, 3), strict=True))}
RULES = (
    Rule(match=re.compile(r"(?s)<example>.*lattice"), answer=BAD),
    Rule(match=re.compile(r"<example>"), answer=GOOD),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with papers and a work folder in which everything up to the examples is made."""
    folder = tmp_path_factory.mktemp("made")
    write_papers(folder / "domain", 2, seed=1)
    Bench(folder, "http://127.0.0.1:9/v1").run(until="screen.examples.length")
    return folder


@dataclass
class Bench:
    """A recipe with a judge, and where it runs."""

    folder: Path
    url: str

    def recipe(self, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
        """The recipe; `judge`, `keep`, `synthesize` and `screen` change these blocks."""
        judge = {"kind": "openai", "model": "j", "base_url": self.url, "retries": 1}
        teacher = {"teacher": {**judge, **changed.get("judge", {})}}
        measures = {"judge": {**teacher, **changed.get("measure", {})}}
        keep = {"good": "judge_mean >= 4", "wordy": "n_words >= 10", **changed.get("keep", {})}
        examples = {"preset": "science", "keep": keep, "measures": measures}
        return {
            "name": "judged",
            "collect": {"domain": [{"from": "files", "paths": ["domain"]}]},
            "screen": {"examples": examples, **changed.get("screen", {})},
            "synthesize": changed.get("synthesize", {"teachers": [{"kind": "miner"}]}),
            "mix": {"parts": {"domain": 1}},
        }

    def load(self, **changed: Any) -> loader.Loaded:  # noqa: ANN401
        """The recipe, written and read."""
        path = self.folder / "recipe.yaml"
        path.write_text(yaml.safe_dump(self.recipe(**changed)))
        return loader.load(str(path), (), (self.folder,))

    def stages(self, **changed: Any) -> list[Any]:  # noqa: ANN401
        """Its stages."""
        hashes = Hashes(self.folder / "work" / "hashes.json")
        return stages.stages(self.load(**changed), hashes, self.ledger)

    @property
    def ledger(self) -> Path:
        """Where replies are kept."""
        return self.folder / "work" / "calls.sqlite"

    def run(self, until: str = "screen.examples", **changed: Any) -> dict[str, Table]:  # noqa: ANN401
        """Stage -> table."""
        work = Work(self.folder / "work")
        with work.locked("test", False):
            some = stages.until(self.stages(**changed), until)
            result = runner.run(some, self.load(**changed), work, lambda *_: None)
        self.reused = {one.name for one in result.stages if one.reused}
        return {one.name: Table(one.folder) for one in result.stages}

    def plan(self, **changed: Any) -> Plan:  # noqa: ANN401
        """What a run would do."""
        return plan(self.stages(**changed), Work(self.folder / "work"))


@pytest.fixture
def bench(made: Path, tmp_path: Path) -> Iterator[tuple[Bench, Serving]]:
    shutil.copytree(made, tmp_path / "here")
    with serving(FakeSettings(rules=RULES)) as fake:
        yield Bench(tmp_path / "here", fake.url), fake


def test_a_rule_on_a_score_keeps_what_the_judge_finds_good(bench: tuple[Bench, Serving]) -> None:
    tables = bench[0].run()
    examples = tables["synthesize"].read().to_pylist()
    scores = tables[JUDGE].read().to_pylist()
    verdicts = tables["screen.examples"].read().to_pylist()

    assert [one["id"] for one in scores] == [one["id"] for one in examples]
    for example, score, verdict in zip(examples, scores, verdicts, strict=True):
        shown = "".join(turn["content"] for turn in example["messages"])
        assert score["judge_mean"] == (2.5 if "lattice" in shown else 4.75)
        assert ("good" in verdict["failed"]) == ("lattice" in shown)
    assert 0 < sum(one["kept"] for one in verdicts) < len(verdicts)


def test_the_manifest_says_what_was_asked_and_a_second_run_asks_nothing(
    bench: tuple[Bench, Serving],
) -> None:
    manifest = bench[0].run()[JUDGE].manifest
    (facts,) = manifest.facts["teachers"]
    bench[0].run()

    assert manifest.requested == manifest.ok == manifest.rows == facts["calls_now"]
    assert facts["teacher"] == "j"
    assert facts["task"] == "judge"
    assert facts["prompt_tokens"] > 0
    assert bench[1].stats()["requests"] == manifest.rows
    assert JUDGE in bench[0].reused


def test_rows_that_fail_another_rule_are_not_paid_for(bench: tuple[Bench, Serving]) -> None:
    strict = {"wordy": "n_words >= 40"}
    tables = bench[0].run(keep=strict)
    n_words = tables["screen.examples.length"].read()["n_words"].to_pylist()
    means = tables[JUDGE].read()["judge_mean"].to_pylist()
    wordy = sum(one >= 40 for one in n_words)

    assert 0 < wordy < len(n_words)
    assert [mean is not None for mean in means] == [n >= 40 for n in n_words]
    assert tables[JUDGE].manifest.reasons == {"fails another rule": len(n_words) - wordy}
    assert bench[1].stats()["requests"] == wordy

    planned = bench[0].plan()
    bench[0].run()
    assert planned.calls == len(n_words) - wordy
    assert bench[1].stats()["requests"] == len(n_words)
    assert bench[1].stats()["answered_again"] == 0


def test_all_rows_are_judged_where_the_recipe_says_so(bench: tuple[Bench, Serving]) -> None:
    tables = bench[0].run(keep={"wordy": "n_words >= 40"}, measure={"rows": "all"})

    assert tables[JUDGE].read()["judge_mean"].null_count == 0
    assert "screen.examples.length" not in {one.name for one in tables[JUDGE].manifest.parents}


def test_a_part_that_is_not_asked_about_is_null(bench: tuple[Bench, Serving]) -> None:
    tables = bench[0].run(measure={"parts": ["general"]})

    assert tables[JUDGE].read()["judge_mean"].null_count == tables[JUDGE].rows
    assert bench[1].stats()["requests"] == 0


def test_only_what_decides_scores_makes_them_anew(bench: tuple[Bench, Serving]) -> None:
    bench[0].run()
    prices = {"input": 0, "output": 0}
    bench[0].run(judge={"concurrency": 2, "prices": prices, "timeout": 9, "rpm": 10_000})
    same = set(bench[0].reused)
    planned = bench[0].plan(judge={"temperature": 0.5})

    assert JUDGE in same
    assert planned.calls == bench[1].stats()["requests"]


def test_a_plan_says_what_judging_takes_once_there_are_examples(
    bench: tuple[Bench, Serving], tmp_path: Path
) -> None:
    empty = Bench(tmp_path / "empty", bench[0].url)
    shutil.copytree(bench[0].folder / "domain", empty.folder / "domain")
    (empty.folder / "work").mkdir()
    before, known = empty.plan(), bench[0].plan()
    tables = bench[0].run()
    after = bench[0].plan()

    assert before.calls is None
    assert before.unforeseen == {JUDGE: "screen.examples.length"}
    assert known.calls == tables[JUDGE].rows
    assert known.teachers[0]["task"] == "judge"
    assert known.unforeseen == {}
    assert after.calls == 0


def test_a_spent_budget_leaves_a_partial_table_that_is_resumed(
    bench: tuple[Bench, Serving],
) -> None:
    miner = {"teachers": [{"kind": "miner"}]}
    judge = {"concurrency": 1}
    part = bench[0].run(synthesize={**miner, "budget": {"calls": 5}}, judge=judge)[JUDGE]
    (note,) = part.manifest.notes
    n_missing = part.read()["judge_mean"].null_count
    more = {"synthesize": {**miner, "budget": {"calls": 1_000}}, "judge": judge}
    planned = bench[0].plan(**more)
    whole = bench[0].run(**more)[JUDGE]

    assert part.manifest.status == "partial"
    assert part.manifest.rows == whole.rows
    assert n_missing == part.manifest.failed == whole.rows - 5
    assert "synthesize.budget" in note
    assert planned.calls == whole.rows - 5
    assert whole.manifest.status == "complete"
    assert whole.folder == part.folder
    assert bench[1].stats()["requests"] == whole.rows


def test_the_judge_and_the_writers_spend_one_budget(bench: tuple[Bench, Serving]) -> None:
    writer = {"kind": "openai", "model": "w", "base_url": bench[0].url, "concurrency": 1}
    block = {"teachers": [writer], "tasks": ["grounded-qa"], "budget": {"calls": 6}}
    judge = bench[0].run(
        synthesize=block, measure={"teacher": "w"}, keep={"grounded": True, "wordy": True}
    )[JUDGE]

    with Ledger(bench[0].ledger) as found:
        spent = {row["task"]: row["calls"] for row in ledger.totals(found, {"account": "judged"})}
    assert sum(spent.values()) == 6
    assert judge.manifest.reasons["over_budget"] == judge.rows - spent.get("judge", 0)


def test_a_key_that_is_refused_stops_the_run_and_keeps_the_table(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made, tmp_path / "here")
    monkeypatch.setenv("JUDGE_KEY", "right")
    with serving(FakeSettings(rules=RULES, key_env="JUDGE_KEY")) as fake:
        bench = Bench(tmp_path / "here", fake.url)
        with pytest.raises(TeacherError, match="not accepted"):
            bench.run()
        (folder,) = (tmp_path / "here" / "work" / "tables").glob(f"{JUDGE}-*")
        stopped = Table(folder)
        whole = bench.run(judge={"key": "JUDGE_KEY"})[JUDGE]

    assert stopped.manifest.status == "partial"
    assert stopped.manifest.reasons == {"fatal": stopped.rows}
    assert whole.folder == folder
    assert whole.manifest.status == "complete"


def test_recorded_judgements_give_the_same_table_without_a_server(
    made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made, tmp_path / "here")
    with serving(FakeSettings(rules=RULES)) as fake:
        bench = Bench(tmp_path / "here", fake.url)
        asked = bench.run()[JUDGE]
    with Ledger(bench.ledger) as found:
        ledger.export(found, bench.folder / "calls.jsonl", {})
    shutil.rmtree(asked.folder)
    bench.ledger.unlink()
    teacher = {"kind": "replay", "model": "j", "calls": "calls.jsonl"}
    replayed = bench.run(measure={"teacher": teacher})[JUDGE]

    assert replayed.manifest.content == asked.manifest.content


Refused = Callable[..., str]


@pytest.fixture
def refused(made: Path) -> Refused:
    def why(**changed: Any) -> str:  # noqa: ANN401
        with pytest.raises(RecipeError) as error:
            Bench(made, "http://127.0.0.1:9/v1").stages(**changed)
        assert "\n" not in str(error.value)
        return str(error.value)

    return why


def test_a_rule_on_a_score_needs_somebody_who_judges(refused: Refused) -> None:
    said = refused(screen={"examples": {"keep": {"good": "judge_mean >= 4"}}})

    assert said.startswith("screen.examples.measures.judge: ")
    assert "measures: {judge: {teacher: …}}" in said


def test_a_teacher_that_is_not_there_is_named(refused: Refused) -> None:
    writers = {"teachers": [{"kind": "openai", "model": "large", "base_url": "http://[::1]/v1"}]}

    said = refused(measure={"teacher": "lagre"}, synthesize=writers)
    alone = refused(measure={"teacher": "lagre"})

    assert said.startswith("screen.examples.measures.judge.teacher: lagre")
    assert "Did you mean large?" in said
    assert "write a block" in alone


def test_a_judge_that_costs_money_needs_a_budget(refused: Refused) -> None:
    said = refused(judge={"prices": {"input": 1, "output": 1}})

    assert "synthesize.budget is missing" in said


def test_a_strange_host_has_to_be_allowed(refused: Refused) -> None:
    assert "--allow-host judge.example" in refused(judge={"base_url": "http://judge.example/v1"})


def test_passages_are_not_judged(refused: Refused) -> None:
    said = refused(screen={"passages": {"keep": {"good": "judge_mean >= 4"}}})

    assert "Move it, and its rule, to screen.examples." in said


def test_a_misspelt_parameter_is_named(refused: Refused) -> None:
    assert "Parameters of judge: teacher, samples" in refused(measure={"smaples": 2})


def test_screening_a_plain_file_names_the_way_to_a_judge(tmp_path: Path) -> None:
    from recipes import plain_screen
    from schemas.recipe import Screen

    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"question": "Why?", "answer": "So."}\n')
    settings = Screen.model_validate({"keep": {"good": "judge_mean >= 4"}})

    with pytest.raises(RetortError, match=r"recipe.*screen\.examples\.measures\.judge\.teacher"):
        plain_screen.screen(rows, tmp_path / "out.parquet", settings, (), None, None, None)
