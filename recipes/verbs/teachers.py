"""Verbs around teachers: synthesize, calibrate, calls."""

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from recipes.verbs.run import Json, Work
from recipes.verbs.tables import Out, Table

Key = Annotated[
    str | None, typer.Option("--key", metavar="VARIABLE", help="Variable that holds the key.")
]
Budget = Annotated[
    list[str] | None,
    typer.Option("--budget", metavar="usd=N", help="The most to pay: usd, tokens or calls."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Another key of the teacher's block."),
]
MINER = "miner"
LISTED = 20


def synthesize(
    table: Table,
    out: Out,
    teacher: Annotated[
        str, typer.Option("--teacher", metavar="miner|URL", help="miner, or an API's address.")
    ] = MINER,
    model: Annotated[str | None, typer.Option("--model", help="The model's name there.")] = None,
    task: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="NAME|FILE", help="What is asked; may be repeated."),
    ] = None,
    key: Key = None,
    budget: Budget = None,
    set_: Settings = None,
    limit: Annotated[int | None, typer.Option("--limit", help="Passages to read.", min=1)] = None,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Make examples from passages: mined, or asked of a model.

    Example: retort synthesize passages.parquet -o examples.parquet --teacher miner
    """
    from curate.synthesize.calls import path_in
    from recipes import plain_teaching
    from recipes.show import Teller, print_json, say
    from recipes.work import Work as Work_

    block, hosts = _block(teacher, model, task or [], key, budget or [], set_ or [])
    held = Work_(work).locked(f"synthesize {table}") if hosts else contextlib.nullcontext()
    with Teller(quiet=json) as teller, held:
        made = plain_teaching.synthesize(
            *(table, out, block, hosts, limit, path_in(work)), teller.line("synthesize")
        )
    told = made.told
    if json:
        print_json(told)
    else:
        say(
            f"{out}: {told['examples']:,} examples; requested {told['requested']:,} = ok "
            f"{told['ok']:,} + failed {told['failed']:,} + skipped {told['skipped']:,}"
        )
        if told["outcomes"]:
            said = ", ".join(f"{outcome} {n:,}" for outcome, n in told["outcomes"].items())
            say(
                f"{told['calls']:,} calls, {told['calls_reused']:,} reused, {told['tokens']:,} "
                f"tokens, ${told['usd']:.4f}; {said}"
            )
    for note in made.notes:
        typer.echo(note, err=True)
    if made.halt is not None:
        raise made.halt


def _block(
    teacher: str,
    model: str | None,
    tasks: list[str],
    key: str | None,
    budget: list[str],
    sets: list[str],
) -> tuple[dict[str, Any], dict[str, str | None]]:
    """The options as a recipe's `synthesize` block, and the host that they allow."""
    from schemas.errors import RecipeError
    from schemas.recipe import ASKED, MINED

    given = _values(sets, "--set")
    if teacher == MINER:
        if model or key or budget:
            raise RecipeError("synthesize: --model, --key and --budget go with --teacher URL.")
        return {"teachers": [{"kind": MINER, **given}], "tasks": tasks or [MINED]}, {}
    if not teacher.startswith(("http://", "https://")) or model is None:
        raise RecipeError(
            f"--teacher {teacher}: give miner, or the address of an API, as "
            f"http://127.0.0.1:8000/v1, with --model NAME."
        )
    block: dict[str, Any] = {
        "teachers": [{"kind": "openai", "base_url": teacher, "model": model, "key": key, **given}],
        "tasks": tasks or [ASKED],
    }
    if budget:
        block["budget"] = _values(budget, "--budget")
    return block, {_host(teacher): key}


def _values(given: list[str], option: str) -> dict[str, Any]:
    """`name=value` options, their values read as YAML."""
    import yaml

    from recipes.options import pairs
    from schemas.errors import RecipeError

    found = {}
    for name, value in pairs(given, option).items():
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise RecipeError(f"{option} {name}={value}: {value!r} is not a YAML value.") from error
    return found


def _host(url: str) -> str:
    """The host of an address that the user gave, which allows it."""
    from urllib.parse import urlsplit

    from schemas.errors import RecipeError

    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError as error:
        raise RecipeError(f"--teacher {url}: no address ({error}). Correct it.") from error


def calibrate(
    gold: Annotated[
        Path,
        typer.Argument(help="Examples with their passage and a label: good or bad, or 1 to 5."),
    ],
    teacher: Annotated[str, typer.Option("--teacher", metavar="URL", help="An API's address.")],
    model: Annotated[str, typer.Option("--model", help="The model's name there.")],
    key: Key = None,
    budget: Budget = None,
    set_: Settings = None,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Times each is judged.")] = 1,
    corruptions: Annotated[
        int, typer.Option("--corruptions", min=0, help="Copies made worse, of each kind, at most.")
    ] = 100,
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Compare a judge's scores with labels, and with what is made worse on purpose.

    Example: retort calibrate gold.jsonl --teacher http://127.0.0.1:8000/v1 --model judge
    """
    from curate.synthesize.calls import path_in
    from recipes import calibrate as calibrating
    from recipes.options import validated
    from recipes.show import Teller, print_json, print_table, say
    from recipes.work import Work as Work_
    from schemas.errors import RecipeError
    from schemas.recipe import Synthesize

    if teacher == MINER:
        raise RecipeError("--teacher miner: it judges nothing. Give an API's address.")
    block, hosts = _block(teacher, model, [], key, budget or [], set_ or [])
    with Teller(quiet=json) as teller, Work_(work).locked(f"calibrate {gold}"):
        found = calibrating.calibrate(
            *(gold, validated(Synthesize, block), hosts, samples, corruptions, path_in(work)),
            teller.line("calibrate"),
        )
    if json:
        print_json(found.told)
    else:
        columns, rows = calibrating.rows_of(found.told)
        print_table(columns, rows, title="AUC of labelled good examples against each kind of bad")
        for line in calibrating.lines(found.told):
            say(line)
    for note in found.notes:
        typer.echo(note, err=True)
    if found.halt is not None:
        raise found.halt


def calls(
    show: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="A call's key, or its beginning.")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List single calls, the latest first.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Calls to list.")] = LISTED,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write all of them to a JSONL file.")
    ] = None,
    teacher: Annotated[str, typer.Option("--teacher", help="Only this teacher's.")] = "",
    task: Annotated[str, typer.Option("--task", help="Only this task's.")] = "",
    account: Annotated[str, typer.Option("--account", help="Only this recipe's.")] = "",
    work: Work = Path("work"),
    json: Json = False,
) -> None:
    """Look at the replies of teachers: totals, lists, single calls, exports.

    Example: retort calls --list --task grounded-qa
    """
    from recipes import ledger
    from recipes.show import print_json, print_table, say

    where = {"teacher": teacher, "task": task, "account": account}
    with ledger.opened(work) as found:
        if export is not None:
            n = ledger.export(found, export, where)
            print_json({"calls": n, "file": str(export)}) if json else say(f"{export}: {n:,} calls")
        elif show is not None:
            call = ledger.one(found, show)
            print_json(call) if json else say("\n".join(ledger.lines(call)))
        elif list_:
            rows = ledger.listed(found, where, limit)
            if json:
                print_json({"calls": rows})
            else:
                print_table(list(ledger.COLUMNS), [list(row.values()) for row in rows])
        else:
            totals = ledger.totals(found, where)
            if json:
                print_json({"totals": totals})
            else:
                print_table(list(ledger.TOTALS), ledger.table(totals))
