"""Texts to judge: articles whole and in passages, abstracts, web pages, and junk made of them.

Reads a folder with jats_plos, jats_epmc_crops, joss_md, manubot_md, arxiv_abstracts,
noise/dolma_testdata, instruct and bench. Articles are read and cut by `retort collect` and
`retort segment`.
"""

import gzip
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

ARTICLES = ("jats_plos", "jats_epmc_crops/xml", "joss_md", "manubot_md")
WEB = ("noise/dolma_testdata", "instruct/llama_factory_demo/c4_demo.jsonl")
FIELDS = ("text", "instruction", "input", "output", "prompt", "response", "passage", "query")
POLICY = "This site uses cookies to serve you better, see our privacy policy for more."
LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor."


def collect(data: Path, work: Path) -> dict[str, list[str]]:
    """Kind -> all its texts."""
    found = {"documents": _articles(data, work, "documents")}
    found["passages"] = _articles(data, work, "passages")
    with gzip.open(data / "arxiv_abstracts" / "arxiv_abstracts.jsonl.gz", "rt") as file:
        found["abstracts"] = [_longest(json.loads(line)) for line in file]
    found["web"] = [text for place in WEB for text in _records(data / place)]
    found["instructions"] = [
        text for place in ("instruct", "bench") for text in _records(data / place)
    ]
    return {kind: [text for text in texts if text] for kind, texts in found.items()}


def draw(found: dict[str, list[str]], n: int, seed: int) -> list[tuple[str, str]]:
    """(kind, text) of n texts, none drawn twice, as many of each kind as there are, and junk."""
    chance = random.Random(seed)
    left = {kind: chance.sample(texts, len(texts)) for kind, texts in found.items()}
    spoilt = found["web"] + found["passages"]
    drawn: list[tuple[str, str]] = []
    while len(drawn) < n:
        drawn += [(kind, texts.pop()) for kind, texts in left.items() if texts]
        drawn.append(("junk", chance.choice(JUNK)(chance.choice(spoilt), chance)))
    return drawn[:n]


def _articles(data: Path, work: Path, stage: str) -> list[str]:
    retort = str(Path(sys.executable).with_name("retort"))
    paths = [str(data / place) for place in ARTICLES if (data / place).exists()]
    if stage == "documents":
        command = [retort, "collect", *paths, "-o", str(work / stage)]
    else:
        command = [retort, "segment", str(work / "documents"), "-o", str(work / stage)]
    if not (work / stage / "manifest.json").exists():
        subprocess.run(command, check=True, capture_output=True)
    return [
        text
        for part in sorted((work / stage).glob("part-*.parquet"))
        for text in pq.read_table(part, columns=["text"])["text"].to_pylist()
    ]


def _records(place: Path) -> list[str]:
    files = sorted(place.rglob("*.json*")) if place.is_dir() else [place]
    texts = []
    for file in files:
        content = file.read_text(encoding="utf-8")
        try:
            rows = json.loads(content)
        except ValueError:
            rows = [json.loads(line) for line in content.splitlines() if line]
        texts += [_joined(row) for row in rows if isinstance(row, dict)]
    return texts


def _joined(row: dict) -> str:
    turns = row.get("conversations") or row.get("messages") or []
    texts = [str(turn.get("value") or turn.get("content") or "") for turn in turns]
    return "\n\n".join(filter(None, texts or [str(row.get(field) or "") for field in FIELDS]))


def _longest(row: dict) -> str:
    return max((value for value in row.values() if isinstance(value, str)), key=len)


def _menu(text: str, chance: random.Random) -> str:
    return "\n".join(" ".join(text.split()[n : n + 3]) for n in range(0, len(text.split()), 3))


def _bullets(text: str, chance: random.Random) -> str:
    return "\n".join("- " + part for part in text.replace("\n", " ").split(". "))


def _repeated(text: str, chance: random.Random) -> str:
    parts = text.replace("\n", " ").split(". ")
    return ".\n".join(parts + chance.choices(parts, k=chance.randrange(1, len(parts) + 1)))


def _again(text: str, chance: random.Random) -> str:
    words = text.split()
    begin = chance.randrange(len(words) + 1)
    some = words[begin : begin + chance.randrange(5, 40)]
    return " ".join(words + some * chance.randrange(1, 6))


def _cut(text: str, chance: random.Random) -> str:
    parts = text.replace("\n", " ").split(". ")
    return "\n".join(part + chance.choice((".", "...", "…", "", "!")) for part in parts)


def _code(text: str, chance: random.Random) -> str:
    return text + "\nfunction show() { return document.title; } // #menu #top.\n" + text[:200]


def _inserted(text: str, chance: random.Random) -> str:
    lines = text.replace(". ", ".\n").split("\n")
    for line in (POLICY, LOREM, "Please enable Javascript to see this page."):
        if chance.random() < 0.5:
            lines.insert(chance.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def _signs(text: str, chance: random.Random) -> str:
    share = chance.random() / 3
    return " ".join(
        chance.choice(("#", "...", "42", "*", "12.5%", "=")) if chance.random() < share else word
        for word in text.split()
    )


def _short(text: str, chance: random.Random) -> str:
    return " ".join(text.split()[: chance.randrange(30, 80)])


JUNK: tuple[Callable[[str, random.Random], str], ...] = (
    *(_menu, _bullets, _repeated, _again, _cut, _code, _inserted, _signs, _short),
)
"""Ways in which a text is spoilt, as pages are."""
