"""The verbs over a recipe and its runs, as a user meets them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

Retort = Callable[..., Any]
STAGES = [
    "read.domain.0",
    "read.general.0",
    "collect",
    "segment",
    "screen.passages.boilerplate",
    "screen.passages.duplicates",
    "screen.passages.injection",
    "screen.passages.kind",
    "screen.passages.length",
    "screen.passages.license",
    "screen.passages.signals",
    "screen.passages",
    "synthesize",
    "screen.examples.duplicates",
    "screen.examples.grounding",
    "screen.examples.length",
    "screen.examples",
    "mix",
]


@pytest.fixture
def work(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished work folder, to be changed."""
    shutil.copytree(finished, tmp_path / "work")
    return tmp_path / "work"


def run_of(work: Path) -> Path:
    (run,) = (work / "runs").iterdir()
    return run


def test_json_is_one_object_of_the_promised_form(papers: Path, work: Path, retort: Retort) -> None:
    told = retort("run", "small.yaml", "--work", work, "--json", cwd=papers).json

    assert set(told) == {"run", "report", "stages", "scores"}
    assert sorted(stage["name"] for stage in told["stages"]) == sorted(STAGES)
    for stage in told["stages"]:
        assert set(stage) == {"name", "table", "rows", "kept", "seconds", "reused"}
        assert (Path(stage["table"]) / "manifest.json").is_file()
    assert Path(told["report"]).is_file()
    assert told["scores"] == []


def test_a_run_folder_holds_the_resolved_recipe_the_report_and_the_data_set(
    papers: Path, work: Path, retort: Retort
) -> None:
    run = run_of(work)

    assert {path.name for path in run.iterdir()} == {
        "recipe.yaml",
        "run.json",
        "report.html",
        "dataset",
    }
    (run / "again.yaml").write_text((run / "recipe.yaml").read_text())
    again = retort("run", run / "again.yaml", "--work", work, "--json", cwd=papers)
    assert all(stage["reused"] for stage in again.json["stages"]), again.err


def test_the_data_set_loads_as_conversational_prompt_and_completion(work: Path) -> None:
    import datasets

    folder = run_of(work) / "dataset"
    files = {split: str(folder / f"{split}.parquet") for split in ("train", "valid", "test")}
    loaded = datasets.load_dataset(
        "parquet", data_files=files, cache_dir=str(work / "cache"), keep_in_memory=True
    )

    assert len(loaded["train"]) == 200
    row = loaded["train"][0]
    assert [turn["role"] for turn in row["prompt"]] == ["user"]
    assert [turn["role"] for turn in row["completion"]] == ["assistant"]
    assert {row["split"] for row in loaded["test"]} == {"test"}


def test_until_stops_after_a_stage_and_the_run_goes_on_from_there(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    work = tmp_path / "work"
    first = retort("run", "small.yaml", "--work", work, "--until", "segment", "--json", cwd=papers)
    then = retort("run", "small.yaml", "--work", work, "--json", cwd=papers)
    again = retort("run", "small.yaml", "--work", work, "--until", "collect", cwd=papers)

    assert [stage["name"] for stage in first.json["stages"]] == STAGES[:4]
    assert [stage["reused"] for stage in then.json["stages"][:5]] == [True] * 4 + [False]
    assert again.status == 0
    kept = json.loads((run_of(work) / "run.json").read_text())["stages"]
    assert len(kept) == len(STAGES)


def test_a_preview_shows_examples_and_writes_none(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    work = tmp_path / "work"
    shown = retort("run", "small.yaml", "--work", work, "--preview", "3", cwd=papers)
    as_json = retort("run", "small.yaml", "--work", work, "--preview", "3", "--json", cwd=papers)

    assert shown.out.count("assistant:") == shown.out.count("user:") == 3
    assert shown.out.count("evidence") >= 3
    assert len(as_json.json["examples"]) == 3
    assert not list((work / "tables").glob("synthesize-*"))
    assert not list((work / "runs").iterdir())


def test_a_plan_says_what_is_done_and_does_nothing(
    papers: Path, work: Path, tmp_path: Path, retort: Retort
) -> None:
    done = retort("plan", "small.yaml", "--work", work, "--json", cwd=papers).json
    changed = retort(
        *("plan", "small.yaml", "--work", work, "--set", "segment.max_words=60", "--json"),
        cwd=papers,
    ).json
    fresh = retort("plan", "small.yaml", "--work", tmp_path / "none", "--json", cwd=papers).json

    assert {stage["state"] for stage in done["stages"]} == {"done"}
    assert [stage["state"] for stage in changed["stages"]] == ["done"] * 3 + ["to do"] + [
        "depends"
    ] * (len(STAGES) - 4)
    assert fresh["stages"][0]["state"] == "to do"
    assert (done["calls"], done["usd"], done["seconds"]) == (0, 0.0, 0)
    assert changed["seconds"] > 0 and changed["peak_memory_bytes"] > 1 << 20
    assert fresh["seconds"] is None
    assert not (tmp_path / "none").exists()


def test_clean_deletes_what_no_run_refers_to_after_asking(
    papers: Path, work: Path, retort: Retort
) -> None:
    before = {path.name for path in (work / "tables").iterdir()}
    retort("run", "small.yaml", "--work", work, "--set", "mix.size=100", cwd=papers)
    old = next(run for run in (work / "runs").iterdir() if "size: 100" in _recipe(run))
    shutil.rmtree(old)

    asked = retort("clean", "--work", work, cwd=papers)
    assert asked.status != 0 or "Nothing deleted" in asked.out
    assert len(list((work / "tables").iterdir())) == len(before) + 1
    cleaned = retort("clean", "--work", work, "--yes", cwd=papers)

    assert "Deleted 1 tables" in cleaned.out
    assert {path.name for path in (work / "tables").iterdir()} == before


def _recipe(run: Path) -> str:
    return (run / "recipe.yaml").read_text()


def test_a_report_is_written_again(papers: Path, work: Path, retort: Retort) -> None:
    page = run_of(work) / "report.html"
    before = page.read_bytes()
    page.unlink()

    told = retort("report", "small", "--work", work, cwd=papers)

    assert told.out.strip() == str(page)
    assert page.read_bytes() == before


def test_doctor_names_packages_extras_and_keys_without_values(papers: Path, retort: Retort) -> None:
    told = retort("doctor", "--json", cwd=papers, env={"HF_TOKEN": "hf_secret"})

    assert told.json["packages"]["duckdb"]
    assert set(told.json["extras"]) == {"train", "docling", "chem", "eval"}
    assert told.json["keys"]["HF_TOKEN"] is True
    assert "hf_secret" not in told.out


def test_set_reads_numbers_lists_and_places(papers: Path, tmp_path: Path, retort: Retort) -> None:
    done = retort(
        *("run", "small.yaml", "--work", tmp_path / "work", "--until", "collect"),
        *("--set", "holdout.valid=2e-1", "--set", "collect.general.0.paths=[domain]"),
        cwd=papers,
    )
    resolved = yaml.safe_load(_recipe(run_of(tmp_path / "work")))

    assert done.status == 0, done.err
    assert resolved["holdout"]["valid"] == 0.2
    assert resolved["collect"]["general"][0]["paths"] == ["domain"]


def example_ids(work: Path, condition: Callable[[dict[str, Any]], bool]) -> list[str]:
    (folder,) = (work / "tables").glob("screen.examples-*")
    verdicts = pq.read_table(next(folder.glob("part-*.parquet"))).to_pylist()
    return [row["id"] for row in verdicts if condition(row)]


def passage_verdicts(work: Path) -> list[dict[str, Any]]:
    (folder,) = (work / "tables").glob("screen.passages-*")
    rows: list[dict[str, Any]] = pq.read_table(next(folder.glob("part-*.parquet"))).to_pylist()
    return rows


def test_why_tells_a_kept_row_down_to_its_source(papers: Path, work: Path, retort: Retort) -> None:
    dataset = pq.read_table(run_of(work) / "dataset" / "train.parquet").to_pylist()
    row = dataset[0]
    told = retort("why", row["example_id"], "--work", work, "--json", cwd=papers).json
    text = retort("why", row["example_id"][:10], "--work", work, cwd=papers).out

    assert told["verdict"] == {"kept": True, "failed": []}
    assert told["mixture"] == [
        {"split": "train", "position": 0, "epoch": 0, "n_tokens": None, "n_loss_tokens": None}
    ]
    assert told["messages"] == row["prompt"] + row["completion"]
    assert told["document"]["source"].startswith("file:paper-")
    assert told["document"]["license"] == "CC-BY-4.0"
    quote, passage = told["evidence"][0], told["passage"]
    assert (
        passage["text"][quote["start"] - passage["start"] : quote["end"] - passage["start"]]
        == (quote["quote"])
    )
    for part in ("kept", "train row 0", passage["id"], told["document"]["id"], "CC-BY-4.0"):
        assert part in text


@pytest.mark.slow
def test_why_tells_a_rejected_row_with_the_rule_and_what_it_saw(
    papers: Path, work: Path, retort: Retort
) -> None:
    retort(
        *("run", "small.yaml", "--work", work, "--set", "screen.examples.keep.wordy=n_words >= 40"),
        cwd=papers,
    )
    story = json.loads((work / "runs").joinpath(_latest(work), "run.json").read_text())
    folder = next(s["table"] for s in story["stages"] if s["name"] == "screen.examples")
    verdicts = pq.read_table(next((work / "tables" / folder).glob("part-*.parquet"))).to_pylist()
    rejected = next(row["id"] for row in verdicts if row["failed"] == ["wordy"])

    told = retort("why", rejected, "--work", work, "--json", cwd=papers).json
    text = retort("why", rejected, "--work", work, cwd=papers).out

    (failed,) = told["verdict"]["failed"]
    assert (failed["rule"], failed["sql"]) == ("wordy", "n_words >= 40")
    words = " ".join(turn["content"] for turn in told["messages"]).split()
    assert failed["values"] == {"n_words": len(words)}
    assert f"fails wordy: n_words >= 40 (here n_words = {len(words)})" in text
    assert "mixture   no, set aside" in text


def _latest(work: Path) -> str:
    runs = [path / "run.json" for path in (work / "runs").iterdir()]
    return max(runs, key=lambda path: path.stat().st_mtime_ns).parent.name


@pytest.mark.slow
def test_why_tells_a_duplicate_with_its_twin_and_their_similarity(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    copy = tmp_path / "papers"
    shutil.copytree(papers, copy)
    paper = (copy / "general" / "paper-003.md").read_text()
    (copy / "general" / "twin.md").write_text(paper.replace("site 3", "site 99"))
    retort("run", "small.yaml", cwd=copy)
    verdict = next(row for row in passage_verdicts(copy / "work") if row["duplicate_of"])

    told = retort("why", verdict["id"], "--json", cwd=copy).json["passage"]["verdict"]
    text = retort("why", verdict["id"], cwd=copy).out

    assert told["failed"] == [{"rule": "unique"}]
    assert told["duplicate"]["of"] == verdict["duplicate_of"]
    assert told["duplicate"]["similarity"] == verdict["similarity"] >= 0.8
    assert told["duplicate"]["its_source"].startswith("file:")
    assert f"repeats {verdict['duplicate_of']}" in text
    assert "similarity 1.000 of text, threshold 0.8" in text


def test_why_tells_a_document_and_a_passage(papers: Path, work: Path, retort: Retort) -> None:
    passage = next(row["id"] for row in passage_verdicts(work) if row["kept"])
    told = retort("why", passage, "--work", work, "--json", cwd=papers).json
    above = retort("why", told["document"]["id"], "--work", work, "--json", cwd=papers).json

    assert told["what"] == "passage"
    assert above["what"] == "document"
    assert passage in above["passages"]


def test_why_of_an_unknown_id_says_where_ids_are_found(
    papers: Path, work: Path, retort: Retort
) -> None:
    for wrong in ("ffffffffffffffffffff0000", "abc"):
        told = retort("why", wrong, "--work", work, cwd=papers)
        assert told.status == 2
        assert len(told.err.strip().splitlines()) == 1


@pytest.mark.slow
def test_diff_lists_who_changed_sides_and_by_which_rule(
    papers: Path, work: Path, retort: Retort
) -> None:
    change = "screen.examples.keep.wordy=n_words >= 40"
    retort("run", "small.yaml", "--work", work, "--set", change, cwd=papers)
    runs = sorted((work / "runs").iterdir(), key=lambda path: "wordy" in _recipe(path))

    told = retort("diff", *runs, "--work", work, "--limit", "5", "--json", cwd=papers).json
    back = retort("diff", *reversed(runs), "--work", work, "--json", cwd=papers).json
    text = retort("diff", *runs, "--work", work, cwd=papers).out

    (count,) = told["gates"]["screen.examples"]["counts"]
    assert (count["move"], count["rule"]) == ("set aside now", "wordy")
    assert count["n"] > 10
    assert len(told["gates"]["screen.examples"]["rows"]) == 5
    assert told["gates"]["screen.passages"] == {"counts": [], "rows": []}
    assert told["recipe"] == {"screen.examples.keep.wordy.sql": [None, "n_words >= 40"]}
    assert back["gates"]["screen.examples"]["counts"][0]["move"] == "kept now"
    assert f"{count['n']:,} set aside now by wordy" in text
