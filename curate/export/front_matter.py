"""The metadata of a card: YAML that the Hub reads, at the top of README.md.

Keys and values are those of the Hub's own example, `datasetcard.md` in huggingface/hub-docs
(0923adf). It is written by a YAML library, so that nothing of a title can end it.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import yaml

from curate.export.described import UNNAMED, Described
from curate.export.features import features
from curate.export.markdown import shown

if TYPE_CHECKING:
    from curate.export.whole import Whole

SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"), (10**12, "100B<n<1T"),
)  # fmt: skip
LARGEST = "n>1T"
LANGUAGE = re.compile("[a-z]{2,3}")
"""ISO 639-1, or 639-3 where the first has none."""
IMPORTED = "imported"
"""The teacher of ready-made instructions, whose writers nobody told us."""
ANSWERS = ("qa", "question", "comprehension", "raft")
"""In the names of tasks that ask a question about a text."""
_HERE = re.compile(r"https?://\S+|LICENSE(?:\.md)?")
_TAG = re.compile(r"[^\w.+-]+")


def front_matter(described: Described, whole: "Whole") -> str:
    """The block between two lines of `---`, with both."""
    given = {
        "pretty_name": shown(described.name),
        **_license(whole),
        "language": [one for one in described.languages if LANGUAGE.fullmatch(one)],
        "task_categories": _tasks(described),
        "size_categories": [size(sum(described.rows.values()))],
        "annotations_creators": _creators(described),
        "source_datasets": [] if _imported(described) else ["original"],
        "tags": _tags(described),
        "configs": configs(described.files),
        "dataset_info": _info(described),
    }
    known = {key: value for key, value in given.items() if value}
    text = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{text}---\n"


def _info(described: Described) -> dict[str, Any]:
    """The columns' types, where all are known."""
    found = features(described.columns)
    return {"features": found} if found else {}


def size(rows: int) -> str:
    """The Hub's category for a number of rows."""
    return next((name for bound, name in SIZES if rows < bound), LARGEST)


def _license(whole: "Whole") -> dict[str, Any]:
    """`license`, and where the Hub has none a name, and an address that it takes."""
    hub: Any = whole.hub[0] if len(whole.hub) == 1 else whole.hub
    found: dict[str, Any] = {"license": hub}
    if whole.hub == ["other"]:
        found["license_name"] = whole.name
        if whole.link and _HERE.fullmatch(whole.link):
            found["license_link"] = whole.link
    return {key: value for key, value in found.items() if value}


def _tasks(described: Described) -> list[str]:
    named = [one.name.lower() for one in described.realised.get("task", [])]
    asks = any(word in name for name in named for word in ANSWERS)
    return ["text-generation", *(["question-answering"] if asks else [])]


def _imported(described: Described) -> bool:
    return any(one.name == IMPORTED for one in described.teachers)


def _creators(described: Described) -> list[str]:
    made = any(one.name != IMPORTED for one in described.teachers)
    return [*(["machine-generated"] if made else []), *(["found"] if _imported(described) else [])]


def _tags(described: Described) -> list[str]:
    domains = [one.name for one in described.realised.get("domain", [])[:8] if one.name != UNNAMED]
    made = ["synthetic"] if any(one.name != IMPORTED for one in described.teachers) else []
    plain = [_TAG.sub("-", shown(one).lower()).strip("-") for one in domains]
    return list(dict.fromkeys(one for one in ("instruction-tuning", *made, *plain) if one))


def configs(files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One configuration, `default`, with the files of each split in their order."""
    paths: dict[str, list[str]] = {}
    for one in files:
        paths.setdefault(one["split"], []).append(one["path"])
    listed = [
        {"split": split, "path": each[0] if len(each) == 1 else each}
        for split, each in paths.items()
    ]
    return [{"config_name": "default", "data_files": listed}] if listed else []
