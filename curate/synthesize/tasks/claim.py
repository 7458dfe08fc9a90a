"""Claims that a passage supports, refutes, or says not enough about.

Labels and rationales after SciFact (arXiv 2004.14974); as many claims of each label are asked for,
so that a label cannot be guessed. The student is given passage and claim. Prompt and phrasings are
our own.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from curate.synthesize.prompt import shipped
from curate.synthesize.tasks.reply import (
    Items,
    Quote,
    Reply,
    Text,
    as_text,
    distinct,
    filled,
    reader,
    schema_of,
)
from curate.synthesize.tasks.task import Draft, Material, Task
from curate.synthesize.tasks.wording import chosen, placed
from schemas.rows import Message
from schemas.settings import Settings

NAME = "claim"
VERSION = 1
LABELS = {
    "supported": "Supported",
    "refuted": "Refuted",
    "not-enough": "Not enough information",
}
"""Label -> how an answer begins."""
PHRASINGS = (
    "{passage}\n\nClaim: {claim}\n\nIs the claim supported or refuted by the passage, or does it "
    "not give enough information? Say why in one sentence.",
    "Does the text below support or refute this claim, or is there not enough information in it? "
    "Give a reason.\n\nClaim: {claim}\n\nText: {passage}",
    "Check a claim against a text. Begin with Supported, Refuted or Not enough information, then "
    "say why.\n\nText: {passage}\n\nClaim: {claim}",
    '{passage}\n\nSomeone concludes from this: "{claim}" Supported, refuted, or not enough '
    "information? Explain in a sentence.",
    "Judge this statement by the passage that follows: supported, refuted, or not enough "
    "information, with a reason.\n\nStatement: {claim}\n\nPassage: {passage}",
)
_ALSO = {
    **dict.fromkeys("support supports entailed entails entailment true yes".split(), "supported"),
    **dict.fromkeys(
        "refute refutes contradicted contradicts contradiction false no".split(), "refuted"
    ),
    **dict.fromkeys(
        "notenoughinformation notenoughinfo nei insufficient unknown neutral neither".split(),
        "not-enough",
    ),
    "notenough": "not-enough",
}


class Params(Settings):
    """How much is asked for."""

    each: int = Field(1, ge=1, le=5)
    """Claims of each of the three labels."""


def _label(value: Any) -> Any:  # noqa: ANN401  JSON
    """A label as we write it, of the ways in which models write it."""
    text = as_text(value)
    if not isinstance(text, str):
        return value
    return _ALSO.get("".join(filter(str.isalpha, text.casefold())), text.strip().casefold())


class Claim(Reply):
    """One claim."""

    claim: Text
    label: Annotated[Literal["supported", "refuted", "not-enough"], BeforeValidator(_label)]
    reason: Text
    quote: Quote = Field([""])


class Claims(Reply):
    """A reply."""

    claims: Items[Claim]


def task(params: Params) -> Task:
    """The task with these settings."""

    def drafts(reply: Claims, material: Material) -> Iterator[Draft]:
        good = [one for one in reply.claims if filled(one.claim, one.reason)]
        left = dict.fromkeys(LABELS, params.each)
        for one in distinct(good, lambda one: one.claim, len(good)):
            if left[one.label]:
                left[one.label] -= 1
                yield _draft(one, material)

    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["each", "total"]),
        schema=schema_of(Claims),
        read=reader(Claims),
        drafts=drafts,
        fields={"each": str(params.each), "total": str(len(LABELS) * params.each)},
        n_expected_tokens=100 * len(LABELS) * params.each,
    )


def _draft(one: Claim, material: Material) -> Draft:
    template = chosen(PHRASINGS, NAME, material.passage.id, one.claim)
    asked = placed(template, {"passage": material.passage.text, "claim": one.claim})
    answer = f"{LABELS[one.label]}. {one.reason}"
    whole = one.label == "not-enough"
    messages = [Message("user", asked), Message("assistant", answer)]
    return Draft(messages, [] if whole else one.quote, family=one.label, whole=whole)
