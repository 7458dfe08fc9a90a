"""A verdict names every rule that a row fails, loses no row, and trusts no rule."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.judge import judge
from schemas.errors import RecipeError
from schemas.recipe import Rule, Unique
from schemas.rows import PAIRS

ROWS = pa.table(
    {
        "id": ["a", "b", "c"],
        "part": ["domain", "general", "domain"],
        "n_words": [2, 50, None],
        "text": ["one two", "many words", ""],
    }
)


def rule(sql: str, parts: list[str] | None = None) -> dict[str, Rule]:
    return {"sly": Rule(sql=sql, parts=parts)}


def pairs(*found: tuple[int, int, float]) -> pa.Table:
    """Pairs of rows named by their positions in `numbered`."""
    return pa.Table.from_pylist(
        [
            {
                "id": str(one),
                "other": str(other),
                "field": "text",
                "similarity": similarity,
                "position": one,
                "other_position": other,
                "reference": None,
                "match": "near",
            }
            for one, other, similarity in found
        ],
        schema=PAIRS,
    )


def numbered(n_rows: int, **columns: list[object]) -> pa.Table:
    return pa.table({"id": [str(number) for number in range(n_rows)], **columns})


def test_rows_in_equal_rows_out_and_null_is_not_met() -> None:
    verdicts = judge(ROWS, {"long_enough": Rule(sql="n_words >= 5")}).to_pylist()

    assert [row["id"] for row in verdicts] == ["a", "b", "c"]
    assert [row["failed"] for row in verdicts] == [["long_enough"], [], ["long_enough"]]
    assert [row["kept"] for row in verdicts] == [False, True, False]


def test_every_rule_that_a_row_fails_is_named() -> None:
    keep = {"long": Rule(sql="n_words > 5"), "early": Rule(sql="id < 'b'"), "all": Rule(sql="true")}

    assert [row["failed"] for row in judge(ROWS, keep).to_pylist()] == [
        ["long"],
        ["early"],
        ["long", "early"],
    ]


def test_a_rule_holds_for_the_parts_that_it_names() -> None:
    verdicts = judge(ROWS, rule("n_words >= 100", ["domain"])).to_pylist()

    assert [row["kept"] for row in verdicts] == [False, True, False]


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3)), max_size=30), st.integers(-3, 3))
def test_no_row_is_lost_and_order_holds(values: list[int | None], bound: int) -> None:
    rows = numbered(len(values), n=pa.array(values, pa.int64()))
    verdicts = judge(rows, {"r": Rule(sql=f"n >= {bound}")})

    assert verdicts["id"].to_pylist() == rows["id"].to_pylist()
    assert verdicts["kept"].to_pylist() == [v is not None and v >= bound for v in values]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("n_words > (select count(*) from read_text('notes.txt'))", "subquery"),
        ("exists(from duckdb_secrets())", "subquery"),
        ("n_words in (select 1)", "subquery"),
        ("random() < n_words", "random"),
        ("getenv('HOME') = 'x'", "getenv"),
        ("current_setting('threads') = 1", "current_setting"),
        ("current_database() = 'memory'", "current_database"),
        ("nextval('s') > 1", "nextval"),
        ("main.abs(n_words) > 1", "main.abs"),
        ("abs(n_words) filter (where true) > 1", "abs"),
        ("sum(n_words) over () > 1", "window"),
        ("row_number() over () > 1", "window"),
        ("count(*) > 1", "count_star"),
        ("columns('n.*') > 1", "star"),
        ("list_filter([1], lambda x: x > 0) = [1]", "list_filter"),
        ("n_words::varchar = '1'", "cast"),
        ("date '2020-01-01' > text", "cast"),
        ("measured.n_words > 1", "measured.n_words"),
        ("true) then null else 'kept' end, case when (false", "syntax error"),
        ("(n_words > 1", "syntax error"),
        ("n_words > 1 /* never closed", "comment"),
        ("true; drop table measured", "SELECT"),
        ("true, false", "more than one"),
        ("true as kept", "more than one"),
        ("true from measured", "more than one"),
        ("true limit 1", "more than one"),
        ("distinct true", "more than one"),
        ("$1", "more than one"),
        ("", "without selection list"),
        ("n_words", "BIGINT"),
        ("text", "VARCHAR"),
        ("n_words > 1 and " * 200 + "true", "characters"),
    ],
)
def test_a_rule_is_one_boolean_expression_and_nothing_more(sql: str, named: str) -> None:
    with pytest.raises(RecipeError, match=r"screen\.keep\.sly: ") as refused:
        judge(ROWS, rule(sql))

    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "n_words >= 5 -- a comment cannot swallow what follows",
        "not (n_words is null)",
        "coalesce(n_words, 0) between -1 and 3",
        "text like 'one%' or text ilike 'MANY%'",
        "regexp_matches(text, 'w[aio]')",
        "case when n_words > 3 then length(text) > 2 else false end",
        "part in ('domain', 'general') and n_words % 2 = 0",
    ],
)
def test_a_rule_may_use_columns_comparisons_logic_and_listed_functions(sql: str) -> None:
    assert len(judge(ROWS, rule(sql))) == 3


def test_what_was_not_measured_is_named_with_the_nearest() -> None:
    with pytest.raises(
        RecipeError, match=r"n_wrods is not a column.*Did you mean n_words\?.*Known"
    ):
        judge(ROWS, {"typo": Rule(sql="n_wrods > 1")})


@pytest.mark.parametrize("name", ["two words", "a'b", "unique", "1st", ""])
def test_a_rule_name_is_a_word(name: str) -> None:
    with pytest.raises(RecipeError, match="not a rule name"):
        judge(ROWS, {name: Rule(sql="true")})


def test_a_column_cannot_carry_code_into_the_query() -> None:
    hostile = pa.table({"id": ["a"], "x') or ('1'='1": [1]})

    assert judge(hostile, {"r": Rule(sql="\"x') or ('1'='1\" = 2")})["kept"].to_pylist() == [False]


def test_a_chain_loses_only_its_middle() -> None:
    rows = numbered(3, rank=[2, 1, 3])
    chain = pairs((1, 0, 0.9), (2, 1, 0.85))
    verdicts = judge(rows, {}, Unique(threshold=0.8), chain).to_pylist()

    assert [row["kept"] for row in verdicts] == [True, False, True]
    assert (verdicts[1]["duplicate_of"], verdicts[1]["similarity"]) == ("0", 0.9)
    assert verdicts[1]["failed"] == ["unique"]


def test_a_forbidden_copy_never_costs_the_allowed_one() -> None:
    rows = numbered(2, license=["CC-BY-NC-4.0", "CC-BY-4.0"], n_words=[90, 80])
    unique = Unique(threshold=0.8, prefer=["n_words desc"])
    keep = {"licensed": Rule(sql="license = 'CC-BY-4.0'")}
    verdicts = judge(rows, keep, unique, pairs((1, 0, 0.95))).to_pylist()

    assert [row["failed"] for row in verdicts] == [["licensed"], []]
    assert [row["kept"] for row in verdicts] == [False, True]


def test_the_preferred_copy_is_kept() -> None:
    rows = numbered(2, n_words=[80, 90])
    unique = Unique(threshold=0.8, prefer=["n_words desc"])

    assert judge(rows, {}, unique, pairs((1, 0, 0.95)))["kept"].to_pylist() == [False, True]


def test_a_training_row_goes_for_a_held_out_one_whatever_is_preferred() -> None:
    rows = numbered(3, split=["train", "valid", "test"], n_words=[90, 80, 70])
    unique = Unique(threshold=0.8, prefer=["n_words desc"])
    near = pairs((1, 0, 0.9), (2, 1, 0.9))

    assert judge(rows, {}, unique, near)["kept"].to_pylist() == [True, False, True]
    assert judge(rows.slice(0, 2), {}, unique, pairs((1, 0, 0.9)))["duplicate_of"].to_pylist() == [
        "1",
        None,
    ]


def test_copies_of_a_row_that_fails_are_judged_among_themselves() -> None:
    """Later copies are paired with the first alone; where that is forbidden one of them stays."""
    rows = numbered(4, ok=[False, True, True, True])
    star = pairs((1, 0, 1.0), (2, 0, 1.0), (3, 0, 0.85))
    verdicts = judge(rows, {"ok": Rule(sql="ok")}, Unique(threshold=0.8), star).to_pylist()

    assert [row["kept"] for row in verdicts] == [False, True, False, False]
    assert (verdicts[2]["duplicate_of"], verdicts[2]["similarity"]) == ("1", 1.0)
    assert (verdicts[3]["duplicate_of"], verdicts[3]["similarity"]) == ("1", 0.85)


@pytest.mark.parametrize(("threshold", "kept"), [(0.8, False), (0.81, True)])
def test_a_pair_at_the_threshold_is_a_duplicate_and_one_below_is_not(
    threshold: float, kept: bool
) -> None:
    verdicts = judge(numbered(2), {}, Unique(threshold=threshold), pairs((1, 0, 4 / 5)))

    assert verdicts["kept"].to_pylist() == [True, kept]


@given(
    st.lists(st.tuples(st.integers(1, 19), st.integers(0, 18), st.floats(0.7, 0.99)), max_size=60),
    st.permutations(range(20)),
)
def test_kept_rows_are_unlike_and_every_other_row_is_like_a_kept_one(
    found: list[tuple[int, int, float]], ranks: list[int]
) -> None:
    similarity = {(a, b): s for a, b, s in found if b < a}
    rows = numbered(20, rank=list(ranks))
    listed = pairs(*[(a, b, s) for (a, b), s in sorted(similarity.items())])
    verdicts = judge(rows, {}, Unique(threshold=0.8, prefer=["rank"]), listed).to_pylist()

    kept = {int(row["id"]) for row in verdicts if row["kept"]}
    assert not any(s >= 0.8 for (a, b), s in similarity.items() if a in kept and b in kept)
    for row in verdicts:
        if not row["kept"]:
            twin, own = int(row["duplicate_of"]), int(row["id"])
            assert twin in kept
            assert ranks[twin] < ranks[own]
            assert similarity[max(twin, own), min(twin, own)] == row["similarity"] >= 0.8


@pytest.mark.parametrize(
    "preference", ["(select 1)", "random()", "nothing desc", "1; drop table x", "abs(id)", "tags"]
)
def test_a_preference_is_held_to_what_a_rule_is(preference: str) -> None:
    with pytest.raises(RecipeError, match=r"screen\.unique\.prefer: "):
        judge(numbered(2, tags=[["a"], ["b"]]), {}, Unique(prefer=[preference]), pairs())


def test_a_preference_that_fails_on_a_row_is_one_line() -> None:
    with pytest.raises(RecipeError, match=r"screen\.unique\.prefer: .*missing \)"):
        rows = numbered(2, pattern=["(", "a"])
        judge(rows, {}, Unique(prefer=["regexp_matches(id, pattern)"]), pairs())
