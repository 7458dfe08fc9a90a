"""On real papers: answers pass with their own source, and with another's they do not."""

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from curate.screen.measures import grounding
from tests.curate.synthesize.test_gold import CASES, drafts, quoted

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

Columns = dict[str, Any]


def measured(
    questions: Sequence[str],
    answers: Sequence[str],
    contexts: Sequence[str],
    evidence: Sequence[Sequence[str]] | None = None,
) -> Columns:
    rows = {"question": questions, "answer": answers, "context": contexts}
    batch = pa.RecordBatch.from_pydict(rows if evidence is None else rows | {"evidence": evidence})
    found = grounding.measure_with_documents(lambda: iter([batch]), None, grounding.Params())
    table = pa.Table.from_batches(list(found))
    return {name: table[name].to_numpy() for name in table.column_names}


def passes(found: Columns) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(found["answer_supported"] & found["numbers_supported"])


def others(places: Sequence[int], n: int, seed: int) -> list[int]:
    """For each place another one below n."""
    draw = random.Random(seed)
    return [draw.choice([other for other in range(n) if other != place]) for place in places]


@pytest.fixture(scope="module")
def covid(shared_data: Path) -> tuple[list[int], list[str], list[str], list[str]]:
    """Paper, question and answer of each triple, and the papers."""
    path = shared_data / "science" / "covid_qa" / "200423_covidQA.json"
    papers = [one["paragraphs"][0] for one in json.loads(path.read_text())["data"]]
    rows = [
        (number, asked["question"], answer["text"])
        for number, paper in enumerate(papers)
        for asked in paper["qas"]
        for answer in asked["answers"]
    ]
    of, questions, answers = (list(column) for column in zip(*rows, strict=True))
    return of, questions, answers, [paper["context"] for paper in papers]


@pytest.fixture(scope="module")
def pubmed(shared_data: Path) -> tuple[list[str], list[str], list[str]]:
    path = shared_data / "science" / "pubmedqa" / "pqal_train500.json"
    rows = list(json.loads(path.read_text()).values())
    contexts = ["\n".join(row["CONTEXTS"]) for row in rows]
    return [row["QUESTION"] for row in rows], [row["LONG_ANSWER"] for row in rows], contexts


@pytest.mark.parametrize("half", [0, 1])
def test_answers_pass_with_their_own_paper(
    covid: tuple[list[int], list[str], list[str], list[str]], half: int
) -> None:
    of, questions, answers, papers = covid
    found = passes(measured(questions, answers, [papers[one] for one in of]))
    long = np.array([len(answer.split()) >= 4 for answer in answers])

    assert found[long & (np.array(of) % 2 == half)].mean() >= 0.97


def test_answers_fail_with_another_paper(
    covid: tuple[list[int], list[str], list[str], list[str]],
) -> None:
    of, questions, answers, papers = covid
    long = np.array([len(answer.split()) >= 4 for answer in answers])
    failed = [
        ~passes(measured(questions, answers, [papers[one] for one in others(of, len(papers), s)]))
        for s in range(3)
    ]

    assert np.mean([one[long].mean() for one in failed]) >= 0.99


def test_conclusions_fail_with_another_abstract(
    pubmed: tuple[list[str], list[str], list[str]],
) -> None:
    questions, answers, contexts = pubmed
    elsewhere = [contexts[one] for one in others(range(len(contexts)), len(contexts), 3)]

    assert (~passes(measured(questions, answers, elsewhere))).mean() >= 0.99
    assert passes(measured(questions, answers, contexts)).mean() >= 0.75


NUMBER = re.compile(r"\d+(?:\.\d+)?")


def altered(answers: Sequence[str], sources: Sequence[str]) -> list[tuple[str, str]]:
    """(answer with one digit changed, source), where the source has the new number nowhere."""
    found = []
    for answer, source in zip(answers, sources, strict=True):
        joined = re.sub(r"(?<=\d)[,\s](?=\d)", "", source)
        there = {float(one) for one in NUMBER.findall(source)}
        for number in NUMBER.finditer(answer):
            for place in range(*number.span()):
                if not answer[place].isdigit():
                    continue
                digit = str((int(answer[place]) + 1 + place % 8) % 10)
                changed = answer[:place] + digit + answer[place + 1 :]
                new = changed[slice(*number.span())]
                if float(new) not in there and new not in source + joined:
                    found.append((changed, source))
    return found


def test_every_number_with_a_digit_changed_is_caught(
    covid: tuple[list[int], list[str], list[str], list[str]],
    pubmed: tuple[list[str], list[str], list[str]],
) -> None:
    of, _, answers, papers = covid
    rows = altered(answers, [papers[one] for one in of]) + altered(*pubmed[1:])
    found = measured([""] * len(rows), *zip(*rows, strict=True))
    missed = [row[0] for row, good in zip(rows, found["numbers_supported"], strict=True) if good]

    assert len(rows) > 1_000
    assert missed == []


def test_labelled_pairs_are_told_apart() -> None:
    rows = [
        (label, draft.messages[0].content, draft.messages[1].content, case.passage, quotes)
        for case in CASES
        for (label, _), draft, quotes in zip(
            case.labels,
            drafts(case.name, case.passage, case.reply),
            [[one.quote for one in row] for row in quoted(case.name, case.passage, case.reply)],
            strict=True,
        )
    ]
    labels, *columns = zip(*rows, strict=True)
    found = measured(*columns)
    named = np.array(labels)

    assert (~found["numbers_supported"][named == "wrong_number"]).mean() >= 0.85
    assert found["question_dangling"][named == "dangling"].all()
    sound = named == "sound"
    assert found["numbers_supported"][sound].mean() >= 0.98
    assert found["answer_supported"][sound].mean() >= 0.95
    assert not found["question_dangling"][sound].any()
    assert found["evidence_verified"][sound].all()
