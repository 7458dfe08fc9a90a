"""Read a teacher's reply: what it says as JSON, and how it went.

A stored reply is read anew each time, so a better reading costs nothing. Thoughts are taken out,
fences and talk around the JSON too; JSON that is broken is mended by json_repair, within bounds of
length and depth. What a reply broke off in the middle of is dropped, never completed.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curate.synthesize.completion import line, message_of, text_of
from curate.synthesize.tasks.task import Material, Task

OUTCOMES = {
    "ok": "the reply is what was asked for",
    "refused": "the model would not answer",
    "truncated": "the reply reached `max_tokens` before its end",
    "invalid_json": "no JSON could be read, not even after mending",
    "schema_mismatch": "the JSON is not of the form that was asked for, or its answer is wrong",
    "rate_limited": "the server would not take it, however long we waited",
    "timeout": "no answer in time, or a connection that broke",
    "server_error": "the server failed at it again and again",
    "content_filter": "the provider's filter held it back",
    "rejected": "the server takes no such request: too long for the model, for instance",
    "fatal": "the key, the model or the quota is not good; nothing more was sent",
    "over_budget": "not asked: the budget was spent",
    "not_recorded": "not asked: a replayed teacher has no such answer",
}
"""How asking went -> what it means."""
RETRYABLE = {"rate_limited", "timeout", "server_error", "fatal", "over_budget", "not_recorded"}
"""What may succeed when the recipe is run again."""
CORRECTABLE = {"invalid_json", "schema_mismatch"}
"""What the model is asked once to correct."""
REFUSALS = (
    "i'm sorry, but i", "i'm sorry, i ", "i'm sorry. i ", "sorry, but i", "sorry, i ",
    "i apologize, but", "i apologise, but", "unfortunately, i can't", "unfortunately, i'm",
    "as an ai", "i can't ", "i won't", "i will not", "i'm unable to", "i'm not able to",
    "i must decline", "i have to decline", "i decline",
)  # fmt: skip
"""How a refusal in words begins; `I am` is read as I'm, `cannot` as can't, whatever the case."""
LONGEST = 1_000_000
"""Characters of a reply that is read at all."""
LONGEST_MENDED = 50_000
"""Characters of a reply that is mended, some 12,000 tokens; json_repair takes up to 13 µs each."""
DEEPEST = 64
"""Levels of lists and objects in a value. What lies deeper is garbage, and slow to mend."""
MAX_STARTS = 20
"""Places in a reply where a JSON value is looked for."""

_NAMES = r"(?:seed:)?(?:think|thinking|thoughts?|reason|reasoning|reflection|scratchpad)"
_OPENING = re.compile(
    rf"<{_NAMES}(?:\s[^<>]{{0,80}})?>|\[THINK\]|<\|begin_of_thought\|>|<\|START_THINKING\|>"
    r"|◁think▷|<unused94>|<\|channel>thought",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    rf"</{_NAMES}>|\[/THINK\]|<\|end_of_thought\|>|<\|END_THINKING\|>|◁/think▷|<unused95>"
    r"|<channel\|>",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"<answer>|<\|begin_of_solution\|>|<response>", re.IGNORECASE)
_ANSWER_END = re.compile(r"</answer>|<\|end_of_solution\|>|</response>", re.IGNORECASE)
_FINAL = re.compile(r"<\|channel\|>final[^{\[]{0,80}?<\|message\|>|\Aanalysis(?s:.*)assistantfinal")
_FINAL_END = re.compile(r"<\|(?:end|return|start)\|>")
_FIRST_MARKS = re.compile(r"\A(?:<\|\w{1,40}\|>|<s>|\s)+")
_LAST_MARKS = re.compile(r"(?:<\|\w{1,40}\|>|</s>|<end_of_turn>|\s)+\Z")
_VALUE = re.compile(r"""\{\s*(?:["'“}]|\w+\s*:)|\[\s*["'“{\]]""")
_LAST_CLOSED = re.compile(
    r"""["'”](?:\s*:\s*(?:-?\d[\d.eE+-]*|true|false|null|True|False|None|NaN))?(?:\s*(?:,\s*)?[}\]])+"""
)
_LAST_STRING = re.compile(r""":\s*(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')\Z""", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_COMMAND = re.compile(
    r"\\(?:[bf][a-zA-Z]"
    r"|(?:n(?:abla|atural|e(?!\.)|earrow|eg|eq|ewline|exists|geq|leq|mid|olimits|onumber|ot|otin"
    r"|parallel|prec|sim|subseteq|u|warrow)"
    r"|r(?:angle|ceil|floor|ho|ight|ightarrow|ightleftharpoons|m|vert)"
    r"|t(?:an|anh|au|ext|ext[a-z][a-z]|frac|heta|hinspace|herefore|ilde|imes|o|op|riangle))"
    r"(?![a-zA-Z]))"
)
"""Commands of TeX that JSON would read as a backspace, form feed, line feed, return or tab.

Nobody writes a backspace or form feed; of the others only those are listed whose rest is no word,
so that a line feed before `others` stays one.
"""
_APOSTROPHES = str.maketrans("’‘`", "'''")


@dataclass(frozen=True, slots=True)
class Read:
    """A reply that was read."""

    outcome: str
    """One of OUTCOMES."""
    reply: Any = None
    """What the task made of it, where the outcome is ok."""
    detail: str = ""
    """One line on what is wrong with it."""


def read(completion: dict[str, Any], task: Task, material: Material) -> Read:
    """What a stored completion says.

    Args:
        completion: the body of the API's answer, as it came.
        task: what was asked.
        material: what about.
    """
    choice = (completion.get("choices") or [{}])[0]
    message = message_of(completion)
    finish = choice.get("finish_reason")
    if finish == "content_filter":
        return Read("content_filter", detail="the provider's filter held the answer back")
    if message.get("refusal"):
        return Read("refused", detail=line(str(message["refusal"])))
    text = text_of(completion)
    if finish == "length":
        return Read("truncated", detail="the reply reached max_tokens; raise it, or ask for less")
    return judge(text, task, material)


def judge(text: str, task: Task, material: Material) -> Read:
    """What a reply's text says: the first of its values that the task takes, or what is wrong."""
    wrong: Read | None = None
    for value in _values(text):
        try:
            reply = task.read(value)
        except ValueError as error:
            wrong = wrong or Read("schema_mismatch", detail=line(str(error)))
            continue
        mistake = task.mistake(reply, material)
        if mistake is None:
            return Read("ok", reply)
        wrong = wrong or Read("schema_mismatch", detail=line(mistake))
    if wrong is not None:
        return wrong
    said = without_thoughts(text[:LONGEST])
    if _refuses(said):
        return Read("refused", detail=line(said))
    found = line(said) or line(text[:LONGEST]) or "nothing"
    return Read("invalid_json", detail=f"no JSON in the reply, which begins: {found}")


def as_json(text: str) -> Any:  # noqa: ANN401  JSON
    """The JSON object or list in a text, mended where it has to be; None where there is none."""
    return next(_values(text), None)


def without_thoughts(text: str) -> str:
    """The text without what the model thought aloud, and without a chat template's marks.

    Thoughts come before the answer: what follows the last closing tag is the answer, whether or
    not the opening one is there. A thought that is never closed has no answer behind it.
    """
    answers = list(_ANSWER.finditer(text))
    if answers:
        text = _ANSWER_END.split(text[answers[-1].end() :], maxsplit=1)[0]
    closings = list(_CLOSING.finditer(text))
    if closings and text[closings[-1].end() :].strip():
        text = text[closings[-1].end() :]
    opening = _OPENING.search(text)
    if opening:
        text = text[: opening.start()]
    finals = list(_FINAL.finditer(text))
    if finals:
        text = _FINAL_END.split(text[finals[-1].end() :], maxsplit=1)[0]
    elif "<|channel|>" in text:
        text = ""
    text = _FIRST_MARKS.sub("", text).rstrip()
    return text[:-200] + _LAST_MARKS.sub("", text[-200:])


def _values(text: str) -> Iterator[Any]:
    """The JSON objects and lists in a text, the likeliest first.

    The whole text; else what makes up most of it; else the text as json_repair mends it; at last
    shorter values, the longest first: an answer is longer than an empty list, or than a form that
    is repeated before it.
    """
    if len(text) > LONGEST:
        return
    plain = _escaped(_paired(text))
    try:
        yield _checked(json.loads(plain, strict=False))
        return
    except (ValueError, RecursionError):
        pass
    bare = without_thoughts(plain)
    first = _VALUE.search(bare)
    if first is None:
        return
    body = bare[first.start() :]
    complete = sorted(_complete(body), key=lambda one: -one[0])
    most = [value for length, value, within in complete if not within and 2 * length >= len(body)]
    yield from most
    yield from _mended(body)
    yield from (value for _, value, _ in complete if value not in most)


def _complete(body: str) -> Iterator[tuple[int, Any, bool]]:
    """Length, value, and whether it lies within a broken one, of what can be read as it stands."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    for _ in range(MAX_STARTS):
        start = _VALUE.search(body, position)
        if start is None:
            return
        position = start.start() + 1
        try:
            value, position = decoder.raw_decode(body, start.start())
            before = body[: start.start()]
            within = sum(map(before.count, "{[")) > sum(map(before.count, "}]"))
            yield position - start.start(), _checked(value), within
        except (ValueError, RecursionError):
            continue


def _mended(body: str) -> Iterator[Any]:
    """What json_repair makes of a text: one value, or several that follow each other."""
    import json_repair

    body = body.rstrip().removesuffix("```").rstrip()
    if not _LAST_STRING.search(body[-LONGEST_MENDED:]):
        closed = list(_LAST_CLOSED.finditer(body[:LONGEST_MENDED]))
        body = body[: closed[-1].end()] if closed else ""
    if not body or len(body) > LONGEST_MENDED or _depth(body) > DEEPEST:
        return
    try:
        value = _checked(json_repair.loads(body, skip_json_loads=True))
    except (ValueError, RecursionError):
        return
    if value:
        yield value
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict | list) and one)


def _depth(body: str) -> int:
    """Most brackets that are open at once, those in strings too."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\](){}]", body):
        depth = depth + 1 if bracket in "[({" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _checked(value: Any, depth: int = 0) -> Any:  # noqa: ANN401  JSON
    """The object or list with null for what is no number, and text that UTF-8 can hold.

    Raises:
        ValueError: it is neither, or lies too deep.
    """
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} levels")
    if isinstance(value, dict):
        return {_paired(str(key)): _checked(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_checked(one, depth + 1) for one in value]
    if depth == 0:
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            return _checked(json.loads(value, strict=False))
        raise ValueError(f"{type(value).__name__} is neither an object nor a list")
    if isinstance(value, str):
        return _paired(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _paired(text: str) -> str:
    """With halves of surrogate pairs joined, and those that stand alone replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _escaped(text: str) -> str:
    """With a second backslash where one begins a command of TeX or what JSON does not know."""

    def escaped(found: re.Match[str]) -> str:
        what = found[1]
        if what == "'" or what == "\n":
            return what
        if len(what) > 1 or what in '"\\/':
            return found[0]
        if what in "bfnrt" and not _COMMAND.match(text, found.start()):
            return found[0]
        return "\\" + found[0]

    return _ESCAPE.sub(escaped, text)


def _refuses(text: str) -> bool:
    """Whether a text begins as refusals do."""
    said = " ".join(text[:400].translate(_APOSTROPHES).lower().split())
    for long, short in (("i am ", "i'm "), ("cannot", "can't"), ("can not", "can't")):
        said = said.replace(long, short)
    return said.startswith(REFUSALS)
