"""Doctor: what is installed, what each extra adds, which keys are set (never their values)."""

import importlib.metadata
import os
import platform
import re
import shutil
from pathlib import Path
from typing import Any

KEYS = ("OPENAI_API_KEY", "HF_TOKEN", "OPENROUTER_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY")
EXTRAS = {
    "train": "bases, tuning and evaluation",
    "docling": "PDF by layout models, with `pdf: docling`",
    "chem": "the measure `smiles`",
    "eval": "benchmarks of lm-eval, by their names",
}
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def examine(work: Path) -> dict[str, Any]:
    """What this machine has, as far as Retort cares."""
    required = importlib.metadata.requires("retort") or []
    bare = [_NAME.match(one)[0] for one in required if "extra ==" not in one]  # type: ignore[index]
    extras = {
        extra: {
            "adds": adds,
            "packages": _versions(
                [_NAME.match(one)[0] for one in required if f'extra == "{extra}"' in one]  # type: ignore[index]
            ),
        }
        for extra, adds in EXTRAS.items()
    }
    folder = work if work.exists() else Path()
    return {
        "retort": importlib.metadata.version("retort"),
        "python": platform.python_version(),
        "packages": _versions(bare),
        "extras": extras,
        "keys": {name: bool(os.environ.get(name)) for name in KEYS},
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "free_disk_bytes": shutil.disk_usage(folder).free,
    }


def _versions(names: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def lines(told: dict[str, Any]) -> list[str]:
    """The findings for a person to read."""
    text = [f"retort {told['retort']}, Python {told['python']}, {told['cores']} cores"]
    text.append(
        f"memory {told['memory_bytes'] / 2**30:.1f} GiB, "
        f"free disk {told['free_disk_bytes'] / 2**30:.1f} GiB"
    )
    text += [f"  {name} {version or 'MISSING'}" for name, version in told["packages"].items()]
    for extra, found in told["extras"].items():
        missing = [name for name, version in found["packages"].items() if version is None]
        state = f"not installed (lacks {', '.join(missing)})" if missing else "installed"
        text.append(f"[{extra}] {found['adds']}: {state}")
    text += [f"{name} is {'set' if there else 'not set'}" for name, there in told["keys"].items()]
    return text
