"""What is foreseen is what comes: the calls exactly, the tokens nearly."""

from pathlib import Path
from typing import Any

import pytest

from curate.synthesize.estimate import LEAST, Estimate, estimate
from curate.synthesize.fake.server import serving
from schemas.teachers import OpenAI, Replay
from tests.curate.synthesize.teachers.asking import (
    Reply,
    Seen,
    a_school,
    a_source,
    a_teacher,
    as_json,
    bare,
    learn,
    passage,
    said,
)

TASKS = ("grounded-qa", "summary", {"task": "facts", "samples": 2}, "raft")
PRICES = {"input": 10.0, "output": 20.0}
BUDGET = {"usd": 1_000}


def foreseen(folder: Path, n: Any, *teachers: OpenAI | Replay, tasks: Any = TASKS) -> Estimate:  # noqa: ANN401
    return estimate(a_source(n, *teachers, tasks=tasks), a_school(folder, *teachers))


def test_calls_are_counted_as_they_are_then_made(tmp_path: Path) -> None:
    with serving() as fake:
        one, other = a_teacher(fake.url), a_teacher(fake.url, name="b", tasks=["summary"])
        told = foreseen(tmp_path, 12, one, other)
        taught = learn(tmp_path, 12, one, other, tasks=TASKS)

        assert told.calls == fake.stats()["answered"] == 12 * 6
    assert {(line.teacher, line.task): line.calls for line in told.lines} == taught.gathered.sent


def test_what_is_in_the_ledger_is_a_request_and_no_call(tmp_path: Path) -> None:
    with serving() as fake:
        teacher = a_teacher(fake.url)
        learn(tmp_path, 8, teacher, tasks=TASKS)
        told = foreseen(tmp_path, 12, teacher)
        done = foreseen(tmp_path, 8, teacher)

    assert told.calls == 4 * 5
    assert sum(line.requests for line in told.lines) == 12 * 5
    assert (done.calls, done.tokens, done.usd) == (0, 0, 0.0)


def test_identical_prompts_are_one_call(tmp_path: Path) -> None:
    twins = [passage(1, document=f"{n:032x}") for n in range(5)]
    told = foreseen(tmp_path, twins, a_teacher("http://127.0.0.1:9/v1"), tasks=["grounded-qa"])

    assert [(line.requests, line.calls) for line in told.lines] == [(5, 1)]


def test_a_correction_that_is_still_to_be_asked_is_counted(tmp_path: Path) -> None:
    down = True

    def answer(seen: Seen) -> Reply:
        if seen.json["messages"][-2]["role"] == "assistant" and down:
            return as_json({}, 503)
        return as_json(said("no JSON"))

    with bare(answer) as server:
        teacher = a_teacher(server.url, retries=0)
        first = learn(tmp_path, 4, teacher)
        told = foreseen(tmp_path, 4, teacher, tasks=["grounded-qa"])
        down = False
        rest = learn(tmp_path, 4, teacher)

    assert (first.paid, told.calls, rest.paid) == (4, 4, 4)


def test_nothing_is_made_by_estimating(tmp_path: Path) -> None:
    told = foreseen(tmp_path, 3, a_teacher("http://127.0.0.1:9/v1", key="UNSET_KEY"))

    assert told.calls > 0
    assert list(tmp_path.iterdir()) == []


def test_before_the_first_calls_tokens_are_a_guess_and_said_to_be(tmp_path: Path) -> None:
    told = foreseen(tmp_path, 10, a_teacher("http://127.0.0.1:9/v1"))

    assert all(not line.measured and line.prompt_tokens > 0 for line in told.lines)
    assert all(line.completion_tokens > 0 for line in told.lines)


@pytest.mark.parametrize("characters", [600, 3_000])
def test_after_some_calls_tokens_and_dollars_come_within_a_quarter(
    tmp_path: Path, characters: int
) -> None:
    text = passage(1).text * 8
    passages = [passage(n, text=f"{n} {text[n : n + characters]}") for n in range(80)]
    tasks = ("grounded-qa", "summary", "facts")
    with serving() as fake:
        teacher = a_teacher(fake.url, prices=PRICES)
        learn(tmp_path, passages[:LEAST], teacher, tasks=tasks, budget=BUDGET)
        told = foreseen(tmp_path, passages, teacher, tasks=tasks)
        taught = learn(tmp_path, passages, teacher, tasks=tasks, budget=BUDGET)

    assert all(line.measured for line in told.lines)
    for line in told.lines:
        name = (line.teacher, line.task)
        assert line.calls == taught.gathered.sent[name] == 60
        tokens = line.prompt_tokens + line.completion_tokens
        assert tokens == pytest.approx(taught.gathered.tokens[name], rel=0.25)
        assert line.usd == pytest.approx(taught.gathered.usd[name], rel=0.25)


def test_dollars_follow_prices_and_the_batch_apis_share(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/v1"
    plain = foreseen(tmp_path, 10, a_teacher(url, prices=PRICES))
    batch = foreseen(tmp_path, 10, a_teacher(url, prices=PRICES, batch=True))
    free = foreseen(tmp_path, 10, a_teacher(url))

    assert plain.usd > 0
    assert batch.usd == pytest.approx(plain.usd / 2, rel=1e-4)
    assert free.usd == 0
    for line in plain.lines:
        expected = (line.prompt_tokens * 10 + line.completion_tokens * 20) / 1e6
        assert line.usd == pytest.approx(expected, abs=1e-6)


def test_recorded_teachers_are_asked_nothing_and_cost_nothing(tmp_path: Path) -> None:
    told = foreseen(tmp_path, 5, Replay(kind="replay", model="m"))

    assert (told.lines, told.calls, told.usd) == ([], 0, 0.0)
