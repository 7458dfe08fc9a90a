"""Each text is paid for once, whatever batch it was in; bad vectors cost themselves alone."""

import base64
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.synthesize.calls import Ledger
from curate.synthesize.embedding.embed import Embedded, embed, estimate
from curate.synthesize.embedding.inputs import divided
from curate.synthesize.fake.embeddings import vector
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from recipes.ledger import export, lines, one
from schemas.errors import RecipeError
from schemas.teachers import Budget, OpenAI, Replay
from tests.curate.synthesize.teachers.asking import (
    Reply,
    Seen,
    a_school,
    a_teacher,
    as_json,
    bare,
)

WORDS = "lattice membrane catalyst estuary spectrum residue kernel plasma sediment enzyme".split()


def some_texts(n: int, first: int = 0) -> list[str]:
    return [f"{WORDS[k % 10]} {WORDS[k // 10 % 10]} of sample {k}" for k in range(first, first + n)]


def embedded(
    folder: Path,
    texts: Iterable[str],
    teacher: OpenAI | Replay,
    at_once: int = 8,
    **school: Any,  # noqa: ANN401  of School
) -> Embedded:
    folder.mkdir(parents=True, exist_ok=True)
    given = list(texts)
    named = [(f"row{place}", text) for place, text in enumerate(given)]
    return embed(lambda: named, a_school(folder, teacher, **school), lambda line: None, at_once)


def calls(folder: Path) -> dict[str, Any]:
    """Text -> its stored call."""
    with Ledger(folder / "calls.sqlite") as ledger:
        every = list(ledger.every({}))
    return {json.loads(call.request)["messages"][0]["content"]: call for call in every}


def outcomes(result: Embedded) -> Counter[str]:
    (row,) = result.by.values()
    found: Counter[str] = row["outcomes"]
    return found


def listed(vectors: list[Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The body of an answer."""
    data = [{"index": n, "embedding": one, **more} for n, one in enumerate(vectors)]
    return {"object": "list", "data": data, "model": "m-1", "usage": {"prompt_tokens": 10}}


def plain(seen: Seen) -> Reply:
    """Numbers as decimals, as servers give that do not know base64."""
    return as_json(listed([vector(text, 8) for text in seen.json["input"]]))


def test_vectors_belong_to_their_texts(tmp_path: Path) -> None:
    texts = some_texts(50)
    with serving() as fake:
        result = embedded(tmp_path, texts, a_teacher(fake.url))

        assert fake.stats()["requests"] == 7
    assert (result.vectors.shape, result.vectors.dtype) == ((50, 256), np.float32)
    assert np.array_equal(result.of_text, np.arange(50))
    np.testing.assert_allclose(result.vectors, [vector(text, 256) for text in texts], atol=1e-7)
    assert (outcomes(result), result.failures) == ({"ok": 50}, [])


def test_another_order_other_batches_and_new_texts_pay_for_nothing_twice(tmp_path: Path) -> None:
    texts = some_texts(40)
    sent: Counter[str] = Counter()

    def answer(seen: Seen) -> Reply:
        sent.update(seen.json["input"])
        return plain(seen)

    with bare(answer) as server:
        teacher = a_teacher(server.url)
        first = embedded(tmp_path, texts, teacher, at_once=7)
        again = embedded(tmp_path, texts[::-1] + some_texts(5, 40), teacher, at_once=11)

    assert set(sent.values()) == {1} and len(sent) == 45
    assert np.array_equal(again.vectors[:40][::-1], first.vectors)
    assert (first.gathered.sent.total(), again.gathered.sent.total()) == (40, 5)


def test_what_is_in_the_ledger_needs_no_server_and_no_key(tmp_path: Path) -> None:
    with serving() as fake:
        first = embedded(tmp_path, some_texts(5), a_teacher(fake.url))
    again = embedded(tmp_path, some_texts(5), a_teacher("http://127.0.0.1:9/v1", key="UNSET_KEY"))

    assert np.array_equal(first.vectors, again.vectors)


def test_equal_texts_are_asked_about_once_and_answered_each(tmp_path: Path) -> None:
    with bare(plain) as server:
        result = embedded(tmp_path, ["a b", "c", "a b", "a b"], a_teacher(server.url), at_once=2)

    assert [seen.json["input"] for seen in server.seen] == [["a b", "c"]]
    assert len(result.vectors) == 4
    assert np.array_equal(result.vectors[0], result.vectors[3])


def test_calls_are_kept_as_base64_with_what_the_server_counted(tmp_path: Path) -> None:
    with bare(plain) as server:
        teacher = a_teacher(server.url, prices={"input": 2.0, "output": 9.0})
        embedded(tmp_path, ["aaaa", "aaaabbbb", "c"], teacher, budget=Budget(usd=1))
    stored = calls(tmp_path)
    call = stored["aaaabbbb"]
    told = json.loads(call.reply)

    assert [stored[text].prompt_tokens for text in ("aaaa", "aaaabbbb", "c")] == [3, 6, 1]
    assert sum(one.usd for one in stored.values()) == pytest.approx(10 * 2 / 1e6)
    assert (call.task, call.completion_tokens, told["model"]) == ("embedding", 0, "m-1")
    assert np.frombuffer(base64.b64decode(told["embedding"]), "<f4").tolist() == pytest.approx(
        vector("aaaabbbb", 8)
    )


def test_a_call_can_be_shown_and_exported_and_the_file_embeds_without_a_network(
    tmp_path: Path,
) -> None:
    with serving() as fake:
        first = embedded(tmp_path, some_texts(5), a_teacher(fake.url))
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        key = next(iter(ledger.every({}))).key
        shown = "\n".join(lines(one(ledger, key)))
        export(ledger, tmp_path / "calls.jsonl", {})
    teacher = Replay(kind="replay", model="m")
    recorded = {"m": tmp_path / "calls.jsonl"}
    again = embedded(tmp_path / "b", some_texts(6), teacher, recorded=recorded)

    assert "[input]" in shown and "embedding" in shown
    assert np.array_equal(first.vectors, again.vectors)
    assert (outcomes(again), again.of_text[-1]) == ({"ok": 5, "not_recorded": 1}, -1)
    assert again.failures[0].what == "m embedding row5" and again.failures[0].retryable


def test_settings_that_change_vectors_are_in_the_key_and_others_not(tmp_path: Path) -> None:
    with serving() as fake:
        url = fake.url
        embedded(tmp_path, ["a"], a_teacher(url))
        same = embedded(tmp_path, ["a"], a_teacher(url, temperature=0.5, max_tokens=99))
        other = embedded(tmp_path, ["a"], a_teacher(url, parameters={"dimensions": 32}))

    assert same.gathered.sent.total() == 0
    assert (other.gathered.sent.total(), other.vectors.shape) == (1, (1, 32))


@pytest.mark.parametrize("fault", ["rate_limited", "retry_after", "server_error", "cut"])
def test_a_fault_that_passes_is_got_past(tmp_path: Path, fault: str) -> None:
    settings = {"faults": {fault: 0.5}, "fault_attempts": 2, "retry_after": 0.02}
    with serving(FakeSettings.model_validate(settings)) as fake:
        result = embedded(tmp_path, some_texts(60), a_teacher(fake.url), at_once=4)
        stats = fake.stats()

    assert outcomes(result) == {"ok": 60}
    assert stats["faults"][fault] > 0 == stats["answered_again"]
    assert sum(result.gathered.attempts.values()) == stats["faults"][fault]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("rate_limited", "rate_limited"), ("server_error", "server_error"), ("cut", "timeout"),
     ("schema_mismatch", "server_error")],
)  # fmt: skip
def test_a_fault_that_stays_is_told_of_each_text_and_asked_again(
    tmp_path: Path, fault: str, outcome: str
) -> None:
    faults = {"faults": {fault: 0.5}, "fault_attempts": 1_000}
    with serving(FakeSettings.model_validate(faults)) as fake:
        result = embedded(tmp_path, some_texts(48), a_teacher(fake.url, retries=1), at_once=3)
    with serving() as fake:
        again = embedded(tmp_path, some_texts(48), a_teacher(fake.url))

    assert set(outcomes(result)) == {"ok", outcome}
    assert outcomes(result).total() == 48
    assert len(result.failures) == outcomes(result)[outcome] == again.gathered.sent.total()
    assert all(failure.retryable for failure in result.failures)
    assert outcomes(again) == {"ok": 48}


BAD: dict[str, Any] = {
    "no list": "x",
    "no numbers": [1.0, "2"],
    "empty": [],
    "not finite": [1.0, float("nan"), 0.0, 0.0],
    "too large": [1e300, 1.0, 0.0, 0.0],
    "zeros": [0.0] * 4,
    "nothing": None,
    "another length": [1.0] * 5,
    "half a number": base64.b64encode(b"12345").decode(),
}


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_vector_that_cannot_be_compared_costs_its_text_alone(tmp_path: Path, bad: str) -> None:
    def answer(seen: Seen) -> Reply:
        vectors = [vector(text, 4) if text != "bad" else BAD[bad] for text in seen.json["input"]]
        return as_json(listed(vectors))

    with bare(answer) as server:
        texts = ["one", "bad", "three", "four"]
        result = embedded(tmp_path, texts, a_teacher(server.url))
        again = embedded(tmp_path, texts, a_teacher(server.url))

    assert len(server.seen) == 1
    assert result.vectors.shape == (3, 4)
    assert result.of_text.tolist() == again.of_text.tolist() == [0, -1, 1, 2]
    assert [(one.reason, one.retryable) for one in result.failures] == [("schema_mismatch", False)]
    assert result.failures[0].what.endswith("row1") and result.failures[0].detail


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"embedding": [1.0]}]},
        {"data": [{"embedding": [1.0], "index": 0}] * 2},
        {"data": [{"embedding": [1.0], "index": n} for n in (1, 2)]},
        {"data": [[1.0], [1.0]]},
        {"data": {}},
        {"object": "list"},
        [1.0],
        "x",
    ],
    ids=json.dumps,
)
def test_an_answer_that_is_no_list_of_as_many_vectors_is_a_servers_error(
    tmp_path: Path,
    body: Any,  # noqa: ANN401
) -> None:
    with bare(lambda seen: as_json(body)) as server:
        result = embedded(tmp_path, ["a", "b"], a_teacher(server.url, retries=1))

    assert len(server.seen) == 2
    assert outcomes(result) == {"server_error": 2}
    assert "the answer is no list of 2 embeddings" in result.failures[0].detail


def test_vectors_in_another_order_are_told_by_their_index(tmp_path: Path) -> None:
    def answer(seen: Seen) -> Reply:
        told = listed([vector(text, 8) for text in seen.json["input"]])
        return as_json(told | {"data": told["data"][::-1]})

    with bare(answer) as server:
        result = embedded(tmp_path, some_texts(5), a_teacher(server.url))

    np.testing.assert_allclose(result.vectors, [vector(one, 8) for one in some_texts(5)], atol=1e-7)


def test_a_text_too_long_for_the_model_costs_itself_alone(tmp_path: Path) -> None:
    texts = some_texts(40)
    texts[5] = texts[30] = "word " * 500
    with serving(FakeSettings(context_tokens=100)) as fake:
        result = embedded(tmp_path, texts, a_teacher(fake.url), at_once=16)

        assert fake.stats()["requests"] < 25
    assert outcomes(result) == {"ok": 39 - 1, "rejected": 2}
    assert np.flatnonzero(result.of_text < 0).tolist() == [5, 30]
    assert not result.failures[0].retryable and "context length" in result.failures[0].detail


def test_many_texts_too_long_in_many_requests_do_not_stop_the_teacher(tmp_path: Path) -> None:
    texts = [text if k % 3 else text + " word" * 500 for k, text in enumerate(some_texts(60))]
    with serving(FakeSettings(context_tokens=100)) as fake:
        result = embedded(tmp_path, texts, a_teacher(fake.url), at_once=4)

    assert outcomes(result) == {"ok": 40, "rejected": 20}


def test_a_server_that_takes_nothing_is_given_up(tmp_path: Path) -> None:
    with bare(lambda seen: as_json({"error": {"message": "bad parameter"}}, 400)) as server:
        result = embedded(tmp_path, some_texts(1000), a_teacher(server.url), at_once=64)

    assert len(server.seen) < 250
    assert set(outcomes(result)) == {"rejected", "fatal"}


def test_an_encoding_that_is_not_known_is_left_out(tmp_path: Path) -> None:
    def answer(seen: Seen) -> Reply:
        if "encoding_format" in seen.json:
            return as_json({"error": {"message": "encoding_format is not supported"}}, 422)
        return plain(seen)

    with bare(answer) as server:
        result = embedded(tmp_path, some_texts(40), a_teacher(server.url, concurrency=1))

    assert outcomes(result) == {"ok": 40}
    assert len(server.seen) == 1 + 5


@pytest.mark.parametrize(("bound", "n"), [({"calls": 21}, 21), ({"tokens": 200}, 0)])
def test_a_budget_is_kept_to_and_used_up(tmp_path: Path, bound: dict[str, int], n: int) -> None:
    texts = [f"{k:040}" for k in range(60)]
    with serving() as fake:
        school = {"budget": Budget.model_validate(bound)}
        result = embedded(tmp_path, texts, a_teacher(fake.url), at_once=8, **school)
    found = outcomes(result)

    assert set(found) == {"ok", "over_budget"}
    assert found["ok"] == n if n else found["ok"] == 20
    assert all(failure.retryable for failure in result.failures)


def test_a_wrong_key_stops_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_KEY", "right")
    monkeypatch.setenv("LAB_KEY", "wrong-key-0123456789")
    with serving(FakeSettings(key_env="SERVER_KEY")) as fake:
        result = embedded(tmp_path, some_texts(900), a_teacher(fake.url, key="LAB_KEY"), at_once=2)

        assert fake.stats()["requests"] <= 16
    assert outcomes(result) == {"fatal": 900}
    assert "wrong-key-0123456789" not in repr(result.failures)


def test_a_teacher_that_works_in_batches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"batch: true"):
        embedded(tmp_path, ["a"], a_teacher("http://127.0.0.1:9/v1", batch=True))


def test_what_asking_takes_is_known_before(tmp_path: Path) -> None:
    texts = [("r", text) for text in some_texts(30)]
    prices = {"input": 1.0, "output": 1.0}
    with serving() as fake:
        teacher = a_teacher(fake.url, prices=prices)
        school = replace(a_school(tmp_path, teacher), budget=Budget(usd=1))
        embed(lambda: texts[:10], school, lambda line: None)
        (line,) = estimate(lambda: [*texts, *texts[:3]], school).lines

    assert (line.requests, line.calls, line.completion_tokens) == (33, 20, 0)
    assert line.prompt_tokens == pytest.approx(
        sum(len(text) for _, text in texts[10:]) / 4, rel=0.2
    )
    assert line.usd == pytest.approx(line.prompt_tokens / 1e6, rel=0.01)


def test_progress_tells_of_texts(tmp_path: Path) -> None:
    told: list[str] = []
    with serving() as fake:
        school = a_school(tmp_path, a_teacher(fake.url))
        texts = [("r", text) for text in some_texts(20)]
        embed(lambda: texts[:5], school, told.append)
        embed(lambda: texts, school, told.append)

    assert told[-1].startswith("20 of 20 done (5 were there)")


@pytest.mark.parametrize("total", [0, 1, 7, 1000])
def test_shares_lose_nothing(total: int) -> None:
    for sizes in ([1], [3, 3, 3], [1, 1000, 5], [0, 0]):
        shares = divided(total, sizes)

        assert sum(shares) == (total if sum(sizes) else 0)
        assert all(share >= 0 for share in shares)
