"""A program: import packages, write the docstrings of their public objects as JSON lines.

Run by `installed_docs.py` in a process of its own, without keys, because importing a package runs
its code. It needs nothing but the standard library. Reads one argument, JSON:

    {"modules": ["scipy"], "folders": ["/…/site-packages"], "python": false}

Writes one JSON object a line to its first standard output; whatever the packages print goes to
standard error:

    {"name": "scipy.stats.norm", "object": "instance", "doc": "A normal continuous …"}
    {"what": "scipy.x", "reason": "import-failed", "detail": "ModuleNotFoundError: …"}
    {"done": 2153}                                              the last one: nothing is missing
"""

import contextlib
import functools
import importlib
import importlib.util
import inspect
import json
import os
import pkgutil
import random
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from types import (
    BuiltinMethodType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)

NOT_PUBLIC = {
    "conftest",
    "distutils",
    "externals",
    "f2py",
    "setup",
    "test",
    "testing",
    "tests",
    "testutils",
    "vendored",
}
"""Modules of these names are not documentation of a package, wherever they are."""

INTERNAL = {
    "numpy": {"core"},
    "numba": {"core", "cpython", "cuda", "misc", "np", "parfors", "scripts", "stencils"},
    "pandas": {"compat", "core"},
    "pyarrow": {
        "libarrow_python", "libarrow_python_flight", "libarrow_python_parquet_encryption",
    },
}  # fmt: skip
"""Import name -> its modules that have public names but no public content."""

NOT_READ = {
    # Importing them opens a window, a browser or prints.
    "antigravity", "idlelib", "this", "tkinter", "turtle", "turtledemo",
    # They hold data, tests or tools, not things to document.
    "encodings", "ensurepip", "lib2to3", "pydoc_data", "sre_compile", "sre_constants", "sre_parse",
    "xxlimited", "xxlimited_35", "xxsubtype",
    # `os` and `os.path` are their public names.
    "genericpath", "nt", "ntpath", "posix", "posixpath",
}  # fmt: skip
"""Modules of the standard library that are left out."""

ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]{6,}")
PROPERTIES = (property, functools.cached_property, GetSetDescriptorType, MemberDescriptorType)


@dataclass(frozen=True, slots=True)
class Found:
    """An object under one of its names; the smallest `rank` is its best name."""

    rank: tuple[bool, int, bool, bool, str]
    value: object
    kind: str

    @property
    def name(self) -> str:
        """Dotted."""
        return self.rank[-1]


@dataclass(frozen=True, slots=True)
class Problem:
    """A module or an object that could not be had."""

    what: str
    reason: str
    detail: str


class Catalog:
    """Objects by identity, each under its best name so far."""

    def __init__(self, roots: frozenset[str]) -> None:
        self.roots = roots
        self.found: dict[int, Found] = {}
        self.problems: list[Problem] = []

    def add(self, name: str, value: object, kind: str, *, listed: bool = True) -> None:
        """Offer a name: listed ones win, then short ones, its own, then where it was defined."""
        folder, _, last = name.rpartition(".")
        is_alias = getattr(value, "__name__", last) != last
        rank = (not listed, name.count("."), is_alias, home_of(value) != folder, name)
        key = identity_of(value)
        if key not in self.found or rank < self.found[key].rank:
            self.found[key] = Found(rank, value, kind)

    def owns(self, home: str | None) -> bool:
        """Whether a module of this name belongs to what is being read."""
        return home is not None and home.partition(".")[0] in self.roots

    def fail(self, what: str, reason: str, error: BaseException) -> None:
        """Note what could not be had."""
        detail = " ".join(f"{type(error).__name__}: {error}".split())
        self.problems.append(Problem(what, reason, ADDRESS.sub("", detail)[:300]))


def home_of(value: object) -> str | None:
    """The module that an object says it comes from; ufuncs say none."""
    home = getattr(value, "__module__", None)
    return home if isinstance(home, str) else None


def identity_of(value: object) -> int:
    """One number an object; a bound method is the function in its class."""
    if isinstance(value, MethodType):
        return id(value.__func__)
    if isinstance(value, BuiltinMethodType):
        for base in type(value.__self__).__mro__:
            if value.__name__ in vars(base):
                return id(vars(base)[value.__name__])
    return id(value)


def walk(name: str, catalog: Catalog, modules: dict[str, ModuleType]) -> None:
    """Import a module and its public submodules into `modules`, in sorted order."""
    if name in modules:
        return
    try:
        module = importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a package may exit, abort or raise what it likes
        catalog.fail(name, "import-failed", error)
        return
    modules[name] = module
    for child in submodules(name, module, catalog):
        walk(child, catalog, modules)


def submodules(name: str, module: ModuleType, catalog: Catalog) -> list[str]:
    """Dotted names of the public modules below one, and of those it carries (`os.path`)."""
    below = {entry.name for entry in pkgutil.iter_modules(getattr(module, "__path__", []))}
    carried = {
        attribute
        for attribute, value in vars(module).items()
        if isinstance(value, ModuleType)
        and sys.modules.get(f"{name}.{attribute}") is value
        and catalog.owns(value.__name__)
    }
    hidden = NOT_PUBLIC | INTERNAL.get(name, set())
    return [
        f"{name}.{child}"
        for child in sorted(below | carried)
        if not child.startswith(("_", "windows", "test_")) and child not in hidden
    ]


def collect_module(name: str, module: ModuleType, catalog: Catalog) -> None:
    """Offer a module and what is public in it."""
    catalog.add(name, module, "module")
    listed = public_names(module)
    for attribute in sorted(dir(module) if listed is None else listed):
        if attribute.startswith("_"):
            continue
        try:
            value = getattr(module, attribute)
        except Exception as error:  # a listed name that is computed on access may raise anything
            catalog.fail(f"{name}.{attribute}", "no-such-object", error)
            continue
        kind = kind_of(value)
        if kind is not None and is_own(value, module, catalog, listed=listed is not None):
            at_home = bool(listed) or normalised(home_of(value)) == name
            catalog.add(f"{name}.{attribute}", value, kind, listed=at_home)


def public_names(module: ModuleType) -> set[str] | None:
    """`__all__` as a set, or None where the module does not say."""
    try:
        return {str(name) for name in module.__all__}
    except (AttributeError, TypeError):
        return None


def is_own(value: object, module: ModuleType, catalog: Catalog, *, listed: bool) -> bool:
    """Whether an object is this package's, and not one that a module merely imported."""
    home = home_of(value)
    if home is None:
        return listed and not is_of_numpy(value, catalog)
    if not catalog.owns(home):
        return False
    here = module.__name__
    if listed or normalised(home) == here:
        return True
    return hasattr(module, "__path__") and home.startswith(f"{here}.")


def is_of_numpy(value: object, catalog: Catalog) -> bool:
    """Whether an object that names no module, a ufunc for instance, is re-exported from NumPy."""
    numpy = sys.modules.get("numpy")
    name = getattr(value, "__name__", "")
    return "numpy" not in catalog.roots and getattr(numpy, name, None) is value


def normalised(home: str | None) -> str | None:
    """A module's public name: `_bisect` is where `bisect` keeps its compiled half."""
    return None if home is None else ".".join(part.lstrip("_") for part in home.split("."))


def kind_of(value: object) -> str | None:
    """What an object of a module is called, or None for modules and plain values."""
    if isinstance(value, ModuleType):
        return None
    if isinstance(value, type):
        return "class"
    if type(value).__name__ == "ufunc":
        return "ufunc"
    if inspect.isroutine(value):
        return "function"
    documented = getattr(value, "__doc__", None)
    inherited = getattr(type(value), "__doc__", None)
    if not isinstance(documented, str):
        return None
    if isinstance(inherited, str) and documented.endswith(inherited):
        return None
    return "function" if hasattr(value, "__name__") else "instance"


def collect_members(name: str, owner: type, catalog: Catalog) -> None:
    """Offer the public members that a class defines itself."""
    for attribute, raw in sorted(vars(owner).items()):
        if attribute.startswith("_"):
            continue
        value = raw.__func__ if isinstance(raw, staticmethod | classmethod) else raw
        home = home_of(value)
        if home is not None and not catalog.owns(home):
            continue
        full = f"{name}.{attribute}"
        if isinstance(value, PROPERTIES):
            catalog.add(full, value, "property")
        elif isinstance(value, type):
            if value.__qualname__.startswith(f"{owner.__qualname__}."):
                catalog.add(full, value, "class")
                collect_members(full, value, catalog)
        elif inspect.isroutine(value):
            catalog.add(full, value, "method")


def docstring(found: Found) -> str | None:
    """An object's own documentation, cleaned; None where it has none, or only a made-up one."""
    try:
        text = getattr(found.value, "__doc__", None)
    except Exception:  # a property of a foreign metaclass may raise anything
        return None
    if not isinstance(text, str) or not any(character.isalpha() for character in text):
        return None
    name = getattr(found.value, "__name__", "")
    generated = is_dataclass(found.value) or issubclass_of_tuple(found.value)
    if generated and text.startswith(f"{name}(") and "\n" not in text.strip():
        return None
    if text.startswith("Alias for field number "):
        return None
    return ADDRESS.sub("", inspect.cleandoc(text))


def issubclass_of_tuple(value: object) -> bool:
    """Whether a value is a class of named tuples."""
    return isinstance(value, type) and issubclass(value, tuple)


def read(catalog: Catalog, modules: dict[str, ModuleType]) -> Iterator[dict[str, object]]:
    """Every record of these modules: documented objects in order of their names, then problems."""
    for name, module in sorted(modules.items()):
        collect_module(name, module, catalog)
    for found in sorted(catalog.found.values(), key=lambda one: one.rank):
        if isinstance(found.value, type):
            collect_members(found.name, found.value, catalog)
    taken = {found.name for found in catalog.found.values() if found.kind != "module"}
    for found in sorted(catalog.found.values(), key=lambda one: (one.name, one.kind)):
        text = docstring(found)
        if text:
            # `unittest.main` is a module and, once imported, the class of that name in its package.
            hidden = found.kind == "module" and found.name in taken
            name = f"{found.name}.__doc__" if hidden else found.name
            yield {"name": name, "object": found.kind, "doc": text}
    for problem in catalog.problems:
        yield {"what": problem.what, "reason": problem.reason, "detail": problem.detail}


def standard_library() -> list[str]:
    """Public modules of the standard library that this Python has."""
    return [
        name
        for name in sorted(sys.stdlib_module_names - NOT_READ - NOT_PUBLIC)
        if not name.startswith("_") and importlib.util.find_spec(name) is not None
    ]


def topics() -> Iterator[dict[str, object]]:
    """Chapters of the language reference that ship with Python."""
    from pydoc_data.topics import topics as chapters

    for name in sorted(chapters):
        yield {"name": f"topics.{name}", "object": "topic", "doc": chapters[name]}


def records(order: dict[str, object]) -> Iterator[dict[str, object]]:
    """Everything that was asked for."""
    names = [str(name) for name in order["modules"]] if isinstance(order["modules"], list) else []
    roots = frozenset(names)
    if order["python"]:
        names, roots = standard_library(), frozenset(sys.stdlib_module_names)
        yield from topics()
    catalog = Catalog(roots)
    modules: dict[str, ModuleType] = {}
    for name in names:
        walk(name, catalog, modules)
    yield from read(catalog, modules)


def fix_chance() -> None:
    """Make draws at import repeatable; SciPy prints some of its own into its examples."""
    random.seed(0)
    vars(secrets)["randbits"] = random.Random(0).getrandbits


def main() -> None:
    """Do what the first argument says."""
    order = json.loads(sys.argv[1])
    if not order["python"]:
        fix_chance()
    sys.path += [folder for folder in order["folders"] if folder not in sys.path]
    with os.fdopen(os.dup(1), "w", encoding="ascii") as output:
        os.dup2(2, 1)
        count = 0
        for record in records(order):
            output.write(json.dumps(record) + "\n")
            count += 1
        output.write(json.dumps({"done": count}) + "\n")
    with contextlib.suppress(Exception):
        sys.stderr.flush()
    # Threads that a package left running, or its exit handlers, must not hold the parent up.
    os._exit(0)


if __name__ == "__main__":
    main()
