"""LoRA and its defaults, in one place, each with its source.

- all linear layers: QLoRA (arXiv 2305.14314, section 4) found it needed to match full tuning;
- alpha = 2 x rank, so that the scale of an adapter does not change with its rank;
- learning rate 2e-4, ten times that of full tuning: QLoRA's table 9 for models up to 13B.
"""

import json
from pathlib import Path
from typing import Any

from schemas.training import Tune

SETS = ("target_modules", "exclude_modules")
"""Of PEFT's configuration; lists such as `target_parameters` have an order that counts."""
LEARNING_RATES = {"full": 2e-5, "lora": 2e-4, "qlora": 2e-4}


def learning_rate(settings: Tune) -> float:
    """The recipe's, or the method's default."""
    return settings.learning_rate or LEARNING_RATES[settings.method]


def adapter(settings: Tune) -> Any:  # noqa: ANN401  PEFT's configuration
    """The adapter of a method, or None where all weights are tuned."""
    if settings.method == "full":
        return None
    from peft import LoraConfig

    return LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=2 * settings.rank if settings.alpha is None else settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",  # all but the output layer, which TRL's loss would not train
    )


def settle(configuration: Path, base: str) -> None:
    """Rewrite an adapter's configuration so that equal adapters have equal bytes.

    PEFT writes sets in the order of the process and the base by its path on this machine.

    Args:
        configuration: `adapter_config.json`.
        base: what the base is called.
    """
    told = json.loads(configuration.read_text(encoding="utf-8"))
    told["base_model_name_or_path"] = base
    for name in SETS:
        if isinstance(told.get(name), list):
            told[name] = sorted(told[name])
    configuration.write_text(json.dumps(told, indent=1, sort_keys=True), encoding="utf-8")
