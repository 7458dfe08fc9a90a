"""What several tests stand on: a small corpus of our own, a recipe over it, the command line."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Two test processes and what they start share the cores: threads that wait by spinning would take
# the time of those that work. Set before torch is imported anywhere; subprocesses inherit it.
os.environ["OMP_NUM_THREADS"] = "1"

settings.register_profile("retort", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("retort")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"

SUBJECTS = (
    "lattice membrane catalyst estuary spectrum residue kernel plasma sediment enzyme".split()
)
VERBS = "absorbs releases scatters stores filters amplifies carries slows binds reflects".split()
OBJECTS = "heat water light charge carbon oxygen energy salt pressure noise".split()
PLACES = "at night|in winter|under load|near the coast|in vacuum|at low flow|in the dark".split("|")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the folder of real papers is not beside this checkout")
    return SHARED


def sentence(draw: random.Random) -> str:
    subject, other = draw.sample(SUBJECTS, 2)
    verb, thing, place = draw.choice(VERBS), draw.choice(OBJECTS), draw.choice(PLACES)
    number = draw.randint(2, 9999)
    return draw.choice(
        [
            f"The {subject} of sample {number} {verb} more {thing} {place} than the {other} does.",
            f"A {subject} number {number} is a {other} that {verb} {thing} {place}.",
            f"However, the {subject} in run {number} {verb} less {thing} {place} than expected.",
            f"Therefore, any {subject} of lot {number} {verb} the {thing} of its {other} {place}.",
            f"The {other} fails because the {subject} of lot {number} {verb} more {thing} {place}.",
        ]
    )


def paper(number: int, seed: int) -> str:
    """A Markdown paper of our own making."""
    draw = random.Random(f"{seed}-{number}")
    title = f"On the {draw.choice(SUBJECTS)} of site {number}"
    lines = ["---", f"title: {title}", "license: CC-BY-4.0", "---", "", f"# {title}", ""]
    for heading in ("Background", "What was measured", "What follows from it"):
        lines += [f"## {heading}", ""]
        for _ in range(3):
            lines += [" ".join(sentence(draw) for _ in range(5)), ""]
    return "\n".join(lines)


def write_papers(folder: Path, n: int, seed: int) -> Path:
    folder.mkdir(parents=True)
    for number in range(n):
        (folder / f"paper-{number:03}.md").write_text(paper(number, seed), encoding="utf-8")
    return folder


RECIPE = """
name: small
seed: 3
collect:
  domain:  [{from: files, paths: [domain], domain: chemistry}]
  general: [{from: files, paths: [general]}]
holdout: {valid: 0.1, test: 0.1}
segment: {max_words: 80}
screen:
  passages: {preset: science, keep: {licensed: license_allowed}, unique: {threshold: 0.8}}
  examples: {preset: science, unique: {threshold: 0.8}}
mix: {parts: {domain: 0.75, general: 0.25}, size: 200}
"""


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `small.yaml` and the papers it names; tests copy it before a change."""
    folder = tmp_path_factory.mktemp("papers")
    write_papers(folder / "domain", 30, seed=1)
    write_papers(folder / "general", 20, seed=2)
    (folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401  whatever was printed
        """What was printed, as JSON."""
        return json.loads(self.out)


Retort = Callable[..., Ended]


@pytest.fixture
def retort() -> Retort:
    """Run the command line in a process of its own, as a user does."""

    def run(
        *arguments: object, cwd: Path, env: dict[str, str] | None = None, timeout: float = 300
    ) -> Ended:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "retort", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "200", **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


def loaded_by(arguments: list[str], cwd: Path, modules: set[str]) -> tuple[Ended, set[str], float]:
    """Run the command line; also gives which of some modules it loaded, and its seconds."""
    script = (
        "import sys, retort\n"
        "try: retort.main()\n"
        "except SystemExit as end: status = end.code or 0\n"
        f"sys.stderr.write('\\n' + ' '.join({modules!r} & set(sys.modules)))\n"
        "sys.exit(status)\n"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    said, _, loaded = done.stderr.rpartition("\n")
    return Ended(done.returncode, done.stdout, said), set(loaded.split()), seconds


@pytest.fixture(scope="session")
def finished(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A work folder in which the small recipe has run; tests only read it."""
    work = tmp_path_factory.mktemp("finished") / "work"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "retort", "run", "small.yaml", "--work", str(work)],
        cwd=papers,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield work


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama as save_pretrained writes it; tests copy it before a change."""
    pytest.importorskip("torch")
    from schemas.training import Pretrain
    from train.pretrain import pretrain
    from train.runtime import quiet
    from train.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("model")
    draw = random.Random(4)
    texts = [" ".join(sentence(draw) for _ in range(5)) for _ in range(80)]
    settings = Pretrain(
        layers=1, width=32, heads=2, vocab=400, context=256, tokens=10_000, batch_tokens=1_024
    )
    train_tokenizer(texts, settings.vocab, settings.context, folder)
    with quiet():
        pretrain(texts, [], folder, settings, 1, folder, lambda line: None)
    return folder
