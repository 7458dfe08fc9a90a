"""What is asked follows from the passages alone: order, number, and further passages."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from curate.synthesize.requests import CORRECTION, POOL, Request, Source, problems
from schemas.rows import DOCUMENTS, Passage
from schemas.teachers import OpenAI
from tests.curate.synthesize.teachers.asking import a_source, a_teacher, asked, opener, passage

TEACHER = a_teacher("http://127.0.0.1:9/v1")
OTHER = a_teacher("http://127.0.0.1:9/v1", name="other")


def requests(n: int | list[Passage], *tasks: str | dict[str, Any], **more: Any) -> list[Request]:  # noqa: ANN401
    return list(a_source(n, TEACHER, tasks=tasks, **more).requests())


def places(found: list[Request]) -> list[tuple[str, str, str, int, str]]:
    """Passage, task, variant, sample and teacher of requests."""
    return [
        (
            one.material.passage.id,
            one.task.name,
            one.variant,
            one.sample,
            one.teacher.label,
        )
        for one in found
    ]


def test_the_order_is_passage_task_variant_sample_teacher() -> None:
    passages = [passage(number) for number in range(3)]
    tasks: list[dict[str, Any]] = [
        {"task": "rewrite", "samples": 2},
        {"task": "grounded-qa", "samples": 2},
    ]
    found = list(a_source(passages, TEACHER, OTHER, tasks=tasks).requests())
    variants = list(dict.fromkeys(one.variant for one in found if one.task.name == "rewrite"))

    assert len(variants) > 1
    assert places(found) == [
        (one.id, task, variant, sample, teacher)
        for one in passages
        for task, said in (("rewrite", variants), ("grounded-qa", [""]))
        for variant in said
        for sample in (0, 1)
        for teacher in ("m", "other")
    ]


def test_every_request_has_a_key_of_its_own() -> None:
    found = requests(20, {"task": "rewrite", "samples": 2}, "grounded-qa", "summary")

    assert len({one.key for one in found}) == len(found)


def test_a_second_reading_asks_the_same() -> None:
    source = a_source(10, TEACHER, tasks=["raft", "grounded-qa"])

    assert [one.key for one in source.requests()] == [one.key for one in source.requests()]


def test_requests_of_one_teacher_are_those_of_all_that_are_its_own() -> None:
    source = a_source(10, TEACHER, OTHER, tasks=["raft", "grounded-qa"])
    whole = [one.key for one in source.requests() if one.teacher is OTHER]

    assert [one.key for one in source.requests("other")] == whole
    assert list(source.requests("nobody")) == []


def test_the_size_of_batches_of_passages_changes_nothing() -> None:
    passages = [passage(number) for number in range(60)]
    whole = Source(opener(passages), None, asked("raft"), [TEACHER])
    table = pa.Table.from_batches(opener(passages)())
    small = Source(lambda: table.to_batches(max_chunksize=1), None, asked("raft"), [TEACHER])

    assert [one.key for one in whole.requests()] == [one.key for one in small.requests()]


def test_a_task_bound_to_parts_asks_about_those_alone() -> None:
    passages = [passage(n, part=part) for n, part in enumerate(["domain", "general"] * 3)]
    found = requests(passages, {"task": "summary", "parts": ["general"]}, "grounded-qa")

    assert Counter((one.task.name, one.material.passage.part) for one in found) == {
        ("summary", "general"): 3,
        ("grounded-qa", "general"): 3,
        ("grounded-qa", "domain"): 3,
    }


def test_a_request_names_itself_for_failures() -> None:
    first, second, *_ = requests(1, {"task": "rewrite", "samples": 2})
    place = first.material.passage.id

    assert first.what == f"m rewrite/{first.variant} {place}"
    assert second.what == f"m rewrite/{first.variant} {place} sample 1"


def test_a_correction_is_a_request_of_its_own() -> None:
    (request,) = requests(1)
    corrected = request.corrected("half of \ud83d", "it is \ud83d bad")

    assert (corrected.sample, corrected.key != request.key) == (CORRECTION, True)
    assert corrected.messages[:-2] == request.messages
    assert corrected.messages[-2]["content"] == "half of \ud83d"
    assert "it is \ufffd bad" in corrected.messages[-1]["content"]
    assert request.corrected("other", "it is bad").key != corrected.key


def test_a_correction_of_nothing_still_has_a_turn() -> None:
    (request,) = requests(1)

    assert request.corrected("", "it is empty").messages[-2]["content"] == "(nothing)"


def library(n: int, **changed: Any) -> list[Passage]:  # noqa: ANN401
    """Passages, three of each document."""
    return [passage(number, document=f"{number // 3:032x}", **changed) for number in range(n)]


def others(passages: list[Passage], **more: Any) -> dict[str, tuple[str, ...]]:  # noqa: ANN401
    """Passage -> the further passages of its request."""
    return {
        one.material.passage.id: tuple(other.id for other in one.material.others)
        for one in requests(passages, "raft", **more)
    }


def test_further_passages_are_of_other_documents_and_no_two_the_same() -> None:
    found = requests(library(60), "raft")

    assert len(found) == 60
    for one in found:
        gold, given = one.material.passage, one.material.others
        assert len(given) == 4
        assert gold.document_id not in {other.document_id for other in given}
        assert len({other.id for other in given}) == 4


def test_further_passages_are_of_the_same_part_split_and_licence() -> None:
    kinds = [
        ("domain", "train", "MIT"), ("general", "train", "MIT"), ("domain", "test", "MIT"),
        ("domain", "train", "CC-BY-4.0"), ("domain", "train", None),
    ]  # fmt: skip
    passages = [
        passage(number, part=part, split=split, license=license_)
        for number, (part, split, license_) in enumerate(kinds * 12)
    ]
    found = requests(passages, "raft")

    assert len(found) == 60
    for one in found:
        gold = one.material.passage
        for other in one.material.others:
            assert (other.part, other.split, other.license) == (
                gold.part, gold.split, gold.license,
            )  # fmt: skip


def test_a_new_paper_changes_few_choices() -> None:
    before, after = others(library(120)), others(library(123))
    same = sum(after[place] == given for place, given in before.items())

    assert same >= 0.8 * len(before)  # 3 of 123 are new; each of 4 places changes at 2.4 %


def test_the_order_of_passages_changes_no_choice() -> None:
    assert others(library(90)) == others(library(90)[::-1])


def test_choices_differ_between_passages() -> None:
    assert len(set(others(library(90)).values())) > 85


def test_further_passages_may_come_from_elsewhere() -> None:
    pool = [passage(number) for number in range(1_000, 1_020)]
    found = others([passage(1), passage(2)], pool=opener(pool))

    assert {one for given in found.values() for one in given} <= {one.id for one in pool}
    assert all(len(given) == 4 for given in found.values())


def test_a_large_pool_is_cut_to_the_same_passages_in_any_order() -> None:
    pool = [passage(number, text=f"Number {number}.") for number in range(5 * POOL)]
    gold = [passage(10_000 + number) for number in range(30)]
    found = others(gold, pool=opener(pool))
    lowest = {one.id for one in sorted(pool, key=lambda one: one.id)[:POOL]}

    assert found == others(gold, pool=opener(pool[::-1]))
    assert {one for given in found.values() for one in given} <= lowest


def test_too_few_further_passages_are_counted_and_nothing_is_asked() -> None:
    passages = [passage(number) for number in range(3)]
    source = a_source(passages, TEACHER, tasks=["raft", "grounded-qa"])

    assert [one.task.name for one in source.requests()] == ["grounded-qa"] * 3
    assert source.skipped == {"raft: too few passages of other documents": 3}


def test_what_is_skipped_is_counted_once_however_often_it_is_read() -> None:
    source = a_source(3, TEACHER, OTHER, tasks=["raft"])
    for _ in range(2):
        list(source.requests())
        list(source.requests("m"))

    assert source.skipped == {"raft: too few passages of other documents": 3}


def document(number: int, turns: list[tuple[str, str]], **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    text, sections = "", []
    for role, content in turns:
        start = len(text)
        text += content
        sections.append({"heading": role, "level": 1, "start": start, "end": len(text)})
        text += "\n\n"
    given = {
        "id": f"{number:032x}", "part": "domain", "split": "train", "source": f"file:{number}",
        "form": "alpaca", "kind": "instructions", "title": None, "text": text,
        "sections": sections, "blocks": [], "license": "MIT", "domain": "mathematics",
        "authors": [], "references": [], "metadata": "{}",
    }  # fmt: skip
    return {**given, **changed}


KNOWN: dict[str, Any] = {"task": "reasoning", "read_from": "instructions"}
SOLVED = [("user", "What is 2 + 3?"), ("assistant", "It is 5.")]


def batch(*rows: dict[str, Any]) -> list[pa.RecordBatch]:
    batches: list[pa.RecordBatch] = pa.Table.from_pylist(list(rows), schema=DOCUMENTS).to_batches()
    return batches


def test_a_ready_made_problem_is_a_question_and_its_answer() -> None:
    (material,) = filter(None, problems(batch(document(1, SOLVED))))

    assert (material.problem, material.known) == ("What is 2 + 3?", "It is 5.")
    assert (material.passage.id, material.passage.document_id) == ("", f"{1:032x}")
    assert (material.passage.license, material.passage.domain) == ("MIT", "mathematics")


def test_a_system_turn_before_a_problem_is_none_of_it() -> None:
    (material,) = filter(None, problems(batch(document(1, [("system", "Be brief."), *SOLVED]))))

    assert material.problem == "What is 2 + 3?"


@pytest.mark.parametrize(
    "row",
    [
        document(1, SOLVED, kind="research"),
        document(1, SOLVED[:1]),
        document(1, SOLVED[1:]),
        document(1, [*SOLVED, *SOLVED]),
        document(1, SOLVED[::-1]),
    ],
)
def test_what_is_not_one_question_and_one_answer_is_no_problem(row: dict[str, Any]) -> None:
    assert not any(problems(batch(row)))


def test_instructions_of_another_form_are_counted_as_skipped() -> None:
    rows = [document(1, SOLVED), document(2, [*SOLVED, *SOLVED])]
    source = Source(opener([]), lambda: batch(*rows), asked(KNOWN), [TEACHER])

    assert len(list(source.requests())) == 1
    assert source.skipped == {"reasoning: not one question and its answer": 1}


def of_problems(n: int, teacher: OpenAI = TEACHER) -> Source:
    rows = [document(n, [("user", f"What is {n} + 3?"), ("assistant", f"{n + 3}")]) for n in
            range(n)]  # fmt: skip
    tasks = asked({**KNOWN, "samples": 2}, "grounded-qa")
    return Source(opener([passage(1)]), lambda: batch(*rows), tasks, [teacher])


def test_problems_are_asked_after_passages_by_the_tasks_that_read_them() -> None:
    found = list(of_problems(3).requests())

    assert [(one.task.name, one.sample) for one in found] == [
        ("grounded-qa", 0), *[("reasoning", sample) for _ in range(3) for sample in (0, 1)],
    ]  # fmt: skip
    assert "What is 2 + 3?" in found[-1].messages[-1]["content"]
    assert found[-1].what == f"m reasoning {2:032x} sample 1"


def test_problems_are_not_asked_without_documents() -> None:
    source = Source(opener([passage(1)]), None, asked(KNOWN), [TEACHER])

    assert list(source.requests()) == []
