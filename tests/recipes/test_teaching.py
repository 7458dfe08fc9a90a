"""A model as teacher, over the command line: what is asked, paid, kept, said."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings
from tests.recipes.teachers import block, examples, manifest, stored, write_passages

Retort = Callable[..., Any]
COUNTS = {
    *("requested", "ok", "failed", "skipped", "outcomes", "examples"),
    *("calls", "calls_reused", "tokens", "usd", "seconds"),
}
PRICES = {"input": 1.0, "output": 4.0}


@pytest.fixture
def fake() -> Iterator[Serving]:
    with serving(FakeSettings()) as server:
        yield server


@pytest.fixture
def folder(papers: Path, tmp_path: Path) -> Path:
    """Six papers of each part, with the small recipe."""
    for part in ("domain", "general"):
        (tmp_path / part).mkdir()
        for path in sorted((papers / part).iterdir())[:6]:
            shutil.copy(path, tmp_path / part)
    text = (papers / "small.yaml").read_text().replace("size: 200", "size: 40")
    (tmp_path / "bare.yaml").write_text(text)
    return tmp_path


def recipe(folder: Path, synthesize: str, name: str = "small") -> str:
    (folder / f"{name}.yaml").write_text((folder / "bare.yaml").read_text() + synthesize)
    return f"{name}.yaml"


def test_the_verb_gives_one_object_whose_counts_add_up(
    fake: Serving, tmp_path: Path, retort: Retort
) -> None:
    write_passages(tmp_path / "p.parquet", 30)
    command = ("synthesize", "p.parquet", "-o", "e.parquet", "--teacher", fake.url)
    told = retort(*command, "--model", "m", "--task", "grounded-qa", "--json", cwd=tmp_path).json

    assert set(told) == COUNTS
    assert told["requested"] == told["ok"] + told["failed"] + told["skipped"] == 30
    assert (told["calls"], told["calls_reused"], told["outcomes"]) == (30, 0, {"ok": 30})
    assert told["tokens"] > 1_000
    rows = pq.read_table(tmp_path / "e.parquet").to_pylist()
    assert told["examples"] == len(rows) >= 30
    assert {row["teacher"] for row in rows} == {"m"}
    assert all(row["call_ids"] and row["evidence"] for row in rows)

    before = (tmp_path / "e.parquet").read_bytes()
    again = retort(*command, "--model", "m", "--limit", "10", "--json", cwd=tmp_path).json
    assert (again["calls"], again["calls_reused"], again["requested"]) == (0, 10, 10)
    retort(*command, "--model", "m", "--json", cwd=tmp_path)
    assert (tmp_path / "e.parquet").read_bytes() == before


def test_a_folder_of_examples_says_in_its_manifest_what_failed(
    tmp_path: Path, retort: Retort
) -> None:
    write_passages(tmp_path / "p.parquet", 40)
    with serving(FakeSettings(faults={"refusal": 0.3, "truncated": 0.2})) as fake:
        command = ("synthesize", "p.parquet", "-o", "e", "--teacher", fake.url, "--model", "m")
        told = retort(*command, "--json", cwd=tmp_path).json
    made = json.loads((tmp_path / "e" / "manifest.json").read_text())

    assert made["requested"] == made["ok"] + made["failed"] == 40
    assert made["reasons"] == {k: v for k, v in told["outcomes"].items() if k != "ok"}
    assert made["status"] == "complete"
    failures = pq.read_table(tmp_path / "e" / "failures.parquet").to_pylist()
    assert {row["reason"] for row in failures} == {"refused", "truncated"}
    assert all(row["what"].startswith("m grounded-qa ") for row in failures)


@pytest.mark.slow
def test_a_run_with_a_model_quotes_its_sources_and_a_second_run_sends_nothing(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    name = recipe(folder, block(fake.url, "grounded-qa", "facts"))
    done = retort("run", name, "--until", "mix", cwd=folder)
    assert done.status == 0, done.err
    n_sent = fake.stats()["requests"]
    documents = {
        row["id"]: row["text"]
        for path in (folder / "work" / "tables").glob("collect-*/part-*.parquet")
        for row in pq.read_table(path, columns=["id", "text"]).to_pylist()
    }
    rows = examples(folder / "work")

    assert n_sent == stored(folder / "work") > 100
    for row in rows:
        for quote in row["evidence"]:
            text = documents[row["document_id"]]
            assert text[quote["start"] : quote["end"]] == quote["quote"]
    told = manifest(folder / "work", "synthesize")["facts"]
    assert [one["task"] for one in told["teachers"]] == ["grounded-qa", "facts"]
    assert sum(one["examples"] for one in told["teachers"]) == len(rows)
    assert 0 < told["coverage"]["sentences_covered"] <= told["coverage"]["sentences"]

    (folder / "bare.yaml").write_text((folder / "bare.yaml").read_text().replace("40", "50"))
    again = retort("run", recipe(folder, block(fake.url, "grounded-qa", "facts")), cwd=folder)
    assert again.status == 0, again.err
    assert fake.stats()["requests"] == n_sent


@pytest.mark.slow
def test_how_a_teacher_is_reached_changes_no_table(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    first = recipe(folder, block(fake.url))
    assert retort("run", first, "--until", "synthesize", cwd=folder).status == 0
    other = block(f"{fake.url}/", concurrency=2, rpm=100_000, prices=PRICES, budget="{usd: 3}")
    told = retort("run", recipe(folder, other), "--until", "synthesize", "--json", cwd=folder).json

    assert all(stage["reused"] for stage in told["stages"])


@pytest.mark.slow
def test_plan_foresees_the_calls_that_a_run_then_makes(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    name = recipe(folder, block(fake.url, prices=PRICES, budget="{usd: 3}"))
    before = retort("plan", name, "--json", cwd=folder).json
    assert before["calls"] is None
    retort("run", name, "--until", "screen.passages", cwd=folder)
    planned = retort("plan", name, "--json", cwd=folder).json
    assert planned["calls"] > 50 and planned["usd"] > 0 and planned["tokens"] > 10_000
    assert fake.stats()["requests"] == 0 and not (folder / "work" / "calls.sqlite").exists()

    retort("run", name, "--until", "synthesize", cwd=folder)

    assert fake.stats()["answered"] == planned["calls"]
    (paid,) = manifest(folder / "work", "synthesize")["facts"]["teachers"]
    assert paid["usd"] == pytest.approx(planned["usd"], rel=0.6)
    assert retort("plan", name, "--json", cwd=folder).json["calls"] == 0


@pytest.mark.slow
def test_a_preview_shows_pairs_that_the_run_does_not_pay_for_again(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    name = recipe(folder, block(fake.url))
    shown = retort("run", name, "--preview", "3", "--json", cwd=folder).json["examples"]
    n_sent = fake.stats()["requests"]
    assert len(shown) == 3 and n_sent <= 8
    assert all(row["evidence"] for row in shown)

    retort("run", name, "--until", "synthesize", cwd=folder)

    assert fake.stats()["answered_again"] == 0
    made = {row["id"] for row in examples(folder / "work")}
    assert {row["id"] for row in shown} <= made


@pytest.mark.slow
def test_a_budget_stops_within_the_calls_in_flight_and_a_higher_one_goes_on(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    given = {"prices": {"input": 100.0, "output": 400.0}, "concurrency": 4}
    name = recipe(folder, block(fake.url, budget="{usd: 1}", **given))
    done = retort("run", name, "--until", "screen.examples", cwd=folder)
    told = manifest(folder / "work", "synthesize")
    (paid,) = told["facts"]["teachers"]
    dearest = max(call["usd"] for call in calls(folder, retort))

    assert done.status == 0, done.err
    assert 1 - dearest <= paid["usd"] <= 1 + 4 * dearest
    assert told["status"] == "partial" and told["reasons"]["over_budget"] > 0
    assert "the budget is spent: $1 (paid $" in done.err
    n_first = fake.stats()["answered"]
    assert 5 < n_first < told["requested"]

    same = retort("run", name, "--until", "screen.examples", cwd=folder)
    assert same.status == 0 and fake.stats()["answered"] == n_first

    higher = recipe(folder, block(fake.url, budget="{usd: 1000}", **given))
    assert retort("run", higher, "--until", "screen.examples", cwd=folder).status == 0
    told = manifest(folder / "work", "synthesize")
    assert told["status"] == "complete" and not told["reasons"]
    assert fake.stats()["answered_again"] == 0


def calls(folder: Path, retort: Retort) -> list[dict[str, Any]]:
    listed = retort("calls", "--list", "--limit", "9999", "--json", cwd=folder).json["calls"]
    found: list[dict[str, Any]] = listed
    return found


def test_a_priced_teacher_without_a_budget_is_an_error(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    name = recipe(folder, block(fake.url, prices=PRICES))
    done = retort("run", name, cwd=folder)

    assert done.status == 2 and done.err.count("\n") == 1
    assert "synthesize.budget is missing" in done.err
    assert fake.stats()["requests"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["unknown model", "bad key", "quota"])
def test_a_fatal_error_stops_at_once_and_keeps_what_was_paid(
    fault: str, folder: Path, retort: Retort
) -> None:
    settings = {
        "unknown model": {"models": ("another",)},
        "bad key": {"key_env": "FAKE_TEACHER_KEY"},
        "quota": {"faults": {"insufficient_quota": 0.1}, "fault_attempts": 99},
    }[fault]
    keys = {"FAKE_TEACHER_KEY": "sk-the-right-one"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_TEACHER_KEY", keys["FAKE_TEACHER_KEY"])
        with serving(FakeSettings.model_validate(settings)) as fake:
            name = recipe(folder, block(fake.url, key="WRONG_KEY", concurrency=8))
            env = {"WRONG_KEY": "sk-wrong-and-secret"}
            done = retort("run", name, "--until", "mix", cwd=folder, env=env)
            seen = fake.stats()

    assert done.status == 2 and done.err.count("\n") == 1, done.err
    assert "What was paid is kept" in done.err
    told = manifest(folder / "work", "synthesize")
    assert told["status"] == "partial"
    assert told["reasons"]["fatal"] > 0
    assert seen["requests"] < told["requested"]
    assert stored(folder / "work") == seen["answered"]
    for path in [*(folder / "work").rglob("*"), *(folder / "work" / "tables").rglob("*")]:
        if path.is_file():
            assert b"sk-wrong-and-secret" not in path.read_bytes(), path
    assert "sk-wrong" not in done.err + done.out


@pytest.mark.slow
def test_after_an_outage_the_next_run_asks_only_what_failed(folder: Path, retort: Retort) -> None:
    with serving(FakeSettings(faults={"server_error": 0.2}, fault_attempts=2)) as fake:
        name = recipe(folder, block(fake.url, retries=1))
        first = retort("run", name, "--until", "synthesize", cwd=folder)
        told = manifest(folder / "work", "synthesize")
        n_failed = told["reasons"]["server_error"]
        before = fake.stats()
        assert first.status == 0 and told["status"] == "partial" and n_failed > 5

        second = retort("run", name, "--until", "synthesize", cwd=folder)
        after = fake.stats()

    assert second.status == 0
    assert manifest(folder / "work", "synthesize")["status"] == "complete"
    assert after["answered"] - before["answered"] == n_failed
    assert after["answered_again"] == 0


@pytest.mark.slow
def test_terms_travel_with_rows_and_keep_untrainable_ones_out(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    terms = {"output_license": "some-terms", "trainable": False}
    told = retort(
        *("run", recipe(folder, block(fake.url, **terms)), "--until", "screen.examples", "--json"),
        cwd=folder,
    ).json
    rows = examples(folder / "work")

    assert {row["teacher_license"] for row in rows} == {"some-terms"}
    assert {row["trainable"] for row in rows} == {False}
    assert told["stages"][-1]["kept"] == 0

    allowed = block(fake.url, **terms) + "\n"
    (folder / "bare.yaml").write_text(
        (folder / "bare.yaml")
        .read_text()
        .replace("examples: {preset", "examples: {keep: {trainable: true}, preset")
    )
    told = retort(
        *("run", recipe(folder, allowed), "--until", "screen.examples", "--json"), cwd=folder
    ).json
    assert told["stages"][-1]["kept"] > 0


def test_invented_quotes_are_set_aside_whatever_the_recipe_says(
    folder: Path, retort: Retort
) -> None:
    bare = (folder / "bare.yaml").read_text()
    (folder / "bare.yaml").write_text(bare.replace("examples: {preset: science, ", "examples: {"))
    with serving(FakeSettings(faults={"wrong_quotes": 0.3})) as fake:
        name = recipe(folder, block(fake.url))
        done = retort("run", name, "--until", "screen.examples", "--json", cwd=folder)
        n_wrong = fake.stats()["faults"]["wrong_quotes"]
    assert done.status == 0, done.err
    rows = examples(folder / "work")
    invented = [row for row in rows if any(one["match"] == "none" for one in row["evidence"])]

    assert n_wrong > 5 and len(invented) >= n_wrong
    rules = manifest(folder / "work", "screen.examples")["facts"]["rules"]
    assert rules["grounded"] == len(invented)


@pytest.mark.slow
def test_replayed_calls_give_the_same_rows_without_a_server(
    fake: Serving, folder: Path, retort: Retort
) -> None:
    name = recipe(folder, block(fake.url))
    retort("run", name, "--until", "synthesize", cwd=folder)
    made = manifest(folder / "work", "synthesize")
    told = retort("calls", "--export", "calls.jsonl", "--json", cwd=folder).json
    assert told["calls"] == stored(folder / "work")
    n_sent = fake.stats()["requests"]

    replay = "\nsynthesize: {teachers: [{kind: replay, model: fake-1, calls: calls.jsonl}]}\n"
    again = retort(
        *("run", recipe(folder, replay), "--until", "synthesize", "--work", "other"), cwd=folder
    )

    assert again.status == 0, again.err
    replayed = manifest(folder / "other", "synthesize")
    assert replayed["content"] == made["content"]
    assert fake.stats()["requests"] == n_sent
    assert stored(folder / "other") == 0


def test_calls_totals_lists_and_shows(fake: Serving, tmp_path: Path, retort: Retort) -> None:
    none = retort("calls", cwd=tmp_path)
    assert none.status == 2 and "no teacher was asked here yet" in none.err
    write_passages(tmp_path / "p.parquet", 5)
    retort(
        *("synthesize", "p.parquet", "-o", "e.jsonl", "--teacher", fake.url, "--model", "m"),
        cwd=tmp_path,
    )
    (total,) = retort("calls", "--json", cwd=tmp_path).json["totals"]
    assert (total["teacher"], total["task"], total["calls"]) == ("m", "grounded-qa", 5)
    (first, *_) = calls(tmp_path, retort)
    one = retort("calls", first["key"], "--json", cwd=tmp_path).json
    assert one["request"]["messages"][1]["content"].count("<passage>") == 1
    assert one["reply"]["choices"][0]["message"]["content"]
    assert "[reply]" in retort("calls", first["key"], cwd=tmp_path).out
    assert retort("calls", "ffffff", cwd=tmp_path).status == 2


@pytest.mark.slow
def test_a_replayed_teacher_that_knew_nothing_does_not_stand_for_the_model(
    tmp_path: Path, retort: Retort
) -> None:
    (tmp_path / "alpaca.json").write_text(json.dumps(ADDED))
    bare = (
        "name: sums\ncollect: {general: [{from: files, paths: [alpaca.json], license: MIT}]}\n"
        "mix: {parts: {general: 1}}\n"
    )
    tasks = "tasks: [{task: reasoning, read_from: instructions}]"
    (tmp_path / "r.yaml").write_text(
        f"{bare}synthesize: {{teachers: [{{kind: replay, model: fake-1}}], {tasks}}}\n"
    )
    first = retort("run", "r.yaml", "--until", "synthesize", cwd=tmp_path)
    assert first.status == 0, first.err
    told = manifest(tmp_path / "work", "synthesize")
    assert (told["status"], told["reasons"]) == ("partial", {"not_recorded": len(ADDED)})

    ten = {"match": ".", "answer": {"steps": ["Take it away, then add it."], "answer": "10"}}
    with serving(FakeSettings.model_validate({"rules": [ten]})) as fake:
        (tmp_path / "r.yaml").write_text(bare + block(fake.url, tasks[len("tasks: [") : -1]))
        shown = retort("run", "r.yaml", "--preview", "1", "--json", cwd=tmp_path)
        assert len(shown.json["examples"]) == 1
        assert fake.stats()["answered"] <= 4, "a preview asks about a few problems at a time"
        again = retort("run", "r.yaml", "--until", "synthesize", cwd=tmp_path)
    assert again.status == 0
    solved = [row for row in examples(tmp_path / "work") if row["teacher"] == "fake-1"]
    assert len(solved) == stored(tmp_path / "work") == len(ADDED)


ADDED = [
    {"instruction": f"What is 10 - {n} + {n}?", "input": "", "output": "#### 10"}
    for n in range(2, 22)
]


OWN = """---
fields:
  question: asks for a mechanism
  answer: one or two sentences
  quote: a sentence of the passage, verbatim
many: 2
instruction: "{question} (about {title})"
response: "{answer}"
---
## system
You ask about mechanisms.
## user
<passage>
{passage}
</passage>
"""


@pytest.mark.slow
def test_a_users_own_task_is_a_markdown_file(fake: Serving, folder: Path, retort: Retort) -> None:
    (folder / "mechanism.md").write_text(OWN)
    name = recipe(folder, block(fake.url, "mechanism.md"))
    done = retort("run", name, "--until", "screen.examples", cwd=folder)
    assert done.status == 0, done.err
    rows = examples(folder / "work")

    assert {row["task"] for row in rows} == {"mechanism"}
    assert all("(about On the" in row["messages"][0]["content"] for row in rows)
    n_sent = fake.stats()["requests"]
    (folder / "mechanism.md").write_text(OWN.replace("(about {title})", "[{title}]"))
    assert retort("run", name, "--until", "screen.examples", cwd=folder).status == 0
    assert fake.stats()["requests"] == n_sent, "what becomes of a reply is read anew, for nothing"
    (folder / "mechanism.md").write_text(OWN.replace("answer: one", "anwser: one"))
    wrong = retort("run", name, cwd=folder)
    assert wrong.status == 2 and "mechanism.md" in wrong.err and wrong.err.count("\n") == 1


@pytest.mark.parametrize(
    ("synthesize", "said"),
    [
        (
            "{teachers: [{kind: openai, model: m, base_url: 'http://evil.example/v1'}]}",
            "allow-host",
        ),
        (
            "{teachers: [{kind: openai, model: m, base_url: 'http://127.0.0.1:9/v1', "
            "key: OPENAI_API_KEY}]}",
            "belongs to another service",
        ),
        ("{teachers: [{kind: openai, model: m}]}", "synthesize.budget is missing"),
        ("{teachers: [{kind: openai, model: m}], budget: {usd: 1}}", "has no prices"),
        (
            "{teachers: [{kind: openai, model: m}], tasks: [grounded-aq], budget: {calls: 1}}",
            "grounded-qa",
        ),
        ("{teachers: [{kind: openai, modle: m}]}", "did you mean model?"),
        ("{teachers: [{kind: opneai, model: m}]}", "needs `kind: miner`"),
        ("{teachers: 5}", "synthesize.teachers"),
        ("{tasks: [{task: reading-comprehension, parts: [domian]}]}", "names domian, but collect"),
        ("{tasks: [{task: reading-comprehension, pairs: 3}]}", "has no settings"),
        ("{teachers: [{kind: miner}], tasks: [facts]}", "has nothing to do"),
        ("{teachers: [{kind: replay, model: m, calls: none.jsonl}]}", "does not exist"),
        (
            "{teachers: [{kind: openai, model: m, base_url: 'http://127.0.0.1:9/v1'}], "
            "tasks: [{task: grounded-qa, piars: 2}]}",
            "Did you mean pairs?",
        ),
        (
            "{teachers: [{kind: openai, model: m, base_url: 'http://127.0.0.1:9/v1', "
            "key: NO_SUCH_VARIABLE_IS_SET}]}",
            "NO_SUCH_VARIABLE_IS_SET is not set",
        ),
    ],
)
def test_a_block_that_cannot_be_is_one_line(
    synthesize: str, said: str, folder: Path, retort: Retort
) -> None:
    name = recipe(folder, f"\nsynthesize: {synthesize}\n")
    done = retort("run", name, "--until", "synthesize", cwd=folder)

    assert done.status == 2
    assert done.err.count("\n") == 1 and said in done.err, done.err
