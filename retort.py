"""The launcher: `retort` and `python -m retort`.

Retort's packages have common names. This module has an uncommon one, so it can make sure, before
anything is imported, that no `train.py` or `schemas/` of the caller's shadows them.
"""

import gc
import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("schemas", "curate", "train", "recipes")


def shadows() -> list[str]:
    """What would be imported in place of our packages, if anything."""
    found = {name: find_spec(name) for name in PACKAGES}
    places = {}
    for name, spec in found.items():
        if spec is not None and spec.origin is not None:
            places[name] = Path(spec.origin).resolve()
    homes = [place.parent.parent for name, place in places.items() if place.name == "__init__.py"]
    here = Path(__file__).resolve().parent
    home = here if here in homes else max(set(homes), key=homes.count, default=here)
    return [
        f"{name} is {places.get(name, 'a folder without code')}"
        for name in PACKAGES
        if places.get(name) != home / name / "__init__.py"
    ]


def main() -> None:
    """Run the command line, unless something stands in the way of our own code."""
    wrong = shadows()
    if wrong:
        sys.stderr.write(
            f"retort: {'; '.join(wrong)}, not Retort's own. Rename it, run in another folder, or "
            f"take it out of PYTHONPATH.\n"
        )
        raise SystemExit(2)
    # Loading libraries makes many objects that stay: to look through them for cycles at every 700
    # takes a tenth of a short command's time.
    gc.set_threshold(50_000)
    from recipes.cli import main as run

    run()


if __name__ == "__main__":
    main()
