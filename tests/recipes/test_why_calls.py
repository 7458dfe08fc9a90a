"""`retort why` tells of the teacher calls behind an example, and `retort run` what they cost."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curate.synthesize.calls import Ledger, path_in
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from recipes import dollars, why_calls
from recipes.run_tables import RunTables
from recipes.why import lines, why
from recipes.work import Work
from tests.conftest import RECIPE, write_papers

TEACHER = """
synthesize:
  teachers:
    - {{kind: miner}}
    - kind: openai
      model: fake-1
      base_url: "{url}"
      prices: {{input: 1, output: 3}}
      output_license: some-terms
  tasks: [reading-comprehension, grounded-qa]
  budget: {{usd: 5}}
"""


@dataclass(frozen=True)
class Ran:
    """A run with a model, and what it printed."""

    work: Path
    out: str
    again: str
    """What a second run printed."""
    page: str

    @property
    def tables(self) -> RunTables:
        """The run's tables."""
        (run,) = (self.work / "runs").iterdir()
        return RunTables(run, Work(self.work))

    def example(self, n_calls: int) -> dict[str, Any]:
        """The first example with so many calls behind it."""
        (folder,) = (self.work / "tables").glob("synthesize-*")
        (file,) = folder.glob("part-*.parquet")
        rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
        return next(row for row in rows if len(row["call_ids"]) == n_calls)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """A run of a few papers against a server that answers a part of them badly."""
    folder = tmp_path_factory.mktemp("asked")
    write_papers(folder / "domain", 4, seed=1)
    write_papers(folder / "general", 3, seed=2)
    faults: Any = {"invalid_json": 0.2, "wrong_quotes": 0.1}
    with serving(FakeSettings(faults=faults)) as server:
        recipe = RECIPE.replace("size: 200", "size: 8") + TEACHER.format(url=server.url)
        (folder / "small.yaml").write_text(recipe, encoding="utf-8")
        command = [sys.executable, "-P", "-m", "retort", "run", "small.yaml", "--until", "mix"]
        said = []
        for _ in range(2):
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=200, check=False
            )
            assert done.returncode == 0, done.stderr
            said.append(done.stdout)
    (page,) = (folder / "work" / "runs").glob("*/report.html")
    yield Ran(folder / "work", said[0], said[1], page.read_text(encoding="utf-8"))


def test_a_call_is_told_with_who_where_when_and_what_it_took(ran: Ran) -> None:
    row = ran.example(1)
    (call,) = why(ran.tables, row["id"])["calls"]
    with Ledger(path_in(ran.work)) as ledger:
        stored = ledger.get(row["call_ids"])[row["call_ids"][0]]

    assert call["key"] == stored.key
    assert (call["teacher"], call["model"], call["host"]) == ("fake-1", "fake-1", stored.host)
    assert call["made"] == stored.made
    assert (call["prompt_tokens"], call["usd"]) == (stored.prompt_tokens, stored.usd)
    assert call["outcome"] == "ok"
    assert call["reply"][0].startswith('{"pairs"')


def test_a_reply_that_had_to_be_corrected_is_told_with_what_was_wrong(ran: Ran) -> None:
    calls = why(ran.tables, ran.example(2)["id"])["calls"]

    assert [call["outcome"] for call in calls] == ["invalid_json", "ok"]


def test_the_story_names_the_command_that_shows_all_of_a_call(ran: Ran) -> None:
    row = ran.example(1)
    told = "\n".join(lines(why(ran.tables, row["id"])))

    assert f"call      {row['call_ids'][0]}, ok, fake-1 (fake-1) at 127.0.0.1" in told
    assert f"`retort calls {row['call_ids'][0][:12]}` shows all of it" in told
    assert re.search(r"[\d,]+ tokens sent, [\d,]+ written, \$0\.000\d+;", told)


def test_a_mined_example_has_no_calls(ran: Ran) -> None:
    story = why(ran.tables, ran.example(0)["id"])

    assert story["calls"] == []
    assert "call      " not in "\n".join(lines(story))


def test_a_ledger_that_is_not_there_is_said_and_none_is_made(ran: Ran, tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    calls = why_calls.behind(["k" * 32], path)

    assert list(why_calls.lines(calls)) == [f"call      {'k' * 32}: the ledger {path} is not there"]
    assert not path.exists()


def test_a_call_that_the_ledger_does_not_hold_is_said(ran: Ran) -> None:
    path = path_in(ran.work)
    key = ran.example(1)["call_ids"][0]
    calls = why_calls.behind(["k" * 32, key], path)

    assert calls[0] == {"key": "k" * 32, "problem": f"the ledger {path} does not hold it"}
    assert calls[1]["problem"] is None


def test_a_ledger_that_cannot_be_read_costs_its_calls_and_not_the_story(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    path.write_bytes(b"not a database, and longer than a header" * 40)
    (call,) = why_calls.behind(["k" * 32], path)

    assert "cannot be used" in call["problem"]


def test_a_run_ends_with_what_its_teachers_took(ran: Ran) -> None:
    first = re.search(
        r"teachers  (\d+) calls paid now \([\d,]+ tokens, (\S+)\), 0 reused; (\S+) in all, "
        r"\S+ per kept example",
        ran.out,
    )
    with Ledger(path_in(ran.work)) as ledger:
        spent = ledger.spent("small")

    assert first is not None
    assert int(first[1]) == spent.calls
    assert first[2] == first[3] == dollars.dollars(spent.usd)
    assert f"teachers  0 calls paid now, {spent.calls} reused; {first[3]} in all" in ran.again


def test_the_report_and_the_last_line_agree_on_the_price_of_a_kept_example(ran: Ran) -> None:
    told = re.search(r"in all, (\S+) per kept example", ran.out)

    assert told is not None
    assert f'<td class="n">{told[1]}</td></tr>' in ran.page.split('id="teachers"')[1]


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        (0, "$0"),
        (0.000414, "$0.000414"),
        (0.345397, "$0.345"),
        (12.5, "$12.50"),
        (1240, "$1,240.00"),
    ],
)
def test_dollars_are_printed_to_cents_or_to_three_digits_that_count(usd: float, told: str) -> None:
    assert dollars.dollars(usd) == told
