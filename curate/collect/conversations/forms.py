"""Forms of instruction sets, and how a table's columns tell them. Reads no file.

The names are those of the data sets that made them: Alpaca (github.com/tatsu-lab/stanford_alpaca),
ShareGPT and KTO as LLaMA-Factory reads them, OpenAssistant's trees (arXiv 2304.07327), SQuAD (arXiv
1606.05250), Self-Instruct (arXiv 2212.10560).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

Rows = Literal[
    "tree", "preference", "sharegpt", "messages", "alpaca", "prompt-completion", "question-answer"
]
"""What a row is, in the order in which it is asked: the later ones have the commoner names."""
FORMS: tuple[Rows, ...] = get_args(Rows)

Columns = Mapping[str, tuple[str, ...]]
"""What a form knows -> the columns of a file to look in, the first that is filled."""

MESSAGES = ("messages", "conversations", "conversation", "dialogue", "dialog")
SHARED = {"system": ("system", "system_prompt", "system_message"), "tools": ("tools", "functions")}
TURNS = {"messages": MESSAGES, **SHARED}
ALIASES: dict[Rows, Mapping[str, tuple[str, ...]]] = {
    "tree": {"tree": ("prompt",), "state": ("tree_state",)},
    "preference": {
        "chosen": ("chosen", "chosen_messages"),
        "rejected": ("rejected", "rejected_messages"),
        "label": ("label",),
        "prompt": ("prompt", "question", "query", "instruction"),
        "input": ("input",),
        "completion": ("completion", "response"),
        **TURNS,
    },
    "sharegpt": TURNS,
    "messages": TURNS,
    "alpaca": {
        "instruction": ("instruction",),
        "input": ("input", "context"),
        "output": ("output", "response", "answer", "completion"),
        "instances": ("instances",),
        "history": ("history",),
        **SHARED,
    },
    "prompt-completion": {
        "prompt": ("prompt", "query"),
        "completion": ("completion", "response", "chosen"),
        **SHARED,
    },
    "question-answer": {
        "question": ("question", "query"),
        "answer": (
            "answer", "answers", "long_answer", "response", "responses", "correct_answer",
        ),
        "context": ("context", "contexts", "passage", "support"),
        "choices": ("choices", "options"),
        "label": ("gold", "label", "answerkey", "answer_key", "answer_idx", "answer"),
        "impossible": ("is_impossible",),
        **SHARED,
    },
}  # fmt: skip
"""Form -> what it knows -> names of its columns, in small letters, the first of them preferred."""
KEYS = (
    "messages", "instruction", "input", "output", "system", "prompt", "completion", "question",
    "answer", "context", "chosen", "rejected",
)  # fmt: skip
"""What `fields` of a recipe may name beside a document's columns."""
EACH_CHOICE = "each_choice"
"""Key of the columns that hold one choice each."""
CHOICE = re.compile(r"(?:choice|option)_?[0-9]", re.IGNORECASE)
LETTERS = ("A", "B", "C", "D", "E")

REQUIRED: dict[Rows, set[str]] = {
    "tree": {"tree"},
    "preference": {"chosen"},
    "sharegpt": {"messages"},
    "messages": {"messages"},
    "alpaca": {"instruction"},
    "prompt-completion": {"prompt", "completion"},
    "question-answer": {"question"},
}
NEEDS: dict[Rows, str] = {
    "tree": "prompt with its replies",
    "preference": "a prompt with chosen + rejected (or messages with a true or false label)",
    "sharegpt": "conversations of {from, value}",
    "messages": "messages of {role, content}",
    "alpaca": "instruction + output (or instances)",
    "prompt-completion": "prompt + completion",
    "question-answer": "question + answer (or choices + label)",
}


class Recognised(NamedTuple):
    """What the rows of a table are."""

    form: Rows
    columns: Columns


def recognise(
    samples: Mapping[str, Any], fields: Mapping[str, str], form: str | None
) -> Recognised | None:
    """The form of a table's rows, or None where they are no instructions.

    Args:
        samples: column -> one of its values, None where all are empty.
        fields: what a form knows -> column, for names that are not told by themselves.
        form: the only form to be asked, if the recipe names one.
    """
    named = {key: column for key, column in fields.items() if key in KEYS}
    for one in FORMS:
        if (form is None or one == form) and named.keys() <= ALIASES[one].keys():
            columns = _columns(ALIASES[one], samples, named)
            values = {
                key: next((samples[name] for name in names if samples[name] is not None), None)
                for key, names in columns.items()
            }
            # Rows of a form that a person names may all be empty, or odd.
            if FITS[one](values) or (form is not None and REQUIRED[one] <= columns.keys()):
                return Recognised(one, columns)
    return None


def needed(form: str | None) -> str:
    """What columns a form has, or each of them, as sentences for a person."""
    asked = [one for one in FORMS if form in (None, one)]
    return " ".join(f"{one.capitalize()} is {NEEDS[one]}." for one in asked)


def _columns(
    aliases: Mapping[str, tuple[str, ...]], samples: Mapping[str, Any], named: Mapping[str, str]
) -> Columns:
    lower: dict[str, str] = {}
    for column in samples:
        lower.setdefault(str(column).lower(), column)
    columns = {
        key: (named[key],)
        if key in named
        else tuple(lower[name] for name in names if name in lower)
        for key, names in aliases.items()
    }
    if "choices" in aliases:
        numbered = tuple(sorted(name for name in samples if CHOICE.fullmatch(str(name))))
        lettered = tuple(name for name in LETTERS if name in samples)
        columns[EACH_CHOICE] = numbered if len(numbered) > 1 else lettered
    return {key: names for key, names in columns.items() if names}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_turns(value: object, names: tuple[str, ...] = ("role", "from")) -> bool:
    """Whether a value is a list of turns, or perhaps the JSON of one."""
    if isinstance(value, str):
        return value.lstrip()[:2] == "[{" and f'"{names[0]}"' in value
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[0], Mapping)
        and any(name in value[0] for name in names)
    )


def _is_tree(values: Mapping[str, Any]) -> bool:
    tree = values.get("tree")
    return isinstance(tree, Mapping) and "text" in tree and ("replies" in tree or "role" in tree)


def _is_preference(values: Mapping[str, Any]) -> bool:
    chosen = values.get("chosen")
    has_prompt = bool(values.get("prompt")) or bool(values.get("messages"))
    if chosen and values.get("rejected"):
        return has_prompt or _are_turns(chosen) or is_transcript(chosen)
    if is_verdict(values.get("label")):
        answered = _is_text(values.get("prompt")) and _is_text(values.get("completion"))
        return answered or _are_turns(values.get("messages"))
    return False


def is_verdict(value: object) -> bool:
    """Whether a label says that an answer is wanted, or that it is not."""
    return isinstance(value, bool) or (
        isinstance(value, str) and value.lower() in ("true", "false")
    )


def is_transcript(value: object) -> bool:
    """Whether a text is a conversation as HH-RLHF writes it (arXiv 2204.05862)."""
    return isinstance(value, str) and value.lstrip().startswith("Human:") and "Assistant:" in value


def _is_alpaca(values: Mapping[str, Any]) -> bool:
    answers = _is_text(values.get("output")) or isinstance(values.get("instances"), list)
    return _is_text(values.get("instruction")) and answers


def _is_question(values: Mapping[str, Any]) -> bool:
    answer, label = values.get("answer"), values.get("label")
    chooses = (values.get("choices") or values.get(EACH_CHOICE)) and label is not None
    return _is_text(values.get("question")) and bool(chooses or answer is not None)


FITS: dict[Rows, Callable[[Mapping[str, Any]], bool]] = {
    "tree": _is_tree,
    "preference": _is_preference,
    "sharegpt": lambda values: _are_turns(values.get("messages"), ("from",)),
    "messages": lambda values: _are_turns(values.get("messages"), ("role",)),
    "alpaca": _is_alpaca,
    "prompt-completion": lambda values: (
        _is_text(values.get("prompt")) and _is_text(values.get("completion"))
    ),
    "question-answer": _is_question,
}
"""Form -> whether a value of each column is what the form holds there."""
