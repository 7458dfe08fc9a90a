"""The report page: its numbers are the tables', its text is never obeyed, it stands on its own."""

import itertools
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.report import lengths, text, write_report
from schemas.recipe import Recipe
from schemas.rows import (
    DOCUMENTS,
    EXAMPLES,
    MIXTURE,
    PASSAGES,
    VERDICTS,
    Document,
    Evidence,
    Example,
    Failure,
    Message,
    Passage,
)
from schemas.tables import Writer

STAGES = ("collect", "segment", "screen.passages", "synthesize", "screen.examples", "mix")
RULES = {"passages": ("long_enough", "licensed"), "examples": ("grounded", "answer_hidden")}
VOID = {"meta", "link", "rect", "line", "circle", "br", "hr", "img", "input"}
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=alert(1)></style><style>*{}</style>"
    '"\'><a href="javascript:alert(1)">link</a> {{7*7}} {% raw %} &lt; \u202egnp.exe \x1b[31m\x00'
)
RECIPE = Recipe.model_validate(
    {
        "name": "small",
        "seed": 11,
        "collect": {
            "domain": [{"from": "files", "paths": ["papers"]}],
            "general": [{"from": "files", "paths": ["notes"]}],
        },
        "screen": {
            "passages": {
                "preset": "science",
                "keep": {"licensed": {"sql": "license_allowed", "parts": ["domain"]}},
                "unique": {"threshold": 0.8},
            },
            "examples": {"preset": "science", "unique": {"threshold": 0.8}},
        },
        "mix": {"parts": {"domain": 0.75, "general": 0.25}, "size": 12},
    }
)


@dataclass
class Rows:
    """The rows of every table of one small run."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=list)
    passage_verdicts: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, Any]] = field(default_factory=list)
    example_verdicts: list[dict[str, Any]] = field(default_factory=list)
    mixture: list[dict[str, Any]] = field(default_factory=list)


def rows_of(planted: str = "", n_documents: int = 24) -> Rows:
    """Documents of three sentences, a passage and an example for each sentence."""
    rows, dice = Rows(), random.Random(3)
    for number in range(n_documents):
        sentences = [f"Sentence {at} of work {number} is about heat. " for at in range(3)]
        document = Document(
            source=f"file:papers/{number}.md{planted}",
            form="markdown",
            text=planted + "".join(sentences),
            title=f"Work {number}{planted}",
            license=f"CC-BY-4.0{planted}" if number % 3 else None,
            domain=f"chemistry{planted}",
        )
        part, split = (
            ("domain", "general")[number % 2],
            ("train", "train", "valid", "test")[number // 2 % 4],
        )
        rows.documents.append({**document.row(), "part": part, "split": split})
        start = len(planted)
        for at, sentence in enumerate(sentences):
            first = start if at else 0
            start = start + len(sentence)
            passage = Passage(
                id=f"{number:016x}{at:016x}",
                document_id=document.id,
                part=part,
                split=split,  # type: ignore[arg-type]
                section=[f"Methods{planted}"],
                start=first,
                end=start,
                text=document.text[first:start],
                n_words=dice.randint(3, 220),
                title=document.title,
                source=document.source,
                license=document.license,
                domain=document.domain,
            )
            rows.passages.append(asdict(passage))
            quote = sentence.strip()
            begin = document.text.index(quote)
            example = Example(
                part=part,
                split=split,  # type: ignore[arg-type]
                messages=[
                    Message("user", f"What is sentence {at} of {number}?{planted}"),
                    Message("assistant", quote + planted),
                ],
                task=f"reading/{('summary', 'definition')[at % 2]}{planted}",
                domain=document.domain,
                document_id=document.id,
                passage_id=passage.id,
                context=passage.text,
                evidence=[Evidence(quote, begin, begin + len(quote))],
                teacher="miner",
                license=document.license,
                source=document.source,
            )
            rows.examples.append(example.row())
    rows.passage_verdicts = verdicts(rows.passages, RULES["passages"], dice)
    rows.example_verdicts = verdicts(rows.examples, RULES["examples"], dice)
    kept = {one["id"] for one in rows.example_verdicts if one["kept"]}
    rows.mixture = [
        {
            "position": position,
            "example_id": example["id"],
            "part": example["part"],
            "split": example["split"],
            "epoch": 0,
            "n_tokens": None,
            "n_loss_tokens": None,
            "prompt": example["messages"][:-1],
            "completion": example["messages"][-1:],
        }
        for position, example in enumerate(rows.examples)
        if example["id"] in kept
    ]
    return rows


def verdicts(
    rows: Sequence[Mapping[str, Any]], rules: Sequence[str], dice: random.Random
) -> list[dict[str, Any]]:
    """Some rows fail one rule, some two; two rows repeat the first one."""
    found = []
    for place, row in enumerate(rows):
        failed = [rule for rule in rules if place > 2 and dice.random() < 0.25]
        repeats = place in (1, 2)
        found.append(
            {
                "id": row["id"],
                "kept": not failed and not repeats,
                "failed": ["unique"] if repeats else failed,
                "duplicate_of": rows[0]["id"] if repeats else None,
                "similarity": {1: 0.875, 2: 1.0}.get(place) if repeats else None,
            }
        )
    return found


def write(
    folder: Path,
    stage: str,
    schema: pa.Schema,
    rows: Sequence[Mapping[str, Any]],
    failures: Sequence[Failure] = (),
) -> Path:
    with Writer(folder / f"{stage}-0123abcd", schema) as out:
        out.write(rows)
        if "kept" in schema.names:
            out.kept = sum(row["kept"] for row in rows)
        for failure in failures:
            out.fail(failure)
        if failures:
            out.skip("read twice", 4)
            out.notes.append("A note <b>for</b> the reader.")
        out.finish(
            stage=stage, version=1, fingerprint="0" * 64, parameters={}, parents=[], retort="9.8.7"
        )
    return out.folder


def tables_of(rows: Rows, folder: Path, planted: str = "") -> dict[str, Path]:
    """Stage -> folder of its table."""
    folder.mkdir(exist_ok=True)
    failures = [Failure(f"file:broken-{n}.pdf{planted}", "unreadable", f"page {n}") for n in (1, 2)]
    return {
        "collect": write(folder, "collect", DOCUMENTS, rows.documents, failures),
        "segment": write(folder, "segment", PASSAGES, rows.passages),
        "screen.passages": write(folder, "screen.passages", VERDICTS, rows.passage_verdicts),
        "synthesize": write(folder, "synthesize", EXAMPLES, rows.examples),
        "screen.examples": write(folder, "screen.examples", VERDICTS, rows.example_verdicts),
        "mix": write(folder, "mix", MIXTURE, rows.mixture),
    }


class Page(HTMLParser):
    """What a browser would find in the page: its tags, attributes, and the text of each element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for `<tag …>`."""
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Called for `</tag>`."""
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        """Called for text between tags."""
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def rows(self) -> list[list[str]]:
        """The cells of every line of every table, white space collapsed."""
        lines = re.findall(r"<tr.*?</tr>", self.html, re.DOTALL)
        cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]
        return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return rows_of()


@pytest.fixture(scope="module")
def tables(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return tables_of(rows, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def page(tables: dict[str, Path]) -> Page:
    return Page(write_report(RECIPE, tables))


def expected_levels(rows: Rows) -> dict[str, Counter[str]]:
    """Level -> part -> rows, counted in Python."""
    kept = {one["id"] for one in (*rows.passage_verdicts, *rows.example_verdicts) if one["kept"]}
    by_split = {
        f"mixture: {split}": [one for one in rows.mixture if one["split"] == split]
        for split in ("train", "valid", "test")
    }
    by_level = {
        "documents": rows.documents,
        "passages": rows.passages,
        "kept passages": [one for one in rows.passages if one["id"] in kept],
        "examples": rows.examples,
        "kept examples": [one for one in rows.examples if one["id"] in kept],
        **by_split,
    }
    return {name: Counter(one["part"] for one in found) for name, found in by_level.items()}


def test_every_level_of_the_funnel_counts_the_rows_of_its_table(page: Page, rows: Rows) -> None:
    blocks = re.findall(
        r"<h3><span>(.*?)</span> <span>(.*?)</span></h3>(.*?)</ul>", page.html, re.S
    )
    found = {
        name: (int(total), dict(re.findall(r'title="(\w+)".*?class="n">(\d+)<', bars)))
        for name, total, bars in blocks
    }

    for name, parts in expected_levels(rows).items():
        total, bars = found[name]
        assert total == parts.total()
        assert Counter({part: int(n) for part, n in bars.items()}) == parts


@pytest.mark.parametrize("gate", ["passages", "examples"])
def test_every_rule_says_how_many_rows_it_set_aside_and_how_many_alone(
    page: Page, rows: Rows, gate: str
) -> None:
    judged = rows.passage_verdicts if gate == "passages" else rows.example_verdicts
    lines = {row[0].split()[0]: row[1:] for row in page.rows() if len(row) == 3}

    for rule in RULES[gate]:
        n = sum(rule in one["failed"] for one in judged)
        alone = sum(one["failed"] == [rule] for one in judged)
        assert lines[rule] == [str(n), str(alone)]
    assert lines["unique"] == ["2", "2"]


def test_a_rule_stands_with_its_sql_its_reason_and_its_parts(page: Page) -> None:
    told = [row[0] for row in page.rows() if len(row) == 3]

    assert "licensed license_allowed Only in domain." in told
    assert any(one.startswith("grounded evidence_verified Every quote must stand") for one in told)
    assert any("1 hold the same shingles" in one for one in told)


def test_requested_is_obtained_failed_and_skipped(page: Page) -> None:
    (line,) = (row for row in page.rows() if row and row[0] == "collect" and len(row) == 5)
    requested, *others = (int(cell) for cell in line[1:])

    assert others == [24, 2, 4]
    assert requested == sum(others)
    assert "unreadable: 2 failed" in page.html
    assert "read twice: 4 skipped" in page.html
    assert "file:broken-1.pdf" in page.html


def test_the_mixture_shows_what_was_asked_and_what_was_realised(page: Page, rows: Rows) -> None:
    lines = {row[0]: row[1:] for row in page.rows() if len(row) == 7 and "%" in row[1]}
    n = Counter((one["part"], one["split"]) for one in rows.mixture)
    train = n["domain", "train"] + n["general", "train"]
    realised = f"{100 * n['domain', 'train'] / train:.0f} %"

    assert lines["domain"] == [
        "75 %",
        "9",
        str(n["domain", "train"]),
        realised,
        str(n["domain", "valid"]),
        str(n["domain", "test"]),
    ]
    assert lines["all"][1:3] == ["12", str(train)]


def test_evidence_is_marked_at_its_offsets_and_nowhere_else(page: Page, rows: Rows) -> None:
    quotes = {one["evidence"][0]["quote"] for one in rows.examples}
    shown = re.findall(r'<article class="card beside">.*?</article>', page.html, re.DOTALL)
    marks = [re.findall(r"<mark>(.*?)</mark>", card) for card in shown]

    assert shown
    assert all(len(found) == 1 and found[0] in quotes for found in marks)


def test_a_quote_that_is_not_at_its_offsets_is_named_and_not_marked(tmp_path: Path) -> None:
    rows = rows_of(n_documents=4)
    for example in rows.examples:
        example["evidence"][0]["start"] += 1
    page = write_report(RECIPE, tables_of(rows, tmp_path))
    shown = "".join(re.findall(r'<article class="card beside">.*?</article>', page, re.DOTALL))

    assert "<mark>" not in shown
    assert "does not stand in the passage at its offsets" in shown


def test_two_kept_examples_of_each_family_are_shown(page: Page, rows: Rows) -> None:
    kept = {one["id"] for one in rows.example_verdicts if one["kept"]}
    for family in ("reading/summary", "reading/definition"):
        ids = sorted(one["id"] for one in rows.examples if one["task"] == family)
        for expected in [one for one in ids if one in kept][:2]:
            assert f"retort why {expected}" in page.html


def test_duplicates_stand_side_by_side_with_their_similarity(page: Page, rows: Rows) -> None:
    first, second, third = (one["id"] for one in rows.passages[:3])
    pairs = re.findall(r"Similarity ([\d.]+)\..*?why (\w+).*?why (\w+)", page.html, re.DOTALL)

    assert ("0.875", second, first) in pairs
    assert ("1.000", third, first) in pairs


def test_seed_version_tables_notes_and_recipe_are_named(page: Page) -> None:
    assert "Seed 11, Retort 9.8.7" in page.html
    assert "segment-0123abcd" in page.html
    assert "A note &lt;b&gt;for&lt;/b&gt; the reader." in page.html
    assert "max_words: 220" in page.texts["pre"][0]


def test_the_same_tables_give_the_same_page(tables: dict[str, Path], page: Page) -> None:
    assert write_report(RECIPE, tables) == page.html


@pytest.mark.parametrize("last", range(len(STAGES) + 1))
def test_a_run_that_was_cut_short_has_a_page(tables: dict[str, Path], last: int) -> None:
    made = {stage: tables[stage] for stage in STAGES[:last]}
    page = Page(write_report(RECIPE, made))

    assert not page.unbalanced
    assert not page.open
    assert ("This run ended after" in page.html) == ("mix" not in made)
    assert page.html.count("<h3><span>") == (0, 1, 2, 3, 4, 5, 8)[last]
    for stage in STAGES:
        assert (f"{stage}-0123abcd" in page.html) == (stage in made)


def test_an_empty_corpus_has_a_page(tmp_path: Path) -> None:
    assert "0 training examples" in write_report(RECIPE, tables_of(Rows(), tmp_path))


def test_text_of_the_corpus_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    rule = {"sql": "title <> '<script>{{7*7}}'", "reason": HOSTILE}
    screen = {"passages": {"keep": {"sly": rule}}, "examples": {"keep": {"sly": rule}}}
    recipe = Recipe.model_validate(
        {**RECIPE.model_dump(by_alias=True, exclude={"screen"}), "screen": screen}
    )
    rows = rows_of(HOSTILE, n_documents=6)
    page = Page(write_report(recipe, tables_of(rows, tmp_path, HOSTILE)))
    links = {value for name, value in page.attributes if name in ("href", "src")}

    assert not page.unbalanced
    assert page.tags["script"] == page.tags["img"] == 0
    assert page.tags["style"] == 1
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("#") or value == "data:," for value in links)
    assert "{{7*7}}" in page.html
    assert "⟨U+202E⟩gnp.exe ⟨U+001B⟩[31m⟨U+0000⟩" in page.html
    assert not text.HIDDEN.search(page.html)


def test_the_page_needs_nothing_but_itself(page: Page) -> None:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

    assert any(name == "content" and value.startswith(policy) for name, value in page.attributes)
    assert "http://" not in page.html
    assert "https://" not in page.html
    assert "url(" not in page.html
    assert page.tags["script"] == 0


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", page.html)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_ids_of_sections_are_unique_and_every_link_leads_to_one(page: Page) -> None:
    ids = [value for name, value in page.attributes if name == "id"]
    links = {value[1:] for name, value in page.attributes if name == "href" and value[0] == "#"}

    assert len(ids) == len(set(ids))
    assert links <= set(ids)


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70))))
def test_marking_changes_no_character(whole: str, spans: list[tuple[int, int]]) -> None:
    pieces = text.marked(whole, spans, limit=1_000)
    covered = {at for start, end in spans for at in range(start, min(end, len(whole)))}

    assert "".join(one.text for one in pieces) == whole
    assert sum(len(one.text) for one in pieces if one.marked) == len(covered)


@given(st.text(alphabet="ab c\n", max_size=80), st.text(alphabet="ab c\n", max_size=80))
def test_differences_change_no_character(one: str, other: str) -> None:
    left, right = text.differences(one, other, limit=1_000)

    assert "".join(piece.text for piece in left) == one
    assert "".join(piece.text for piece in right) == other


@given(st.text(max_size=400), st.integers(1, 100))
def test_a_shortened_text_says_how_much_is_missing(whole: str, limit: int) -> None:
    short = text.shortened(whole, limit)
    gap = re.search(r" … \[([\d,]+) characters left out\] … ", short)

    if gap is None:
        assert short == whole
    else:
        assert len(short) - len(gap[0]) + int(gap[1].replace(",", "")) == len(whole)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=200))
def test_a_histogram_holds_every_row_within_its_frame(words: list[int]) -> None:
    with duckdb.connect() as database:
        database.register("rows", pa.table({"n": words, "kept": [True] * len(words)}))
        figure = lengths.figure(database, "Words", "rows", "n", True)

    assert figure is not None
    assert sum(int(bar.label.rsplit(": ")[-1].replace(",", "")) for bar in figure.bars) == len(
        words
    )
    assert (figure.shortest, figure.longest) == (min(words), max(words))
    for bar in figure.bars:
        assert bar.x >= lengths.LEFT
        assert bar.x + bar.width <= lengths.WIDTH - lengths.RIGHT + 0.5
        assert 0 <= bar.kept_height <= bar.height <= lengths.HEIGHT - lengths.TOP - lengths.BOTTOM


@pytest.mark.parametrize(
    ("n", "of", "told"),
    [(0, 0, "–"), (0, 5, "0 %"), (5, 5, "100 %"), (1, 300, "0.3 %"), (2, 3, "67 %")],
)
def test_a_share_never_rounds_something_to_nothing(n: int, of: int, told: str) -> None:
    assert text.share(n, of) == told


@pytest.mark.slow
def test_a_browser_shows_it_without_complaint_and_without_sideways_scrolling(
    tmp_path: Path,
) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium is installed; the page is looked at in a real browser with it")
    planted = f"{HOSTILE} {'x' * 600} "
    tables = tables_of(rows_of(planted, n_documents=6), tmp_path, planted)
    page = write_report(RECIPE, tables).replace("<details>", "<details open>")
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    frame = (
        "<iframe src='report.html' width='390' height='900' style='border:0'></iframe>"
        "<script>onload = () => { const page = frames[0].document.documentElement;"
        "const width = `${page.scrollWidth} of ${page.clientWidth}`;"
        "document.title = `${frames[0].document.title}: ${width}`; }</script>"
    )
    (tmp_path / "frame.html").write_text(frame, encoding="utf-8")
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    )
    options += "--disable-background-networking --disable-component-update --disable-sync "
    options += "--allow-file-access-from-files --enable-logging=stderr --v=0 --dump-dom"
    shown = subprocess.run(
        [
            browser,
            *options.split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            (tmp_path / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert "<title>small · Retort: 390 of 390</title>" in shown.stdout
    assert "CONSOLE" not in shown.stderr
