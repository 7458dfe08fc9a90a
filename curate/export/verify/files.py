"""Whether the files of a folder are those that its manifest lists, byte by byte."""

import stat
from pathlib import Path, PurePosixPath

from curate.export.counted import READERS
from curate.export.manifest import FILE, FOREIGN, Manifest, present, sha256_of
from curate.export.verify.found import Verified

RECIPE = "recipe.yaml"


def check_files(folder: Path, manifest: Manifest, verified: Verified) -> set[str]:
    """Compare every file's size and hash; the paths of those that may be read are returned.

    Symbolic links and special files are findings and are never opened. A file of another size is
    not hashed.
    """
    listed = {one.path: one for one in manifest.files}
    readable = set()
    for path in present(folder):
        if not stat.S_ISREG((folder / path).lstat().st_mode):
            verified.note("not a plain file", path, "a file", "a link or a special file")
        elif path in listed:
            readable.add(path)
        elif path != FILE:
            verified.note("file added", path, f"no file that {FILE} does not list", "a file")
    for path, one in listed.items():
        if path in readable:
            _check(folder / path, path, (one.n_bytes, one.sha256), verified)
        elif not (folder / path).is_symlink() and not (folder / path).exists():
            verified.note("file missing", path, f"{one.n_bytes:,} bytes", "no file")
    verified.count("files", len(listed))
    recipe = listed.get(RECIPE)
    if recipe is not None and recipe.sha256 != manifest.recipe_sha256:
        verified.note("recipe changed", RECIPE, f"sha256 {manifest.recipe_sha256}", recipe.sha256)
    known = {manifest.sources, *(one.path for one in manifest.data)}
    for path in sorted(readable - known):
        if PurePosixPath(path).suffix in READERS:
            verified.note("rows that are not counted", path, f"a data file in {FILE}", "none")
    foreign = [name for name in FOREIGN if (folder / name).exists()]
    if foreign:
        verified.not_checked.append(
            f"{', '.join(foreign)}: belongs to where the folder was kept, and not to the export."
        )
    return readable


def _check(file: Path, path: str, expected: tuple[int, str], verified: Verified) -> None:
    n_bytes, sha256 = expected
    try:
        size = file.stat().st_size
        if size != n_bytes:
            verified.note("file changed", path, f"{n_bytes:,} bytes", f"{size:,} bytes")
            return
        found = sha256_of(file)
    except OSError as error:
        verified.note("file not readable", path, "a file", error.strerror or "an error")
        return
    if found != sha256:
        verified.note("file changed", path, f"sha256 {sha256}", f"sha256 {found}")
