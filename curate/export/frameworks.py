"""What other programs are told of an export's files, each in its own words. Writes nothing.

`dataset_info` is LLaMA-Factory's `dataset_info.json` (0.9.5, `data/README.md` and
`data/parser.py`), `axolotl` the part on data of its configuration (0.19, `docs/dataset-formats` and
`utils/schemas/datasets.py`). What `datasets` reads in the card's YAML is in `front_matter.py`.
"""

import copy
import re
from typing import Any

import yaml

from curate.export.described import Container, Described, Form

LLAMA_FACTORY: dict[Form, dict[str, Any]] = {
    "alpaca": {
        "formatting": "alpaca",
        "columns": {
            "prompt": "instruction",
            "query": "input",
            "response": "output",
            "system": "system",
            "history": "history",
        },
    },
    "sharegpt": {
        "formatting": "sharegpt",
        "columns": {"messages": "conversations"},
        "tags": {
            "role_tag": "from",
            "content_tag": "value",
            "user_tag": "human",
            "assistant_tag": "gpt",
            "observation_tag": "observation",
            "function_tag": "function_call",
            "system_tag": "system",
        },
    },
    "messages": {
        "formatting": "sharegpt",  # its `openai` puts a sentence of its own into every system turn
        "columns": {"messages": "messages"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "observation_tag": "tool",
            "function_tag": "function_call",
            "system_tag": "system",
        },
    },
    "text": {"columns": {"prompt": "text"}},
}
"""Form -> how it is read. `text` is for its stage `pt`; the forms that are not here it cannot read:
`trl` has two lists, and `prompt-completion` has a template in it already, to which it adds one."""
VERBATIM = "{instruction}"
AXOLOTL: dict[Form, dict[str, Any]] = {
    "messages": {
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
    },
    "sharegpt": {
        "type": "chat_template",
        "field_messages": "conversations",
        "message_property_mappings": {"role": "from", "content": "value"},
        "roles": {
            "system": ["system"],
            "user": ["human"],
            "assistant": ["gpt", "function_call"],
            "tool": ["observation"],
        },
    },
    "alpaca": {"type": "alpaca"},
    "prompt-completion": {
        "type": {
            "field_instruction": "prompt",
            "field_output": "completion",
            "format": VERBATIM,
            "no_input_format": VERBATIM,
        }
    },
    "text": {"type": "completion", "field": "text"},
}
"""Form -> how it is read; `trl` has no list of all turns, so it is not."""
REMARKS: dict[Form, str] = {
    "alpaca": "type alpaca reads neither system nor history: for rows that have them, export "
    "sharegpt or messages.",
    "prompt-completion": "The text is in the base's chat template already; no other is applied.",
    "text": "The text is in the base's chat template already; the loss covers all of it.",
}
FILE_TYPES: dict[Container, str] = {"parquet": "parquet", "jsonl": "json", "datasets": "arrow"}
"""Container -> what `datasets` calls a file of it."""


def dataset_info(described: Described) -> dict[str, Any]:
    """`dataset_info.json` of LLaMA-Factory: an entry a split, such as `NAME_train`.

    It lies beside the card; `dataset_dir` names that folder. Empty for a form that LLaMA-Factory
    cannot read.
    """
    how = LLAMA_FACTORY.get(described.form)
    if how is None:
        return {}
    name = entry_name(described.name)
    return {
        f"{name}_{file['split']}": {"file_name": file["path"], **how} for file in described.files
    }


def axolotl(described: Described) -> str:
    """The entries `datasets` and `test_datasets` of axolotl's YAML; empty where it cannot read.

    The validation split is what it evaluates on; the test split is not given to it. A file holds
    one split, which axolotl calls `train`.
    """
    how = AXOLOTL.get(described.form)
    if how is None:
        return ""
    kind = FILE_TYPES[described.container]
    entries = {
        file["split"]: [
            {"path": file["path"], "ds_type": kind, "split": "train", **copy.deepcopy(how)}
        ]
        for file in described.files
    }
    named = {"train": "datasets", "validation": "test_datasets"}
    told = {key: entries[split] for split, key in named.items() if split in entries}
    remarks = ["Paths are relative to this folder: run axolotl here, or complete them."]
    remarks += [REMARKS[described.form]] if described.form in REMARKS else []
    head = "".join(f"# {line}\n" for line in remarks)
    return head + yaml.safe_dump(told, sort_keys=False, allow_unicode=True)


def entry_name(name: str) -> str:
    """A name that can stand in a list with commas, as LLaMA-Factory's `dataset` is."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "retort"
