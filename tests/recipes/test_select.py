"""`retort select`: rows in the order of a method, and methods side by side."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from recipes.verbs.selecting import select

ALPACA = [
    {
        "instruction": f"Say {n}.",
        "input": "",
        "output": " ".join(["word"] * (1 + 7 * n % 40)),
        "n": n,
    }
    for n in range(60)
]


@dataclass(frozen=True)
class Ended:
    """What the verb printed, or the line of its error."""

    out: str
    error: str | None

    @property
    def json(self) -> Any:  # noqa: ANN401
        """What was printed, as JSON."""
        assert self.error is None, self.error
        return json.loads(self.out)


Verb = Callable[..., Ended]


@pytest.fixture
def verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """The verb in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.command()(select)

    def run(*arguments: object) -> Ended:
        done = CliRunner().invoke(app, [str(one) for one in arguments])
        failed = None if done.exception is None else str(done.exception)
        return Ended(done.output, failed)

    return run


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]
    if path.suffix == ".json":
        return json.loads(path.read_text())  # type: ignore[no-any-return]
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="session")
def mined(finished: Path) -> Path:
    """The table of examples that the small recipe mined."""
    (folder,) = (finished / "tables").glob("synthesize-*")
    return folder


def test_the_longest_answers_are_written_first_in_the_inputs_own_form(
    tmp_path: Path, verb: Verb
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ALPACA))
    told = verb("a.json", "-o", "b.json", "--method", "longest", "--size", 5, "--json").json
    written = rows_of(tmp_path / "b.json")

    assert told["rows"] == 5 and told["parts"]["all"]["candidates"] == 60
    lengths = sorted((len(row["output"].split()) for row in ALPACA), reverse=True)
    assert [len(row["output"].split()) for row in written] == lengths[:5]
    assert all(row in ALPACA for row in written)


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv", ".parquet"])
def test_any_form_of_file_is_ranked_by_a_column_of_numbers(
    tmp_path: Path, verb: Verb, suffix: str
) -> None:
    table = pa.Table.from_pylist(ALPACA)
    source, out = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    if suffix == ".parquet":
        pq.write_table(table, source)
    elif suffix == ".json":
        source.write_text(json.dumps(ALPACA))
    elif suffix == ".jsonl":
        source.write_text("\n".join(json.dumps(row) for row in ALPACA))
    else:
        pyarrow.csv.write_csv(table, source)
    done = verb(source, "-o", out, "--method", "judge", "--score", "n", "--size", 3)

    assert done.error is None, done.error
    assert [int(row["n"]) for row in rows_of(out)] == [59, 58, 57]


def test_one_seed_gives_one_selection_and_another_another(tmp_path: Path, verb: Verb) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ALPACA))
    for name, seed in (("b", 1), ("c", 1), ("d", 2)):
        verb("a.json", "-o", f"{name}.json", "--method", "random", "--size", 9, "--seed", seed)
    one, same, other = ((tmp_path / f"{name}.json").read_bytes() for name in "bcd")

    assert one == same and one != other


def test_held_out_rows_are_no_candidates_and_parts_are_ranked_apart(
    mined: Path, tmp_path: Path, verb: Verb
) -> None:
    told = verb(mined, "-o", "b.parquet", "--method", "stratified", "--size", 30, "--json").json
    written = rows_of(tmp_path / "b.parquet")

    assert {part: facts["ranked"] for part, facts in told["parts"].items()} == {
        "domain": 30,
        "general": 30,
    }
    assert {row["split"] for row in written} == {"train"}
    assert [row["part"] for row in written[:4]] == ["domain", "general", "domain", "general"]


def test_a_run_is_selected_from_by_its_name(finished: Path, tmp_path: Path, verb: Verb) -> None:
    done = verb(
        *("small", "--work", finished, "-o", "b.jsonl", "--method", "longest", "--size", 7),
        *("--part", "domain", "--json"),
    )
    written = rows_of(tmp_path / "b.jsonl")

    assert done.json["rows"] == len(written) == 7
    assert {row["part"] for row in written} == {"domain"}
    assert all(row["license"] == "CC-BY-4.0" and row["evidence"] for row in written)


def test_methods_stand_side_by_side(mined: Path, verb: Verb) -> None:
    told = verb(
        *(mined, "--part", "domain", "--compare", "random,longest,stratified"),
        *("--size", 40, "--json"),
    ).json

    assert set(told["overlap"]) == {"random", "longest", "stratified"}
    assert told["overlap"]["longest"]["random"] == told["overlap"]["random"]["longest"] < 1
    assert told["rows"]["longest"] == 40
    assert 0 < told["documents"]["longest"] <= told["documents"]["candidates"]
    for key in ("words", "tasks", "domains"):
        assert sum(told[key]["stratified"].values()) == 40
    assert told["domains"]["random"] == {"chemistry": 40}
    assert all(name.startswith("reading-comprehension/") for name in told["tasks"]["random"])


def test_the_printed_comparison_names_methods_counts_and_bars(mined: Path, verb: Verb) -> None:
    out = verb(mined, "--compare", "random,longest", "--size", 40).out

    assert "rows in common" in out and "of all documents" in out
    assert "reading-comprehension/" in out and "█" in out and "chemistry" in out


@pytest.mark.parametrize("method", ["k-center", "rds", "ifd"])
def test_methods_that_ask_the_base_rank_every_row(
    mined: Path, model_folder: Path, tmp_path: Path, verb: Verb, method: str
) -> None:
    told = verb(
        *(mined, "-o", "b.parquet", "--method", method, "--base", model_folder, "--size", 12),
        *("--part", "domain", "--json"),
    ).json
    written = rows_of(tmp_path / "b.parquet")

    assert told["rows"] == 12 and len({row["id"] for row in written}) == 12


def test_rows_like_those_of_a_file_come_first(
    mined: Path, model_folder: Path, tmp_path: Path, verb: Verb
) -> None:
    rows = pq.read_table(next(mined.glob("part-*.parquet")))
    chosen = [row for row in rows.to_pylist() if row["split"] == "train"][:3]
    pairs = [
        {"question": row["messages"][0]["content"], "answer": row["messages"][1]["content"]}
        for row in chosen
    ]
    (tmp_path / "near.json").write_text(json.dumps(pairs))
    verb(
        *(mined, "-o", "b.parquet", "--method", "rds", "--base", model_folder, "--size", 3),
        *("--targets", "near.json", "--part", chosen[0]["part"]),
    )

    assert [row["messages"][1]["content"] for row in rows_of(tmp_path / "b.parquet")] == [
        pair["answer"] for pair in pairs
    ]


def test_hostile_rows_are_selected_from(tmp_path: Path, verb: Verb) -> None:
    rows = [
        {"instruction": "# [x](y) ---\n{{ 1 }}", "input": None, "output": "a\u0000\u0007<script>"},
        {"instruction": "", "input": "", "output": ""},
        {"instruction": None, "input": None, "output": None},
        {"instruction": "Why?", "input": "", "output": "x" * 200_000},
        {"instruction": "Wie?", "input": "", "output": "漢字" * 50},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    told = verb("a.jsonl", "-o", "b.jsonl", "--method", "longest", "--json").json

    assert told["rows"] + sum(told["set_aside"].values()) == 5
    assert "x" * 200_000 in {row["output"] for row in rows_of(tmp_path / "b.jsonl")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--method", "radnom", "-o", "b.json"], "did you mean random?"),
        (["--method", "random", "-o", "b.json", "--size", "99"], "99 rows of all .* 60 candidates"),
        (["--method", "judge", "-o", "b.json"], "no such column of numbers; it has n"),
        (["--method", "judge", "-o", "b.json", "--score", "output"], "it has n"),
        (["--method", "ifd", "-o", "b.json"], "--base"),
        (["--method", "k-center", "-o", "b.json"], "--base, or for k-center .* --model"),
        (["--method", "rds", "-o", "b.json", "--base", "."], "no config.json"),
        (["--method", "random", "-o", "b.csv"], "written as .json only"),
        (["--method", "random"], "name the file to write"),
        (["--method", "random", "-o", "b.json", "--part", "domian"], "which has all"),
        (["--method", "stratified", "--allocation", "even", "-o", "b.json"], "allocation"),
        (["--compare", "random,longest"], "Add --size"),
        (["--compare", "random,random", "--size", "3"], "each method once"),
        (["--compare", "random,longset", "--size", "3"], "did you mean longest?"),
        (["-o", "b.json"], "give --method"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    tmp_path: Path, verb: Verb, arguments: list[str], said: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ALPACA))
    done = verb("a.json", *arguments)

    assert done.error is not None and re.search(said, done.error), done.error
    assert "\n" not in done.error and len(list(tmp_path.iterdir())) == 1


def test_ids_that_come_twice_are_refused(tmp_path: Path, verb: Verb) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{**row, "id": "same"} for row in ALPACA]))

    done = verb("a.json", "-o", "b.json", "--method", "random")

    assert done.error is not None and "60 rows have 1 different ids" in done.error


def test_a_file_that_is_not_there_is_named(verb: Verb) -> None:
    done = verb("no.json", "-o", "b.json", "--method", "random")

    assert done.error is not None and "no.json: no such file" in done.error


def test_the_commands_of_the_documentation_name_options_that_there_are() -> None:
    root = Path(__file__).resolve().parents[2]
    text = (root / "docs" / "select.md").read_text(encoding="utf-8")
    app = typer.Typer()
    app.command()(select)
    known = {option for one in typer.main.get_command(app).params for option in one.opts}
    shown = re.findall(r"^\$ retort select (.+)$", text, re.MULTILINE)

    assert len(shown) == 5
    for line in shown:
        assert {word for word in line.split() if word.startswith("-")} <= known, line


@pytest.fixture(scope="module")
def embedding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights, as sentence-transformers saves it."""
    pytest.importorskip("sentence_transformers")
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    plain = tmp_path_factory.mktemp("bert")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "say", "word", *map(str, range(60))]
    tokenizer = BertTokenizerFast(vocab={word: n for n, word in enumerate(vocabulary)})
    tokenizer.save_pretrained(str(plain))
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, initializer_range=0.5,
    )  # fmt: skip
    BertModel(config).save_pretrained(str(plain))
    folder = tmp_path_factory.mktemp("embedding")
    modules = [Transformer(str(plain), max_seq_length=24), Pooling(16)]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder), create_model_card=False)
    return folder


def test_k_center_over_embeddings_takes_far_rows_and_says_what_was_cut(
    tmp_path: Path, verb: Verb, embedding: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ALPACA))
    told = verb(
        *("a.json", "-o", "b.json", "--method", "k-center", "--model", embedding),
        *("--size", 12, "--json"),
    ).json

    assert told["parts"]["all"]["ranked"] == 12 == len(rows_of(tmp_path / "b.json"))
    assert 0 < told["parts"]["all"]["radius"] <= 2
    assert told["not_measured"]["cut by the model for embeddings"] > 0
