"""Which request goes where.

| request | |
|---|---|
| POST …/chat/completions | a chat completion |
| POST …/embeddings | vectors of texts, from their words: `embeddings.py` |
| GET …/models | the models that are known |
| POST …/files, GET and DELETE …/files/ID, GET …/files/ID/content | files |
| POST and GET …/batches, GET …/batches/ID, POST …/batches/ID/cancel | batches |
| GET /stats | `counts.Counts` as JSON; needs no key |
| POST /outage `{"on": true}` | every request to a model fails until `{"on": false}`; needs no key |
"""

import itertools
import re

from curate.synthesize.fake import checks
from curate.synthesize.fake.api import Api
from curate.synthesize.fake.batches import Batches
from curate.synthesize.fake.chat import CHAT, Teacher
from curate.synthesize.fake.embeddings import EMBEDDINGS
from curate.synthesize.fake.replies import Reply, as_json, error, wrong_key
from curate.synthesize.fake.wire import LARGEST, Handler, Request

_PATH = re.compile(
    r"/stats|/outage|.*?/(?:chat/completions|embeddings|models|(?:files|batches)(?:/[\w-]+(?:/\w+)?)?)"
)


def handler(teacher: Teacher, key: str | None) -> Handler:
    """A function from requests to replies.

    Args:
        teacher: the server's memory.
        key: what clients have to send, if anything.
    """
    batches = Batches(teacher)
    serial = itertools.count(1)

    async def handle(request: Request) -> Reply:
        reply = _local(request, teacher) or _refused(request, teacher, key)
        if reply is None:
            api = _api(request)
            if api is not None:
                reply = await teacher.asked(request.body, api)
            else:
                reply = _listed(request, teacher) or _kept(request, batches)
        reply.headers["x-request-id"] = f"req_{next(serial):032x}"
        return reply

    return handle


APIS = {"/chat/completions": CHAT, "/embeddings": EMBEDDINGS}


def _api(request: Request) -> Api | None:
    """What of the model a request asks for; None where it asks for something else."""
    return next((api for path, api in APIS.items() if request.path.endswith(path)), None)


def _refused(request: Request, teacher: Teacher, key: str | None) -> Reply | None:
    """What is wrong with a request before it is read."""
    if request.too_large:
        return error(413, f"The body is larger than {LARGEST} bytes.", code="request_too_large")
    if not _PATH.fullmatch(request.path):
        return error(
            404, f"Unknown request URL: {request.method} {request.path}.", code="unknown_url"
        )
    sent = request.headers.get("authorization", "").partition(" ")[2].strip() or None
    if key is not None and sent != key:
        if _api(request) is not None:
            teacher.counts.requests += 1
            teacher.counts.refused["invalid_api_key"] += 1
        return wrong_key(sent)
    if (_api(request) or request.path.endswith("/cancel")) and request.method != "POST":
        return _not_allowed(request)
    return None


def _local(request: Request, teacher: Teacher) -> Reply | None:
    """What is asked of this server and of no other."""
    if (request.method, request.path) == ("GET", "/stats"):
        return as_json(teacher.counts.as_json())
    if (request.method, request.path) == ("POST", "/outage"):
        body = checks.parsed(request.body)
        if isinstance(body, Reply):
            return body
        if not isinstance(body.get("on"), bool):
            return error(400, 'Send {"on": true} or {"on": false}.', param="on")
        teacher.down = body["on"]
        return as_json({"on": teacher.down})
    return None


def _listed(request: Request, teacher: Teacher) -> Reply | None:
    if not request.path.endswith("/models"):
        return None
    if request.method != "GET":
        return _not_allowed(request)
    told = {"object": "model", "created": int(teacher.now()), "owned_by": "retort"}
    models = [{"id": name, **told} for name in teacher.settings.models or ("fake",)]
    return as_json({"object": "list", "data": models})


def _kept(request: Request, batches: Batches) -> Reply:
    """Files and batches."""
    parts = request.path.split("/")
    at = max(index for index, part in enumerate(parts) if part in ("files", "batches"))
    match (request.method, *parts[at:]):
        case ("POST", "files"):
            return batches.upload(request.headers.get("content-type", ""), request.body)
        case ("GET", "files", file_id):
            return batches.file(file_id, content=False)
        case ("GET", "files", file_id, "content"):
            return batches.file(file_id, content=True)
        case ("DELETE", "files", file_id):
            return batches.delete(file_id)
        case ("POST", "batches"):
            return batches.create(request.body)
        case ("GET", "batches"):
            return batches.listed()
        case ("GET", "batches", batch_id):
            return batches.batch(batch_id)
        case ("POST", "batches", batch_id, "cancel"):
            return batches.cancel(batch_id)
    return _not_allowed(request)


def _not_allowed(request: Request) -> Reply:
    return error(405, f"Not allowed to {request.method} {request.path}.", code="method_not_allowed")
