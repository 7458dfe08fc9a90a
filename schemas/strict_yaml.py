"""YAML from strangers: without anchors, which can grow without bound, and no key given twice."""

from pathlib import Path
from typing import Any

import yaml

from schemas.errors import RecipeError

LARGEST = 1_000_000
"""Bytes in a file; a larger one is taken for something else."""


class _Strict(yaml.SafeLoader):
    """YAML without anchors and without keys given twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, "an alias, which a recipe may not have", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool):
                raise yaml.MarkedYAMLError(None, None, "a key that is no word", key_node.start_mark)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    None, None, f"the key {key} a second time", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def value(text: str) -> object:
    """One value, as `--set` gives it.

    Raises:
        yaml.YAMLError: it is none.
    """
    return yaml.load(text, _Strict)


def read(path: Path, what: str) -> dict[str, Any]:
    """The mapping that a file holds.

    Args:
        path: the file.
        what: what it should be, for messages: `a recipe`.

    Raises:
        RecipeError: it is too large, no YAML, or holds something else.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise RecipeError(f"{path}: {size} bytes, {what} has at most {LARGEST}.")
    try:
        tree = yaml.load(path.read_bytes(), _Strict)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f":{mark.line + 1}" if mark else ""
        raise RecipeError(f"{path}{where}: not {what}, {error.problem}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise RecipeError(f"{path}: not YAML ({str(error).splitlines()[0]}).") from error
    if not isinstance(tree, dict):
        raise RecipeError(f"{path}: holds {type(tree).__name__}, {what} is a list of `key: value`.")
    return tree
