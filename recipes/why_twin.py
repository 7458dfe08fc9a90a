"""Why a row was set aside as a duplicate: the kept row that it repeats, side by side with it."""

import difflib
import re
import textwrap
from itertools import zip_longest
from pathlib import Path
from typing import Any

from recipes.references import opened
from recipes.run_tables import GATES, LEVELS, RunTables
from recipes.runner import read_run
from schemas.errors import TableError

COLUMN = 56
"""Characters of a line, of each of the two texts."""
LONGEST = 1_500
"""Characters of each text that are shown."""
Story = dict[str, Any]


def twin(run: RunTables, level: str, row: dict[str, Any], verdict: dict[str, Any]) -> Story:
    """The kept row that a row repeats, how alike they are, and both texts.

    Args:
        run: the run's tables.
        level: a key of GATES.
        row: the row.
        verdict: its verdict, with a `duplicate_of`.
    """
    unique = run.table(GATES[level]).manifest.parameters["unique"]
    compared = verdict["compared"]
    story: Story = {
        "of": verdict["duplicate_of"],
        "similarity": verdict["similarity"],
        "compared": compared,
        "threshold": (unique["semantic"] if compared == "semantic" else unique)["threshold"],
        "reference": verdict["reference"],
        "this_text": text(row),
    }
    if verdict["reference"] is not None:
        its_text = _outside(run, verdict["reference"], verdict["duplicate_of"])
        return story | {"its_source": verdict["reference"], "its_split": None, "its_text": its_text}
    other = run.rows(LEVELS[level], "id = ?", verdict["duplicate_of"])[0]
    source = other.get("source")
    if source is None:
        source = run.rows("collect", "id = ?", other["document_id"])[0]["source"]
    return story | {"its_source": source, "its_split": other["split"], "its_text": text(other)}


def text(row: dict[str, Any]) -> str:
    """A passage's text, or all turns of an example."""
    if "messages" in row:
        return "\n\n".join(turn["content"] for turn in row["messages"])
    return str(row["text"])


def _outside(run: RunTables, name: str, row_id: str) -> str | None:
    """The text of a row of a reference; None where the reference is no longer at hand."""
    from curate.screen.index import Index
    from curate.screen.view import view

    told = read_run(run.run) or {}
    beside = Path(told.get("recipe", "")).parent
    place = next((path for path in (beside / name, Path(name)) if path.exists()), None)
    if place is None:
        return None
    try:
        (reference,) = opened({name: place}).values()
        if isinstance(reference, Index):
            return reference.rows([row_id]).get(row_id)
        for batch in view(reference, ["id", "text"]):
            for one in batch.to_pylist():
                if one["id"] == row_id:
                    return str(one["text"])
    except TableError:
        return None
    return None


def lines(story: Story) -> list[str]:
    """The two rows for a person to read, what differs in brackets."""
    where = f"{story['its_source']}, {story['its_split']}" if story["its_split"] else "reference "
    where += "" if story["its_split"] else str(story["its_source"])
    told = [
        f"          repeats {story['of']} ({where}): similarity {story['similarity']:.3f} of "
        f"{story['compared']}, threshold {story['threshold']}"
    ]
    if story["its_text"] is None:
        return [*told, "          its text is not at hand: the reference was moved or changed"]
    left, right = _marked(story["its_text"][:LONGEST], story["this_text"][:LONGEST])
    return [*told, *_side_by_side("the kept one", left, "this one", right)]


def _marked(kept: str, gone: str) -> tuple[str, str]:
    """Both texts with the words that the other lacks in brackets."""
    left, right = kept.split(), gone.split()
    alike = difflib.SequenceMatcher(None, left, right, autojunk=False)
    marked: tuple[list[str], list[str]] = ([], [])
    for what, a, b, c, d in alike.get_opcodes():
        for side, words in zip(marked, (left[a:b], right[c:d]), strict=True):
            if words:
                side.append(" ".join(words) if what == "equal" else f"[{' '.join(words)}]")
    return " ".join(marked[0]), " ".join(marked[1])


def _side_by_side(over_left: str, left: str, over_right: str, right: str) -> list[str]:
    wrapped = [
        [over, "-" * len(over), *textwrap.wrap(_plain(side), COLUMN)]
        for over, side in ((over_left, left), (over_right, right))
    ]
    return [
        f"          {one:<{COLUMN}} | {other}".rstrip()
        for one, other in zip_longest(*wrapped, fillvalue="")
    ]


def _plain(words: str) -> str:
    """Without characters that would move a terminal's cursor."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", words)
