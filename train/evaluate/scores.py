"""A model against the base on the same held-out answers, with intervals. No torch here.

Two metrics, of each part, over the answers and their end tokens; of both, less is better:

- `nll_per_token`: negative log-likelihood per token, in nats. Compares models of one tokenizer.
- `bits_per_byte`: the same in bits per UTF-8 byte of the answers. Compares across tokenizers.

The interval is that of a paired bootstrap over documents (Efron and Tibshirani, An Introduction to
the Bootstrap, 1993, chapter 13, the percentile method): answers from one document are not
independent, so documents are drawn with replacement, and both models are scored on the same draw.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.errors import TableError
from schemas.training import Evaluate

AT_ONCE = 4_000_000
"""Counts of a document in a draw that are held in memory at once."""
FEW = 20
"""Documents below which an interval is too narrow to be leant on; the number is ours."""
METRICS = ("nll_per_token", "bits_per_byte")
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """The sums of one part's answers over each document, and over each resampling of documents."""

    name: str
    n: int
    """Answers."""
    documents: dict[str, Numbers]
    """`tokens`, `bytes` and each model's nats -> (documents,)."""
    drawn: dict[str, Numbers]
    """The same -> (draws,), documents drawn with replacement, the same ones for all."""

    def value(self, metric: str, model: str) -> float:
        """A model's metric on the part as it is."""
        return float(self.documents[model].sum() / _unit(self.documents, metric).sum())

    def interval(
        self, metric: str, model: str, other: str, confidence: float
    ) -> list[float] | list[None]:
        """Both ends of the interval of model minus other; one document tells of no other."""
        if len(self.documents["tokens"]) < 2:
            return [None, None]
        differences = (self.drawn[model] - self.drawn[other]) / _unit(self.drawn, metric)
        ends = np.quantile(differences, [(1 - confidence) / 2, (1 + confidence) / 2])
        return [float(end) for end in ends]


def _unit(sums: Mapping[str, Numbers], metric: str) -> Numbers:
    """What nats are divided by."""
    return sums["tokens"] if metric == "nll_per_token" else sums["bytes"] * math.log(2)


def score(
    likelihoods: Mapping[str, pa.Table], settings: Evaluate, seed: int
) -> list[dict[str, Any]]:
    """SCORES of the control, where there is one, and of the tuned model.

    Args:
        likelihoods: `base`, `tuned` and perhaps `control`, each LIKELIHOODS of the same rows in the
            same order.
        settings: how many draws, and the confidence.
        seed: of the draws.

    Raises:
        TableError: the tables are not of the same rows.
    """
    return [
        _score(part, metric, model, settings.confidence)
        for part in parts(likelihoods, settings.draws, seed)
        for metric in METRICS
        for model in ("control", "tuned")
        if model in likelihoods
    ]


def parts(likelihoods: Mapping[str, pa.Table], draws: int, seed: int) -> list[Part]:
    """The parts of the rows, in the order of their names, each resampled."""
    base = likelihoods["base"]
    for model, table in likelihoods.items():
        if not table["example_id"].equals(base["example_id"]):
            raise TableError(f"evaluate: {model} was not asked the rows that the base was asked.")
    columns = {
        "tokens": base["n_loss_tokens"],
        "bytes": base["n_bytes"],
        **{model: table["nll"] for model, table in likelihoods.items()},
    }
    names = np.array(base["part"].to_pylist())
    document_ids = np.array(base["document_id"].to_pylist())
    found = []
    for name in np.unique(names):
        of_part = names == name
        _, document = np.unique(document_ids[of_part], return_inverse=True)
        documents = {
            column: np.bincount(document, numbers.to_numpy()[of_part]).astype(np.float64)
            for column, numbers in columns.items()
        }
        drawn = resampled(np.stack(list(documents.values())), draws, seed)
        found.append(
            Part(
                name=str(name),
                n=int(of_part.sum()),
                documents=documents,
                drawn=dict(zip(documents, drawn, strict=True)),
            )
        )
    return found


def resampled(sums: Numbers, draws: int, seed: int) -> Numbers:
    """(columns, draws) sums of each column over as many documents, drawn with replacement.

    Args:
        sums: (columns, documents).
        draws: resamplings.
        seed: of the draws.
    """
    draw = np.random.default_rng(seed)
    n_documents = sums.shape[1]
    equal = np.full(n_documents, 1 / n_documents)
    at_once = max(1, AT_ONCE // n_documents)
    sizes = [min(at_once, draws - start) for start in range(0, draws, at_once)]
    return np.concatenate(
        [sums @ draw.multinomial(n_documents, equal, size=size).T for size in sizes], axis=1
    )


def _score(part: Part, metric: str, model: str, confidence: float) -> dict[str, Any]:
    base, value = part.value(metric, "base"), part.value(metric, model)
    low, high = part.interval(metric, model, "base", confidence)
    over: list[float | None] = [None, None, None, None]
    if model == "tuned" and "control" in part.documents:
        control = part.value(metric, "control")
        over = [control, value - control, *part.interval(metric, model, "control", confidence)]
    return {
        "part": part.name,
        "metric": metric,
        "model": model,
        "base": base,
        "value": value,
        "difference": value - base,
        "low": low,
        "high": high,
        "control": over[0],
        "over_control": over[1],
        "over_control_low": over[2],
        "over_control_high": over[3],
        "n": part.n,
        "n_documents": len(part.documents["tokens"]),
    }
