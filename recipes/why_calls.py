"""The teacher calls behind an example, for `why`: what the ledger holds of each.

Reads the ledger of the work folder; where that is not there, or has no such call, it says so.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recipes.dollars import dollars
from schemas.errors import WorkError

LINES, LONGEST = 3, 160
"""Lines of a reply that are shown, and characters of each."""
Story = dict[str, Any]


def behind(call_ids: Sequence[str], ledger: Path) -> list[Story]:
    """What is known of each call, in their order; `problem` says why there is no more.

    Args:
        call_ids: keys of the calls behind one example; the last reply is the one that it is from,
            those before it had to be corrected.
        ledger: the ledger's file.
    """
    if not call_ids:
        return []
    if not ledger.is_file():
        return [_unknown(key, f"the ledger {ledger} is not there") for key in call_ids]
    from curate.synthesize.calls import Ledger

    try:
        with Ledger(ledger) as opened:
            found = opened.get(list(call_ids))
    except WorkError as error:
        return [_unknown(key, str(error)) for key in call_ids]
    return [
        _told(found[key], last=key == call_ids[-1])
        if key in found
        else _unknown(key, f"the ledger {ledger} does not hold it")
        for key in call_ids
    ]


def _told(call: Any, last: bool) -> Story:  # noqa: ANN401  a Call, imported late
    from curate.synthesize import completion

    text = completion.text_of(completion.of(call.reply))
    names = ("key", "teacher", "model", "task", "sample", "host", "made", "seconds")
    sums = ("prompt_tokens", "completion_tokens", "usd")
    return {
        **{name: getattr(call, name) for name in (*names, *sums)},
        "outcome": "ok" if last else _mistaken(text),
        "reply": [completion.line(one, LONGEST) for one in _first(text)],
        "problem": None,
    }


def _unknown(key: str, problem: str) -> Story:
    return {"key": key, "problem": problem}


def _mistaken(text: str) -> str:
    """What was wrong with a reply that had to be corrected: no JSON, or JSON of another form."""
    from curate.synthesize.replies import as_json

    return "invalid_json" if as_json(text) is None else "schema_mismatch"


def _first(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()][:LINES]


def lines(calls: Sequence[Story]) -> Iterator[str]:
    """The calls for a person to read."""
    for call in calls:
        if call["problem"] is not None:
            yield f"call      {call['key']}: {call['problem']}"
            continue
        yield (
            f"call      {call['key']}, {call['outcome']}, {call['teacher']} ({call['model']}) at "
            f"{call['host']}, {call['made'][:19]}"
        )
        yield (
            f"          {call['prompt_tokens']:,} tokens sent, {call['completion_tokens']:,} "
            f"written, {dollars(call['usd'])}; `retort calls {call['key'][:12]}` shows all of it"
        )
        for line in call["reply"] or ["(empty)"]:
            yield f"          {line}"
