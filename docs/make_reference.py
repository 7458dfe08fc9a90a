"""Write docs/recipes.md from the code: every key of a recipe, every measure, every rule that ships.

    python docs/make_reference.py

A test holds that the file is what this writes.
"""

import importlib
import types
import typing
from pathlib import Path

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from curate.chat import PROBLEMS
from curate.collect.files import REASONS
from curate.collect.forms import SUFFIXES
from curate.collect.packages import ALLOWED
from curate.mix.pool import TOO_LONG
from curate.screen import catalog, planned, rules
from curate.screen.view import OF_DOCUMENT, TURNS
from curate.synthesize.replies import OUTCOMES, RETRYABLE
from curate.synthesize.tasks import catalog as tasks
from schemas.mixing import Caps, Mix, PartShare
from schemas.recipe import (
    Files,
    Holdout,
    InstalledDocs,
    Limits,
    Recipe,
    Rule,
    Screen,
    Segment,
    Synthesize,
    Unique,
)
from schemas.selecting import Select
from schemas.teachers import Ask, Budget, Miner, OpenAI, Prices, Replay
from schemas.training import Base, Evaluate, Pretrain, Tune

OUT = Path(__file__).with_name("recipes.md")
BLOCKS: list[tuple[str, type[BaseModel]]] = [
    ("The recipe", Recipe),
    ("`collect.<part>`: installed documentation", InstalledDocs),
    ("`collect.<part>`: files", Files),
    ("`limits` of files", Limits),
    ("`holdout`", Holdout),
    ("`segment`", Segment),
    ("`screen.passages` and `screen.examples`", Screen),
    ("`keep.<rule>`", Rule),
    ("`unique`", Unique),
    ("`synthesize`", Synthesize),
    ("`synthesize.teachers`: the miner", Miner),
    ("`synthesize.teachers`: a model behind an API", OpenAI),
    ("`synthesize.teachers`: recorded answers", Replay),
    ("`prices` of a teacher", Prices),
    ("`synthesize.budget`", Budget),
    ("`synthesize.tasks`", Ask),
    ("`base`", Base),
    ("`base.pretrain`", Pretrain),
    ("`select`", Select),
    ("`mix`", Mix),
    ("`mix.parts.<part>`", PartShare),
    ("`mix.caps`", Caps),
    ("`tune`", Tune),
    ("`evaluate`", Evaluate),
]
HEAD = """# Recipes

Made by `python docs/make_reference.py` from the code. A recipe is YAML; an unknown key is an error
that names the nearest one. Any value can be changed for one run with `--set key.key=value`.

Paths are relative to the recipe's folder or the current one, and must lie in one of them unless
`--allow-path` names another folder. Anchors and aliases are refused.
"""
RULES = """## Rules

A rule is one boolean SQL expression over a row's scalar columns, its document's (`document_*`)
and the measured ones. A row is kept when all rules are true; NULL counts as not met. A rule may
hold names of columns, constants, comparisons, `and`, `or`, `not`, `in`, `between`, `like`,
`is null`, `case`, arithmetic, and these functions: {functions}. Nothing else is reachable: no
table, subquery, window, cast or second statement.

Examples have the columns {turns} besides their own, made from their turns. Of the document:
{document}.
"""


def type_of(field: FieldInfo) -> str:
    """A field's type in few words."""
    return _name(field.annotation)


def _name(kind: object) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _name(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_name(one) for one in arguments if one is not types.NoneType)
    if origin is typing.Literal:
        return " or ".join(f"`{one}`" for one in arguments)
    if origin is list:
        return f"list of {_name(arguments[0])}"
    if origin is dict:
        return f"map to {_name(arguments[1])}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "block"
    names = {"str": "text", "int": "whole number", "float": "number", "Any": "any"}
    names["bool"] = "`true` or `false`"
    return names.get(getattr(kind, "__name__", ""), str(kind))


def default_of(field: FieldInfo) -> str:
    """A field's default as YAML would say it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    if isinstance(value, list) and value and isinstance(value[0], BaseModel):
        value = [one.model_dump() for one in value]
    return f"`{yaml.safe_dump(value, default_flow_style=True, width=10_000).splitlines()[0]}`"


def block(title: str, model: type[BaseModel]) -> list[str]:
    """A model's fields as a table."""
    lines = [f"## {title}", "", f"{(model.__doc__ or '').splitlines()[0]}", ""]
    lines += ["| key | type | default | what it is |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        said = (field.description or "").replace("\n", " ")
        lines.append(
            f"| `{field.alias or name}` | {type_of(field)} | {default_of(field)} | {said} |"
        )
    return [*lines, ""]


def settings_of_tasks() -> list[str]:
    """Every task that models are given, with its settings, and how asking may end."""
    lines = [
        "## Tasks of models",
        "",
        "Settings stand beside `task`: `{task: summary, sentences: 2}`.",
    ]
    for name in tasks.names():
        module = importlib.import_module(f"curate.synthesize.tasks.{name.replace('-', '_')}")
        doc = (module.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        lines += ["", f"### `{name}`", "", doc, "", "| setting | type | default | what it is |"]
        lines += ["|---|---|---|---|"]
        for setting, field in module.Params.model_fields.items():
            said = (field.description or "").replace("\n", " ")
            lines.append(f"| `{setting}` | {type_of(field)} | {default_of(field)} | {said} |")
    lines += ["", "How asking may end; what is marked is asked again by the next run:", ""]
    lines += ["| outcome | what it means | again |", "|---|---|---|"]
    lines += [
        f"| `{outcome}` | {said} | {'yes' if outcome in RETRYABLE else ''} |"
        for outcome, said in OUTCOMES.items()
    ]
    return [*lines, ""]


def measures() -> list[str]:
    """Every measure with its columns and parameters."""
    lines = ["## Measures", "", "A rule that names a measured column brings its measure in.", ""]
    for name, measure in catalog.measures().items():
        doc = (measure.load().__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        lines += [f"### `{name}`", "", doc, "", "| column | type | what it is |", "|---|---|---|"]
        lines += [f"| `{c}` | {kind} | {said} |" for c, (kind, said) in measure.columns.items()]
        lines += ["", "| parameter | default | what it is |", "|---|---|---|"]
        for parameter, field in measure.load().Params.model_fields.items():
            said = (field.description or "").replace("\n", " ")
            lines.append(f"| `{parameter}` | {default_of(field)} | {said} |")
        lines.append("")
    return lines


def presets() -> list[str]:
    """Every preset with its rules."""
    lines = ["## Presets", "", "Files in `curate/screen/presets/`, to read and to copy from.", ""]
    for path in sorted(planned.PRESETS.glob("*.yaml")):
        lines += [
            f"### `{path.stem}`",
            "",
            "| gate | rule | kept when | why |",
            "|---|---|---|---|",
        ]
        for name in ("passages", "examples"):
            for rule, body in planned.preset(path.stem, name, "docs").items():  # type: ignore[arg-type]
                lines.append(f"| {name} | `{rule}` | `{body.sql}` | {body.reason} |")
        lines.append("")
    return lines


def page() -> str:
    """The whole file."""
    functions = ", ".join(f"`{one}`" for one in sorted(rules.FUNCTIONS) if one[0].isalpha())
    turns = ", ".join(f"`{name}` ({said})" for name, said in TURNS.items())
    document = ", ".join(f"`document_{name}`" for name in OF_DOCUMENT)
    lines = [*HEAD.splitlines(), ""]
    for title, model in BLOCKS:
        lines += block(title, model)
    lines += [*RULES.format(functions=functions, turns=turns, document=document).splitlines(), ""]
    lines += settings_of_tasks() + measures() + presets()
    lines += ["## Rows that cannot be trained on", ""]
    lines += ["With a base, `mix` sets these kept examples aside before it draws, and counts them:"]
    lines += ["", "| reason | what it means |", "|---|---|"]
    lines += [f"| {TOO_LONG} | its tokens are more; a row is never cut |"]
    lines += [f"| {reason} | {said} |" for reason, said in PROBLEMS.items()] + [""]
    lines += ["## What is read", "", "| suffix | form |", "|---|---|"]
    lines += [f"| `{suffix}` | {form} |" for suffix, form in SUFFIXES.items()]
    lines += ["", f"Packages for `installed-docs`: {', '.join(f'`{one}`' for one in ALLOWED)}.", ""]
    lines += ["What cannot be read is counted and listed under one of these reasons:", ""]
    lines += ["| reason | what it means |", "|---|---|"]
    lines += [f"| `{reason}` | {said} |" for reason, said in REASONS.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    OUT.write_text(page(), encoding="utf-8")
