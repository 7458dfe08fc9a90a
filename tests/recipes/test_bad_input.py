"""What a user can repair is one line on standard error and exit 2; nothing is half written."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.tables import Table

Retort = Callable[..., Any]


def refused(ended: Any, *parts: str) -> None:  # noqa: ANN401  the conftest's Ended
    assert ended.status == 2, ended.err
    assert ended.err.startswith("retort: ")
    assert len(ended.err.strip().splitlines()) == 1, ended.err
    assert "Traceback" not in ended.err
    for part in parts:
        assert part in ended.err


@pytest.fixture
def copy(papers: Path, tmp_path: Path) -> Path:
    """The papers, to be changed."""
    shutil.copytree(papers, tmp_path / "papers")
    return tmp_path / "papers"


def test_a_missing_file(copy: Path, retort: Retort) -> None:
    refused(retort("run", "nothing.yaml", cwd=copy), "nothing.yaml", "no such file")
    refused(retort("segment", "no.parquet", "-o", "p.parquet", cwd=copy), "no.parquet")
    refused(retort("collect", "nowhere", "-o", "d.parquet", cwd=copy), "nowhere")
    refused(retort("why", "0123456789", cwd=copy), "no such run")
    refused(retort("diff", "a", "b", cwd=copy), "no such run")
    assert sorted(path.name for path in copy.iterdir()) == ["domain", "general", "small.yaml"]


def test_a_typo_in_a_recipe(copy: Path, retort: Retort) -> None:
    recipe = (copy / "small.yaml").read_text().replace("threshold", "treshold")
    (copy / "small.yaml").write_text(recipe)

    refused(retort("run", "small.yaml", cwd=copy), "treshold", "did you mean threshold?")
    assert not (copy / "work").exists()


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ("screen.passages.keep.bad=n_wrods > 1", ("keep.bad", "n_wrods", "n_words")),
        ("screen.passages.keep.bad=random() > 1", ("keep.bad", "random")),
        ("screen.examples.keep.bad=messages is null", ("keep.bad", "messages")),
        ("screen.examples.keep.bad=n_words", ("keep.bad", "boolean", "n_words")),
        ("screen.passages.preset=sciense", ("preset", "sciense", "science")),
        ("screen.passages.measures.lenght={}", ("lenght", "length")),
        ("screen.passages.measures.length={txt: a}", ("length", "txt")),
        ("screen.passages.measures.length={text: nothing}", ("length", "nothing")),
        ("screen.passages.measures.duplicates={floor: 0.9}", ("floor", "0.9", "threshold")),
        ("collect.domain.0.license=MYOB", ("MYOB",)),
        ("collect.domain.0.fields={txet: a}", ("txet", "text")),
        ("mix.size=100000", ("mix.parts", "100000", "largest size")),
    ],
)
def test_a_value_that_cannot_be(
    copy: Path, retort: Retort, change: str, parts: tuple[str, ...]
) -> None:
    ended = retort("run", "small.yaml", "--set", change, cwd=copy)

    refused(ended, *(part for part in parts if part != "boolean"))
    assert not list(copy.glob("work/tables/*.writing"))


def test_a_stage_that_is_none(copy: Path, retort: Retort) -> None:
    refused(retort("run", "small.yaml", "--until", "nix", cwd=copy), "nix", "mix")


def test_an_unreadable_parquet_that_was_named(copy: Path, retort: Retort) -> None:
    (copy / "broken.parquet").write_bytes(b"PAR1 not really PAR1")

    for verb in ("collect", "segment", "synthesize", "screen"):
        ended = retort(verb, "broken.parquet", "-o", "out.parquet", cwd=copy)
        refused(ended, "broken.parquet")
    change = "collect.domain.0.paths=[broken.parquet]"
    refused(retort("run", "small.yaml", "--set", change, cwd=copy), "broken.parquet")
    assert not list(copy.glob("*out.parquet*"))


def test_a_source_without_text(copy: Path, retort: Retort) -> None:
    (copy / "blank").mkdir()
    (copy / "blank" / "a.md").write_text("---\ntitle: Nothing\n---\n\n")
    change = "collect.domain.0.paths=[blank]"

    refused(retort("run", "small.yaml", "--set", change, cwd=copy), "blank", "no-text")
    refused(retort("collect", "blank", "-o", "d.parquet", cwd=copy), "blank", "no-text")
    (copy / "blank" / "a.md").unlink()
    refused(retort("run", "small.yaml", "--set", change, cwd=copy), "blank", "empty")


@pytest.mark.slow
def test_an_empty_mixture(copy: Path, retort: Retort) -> None:
    change = "screen.examples.keep.none=n_words > 100000"
    ended = retort("run", "small.yaml", "--set", change, cwd=copy)

    refused(ended, "mix.parts", "0 of the", "are kept", "none")
    assert not list(copy.glob("work/tables/mix*"))
    assert retort("run", "small.yaml", cwd=copy).status == 0


@pytest.mark.slow
def test_documents_that_give_no_passage_and_no_example(copy: Path, retort: Retort) -> None:
    for folder in ("domain", "general"):
        for path in (copy / folder).iterdir():
            path.write_text(f"# {path.stem}\n\nWords without a verb or end {path.stem}\n")

    refused(retort("run", "small.yaml", cwd=copy), "mix.parts")


@pytest.mark.parametrize("name", ["train.py", "schemas/__init__.py", "curate.py", "schemas/x.py"])
def test_a_file_that_shadows_a_package_of_ours_is_named(
    copy: Path, tmp_path: Path, retort: Retort, name: str
) -> None:
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("raise SystemExit('the wrong module')\n")

    done = subprocess.run(
        [sys.executable, "-m", "retort", "--help"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    installed = retort("run", "small.yaml", "--until", "collect", cwd=copy)

    assert done.returncode == 2, done.stdout
    assert len(done.stderr.strip().splitlines()) == 1
    assert name.split("/")[0].removesuffix(".py") in done.stderr
    assert str(copy) in done.stderr or "a folder without code" in done.stderr
    assert installed.status == 0, installed.err


def limited(copy: Path, n_bytes: int) -> "subprocess.CompletedProcess[str]":
    """Run the recipe where no file may grow beyond a size, as on a disk that fills up."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "retort", "run", "small.yaml"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes)),
    )


@pytest.mark.slow
def test_a_full_disk(copy: Path, retort: Retort) -> None:
    ended = limited(copy, 20_000)

    assert ended.returncode == 2, ended.stderr
    assert "no space left" in ended.stderr and len(ended.stderr.strip().splitlines()) == 1
    assert not list(copy.glob("work/tables/*.writing"))
    for table in copy.glob("work/tables/*"):
        assert Table(table).manifest.status == "complete"
    assert retort("run", "small.yaml", cwd=copy).status == 0


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_really_full_disk(copy: Path, retort: Retort) -> None:
    disk = copy / "work"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        ended = retort("run", "small.yaml", cwd=copy)
        refused(ended, "no space left")
        assert not list(disk.glob("tables/*.writing"))
        for table in disk.glob("tables/*"):
            assert Table(table).manifest.status == "complete"
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        assert retort("run", "small.yaml", cwd=copy).status == 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_work_folder_that_cannot_be_used(copy: Path, retort: Retort) -> None:
    (copy / "work").write_text("a file")

    refused(retort("run", "small.yaml", cwd=copy), "work", "--work")


def test_an_output_that_cannot_be_written(copy: Path, retort: Retort) -> None:
    refused(retort("collect", "domain", "-o", "no/d.parquet", cwd=copy), "no is not a folder")
    refused(retort("collect", "domain", "-o", "d.xlsx", cwd=copy), ".xlsx")
    refused(retort("collect", "domain", "-o", "general", cwd=copy), "general", "not a table")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["frobnicate"], ("frobnicate", "retort --help")),
        (["run"], ("recipe", "retort run --help")),
        (["run", "small.yaml", "--sett", "a=b"], ("--sett", "retort run --help")),
        (["segment", "d.parquet", "-o", "p.parquet", "--max-words", "many"], ("--max-words",)),
        (["segment", "d.parquet", "-o", "p.parquet", "--max-words", "3"], ("max_words", "20")),
        (["synthesize", "d.parquet", "-o", "e.parquet", "--teacher", "oracle"], ("miner",)),
        (["screen", "d.parquet", "-o", "v.parquet", "--keep", "n_words > 3"], ("name=value",)),
    ],
)
def test_a_slip_on_the_command_line(
    copy: Path, retort: Retort, arguments: list[str], parts: tuple[str, ...]
) -> None:
    refused(retort(*arguments, cwd=copy), *parts)


def test_no_verb_shows_the_help(copy: Path, retort: Retort) -> None:
    shown = retort(cwd=copy)

    assert shown.status == 2
    assert "Commands:" in shown.err


@pytest.mark.parametrize(
    ("row", "arguments", "part"),
    [
        ({"text": ["a"]}, ["--measures", "length"], "not text"),
        ({"text": {"a": 1}}, ["--unique", "0.8"], "not text"),
        ({"text": {"a": 1}}, ["--measures", "length"], "not text"),
        ({"text": "a"}, ["--measures", "license"], "license"),
        ({"text": "a"}, ["--measures", "grounding"], "instruction"),
        ({"messages": "hi"}, ["--measures", "length"], "messages"),
        ({"messages": [{"who": "me"}]}, ["--measures", "length"], "messages"),
        (
            {"messages": [{"role": "user", "content": "a"}], "evidence": 3, "context": "a"},
            ["--measures", "grounding"],
            "grounding",
        ),
    ],
)
def test_a_column_of_another_type(
    copy: Path, retort: Retort, row: dict[str, object], arguments: list[str], part: str
) -> None:
    (copy / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 2)

    refused(retort("screen", "rows.jsonl", "-o", "v.parquet", *arguments, cwd=copy), part)
    assert not (copy / "v.parquet").exists()


def test_messages_that_are_no_conversation_are_not_mixed(copy: Path, retort: Retort) -> None:
    (copy / "rows.jsonl").write_text('{"messages": "hi"}\n' * 50)

    refused(retort("mix", "--part", "a=rows.jsonl:1.0", "-o", "m", cwd=copy), "messages")


def test_kept_rows_in_another_form_are_refused_before_anything_is_written(
    copy: Path, retort: Retort
) -> None:
    (copy / "rows.jsonl").write_text('{"text": "a"}\n')

    ended = retort("screen", "rows.jsonl", "-o", "v.parquet", "--kept", "k.csv", cwd=copy)
    refused(ended, "k.csv", ".jsonl")
    assert not (copy / "v.parquet").exists()
