"""What tuning makes of the small run: losses, answers and likelihoods of our own, real scores."""

import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.recipe import Recipe
from schemas.rows import CHECKPOINTS, LIKELIHOODS, MIXTURE, SCORES, TOKENS
from tests.recipes.report.tables import RECIPE, Rows, mixture_facts, tables_of, write
from train.evaluate.scores import score

TUNED = Recipe.model_validate(
    {
        **RECIPE.model_dump(by_alias=True),
        "base": {"pretrain": {"layers": 2, "width": 64}},
        "tune": {"method": "lora", "rank": 8, "batch": 4, "max_length": 128},
        "evaluate": {"samples": 2, "draws": 500},
    }
)
N_STEPS = 60
BEST = 40
FACTS = {
    "method": "lora",
    "device": "cpu",
    "dtype": "float32",
    "n_parameters": 1_234_567,
    "n_trainable": 123_456,
    "n_steps": N_STEPS,
    "n_seen": 240,
    "epochs": 2.5,
    "n_tokens": 54_321,
    "n_loss_tokens": 23_456,
    "best_step": BEST,
    "valid_rows": 12,
    "tokens_per_second": 1_987.6,
    "resumed_from_step": None,
    "gpu_peak_memory_bytes": None,
}
TOKENS_OF = {
    "train": {
        "domain": {"n_tokens": 4_321, "n_loss_tokens": 1_234},
        "general": {"n_tokens": 2_345, "n_loss_tokens": 987},
    }
}
SCRATCH = {
    "n_parameters": 1_234_567,
    "epochs": 1.25,
    "tokens_per_second": 8_001.2,
    "device": "cpu",
}
SHIFTS = {
    "base": {"domain": 0.0, "general": 0.0},
    "control": {"domain": -0.02, "general": -0.3},
    "tuned": {"domain": -0.4, "general": 0.0},
}
"""Model -> part -> nats per token that it is away from the base."""


def losses(n_steps: int, valid: bool = True) -> list[dict[str, Any]]:
    """CHECKPOINTS: a falling loss, valid rows every 20 steps, the best before the last."""
    rows = []
    for step in range(1, n_steps + 1):
        told = {"learning_rate": 1e-3, "grad_norm": 1.0, "n_tokens": 100 * step}
        train = 4 + 2 * math.exp(-step / 20) + 0.2 * (-1) ** step
        rows.append({"step": step, "split": "train", "loss": train, "best": False, **told})
        if valid and step % 20 == 0:
            loss = 4.5 + abs(step - BEST) / 100
            rows.append(
                {"step": step, "split": "valid", "loss": loss, "best": step == BEST, **told}
            )
    if not valid:
        rows[-1]["best"] = True
    return [{**row, "n_loss_tokens": 40 * row["step"]} for row in rows]


def likelihoods(rows: Rows, model: str, planted: str = "") -> list[dict[str, Any]]:
    """LIKELIHOODS of the test rows under a model; the first two of each part are answered."""
    dice = random.Random(model)
    found: list[dict[str, Any]] = []
    answered = dict.fromkeys(SHIFTS["base"], 0)
    for row in rows.mixture:
        if row["split"] != "test":
            continue
        part, n = row["part"], 5 + row["position"] % 7
        away = SHIFTS[model][part] + (0 if model == "base" else dice.uniform(-0.1, 0.1))
        answered[part] += 1
        answer = f"{model} says {row['position']}.{planted}" if answered[part] <= 2 else None
        found.append(
            {
                "example_id": row["example_id"],
                "document_id": row["document_id"],
                "part": part,
                "n_loss_tokens": n,
                "n_bytes": 4 * n,
                "nll": (5.5 + away) * n,
                "answer": answer,
            }
        )
    return found


def scores(tables: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """SCORES, by the stage's own code."""
    as_tables = {
        model: pa.Table.from_pylist(rows, schema=LIKELIHOODS) for model, rows in tables.items()
    }
    return score(as_tables, TUNED.evaluate, TUNED.seed)


def model_tables(
    rows: Rows, folder: Path, planted: str = "", control: bool = True
) -> dict[str, Path]:
    """Stage -> folder of its table, for a run that goes to the end."""
    made = tables_of(rows, folder, planted)
    del made["mix"]
    models = [model for model in SHIFTS if control or model != "control"]
    asked = {model: likelihoods(rows, model, planted) for model in models}
    counts = {"train": {"domain": 30, "general": 10}}
    mixed = {
        **mixture_facts(rows.mixture, TUNED, TOKENS_OF["train"]),
        "counts": counts,
        "tokens": TOKENS_OF,
        "max_length": 128,
    }
    long = {"longer than max_length": 3, f"no end token{planted}": 1, "not drawn": 1_234}
    made |= {
        "base.tokenizer": write(folder, "base.tokenizer", CHECKPOINTS, []),
        "base": write(folder, "base", CHECKPOINTS, losses(90, valid=False), facts=SCRATCH),
        "tokens": write(folder, "tokens", TOKENS, []),
        "mix": write(folder, "mix", MIXTURE, rows.mixture, skipped=long, facts=mixed),
        "tune": write(folder, "tune", CHECKPOINTS, losses(N_STEPS), facts=FACTS),
    }
    if control:
        alone = {"counts": {"train": {"general": 77}}}
        seen = {**FACTS, "epochs": 3.25}
        made |= {
            "mix.control": write(folder, "mix.control", MIXTURE, [], facts=alone),
            "tune.control": write(folder, "tune.control", CHECKPOINTS, losses(N_STEPS), facts=seen),
        }
    for model, found in asked.items():
        stage = f"likelihood.{model}"
        made[stage] = write(folder, stage, LIKELIHOODS, found)
    made["evaluate"] = write(folder, "evaluate", SCORES, scores(asked))
    return made
