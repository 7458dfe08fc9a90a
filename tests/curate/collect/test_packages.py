"""Only packages of the allow-list are read, and knowing them loads nothing."""

import subprocess
import sys

import pytest

from curate.collect import fingerprint, packages
from schemas.errors import RecipeError
from schemas.recipe import Files, InstalledDocs


def test_a_package_that_is_not_allowed_is_named_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"'sklearn' is not .* Did you mean scikit-learn\?"):
        packages.version("sklearn")


def test_a_package_that_nothing_resembles_names_the_allowed_ones() -> None:
    with pytest.raises(RecipeError, match=r"'qqqq' is not .*numpy.*Name one of these"):
        packages.version("qqqq")


def test_an_allowed_package_that_is_not_installed_says_how_to_get_it() -> None:
    with pytest.raises(RecipeError, match="pip install astropy"):
        packages.version("astropy")


def test_a_fingerprint_names_versions_and_is_the_same_twice() -> None:
    source = InstalledDocs(origin="installed-docs", packages=["scipy", "python"])

    first, second = fingerprint(source), fingerprint(source)

    assert first == second
    identities = packages.fingerprint(["scipy", "python"])
    assert identities["scipy"][0] == packages.version("scipy")
    assert identities["python"] == sys.version


def test_files_have_no_fingerprint_here() -> None:
    assert fingerprint(Files(origin="files", paths=["a.md"])) == {}


def test_a_fingerprint_loads_no_numpy_and_no_pyarrow() -> None:
    program = (
        "import sys; from curate.collect import fingerprint; "
        "from schemas.recipe import InstalledDocs; "
        "fingerprint(InstalledDocs(origin='installed-docs', packages=['scipy', 'python'])); "
        "print(sorted({'numpy', 'pyarrow', 'yaml', 'license_expression'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
