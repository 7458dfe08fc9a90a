"""Every request is answered once, or it is known why not; nothing that was paid is paid again."""

import _thread
import itertools
import json
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curate.synthesize.calls import Ledger
from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings
from curate.synthesize.replies import RETRYABLE
from curate.synthesize.requests import CORRECTION
from curate.synthesize.taught import gather
from curate.synthesize.teachers.gathered import Gathered
from schemas.errors import RecipeError, WorkError
from schemas.rows import EXAMPLES
from schemas.teachers import Budget, OpenAI, Replay
from tests.curate.synthesize.teachers.asking import (
    HASTY,
    Reply,
    Seen,
    Taught,
    a_school,
    a_source,
    a_teacher,
    as_json,
    bare,
    learn,
    passage,
    run,
    said,
)

PRICES = {"input": 10.0, "output": 20.0}
LASTING: dict[str, Any] = {"fault_attempts": 1_000}


def stored(folder: Path) -> int:
    """Replies in the ledger."""
    with Ledger(folder / "calls.sqlite") as ledger:
        return sum(row["calls"] for row in ledger.totals())


def taught_by(folder: Path, n: int, settings: dict[str, Any], **teacher: Any) -> Taught:  # noqa: ANN401
    """What a fake server with these settings teaches; asked twice, each answer paid once."""
    with serving(FakeSettings.model_validate(settings)) as fake:
        taught = learn(folder, n, a_teacher(fake.url, **teacher))
        assert fake.stats()["answered_again"] == 0
        assert stored(folder) == fake.stats()["answered"] == taught.paid
    return taught


def test_every_request_is_answered_once(tmp_path: Path) -> None:
    taught = taught_by(tmp_path, 80, {})

    assert taught.outcomes == ["ok"] * 80
    assert (taught.paid, taught.gathered.problems, taught.gathered.stopped) == (80, {}, {})
    assert all(one.examples for one in taught.answered)


def test_what_is_in_the_ledger_is_not_asked_again(tmp_path: Path) -> None:
    with serving() as fake:
        first = learn(tmp_path, 30, a_teacher(fake.url))
        again = learn(tmp_path, 50, a_teacher(fake.url))

        assert fake.stats()["requests"] == 50
    assert (first.paid, again.paid) == (30, 20)
    assert [one.examples for one in again.answered[:30]] == [one.examples for one in first.answered]


def test_what_is_in_the_ledger_needs_no_server_and_no_key(tmp_path: Path) -> None:
    with serving() as fake:
        learn(tmp_path, 3, a_teacher(fake.url))
    again = learn(tmp_path, 3, a_teacher("http://127.0.0.1:9/v1", key="UNSET_KEY"))

    assert again.outcomes == ["ok"] * 3


def test_identical_prompts_are_asked_once_and_answered_each(tmp_path: Path) -> None:
    twins = [passage(1, document=f"{n:032x}") for n in range(5)]
    with serving(FakeSettings(latency=0.05)) as fake:
        taught = learn(tmp_path, twins, a_teacher(fake.url))

        assert fake.stats()["requests"] == 1
    assert taught.outcomes == ["ok"] * 5
    assert [one.request.material.passage.document_id for one in taught.answered] == [
        one.document_id for one in twins
    ]


def test_samples_of_one_prompt_are_asked_each(tmp_path: Path) -> None:
    with serving() as fake:
        teacher = a_teacher(fake.url)
        taught = learn(tmp_path, 2, teacher, tasks=[{"task": "grounded-qa", "samples": 3}])

    assert taught.paid == 6
    assert [one.request.sample for one in taught.answered] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    "fault", ["rate_limited", "retry_after", "server_error", "server_down", "cut"]
)
def test_a_fault_that_passes_is_got_past(tmp_path: Path, fault: str) -> None:
    settings = {"faults": {fault: 0.5}, "fault_attempts": 2, "retry_after": 0.02}
    with serving(FakeSettings.model_validate(settings)) as fake:
        taught = learn(tmp_path, 40, a_teacher(fake.url))
        stats = fake.stats()

    assert taught.outcomes == ["ok"] * 40
    assert stats["faults"][fault] > 0
    assert stats["too_early"] == stats["answered_again"] == 0
    assert sum(taught.gathered.attempts.values()) == stats["faults"][fault]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("rate_limited", "rate_limited"),
        ("retry_after", "rate_limited"),
        ("server_error", "server_error"),
        ("server_down", "server_error"),
        ("cut", "timeout"),
        ("slow", "timeout"),
        ("truncated", "truncated"),
        ("refusal", "refused"),
        ("content_filter", "content_filter"),
        ("empty", "invalid_json"),
        ("invalid_json", "invalid_json"),
        ("schema_mismatch", "schema_mismatch"),
        ("wrong_quotes", "ok"),
    ],
)
def test_a_fault_that_stays_ends_in_its_outcome(tmp_path: Path, fault: str, outcome: str) -> None:
    """Half of the requests meet it, whatever is tried; the other half is answered."""
    settings = FakeSettings.model_validate(
        {"faults": {fault: 0.5}, "first_only": False, "slow_seconds": 9, "retry_after": 0.01,
         **LASTING}
    )  # fmt: skip
    timeout, n = (0.5, 6) if fault == "slow" else (20, 16)
    with serving(settings) as fake:
        teacher = a_teacher(fake.url, retries=1, timeout=timeout)
        taught = learn(tmp_path, n, teacher)
    counts = Counter(taught.outcomes)

    assert set(counts) == {"ok", outcome}
    assert counts.total() == n
    for one in taught.answered:
        assert one.retryable == (one.outcome in RETRYABLE)
        assert bool(one.detail) == (one.outcome != "ok")


@pytest.mark.parametrize("fault", ["rate_limited", "server_error"])
def test_attempts_are_bounded_by_retries(tmp_path: Path, fault: str) -> None:
    settings = FakeSettings.model_validate({"faults": {fault: 0.4}, **LASTING})
    with serving(settings) as fake:
        teacher = a_teacher(fake.url, retries=2, concurrency=1)
        patient = replace(
            HASTY, longest_wait=0.002, pause=0.001, longest_pause=0.001, most_pauses=1_000
        )
        run(a_source(6, teacher), a_school(tmp_path, teacher, patience=patient))
        per_request = max(fake.teacher.attempts.values())

    assert per_request == {"server_error": 3, "rate_limited": 16}[fault]


def test_counts_add_up_whatever_goes_wrong(tmp_path: Path) -> None:
    faults = dict.fromkeys(
        ["rate_limited", "server_error", "cut", "invalid_json", "broken_json", "schema_mismatch",
         "empty", "truncated", "refusal", "content_filter"], 0.07,
    )  # fmt: skip
    taught = taught_by(tmp_path, 100, {"faults": faults, "first_only": False}, retries=3)
    counts = Counter(taught.outcomes)

    assert counts.total() == 100
    assert counts["ok"] > 30 and len(counts) >= 5
    n_corrected = sum(len(one.calls) == 2 for one in taught.answered)
    assert taught.paid == 100 + n_corrected


def test_a_bad_reply_is_asked_once_to_be_corrected_and_the_correction_counts(
    tmp_path: Path,
) -> None:
    taught = taught_by(tmp_path, 20, {"faults": {"invalid_json": 0.5, "schema_mismatch": 0.5}})

    assert taught.outcomes == ["ok"] * 20
    assert taught.paid == 40
    for one in taught.answered:
        first, second = one.calls
        assert (first.sample, second.sample) == (0, CORRECTION)
        assert [call.key for call in one.calls] == one.examples[0].call_ids
        roles = [turn["role"] for turn in json.loads(second.request)["messages"]]
        assert roles[-2:] == ["assistant", "user"]
        assert one.examples[0].sample == 0


def test_a_correction_that_is_no_better_leaves_the_first_outcome(tmp_path: Path) -> None:
    def answer(seen: Seen) -> Reply:
        corrected = seen.json["messages"][-2]["role"] == "assistant"
        return as_json(said("I'm sorry, but I can't." if corrected else "no JSON at all"))

    with bare(answer) as server:
        taught = learn(tmp_path, 2, a_teacher(server.url))

    assert taught.outcomes == ["invalid_json"] * 2
    assert [len(one.calls) for one in taught.answered] == [2, 2]
    assert len(server.seen) == 4


def test_a_correction_that_is_rejected_leaves_the_first_outcome(tmp_path: Path) -> None:
    def answer(seen: Seen) -> Reply:
        if seen.json["messages"][-2]["role"] == "assistant":
            return as_json({"error": {"message": "too long"}}, 400)
        return as_json(said("no JSON at all"))

    with bare(answer) as server:
        taught = learn(tmp_path, 2, a_teacher(server.url))

    assert [(one.outcome, one.retryable) for one in taught.answered] == [
        ("invalid_json", False)
    ] * 2


def test_a_correction_that_did_not_come_is_asked_in_the_next_run(tmp_path: Path) -> None:
    down = True

    def answer(seen: Seen) -> Reply:
        if seen.json["messages"][-2]["role"] != "assistant":
            return as_json(said("no JSON at all"))
        return as_json({}, 503) if down else as_json(said('{"pairs": []}'))

    with bare(answer) as server:
        teacher = a_teacher(server.url, retries=0)
        first = learn(tmp_path, 2, teacher)
        down = False
        again = learn(tmp_path, 2, teacher)

    assert [(one.outcome, one.retryable) for one in first.answered] == [("server_error", True)] * 2
    assert (again.outcomes, again.paid) == (["ok"] * 2, 2)


def test_a_wrong_key_stops_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_KEY", "right")
    monkeypatch.setenv("LAB_KEY", "wrong")
    with serving(FakeSettings(key_env="SERVER_KEY")) as fake:
        taught = learn(tmp_path, 200, a_teacher(fake.url, key="LAB_KEY"))

        assert fake.stats()["requests"] <= 16
    assert taught.outcomes == ["fatal"] * 200
    assert all(one.retryable for one in taught.answered)
    assert taught.gathered.stopped["m"].outcome == "fatal"


def test_an_unknown_model_stops_at_once(tmp_path: Path) -> None:
    with serving(FakeSettings(models=("other",))) as fake:
        taught = learn(tmp_path, 100, a_teacher(fake.url))

        assert fake.stats()["requests"] <= 16
    assert taught.outcomes == ["fatal"] * 100
    assert "does not exist" in taught.answered[0].detail


def test_a_quota_that_is_spent_midway_stops_and_keeps_what_was_paid(tmp_path: Path) -> None:
    settings = FakeSettings.model_validate({"faults": {"insufficient_quota": 0.03}, **LASTING})
    with serving(settings) as fake:
        taught = learn(tmp_path, 300, a_teacher(fake.url, concurrency=4))
        stats = fake.stats()
    counts = Counter(taught.outcomes)

    assert set(counts) == {"ok", "fatal"}
    assert counts["ok"] == stats["answered"] == stored(tmp_path)
    assert stats["faults"]["insufficient_quota"] <= 4
    assert stats["requests"] < 300


def test_requests_that_are_all_rejected_stop_the_teacher(tmp_path: Path) -> None:
    with bare(lambda seen: as_json({"error": {"message": "bad parameter"}}, 400)) as server:
        taught = learn(tmp_path, 200, a_teacher(server.url))

    assert len(server.seen) <= 24
    assert set(taught.outcomes) == {"rejected", "fatal"}
    assert "no request was taken" in taught.gathered.stopped["m"].detail


def test_a_request_too_long_for_the_model_costs_itself_alone(tmp_path: Path) -> None:
    long = passage(0, text="word " * 40_000)
    passages = [passage(1), long, *[passage(n) for n in range(2, 12)]]
    with serving(FakeSettings(context_tokens=8_000)) as fake:
        taught = learn(tmp_path, passages, a_teacher(fake.url))

    assert [one.outcome for one in taught.answered] == ["ok", "rejected", *["ok"] * 10]
    assert not taught.answered[1].retryable


@pytest.mark.parametrize("concurrency", [1, 64])
def test_a_server_that_is_down_for_good_is_given_up(tmp_path: Path, concurrency: int) -> None:
    with serving() as fake:
        fake.outage(True)
        began = time.monotonic()
        taught = learn(tmp_path, 300, a_teacher(fake.url, concurrency=concurrency, retries=50))

        assert time.monotonic() - began < 10
        assert fake.stats()["requests"] < 300
    assert set(taught.outcomes) == {"server_error"}
    assert all(one.retryable for one in taught.answered)
    assert set(taught.gathered.stopped) == {"m"}


def test_nobody_at_the_address_is_given_up(tmp_path: Path) -> None:
    taught = learn(tmp_path, 100, a_teacher("http://127.0.0.1:9/v1", retries=50))

    assert set(taught.outcomes) == {"timeout"}
    assert "127.0.0.1:9" in taught.answered[0].detail


def test_a_server_that_only_ever_asks_to_wait_is_given_up(tmp_path: Path) -> None:
    settings = FakeSettings(faults={"retry_after": 1.0}, retry_after=0.01, **LASTING)
    with serving(settings) as fake:
        taught = learn(tmp_path, 300, a_teacher(fake.url, retries=100))

        assert fake.stats()["requests"] < 400
    assert set(taught.outcomes) == {"rate_limited"}


def test_a_volley_of_failures_does_not_give_a_server_up(tmp_path: Path) -> None:
    """64 calls that were in flight when a server restarts are one outage, not eight."""
    numbers, together = itertools.count(), threading.Barrier(64)

    def answer(seen: Seen) -> Reply:
        if 100 <= next(numbers) < 164:
            together.wait(timeout=20)
            return as_json({}, 503)
        return as_json(said('{"pairs": []}'))

    with bare(answer) as server:
        taught = learn(tmp_path, 250, a_teacher(server.url, concurrency=64))

    assert taught.outcomes == ["ok"] * 250
    assert taught.gathered.attempts == {"server_error": 64}


def test_after_an_outage_only_what_failed_is_asked(tmp_path: Path) -> None:
    with serving(FakeSettings(latency=0.02)) as fake:
        threading.Timer(0.15, fake.outage, [True]).start()
        teacher = a_teacher(fake.url, concurrency=4)
        first = learn(tmp_path, 100, teacher)
        fake.outage(False)
        again = learn(tmp_path, 100, teacher)

        assert fake.stats()["answered"] == 100
        assert fake.stats()["answered_again"] == 0
    assert 0 < first.paid < 100
    assert again.paid == 100 - first.paid
    assert again.outcomes == ["ok"] * 100


def test_several_servers_share_the_work_and_a_dead_one_costs_nothing(tmp_path: Path) -> None:
    settings = FakeSettings(latency=0.02)
    with serving(settings) as one, serving(settings) as two:
        urls = [one.url, "http://127.0.0.1:9/v1", two.url]
        teacher = OpenAI.model_validate(
            {"kind": "openai", "model": "m", "base_urls": urls, "concurrency": 24}
        )
        taught = learn(tmp_path, 200, teacher)
        shares = [one.stats()["answered"], two.stats()["answered"]]

    assert taught.outcomes == ["ok"] * 200
    assert sum(shares) == 200
    assert min(shares) > 60


def test_a_rate_is_kept_to(tmp_path: Path) -> None:
    """1,200 a minute are 20 a second; a burst of 3 s of them may go out at first."""
    with serving(FakeSettings(rpm=1_200, window=6)) as fake:
        began = time.monotonic()
        taught = learn(tmp_path, 75, a_teacher(fake.url, rpm=1_200))
        seconds = time.monotonic() - began
        stats = fake.stats()

    assert taught.outcomes == ["ok"] * 75
    assert stats["refused"] == {}
    assert seconds > (75 - 60) / 20


def test_a_rate_that_nobody_named_is_learned_from_refusals(tmp_path: Path) -> None:
    with serving(FakeSettings(rpm=6_000, window=0.3)) as fake:
        taught = learn(tmp_path, 90, a_teacher(fake.url))
        stats = fake.stats()

    assert taught.outcomes == ["ok"] * 90
    assert stats["too_early"] == 0
    assert stats["refused"]["rpm"] < stats["answered"]


def test_no_more_calls_are_in_flight_than_are_allowed(tmp_path: Path) -> None:
    with serving(FakeSettings(latency=0.02)) as fake:
        learn(tmp_path, 60, a_teacher(fake.url, concurrency=5))

        assert fake.stats()["max_in_flight"] == 5


def test_calls_in_flight_grow_to_what_is_allowed(tmp_path: Path) -> None:
    with serving(FakeSettings(latency=0.2)) as fake:
        learn(tmp_path, 250, a_teacher(fake.url, concurrency=64))

        assert fake.stats()["max_in_flight"] == 64


def test_a_server_that_bears_few_at_once_is_not_stormed(tmp_path: Path) -> None:
    with serving(FakeSettings(capacity=4, latency=0.02)) as fake:
        taught = learn(tmp_path, 100, a_teacher(fake.url, concurrency=64, retries=20))
        stats = fake.stats()

    assert taught.outcomes == ["ok"] * 100
    assert stats["refused"]["capacity"] < stats["answered"]


def test_a_budget_of_calls_is_never_passed_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    with serving(FakeSettings(latency=0.01)) as fake:
        teacher = a_teacher(fake.url)
        first = learn(tmp_path, 60, teacher, budget={"calls": 25})
        same = learn(tmp_path, 60, teacher, budget={"calls": 25})
        more = learn(tmp_path, 60, teacher, budget={"calls": 100})

        assert fake.stats()["answered"] == 60
    assert Counter(first.outcomes) == {"ok": 25, "over_budget": 35}
    assert "25 calls (made 25)" in first.answered[-1].detail
    assert (same.paid, more.paid) == (0, 35)
    assert more.outcomes == ["ok"] * 60


@pytest.mark.parametrize("kind", ["tokens", "usd"])
def test_a_budget_is_passed_by_no_more_than_the_calls_in_flight(tmp_path: Path, kind: str) -> None:
    with serving(FakeSettings(latency=0.01)) as fake:
        teacher = a_teacher(fake.url, prices=PRICES, concurrency=4)
        whole = learn(tmp_path / "whole", 40, teacher, budget={"calls": 1_000})
        total = sum((whole.gathered.tokens if kind == "tokens" else whole.gathered.usd).values())
        half = total / 2 if kind == "usd" else round(total / 2)
        first = learn(tmp_path / "half", 40, teacher, budget={kind: half})
        spent = sum((first.gathered.tokens if kind == "tokens" else first.gathered.usd).values())
        more = learn(tmp_path / "half", 40, teacher, budget={kind: 2 * total})

    assert 0.6 * half < spent < half + 4 * total / 40
    assert set(first.outcomes) == {"ok", "over_budget"}
    assert more.outcomes == ["ok"] * 40
    assert first.paid + more.paid == 40


def test_what_a_recipe_paid_before_counts_and_what_others_paid_does_not(tmp_path: Path) -> None:
    with serving() as fake:
        teacher = a_teacher(fake.url)
        source = a_source(30, teacher)
        other = run(source, a_school(tmp_path, teacher, account="other",
                                     budget=Budget(calls=10)))  # fmt: skip
        mine = run(source, a_school(tmp_path, teacher, budget=Budget(calls=10)))

    assert (other.paid, mine.paid) == (10, 10)
    assert Counter(mine.outcomes) == {"ok": 20, "over_budget": 10}


def test_corrections_are_paid_from_the_budget_too(tmp_path: Path) -> None:
    settings = FakeSettings(faults={"invalid_json": 1.0})
    with serving(settings) as fake:
        first = learn(tmp_path, 10, a_teacher(fake.url, concurrency=1), budget={"calls": 7})
        more = learn(tmp_path, 10, a_teacher(fake.url), budget={"calls": 20})

        assert fake.stats()["answered"] == 20
    assert first.paid == 7
    assert "over_budget" in first.outcomes
    assert more.outcomes == ["ok"] * 10


def two(fake: Serving, other: Serving | None = None, **more: Any) -> tuple[OpenAI, OpenAI]:  # noqa: ANN401
    """Two teachers, a and b."""
    url = (other or fake).url
    return a_teacher(fake.url, name="a", **more), a_teacher(url, name="b", model="n")


def test_all_teachers_are_asked_the_same(tmp_path: Path) -> None:
    with serving() as fake:
        taught = learn(tmp_path, 20, *two(fake))

    assert [one.request.teacher.label for one in taught.answered] == ["a", "b"] * 20
    assert taught.gathered.sent == {("a", "grounded-qa"): 20, ("b", "grounded-qa"): 20}
    assert {example.teacher for one in taught.answered for example in one.examples} == {"a", "b"}


def test_two_teachers_share_one_budget_and_both_know_when_it_is_spent(tmp_path: Path) -> None:
    """One of them has nothing in flight while the other's calls hold the rest of the budget."""
    with serving() as fast, serving(FakeSettings(latency=0.15)) as slow:
        taught = learn(tmp_path, 30, *two(fast, slow), budget={"calls": 20})

    assert set(taught.outcomes) == {"ok", "over_budget"}
    assert taught.paid == 20
    assert set(taught.gathered.stopped) == {"a", "b"}


def test_a_teacher_that_fails_does_not_stop_another(tmp_path: Path) -> None:
    with serving() as good, serving(FakeSettings(models=("other",))) as bad:
        taught = learn(tmp_path, 40, *two(bad, good))

    assert Counter((one.request.teacher.label, one.outcome) for one in taught.answered) == {
        ("a", "fatal"): 40,
        ("b", "ok"): 40,
    }


def test_a_teacher_that_costs_nothing_is_asked_when_the_dollars_are_spent(tmp_path: Path) -> None:
    with serving() as fake:
        taught = learn(tmp_path, 20, *two(fake, prices=PRICES), budget={"usd": 0.02})
    outcomes = Counter((one.request.teacher.label, one.outcome) for one in taught.answered)

    assert outcomes["a", "over_budget"] > 0
    assert outcomes["b", "ok"] == 20


def test_no_call_is_paid_before_every_key_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_KEY", raising=False)
    with serving() as fake:
        ready, _ = two(fake)
        lacking = a_teacher(fake.url, name="b", key="LAB_KEY")
        with pytest.raises(RecipeError, match="LAB_KEY is not set"):
            learn(tmp_path, 5, ready, lacking)

        assert fake.stats()["requests"] == 0


def shares(n: int, weight: float) -> dict[str, str]:
    """Passage -> the teacher that is asked about it, by weight."""
    teachers = (
        a_teacher("http://127.0.0.1:9/v1", name="a", weight=weight),
        a_teacher("http://127.0.0.1:9/v1", name="b"),
    )
    source = a_source(n, *teachers, share="weight")
    return {one.material.passage.id: one.teacher.label for one in source.requests()}


def test_teachers_by_weight_get_their_share_each_passage_once() -> None:
    counts = Counter(shares(1_000, 3).values())

    assert counts.total() == 1_000
    assert 700 < counts["a"] < 800  # 3 standard deviations are 41


def test_a_passage_more_changes_nobodys_teacher() -> None:
    before, after = shares(200, 3), shares(230, 3)

    assert {place: after[place] for place in before} == before


def test_a_task_has_only_the_teachers_that_do_it(tmp_path: Path) -> None:
    with serving() as fake:
        a, b = two(fake, tasks=["summary"])
        taught = learn(tmp_path, 3, a, b, tasks=["summary", "grounded-qa"])

    assert [(one.request.task.name, one.request.teacher.label) for one in taught.answered] == [
        ("summary", "a"), ("summary", "b"), ("grounded-qa", "b"),
    ] * 3  # fmt: skip


def test_progress_tells_what_is_done_in_flight_failed_and_paid(tmp_path: Path) -> None:
    settings = FakeSettings(faults={"server_error": 0.2}, latency=0.15, **LASTING)
    with serving(settings) as fake:
        teacher = a_teacher(fake.url, retries=0, prices=PRICES, concurrency=4)
        learn(tmp_path, 5, teacher, budget={"usd": 9})
        taught = learn(tmp_path, 24, teacher, budget={"usd": 9})
    *between, last = taught.told

    assert between
    assert all(" of 24 done (" in line and " were there), " in line for line in between)
    assert any(" left" in line and "in flight" in line for line in between)
    assert last.startswith("24 of 24 done (")
    assert "0 in flight" in last and "failed " in last and "(server_error " in last
    assert f"{sum(taught.gathered.tokens.values()):,} tokens" in last
    assert f"${sum(taught.gathered.usd.values()):.4f}" in last


def test_progress_counts_the_teachers_that_are_asked_alone(tmp_path: Path) -> None:
    with serving() as fake:
        a, _ = two(fake)
        taught = learn(tmp_path, 10, a, Replay(kind="replay", model="old"))

    assert taught.told[-1].startswith("10 of 10 done")
    assert Counter(taught.outcomes) == {"ok": 10, "not_recorded": 10}


def test_what_was_paid_before_an_interruption_is_kept(tmp_path: Path) -> None:
    with serving(FakeSettings(latency=0.02)) as fake:
        teacher = a_teacher(fake.url, concurrency=4)
        source, school = a_source(500, teacher), a_school(tmp_path, teacher)
        threading.Timer(0.5, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            gather(source, school, lambda line: None)
        answered = fake.stats()["answered"]
        kept = stored(tmp_path)
        more = run(a_source(60, teacher), school)

    assert 20 < kept < 500
    assert answered - kept <= 4
    assert more.outcomes == ["ok"] * 60


def test_a_ledger_that_cannot_be_written_stops_everything_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "calls.sqlite").write_bytes(b"this is no database" * 100)
    with serving() as fake:
        with pytest.raises(WorkError, match="cannot be used") as error:
            learn(tmp_path, 5, a_teacher(fake.url))

        assert fake.stats()["requests"] == 0
    assert "\n" not in str(error.value)


def rows(taught: Taught) -> bytes:
    """Examples as a table's bytes."""
    examples = [example.row() for one in taught.answered for example in one.examples]
    assert examples
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, EXAMPLES) as writer:
        writer.write_table(pa.Table.from_pylist(examples, schema=EXAMPLES))
    return bytes(sink.getvalue())


def test_rows_are_the_same_whoever_answers_first(tmp_path: Path) -> None:
    faults = {"invalid_json": 0.2, "server_error": 0.2, "refusal": 0.1, "rate_limited": 0.1}
    seen = []
    for concurrency, latency in ((1, 0.0), (64, 0.01), (7, 0.0)):
        with serving(FakeSettings.model_validate({"faults": faults, "latency": latency})) as fake:
            folder = tmp_path / str(concurrency)
            teacher = a_teacher(fake.url, concurrency=concurrency)
            seen.append(rows(learn(folder, 40, teacher)))

    assert seen[0] == seen[1] == seen[2]


def test_rows_are_the_same_in_whatever_order_they_were_asked(tmp_path: Path) -> None:
    passages = [passage(number) for number in range(40)]
    with serving(FakeSettings(faults={"schema_mismatch": 0.3})) as fake:
        teacher = a_teacher(fake.url)
        once = learn(tmp_path, passages, teacher)
        other = tmp_path / "other"
        learn(other, passages[::-1], teacher)
        again = learn(other, passages, teacher)

    assert again.paid == 0
    assert rows(once) == rows(again)


def test_nothing_to_ask_is_nothing_done(tmp_path: Path) -> None:
    taught = learn(tmp_path, 0, a_teacher("http://127.0.0.1:9/v1"))

    assert (taught.answered, taught.gathered) == ([], Gathered())
