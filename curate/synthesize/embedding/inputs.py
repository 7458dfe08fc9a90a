"""Texts that are to be embedded, as errands of a desk: many a request, one call of the ledger each.

What a server counts for a request is divided among its texts by their characters.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from curate.synthesize.calls import Call, Ledger, key_of, now
from curate.synthesize.embedding.vectors import listed, stored
from curate.synthesize.requests import Model
from curate.synthesize.teachers.budget import CHARACTERS_PER_TOKEN, Usage, usage_of, usd
from curate.synthesize.teachers.client import EMBEDDINGS, Answer, Form, Manner
from curate.synthesize.teachers.errand import Errands
from schemas.teachers import OpenAI

TASK = "embedding"
ROLE = "input"
LOOK_AHEAD = 256
"""Texts that are looked up in the ledger at once."""
MOST_CHARACTERS = 400_000
"""Of one request, about 100,000 tokens; OpenAI takes 300,000."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is to be embedded."""

    key: str
    """Of its call."""
    text: str
    what: str
    """Its name in failures."""


def text_of(teacher: Model, what: str, text: str) -> Text:
    """A text with the key of its call; temperature and the like are not in it."""
    turns = [{"role": ROLE, "content": text}]
    return Text(key_of(teacher.label, teacher.model, turns, teacher.parameters, 0), text, what)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Texts of one request."""

    teacher: OpenAI
    texts: tuple[Text, ...]

    @property
    def task(self) -> str:
        """Its name in the ledger."""
        return TASK

    @property
    def keys(self) -> list[str]:
        """One for each text."""
        return [one.key for one in self.texts]

    @property
    def form(self) -> Form:
        """A list of as many vectors as there are texts."""
        n = len(self.texts)
        answer = f"list of {n} embeddings" if n > 1 else "list of one embedding"
        return Form(EMBEDDINGS, answer, partial(_fits, n), is_plain=True)

    def body(self, manner: Manner) -> dict[str, Any]:
        """What is sent."""
        texts = [one.text for one in self.texts]
        body = {**self.teacher.parameters, "model": self.teacher.model, "input": texts}
        return {**body, "encoding_format": manner.encoding} if manner.encoding else body

    def expected(self, written: float | None) -> tuple[float, float]:
        """Tokens and dollars that it is expected to take."""
        tokens = sum(len(one.text) for one in self.texts) / CHARACTERS_PER_TOKEN
        prices = self.teacher.prices
        return tokens, tokens * prices.input / 1e6 if prices else 0.0

    def calls(self, answer: Answer, host: str, account: str) -> list[Call]:
        """An answer as the ledger keeps it: a call for each text."""
        items = listed(answer.completion, len(self.texts)) or []
        sizes = [len(one.text) for one in self.texts]
        usage = usage_of(answer.completion, sum(sizes), 0)
        shares = zip(divided(usage.prompt, sizes), divided(usage.cached, sizes), strict=True)
        made, model = now(), answer.completion.get("model")
        return [
            Call(
                key=one.key,
                teacher=self.teacher.label,
                model=self.teacher.model,
                task=TASK,
                sample=0,
                account=account,
                request=self._told(one),
                reply=stored(item, model),
                prompt_characters=len(one.text),
                prompt_tokens=prompt,
                completion_tokens=0,
                cached_tokens=min(cached, prompt),
                usd=usd(self.teacher.prices, Usage(prompt, 0, min(cached, prompt))),
                seconds=round(answer.seconds, 4),
                host=host,
                made=made,
            )
            for one, item, (prompt, cached) in zip(self.texts, items, shares, strict=True)
        ]

    def _told(self, one: Text) -> str:
        turns = [{"role": ROLE, "content": one.text}]
        told = {"messages": turns, "parameters": self.teacher.parameters}
        return json.dumps(told, ensure_ascii=False)

    def correction(self, answer: Answer) -> None:
        """A vector is not corrected."""

    def halves(self) -> "tuple[Inputs, Inputs] | None":
        """The same texts in two requests."""
        half = len(self.texts) // 2
        if not half:
            return None
        return Inputs(self.teacher, self.texts[:half]), Inputs(self.teacher, self.texts[half:])


def _fits(n: int, found: Any) -> bool:  # noqa: ANN401  JSON
    return listed(found, n) is not None


def divided(total: int, sizes: Sequence[int]) -> list[int]:
    """The total in whole shares as large as the sizes say, none lost."""
    whole, ends, before = max(1, sum(sizes)), [], 0
    for size in sizes:
        before += size
        ends.append(total * before // whole)
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def inputs(texts: Callable[[], Iterable[Text]], teacher: OpenAI, at_once: int) -> Errands:
    """The texts that have no stored vector yet, in requests.

    Args:
        texts: opens them anew.
        teacher: who is asked.
        at_once: texts of one request at most.
    """

    def opened(ledger: Ledger, reused: Callable[[], None]) -> Iterator[Inputs]:
        some: list[Text] = []
        size = 0
        for one in missing(texts(), ledger, reused):
            if some and (len(some) >= at_once or size + len(one.text) > MOST_CHARACTERS):
                yield Inputs(teacher, tuple(some))
                some, size = [], 0
            some.append(one)
            size += len(one.text)
        if some:
            yield Inputs(teacher, tuple(some))

    return opened


def missing(
    texts: Iterable[Text], ledger: Ledger, reused: Callable[[], None] = lambda: None
) -> Iterator[Text]:
    """Texts without a stored vector, in order, each once; looked up as they are taken.

    Args:
        texts: all of them.
        ledger: the stored replies.
        reused: told of each text that needs nothing.
    """
    seen: set[str] = set()
    some: list[Text] = []

    def looked_up() -> Iterator[Text]:
        known = ledger.has([one.key for one in some])
        for one in some:
            if one.key in known or one.key in seen:
                reused()
            else:
                seen.add(one.key)
                yield one

    for one in texts:
        some.append(one)
        if len(some) == LOOK_AHEAD:
            yield from looked_up()
            some = []
    yield from looked_up()
