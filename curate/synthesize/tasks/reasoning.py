"""Problems that are solved step by step: made from a passage, or ready-made with a known answer.

A ready-made problem is solved without sight of its answer; where the final answer differs from the
known one, the model is asked to reflect and correct, and is not told the answer then either (after
SciInstruct, arXiv 2401.07950). The prompts are our own.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from curate.synthesize.prompt import shipped
from curate.synthesize.tasks import final_answer
from curate.synthesize.tasks.reply import (
    Items,
    Quote,
    Reply,
    Text,
    Texts,
    distinct,
    filled,
    reader,
    schema_of,
)
from curate.synthesize.tasks.task import Draft, Material, Task
from schemas.rows import Message
from schemas.settings import Settings

NAME = "reasoning"
VERSION = 1
MAX_SHOWN = 40
"""Characters of a wrong answer that are repeated to the model."""


class Params(Settings):
    """Where problems come from."""

    read_from: Literal["passages", "instructions"] = "passages"
    """Whether problems are made from passages, or are those of an instruction set."""
    problems: int = Field(1, ge=1, le=5)
    """Most problems of one call about a passage."""


class Problem(Reply):
    """A problem from a passage with its solution."""

    problem: Text
    steps: Texts
    answer: Text
    quote: Quote = Field([""])


class Problems(Reply):
    """A reply about a passage."""

    problems: Items[Problem]


class Solution(Reply):
    """A reply about a ready-made problem."""

    steps: Texts
    answer: Text


def task(params: Params) -> Task:
    """The task with these settings."""
    return _from_passages(params) if params.read_from == "passages" else _against_known_answers()


def _from_passages(params: Params) -> Task:
    def drafts(reply: Problems, material: Material) -> Iterator[Draft]:
        good = [one for one in reply.problems if one.steps and filled(one.problem, one.answer)]
        for one in distinct(good, lambda one: one.problem, params.problems):
            answer = worked(one.steps, one.answer)
            yield Draft([Message("user", one.problem), Message("assistant", answer)], one.quote)

    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["problems"]),
        schema=schema_of(Problems),
        read=reader(Problems),
        drafts=drafts,
        fields={"problems": str(params.problems)},
        n_expected_tokens=350 * params.problems,
    )


def _against_known_answers() -> Task:
    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped("reasoning-known"),
        schema=schema_of(Solution),
        read=reader(Solution),
        drafts=_solved,
        reads="instructions",
        mistake=_mistake,
        n_expected_tokens=350,
    )


def _solved(reply: Solution, material: Material) -> Iterator[Draft]:
    problem = material.problem or ""
    if reply.steps and filled(problem, reply.answer):
        messages = [
            Message("user", problem),
            Message("assistant", worked(reply.steps, reply.answer)),
        ]
        compared = final_answer.comparable(material.known or "")
        yield Draft(messages, family="checked" if compared else "unchecked")


def _mistake(reply: Solution, material: Material) -> str | None:
    if not reply.answer:
        return "answer is empty: give the final answer there, and the way to it in steps"
    if not final_answer.comparable(material.known or ""):
        return None
    if final_answer.same(reply.answer, material.known or ""):
        return None
    shown = " ".join(reply.answer.split())
    shown = shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "…"
    return f"the final answer {shown} is wrong: reflect on each step, find the error, solve it anew"


def worked(steps: list[str], answer: str) -> str:
    """Steps, a line each, and the answer on the last line."""
    last = " ".join(answer.split())
    while last.casefold().startswith("answer:"):
        last = last[len("answer:") :].strip()
    ways = [one for one in steps if not one.casefold().startswith(("answer:", "final answer:"))]
    return "\n".join([*(ways or steps), f"Answer: {last}"])
