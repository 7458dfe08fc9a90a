"""Exported folders through LLaMA-Factory's own loader: is every row there, how does it look?

    python3.11 -m venv lf && lf/bin/pip install --no-deps llamafactory==0.9.5
    lf/bin/pip install -r benchmarks/loaders/llama_factory.txt
    lf/bin/python benchmarks/loaders/llama_factory.py EXPORT… --tokenizer BASE

Needs nothing of Retort; EXPORT is a folder with `dataset_info.json`, BASE one with a tokenizer.
Each entry of `dataset_info.json` is loaded, converted and tokenized as for training. Prints its
rows, and the first of them as LLaMA-Factory renders it; ends with 1 where a row is missing.
torchaudio is only needed for sound and may be absent.
"""

import argparse
import importlib.machinery
import importlib.util
import json
import os
import sys
import tempfile
import types
from collections.abc import Sized
from pathlib import Path

TOKENS = 1 << 20
"""More than any row has, so that none is cut."""
_SCRATCH = tempfile.TemporaryDirectory()
SCRATCH = _SCRATCH.name
"""Caches and what a trainer wants to write; gone when the script ends."""
os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_CACHE": SCRATCH,
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}


def rows_in(path: Path) -> int:
    """Rows of a data file, counted without LLaMA-Factory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    if path.suffix == ".arrow":
        with pa.memory_map(str(path)) as file:
            return sum(len(batch) for batch in pa.ipc.open_stream(file))
    with path.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def without_sound() -> None:
    """Let LLaMA-Factory import torchaudio where there is none."""
    if importlib.util.find_spec("torchaudio") is None:
        empty = types.ModuleType("torchaudio")
        empty.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
        sys.modules["torchaudio"] = empty


def load(folder: Path, entry: str, stage: str, base: Path, template: str | None) -> Sized:
    """The rows of an entry, tokenized; LLaMA-Factory prints the first."""
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import AutoTokenizer, Seq2SeqTrainingArguments

    tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True)
    data = DataArguments(
        dataset=entry,
        dataset_dir=str(folder),
        template=template,
        cutoff_len=TOKENS,
        overwrite_cache=True,
    )
    training = Seq2SeqTrainingArguments(output_dir=SCRATCH, use_cpu=True, report_to=[])
    made = get_dataset(
        get_template_and_fix_tokenizer(tokenizer, data),
        ModelArguments(model_name_or_path=str(base), cache_dir=SCRATCH),
        data,
        training,
        stage=stage,
        tokenizer=tokenizer,
    )
    rows: Sized = made["train_dataset"]
    return rows


def check(folder: Path, base: Path, template: str | None) -> int:
    """Load every entry of a folder; gives how many rows are missing."""
    entries = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    missing = 0
    for entry, told in entries.items():
        stage = "sft" if "formatting" in told else "pt"
        n_rows = rows_in(folder / told["file_name"])
        n_loaded = len(load(folder, entry, stage, base, template))
        print(f"{folder.name} {entry}: stage {stage}, {n_loaded} of {n_rows} rows", flush=True)
        missing += abs(n_rows - n_loaded)
    return missing


def main() -> None:
    """Check every folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exports", nargs="+", type=Path)
    parser.add_argument("--tokenizer", required=True, type=Path)
    parser.add_argument("--template", help="LLaMA-Factory's name; without it, the tokenizer's own")
    told = parser.parse_args()
    without_sound()
    missing = sum(check(folder, told.tokenizer, told.template) for folder in told.exports)
    print(f"{missing} rows are missing")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
