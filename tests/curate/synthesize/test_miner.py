"""The miner's laws: exact evidence, no answer in its question, nothing drawn, clean text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.segment import segment
from curate.synthesize.miner import MAX_REPEATS, domain_words, is_told, mine, normalised, synthesize
from curate.synthesize.tasks.reading_comprehension import FAMILIES, TASK
from curate.synthesize.tasks.reading_comprehension.phrasings import read
from schemas.ids import identity
from schemas.recipe import Miner, Segment
from schemas.rows import DOCUMENTS, EXAMPLES, PASSAGES, Document, Example, Passage

PHRASINGS = read()
WORDS = frozenset(["enzyme", "membrane", "protein", "gradient", "solvent", "lattice"])
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
    examples = [one for some in synthesize(lambda: cut, Miner(kind="miner")) for one in some]
    answers = [one.messages[1].content for one in examples]

    assert 0 < sum("experimental feature" in answer for answer in answers) <= MAX_REPEATS


def test_passages_are_mined_alike_however_they_are_batched() -> None:
    cut = pa.Table.from_batches(segment([documents(*FACTS)], Segment()))

    def ids(batches: list[pa.RecordBatch]) -> list[str]:
        mined = synthesize(lambda: batches, Miner(kind="miner"))
        return [example.id for some in mined for example in some]

    assert ids(cut.to_batches()) == ids(cut.to_batches(max_chunksize=3)) != []


def test_a_parts_words_are_those_that_other_parts_seldom_hold() -> None:
    cells = ["The membrane holds the protein together."] * 4
    ships = ["The captain holds the vessel together."] * 4
    cut = [
        *segment([documents(*cells)], Segment()),
        *segment([documents(*ships, part="sea")], Segment()),
    ]

    assert domain_words(cut) == {
        "domain": frozenset({"membrane", "protein"}),
        "sea": frozenset({"captain", "vessel"}),
    }


def test_a_single_parts_words_are_neither_rare_nor_everywhere() -> None:
    texts = [f"Every sample is {'crystalline' if n < 4 else 'plain'}." for n in range(200)]
    cut = list(segment([documents(*texts, "The unicorn.")], Segment()))

    assert domain_words(cut) == {"domain": frozenset({"crystalline"})}


def test_no_passages_give_no_examples() -> None:
    assert [one for some in synthesize(lambda: iter(()), Miner(kind="miner")) for one in some] == []
