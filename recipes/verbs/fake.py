"""Verb that serves answers without a model: serve-fake."""

from pathlib import Path
from typing import Annotated

import typer


def serve_fake(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 0,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML file of settings; options go over it.")
    ] = None,
    latency: Annotated[
        float | None, typer.Option("--latency", min=0, help="Seconds that every answer takes.")
    ] = None,
    faults: Annotated[
        str | None, typer.Option("--faults", metavar="NAME=SHARE,…", help="What fails, how often.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", metavar="NAME", help="Variable with the key to ask.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Other faults, other choices.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="A model that is known; may be repeated.")
    ] = None,
) -> None:
    """Serve an OpenAI-compatible teacher that answers from rules, for dry runs and tests.

    It prints its base URL once it listens, and stops on Ctrl-C. GET /stats says what it has seen.

    Example: retort serve-fake --port 8000 --latency 0.05
    """
    import asyncio

    from curate.synthesize.fake.server import serve
    from curate.synthesize.fake.settings import load
    from recipes.options import pairs

    given = {
        "latency": latency,
        "faults": None if faults is None else pairs(faults.split(","), "--faults"),
        "key_env": key_env,
        "seed": seed,
        "models": model or None,
    }
    settings = load(config, {name: value for name, value in given.items() if value is not None})
    asyncio.run(serve(settings, host, port, lambda url: typer.echo(url)))
