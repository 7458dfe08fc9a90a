"""A batch goes through its states and leaves every line in one of two files."""

import json
import time
from typing import Any

import openai
import pytest
from openai.types import Batch

from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from tests.curate.synthesize.fake.asking import body, call, client_of, said

URL = "/v1/chat/completions"


def lines(n: int, **others: object) -> bytes:
    rows = [
        {"custom_id": f"line-{k}", "method": "POST", "url": URL, "body": body(k, **others)}
        for k in range(n)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def begin(client: openai.OpenAI, content: bytes, metadata: dict[str, str] | None = None) -> Batch:
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    assert client.files.content(file.id).content == content
    return client.batches.create(
        input_file_id=file.id, endpoint=URL, completion_window="24h", metadata=metadata
    )


def ended(client: openai.OpenAI, batch: Batch) -> Batch:
    while (batch := client.batches.retrieve(batch.id)).status in ("validating", "in_progress"):
        time.sleep(0.02)
    return batch


def rows(client: openai.OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    if file_id is None:
        return []
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


def test_a_batch_is_validated_worked_on_and_completed_with_the_answers_that_requests_get() -> None:
    with serving(FakeSettings(batch_seconds=1)) as fake, client_of(fake) as client:
        batch = begin(client, lines(3), metadata={"run": "a"})
        assert batch.status == "validating"
        time.sleep(0.15)
        assert client.batches.retrieve(batch.id).status == "in_progress"
        done = ended(client, batch)
        output = rows(client, done.output_file_id)
        live = [said(fake, body(k)) for k in range(3)]
        (listed,) = client.batches.list()

    assert done.status == "completed" and done.completed_at and done.error_file_id is None
    assert (done.request_counts.total, done.request_counts.completed) == (3, 3)
    assert listed.id == batch.id and listed.metadata == {"run": "a"}
    assert [row["custom_id"] for row in output] == ["line-0", "line-1", "line-2"]
    for row, content in zip(output, live, strict=True):
        assert set(row) == {"id", "custom_id", "response", "error"} and row["error"] is None
        assert row["response"]["status_code"] == 200 and row["response"]["request_id"]
        assert row["response"]["body"]["choices"][0]["message"]["content"] == content
    assert fake.stats()["answered_again"] == 3


def test_lines_that_fail_are_in_the_error_file_and_succeed_in_the_next_batch() -> None:
    faults = {"server_error": 0.3, "rate_limited": 0.2, "cut": 0.2}
    settings = FakeSettings.model_validate({"faults": faults, "batch_seconds": 0})
    with serving(settings) as fake, client_of(fake) as client:
        first = ended(client, begin(client, lines(40)))
        good, bad = rows(client, first.output_file_id), rows(client, first.error_file_id)
        second = ended(client, begin(client, lines(40)))

    assert sorted(row["custom_id"] for row in good + bad) == sorted(f"line-{k}" for k in range(40))
    counts = first.request_counts
    assert (counts.total, counts.completed, counts.failed) == (40, len(good), len(bad))
    statuses = {row["response"]["status_code"] for row in bad if row["response"]}
    codes = {row["error"]["code"] for row in bad if row["error"]}
    assert statuses == {429, 500} and codes == {"request_timeout"}
    assert all("error" in row["response"]["body"] for row in bad if row["response"])
    assert second.error_file_id is None and second.request_counts.completed == 40


def test_faults_of_content_are_in_the_output_file() -> None:
    settings = FakeSettings.model_validate({"faults": {"refusal": 1.0}, "batch_seconds": 0})
    with serving(settings) as fake, client_of(fake) as client:
        (row,) = rows(client, ended(client, begin(client, lines(1))).output_file_id)

    assert row["response"]["body"]["choices"][0]["message"]["refusal"]


def test_the_first_batches_expire_with_only_part_of_their_lines_done() -> None:
    settings = FakeSettings(batch_seconds=0, expiring_batches=1, expired_share=0.6)
    with serving(settings) as fake, client_of(fake) as client:
        first = ended(client, begin(client, lines(5)))
        good, bad = rows(client, first.output_file_id), rows(client, first.error_file_id)
        second = ended(client, begin(client, lines(5)))

    assert first.status == "expired" and first.expired_at
    assert [row["custom_id"] for row in good] == ["line-0", "line-1", "line-2"]
    assert [row["custom_id"] for row in bad] == ["line-3", "line-4"]
    assert all(row["error"]["code"] == "batch_expired" and not row["response"] for row in bad)
    assert first.request_counts.completed == 3
    assert second.status == "completed"


def test_a_batch_that_is_cancelled_keeps_what_was_done() -> None:
    with serving(FakeSettings(batch_seconds=60)) as fake, client_of(fake) as client:
        batch = begin(client, lines(4))
        assert client.batches.cancel(batch.id).status == "cancelling"
        done = ended(client, batch)
        left = rows(client, done.error_file_id)
        with pytest.raises(openai.ConflictError):
            client.batches.cancel(batch.id)

    assert done.status == "cancelled" and done.output_file_id is None
    assert [row["error"]["code"] for row in left] == ["batch_cancelled"] * 4
    assert fake.stats()["requests"] == 0


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "empty_file", None),
        (b"{}\n", "missing_required_parameter", 1),
        (lines(1) + b"no json\n", "invalid_json_line", 2),
        (lines(1) + lines(1), "duplicate_custom_id", 2),
        (lines(1).replace(b"/v1/chat", b"/v2/chat"), "invalid_url", 1),
        (lines(1).replace(b"POST", b"GET"), "invalid_method", 1),
        (lines(1) + lines(2, model="b").split(b"\n")[1], "mismatched_model", 2),
    ],
)
def test_a_file_that_is_no_batch_fails_validation(
    content: bytes, code: str, line: int | None
) -> None:
    with serving() as fake, client_of(fake) as client:
        batch = begin(client, content)

    assert batch.status == "failed" and batch.failed_at
    (problem,) = batch.errors.data
    assert (problem.code, problem.line) == (code, line)


def test_a_line_that_is_refused_fails_alone() -> None:
    settings = FakeSettings(models=("known",), batch_seconds=0)
    with serving(settings) as fake, client_of(fake) as client:
        done = ended(client, begin(client, lines(1, model="unknown")))
        (row,) = rows(client, done.error_file_id)

    assert done.status == "completed"
    assert row["response"]["body"]["error"]["code"] == "model_not_found"


def test_files_are_told_of_and_deleted() -> None:
    with serving() as fake, client_of(fake) as client:
        tricky = b"\r\n--x\r\n\x00\xff"
        file = client.files.create(file=("a b.jsonl", tricky), purpose="batch")
        assert client.files.content(file.id).content == tricky
        told = client.files.retrieve(file.id)
        assert (told.bytes, told.filename, told.purpose) == (len(tricky), "a b.jsonl", "batch")
        assert client.files.delete(file.id).deleted
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(file.id)
        with pytest.raises(openai.BadRequestError):
            client.files.create(file=("a", b""), purpose="fine-tune")
        with pytest.raises(openai.BadRequestError):
            client.batches.create(input_file_id=file.id, endpoint=URL, completion_window="24h")


def test_a_batch_of_another_kind_is_refused() -> None:
    with serving() as fake:
        for wrong in ({"endpoint": "/v1/embeddings"}, {"completion_window": "1h"}):
            asked = {"endpoint": URL, "completion_window": "24h", "input_file_id": "none", **wrong}
            assert call(fake, "POST", "/v1/batches", asked)[0] == 400
        assert call(fake, "POST", "/v1/files", {"no": "form"})[0] == 400
