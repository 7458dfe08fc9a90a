"""A release holds what licences and teachers' terms let it hold, and names what it may not."""

import re

import pyarrow as pa
import pytest
from license_expression import get_spdx_licensing

from curate.export.expressions import choices
from curate.export.license_table import entry, source
from curate.export.policy import UNSTATED, Release, conditions, refused, ruling, table

TABLE = table()
RELEASES: tuple[Release, ...] = ("open", "research", "private")
LISTED = sorted(str(one.key) for one in get_spdx_licensing().known_symbols.values())
CREATIVE_COMMONS = [name for name in LISTED if name.startswith(("CC-", "CC0-"))]


def allows(release: Release, spdx: str | None, terms: str | None = None) -> bool:
    return ruling(spdx, terms, True, release, TABLE).allowed


def reason(release: Release, spdx: str | None, terms: str | None = None) -> str | None:
    return ruling(spdx, terms, True, release, TABLE).reason


@pytest.mark.parametrize("name", CREATIVE_COMMONS)
def test_every_licence_of_creative_commons_has_what_its_name_says(name: str) -> None:
    offered = choices(name)
    assert offered is not None
    found = entry(TABLE, offered[0][0].version)
    assert found is not None

    elements = set(re.split("[-0-9]", name))
    assert ("commercial" in found.may) == ("NC" not in elements)
    assert ("adapt" in found.may) == ("ND" not in elements)
    assert ("share_alike" in found.asks) == ("SA" in elements)
    assert ("attribution" in found.asks) == ("BY" in elements)
    assert "redistribute" in found.may


@pytest.mark.parametrize("name", CREATIVE_COMMONS)
def test_the_text_of_a_licence_has_an_address_of_its_own(name: str) -> None:
    found = entry(TABLE, name.lower())
    assert found is not None

    address = source(found, name).split(" ")[0]
    version = re.search(r"\d\.\d(-[A-Z]+)?", name)

    assert address.startswith("https://creativecommons.org/")
    assert version is None or f"/{version[0].lower().replace('-', '/')}/" in address


def test_there_are_as_many_as_spdx_lists() -> None:
    assert len(CREATIVE_COMMONS) >= 52


@pytest.mark.parametrize(
    ("spdx", "allowed"),
    [
        ("CC-BY-4.0", "open research private"),
        ("cc-by-3.0-igo", "open research private"),
        ("CC-BY-SA-4.0", "open research private"),
        ("CC-BY-NC-4.0", "research private"),
        ("CC-BY-NC-SA-3.0", "research private"),
        ("CC-BY-ND-4.0", "private"),
        ("CC-BY-NC-ND-2.0", "private"),
        ("GPL-2.0", "open research private"),
        ("GPL-2.0+", "open research private"),
        ("GPL-2.0-with-classpath-exception", "open research private"),
        ("Apache-2.0 WITH LLVM-exception", "open research private"),
        ("Apache-2.0+", "open research private"),
        ("MIT WITH AdditionRef-house-rules", "private"),
        ("MIT WITH LicenseRef-scancode-commons-clause", "private"),
        ("CC-BY-4.0 WITH AdditionRef-not-for-sale", "private"),
        ("GFDL-1.3-invariants-only", "private"),
        ("OGL-UK-3.0", "open research private"),
        ("LicenseRef-arXiv-nonexclusive", "private"),
        ("LicenseRef-publisher", "private"),
        ("BUSL-1.1", "private"),
        ("Everything is free", "private"),
        ("MIT OR CC-BY-NC-4.0", "open research private"),
        ("CC-BY-ND-4.0 OR CC-BY-NC-4.0", "research private"),
        ("MIT AND CC-BY-NC-4.0", "research private"),
        ("(MIT OR CC-BY-ND-4.0) AND CC-BY-NC-4.0", "research private"),
        (None, "private"),
        ("  ", "private"),
    ],
)
def test_what_a_licence_may_be_in(spdx: str | None, allowed: str) -> None:
    assert [name for name in RELEASES if allows(name, spdx)] == allowed.split()


@pytest.mark.parametrize(
    ("spdx", "meet"),
    [
        ("CC-BY-SA-4.0 AND CC-BY-4.0", True),
        ("CC-BY-SA-4.0 AND GPL-3.0-only", True),
        ("CC-BY-SA-4.0 AND GPL-2.0-or-later", True),
        ("CC-BY-SA-4.0 AND LAL-1.3", True),
        ("CC-BY-SA-2.0 AND CC-BY-SA-4.0", True),
        ("CC-BY-SA-3.0-DE AND CC-BY-SA-3.0", True),
        ("GPL-2.0-or-later AND GPL-3.0-only", True),
        ("GPL-3.0-only AND AGPL-3.0-only", True),
        ("LGPL-2.1-only AND GPL-3.0-only", True),
        ("MPL-2.0 AND GPL-2.0-only", True),
        ("EUPL-1.2 AND CC-BY-SA-3.0", True),
        ("CC-BY-NC-SA-4.0 AND CC-BY-NC-4.0", True),
        ("CC-BY-NC-SA-3.0 AND CC-BY-4.0", True),
        ("CC-BY-SA-4.0 AND GPL-2.0-only", False),
        ("CC-BY-SA-3.0 AND GPL-3.0-only", False),
        ("CC-BY-SA-1.0 AND CC-BY-SA-4.0", False),
        ("GPL-2.0-only AND GPL-3.0-only", False),
        ("GPL-2.0-only AND AGPL-3.0-only", False),
        ("CC-BY-SA-4.0 AND ODbL-1.0", False),
        ("CC-BY-SA-4.0 AND CC-BY-NC-4.0", False),
        ("CC-BY-SA-4.0 AND CC-BY-NC-SA-4.0", False),
    ],
)
def test_one_work_needs_one_share_alike_licence(spdx: str, meet: bool) -> None:
    assert allows("research", spdx) == meet
    assert allows("private", spdx)
    if not meet:
        assert "cannot be met by one work" in (reason("research", spdx) or "")


def test_a_row_under_a_choice_is_released_under_the_freest_part() -> None:
    for spdx, chosen in {
        "CC-BY-NC-4.0 OR MIT": "MIT",
        "GPL-3.0-only OR MIT OR CC0-1.0": "CC0-1.0",
        "GPL-2.0-only AND (CC-BY-SA-4.0 OR gpl-2.0+)": "GPL-2.0-only AND GPL-2.0-or-later",
    }.items():
        assert ruling(spdx, None, True, "open", TABLE).license == chosen


def test_a_refusal_says_what_forbids_it_and_where() -> None:
    found = ruling("CC-BY-NC-3.0-DE", None, True, "open", TABLE)

    assert found.reason == "CC-BY-NC-3.0-DE forbids commercial use"
    assert found.source is not None
    assert found.source.startswith("https://creativecommons.org/licenses/by-nc/3.0/de/legalcode")


@pytest.mark.parametrize(
    ("terms", "allowed"),
    [
        (None, "open research private"),
        (" ", "open research private"),
        ("Apache-2.0", "open research private"),
        ("mit", "open research private"),
        ("GPL-3.0-only OR MIT", "open research private"),
        ("CC-BY-NC-4.0", "research private"),
        ("CC-BY-ND-4.0", "private"),
        ("OpenAI", "private"),
        ("  openai  terms of USE ", "private"),
        ("openai-terms", "private"),
        ("Llama 2", "private"),
        ("Llama 3.1 Community License Agreement", "research private"),
        ("llama3.1", "research private"),
        ("Gemma", "research private"),
        ("DeepSeek Terms of Use", "open research private"),
        ("lab terms", "private"),
        ("LicenseRef-lab", "private"),
    ],
)
def test_what_terms_of_a_teacher_may_be_in(terms: str | None, allowed: str) -> None:
    assert [name for name in RELEASES if allows(name, "CC-BY-4.0", terms)] == allowed.split()


@pytest.mark.parametrize("release", RELEASES)
def test_what_forbids_training_is_in_no_release(release: Release) -> None:
    found = ruling("CC0-1.0", "Apache-2.0", False, release, TABLE)

    assert not found.allowed
    assert found.reason == "the terms of its teacher forbid training on it"


def test_share_alike_terms_of_a_teacher_hold_for_the_row() -> None:
    assert ruling("CC-BY-4.0", "Apache-2.0", True, "open", TABLE).license == "CC-BY-4.0"
    shared = ruling("CC-BY-4.0", "CC-BY-SA-4.0", True, "open", TABLE)
    assert shared.license == "CC-BY-4.0 AND CC-BY-SA-4.0"
    assert not allows("research", "CC-BY-SA-4.0", "GPL-2.0-only")


def test_terms_that_are_not_listed_are_named() -> None:
    told = reason("open", "CC-BY-4.0", "our\x1b[31m\nterms")

    assert told == "the table has no entry for the terms of its teacher, our [31m terms"


def test_conditions_are_for_those_who_train() -> None:
    assert conditions(["Llama 3.1", "llama3.3", "OpenAI", "MIT", None, ""], TABLE) == [
        "A model that is trained on rows that Llama wrote, and is passed on, has a name that "
        'begins with "Llama".'
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "()",
        "(" * 10_000,
        "MIT OR " * 2_000 + "MIT",
        "(" * 400 + "MIT" + ")" * 400,
        " AND ".join(["(MIT OR ISC)"] * 60),
        " AND ".join(f"(CC-BY-SA-{n}.0 OR Zlib OR MIT)" for n in (1, 2, 3, 4) * 7),
        "MIT AND\x00",
        "a/b",
        "MIT WITH MIT",
        "NONE",
        "AND",
        "é" * 999,
        "LicenseRef-" + "x" * 980,
    ],
)
def test_a_hostile_expression_is_judged_and_told_on_one_line(expression: str) -> None:
    for of_teacher in (None, expression):
        found = ruling(expression, of_teacher, True, "open", TABLE)

        assert found.reason is None or (len(found.reason) < 300 and found.reason.isprintable())


def rows(n: int, **columns: list[object]) -> pa.Table:
    given = {
        "id": [f"{number:032x}" for number in range(n)],
        "source": [f"file:papers/{number}.xml" for number in range(n)],
        "license": ["CC-BY-4.0"] * n,
        "teacher_license": pa.nulls(n, pa.string()),
        "trainable": [True] * n,
    }
    return pa.table({**given, **columns})


def test_one_row_of_a_thousand_is_named() -> None:
    licenses: list[object] = ["CC-BY-4.0"] * 1_000
    licenses[617] = "CC-BY-NC-4.0"

    found = refused(rows(1_000, license=licenses), "open", TABLE)

    assert found.ids == [f"{617:032x}"]
    assert found.reasons == {"CC-BY-NC-4.0 forbids commercial use": 1}
    assert found.licenses == {"CC-BY-4.0": 999}
    assert found.message == (
        "release open: 1 of 1,000 rows may not be in it: 1 because CC-BY-NC-4.0 forbids commercial "
        f"use (id {617:032x}, file:papers/617.xml). Set them aside with a rule "
        "(screen.examples.keep: {licensed: license_allowed}) and run again, or export with "
        "--release research."
    )


def test_batches_are_counted_as_one_table_is() -> None:
    licenses: list[object] = ["MIT", "CC-BY-ND-4.0", None, "CC-BY-NC-4.0", "LicenseRef-x"] * 200
    terms: list[object] = [None, "OpenAI", "Apache-2.0"] * 333 + [None]
    trainable: list[object] = [True, None, False, True] * 250
    whole = rows(1_000, license=licenses, teacher_license=terms, trainable=trainable)

    for release in RELEASES:
        found = refused(whole, release, TABLE)
        again = refused(iter(whole.to_batches(max_chunksize=7)), release, TABLE)
        one_by_one = [
            not ruling(one, two, three is not False, release, TABLE).allowed  # type: ignore[arg-type]
            for one, two, three in zip(licenses, terms, trainable, strict=True)
        ]
        assert found.ids == whole.filter(pa.array(one_by_one))["id"].to_pylist()
        assert (again.ids, again.reasons, again.message) == (
            found.ids,
            found.reasons,
            found.message,
        )
        assert sum(found.reasons.values()) + sum(found.licenses.values()) == found.n_rows == 1_000


def test_a_message_is_one_line_whatever_rows_hold() -> None:
    sources: list[object] = ["file:a\n[red]\x1b.xml" + "x" * 5_000] * 4
    licenses: list[object] = ["no\nlicence" * 200, "é\x07", "", None]

    found = refused(rows(4, source=sources, license=licenses), "open", TABLE)

    assert found.message is not None
    assert found.message.isprintable()
    assert len(found.message) < 1_000


def test_rows_without_teachers_columns_have_no_terms() -> None:
    bare = pa.table({"id": ["a"], "license": ["MIT"]})

    assert refused(bare, "open", TABLE).message is None


def test_no_rows_are_no_refusal() -> None:
    assert refused(rows(0), "open", TABLE).n_rows == 0
    assert refused([], "open", TABLE).message is None


def test_a_private_release_is_proposed_where_research_would_not_do() -> None:
    found = refused(rows(2, license=["CC-BY-NC-4.0", "CC-BY-ND-4.0"]), "open", TABLE)

    assert found.message is not None
    assert found.message.endswith("or export with --release private.")


def test_nothing_is_proposed_where_no_release_would_do() -> None:
    found = refused(rows(2, trainable=[True, False]), "private", TABLE)

    assert found.message is not None
    assert found.message.endswith("(screen.examples.keep: {trainable: trainable}) and run again.")


def test_a_proposed_rule_sets_aside_what_its_terms_keep_out() -> None:
    from curate.screen.judge import judge
    from schemas.recipe import Rule

    terms: list[object] = [None, "Apache-2.0", "Llama 3.1", "O'Neill's terms"]
    given = rows(4, teacher_license=terms)
    message = refused(given, "open", TABLE).message
    assert message is not None
    found = re.search(r'\(screen\.examples\.keep: \{terms: "(.*)"\}\) and run again', message)
    assert found is not None, message

    kept = judge(given, {"terms": Rule(sql=found[1])})["kept"]

    assert kept.to_pylist() == [True, True, False, False]
    assert refused(given.filter(kept), "open", TABLE).message is None


def test_terms_that_no_rule_can_hold_are_not_put_into_one() -> None:
    message = refused(rows(1, teacher_license=['say "yes"\\']), "open", TABLE).message

    assert message is not None and "{terms: a rule on teacher_license}" in message


def test_what_is_too_long_to_be_a_licence_is_called_so() -> None:
    told = reason("open", "MIT OR " * 200 + "MIT")

    assert told is not None and told.endswith("is longer than 1,000 characters")


def test_a_model_whose_terms_nobody_stated_is_refused_in_public() -> None:
    rows = pa.table(
        {
            "id": ["a", "b"],
            "license": ["MIT", "MIT"],
            "teacher_license": [UNSTATED, None],
            "trainable": [True, True],
        }
    )
    found = refused(rows, "open", TABLE)

    assert found.ids == ["a"]
    assert "nobody has said under what terms its teacher writes" in (found.message or "")
    assert "State output_license of the teacher in the recipe" in (found.message or "")
    assert refused(rows, "private", TABLE).message is None
