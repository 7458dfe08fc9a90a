"""Which languages a text's n-grams speak for: the model of py3langid, walked by a compiled kernel.

The model is a naive Bayes classifier over byte n-grams of 139 languages. Numbers, formulae
and identifiers are a class of their own in it. It lies in py3langid's wheel, nothing is
downloaded; read, it takes 100 MB of memory and about a second.

Source: Lui and Baldwin, "Cross-domain Feature Selection for Language Identification", IJCNLP 2011;
scores and their normalisation by length are those of py3langid 0.4.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.screen.kernels import Bytes, Offsets, compiled, on_threads

Scores = NDArray[np.float32]
Classes = NDArray[np.int64]
Confidences = NDArray[np.float64]

AT_ONCE = 8_192
"""Rows whose scores are held at a time: 5 MB."""

NO_LANGUAGE = "zxx"
"""ISO 639-2 for what has no linguistic content."""
VARIETIES = {
    **{"arz": "ar", "ary": "ar", "yue": "zh", "wuu": "zh", "nn": "no", "sdh": "ku", "uzs": "uz"},
    **{"gug": "gn", "fuv": "ff", "ltg": "lv"},
}
"""What the model tells apart and ISO 639-3 counts to one macrolanguage."""


class Model(NamedTuple):
    """The classifier: an automaton over bytes, and what each n-gram says for each language."""

    moves: NDArray[np.uint32]
    """(rows * 256,) the next state, by row and byte."""
    row_of: NDArray[np.uint16]
    """(states,) the row of `moves` of each state."""
    feature_of: NDArray[np.int32]
    """(states,) the n-gram that ends in a state; -1 where none does."""
    weights: Scores
    """(n-grams, classes) log probabilities."""
    prior: Scores
    """(classes,) log probabilities of the classes."""
    languages: tuple[str, ...]
    """The language of each class; several classes may have one."""


@cache
def model() -> Model:
    """The model in py3langid's wheel; nothing is downloaded."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE
    from py3langid.modelio import load_model

    weights, prior, classes, moves, row_of, feature_of = load_model(MODEL_DIR / MODEL_FILE)
    return Model(
        np.asarray(moves, np.uint32),
        np.asarray(row_of, np.uint16),
        np.asarray(feature_of, np.int32),
        weights.astype(np.float32),
        prior.astype(np.float32),
        tuple(VARIETIES.get(name, name) for name in classes),
    )


def likeliest(
    text: Bytes, offsets: Offsets, known: Model, class_of: Classes, n_names: int
) -> tuple[Classes, Confidences]:
    """For each row the language that most speaks for, and its share of the evidence, 0 to 1.

    Args:
        text: bytes of the rows, see `curate/screen/kernels.py`.
        offsets: (n_rows + 1,) where each begins.
        known: the model.
        class_of: (classes,) the number of each class's language, -1 for those not looked for.
        n_names: how many languages there are.
    """
    n_rows = len(offsets) - 1
    best = np.empty(n_rows, np.int64)
    confidence = np.empty(n_rows, np.float64)
    for begin in range(0, n_rows, AT_ONCE):
        some = slice(begin, min(begin + AT_ONCE, n_rows))
        share = _shares(text, offsets[begin : some.stop + 1], known, class_of, n_names)
        best[some] = share.argmax(axis=1)
        confidence[some] = share[np.arange(len(share)), best[some]]
    return best, confidence


def _shares(text: Bytes, offsets: Offsets, known: Model, class_of: Classes, n_names: int) -> Scores:
    """(n_rows, n_names) the share of each language.

    Scores are divided by the root of the length, as in py3langid, lest a long text be all certain.
    """
    n_rows = len(offsets) - 1
    scores = np.empty((n_rows, len(known.prior)), np.float32)
    on_threads(_score, n_rows, text, offsets, *known[:5], scores)
    lengths = np.maximum(np.diff(offsets), 1).astype(np.float32)
    wanted = scores[:, class_of >= 0] / np.sqrt(lengths)[:, None]
    evidence = np.exp(wanted - wanted.max(axis=1, keepdims=True))
    share = np.zeros((n_rows, n_names), np.float32)
    for column, name in enumerate(class_of[class_of >= 0]):
        share[:, name] += evidence[:, column]
    return np.asarray(share / share.sum(axis=1, keepdims=True), np.float32)


@compiled
def _score(
    begin: int,
    end: int,
    text: Bytes,
    offsets: Offsets,
    moves: NDArray[np.uint32],
    row_of: NDArray[np.uint16],
    feature_of: NDArray[np.int32],
    weights: Scores,
    prior: Scores,
    scores: Scores,
) -> None:
    """The sum of what a row's n-grams say: each counts with the logarithm of how often it is there.

    A row without any has no score, which leaves all languages alike.
    """
    times = np.zeros(weights.shape[0], np.int32)
    seen = np.empty(weights.shape[0], np.int32)
    for row in range(begin, end):
        n_seen = 0
        state = np.uint32(0)
        for place in range(offsets[row], offsets[row + 1]):
            state = moves[np.int64(row_of[state]) * 256 + np.int64(text[place])]
            feature = feature_of[state]
            if feature >= 0:
                if times[feature] == 0:
                    seen[n_seen] = feature
                    n_seen += 1
                times[feature] += 1
        for language in range(len(prior)):
            scores[row, language] = prior[language] if n_seen else np.float32(0)
        for number in range(n_seen):
            feature = seen[number]
            weight = np.float32(np.log1p(np.float32(times[feature])))
            times[feature] = 0
            for language in range(len(prior)):
                scores[row, language] += weight * weights[feature, language]
