"""Every column of the web signals, counted by hand, and against a definition in plain Python."""

import re
from collections import Counter
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.screen.kernels import buffers
from curate.screen.signals.web import COLUMNS, web

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
PIECES = ["the", "of", "cats", "sat", "river", " ", " ", " ", ". ", ".\n", "...\n", "\n", "\n\n"]
TEXTS = st.lists(st.sampled_from([*PIECES, "# ", " - ", "\n- ", " 12 ", "! "]), max_size=60)


def measured(*texts: str | bytes | None) -> list[dict[str, Any]]:
    """The columns of each text."""
    kind = pa.binary() if any(isinstance(text, bytes) for text in texts) else pa.string()
    columns = web(*buffers(pa.array(texts, kind)))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]  # type: ignore[call-overload]


def one(text: str | bytes) -> dict[str, Any]:
    return measured(text)[0]


def in_python(text: str) -> dict[str, float]:
    """The columns by their definitions, for words and marks that white space or stops part."""
    words = re.findall(r"[a-z]+|[0-9]+|\.+|[#!-]", text)
    plain = [word for word in words if word[0].isalnum()]
    lines = text.splitlines()
    said: dict[str, float] = {
        "n_lines": len(lines),
        "n_words_and_marks": len(words),
        "n_words_without_marks": len(plain),
        "mean_word_characters": sum(map(len, plain)) / max(len(plain), 1),
        "hashes_per_word": text.count("#") / max(len(words), 1),
        "ellipses_per_word": text.count("...") / max(len(words), 1),
        "bullet_line_share": sum(line.strip()[:1] == "-" for line in lines) / max(len(lines), 1),
        "ellipsis_line_share": sum(line.strip()[-3:] == "..." for line in lines)
        / max(len(lines), 1),
        "lettered_word_share": sum(word.isalpha() for word in words) / max(len(words), 1),
        "n_stop_words": len(STOP_WORDS & set(words)),
        "line_feeds_per_word": text.count("\n") / max(len(words), 1),
    }
    return said | of_pieces(text) | of_runs(words, max(len(text), 1)) | of_c4(lines)


def copies(pieces: list[str]) -> tuple[int, int]:
    again = [piece for number, piece in enumerate(pieces) if piece in pieces[:number]]
    return len(again), sum(map(len, again))


def of_pieces(text: str) -> dict[str, float]:
    lines, paragraphs = re.split(r"\n+", text), re.split(r"\n{2,}", text.strip())
    filled = [line for line in text.split("\n") if line.strip()]
    n, n_filled = max(len(text), 1), max(len(filled), 1)
    return {
        "repeated_line_share": copies(lines)[0] / len(lines),
        "repeated_line_character_share": copies(lines)[1] / n,
        "repeated_paragraph_share": copies(paragraphs)[0] / len(paragraphs),
        "repeated_paragraph_character_share": copies(paragraphs)[1] / n,
        "n_filled_lines": len(filled),
        "ended_line_share": sum(line[-1] in ".!" for line in filled) / n_filled,
        "short_line_share": sum(len(line) <= 30 for line in filled) / n_filled,
        "repeated_filled_character_share": copies(filled)[1] / max(n - text.count("\n"), 1),
    }


def of_runs(words: list[str], n_characters: int) -> dict[str, float]:
    said = {}
    for n in range(2, 11):
        runs = [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]
        if n <= 4:
            run, often = Counter(runs).most_common(1)[0] if runs else ((), 0)
            share = len(" ".join(run)) * often / n_characters
            said[f"top_{n}_words_character_share"] = min(share, 1.0)
            continue
        met, at, repeated = set(), 0, 0
        while at < len(runs):
            again = runs[at] in met
            met.add(runs[at])
            repeated += again * len("".join(runs[at]))
            at += n if again else 1
        said[f"repeated_{n}_words_character_share"] = repeated / n_characters
    return said


def of_c4(lines: list[str]) -> dict[str, float]:
    said = Counter[str]()
    for line in map(str.strip, lines):
        if not line.endswith((".", "!")) or line.endswith("..."):
            said["n_lines_open_ended"] += 1
        elif len(line.split()) < 3:
            said["n_lines_of_few_words"] += 1
        else:
            said["n_lines_kept_by_c4"] += 1
            said["n_sentences_kept_by_c4"] += sentences(line)
    return dict(said)


def sentences(line: str) -> int:
    n, ended = 1, False
    for word in re.findall(r"[a-z]+|[0-9]+|\.+|[#!-]| {2,}", line):
        if ended and (word[0].isalnum() or word[0] == " "):
            n, ended = n + 1, False
        elif word in (".", "!"):
            ended = True
    return n


def test_every_column_of_a_text_counted_by_hand() -> None:
    text = "The cats sat.\n- The cats sat...\n\nIt is #1 of the 3 tests! Be {that}.\n"
    # The cats sat . | - The cats sat ... | It is # 1 of the 3 tests ! Be { that } .
    n = len(text)

    assert one(text) == pytest.approx(
        dict.fromkeys(COLUMNS, 0)
        | {
            "n_lines": 4,
            "n_words_and_marks": 23,
            "n_words_without_marks": 15,
            "mean_word_characters": 42 / 15,
            "hashes_per_word": 1 / 23,
            "ellipses_per_word": 1 / 23,
            "bullet_line_share": 1 / 4,
            "ellipsis_line_share": 1 / 4,
            "lettered_word_share": 13 / 23,
            "n_stop_words": 3,
            "top_2_words_character_share": 2 * len("The cats") / n,
            "top_3_words_character_share": 2 * len("The cats sat") / n,
            "top_4_words_character_share": len("The cats sat .") / n,
            "n_lines_kept_by_c4": 2,
            "n_lines_open_ended": 2,
            "n_sentences_kept_by_c4": 3,
            "has_curly_bracket": True,
            "n_filled_lines": 3,
            "ended_line_share": 1,
            "short_line_share": 2 / 3,
            "line_feeds_per_word": 4 / 23,
        }
    )


@given(TEXTS)
def test_a_text_has_the_values_of_the_definition(pieces: list[str]) -> None:
    text = "".join(pieces)
    if text:
        assert one(text) == pytest.approx(dict.fromkeys(COLUMNS, 0) | in_python(text))


@pytest.mark.parametrize("text", ["", None])
def test_a_text_that_is_not_there_has_nothing(text: str | None) -> None:
    assert measured(text)[0] == dict.fromkeys(COLUMNS, 0)


def test_columns_have_the_types_that_are_told() -> None:
    types = {"bool": np.bool_, "int32": np.int32, "double": np.float64}

    found = {name: column.dtype.type for name, column in web(*buffers(pa.array(["a"]))).items()}

    assert found == {name: types[kind] for name, (kind, _) in COLUMNS.items()}


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("one\rtwo\r\nthree\u2028four\x0bfive", "n_lines", 5),
        ("one\n", "n_lines", 1),
        ("• one\n - two\nthree - four", "bullet_line_share", 2 / 3),
        ("one …\ntwo... \nthree ..", "ellipsis_line_share", 2 / 3),
        ("a …...... b", "ellipses_per_word", 3 / 4),
        ("über δ 12 学", "lettered_word_share", 3 / 4),
        ("the the THE and", "n_stop_words", 2),
        ("one two three four.\u2029", "n_lines_kept_by_c4", 1),
        ("one two 'three'\none two \"three\"\none two three?", "n_lines_kept_by_c4", 3),
        ("one two three.[4]\none two three[edit].\none two three. [5]", "n_lines_kept_by_c4", 2),
        ("one two.[1] Three four.[citation needed]", "n_sentences_kept_by_c4", 2),
        ("one two.\u00a0 three four.", "n_sentences_kept_by_c4", 2),
        ("It was Dr. No, i.e. him.", "n_sentences_kept_by_c4", 1),
        (f"one two {'a' * 1001}.\none two {'a' * 1000}", "n_lines_with_long_word", 1),
        ("Please enable JavaScript now.", "n_lines_of_javascript", 1),
        ("Read our Terms of Use now.\nWe like cookies a lot.", "n_lines_of_policy", 1),
        ("This site uses cookies.\nSee the Cookie Policy here.", "n_lines_of_policy", 2),
        ("This is Lorem Ipsum text.", "has_lorem_ipsum", True),
        ("This is Lorem Ipsum text", "has_lorem_ipsum", False),
        ("A {b} c.", "has_curly_bracket", True),
        ("A {b} c", "has_curly_bracket", False),
        ("A {b} of javascript.", "has_curly_bracket", False),
        ("x\n\nx\n\ny", "repeated_paragraph_share", 1 / 3),
        ("x\n\n\nx\ny", "repeated_paragraph_share", 0),
        ("x\nx\n", "repeated_line_share", 1 / 3),
        ("\nx\n", "repeated_line_share", 1 / 3),
        ("ends。\nends?\nends ", "ended_line_share", 2 / 3),
        ("a" * 30 + "\n" + "b" * 31 + "\n \n", "short_line_share", 1 / 2),
        ("x y\n \nx y\n ", "repeated_filled_character_share", 3 / 8),
    ],
)
def test_a_column_of_a_text_made_for_it(text: str, column: str, value: float) -> None:
    assert one(text)[column] == pytest.approx(value)


@given(TEXTS, st.integers(2, 4))
def test_a_line_said_again_raises_the_share_of_repeated_lines(pieces: list[str], n: int) -> None:
    text = "".join(pieces) + "\nA line of its own."

    before, after = measured(text, text + "\nA line of its own." * n)

    for column in ("repeated_line_share", "repeated_line_character_share"):
        assert after[column] > before[column]


@given(st.lists(st.text(max_size=80), min_size=1, max_size=8), st.randoms())
def test_a_row_has_its_values_wherever_it_stands(texts: list[str], chance: Random) -> None:
    order = list(range(len(texts)))
    chance.shuffle(order)

    together = measured(*[texts[number] for number in order])

    assert together == [one(texts[number]) for number in order]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Row {n} says that it is row {n}. " * (n % 7) for n in range(2000)]
    alone = measured(*texts)

    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", threads)

    assert measured(*texts) == alone


def test_a_slice_of_rows_is_read_from_its_beginning() -> None:
    texts = pa.array(["one two.", "three four five!", None, "six"])

    part = web(*buffers(texts.slice(1, 2)))

    assert part["n_words_and_marks"].tolist() == [4, 0]
