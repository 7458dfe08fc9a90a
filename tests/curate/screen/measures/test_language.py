"""A text's language is told where it has enough letters, and is a language."""

import time
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from curate.screen.language_model import NO_LANGUAGE, VARIETIES
from curate.screen.measures.language import COLUMNS, Params, measure
from schemas.errors import RecipeError

SENTENCES = {
    "en": "The residue of the membrane was heated until no water was left in it.",
    "de": "Die Probe wurde erhitzt, bis kein Wasser mehr darin enthalten war.",
    "fr": "L'échantillon a été chauffé jusqu'à ce qu'il ne contienne plus d'eau.",
    "es": "La muestra se calentó hasta que no quedó nada de agua en ella.",
    "ru": "Образец нагревали до тех пор, пока в нём не осталось воды.",
    "zh": "将样品加热，直到其中不再含有水分为止。",
    "ja": "水がなくなるまで試料を加熱しました。",
    "ar": "تم تسخين العينة حتى لم يبق فيها أي ماء على الإطلاق.",
    "hi": "नमूने को तब तक गर्म किया गया जब तक उसमें पानी नहीं बचा।",
}
LANGUAGES = "ar de en es fr hi it ja ko la nl pl pt ru tr zh".split()
WITHOUT_SPACES = ("ja", "zh")


def found(texts: list[str | None], params: Params | None = None) -> list[str | None]:
    batch = pa.record_batch({"text": pa.array(texts, pa.string())})
    languages: list[str | None] = measure(batch, params or Params())["language_found"].to_pylist()
    return languages


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert found([SENTENCES[language]]) == [language]


@pytest.mark.parametrize("language", SENTENCES)
def test_capitals_and_decomposed_letters_change_nothing(language: str) -> None:
    sentence = SENTENCES[language]

    assert found([sentence.upper(), unicodedata.normalize("NFD", sentence)]) == [language] * 2


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "ok",
        "Fig. 3 (a)",
        "| 12.3 | 0.91 | 44 |\n" * 20,
        "\\frac{a_1}{b^2} = \\sum_{i=0}^{n} x_i^2",
        "\0\u200b\u202e" * 50,
    ],
)
def test_what_is_no_language_has_none(text: str | None) -> None:
    batch = measure(pa.record_batch({"text": pa.array([text], pa.string())}), Params())

    assert batch.to_pylist() == [{"language_found": None, "language_confidence": None}]


def test_more_letters_can_be_asked_for() -> None:
    n_letters = sum(character.isalpha() for character in SENTENCES["en"])

    assert found([SENTENCES["en"]], Params(min_letters=n_letters + 1)) == [None]
    assert found([SENTENCES["en"]], Params(min_letters=n_letters)) == ["en"]


def test_a_letter_counts_as_often_as_it_has_bytes() -> None:
    n_letters = sum(character.isalpha() for character in SENTENCES["zh"])

    assert found([SENTENCES["zh"]], Params(min_letters=3 * n_letters)) == ["zh"]
    assert found([SENTENCES["zh"]], Params(min_letters=3 * n_letters + 1)) == [None]


def test_only_languages_that_are_named_are_told() -> None:
    assert found([SENTENCES["es"]], Params(languages=("it", "pt")))[0] in ("it", "pt", None)


def test_a_language_that_is_not_known_is_named() -> None:
    with pytest.raises(RecipeError, match="xx is not known; known are ace, af"):
        found([SENTENCES["en"]], Params(languages=("en", "xx")))


def test_only_the_beginning_is_read() -> None:
    text = SENTENCES["en"] * 3 + SENTENCES["ru"] * 100

    assert found([text], Params(max_characters=200)) == ["en"]


def test_confidence_lies_between_nothing_and_all() -> None:
    batch = measure(pa.record_batch({"text": list(SENTENCES.values())}), Params())

    assert all(0.1 <= one <= 1 for one in batch["language_confidence"].to_pylist())


def test_a_row_does_not_depend_on_the_others() -> None:
    texts: list[str | None] = [*SENTENCES.values(), None, ""] * 200

    assert found(texts) == [found([text])[0] for text in texts[:11]] * 200


@settings(max_examples=30)
@given(st.lists(st.none() | st.text(st.characters(codec="utf-8")), max_size=6))
def test_every_row_has_one_of_each_column(texts: list[str | None]) -> None:
    batch = measure(pa.record_batch({"text": pa.array(texts, pa.string())}), Params())

    assert batch.schema.names == list(COLUMNS)
    assert batch.num_rows == len(texts)


def test_bytes_that_are_no_text_do_not_hide_what_is() -> None:
    rows = pa.record_batch({"text": pa.array([b"\xff\xfe " + SENTENCES["de"].encode()])})

    assert measure(rows, Params())["language_found"].to_pylist() == ["de"]


def test_a_long_text_takes_no_longer_than_its_beginning() -> None:
    found(["warm"])
    began = time.process_time()
    found([piece * 10_000_000 for piece in ("a", "\u0301", "\0")])

    assert time.process_time() - began < 2


def test_scores_are_those_of_the_library() -> None:
    reference = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    sentences = list(SENTENCES.values())
    params = Params(min_confidence=0, min_letters=1)
    measured = measure(pa.record_batch({"text": sentences}), params).to_pylist()

    for sentence, row in zip(sentences, measured, strict=True):
        shares = dict(reference.rank(sentence))
        whole = sum(
            share
            for name, share in shares.items()
            if VARIETIES.get(name, name) == row["language_found"]
        )
        assert NO_LANGUAGE in shares
        assert row["language_confidence"] == pytest.approx(whole, rel=1e-3)


@pytest.mark.shared_data
@pytest.mark.parametrize("languages", [(), tuple(LANGUAGES)], ids=["all", "sixteen"])
def test_sentences_of_five_words_are_told(shared_data: Path, languages: tuple[str, ...]) -> None:
    folder = shared_data / "noise/lingua_langid/language-testdata/sentences"
    n = n_right = n_spaced = n_spaced_right = 0
    for language in LANGUAGES:
        lines = (folder / f"{language}.txt").read_text(encoding="utf-8").splitlines()
        spaced = language not in WITHOUT_SPACES
        texts = [line for line in lines if line.strip() and (not spaced or len(line.split()) >= 5)]
        n_hits = found([*texts], Params(languages=languages)).count(language)
        n, n_right = n + len(texts), n_right + n_hits
        n_spaced, n_spaced_right = n_spaced + spaced * len(texts), n_spaced_right + spaced * n_hits

    assert n_right >= 0.98 * n > 0
    assert n_spaced_right >= 0.98 * n_spaced > 0
