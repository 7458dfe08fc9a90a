"""A row of each form of instruction set -> its turns. Reads no file."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from curate.collect.conversations.choices import chosen_answer
from curate.collect.conversations.forms import EACH_CHOICE, Rows, is_transcript
from curate.collect.conversations.trees import best_path
from curate.collect.conversations.turns import NotTakenError, Turn, UnsoundError, kind_of, parse

END_MARKS = ("<|endoftext|>", "</s>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<eos>")
"""Marks of a tokenizer that data sets leave at the end of an answer."""
WRAPPER = re.compile(
    r"\s*Below is an instruction that describes a task[^\n]{0,80}\. Write a response that "
    r"appropriately completes the request\.\s+### Instruction:\n"
)
"""How Stanford Alpaca's prompt begins (its train.py)."""
TRANSCRIPT = re.compile(r"(?:\A|\n\n)\s*(Human|Assistant):")
CONTEXT_CHARACTERS = 200_000
"""Longest context of a question. A file holds it once, and every question's document again."""
REJECTED = "an answer that was rejected"
UNANSWERED = "a question without an answer"

Values = Mapping[str, Any]
"""What the form knows -> the row's value, where it is filled."""


def said(values: Values, key: str) -> str:
    """A value as text; empty where there is none.

    Raises:
        UnsoundError: it is neither a text nor a number.
    """
    value = values.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | int | float):
        return str(value)
    raise UnsoundError(f"its {key} is {kind_of(value)}, not a text")


def bare(answer: str) -> str:
    """An answer without a tokenizer's mark at its end."""
    answer = answer.rstrip()
    while answer.endswith(END_MARKS):
        mark = next(mark for mark in END_MARKS if answer.endswith(mark))
        answer = answer[: -len(mark)].rstrip()
    return answer


def unwrapped(prompt: str) -> str:
    """The instruction and its input inside Alpaca's prompt; another prompt as it is."""
    match = WRAPPER.match(prompt)
    if match is None:
        return prompt
    body, mark, after = prompt[match.end() :].rpartition("### Response:")
    if not mark or after.strip():
        return prompt
    instruction, _, given = body.partition("\n### Input:\n")
    return _joined(instruction, given)


def _joined(*texts: str) -> str:
    return "\n\n".join(text.strip() for text in texts if text.strip())


def _system(values: Values) -> list[Turn]:
    system = said(values, "system")
    return [Turn("system", system)] if system.strip() else []


def _messages(values: Values) -> list[list[Turn]]:
    """A system column comes first; LLaMA-Factory lets the turns' own one stand in its place."""
    turns = parse(values.get("messages"))
    own = any(turn.role == "system" for turn in turns)
    return [turns if own else [*_system(values), *turns]]


def _alpaca(values: Values) -> list[list[Turn]]:
    before = [*_system(values), *_history(values.get("history") or [])]
    instances = values.get("instances") or [values]
    if not isinstance(instances, list):
        raise UnsoundError(f"its instances are {kind_of(instances)}, not a list")
    instruction = said(values, "instruction")
    return [[*before, *_instance(instruction, one)] for one in instances]


def _instance(instruction: str, instance: object) -> list[Turn]:
    if not isinstance(instance, Mapping):
        raise UnsoundError(f"an instance is {kind_of(instance)}, not an object")
    asked = _joined(instruction, said(instance, "input"))
    return [Turn("user", asked), Turn("assistant", bare(said(instance, "output")))]


def _history(pairs: object) -> list[Turn]:
    turns: list[Turn] = []
    for pair in pairs if isinstance(pairs, list) else [None]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise UnsoundError("history is not a list of pairs")
        question, answer = pair
        if not (isinstance(question, str) and isinstance(answer, str)):
            raise UnsoundError("history has a pair that is not of texts")
        turns += [Turn("user", question), Turn("assistant", answer)]
    return turns


def _completion(values: Values) -> list[list[Turn]]:
    asked, answer = unwrapped(said(values, "prompt")), bare(said(values, "completion"))
    return [[*_system(values), Turn("user", asked), Turn("assistant", answer)]]


def _question(values: Values) -> list[list[Turn]]:
    question, choices = said(values, "question"), values.get("choices", values.get(EACH_CHOICE))
    found = chosen_answer(choices, values.get("label")) if choices else None
    listed, answer = found or ("", _text(values.get("answer")))
    # A letter or a number that points at no choice is no answer either.
    if values.get("impossible") is True or not answer or (choices and len(answer) < 3):
        raise NotTakenError(UNANSWERED)
    question = _joined(question, listed)
    context = _text(values.get("context"), "\n\n")
    if len(context) > CONTEXT_CHARACTERS:
        at_most = f"at most {CONTEXT_CHARACTERS} are put into a turn"
        raise UnsoundError(f"its context has {len(context)} characters, {at_most}")
    asked = _joined(context, question)
    return [[*_system(values), Turn("user", asked), Turn("assistant", bare(answer))]]


def _text(value: Any, between: str | None = None) -> str:  # noqa: ANN401  a row's value
    """A text; of a list the first, or all of them with something between; of an object its text."""
    if isinstance(value, Mapping):
        names = ("text", "contexts", "answer", "content", "response")
        value = next((value[name] for name in names if name in value), None)
    if isinstance(value, list):
        texts = [_text(one) for one in value]
        return between.join(texts) if between is not None else next(filter(None, texts), "")
    return said({"answer": value}, "answer").strip()


def _preference(values: Values) -> list[list[Turn]]:
    if "chosen" not in values:
        return _judged(values)
    chosen = values["chosen"]
    if is_transcript(chosen):
        return [_transcript(chosen)]
    answer = [Turn("assistant", bare(chosen))] if isinstance(chosen, str) else parse(chosen)
    if any(turn.role == "user" for turn in answer):
        return [[*_system(values), *answer]]
    asked = _asked(values)
    if asked and asked[-1].role == "assistant":
        raise UnsoundError("its prompt ends with an answer already")
    own = any(turn.role == "system" for turn in asked)
    return [[*([] if own else _system(values)), *asked, *answer]]


def _judged(values: Values) -> list[list[Turn]]:
    """One answer with a verdict, as KTO has it (arXiv 2402.01306)."""
    label = values.get("label")
    if label is False or (isinstance(label, str) and label.lower() == "false"):
        raise NotTakenError(REJECTED)
    if label is None:
        raise UnsoundError("it has neither a chosen answer nor a label")
    return _messages(values) if "messages" in values else _completion(values)


def _asked(values: Values) -> list[Turn]:
    if "messages" in values:
        return parse(values["messages"])
    prompt = values.get("prompt")
    if isinstance(prompt, str):
        return [Turn("user", _joined(unwrapped(prompt), said(values, "input")))]
    return parse(prompt)


def _transcript(text: str) -> list[Turn]:
    _, *parts = TRANSCRIPT.split(text)
    return [
        Turn("user" if who == "Human" else "assistant", content)
        for who, content in zip(parts[::2], parts[1::2], strict=True)
    ]


MAKERS: dict[Rows, Callable[[Values], list[list[Turn]]]] = {
    "alpaca": _alpaca,
    "messages": _messages,
    "preference": _preference,
    "prompt-completion": _completion,
    "question-answer": _question,
    "sharegpt": _messages,
    "tree": lambda values: [best_path(values.get("tree"), values.get("state"))],
}
"""Form -> the conversations of a row, most often one."""
