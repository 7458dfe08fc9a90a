"""Batches are sent once, read whole, and sent again only for what failed in them."""

import asyncio
import json
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from curate.synthesize.calls import Ledger
from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings
from curate.synthesize.replies import RETRYABLE
from curate.synthesize.requests import CORRECTION
from curate.synthesize.taught import gather
from schemas.errors import RecipeError
from schemas.teachers import OpenAI
from tests.curate.synthesize.teachers.asking import (
    Reply,
    Seen,
    Taught,
    a_school,
    a_source,
    a_teacher,
    as_json,
    bare,
    child,
    learn,
    said,
)

PRICES = {"input": 10.0, "output": 20.0}


def in_batches(url: str, **more: Any) -> OpenAI:  # noqa: ANN401
    return a_teacher(url, batch=True, **more)


def batches(fake: Serving) -> list[dict[str, Any]]:
    """What the server knows of its batches, the first one first."""
    with urllib.request.urlopen(f"{fake.url}/batches") as told:
        found: list[dict[str, Any]] = json.load(told)["data"][::-1]
    return found


def quick(**settings: Any) -> FakeSettings:  # noqa: ANN401
    return FakeSettings.model_validate({"batch_seconds": 0.05, **settings})


def sizes(fake: Serving) -> list[int]:
    return [batch["request_counts"]["total"] for batch in batches(fake)]


def test_every_request_is_answered_by_one_batch(tmp_path: Path) -> None:
    with serving(quick()) as fake:
        taught = learn(tmp_path, 30, in_batches(fake.url))

        assert sizes(fake) == [30]
        assert fake.stats()["answered"] == 30
    assert taught.outcomes == ["ok"] * 30
    assert taught.paid == 30


def test_rows_are_those_that_single_calls_give(tmp_path: Path) -> None:
    with serving(quick(faults={"schema_mismatch": 0.3})) as fake:
        batched = learn(tmp_path / "a", 20, in_batches(fake.url))
        single = learn(tmp_path / "b", 20, a_teacher(fake.url))

    assert [one.examples for one in batched.answered] == [one.examples for one in single.answered]
    assert batched.paid == single.paid > 20


def test_what_is_in_the_ledger_is_in_no_batch(tmp_path: Path) -> None:
    with serving(quick()) as fake:
        learn(tmp_path, 10, a_teacher(fake.url))
        taught = learn(tmp_path, 25, in_batches(fake.url))
        again = learn(tmp_path, 25, in_batches(fake.url, key="UNSET_KEY"))

        assert sizes(fake) == [15]
    assert taught.outcomes == again.outcomes == ["ok"] * 25


def test_the_form_of_a_reply_is_asked_for_in_a_batch_too(tmp_path: Path) -> None:
    with serving(quick()) as fake:
        taught = learn(tmp_path, 2, in_batches(fake.url, structured="text"))

    assert taught.outcomes == ["ok"] * 2


def test_a_form_that_is_not_understood_is_asked_for_otherwise(tmp_path: Path) -> None:
    with serving(quick(structured=False)) as fake:
        taught = learn(tmp_path, 6, in_batches(fake.url))

        assert sizes(fake) == [6, 6]
    assert taught.outcomes == ["ok"] * 6


def test_lines_that_failed_are_sent_again_and_no_others(tmp_path: Path) -> None:
    faults = {"server_error": 0.2, "rate_limited": 0.2, "cut": 0.2}
    with serving(quick(faults=faults)) as fake:
        taught = learn(tmp_path, 30, in_batches(fake.url))
        first, second = sizes(fake)

        assert fake.stats()["answered_again"] == 0
    assert (first, 8 < second < 28) == (30, True)
    assert taught.outcomes == ["ok"] * 30
    assert taught.paid == 30
    assert taught.gathered.problems == {}


def test_lines_that_always_fail_are_given_up(tmp_path: Path) -> None:
    settings = quick(faults={"server_error": 0.3, "truncated": 0.3}, fault_attempts=1_000)
    with serving(settings) as fake:
        taught = learn(tmp_path, 20, in_batches(fake.url))

        assert len(batches(fake)) == 5
    assert set(taught.outcomes) == {"ok", "server_error", "truncated"}
    assert all(one.retryable == (one.outcome in RETRYABLE) for one in taught.answered)


def test_bad_replies_are_corrected_in_the_next_batch(tmp_path: Path) -> None:
    with serving(quick(faults={"invalid_json": 1.0})) as fake:
        taught = learn(tmp_path, 5, in_batches(fake.url))

        assert sizes(fake) == [5, 5]
    assert taught.outcomes == ["ok"] * 5
    assert [[call.sample for call in one.calls] for one in taught.answered] == [[0, CORRECTION]] * 5


def test_what_an_expired_batch_did_is_kept_and_the_rest_sent_again(tmp_path: Path) -> None:
    with serving(quick(expiring_batches=1, expired_share=0.4)) as fake:
        taught = learn(tmp_path, 20, in_batches(fake.url))

        assert [batch["status"] for batch in batches(fake)] == ["expired", "completed"]
        assert sizes(fake) == [20, 12]
        assert fake.stats()["answered_again"] == 0
    assert taught.outcomes == ["ok"] * 20


def test_a_wrong_key_stops_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_KEY", "right")
    monkeypatch.setenv("LAB_KEY", "wrong-key-0123456789")
    with serving(quick(key_env="SERVER_KEY")) as fake:
        taught = learn(tmp_path, 5, in_batches(fake.url, key="LAB_KEY"))

    assert taught.outcomes == ["fatal"] * 5
    assert "wrong-key-0123456789" not in repr(taught)


def test_an_unknown_model_in_a_batch_is_fatal(tmp_path: Path) -> None:
    with serving(quick(models=("other",))) as fake:
        taught = learn(tmp_path, 5, in_batches(fake.url))

        assert len(batches(fake)) == 1
    assert taught.outcomes == ["fatal"] * 5


def test_a_missing_key_is_told_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_KEY", raising=False)
    with serving(quick()) as fake:
        ready = in_batches(fake.url, name="a")
        lacking = in_batches(fake.url, name="b", key="LAB_KEY")
        with pytest.raises(RecipeError, match="LAB_KEY is not set"):
            learn(tmp_path, 5, ready, lacking)

        assert batches(fake) == []


def test_batches_of_two_teachers_are_waited_for_together(tmp_path: Path) -> None:
    with serving(FakeSettings(batch_seconds=0.6)) as fake:
        began = time.monotonic()
        taught = learn(
            tmp_path, 3, in_batches(fake.url, name="a"), in_batches(fake.url, name="b", model="n")
        )
        seconds = time.monotonic() - began

    assert taught.outcomes == ["ok"] * 6
    assert seconds < 2 * 0.6 + 0.3


def test_a_batch_costs_its_share_of_the_price(tmp_path: Path) -> None:
    budget = {"usd": 100}
    with serving(quick()) as fake:
        whole = learn(tmp_path / "a", 5, a_teacher(fake.url, prices=PRICES), budget=budget)
        half = learn(tmp_path / "b", 5, in_batches(fake.url, prices=PRICES), budget=budget)
        prices = {**PRICES, "batch_share": 0.25}
        quarter = learn(tmp_path / "c", 5, in_batches(fake.url, prices=prices), budget=budget)

    usd = [sum(taught.gathered.usd.values()) for taught in (whole, half, quarter)]
    assert usd[0] > 0
    assert usd[1:] == pytest.approx([usd[0] / 2, usd[0] / 4])


def test_a_budget_bounds_what_is_sent_and_what_was_sent_is_read(tmp_path: Path) -> None:
    with serving(quick()) as fake:
        first = learn(tmp_path, 30, in_batches(fake.url), budget={"calls": 12})
        more = learn(tmp_path, 30, in_batches(fake.url), budget={"calls": 30})

        assert sizes(fake) == [12, 18]
    assert Counter(first.outcomes) == {"ok": 12, "over_budget": 18}
    assert (first.paid, more.paid) == (12, 18)
    assert more.outcomes == ["ok"] * 30


def test_what_was_reserved_too_much_is_used_by_the_next_batch(tmp_path: Path) -> None:
    """A reply is expected to have 400 tokens and has about 200."""
    with serving(quick()) as fake:
        whole = learn(tmp_path / "a", 30, in_batches(fake.url), budget={"calls": 99})
        total = sum(whole.gathered.tokens.values())
        first = learn(tmp_path / "b", 30, in_batches(fake.url), budget={"tokens": total * 3 // 4})
    spent = sum(first.gathered.tokens.values())

    assert 0.6 * total < spent <= 0.75 * total


SEND_AND_WAIT = """
from pathlib import Path
from tests.curate.synthesize.teachers.asking import a_teacher, learn

learn(Path(sys.argv[2]), 12, a_teacher(sys.argv[1], batch=True))
"""


def test_a_run_that_is_killed_reads_its_batch_later_and_sends_no_second_one(
    tmp_path: Path,
) -> None:
    with serving(FakeSettings(batch_seconds=1.0)) as fake:
        with child(SEND_AND_WAIT, fake.url, tmp_path) as process:
            while not batches(fake):
                assert process.poll() is None
                time.sleep(0.02)
            time.sleep(0.2)
            process.kill()
        assert process.returncode < 0
        with Ledger(tmp_path / "calls.sqlite") as ledger:
            assert len(ledger.open_batches("m")) == 1
            assert ledger.totals() == []
        taught = learn(tmp_path, 12, in_batches(fake.url))
        again = learn(tmp_path, 12, in_batches(fake.url))

        assert sizes(fake) == [12]
        assert fake.stats()["answered"] == 12
    assert taught.outcomes == again.outcomes == ["ok"] * 12
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert ledger.open_batches("m") == []


def test_a_batch_of_a_run_that_was_partly_read_is_ended_when_the_rest_is(tmp_path: Path) -> None:
    with serving(quick()) as fake:
        teacher = in_batches(fake.url)
        learn(tmp_path, 6, teacher)
        with Ledger(tmp_path / "calls.sqlite") as ledger:
            keys = [request.key for request in a_source(8, teacher).requests()]
            ledger.begin_batch(batches(fake)[0]["id"], "m", fake.url.split("/")[2], "test", keys)
        taught = learn(tmp_path, 8, teacher)

        assert sizes(fake) == [6, 2]
    assert taught.outcomes == ["ok"] * 8
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert ledger.open_batches("m") == []


def test_a_batch_of_another_recipe_is_left_for_it(tmp_path: Path) -> None:
    with serving(quick()) as fake:
        teacher = in_batches(fake.url)
        learn(tmp_path, 3, teacher)
        first = batches(fake)[0]["id"]
        with Ledger(tmp_path / "calls.sqlite") as ledger:
            others = ["0" * 32, a_source(4, teacher).requests().__next__().key]
            ledger.begin_batch(first, "m", fake.url.split("/")[2], "other", others)
        taught = learn(tmp_path, 4, teacher)
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert [one[0] for one in ledger.open_batches("m")] == [first]
    assert taught.outcomes == ["ok"] * 4


def test_an_interruption_while_waiting_leaves_the_batch_to_be_read(tmp_path: Path) -> None:
    with serving(FakeSettings(batch_seconds=0.5)) as fake:
        teacher = in_batches(fake.url)

        def stop(line: str) -> None:
            if "is validating" in line or "is in_progress" in line:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            gather(a_source(4, teacher), a_school(tmp_path, teacher), stop)
        taught = learn(tmp_path, 4, teacher)

        assert sizes(fake) == [4]
    assert taught.outcomes == ["ok"] * 4


def test_what_is_waited_for_is_told(tmp_path: Path) -> None:
    with serving(FakeSettings(batch_seconds=0.4)) as fake:
        taught = learn(tmp_path, 4, in_batches(fake.url))

    assert taught.told[0] == "1 batches sent, 4 calls"
    assert any("is in_progress: 0 of 4 done" in line for line in taught.told)


def answering(states: list[dict[str, Any]], files: dict[str, bytes]) -> Any:  # noqa: ANN401
    """A batch API that tells these states one after the other, the last one for ever."""
    told = iter(states)
    last: dict[str, Any] = {}

    def answer(seen: Seen) -> Reply:
        nonlocal last
        if seen.path.endswith("/content"):
            return 200, {}, files[seen.path.split("/")[-2]]
        if seen.path.endswith("/files"):
            return as_json({"id": "f", "object": "file"})
        if seen.method == "GET":
            last = next(told, last)
            return as_json(last, last.get("_status", 200))
        return as_json({"id": "b", "status": "validating"})

    return answer


def asked(tmp_path: Path, states: list[dict[str, Any]], files: dict[str, bytes]) -> Taught:
    with bare(answering(states, files)) as server:
        return learn(tmp_path, 3, in_batches(server.url, retries=2))


def lines(tmp_path: Path, *bodies: Any) -> bytes:  # noqa: ANN401
    """An output file with one body for each of the first requests."""
    keys = [one.key for one in a_source(3, in_batches("http://127.0.0.1:9/v1")).requests()]
    rows = [
        {"custom_id": key, "response": {"status_code": 200, "body": body}}
        for key, body in zip(keys, bodies, strict=False)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(
        errors="surrogatepass"
    )


GOOD = said('{"pairs": []}')


def test_a_file_that_the_provider_takes_for_invalid_is_told_once(tmp_path: Path) -> None:
    errors = {"data": [{"code": "invalid_json_line", "message": "line 2 is no JSON", "line": 2}]}
    taught = asked(tmp_path, [{"id": "b", "status": "failed", "errors": errors}], {})

    assert taught.outcomes == ["fatal"] * 3
    assert "line 2 is no JSON" in taught.answered[0].detail
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert ledger.open_batches("m") == []


def test_looking_at_a_batch_survives_errors_that_pass(tmp_path: Path) -> None:
    done = {"id": "b", "status": "completed", "output_file_id": "o"}
    states: list[dict[str, Any]] = [{"_status": 502}, {"_status": 500}, done]
    taught = asked(tmp_path, states, {"o": lines(tmp_path, GOOD, GOOD, GOOD)})

    assert taught.outcomes == ["ok"] * 3


def test_a_provider_that_stays_away_leaves_the_batch_open(tmp_path: Path) -> None:
    taught = asked(tmp_path, [{"_status": 502}] * 50, {})

    assert taught.outcomes == ["server_error"] * 3
    assert all(one.retryable for one in taught.answered)
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        assert [one[0] for one in ledger.open_batches("m")] == ["b"]


def test_lines_that_are_no_replies_cost_themselves_alone(tmp_path: Path) -> None:
    odd = said('{"pairs": [], "separators": "\u2028 \x85 \x0b"}'.replace("\x0b", "\\u000b"))
    (good, _, strange) = lines(tmp_path, GOOD, GOOD, odd).split(b"\n")[:3]
    junk = b'\n[1]\nnot json\n{"custom_id": 7}\n{"custom_id": "x", "response": "y"}\n'
    done = {"id": "b", "status": "completed", "output_file_id": "o"}
    taught = asked(tmp_path, [done], {"o": good + junk + strange})

    assert taught.outcomes == ["ok", "timeout", "ok"]
    assert taught.paid == 2


@pytest.mark.parametrize(
    "body", [{}, {"choices": []}, {"choices": [{"message": 3}]}, {"choices": {}}]
)
def test_a_line_without_a_message_is_no_reply(tmp_path: Path, body: object) -> None:
    done = {"id": "b", "status": "completed", "output_file_id": "o"}
    taught = asked(tmp_path, [done], {"o": lines(tmp_path, GOOD, body, GOOD)})

    assert taught.outcomes[0] == taught.outcomes[2] == "ok"
    assert taught.outcomes[1] in ("server_error", "timeout")


def test_a_half_of_a_character_in_a_line_is_kept(tmp_path: Path) -> None:
    done = {"id": "b", "status": "completed", "output_file_id": "o"}
    text = json.dumps(said('{"pairs": [{"question": "\ud83d?", "answer": "b", "quote": "c"}]}'))
    good = lines(tmp_path, GOOD, "BODY", GOOD).replace(b'"BODY"', text.encode())
    taught = asked(tmp_path, [done], {"o": good})

    assert taught.outcomes == ["ok"] * 3


@pytest.mark.parametrize(
    "answer",
    [
        lambda seen: (200, {}, b"<html>hello</html>"),
        lambda seen: as_json([]),
        lambda seen: as_json({}),
        lambda seen: as_json({"detail": "Not Found"}, 404),
    ],
)
def test_a_server_without_batches_is_a_problem_and_no_crash(tmp_path: Path, answer: Any) -> None:  # noqa: ANN401
    with bare(answer) as server:
        taught = learn(tmp_path, 2, in_batches(server.url, retries=1))

    assert len(taught.outcomes) == 2
    assert set(taught.outcomes) <= {"fatal", "server_error"}
    assert taught.paid == 0


def test_a_key_in_a_batch_reaches_no_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-batch-0123456789"
    monkeypatch.setenv("LAB_KEY", key)
    done = {"id": "b", "status": "completed", "output_file_id": "o"}
    body = said(f'{{"pairs": []}} {key}')
    with bare(answering([done], {"o": lines(tmp_path, body, body, body)})) as server:
        taught = learn(tmp_path, 3, in_batches(server.url, key="LAB_KEY"))

    assert taught.paid == 3
    assert key.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_asyncio_is_left_as_it_was(tmp_path: Path) -> None:
    with serving(quick()) as fake:
        learn(tmp_path, 1, in_batches(fake.url))
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
