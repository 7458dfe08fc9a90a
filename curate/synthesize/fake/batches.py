"""The Batch API: a file of requests that is answered within `batch_seconds`.

https://platform.openai.com/docs/api-reference/batch. Reads an uploaded JSONL file of {custom_id,
method, url, body}; leaves an output file of what was answered and an error file of what was not, in
the order of the requests. A batch is looked at, not worked at: its state follows from the clock,
and its lines are answered when it is first seen finished. Lines meet the same faults as requests.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from curate.synthesize.fake import checks, faults
from curate.synthesize.fake.chat import Teacher
from curate.synthesize.fake.lines import Line, Problem, read
from curate.synthesize.fake.replies import Reply, as_json, error, unknown
from curate.synthesize.fake.uploads import File, uploaded

ENDPOINT = "/v1/chat/completions"
VALIDATING_SHARE = 0.1
"""Share of `batch_seconds` during which a batch is `validating`."""
WINDOW_SECONDS = 24 * 3600
EXPIRED = "This request could not be executed before the completion window expired."
CANCELLED = "This request was not executed because the batch was cancelled."


@dataclass(slots=True)
class Batch:
    """A batch that was created."""

    id: str
    file: str
    """Id of its input."""
    metadata: Any
    lines: list[Line]
    begun: float
    """When, on the clock that does not jump."""
    n_done: int
    """Lines that will be answered; fewer than there are in one that expires."""
    told: dict[str, Any]
    """What the API says of it besides."""
    settled: bool = False
    """Whether its lines were answered, so that nothing changes any more."""


@dataclass(slots=True)
class Batches:
    """Files and batches of one server."""

    teacher: Teacher
    files: dict[str, File] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    n_files: int = 0
    """Files that were ever kept; ids count on."""

    def upload(self, content_type: str, body: bytes) -> Reply:
        """Keep an uploaded file."""
        found = uploaded(content_type, body)
        if isinstance(found, Reply):
            return found
        return as_json(self._keep(*found, "batch").as_json())

    def file(self, file_id: str, content: bool) -> Reply:
        """A file, or what is known of it."""
        file = self.files.get(file_id)
        if file is None:
            return unknown(f"File object: {file_id}")
        if content:
            return Reply(200, file.content, content_type="application/octet-stream")
        return as_json(file.as_json())

    def delete(self, file_id: str) -> Reply:
        """Forget a file."""
        if self.files.pop(file_id, None) is None:
            return unknown(f"File object: {file_id}")
        return as_json({"id": file_id, "object": "file", "deleted": True})

    def create(self, data: bytes) -> Reply:
        """Begin a batch."""
        body = checks.parsed(data)
        if isinstance(body, Reply):
            return body
        if body.get("endpoint") != ENDPOINT:
            return error(400, f"endpoint: this server has {ENDPOINT}.", param="endpoint")
        if body.get("completion_window") != "24h":
            return error(
                400, "completion_window: only '24h' is allowed.", param="completion_window"
            )
        file = self.files.get(str(body.get("input_file_id")))
        if file is None:
            return error(400, f"No such file: {body.get('input_file_id')}.", param="input_file_id")
        lines = read(file.content, ENDPOINT)
        settings = self.teacher.settings
        number = len(self.batches)
        n_lines = 0 if isinstance(lines, Problem) else len(lines)
        expires = number < settings.expiring_batches
        now = int(self.teacher.now())
        batch = Batch(
            id=f"batch_{number:032x}",
            file=file.id,
            metadata=body.get("metadata"),
            lines=[] if isinstance(lines, Problem) else lines,
            begun=self.teacher.monotonic(),
            n_done=int(n_lines * settings.expired_share) if expires else n_lines,
            told={"created_at": now, "expires_at": now + WINDOW_SECONDS, "status": "validating"},
        )
        if isinstance(lines, Problem):
            batch.told |= {"status": "failed", "failed_at": now, "errors": lines.as_json()}
            batch.settled = True
        self.batches[batch.id] = batch
        return as_json(self._seen(batch))

    def batch(self, batch_id: str) -> Reply:
        """How far a batch is."""
        batch = self.batches.get(batch_id)
        return unknown(f"batch: {batch_id}") if batch is None else as_json(self._seen(batch))

    def listed(self) -> Reply:
        """All batches, the latest first."""
        found = [self._seen(batch) for batch in reversed(self.batches.values())]
        ends = {"first_id": found[0]["id"], "last_id": found[-1]["id"]} if found else {}
        return as_json({"object": "list", "data": found, "has_more": False, **ends})

    def cancel(self, batch_id: str) -> Reply:
        """Stop a batch; what is done by then stays done."""
        batch = self.batches.get(batch_id)
        if batch is None:
            return unknown(f"batch: {batch_id}")
        status = self._seen(batch)["status"]
        if batch.settled:
            return error(409, f"Cannot cancel a batch with status '{status}'.")
        share = self._share(batch)
        batch.n_done = min(batch.n_done, int(share * len(batch.lines)))
        batch.told |= {"status": "cancelling", "cancelling_at": int(self.teacher.now())}
        return as_json(self._told(batch))

    def _seen(self, batch: Batch) -> dict[str, Any]:
        """What the API says of a batch now, after working out what has become of it."""
        if not batch.settled:
            share = self._share(batch)
            if batch.told["status"] == "cancelling":
                self._settle(batch, "cancelled", "batch_cancelled", CANCELLED)
            elif share >= 1:
                ended = "completed" if batch.n_done == len(batch.lines) else "expired"
                self._settle(batch, ended, "batch_expired", EXPIRED)
            elif share >= VALIDATING_SHARE:
                batch.told["status"] = "in_progress"
                batch.told.setdefault("in_progress_at", int(self.teacher.now()))
        return self._told(batch)

    def _share(self, batch: Batch) -> float:
        """How much of its time has passed, in [0, 1]."""
        seconds = self.teacher.settings.batch_seconds
        passed = self.teacher.monotonic() - batch.begun
        return 1 if passed >= seconds else passed / seconds

    def _settle(self, batch: Batch, status: str, code: str, message: str) -> None:
        """Answer the lines that are done, and say of the others why they are not."""
        left = {"code": code, "message": message}
        done = [self._answered(batch, index) for index in range(batch.n_done)]
        undone = [
            _result(batch, index, None, left) for index in range(batch.n_done, len(batch.lines))
        ]
        good = [one for one in done if (one["response"] or {}).get("status_code") == 200]
        bad = [one for one in done if (one["response"] or {}).get("status_code") != 200]
        now = int(self.teacher.now())
        batch.told.setdefault("in_progress_at", now)
        batch.told |= {"status": status, "finalizing_at": now, f"{status}_at": now}
        for which, rows in (("output", good), ("error", bad + undone)):
            if rows:
                text = "".join(json.dumps(row) + "\n" for row in rows)
                file = self._keep(f"{batch.id}_{which}.jsonl", text.encode(), "batch_output")
                batch.told[f"{which}_file_id"] = file.id
        batch.told["request_counts"] = {
            "total": len(batch.lines),
            "completed": len(good),
            "failed": len(bad),
        }
        batch.settled = True

    def _answered(self, batch: Batch, index: int) -> dict[str, Any]:
        """The result of one line."""
        teacher, body = self.teacher, batch.lines[index].body
        teacher.counts.requests += 1
        refusal = checks.wrong(body, teacher.settings)
        if refusal is None:
            outcome = teacher.attempt(body, faults.digest(body, teacher.settings.seed))
            if outcome.fault == "cut":
                late = {"code": "request_timeout", "message": "This request timed out."}
                return _result(batch, index, None, late)
            if outcome.refusal is None:
                teacher.count(outcome)
                return _result(batch, index, (200, outcome.completion), None)
            refusal = outcome.refusal
        return _result(batch, index, (refusal.status, json.loads(refusal.body)), None)

    def _keep(self, name: str, content: bytes, purpose: str) -> File:
        self.n_files += 1
        file = File(f"file-{self.n_files:024x}", name, purpose, content, int(self.teacher.now()))
        self.files[file.id] = file
        return file

    def _told(self, batch: Batch) -> dict[str, Any]:
        counts = {"total": len(batch.lines), "completed": 0, "failed": 0}
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": ENDPOINT,
            "input_file_id": batch.file,
            "completion_window": "24h",
            "errors": None,
            "output_file_id": None,
            "error_file_id": None,
            "metadata": batch.metadata,
            "request_counts": counts,
            **batch.told,
        }


def _result(
    batch: Batch,
    index: int,
    answer: tuple[int, dict[str, Any]] | None,
    problem: dict[str, str] | None,
) -> dict[str, Any]:
    """A line of an output or error file."""
    response = None
    if answer is not None:
        request_id = f"req_{batch.id}_{index}"
        response = {"status_code": answer[0], "request_id": request_id, "body": answer[1]}
    return {
        "id": f"batch_req_{batch.id.removeprefix('batch_')}_{index}",
        "custom_id": batch.lines[index].custom_id,
        "response": response,
        "error": problem,
    }
