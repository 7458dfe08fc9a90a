"""Cause and effect: one side is told, the other asked for.

A sentence is cut at a causal connector only where both sides are clauses (or, after `due to` and
`because of`, a noun phrase of some length), and where the side in the question can be understood
without the sentence before it.
"""

import re
from collections.abc import Iterator

from curate.synthesize.tasks.reading_comprehension.candidate import (
    Candidate,
    answered,
    as_clause,
    as_sentence,
)
from curate.synthesize.tasks.reading_comprehension.entries import entries
from curate.synthesize.tasks.reading_comprehension.prose import (
    LISTED,
    Prose,
    Sentence,
    leans,
)

MIN_CLAUSE_WORDS = 4
MIN_PHRASE_WORDS = 3

_HINT = re.compile(
    r"\b(?:because|due to|since|as a result of|so that|lead(?:s|ing)? to|caus(?:es?|ing)"
    r"|results? in|if|owing to|,\s+so)\b",
    re.IGNORECASE,
)
_VERB = (
    r"(?:is|are|was|were|be|been|has|have|had|does|do|did|can|cannot|could|may|might|must|will"
    r"|would|should|contains?|exists?|occurs?|fails?|uses?|makes?|gives?|needs?|requires?|raises?"
    r"|returns?|becomes?|takes?|holds?|depends?|allows?|provides?|lacks?|matches|match|exceeds?"
    r"|remains?|supports?|tries|implements?|applies|converges?|produces?|works?|appears?|isn't"
    r"|aren't|doesn't|don't|can't|won't|\w{3,}(?:ed|es))"
)
_HAS_VERB = re.compile(
    rf"\b(?:{_VERB}|(?:the|an?|its|their|this|each|every) \w+ \w{{2,}}(?<!s)s|it \w+s)\b"
)
_BECAUSE = re.compile(r",?\s+(?:because|owing to the fact that|due to the fact that)\s+(?!of\b)")
_BECAUSE_FIRST = re.compile(r"(?:Because|Since)\s+(?!of\b|version\b|Python\b|the release\b)(?!\d)")
_SINCE = re.compile(r",\s+since\s+(?!version\b|Python\b)(?!\d)")
_DUE_TO = re.compile(r",?\s+(?:due to|because of|as a result of|owing to)\s+(?!the fact)")
_SO = re.compile(r",\s+so\s+(?!that\b|far\b|on\b|called\b|as\b|if\b|when\b|please\b|be\b)")
_SO_THAT = re.compile(r",?\s+so\s+that\s+")
_LEADS_TO = re.compile(
    r"\s+(?:(?:can|may|might|will|could|would|often|usually|generally)\s+)*(?:leads?\s+to"
    r"|results?\s+in|causes?)\s+"
)
_IF = re.compile(
    r"If\s+(?!(?:not|so|true|false|none|given|set|specified|provided|omitted|any)\b)", re.I
)
_COMMA = re.compile(r",\s+(?:then\s+)?")
_RESULT_BEGINS = re.compile(
    r"(?:the|an?|it|its|this|these|they|no|all|each|every|only|you|both|any|nothing|one|there"
    r"|[A-Z]\w+(?:Error|Exception|Warning))(?=\s)|`"
)
_VAGUE = re.compile(
    r"(?:which|that|this|it|and|or|but|who|(?:the|an?) (?:given |specified |optional )?(?:value"
    r"|result|argument|parameter|option|flag|name|first|second|latter|former|method|function))\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"\b(?:largely|partly|mainly|mostly|primarily|only|simply|just|not|often|perhaps|possibly|and|or"
    r"|is|are|be|was|were|been|especially|particularly|merely|also|either)\Z"
)
"""A side that ends so was cut in the middle of a thought."""
_ERROR = re.compile(r"[A-Z]\w*(?:\.\w+)*")


def find(found: Prose) -> Iterator[Candidate]:
    """Candidates of this family, in the text's order; conditions come last."""
    if LISTED.fullmatch(found.heading):
        yield from _raises(found)
        return
    conditions: list[Candidate] = []
    for sentence in found.sentences:
        if sentence.dangles or not _HINT.search(sentence.text):
            continue
        conditions.extend(_condition(found, sentence))
        for finder in (_clauses, _fronted, _phrases, _leads_to):
            candidate = finder(found, sentence)
            if candidate is not None:
                yield candidate
                break
    yield from conditions


def _clauses(found: Prose, sentence: Sentence) -> Candidate | None:
    """Effect because cause; effect, since cause; cause, so effect; means so that purpose."""
    text = found.passage.text
    for pattern, kind, field in (
        (_BECAUSE, "cause", "effect"),
        (_SINCE, "cause", "effect"),
        (_SO, "effect", "cause"),
        (_SO_THAT, "purpose", "means"),
    ):
        joint = pattern.search(text, sentence.start, sentence.end)
        if joint is None:
            continue
        told, asked = text[sentence.start : joint.start()], text[joint.end() : sentence.end]
        if _is_clause(told) and _is_clause(asked) and not leans(sentence.text):
            return _candidate(found, kind, field, told, joint.end(), sentence.end)
    return None


def _fronted(found: Prose, sentence: Sentence) -> Candidate | None:
    """Because (or since) cause, effect: the effect is told."""
    text = found.passage.text
    opener = _BECAUSE_FIRST.match(text, sentence.start, sentence.end)
    if opener is None:
        return None
    for comma in _COMMA.finditer(text, opener.end(), sentence.end):
        cause, effect = text[opener.end() : comma.start()], text[comma.end() : sentence.end]
        if _is_clause(cause) and _RESULT_BEGINS.match(effect) and _is_clause(effect):
            if leans(effect):
                return None
            return _candidate(found, "cause", "effect", effect, opener.end(), comma.start())
    return None


def _phrases(found: Prose, sentence: Sentence) -> Candidate | None:
    """Effect due to a noun phrase."""
    text = found.passage.text
    joint = _DUE_TO.search(text, sentence.start, sentence.end)
    if joint is None:
        return None
    effect, cause = text[sentence.start : joint.start()], text[joint.end() : sentence.end]
    n_words = len(cause.split())
    if leans(sentence.text) or not _is_clause(effect) or not MIN_PHRASE_WORDS <= n_words <= 25:
        return None
    if re.search(r"[,;:]|\bbut\b|\brather\b", cause):
        return None
    return _candidate(found, "cause", "effect", effect, joint.end(), sentence.end)


def _leads_to(found: Prose, sentence: Sentence) -> Candidate | None:
    """Cause leads to (causes, results in) effect: the cause is told."""
    text = found.passage.text
    joint = _LEADS_TO.search(text, sentence.start, sentence.end)
    if joint is None or leans(sentence.text):
        return None
    cause, effect = text[sentence.start : joint.start()], text[joint.end() : sentence.end]
    last = cause.split()[-1].strip("`").lower()
    if last in {"that", "which", "not", "this", "to", "it", "and", "the", "a", "common", "these"}:
        return None
    if len(cause.split()) < 2 or len(effect.split()) < MIN_CLAUSE_WORDS or "," in cause:
        return None
    if re.search(r"\b(?:which|that|if|when)\b", cause, re.IGNORECASE) or ";" in effect:
        return None
    if _HAS_VERB.search(cause):
        return None
    return _candidate(found, "effect", "cause", cause, joint.end(), sentence.end)


def _condition(found: Prose, sentence: Sentence) -> Iterator[Candidate]:
    """If condition, result: the condition is told."""
    text = found.passage.text
    opener = _IF.match(text, sentence.start, sentence.end)
    if opener is None or not found.title:
        return
    for comma in _COMMA.finditer(text, opener.end(), sentence.end):
        told, result = text[opener.end() : comma.start()], text[comma.end() : sentence.end]
        if not _HAS_VERB.search(told) or _UNFINISHED.search(told):
            continue
        if not _RESULT_BEGINS.match(result):
            continue
        if _is_clause(result) and not leans("If " + told) and not _VAGUE.match(told):
            condition = "if " + as_clause(told)
            fields = {"title": found.name, "condition": condition}
            yield answered("cause-effect/condition", fields, text, comma.end(), sentence.end)
        return


def _raises(found: Prose) -> Iterator[Candidate]:
    """When an error is raised, from a list of errors with their conditions."""
    if found.heading != "raises" or not found.title or " " in found.title:
        return
    for entry in entries(found):
        if _ERROR.fullmatch(entry.name):
            fields = {"title": found.name, "error": entry.name}
            text = found.passage.text
            yield answered("cause-effect/raises", fields, text, entry.start, entry.end)


def _is_clause(text: str) -> bool:
    """Long enough, and with a finite verb."""
    return len(text.split()) >= MIN_CLAUSE_WORDS and _HAS_VERB.search(text) is not None


def _candidate(
    found: Prose, kind: str, field: str, told: str, start: int, end: int
) -> Candidate | None:
    """The told side as a sentence in the question, text[start:end] as the answer."""
    side = as_sentence(told)
    if _UNFINISHED.search(told) or side.count("(") != side.count(")") or side.count("`") % 2:
        return None
    fields = {"title": found.name, field: side}
    return answered(f"cause-effect/{kind}", fields, found.passage.text, start, end)
