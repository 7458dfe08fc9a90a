"""An audit, from the draw to what its answers say of the rules."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.recipes.auditing.sheets import answer, written

Retort = Callable[..., Any]


def put(folder: Path) -> None:
    """Rows of a plain file and the verdicts on them, some with what a spreadsheet would run."""
    rows = [
        {"id": f"p{n}", "text": f"=cmd|'/c calc'!A{n}; mud is wet", "part": "ab"[n % 2]}
        for n in range(40)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    verdicts = pa.table(
        {
            "id": [row["id"] for row in rows],
            "kept": [n % 4 > 0 for n in range(40)],
            "failed": [[] if n % 4 else ["short"] for n in range(40)],
            "n_words": list(range(40)),
        }
    )
    pq.write_table(verdicts, folder / "verdicts.parquet")


def test_a_plain_file_is_audited_from_draw_to_estimate(tmp_path: Path, retort: Retort) -> None:
    put(tmp_path)
    told = retort(
        *("audit", "rows.jsonl", "--verdicts", "verdicts.parquet", "-n", "20", "--json"),
        cwd=tmp_path,
    )
    rows = written(tmp_path / "audit.csv")
    saved = answer(tmp_path / "audit.csv", lambda row: "yes")
    read = retort("audit", "--read", saved.name, "--json", cwd=tmp_path)
    shown = retort("audit", "--read", saved.name, cwd=tmp_path)

    assert told.json["rows"] == len(rows) == 20
    assert all(row["text"].startswith("'=cmd") for row in rows)
    assert "n_words = " in rows[0]["values"]
    assert read.json["gates"][0]["precision"]["value"] == 1.0
    assert 0.5 < read.json["gates"][0]["precision"]["low"] < 1
    assert "short" in shown.out
    assert "of the kept rows 0.000 [0.000, " in shown.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["audit"], "name a run or a recipe"),
        (["audit", "rows.jsonl"], "Name its verdicts with --verdicts"),
        (["audit", "rows.jsonl", "--verdicts", "rows.jsonl"], "no verdicts, it has no column"),
        (["audit", "nowhere"], "no such run"),
        (["audit", "--read", "nothing.csv"], "cannot be read"),
        (["audit", "rows.jsonl", "--verdicts", "verdicts.parquet", "-o", "a.xlsx"], "as .csv"),
        (["audit", "rows.jsonl", "--verdicts", "verdicts.parquet", "--by", "x"], "not a column"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(
    tmp_path: Path, retort: Retort, arguments: list[str], message: str
) -> None:
    put(tmp_path)
    told = retort(*arguments, cwd=tmp_path)

    assert told.status == 2
    assert message in told.err
    assert len(told.err.splitlines()) == 1


def test_a_run_is_audited_with_quotes_in_their_source(
    papers: Path, finished: Path, tmp_path: Path, retort: Retort
) -> None:
    out = tmp_path / "audit.csv"
    told = retort("audit", "small", "--work", finished, "-n", "80", "-o", out, "--json", cwd=papers)
    rows = written(out)
    kept = [row for row in rows if row["gate"] == "screen.examples" and row["verdict"] == "kept"]

    assert told.status == 0, told.err
    assert len(rows) == told.json["rows"] == 80
    assert set(Counter(row["stratum"] for row in rows)) >= {
        f"{one['stratum']} ({one['drawn']} of {one['rows']})" for one in told.json["strata"]
    }
    assert kept
    for row in kept:
        assert "«" in row["evidence"]
        assert row["question"] and row["answer"] and row["title"]
        assert row["source"].startswith("file:")


def test_the_sheet_of_a_screened_file_says_what_its_rules_are(
    tmp_path: Path, retort: Retort
) -> None:
    texts = [{"text": "word " * n} for n in range(1, 21)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, texts)))
    screened = ("screen", "rows.jsonl", "-o", "v.parquet", "--keep", "long=n_words > 5")
    assert retort(*screened, cwd=tmp_path).status == 0

    told = retort("audit", "rows.jsonl", "--verdicts", "v.parquet", "-n", "10", cwd=tmp_path)

    assert told.status == 0, told.err
    rejected = [row for row in written(tmp_path / "audit.csv") if row["verdict"] == "rejected"]
    assert rejected and all("n_words > 5" in row["rule_says"] for row in rejected)


def test_rows_that_share_an_id_are_refused(tmp_path: Path, retort: Retort) -> None:
    rows = [{"id": "x", "text": f"word {n}"} for n in range(4)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    screened = ("screen", "rows.jsonl", "-o", "v.parquet", "--keep", "long=n_words > 5")
    assert retort(*screened, cwd=tmp_path).status == 0

    told = retort("audit", "rows.jsonl", "--verdicts", "v.parquet", cwd=tmp_path)

    assert told.status == 2 and "4 rows have the id x" in told.err
    assert not (tmp_path / "audit.csv").exists()
