"""Which installed packages may be read for documentation, and what identifies their content.

Reads the metadata of installed distributions only: nothing is imported, so that a run that has
nothing to do stays fast. A recipe may come from a stranger and reading documentation runs a
package's code; that is why there is an allow-list.
"""

import difflib
import hashlib
import platform
import sys
from collections.abc import Sequence
from importlib import metadata

from schemas.errors import RecipeError

PYTHON = "python"

ALLOWED: dict[str, tuple[str, ...]] = {
    PYTHON: (),
    "astropy": ("astropy",),
    "biopython": ("Bio",),
    "duckdb": ("duckdb",),
    "h5py": ("h5py",),
    "matplotlib": ("matplotlib",),
    "mpmath": ("mpmath",),
    "networkx": ("networkx",),
    "numba": ("numba",),
    "numpy": ("numpy",),
    "pandas": ("pandas",),
    "pyarrow": ("pyarrow",),
    "scikit-image": ("skimage",),
    "scikit-learn": ("sklearn",),
    "scipy": ("scipy",),
    "seaborn": ("seaborn",),
    "statsmodels": ("statsmodels",),
    "sympy": ("sympy",),
    "xarray": ("xarray",),
}
"""Distribution name -> the names it is imported by; `python` is the standard library."""


def version(name: str) -> str:
    """The installed version of an allowed package, `3.11.7` for `python`.

    Raises:
        RecipeError: the name is not on the allow-list, or the package is not installed.
    """
    if name not in ALLOWED:
        raise RecipeError(
            f"collect.packages: {name!r} is not a package that may be read for documentation; "
            f"{', '.join(ALLOWED)} are. {_advice(name)}"
        )
    if name == PYTHON:
        return platform.python_version()
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError as error:
        raise RecipeError(
            f"collect.packages: {name} is allowed but not installed here. "
            f"Install it (pip install {name}) or take it out of the recipe."
        ) from error


def fingerprint(names: Sequence[str]) -> dict[str, str | list[str]]:
    """Package -> [version, hash of the list of its installed files]; for `python`, `sys.version`.

    Raises:
        RecipeError: a name is not on the allow-list, or a package is not installed.
    """
    return {name: _identity(name) for name in names}


def _identity(name: str) -> str | list[str]:
    installed = version(name)
    if name == PYTHON:
        return sys.version
    record = metadata.distribution(name).read_text("RECORD") or ""
    return [installed, hashlib.sha256(record.encode()).hexdigest()[:32]]


def _advice(name: str) -> str:
    """What to do about a name that is not allowed: the nearest one that is."""
    distributions = {
        spelled.lower(): distribution
        for distribution, modules in ALLOWED.items()
        for spelled in (distribution, *modules)
    }
    nearest = difflib.get_close_matches(name.lower(), distributions, n=1)
    if nearest:
        return f"Did you mean {distributions[nearest[0]]}?"
    return "Name one of these, or give its documentation as files."
