"""What can go wrong with one attempt at a call, and what follows from it.

A problem is told by the server's status and by its error's code, never by a library's retry rules:
what may succeed is tried again, what cannot stops the teacher at once or costs the one request.
"""

import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from curate.synthesize.completion import line

LONGEST_WAIT = 600.0
"""Seconds; a server that asks for more is not believed."""
LONGEST_BODY = 20_000
"""Characters of an error that are looked at."""
SPENT = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "access_terminated",
}
_SPENT_WORDS = re.compile(
    r"insufficient (?:quota|balance|credit)|exceeded your current quota|billing|payment required"
    r"|out of credits",
    re.IGNORECASE,
)
_FILTERED = {"content_filter", "content_policy_violation", "moderation_blocked"}
_FLAGGED = re.compile(r"flagged|moderation|content (?:filter|polic)", re.IGNORECASE)
_LATER = re.compile(r"(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)? ?(?:ms|s|m|h|d))+)", re.I)
_TAGS = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]{0,500}>", re.I | re.DOTALL)
_FORM = re.compile(r"response_format|json_schema|structured|guided|grammar", re.IGNORECASE)
_TOKENS_NAME = re.compile(r"max_completion_tokens", re.IGNORECASE)
_ENCODING = re.compile(r"encoding_format|base64", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(\.\d+)?")
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
Adapt = Literal["form", "max_completion_tokens", "encoding"]


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818  more often told than raised
    """One attempt that gave no reply."""

    outcome: str
    """One of `replies.OUTCOMES`."""
    detail: str
    """One line, without any key."""
    again: bool = False
    """Whether the same request may succeed later."""
    wait: float | None = None
    """Seconds that the server asks to wait."""
    adapt: Adapt | None = None
    """What this server does not understand, where asking otherwise may help."""

    def __str__(self) -> str:
        """Its detail."""
        return self.detail


def of_status(status: int, body: str, headers: Mapping[str, str], where: str) -> Problem:
    """The problem behind an answer that is no reply.

    Args:
        status: HTTP status; one below 300 is of an answer that held nothing.
        body: the answer's body, with keys blanked out.
        headers: the answer's headers, names in small letters.
        where: teacher and host, for people.
    """
    codes, message = _error(body)
    said = line(f"{where}: {status} {message}", 300)
    wait = wait_of(headers)
    if wait is None and status in (429, 503) and (told := _LATER.search(message)):
        wait = seconds_of(told[1].replace(" ", ""))
    if status == 429 and (codes & SPENT or (wait is None and _SPENT_WORDS.search(message))):
        return Problem("fatal", f"{said} (the quota is spent)")
    if status == 429:
        return Problem("rate_limited", said, again=True, wait=wait)
    if codes & _FILTERED or (status == 403 and _FLAGGED.search(message)):
        return Problem("content_filter", said)
    if status in (401, 402, 403):
        return Problem("fatal", f"{said} (the key, or what it may do, is not accepted)")
    if status in (404, 405) or (status == 400 and "model_not_found" in codes):
        return Problem("fatal", f"{said} (no such model or address)")
    if 300 <= status < 400:
        return Problem("fatal", f"{said} (it sends us elsewhere, and we do not follow)")
    if status in (400, 422, 501) and _FORM.search(" ".join([message, *codes])):
        return Problem("rejected", said, adapt="form")
    if status in (400, 422, 501) and _ENCODING.search(message):
        return Problem("rejected", said, adapt="encoding")
    if status == 400 and _TOKENS_NAME.search(message):
        return Problem("rejected", said, adapt="max_completion_tokens")
    if status < 300 or status in (408, 409, 425) or status >= 500:
        outcome = "timeout" if status in (408, 504) else "server_error"
        return Problem(outcome, said, again=True, wait=wait)
    return Problem("rejected", said)


def of_connection(error: BaseException, where: str) -> Problem:
    """The problem behind a connection that failed, broke or was silent for too long."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, TimeoutError) or type(cause).__name__.endswith("Timeout"):
        return Problem("timeout", f"{where}: no answer in time", again=True)
    what = line(f"{type(cause).__name__} {cause}".strip(), 200)
    return Problem("timeout", f"{where}: the connection failed ({what})", again=True)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: `retry-after-ms`, `Retry-After` (seconds or a date)."""
    exact, given = headers.get("retry-after-ms", ""), headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(exact.strip()):
        return _bounded(float(exact) / 1000)
    if _NUMBER.fullmatch(given):
        return _bounded(float(given))
    try:
        then = email.utils.parsedate_to_datetime(given).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return _bounded(then - time.time())


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_WAIT)


def seconds_of(text: str) -> float | None:
    """A duration as rate-limit headers have it: `6m0s`, `120ms`, `1.5`."""
    if _NUMBER.fullmatch(text):
        return _bounded(float(text))
    pieces = _PIECE.findall(text)
    if not pieces:
        return None
    return _bounded(sum(float(number) * _UNITS[unit] for number, unit in pieces))


def _error(body: str) -> tuple[set[str], str]:
    """(codes, message) of an error's body, however the server puts it."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        return set(), _TAGS.sub(" ", body[:LONGEST_BODY])
    if isinstance(told, list) and told:
        told = told[0]
    error = (told.get("error") or told) if isinstance(told, dict) else told
    if not isinstance(error, dict):
        return set(), str(error)[:LONGEST_BODY]
    codes = {str(error[name]) for name in ("code", "type", "status") if error.get(name)}
    message = error.get("message") or error.get("detail") or error
    return codes, str(message)[:LONGEST_BODY]
