"""How far a judge can be trusted: agreement, corruptions, and both for a judge that is known."""

import itertools
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.synthesize import agreement, corruptions
from curate.synthesize.corruptions import KINDS, Pair, corrupted
from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings, Rule
from curate.synthesize.judging import AXES
from recipes import gold
from recipes.calibrate import Calibrated, calibrate
from recipes.cli import main
from schemas.errors import RecipeError, TableError
from schemas.recipe import Synthesize
from tests.conftest import sentence

GRADES = st.lists(st.integers(1, 5), min_size=1, max_size=30)
SCORES = {"perfect": (5, 5, 5, 5, 3), "poor": (2, 2, 3, 3, 3)}


# Agreement


def test_auc_of_a_case_worked_by_hand() -> None:
    # 3 > 1, 3 > 2, 2 > 1, 2 = 2: three and a half of four pairs
    assert agreement.auc([3, 2], [1, 2]) == 0.875


@given(GRADES, GRADES)
def test_auc_is_the_share_of_pairs_in_the_right_order(good: list[int], bad: list[int]) -> None:
    pairs = [(a > b) + 0.5 * (a == b) for a, b in itertools.product(good, bad)]

    assert agreement.auc(good, bad) == pytest.approx(sum(pairs) / len(pairs))
    assert agreement.auc(bad, good) == pytest.approx(1 - sum(pairs) / len(pairs))


def test_auc_is_one_where_perfect_half_where_equal_or_random_and_none_of_nothing() -> None:
    draw = random.Random(1)
    one, other = ([draw.randint(1, 5) for _ in range(4_000)] for _ in "ab")

    assert agreement.auc([4, 5], [1, 3, 3]) == 1
    assert agreement.auc([1], [4, 5]) == 0
    assert agreement.auc([3, 3], [3, 3, 3]) == 0.5
    assert agreement.auc(one, other) == pytest.approx(0.5, abs=0.02)
    assert agreement.auc([], [1]) is agreement.auc([1], []) is None


def test_kappa_of_cases_worked_by_hand() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: .7 seen, .5 by chance
    one, other = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15

    assert agreement.kappa(one, other, 2) == pytest.approx(0.4)
    # squared distances 0, 0, 1 seen: a third; 0, 1, 1, 1, 0, 0, 4, 1, 1 over all nine pairs: one
    assert agreement.kappa([0, 1, 2], [0, 1, 1], 3, quadratic=True) == pytest.approx(2 / 3)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_quadratic_kappa_is_one_less_the_ratio_of_mean_squares(
    rated: list[tuple[int, int]],
) -> None:
    seen = np.mean([(a - b) ** 2 for a, b in rated])
    chance = np.mean([(a - b) ** 2 for (a, _), (_, b) in itertools.product(rated, rated)])
    found = agreement.kappa(*zip(*rated, strict=True), 5, quadratic=True)  # type: ignore[misc]

    assert found is None if chance == 0 else found == pytest.approx(1 - seen / chance)


@given(GRADES)
def test_kappa_with_oneself_is_one_or_nothing_to_disagree_on(grades: list[int]) -> None:
    places = [grade - 1 for grade in grades]
    expected = None if len(set(grades)) == 1 else pytest.approx(1)

    assert agreement.kappa(places, places, 5) == expected
    assert agreement.kappa(places, places, 5, quadratic=True) == expected


def test_the_best_threshold_is_the_one_with_the_highest_kappa() -> None:
    scores, good = [1.0, 2.5, 3.25, 3.5, 5.0], [False, False, True, True, True]

    assert agreement.best(scores, good) == (3.25, 1.0)
    # one of three good kept, no bad: .6 seen, .44 by chance
    assert agreement.at(4, scores, good) == pytest.approx(2 / 7)
    assert agreement.best([3.0, 3.0], [True, True]) is None


def test_an_interval_holds_the_estimate_and_narrows_with_more_passages() -> None:
    draw = np.random.default_rng(3)

    def ends(n: int) -> tuple[float, float]:
        good, bad = draw.normal(1, 1, n), draw.normal(0, 1, n)
        found = agreement.interval(good, bad, [*range(n), *range(n)])
        assert found is not None
        assert found[0] < (agreement.auc(good, bad) or 0) < found[1]
        return found

    few, many = ends(20), ends(500)
    assert many[1] - many[0] < (few[1] - few[0]) / 2
    assert few[0] < 0.76 < few[1]  # the true value, Phi(1 / sqrt 2)


def test_an_interval_draws_passages_and_not_rows() -> None:
    good, bad = [5, 4, 3, 5, 4, 2], [1, 3, 2, 4, 1, 2]
    groups = [0, 1, 2, 3, 4, 5] * 2
    once = agreement.interval(good, bad, groups)
    copied = agreement.interval(good * 10, bad * 10, [*groups[:6] * 10, *groups[:6] * 10])

    assert once == copied
    assert agreement.interval(good, bad, ["one"] * 12) is None
    assert agreement.interval([], bad, groups[:6]) is None


# Corruptions


def pair(number: int, answer: str | None = None, context: str = "") -> Pair:
    draw = random.Random(number)
    text = " ".join(sentence(draw) for _ in range(4))
    question = f"What holds for sample {number} of the series?"
    return Pair(f"r{number}", question, answer or sentence(draw), context or text)


PAIRS = [pair(number) for number in range(30)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_corruption_changes_a_row_the_same_way_each_time(kind: str) -> None:
    made = corrupted(kind, PAIRS, 100)
    originals = {one.id: one for one in PAIRS}

    assert made == corrupted(kind, PAIRS[::-1], 100)
    assert len(made) >= 15
    for one in made:
        before = originals[one.id]
        assert (one.question == before.question) == (kind != "dangling")
        assert (one.answer == before.answer) == (kind == "dangling")
        assert one.context == before.context
    assert corrupted(kind, PAIRS, 7) == made[:7]
    assert corrupted(kind, PAIRS, 0) == corrupted(kind, [], 7) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_further_row_changes_few_corruptions(kind: str) -> None:
    before = {one.id: one for one in corrupted(kind, PAIRS, 100)}
    after = {one.id: one for one in corrupted(kind, [*PAIRS, pair(99)], 100)}

    changed = [name for name, one in before.items() if after[name] != one]
    assert len(changed) <= 5


def one(kind: str, answer: str, context: str = "Nothing.", question: str = "Why so?") -> str:
    others = [Pair("o", "What else?", "Ice floats.", "Ice floats on water because it is lighter.")]
    changed = KINDS[kind](Pair("r", question, answer, context), others, random.Random(1))
    assert changed is not None
    return changed.question if kind == "dangling" else changed.answer


def test_a_number_becomes_another_that_the_passage_does_not_have() -> None:
    context = "It boils at 25 °C, not at " + ", ".join(f"{n}5" for n in (1, 3, 4, 6, 7, 8, 9)) + "."
    for seed in range(20):
        changed = corruptions.number(Pair("r", "?", "At 25 °C.", context), [], random.Random(seed))
        assert changed is not None
        (number,) = re.findall(r"\d+", changed.answer)
        assert number != "25"
        assert number not in context
        assert changed.answer == f"At {number} °C."


def test_names_and_exponents_are_no_numbers() -> None:
    for answer in ("N2 and CO2 do.", "About 10^-8.", "None."):
        assert corruptions.number(Pair("r", "?", answer, "."), [], random.Random(1)) is None
    assert re.fullmatch(r"[1-9]\.05 mg of H2O|0\.[1-9]5 mg of H2O", one("number", "0.05 mg of H2O"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("It does not bind oxygen.", "It does bind oxygen."),
        ("It cannot bind.", "It can bind."),
        ("It can't bind.", "It can bind."),
        ("It isn't and won't be.", "It is and won't be."),
        ("It is stable and was not.", "It is stable and was."),
        ("It is stable and was cold.", "It is not stable and was cold."),
        ("Iron binds oxygen.", "It is not the case that iron binds oxygen."),
        ("DNA binds it.", "It is not the case that DNA binds it."),
    ],
)
def test_a_negation_is_dropped_or_put_in(answer: str, expected: str) -> None:
    assert one("negation", answer) == expected


def test_an_answer_is_cut_inside_a_sentence() -> None:
    assert (
        one("cut", "The enzyme works. It needs iron, and it is slow.")
        == "The enzyme works. It needs"
    )
    assert one("cut", "One two three four. Five six seven eight.") == "One two three"
    assert KINDS["cut"](Pair("r", "?", "Too short.", ""), [], random.Random(1)) is None


def test_a_question_points_at_what_nobody_sees() -> None:
    found = {
        KINDS["dangling"](Pair("r", "Why does DNA melt?", "", ""), [], random.Random(n))
        for n in range(30)
    }
    asked = {one.question for one in found if one}

    assert len(asked) == len(corruptions.DANGLING)
    assert all(one.endswith(" why does DNA melt?") for one in asked)


def test_what_another_passage_lends_is_its_own() -> None:
    assert one("swapped", "Because.") == "Ice floats."
    assert one("added", "Because.") == "Because. Ice floats on water because it is lighter."
    same = [Pair("o", "?", "Another.", "Nothing.")]
    for kind in ("swapped", "added"):
        assert KINDS[kind](Pair("r", "?", "Because.", "Nothing."), same, random.Random(1)) is None


# Labelled files


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def labelled(labels: list[Any]) -> list[dict[str, Any]]:
    return [
        {"question": "Why?", "answer": "So.", "context": "It is so.", "label": label}
        for label in labels
    ]


@pytest.mark.parametrize(
    ("labels", "good", "grades"),
    [
        (["good", "bad", "Good "], [True, False, True], [None] * 3),
        ([True, False], [True, False], [None] * 2),
        (["yes", "no"], [True, False], [None] * 2),
        ([0, 1], [False, True], [None] * 2),
        ([1, 3, 4, 5], [False, False, True, True], [1, 3, 4, 5]),
        (["2", "5.0"], [False, True], [2, 5]),
    ],
)
def test_labels_are_read_in_several_forms(
    labels: list[Any], good: list[bool], grades: list[Any], tmp_path: Path
) -> None:
    found, n_unlabelled = gold.read(write(tmp_path / "g.jsonl", labelled([*labels, None])))

    assert [one.good for one in found] == good
    assert [one.grade for one in found] == grades
    assert n_unlabelled == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (labelled(["good", "so-so"]), "the label of row 1 is 'so-so'"),
        (labelled([1, 6]), "the label of row 1 is"),
        (labelled([None]), "no row has a label"),
        ([{"question": "Why?", "label": 1}], "needs the columns label, context"),
        ([{"question": "Why?", "answer": "So.", "label": 1}], "needs the columns label, context"),
    ],
)
def test_what_cannot_be_read_as_gold_is_said(
    rows: list[dict[str, Any]], said: str, tmp_path: Path
) -> None:
    with pytest.raises(TableError, match=said):
        gold.read(write(tmp_path / "g.jsonl", rows))


def test_only_first_question_and_last_answer_of_a_conversation_are_made_worse(
    tmp_path: Path,
) -> None:
    turns = [("user", "Why is it?"), ("assistant", "It is so."), ("user", "And?"),
             ("assistant", "It is also cold.")]  # fmt: skip
    messages = [{"role": role, "content": content} for role, content in turns]
    row = {"id": "x", "messages": messages, "context": "It is so.", "label": "good"}
    found, _ = gold.read(write(tmp_path / "g.jsonl", [row]))
    made = {
        kind: [turn["content"] for turn in row["messages"]] for kind, row in gold.planted(found, 9)
    }

    assert set(made) == {"negation", "dangling"}
    assert made["negation"] == ["Why is it?", "It is so.", "And?", "It is not also cold."]
    assert made["dangling"][0] != "Why is it?"
    assert made["dangling"][1:] == [content for _, content in turns[1:]]


# The whole of it


N_GOOD = 12
Judge = Callable[[list[dict[str, Any]]], tuple[Rule, ...]]


def gold_rows() -> list[dict[str, Any]]:
    """Good examples, each about its own passage, and bad ones that speak of something else."""
    rows: list[dict[str, Any]] = []
    for number in range(N_GOOD):
        draw = random.Random(f"gold {number}")
        sentences = [sentence(draw) for _ in range(4)]
        question = f"What is reported in series {number}?"
        told = {"question": question, "context": " ".join(sentences)}
        rows.append({**told, "id": f"g{number}", "answer": " ".join(sentences[:2]), "label": 5})
        if number % 2:
            rows.append({**told, "id": f"b{number}", "answer": "Nobody knows.", "label": 1})
    return rows


def scores(name: str) -> dict[str, Any]:
    return {"reason": name, **dict(zip(AXES, SCORES[name], strict=True))}


def knowing(rows: list[dict[str, Any]]) -> tuple[Rule, ...]:
    """A judge that knows every good example by heart."""
    return _rules(rows, re.escape)


def blind_to_numbers(rows: list[dict[str, Any]]) -> tuple[Rule, ...]:
    """One that takes any number in an answer for the right one."""
    return _rules(rows, lambda text: re.sub(r"\d+", r"\\d+", re.escape(text)))


def _rules(rows: list[dict[str, Any]], pattern: Callable[[str], str]) -> tuple[Rule, ...]:
    known = [
        f"Question: {re.escape(one['question'])}\n\nAnswer: {pattern(one['answer'])}\n</example>"
        for one in rows
        if one["label"] == 5
    ]
    told = [Rule(match=re.compile("|".join(known)), answer=scores("perfect"))]
    return (*told, Rule(match=re.compile("<example>"), answer=scores("poor")))


def run(path: Path, fake: Serving, **given: Any) -> Calibrated:  # noqa: ANN401
    teacher = {"kind": "openai", "model": "j", "base_url": fake.url, **given.get("teacher", {})}
    block = {"teachers": [teacher], "budget": given.get("budget")}
    settings = Synthesize.model_validate(block)
    return calibrate(path, settings, {}, 1, 100, path.parent / "calls.sqlite", lambda line: None)


def test_a_judge_that_knows_tells_everything_apart_and_is_asked_once(tmp_path: Path) -> None:
    rows = gold_rows()
    path = write(tmp_path / "gold.jsonl", rows)
    with serving(FakeSettings(rules=knowing(rows))) as fake:
        told = run(path, fake).told
        again = run(path, fake).told
        stats = fake.stats()

    assert told["auc"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert told["kappa"] == {
        "quadratic": 0.7273,
        "at_4": 1.0,
        "best": 1.0,
        "best_threshold": 5.0,
    }
    assert told["at_4"] == {
        "good_kept": N_GOOD, "good_set_aside": 0, "bad_kept": 0, "bad_set_aside": N_GOOD // 2,
    }  # fmt: skip
    kinds = {one["kind"]: one for one in told["told_apart"]}
    assert set(kinds) == {"labelled bad", *KINDS, "all corruptions"}
    assert all(one["mean"] == one["correct"] == 1.0 for one in kinds.values())
    assert all(one["difficulty"] == 0.5 for one in kinds.values())
    assert kinds["number"]["n"] == N_GOOD
    assert (
        told["calls"]
        == stats["requests"]
        == told["requested"]
        == len(rows) + kinds["all corruptions"]["n"]
    )
    assert stats["answered_again"] == again["calls"] == 0
    assert again["calls_reused"] == told["calls"]
    same = ("kappa", "at_4", "auc", "told_apart")
    assert {name: again[name] for name in same} == {name: told[name] for name in same}


def test_a_judge_that_cannot_read_numbers_is_found_out(tmp_path: Path) -> None:
    rows = gold_rows()
    path = write(tmp_path / "gold.jsonl", rows)
    with serving(FakeSettings(rules=blind_to_numbers(rows))) as fake:
        told = run(path, fake).told

    kinds = {one["kind"]: one["mean"] for one in told["told_apart"]}
    assert kinds["number"] == 0.5
    assert kinds["cut"] == kinds["swapped"] == kinds["dangling"] == kinds["labelled bad"] == 1.0


def test_a_spent_budget_is_said_and_what_is_missing_is_asked_later(tmp_path: Path) -> None:
    rows = gold_rows()
    path = write(tmp_path / "gold.jsonl", rows)
    slowly = {"concurrency": 1}
    with serving(FakeSettings(rules=knowing(rows))) as fake:
        part = run(path, fake, budget={"calls": 10}, teacher=slowly)
        whole = run(path, fake, budget={"calls": 1_000}, teacher=slowly)

    assert part.told["calls"] == part.told["judged"] == 10
    assert part.told["outcomes"] == {"ok": 10, "over_budget": part.told["failed"]}
    assert "not asked" in part.notes[0]
    assert whole.told["calls_reused"] == 10
    assert whole.told["failed"] == 0
    assert fake.stats()["answered_again"] == 0


def test_a_judge_that_costs_money_needs_a_budget(tmp_path: Path) -> None:
    path = write(tmp_path / "gold.jsonl", gold_rows())
    with serving() as fake, pytest.raises(RecipeError, match="budget is missing"):
        run(path, fake, teacher={"prices": {"input": 1, "output": 1}})


def test_the_verb_prints_a_table(tmp_path: Path, retort: Any) -> None:  # noqa: ANN401
    rows = gold_rows()[:6]
    write(tmp_path / "gold.jsonl", rows)
    with serving(FakeSettings(rules=knowing(rows))) as fake:
        asked = ("calibrate", "gold.jsonl", "--teacher", fake.url, "--model", "j")
        shown = retort(*asked, cwd=tmp_path)

    assert shown.status == 0, shown.err
    assert "labelled bad" in shown.out
    assert "AUC 1.000" in shown.out
    assert "judge_mean >= 4 keeps 4 of 4 good and 0 of 2 bad" in shown.out


def test_the_verb_prints_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = gold_rows()[:6]
    write(tmp_path / "gold.jsonl", rows)
    monkeypatch.chdir(tmp_path)
    with serving(FakeSettings(rules=knowing(rows))) as fake:
        options = ["--teacher", fake.url, "--model", "j", "--corruptions", "0", "--json"]
        monkeypatch.setattr("sys.argv", ["retort", "calibrate", "gold.jsonl", *options])
        with pytest.raises(SystemExit) as ended:
            main()

    told = json.loads(capsys.readouterr().out)
    assert ended.value.code in (0, None)
    assert told["calls"] == told["labelled"] == 6
    assert [one["kind"] for one in told["told_apart"]] == ["labelled bad"]
