"""The stages as verbs over plain files: what an engineer with one file uses."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Retort = Callable[..., Any]
ALPACA = [
    {"instruction": "Name a metal.", "input": "", "output": "Iron is a metal that rusts in rain."},
    {"instruction": "Name a gas.", "input": "", "output": "Argon is a gas that does not react."},
    {"instruction": "Name a metal.", "input": "", "output": "Iron is a metal that rusts in rain!"},
    {
        "instruction": "Say hello.",
        "input": "In French",
        "output": "Bonjour, “mes” amis, et à demain.",
    },
]


def put(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".json":
        path.write_text(json.dumps(rows))
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".json":
        return list(json.loads(path.read_text()))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    return list(pq.read_table(path).to_pylist())


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv", ".parquet"])
def test_an_instruction_file_is_screened_and_its_rows_come_back_as_they_were(
    tmp_path: Path, retort: Retort, suffix: str
) -> None:
    source = put(tmp_path / f"alpaca{suffix}", ALPACA)
    told = retort(
        *("screen", source.name, "-o", "v.parquet", "--unique", "0.8", "--json"),
        *("--kept", f"clean{suffix}", "--rejected", f"rest{suffix}"),
        cwd=tmp_path,
    )

    assert told.status == 0, told.err
    assert {key: told.json[key] for key in ("rows", "kept", "rules")} == {
        "rows": 4,
        "kept": 3,
        "rules": {"unique": 1},
    }
    verdicts = pq.read_table(tmp_path / "v.parquet").to_pylist()
    assert [row["id"] for row in verdicts] == ["0", "1", "2", "3"]
    assert (verdicts[2]["duplicate_of"], verdicts[2]["similarity"]) == ("0", 1.0)
    assert rows_of(tmp_path / f"clean{suffix}") == [ALPACA[0], ALPACA[1], ALPACA[3]]
    assert rows_of(tmp_path / f"rest{suffix}") == [ALPACA[2]]


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl", ".json"])
def test_verdicts_and_measured_columns_are_in_the_order_of_the_rows(
    tmp_path: Path, retort: Retort, suffix: str
) -> None:
    rows = [{"id": f"r{n}", "text": "word " * n, "license": "MIT"} for n in (9, 2, 7)]
    put(tmp_path / "rows.jsonl", rows)
    told = retort(
        *("screen", "rows.jsonl", "-o", f"v{suffix}", "--measures", "length,license"),
        *("--keep", "long=n_words > 5"),
        cwd=tmp_path,
    )

    assert told.status == 0, told.err
    verdicts = rows_of(tmp_path / f"v{suffix}")
    assert [row["id"] for row in verdicts] == ["r9", "r2", "r7"]
    assert [str(row["n_words"]) for row in verdicts] == ["9", "2", "7"]
    assert [str(row["kept"]).lower() for row in verdicts] == ["true", "false", "true"]
    assert {"license_allowed", "n_characters", "failed", "similarity"} <= set(verdicts[0])


def test_prefer_says_which_copy_stays(tmp_path: Path, retort: Retort) -> None:
    text = "one two three four five six seven eight nine ten"
    put(tmp_path / "r.jsonl", [{"text": text, "year": 1999}, {"text": text, "year": 2020}])
    retort(
        *("screen", "r.jsonl", "-o", "v.jsonl", "--unique", "0.9", "--prefer", "year desc"),
        cwd=tmp_path,
    )

    assert [row["kept"] for row in rows_of(tmp_path / "v.jsonl")] == [False, True]


WORDS = [f"word{number}" for number in range(60)]
CHAIN = [
    WORDS,
    WORDS[:-5] + ["other"] * 5,
    ["another"] * 5 + WORDS[5:-5] + ["other"] * 5,
]
"""Each is like the next (51 of 61 shingles shared), the first and the last are not (46 of 66)."""


def judged(folder: Path, retort: Retort, rows: list[dict[str, Any]], *options: str) -> list[Any]:
    put(folder / "r.jsonl", rows)
    done = retort("screen", "r.jsonl", "-o", "v.jsonl", "--unique", "0.8", *options, cwd=folder)
    assert done.status == 0, done.err
    return [
        (row["kept"], row["failed"], row["duplicate_of"], row["similarity"])
        for row in rows_of(folder / "v.jsonl")
    ]


def test_a_forbidden_copy_never_costs_the_allowed_one(tmp_path: Path, retort: Retort) -> None:
    rows = [
        {"id": "best", "text": " ".join(CHAIN[0]), "license": "CC-BY-NC-4.0"},
        {"id": "free", "text": " ".join(CHAIN[1]), "license": "CC-BY-4.0"},
    ]
    prefer = ("--prefer", "license = 'CC-BY-NC-4.0' desc")

    assert judged(tmp_path, retort, rows, *prefer, "--keep", "licensed=license_allowed") == [
        (False, ["licensed"], None, None),
        (True, [], None, None),
    ]
    assert judged(tmp_path, retort, rows, *prefer) == [
        (True, [], None, None),
        (False, ["unique"], "best", 51 / 61),
    ]


def test_a_chain_loses_its_middle_and_names_the_twin(tmp_path: Path, retort: Retort) -> None:
    rows = [{"id": name, "text": " ".join(text)} for name, text in zip("abc", CHAIN, strict=True)]

    assert judged(tmp_path, retort, rows) == [
        (True, [], None, None),
        (False, ["unique"], "a", 51 / 61),
        (True, [], None, None),
    ]


def test_text_may_be_several_columns_and_is_named_when_it_is_not_known(
    tmp_path: Path, retort: Retort
) -> None:
    put(tmp_path / "r.csv", [{"a": "one two", "b": "three", "n": 1}])
    unknown = retort("screen", "r.csv", "-o", "v.jsonl", cwd=tmp_path)
    known = retort(
        *("screen", "r.csv", "-o", "v.jsonl", "--text", "a", "--text", "b"),
        *("--measures", "length"),
        cwd=tmp_path,
    )

    assert unknown.status == 2 and "a, b, n" in unknown.err and "--text" in unknown.err
    assert known.status == 0, known.err
    assert rows_of(tmp_path / "v.jsonl")[0]["n_words"] == 3


def test_from_a_folder_to_a_mixture_verb_by_verb(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    steps = [
        ("collect", papers / "domain", "-o", "d.parquet", "--part", "domain", "--json"),
        ("segment", "d.parquet", "-o", "p.parquet", "--max-words", "60", "--json"),
        ("synthesize", "p.parquet", "-o", "e.parquet", "--teacher", "miner", "--json"),
        (
            *("screen", "e.parquet", "-o", "v.parquet", "--preset", "science", "--json"),
            *("--documents", "d.parquet", "--kept", "kept.parquet"),
        ),
        ("mix", "--part", "domain=kept.parquet:1.0", "--size", "40", "-o", "mixture", "--json"),
    ]
    told = []
    for step in steps:
        done = retort(*step, cwd=tmp_path)
        assert done.status == 0, done.err
        told.append(done.json)

    assert set(told[0]) == {
        *("requested", "ok", "failed", "skipped", "documents", "seconds", "failures")
    }
    assert told[0]["documents"] == 30
    assert told[2]["examples"] > 100
    assert set(told[2]) == {
        *("requested", "ok", "failed", "skipped", "outcomes", "examples", "calls"),
        *("calls_reused", "tokens", "usd", "seconds"),
    }
    assert told[3]["kept"] == told[3]["rows"]
    assert told[4]["counts"]["train"] == {"domain": 40}
    example = pq.read_table(tmp_path / "e.parquet").to_pylist()[0]
    assert example["license"] == "CC-BY-4.0" and example["source"].startswith("file:paper-")


@pytest.mark.slow
def test_a_table_folder_is_read_and_written_like_a_file(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    for output in ("d", "d.jsonl", "d.json", "d.csv"):
        done = retort("collect", papers / "domain", "-o", output, cwd=tmp_path)
        assert done.status == 0, done.err
        done = retort("segment", output, "-o", f"{output}.p.parquet", cwd=tmp_path)
        assert done.status == 0, done.err

    assert (tmp_path / "d" / "manifest.json").is_file()
    for output in ("d.jsonl", "d.json", "d.csv"):
        assert rows_of(tmp_path / f"{output}.p.parquet") == rows_of(tmp_path / "d.p.parquet")


def test_kept_rows_of_a_table_folder_are_written_to_a_file(
    papers: Path, tmp_path: Path, retort: Retort
) -> None:
    retort("collect", papers / "domain", "-o", "d", cwd=tmp_path)
    done = retort(
        *("screen", "d", "-o", "v.parquet", "--keep", "some=title like '%1%'", "--json"),
        *("--kept", "some.parquet", "--rejected", "rest.parquet"),
        cwd=tmp_path,
    )

    assert done.status == 0, done.err
    some, rest = rows_of(tmp_path / "some.parquet"), rows_of(tmp_path / "rest.parquet")
    assert len(some) == done.json["kept"] and len(some) + len(rest) == 30
    assert all("1" in row["title"] for row in some)


def test_examples_without_a_split_are_given_one(tmp_path: Path, retort: Retort) -> None:
    turns = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    rows = [{"id": f"e{n}", "split": None, "messages": turns} for n in range(100)]
    put(tmp_path / "e.jsonl", [*rows, {"id": "held", "split": "test", "messages": turns}])
    told = retort("mix", "--part", "a=e.jsonl:1.0", "-o", "m", "--json", cwd=tmp_path)

    assert told.status == 0, told.err
    counts = {split: parts["a"] for split, parts in told.json["counts"].items()}
    assert sum(counts.values()) == 101 and min(counts.values()) > 0
    assert "held" in {row["example_id"] for row in rows_of(tmp_path / "m" / "test.parquet")}


def test_failures_of_collect_are_listed_and_counted(tmp_path: Path, retort: Retort) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.md").write_text("# A\n\nThe lattice absorbs heat.\n")
    (tmp_path / "papers" / "b.jsonl").write_text('{"text": "One row."}\n{"text": \n')
    (tmp_path / "papers" / "c.xyz").write_text("?")
    told = retort("collect", "papers", "-o", "d.parquet", "--json", cwd=tmp_path).json

    assert (told["requested"], told["ok"], told["failed"], told["skipped"]) == (4, 2, 2, 0)
    assert told["failures"] == [
        {"path": "file:c.xyz", "reason": "unknown-form"},
        {"path": "file:b.jsonl:2", "reason": "bad-record"},
    ]


def test_limit_reads_the_first_passages_only(papers: Path, tmp_path: Path, retort: Retort) -> None:
    retort("collect", papers / "domain", "-o", "d.parquet", cwd=tmp_path)
    retort("segment", "d.parquet", "-o", "p.parquet", cwd=tmp_path)
    told = retort(
        "synthesize", "p.parquet", "-o", "e.jsonl", "--limit", "3", "--json", cwd=tmp_path
    )

    assert told.json["requested"] == 3
    passages = {row["id"] for row in rows_of(tmp_path / "p.parquet")[:3]}
    assert {row["passage_id"] for row in rows_of(tmp_path / "e.jsonl")} <= passages


def test_ready_instruction_sets_are_mixed_by_share(tmp_path: Path, retort: Retort) -> None:
    numbered = [
        {"instruction": f"Say {n}.", "input": "", "output": f"The number {n}."} for n in range(200)
    ]
    pairs = [{"question": f"What is {n}?", "answer": f"It is {n}."} for n in range(200)]
    put(tmp_path / "alpaca.json", numbered)
    put(tmp_path / "qa.csv", pairs)
    parts = ("--part", "general=alpaca.json:0.25", "--part", "domain=qa.csv:0.75")
    told = retort("mix", *parts, "--size", "100", "-o", "m", "--json", cwd=tmp_path)

    assert told.status == 0, told.err
    assert told.json["counts"]["train"] == {"general": 25, "domain": 75}
    row = rows_of(tmp_path / "m" / "train.parquet")[0]
    assert [turn["role"] for turn in row["prompt"] + row["completion"]] == ["user", "assistant"]
    splits = [
        {row["example_id"] for row in rows_of(tmp_path / "m" / f"{split}.parquet")}
        for split in ("train", "valid", "test")
    ]
    assert not splits[0] & splits[1] and not splits[1] & splits[2] and splits[1] and splits[2]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["a=alpaca.json:0.5", "b=alpaca.json:0.4"], "sum to 0.9"),
        (["a=alpaca.json"], "name=file:share"),
        (["a=alpaca.json:many"], "name=file:share"),
        (["a=no.json:1.0"], "no.json"),
        (["a=odd.jsonl:1.0"], "not examples"),
    ],
)
def test_a_wrong_part_is_one_line(
    tmp_path: Path, retort: Retort, parts: list[str], message: str
) -> None:
    put(tmp_path / "alpaca.json", ALPACA)
    put(tmp_path / "odd.jsonl", [{"x": 1}])
    options = [word for part in parts for word in ("--part", part)]
    done = retort("mix", *options, "-o", "m", cwd=tmp_path)

    assert done.status == 2 and message in done.err and len(done.err.splitlines()) == 1
    assert not (tmp_path / "m").exists()


def test_a_parameter_of_a_measure_can_be_set(tmp_path: Path, retort: Retort) -> None:
    put(tmp_path / "rows.jsonl", [{"text": "one", "abstract": "one two three"}])

    told = retort(
        *("screen", "rows.jsonl", "-o", "v.jsonl", "--with", "length.text=abstract"), cwd=tmp_path
    )

    assert told.status == 0, told.err
    assert rows_of(tmp_path / "v.jsonl")[0]["n_words"] == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("length=3", "not of the form measure.parameter=value"),
        ("length.txt=x", "length.txt: Extra inputs are not permitted"),
        ("lenght.text=x", "Did you mean length?"),
        ("length.text=[", "is not a YAML value"),
    ],
)
def test_a_parameter_that_cannot_be_is_one_line(
    tmp_path: Path, retort: Retort, given: str, said: str
) -> None:
    put(tmp_path / "rows.jsonl", [{"text": "one"}])

    told = retort("screen", "rows.jsonl", "-o", "v.jsonl", "--with", given, cwd=tmp_path)

    assert told.status == 2 and said in told.err and told.err.count("\n") == 1
    assert not (tmp_path / "v.jsonl").exists()


def test_numbers_and_nothing_are_read_as_text(tmp_path: Path, retort: Retort) -> None:
    (tmp_path / "rows.csv").write_text("text\n12\n345\n")
    (tmp_path / "nulls.jsonl").write_text('{"text": null}\n')

    told = retort("screen", "rows.csv", "-o", "v.jsonl", "--measures", "length", cwd=tmp_path)
    nothing = retort("screen", "nulls.jsonl", "-o", "n.jsonl", "--measures", "length", cwd=tmp_path)

    assert told.status == nothing.status == 0, told.err + nothing.err
    assert [row["n_characters"] for row in rows_of(tmp_path / "v.jsonl")] == [2, 3]
    assert rows_of(tmp_path / "n.jsonl")[0]["n_words"] == 0


def test_a_file_cannot_say_of_itself_that_it_is_in_order(tmp_path: Path, retort: Retort) -> None:
    put(tmp_path / "rows.jsonl", [{"text": "short", "n_words": 500, "ID": 3, "N_Words": 9}])

    told = retort("screen", "rows.jsonl", "-o", "v.jsonl", "--preset", "science", cwd=tmp_path)

    assert told.status == 0, told.err
    (row,) = rows_of(tmp_path / "v.jsonl")
    assert "long_enough" in row["failed"] and row["n_words"] == 1


@pytest.mark.parametrize(
    "options",
    [
        ("-o", "rows.jsonl"),
        ("-o", "v.jsonl", "--kept", "rows.jsonl"),
        ("-o", "v.jsonl", "--kept", "v.jsonl"),
        ("-o", "v.jsonl", "--kept", "k.jsonl", "--rejected", "./k.jsonl"),
    ],
)
def test_nothing_is_written_over_what_is_read(
    tmp_path: Path, retort: Retort, options: tuple[str, ...]
) -> None:
    put(tmp_path / "rows.jsonl", [{"text": "one"}])
    before = (tmp_path / "rows.jsonl").read_text()

    told = retort("screen", "rows.jsonl", *options, "--measures", "length", cwd=tmp_path)

    assert told.status == 2 and "Name another file" in told.err and told.err.count("\n") == 1
    assert (tmp_path / "rows.jsonl").read_text() == before
    assert [one.name for one in tmp_path.iterdir()] == ["rows.jsonl"]


def test_lists_are_json_in_csv(tmp_path: Path, retort: Retort) -> None:
    put(tmp_path / "rows.csv", [{"text": "Write to ann@example.org, please."}])

    told = retort("screen", "rows.csv", "-o", "v.csv", "--measures", "pii", cwd=tmp_path)

    assert told.status == 0, told.err
    (row,) = rows_of(tmp_path / "v.csv")
    assert json.loads(row["pii_spans"]) == [{"kind": "email", "start": 9, "end": 24}]
    assert json.loads(row["failed"]) == []
