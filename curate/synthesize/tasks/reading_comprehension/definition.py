"""Definition: what a term, a documented name or a parameter is."""

import re
from collections.abc import Iterator

from curate.synthesize.tasks.reading_comprehension.candidate import Candidate, answered
from curate.synthesize.tasks.reading_comprehension.entries import entries
from curate.synthesize.tasks.reading_comprehension.prose import (
    LISTED,
    Prose,
    dangles,
    is_readable,
    leans,
    stands_alone,
)
from curate.synthesize.tasks.reading_comprehension.summary import CODE_NAME, MIN_TEXT_WORDS

_TERM = r"(?P<term>(?:[\w`'\u2019$^*\\{}.()/+-]+ ){0,5}?[\w`'\u2019$^*\\{}.()/+-]+)"
_DEFINES = re.compile(
    rf"(?:(?P<article>An?|The) )?{_TERM}(?: \([^()]{{1,40}}\))?,? (?:"
    r"(?:is|are) (?:defined as|an? (?:kind|type|form|class|set|way|method|measure|generalization"
    r"|special case|type) of)"
    r"|refers? to|denotes?|stands? for"
    r"|is (?:an?|the|one of the)|are (?:the )?(?=[a-z-]+ (?:\w+ )?(?:that|which|used|whose|of)\b)"
    r") (?P<definiens>.+)"
)
_CALLED = re.compile(
    r".{15,} (?:is|are) (?:called|known as|referred to as|termed) (?:the |an? )?"
    r"(?P<term>[\w`\"“”'-]+(?: [\w`\"“”'-]+){0,3})\."
)
_NO_TERM = re.compile(
    r"\b(?:arguments?|parameters?|values?|defaults?|results?|options?|inputs?|outputs?|cases?|ways?"
    r"|reasons?|purposes?|goals?|ideas?|main|only|other|others|first|second|third|last|next|same"
    r"|this|that|these|those|which|what|who|it|they|there|one|two|each|any|all|both|if|when|where"
    r"|how|such|difference|user|users|problem|thing|example|return|returns|returned|and|or|but|not"
    r"|is|are|was|be|has|have|can|may|must|will|should|in|with|by|as|for|from|at|to|than|because"
    r"|then|also|now|current|new|resulting|given|specified|default|my|your|our|his|her|their|its"
    r"|we|you|i|rest|behaviou?r|size|length|number|type|name|key|keys|step|use|effect|advantage"
    r"|disadvantage|usage|exception|possible|required|optional|note|string|caller|latter|former"
    r"|widely|typical|common|popular|important|useful|good|simplest|\d+(?:st|nd|rd|th)|being|while|since|so|although|though|however|usually|typically)\b",
    re.IGNORECASE,
)
_NO_DEFINIENS = re.compile(
    r"(?:good|bad|bit|lot|no-op|must|same|case|default|only|first|last|number of ways|few|little"
    r"|problem|safe|better|best|most|more|less|least|simple|valid|invalid|easy|result|correct"
    r"|preferred|recommended|required|current|previous|next|main|wrong|common mistake)\b"
)
_PLAIN = frozenset({
    "function", "method", "class", "object", "module", "list", "tuple", "dictionary", "dict",
    "array", "matrix", "vector", "file", "data", "algorithm", "process", "routine", "program",
    "system", "model", "code", "test", "interface", "package", "library", "distribution",
    "time", "set", "group", "item", "element", "field", "table", "node", "path", "line", "word",
    "text", "sequence", "iterator",
})  # fmt: skip
"""Nouns that say nothing with only an article before them."""
_KINDS = {
    "parameter": ("parameters", "other parameters", "keyword parameters", "arguments", "args"),
    "attribute": ("attributes",),
    "returned": ("returns", "yields", "return"),
}
KIND_OF_HEADING = {heading: kind for kind, headings in _KINDS.items() for heading in headings}


def find(found: Prose) -> Iterator[Candidate]:
    """Candidates of this family, the best first."""
    if LISTED.fullmatch(found.heading):
        yield from _entries(found)
        return
    yield from _terms(found)
    yield from _name(found)


def _terms(found: Prose) -> Iterator[Candidate]:
    for sentence in found.sentences:
        line = sentence.text
        if (
            " is " not in line
            and " are " not in line
            and "ref" not in line
            and "denote" not in line
        ):
            continue
        if not stands_alone(sentence):
            continue
        term = _term(line)
        if term:
            fields = {"title": "" if term == found.title else found.name, "term": term}
            yield answered(
                "definition/term", fields, found.passage.text, sentence.start, sentence.end
            )


def _term(line: str) -> str | None:
    """The term that a sentence defines, with its article, or None."""
    called = _CALLED.fullmatch(line)
    if called and not _NO_TERM.search(called["term"]):
        return called["term"].strip('"“”')
    match = _DEFINES.match(line)
    if match is None or _NO_DEFINIENS.match(match["definiens"]) or _NO_TERM.search(match["term"]):
        return None
    term, article = match["term"], match["article"]
    if match["definiens"].count(" ") < 4 or (article and term.lower() in _PLAIN):
        return None
    if article == "The" and " " not in term and term.islower():
        return None
    return f"{article.lower()} {term}" if article else term


def _name(found: Prose) -> Iterator[Candidate]:
    """What a documented name is, where the passage is too short to be summarised."""
    if found.passage.start or not found.sentences or not CODE_NAME.fullmatch(found.title):
        return
    first = found.sentences[0]
    if leans(first.text) or dangles(first.text) or first.n_words < 4 or first.text[-1] != ".":
        return
    if not first.text[0].isupper() or not is_readable(first.text):
        return
    rest = sum(sentence.n_words for sentence in found.sentences[1:] if sentence.clean)
    if rest < MIN_TEXT_WORDS:
        fields = {"title": found.name}
        yield answered("definition/name", fields, found.passage.text, first.start, first.end)


def _entries(found: Prose) -> Iterator[Candidate]:
    """What parameters, attributes and returned values mean, the fullest descriptions first."""
    kind = KIND_OF_HEADING.get(found.heading)
    if kind is None or not found.title or " " in found.title:
        return
    ranked = sorted(entries(found), key=lambda entry: -min(entry.n_words, 20))
    for entry in ranked:
        if kind == "returned" and not entry.typed:
            continue
        fields = {"title": found.name, "term": entry.name}
        yield answered(f"definition/{kind}", fields, found.passage.text, entry.start, entry.end)
