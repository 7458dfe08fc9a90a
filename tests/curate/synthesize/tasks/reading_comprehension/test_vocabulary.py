"""Words of a part: typical of it, rare in the others, the same in whatever order texts come."""

import math

import pyarrow as pa
import pytest

from curate.synthesize.tasks.reading_comprehension.vocabulary import MIN_RATIO, domain_words


def passages(**parts: list[str]) -> pa.RecordBatch:
    rows = [{"part": part, "text": text} for part, texts in parts.items() for text in texts]
    return pa.RecordBatch.from_pylist(rows)


CELLS = ["The membrane holds the protein together.", "A membrane surrounds the plain nucleus."] * 4
SHIPS = ["The captain holds the vessel together.", "A sailor mends the plain canvas."] * 4


def test_a_parts_words_are_those_that_other_parts_seldom_hold() -> None:
    words = domain_words([passages(domain=CELLS, sea=SHIPS)])

    assert {part: list(found) for part, found in words.items()} == {
        "domain": ["membrane", "nucleus", "protein", "surrounds"],
        "sea": ["canvas", "captain", "mends", "sailor", "vessel"],
    }


def test_a_weight_is_share_times_smoothed_inverse_frequency_elsewhere() -> None:
    texts = [*["A captain of the membrane."] * 1, *SHIPS]
    words = domain_words([passages(domain=CELLS, sea=texts)])

    assert words["domain"]["membrane"] == pytest.approx(1.0 * math.log((1 + 9) / (1 + 1)))
    assert words["domain"]["protein"] == pytest.approx(0.5 * math.log(1 + 9))
    assert words["sea"]["captain"] == pytest.approx(5 / 9 * math.log(1 + 8))


def test_a_frequent_word_that_everybody_uses_yields_to_a_rare_one_of_the_domain() -> None:
    cells = [f"The outcome differs{' with the ribosome' * (n % 10 == 0)}." for n in range(100)]
    ships = [f"The outcome {'differs' if n < 80 else 'remains'}." for n in range(100)]

    assert list(domain_words([passages(domain=cells, sea=ships)])["domain"]) == ["ribosome"]


@pytest.mark.parametrize(
    ("n_elsewhere", "typical"), [(0, True), (4, True), (9, False), (10, False)]
)
def test_a_word_must_weigh_a_multiple_of_what_it_weighs_elsewhere(
    n_elsewhere: int, typical: bool
) -> None:
    cells = [f"It is so{' for an axon with a cortex' * (n < 10)}." for n in range(100)]
    ships = [f"It is so{' for a cortex' * (n < n_elsewhere)}." for n in range(100)]

    assert MIN_RATIO == 2.0
    assert ("cortex" in domain_words([passages(domain=cells, sea=ships)])["domain"]) is typical


def test_a_single_parts_words_are_neither_rare_nor_everywhere() -> None:
    texts = [f"Every sample is {'crystalline' if n < 4 else 'plain'}." for n in range(200)]
    words = domain_words([passages(domain=[*texts, "The unicorn."])])

    assert list(words["domain"]) == ["crystalline"]


def test_words_depend_neither_on_the_order_nor_on_the_batches_of_texts() -> None:
    whole = passages(domain=CELLS, sea=SHIPS, sky=["The falcon circles above the valley."] * 3)
    pieces = [whole.slice(n, 1) for n in reversed(range(len(whole)))]
    words, again = domain_words([whole]), domain_words(pieces)

    assert words == again
    assert [list(found) for found in words.values()] == [list(found) for found in again.values()]
    assert all(
        list(found.values()) == sorted(found.values(), reverse=True) for found in words.values()
    )


def test_no_texts_have_no_words() -> None:
    assert domain_words([]) == {}
