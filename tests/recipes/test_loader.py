"""A recipe's mistakes are one line that says where, what, and what to do."""

from pathlib import Path

import pytest

from recipes.loader import load
from schemas.errors import RecipeError
from schemas.recipe import InstalledDocs

GOOD = """
name: x
collect:
  domain: [{from: installed-docs, packages: [numpy]}]
mix: {parts: {domain: 1.0}}
"""


def write(folder: Path, text: str) -> str:
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return str(folder / "x.yaml")


def test_defaults_fill_what_a_recipe_does_not_say(tmp_path: Path) -> None:
    recipe = load(write(tmp_path, GOOD)).recipe

    assert (recipe.seed, recipe.segment.max_words, recipe.holdout.test) == (7, 220, 0.1)
    assert isinstance(recipe.collect["domain"][0], InstalledDocs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "segment: {max_wrods: 9}",
            r"segment\.max_wrods is not a field .got 9.; did you mean max_w",
        ),
        ("segmnet: {}", r"segmnet is not a field .*did you mean segment\?"),
        (
            "screen: {passages: {unique: {treshold: 0.7}}}",
            r"screen\.passages\.unique\.treshold is not a field .got 0\.7.; .*mean threshold\?",
        ),
        (
            "screen: {passages: {keep: {a: {sqll: 'true'}}}}",
            r"screen\.passages\.keep\.a\.sqll is not a field .*did you mean sql\?",
        ),
        ("segment: {max_words: 5}", r"segment\.max_words: .*greater than or equal to 20 .got 5."),
        ("holdout: {valid: 0.5, test: 0.5}", r"holdout: valid \+ test is 1, and nothing"),
        ("mix: {parts: {domain: 0.7}}", r"the key mix a second time"),
        ("name: y", r":5: not a recipe, the key name a second time"),
        ("a: &x 1\nb: *x", r"an alias, which a recipe may not have"),
        ("[1, 2]: 3", r"a key that is no word"),
        ("seed: [", r"not a recipe"),
        ("seed: -1", r"seed: .*greater than or equal to 0"),
        ("synthesize: {teachers: []}", r"synthesize\.teachers: .*at least 1 item"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, change: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as error:
        load(write(tmp_path, f"{GOOD.strip()}\n{change}\n"))

    assert str(error.value).startswith(str(tmp_path / "x.yaml"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (GOOD.replace("packages", "pakcages"), r"domain\.0\.pakcages is not a field.*packages\?"),
        (GOOD.replace("installed-docs", "the-moon"), r"collect\.domain\.0: needs `from: "),
        (GOOD.replace("1.0", "0.7"), r"mix\.parts: the shares sum to 0\.7, they must sum to 1"),
        (GOOD.replace("{domain: 1.0}", "{general: 1.0}"), r"mix\.parts names general, but collect"),
        (GOOD.replace("name: x", "name: ../x"), r"name: .*pattern"),
        (GOOD.replace("name: x", ""), r"name is missing"),
        ("- a\n- b\n", r"holds list, a recipe is"),
        ("\x00", r"not YAML"),
    ],
)
def test_a_wrong_recipe_is_one_line(tmp_path: Path, recipe: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as error:
        load(write(tmp_path, recipe))

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("seed", "not of the form"),
        ("=3", "not of the form"),
        ("a..b=3", "not of the form"),
        ("name.x=3", "x is not a key there"),
        ("collect.domain.5.packages=[a]", "is not a key there"),
        ("seed=[", "not a YAML value"),
        ("mix.sise=3", "did you mean size"),
    ],
)
def test_a_wrong_set_is_one_line(tmp_path: Path, change: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load(write(tmp_path, GOOD), [change])


def test_set_changes_one_value(tmp_path: Path) -> None:
    loaded = load(write(tmp_path, GOOD), ["holdout.valid=2e-1", "collect.domain.0.domain=physics"])

    assert loaded.recipe.holdout.valid == 0.2
    assert loaded.recipe.collect["domain"][0].domain == "physics"


@pytest.mark.parametrize("named", ["nothing.yaml", ".", "nothing"])
def test_a_recipe_that_is_not_there_names_those_that_ship(named: str) -> None:
    with pytest.raises(RecipeError, match=r"one that ships: .*numerics"):
        load(named)


def test_a_shipped_recipe_is_found_by_its_name() -> None:
    assert load("numerics").recipe.name == "numerics"


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = "{from: files, paths: [papers]}"
    recipe = GOOD.replace("{from: installed-docs, packages: [numpy]}", source)
    with pytest.raises(RecipeError, match="papers does not exist"):
        load(write(tmp_path, recipe))


def test_a_file_too_large_for_a_recipe_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="a recipe has at most"):
        load(write(tmp_path, "#" * 1_000_001))


PRESET = """
passages:
  short: {sql: n_words <= 50, reason: ours}
  long_enough: {sql: n_words >= 3}
examples:
"""


def test_a_preset_in_a_file_is_written_out_in_the_recipe_and_the_recipes_rules_win(
    tmp_path: Path,
) -> None:
    recipe = write(tmp_path, GOOD)
    (tmp_path / "mine.yaml").write_text(PRESET)
    keep = "screen.passages.keep={long_enough: n_words >= 9}"

    found = load(recipe, ["screen.passages.preset=mine.yaml", keep]).recipe.screen.passages

    assert found.preset is None
    assert {name: rule.sql for name, rule in found.keep.items()} == {
        "short": "n_words <= 50",
        "long_enough": "n_words >= 9",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("passages: {a: {sql: 'true', why: x}}", "passages.a: why: Extra inputs"),
        ("passages: {a: 3}", "passages.a"),
        ("passages: {1: {sql: [a]}}", "passages.1"),
        ("passages: [a]", "passages is not a gate with rules"),
        ("rules: {a: 'true'}", "rules is not a gate with rules"),
        ("passages: {a: &x true, b: *x}", "an alias"),
        ("passages: {a: 'true', a: 'false'}", "the key a a second time"),
        ("- 3", "holds list, a preset is"),
    ],
)
def test_a_file_that_is_no_preset_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    recipe = write(tmp_path, GOOD)
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(RecipeError, match=f"mine.yaml.*{said}") as caught:
        load(recipe, ["screen.passages.preset=mine.yaml"])
    assert "\n" not in str(caught.value)


def test_a_preset_lies_where_paths_of_a_recipe_may_lie(tmp_path: Path) -> None:
    (tmp_path / "recipe").mkdir()
    recipe = write(tmp_path / "recipe", GOOD)
    (tmp_path / "mine.yaml").write_text(PRESET)
    with pytest.raises(RecipeError, match="--allow-path"):
        load(recipe, ["screen.passages.preset=../mine.yaml"])
