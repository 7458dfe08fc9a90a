"""The student finds the answer among documents in an order of their own, or knows it without."""

from collections.abc import Callable
from typing import Any

from curate.synthesize.tasks import catalog
from curate.synthesize.tasks.task import Material
from schemas.rows import Passage

QUOTE = "The iron protein hydrolyses 16 ATP for each N2."
REPLY = {
    "question": "How much ATP does nitrogenase use?",
    "quotes": [QUOTE],
    "reasoning": "Each N2 takes 16 ATP.",
    "answer": "16 ATP for each N2.",
}
Follow = Callable[..., Any]


def materials(passage: Callable[..., Passage], n: int) -> list[Material]:
    others = tuple(
        passage(f"Text {number} on another enzyme.", 1000 + number) for number in range(4)
    )
    return [Material(passage(number=number), others) for number in range(n)]


def test_the_teacher_sees_the_gold_alone(passage: Callable[..., Passage]) -> None:
    task = catalog.get("raft", {}, "x")
    (material,) = materials(passage, 1)

    sent = str(task.messages(material, {}))

    assert task.n_others == 4
    assert QUOTE in sent and "another enzyme" not in sent


def test_documents_are_numbered_in_an_order_of_the_passages_own(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    task = catalog.get("raft", {"without_gold": 0}, "x")
    places = set()
    for material in materials(passage, 40):
        ((draft, (found,)),) = follow(task, REPLY, material)
        asked, answer = (turn.content for turn in draft.messages)
        place = next(n for n in range(1, 6) if f"[{n}] {material.passage.text}" in asked)
        places.add(place)
        assert all(f"[{n}] " in asked for n in range(1, 6))
        assert REPLY["question"] in asked
        assert answer == (
            f'[{place}] says: "{QUOTE}"\nEach N2 takes 16 ATP.\nAnswer: 16 ATP for each N2.'
        )
        assert (draft.family, found.match) == ("with-gold", "exact")
    assert places == {1, 2, 3, 4, 5}


def test_the_gold_is_left_out_in_the_share_that_was_asked_for(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    task = catalog.get("raft", {}, "x")
    found = [follow(task, REPLY, material)[0] for material in materials(passage, 500)]
    without = [one for one in found if one[0].family == "without-gold"]

    assert 70 <= len(without) <= 130  # 100 expected; the standard deviation is 9
    for draft, (evidence,) in without:
        assert QUOTE not in draft.messages[0].content
        assert "[4] " in draft.messages[0].content and "[5] " not in draft.messages[0].content
        assert draft.messages[1].content == "Each N2 takes 16 ATP.\nAnswer: 16 ATP for each N2."
        assert evidence.match == "exact"


def test_the_gold_stays_where_there_is_nothing_else(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    task = catalog.get("raft", {"without_gold": 1}, "x")

    ((draft, _),) = follow(task, REPLY, Material(passage()))

    assert draft.family == "with-gold"


def test_nothing_is_made_of_an_answer_without_grounds(
    passage: Callable[..., Passage], follow: Follow
) -> None:
    task = catalog.get("raft", {}, "x")
    (material,) = materials(passage, 1)

    assert follow(task, {**REPLY, "quotes": [], "reasoning": ""}, material) == []
    assert follow(task, {**REPLY, "question": ""}, material) == []
