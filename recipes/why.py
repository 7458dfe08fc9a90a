"""Why: the whole story of one row, from its verdict down to the bytes it came from.

mixture row -> example -> teacher call -> passage -> document -> source, licence, offsets
"""

from dataclasses import asdict
from typing import Any, get_args

from recipes import why_calls, why_twin
from recipes.run_tables import GATES, LEVELS, RunTables
from schemas.errors import TableError

SHORTEST = 6
"""Characters of an id that must be given."""
Story = dict[str, Any]


def why(run: RunTables, row_id: str) -> Story:
    """Everything that the run knows of a row.

    Args:
        run: the run's tables.
        row_id: an example's, passage's or document's id, or its first characters.

    Raises:
        TableError: no row, or several, have such an id.
    """
    level, row = _find(run, row_id)
    story: Story = {"run": str(run.run), "what": level}
    if level == "example":
        story |= _example(run, row)
        passages = run.rows("segment", "id = ?", row["passage_id"])
        story["passage"] = _passage(run, passages[0]) if passages else None
    if level == "passage":
        story["passage"] = _passage(run, row)
        made = run.rows("synthesize", "passage_id = ?", row["id"]) if "synthesize" in run else []
        story["examples"] = [one["id"] for one in made]
    document_id = row["id"] if level == "document" else row["document_id"]
    document = run.rows("collect", "id = ?", document_id)[0]
    story["document"] = _document(document)
    if level == "document":
        of_it = ("document_id = ?", row["id"])
        story["passages"] = [one["id"] for one in run.rows("segment", *of_it)]
        made = run.rows("synthesize", *of_it) if "synthesize" in run else []
        story["examples"] = [one["id"] for one in made]
    return story


def _find(run: RunTables, row_id: str) -> tuple[str, dict[str, Any]]:
    """What the id names, and its row."""
    if len(row_id) < SHORTEST:
        raise TableError(f"{row_id}: too short, give at least {SHORTEST} characters of the id.")
    found = [
        (level, row)
        for level, stage in LEVELS.items()
        if stage in run
        for row in run.rows(stage, "starts_with(id, ?) limit 3", row_id)
    ]
    if not found:
        raise TableError(
            f"{row_id}: no example, passage or document of {run.run} has this id. The report and "
            f"`dataset/` name the ids; --run names another run."
        )
    if len(found) > 1:
        several = ", ".join(f"{level} {row['id']}" for level, row in found)
        raise TableError(f"{row_id}: begins several ids ({several}). Give more characters.")
    return found[0]


def _example(run: RunTables, row: dict[str, Any]) -> Story:
    story: Story = {
        "id": row["id"],
        "messages": row["messages"],
        "task": row["task"],
        "teacher": row["teacher"],
        "call_ids": row["call_ids"],
        "calls": why_calls.behind(row["call_ids"], run.ledger),
        "evidence": row["evidence"],
        "part": row["part"],
        "split": row["split"],
        "verdict": _verdict(run, "example", row),
    }
    if "mix" in run:
        placed = run.rows("mix", "example_id = ?", row["id"])
        story["mixture"] = [
            {
                name: one[name]
                for name in ("split", "position", "epoch", "n_tokens", "n_loss_tokens")
            }
            for one in placed
        ]
    if not story.get("mixture"):
        story["left_out"] = _left_out(run, row)
    story["release"] = releases(row)
    if "tokens" in run:
        counted = run.rows("tokens", "id = ?", row["id"])
        story["problem"] = counted[0]["problem"] if counted else None
        longest = run.table("mix").manifest.facts["max_length"] if "mix" in run else None
        if counted and longest is not None and counted[0]["n_tokens"] > longest:
            story["problem"] = f"{counted[0]['n_tokens']} tokens, longer than max_length {longest}"
    return story


def releases(row: dict[str, Any]) -> Story:
    """open, research, private -> whether an example may be in it, and if not, why."""
    from curate.export.described import Release
    from curate.export.policy import UNSTATED, ruling, table

    known = table()
    terms = row["teacher_license"] or (UNSTATED if row["call_ids"] else None)
    told = (row["license"], terms, row["trainable"] is not False)
    return {name: asdict(ruling(*told, name, known)) for name in get_args(Release)}


def _left_out(run: RunTables, row: dict[str, Any]) -> str | None:
    """Why a kept training row was not drawn from: no rank of the selection, or a cap."""
    import pyarrow.parquet as pq

    from curate.mix.draw import LEFT_OUT

    if "mix" not in run:
        return None
    if "select" in run and row["part"] in run.table("select").manifest.parameters["parts"]:
        ranked = run.rows("select", "id = ?", row["id"])
        if not ranked and row["split"] == "train":
            return f"not selected by {run.table('select').manifest.parameters['method']}"
    file = run.table("mix").folder / LEFT_OUT / "rows.parquet"
    if not file.is_file():
        return None
    found = pq.read_table(file, filters=[("id", "=", row["id"])]).to_pylist()
    return str(found[0]["reason"]) if found else None


def _passage(run: RunTables, row: dict[str, Any]) -> Story:
    return {
        "id": row["id"],
        "section": row["section"],
        "start": row["start"],
        "end": row["end"],
        "text": row["text"],
        "part": row["part"],
        "split": row["split"],
        "verdict": _verdict(run, "passage", row),
    }


def _document(row: dict[str, Any]) -> Story:
    names = ("id", "title", "source", "form", "kind", "license", "domain", "doi", "part", "split")
    return {name: row[name] for name in names} | {"n_characters": len(row["text"])}


def _verdict(run: RunTables, level: str, row: dict[str, Any]) -> Story | None:
    """Kept or not; for each rule that the row fails its SQL and the values it saw."""
    gate = GATES[level]
    if gate not in run:
        return None
    verdict = run.rows(gate, "id = ?", row["id"])[0]
    keep = run.table(gate).manifest.parameters["keep"]
    values = _values(run, gate, row) if verdict["failed"] else {}
    story: Story = {"kept": verdict["kept"], "failed": []}
    for name in verdict["failed"]:
        if name in keep:
            story["failed"].append(
                {"rule": name, "sql": keep[name]["sql"]} | _seen(keep[name], values)
            )
        else:
            story["failed"].append({"rule": name})
    if verdict["duplicate_of"]:
        story["duplicate"] = why_twin.twin(run, level, row, verdict)
    return story


def _seen(rule: dict[str, Any], values: dict[str, Any]) -> Story:
    from curate.screen.rules import check

    columns = sorted(check("rule", rule["sql"]).columns)
    if "contaminated" in columns:
        columns += [name for name in values if name.startswith("contaminated_")]
    return {"values": {column: values.get(column) for column in columns}}


def _values(run: RunTables, gate: str, row: dict[str, Any]) -> dict[str, Any]:
    """The columns that rules can name, of one row."""
    document = run.rows("collect", "id = ?", row["document_id"])[0]
    values = {f"document_{name}": value for name, value in document.items()}
    for stage in run.names:
        if stage.startswith(f"{gate}.") and not stage.endswith((".duplicates", ".semantic")):
            values |= run.rows(stage, "id = ?", row["id"])[0]
    return values | row | ({"text": why_twin.text(row)} if "messages" in row else {})


def lines(story: Story) -> list[str]:
    """The story for a person to read."""
    told = [f"{story['what']} {_id(story)} of run {story['run']}"]
    if story["what"] == "example":
        told += _example_lines(story)
    passage = story.get("passage")
    if passage:
        place = " > ".join(passage["section"]) or "before the first heading"
        told.append(
            f"passage   {passage['id']}, {place}, characters {passage['start']}-{passage['end']}"
        )
        told += _verdict_lines(passage["verdict"])
        told.append(f"          {_line(passage['text'], 300)}")
    document = story["document"]
    told.append(f"document  {document['id']}, {document['title'] or 'without title'}")
    told.append(
        f"          part {document['part']}, split {document['split']}, kind {document['kind']}"
    )
    told.append(f"source    {document['source']}")
    if document["doi"]:
        told.append(f"doi       {document['doi']}")
    told.append(f"licence   {document['license'] or 'unknown'}")
    for name in ("passages", "examples"):
        if name in story:
            told.append(f"{name:<10}{len(story[name])}: {', '.join(story[name][:5])}")
    return told


def _id(story: Story) -> str:
    return str(story.get("id") or (story.get("passage") or story["document"])["id"])


def _example_lines(story: Story) -> list[str]:
    told = [f"{turn['role']:<10}{_line(turn['content'], 400)}" for turn in story["messages"]]
    told.append(f"task      {story['task']}, by {story['teacher']}, calls {len(story['call_ids'])}")
    told += why_calls.lines(story["calls"])
    told += _verdict_lines(story["verdict"])
    for place in story.get("mixture", []):
        again = f", epoch {place['epoch']}" if place["epoch"] else ""
        told.append(f"mixture   {place['split']} row {place['position']}{again}{_tokens(place)}")
    if story.get("mixture") == []:
        problem = story.get("problem")
        kept = f"cannot be trained on: {problem}" if problem else "not drawn"
        kept += f": {story['left_out']}" if story.get("left_out") else ""
        told.append(f"mixture   {kept if story['verdict']['kept'] else 'no, set aside'}")
    told += _release_lines(story["release"])
    for quote in story["evidence"]:
        if quote["match"] == "none":
            told.append(f"evidence  not in the source: {_line(quote['quote'], 200)}")
            continue
        told.append(
            f"evidence  characters {quote['start']}-{quote['end']} ({quote['match']}): "
            f"{_line(quote['quote'], 200)}"
        )
    return told


def _release_lines(releases: Story) -> list[str]:
    told: list[str] = []
    for name, one in releases.items():
        because = f"no: {one['reason']}" + (f" ({one['source']})" if one["source"] else "")
        told.append(
            f"{'release' if not told else '':<10}{name}: {'yes' if one['allowed'] else because}"
        )
    return told


def _tokens(place: Story) -> str:
    if place["n_tokens"] is None:
        return ""
    return f", {place['n_tokens']} tokens, {place['n_loss_tokens']} of them with loss"


def _verdict_lines(verdict: Story | None) -> list[str]:
    if verdict is None:
        return ["verdict   not judged yet"]
    if verdict["kept"]:
        return ["verdict   kept"]
    told = ["verdict   set aside"]
    for failed in verdict["failed"]:
        if "sql" in failed:
            seen = ", ".join(f"{name} = {value!r:.80}" for name, value in failed["values"].items())
            told.append(f"          fails {failed['rule']}: {failed['sql']} (here {seen})")
    if verdict.get("duplicate"):
        told += why_twin.lines(verdict["duplicate"])
    return told


def _line(text: str, longest: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
