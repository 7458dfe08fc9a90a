"""The miner's laws: exact evidence, no answer in its question, nothing drawn, no family floods."""

import dataclasses
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.segment import segment
from curate.synthesize.miner import MAX_REPEATS, domain_words, is_told, mine, normalised, synthesize
from curate.synthesize.tasks.reading_comprehension import FAMILIES, TASK
from curate.synthesize.tasks.reading_comprehension.phrasings import read
from curate.synthesize.tasks.reading_comprehension.selection import FEWEST, FLOODING, REPEATED
from schemas.ids import identity
from schemas.recipe import Segment
from schemas.rows import DOCUMENTS, EXAMPLES, PASSAGES, Document, Example, Passage
from schemas.teachers import Miner

PHRASINGS = read()
WORDS = dict.fromkeys(["enzyme", "membrane", "protein", "gradient", "solvent", "lattice"], 1.0)
FACTS = [
    "A lattice is an arrangement of points that repeats itself in every direction.",
    "The enzyme was inactive because the solvent had no free protons at all.",
    "However, the protein keeps its gradient across the whole membrane.",
    "Therefore, the membrane of the cell stays closed for the solvent.",
    "If the gradient of the membrane is small, the enzyme takes another path.",
    "This enzyme leads to a protein with a broken lattice.",
    "x = f(1)",
    "See Fig. 3 for the solvent and [4] for more of the protein.",
    ">>> print(lattice)",
    "alpha : float\n    The gradient of the membrane, in volts.",
]
TEXTS = st.lists(
    st.tuples(st.sampled_from(FACTS), st.sampled_from([" ", "\n", "\n\n"])), max_size=12
).map(lambda pairs: "".join(fact + space for fact, space in pairs).strip())


def passage(text: str, title: str | None = "Cells", section: str | None = None) -> Passage:
    return Passage(
        id=identity(text), document_id="d", part="domain", split="train",
        section=[section] if section else [], start=100, end=100 + len(text), text=text,
        n_words=len(text.split()), title=title, source="s", license="MIT", domain="biology",
    )  # fmt: skip


def documents(*texts: str, part: str = "domain") -> pa.RecordBatch:
    held = [
        {**Document(source=f"{part}:{n}", form="text", text=text, title=f"t{n}").row(),
         "part": part, "split": "train"}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(held, schema=DOCUMENTS)


def assert_lawful(example: Example, text: str, start: int) -> None:
    question, answer = (message.content for message in example.messages)
    (evidence,) = example.evidence
    assert evidence.quote == text[evidence.start - start : evidence.end - start]
    assert normalised(answer) == normalised(evidence.quote)
    assert not is_told(answer, question)
    assert len(answer.split()) >= 3
    assert answer == " ".join(answer.split())
    assert ">>>" not in question + answer
    assert example.task.partition("/")[0] == TASK
    assert example.context == text


@settings(deadline=None)
@given(TEXTS, st.sampled_from([None, "Cells", "cell.membrane"]), st.integers(1, 3))
def test_every_example_quotes_its_passage_and_hides_its_answer(
    text: str, title: str | None, per_family: int
) -> None:
    held = passage(text, title)
    examples = mine(held, WORDS, per_family, PHRASINGS)

    for example in examples:
        assert_lawful(example, text, held.start)
        assert "{" not in example.messages[0].content
    tasks = [example.task for example in examples]
    assert all(tasks.count(f"{TASK}/{family}") <= per_family for family in FAMILIES)
    assert len({example.evidence[0].end for example in examples}) == len(examples)
    assert examples == mine(held, WORDS, per_family, PHRASINGS)


def test_every_family_finds_something_in_suitable_prose() -> None:
    text = (
        "Open the gate of a cell.\n\n"
        "The membrane of a cell keeps the solvent outside while it lets some protein pass. "
        "A lattice is an arrangement of points that repeats itself in every direction. "
        "The enzyme was inactive because the solvent had no free protons. "
        "Therefore, the gate of the cell stays closed for most of the time.\n\n"
        "Every enzyme needs a solvent, a protein and a gradient across the membrane. "
        "Cold water slows the reaction down by a factor of about two."
    )
    tasks = {example.task for example in mine(passage(text, "cell.gate"), WORDS, 2, PHRASINGS)}

    assert tasks == {f"{TASK}/{family}" for family in FAMILIES} - {f"{TASK}/summary"}
    held = Passage(
        **{**{n: getattr(passage(text, "cell.gate"), n) for n in PASSAGES.names}, "start": 0}
    )
    assert f"{TASK}/summary" in {example.task for example in mine(held, WORDS, 2, PHRASINGS)}


@pytest.mark.parametrize(
    "section", ["References", "See Also", "Acknowledgements", "Funding", "7. References"]
)
def test_sections_without_facts_give_nothing(section: str) -> None:
    assert mine(passage(" ".join(FACTS[:5]), section=section), WORDS, 2, PHRASINGS) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        ">>> f(1)\n2\n>>> g(2)\n3",
        "x = 1\ny = 2\nreturn x + y",
        "a | b | c\n1 | 2 | 3",
        "See e.g. Fig. 3, cf. Eq. 4 vs. Ref. 5 in Sec. 6 of the work by Dr. J. Moreau et al.",
        "and this begins in the middle of a sentence that has no beginning.",
    ],
)
def test_code_tables_and_fragments_give_nothing(text: str) -> None:
    assert mine(passage(text), WORDS, 2, PHRASINGS) == []


def test_an_answer_that_the_question_tells_is_dropped() -> None:
    assert is_told("The gate is  open.", "Is it so? THE GATE, is open!")
    text = "The gate stays open because the gate stays open. The gate stays open."

    for example in mine(passage(text), WORDS, 2, PHRASINGS):
        assert not is_told(example.messages[1].content, example.messages[0].content)


def test_a_sentence_that_is_said_twice_gives_no_example_twice() -> None:
    said = (
        "The membrane of the bacterium was thick and rigid. Therefore the dye did not enter the "
        "cytoplasm of the cells. "
    )
    for number in range(40):  # how a question is asked depends on the passage's id
        text = dataclasses.replace(passage(said * 3), id=str(number))
        ids = [one.id for one in mine(text, {}, 8, read())]
        assert ids
        assert len(ids) == len(set(ids))


def test_a_passage_hands_its_origin_to_its_examples() -> None:
    example = mine(passage(FACTS[0]), WORDS, 1, PHRASINGS)[0]

    assert (example.part, example.split, example.license, example.domain, example.source) == (
        "domain", "train", "MIT", "biology", "s",
    )  # fmt: skip
    assert (example.document_id, example.passage_id) == ("d", identity(FACTS[0]))
    assert (example.teacher, example.call_ids) == ("miner", [])


def test_real_documentation_gives_lawful_examples_that_fit_the_schema() -> None:
    texts = [
        str(value.__doc__)
        for value in (np.linalg.svd, np.linalg.lstsq, np.mean, np.interp, np.histogram, np.einsum)
    ]
    batch = documents(*texts)
    cut = list(segment([batch], Segment(max_words=220)))
    examples = [one for some in synthesize(lambda: cut, Miner(kind="miner")) for one in some]
    by_document = dict(zip(batch["id"].to_pylist(), texts, strict=True))

    assert len(examples) > 20
    assert pa.Table.from_pylist([one.row() for one in examples], schema=EXAMPLES).num_rows
    for example in examples:
        (evidence,) = example.evidence
        text = by_document[example.document_id]
        assert evidence.quote == text[evidence.start : evidence.end]


def test_boilerplate_is_answered_a_few_times_only() -> None:
    note = "Every `g%d` accepts arrays of several libraries, which is an experimental feature. "
    batch = documents(*(note % n + f"It is document number {n} of this corpus." for n in range(20)))
    cut = list(segment([batch], Segment()))
    told: dict[str, int] = {}
    answers = [one.messages[1].content for one in mined(cut, None, told)]

    assert sum("experimental feature" in answer for answer in answers) == MAX_REPEATS
    assert told[REPEATED] >= 20 - MAX_REPEATS


def test_passages_are_mined_alike_however_they_are_batched() -> None:
    cut = pa.Table.from_batches(segment([documents(*FACTS)], Segment()))

    def ids(batches: list[pa.RecordBatch]) -> list[str]:
        mined = synthesize(lambda: batches, Miner(kind="miner"))
        return [example.id for some in mined for example in some]

    assert ids(cut.to_batches()) == ids(cut.to_batches(max_chunksize=3)) != []


def flood(n_definitions: int, n_others: int) -> list[pa.RecordBatch]:
    """Passages with more definitions than causes, conclusions and the like."""
    kinds = [
        f"substance{'abcdefghijklmnopqrstuvwxyz'[n // 26]}{chr(97 + n % 26)}" for n in range(600)
    ]
    definitions = [
        f"A {kind} is an arrangement of points that the {kind[::-1]} repeats in every direction."
        for kind in kinds[:n_definitions]
    ]
    others = [
        f"The {kind} was inactive because the {kind[::-1]} had no free protons at all. "
        f"Therefore, the {kind} of the cell stays closed for the {kind[::-1]}. "
        f"Cold {kind} slows the {kind[::-1]} down, while warm {kind} has no effect on its pace."
        for kind in kinds[-n_others:]
    ]
    return list(segment([documents(*definitions, *others)], Segment()))


def mined(
    cut: list[pa.RecordBatch], balance: float | None, told: dict[str, int] | None = None
) -> list[Example]:
    note = {} if told is None else told
    teacher = Miner(kind="miner", balance=balance)
    return [one for some in synthesize(lambda: cut, teacher, note.__setitem__) for one in some]


def by_family(examples: list[Example]) -> Counter[str]:
    return Counter(one.task.rpartition("/")[2] for one in examples)


def test_no_family_floods_its_part_and_what_is_left_out_is_told() -> None:
    cut = flood(300, 20)
    everything, told = mined(cut, None), dict[str, int]()
    balanced = mined(cut, 2.0, told)
    before, after = by_family(everything), by_family(balanced)
    limit = max(2.0 * np.median(list(before.values())), FEWEST)

    assert max(before.values()) > limit
    assert after == Counter({family: min(count, int(limit)) for family, count in before.items()})
    assert told == {FLOODING: len(everything) - len(balanced)}
    assert set(map(repr, balanced)) < set(map(repr, everything))


def test_nothing_floods_a_small_corpus() -> None:
    cut = flood(FEWEST // 2, 5)

    assert mined(cut, 1.0) == mined(cut, None)


def test_what_is_left_out_lies_evenly_over_the_corpus() -> None:
    kept = mined(flood(300, 20), 2.0)
    places = [int(str(one.source).rpartition(":")[2]) for one in kept if "definition" in one.task]

    assert 100 < np.mean(places) < 200
    assert np.std(places) > 60


def test_a_part_is_balanced_by_itself() -> None:
    cut = flood(300, 20)
    other = list(segment([documents(*FACTS, part="sea")], Segment()))
    alone = {one.id for one in mined(cut, 2.0) if "word-to-text" not in one.task}
    beside = {one.id for one in mined([*cut, *other], 2.0) if one.part == "domain"}

    assert alone <= beside


def test_which_examples_are_kept_depends_neither_on_order_nor_on_batches() -> None:
    table = pa.Table.from_batches(flood(300, 20))
    backwards = table.take(pa.array(range(len(table) - 1, -1, -1)))
    ids = {one.id for one in mined(table.to_batches(), 2.0)}

    assert ids == {one.id for one in mined(backwards.to_batches(max_chunksize=7), 2.0)}


def test_a_paper_more_changes_few_of_the_others_examples() -> None:
    before = {one.id for one in mined(flood(300, 20), 2.0)}
    after = {one.id for one in mined(flood(299, 21), 2.0)}

    assert len(before - after) < 0.05 * len(before)


def test_waiting_for_the_balance_changes_no_example() -> None:
    cut = flood(30, 20)
    words = domain_words(cut)["domain"]
    rows = pa.Table.from_batches(cut).to_pylist()
    direct = [one for row in rows for one in mine(Passage(**row), words, 2, PHRASINGS)]

    assert mined(cut, None) == direct != []


def test_no_passages_give_no_examples() -> None:
    assert [one for some in synthesize(lambda: iter(()), Miner(kind="miner")) for one in some] == []
