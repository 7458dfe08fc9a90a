"""Tasks are found by name; a mistake is one line that names the nearest; fingerprints differ."""

import subprocess
import sys

import pytest

from curate.synthesize.tasks import catalog, own
from schemas.errors import RecipeError


def test_every_task_that_ships_is_named() -> None:
    assert catalog.names() == [
        "claim", "dialogue", "extract", "facts", "grounded-qa", "raft", "reasoning", "rewrite",
        "summary",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(catalog.names()) - {"extract"}))
def test_a_task_has_its_name_and_its_settings(name: str) -> None:
    task = catalog.get(name, {}, "synthesize.tasks.0")

    assert task.name == name
    assert set(task.settings) == set(catalog.params(name, {}, "x").model_dump())


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("sumary", {}, "tasks.0: sumary is not a task that ships. Did you mean summary?"),
        ("zzz", {}, "There are: claim, dialogue"),
        (
            "summary",
            {"sentence": 3},
            "sentence is not a setting; there are sentences. Did you mean",
        ),
        ("raft", {"zzz": 3}, "there are distractors, without_gold."),
        ("summary", {"sentences": 0}, "tasks.0.summary: sentences: .*greater than or equal to 1"),
        ("rewrite", {"styles": ["plan"]}, "styles.0: Input should be 'plain'"),
        ("extract", {}, "extract: has no schema"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    name: str, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        catalog.get(name, settings, "tasks.0")

    assert "\n" not in str(caught.value)


def test_a_fingerprint_depends_on_settings_and_prompt() -> None:
    prints = [
        catalog.fingerprint(catalog.get(name, settings, ""))
        for name, settings in [
            ("summary", {}),
            ("summary", {"sentences": 2}),
            ("reasoning", {}),
            ("reasoning", {"read_from": "instructions"}),
        ]
    ]

    assert prints[0] == catalog.fingerprint(catalog.get("summary", {"sentences": 3}, ""))
    assert len({str(one) for one in prints}) == len(prints)
    assert prints[2]["prompt"] != prints[3]["prompt"]


def test_the_fingerprint_of_a_users_task_is_that_of_its_file() -> None:
    text = "---\nfields: {question: q, answer: a}\n---\n## user\n{passage}\n"

    one, other = own.load(text, "t.md"), own.load(text.replace("a}", "b}"), "t.md")

    assert catalog.fingerprint(one) == catalog.fingerprint(own.load(text, "t.md"))
    assert catalog.fingerprint(one) != catalog.fingerprint(other)


def test_the_names_are_known_without_anything_heavy() -> None:
    code = (
        "import sys; from curate.synthesize.tasks import catalog; catalog.names();"
        "print(sorted({'duckdb', 'jsonschema', 'numba', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
