"""The command line: `retort VERB …`. Each verb parses, calls one function, prints.

Errors that a user can repair are one line on standard error, and exit status 2. Nothing heavy is
imported here: `retort --help` starts in well under a third of a second.
"""

import errno
import sys

import typer

from recipes.verbs import look, run, tables

app = typer.Typer(
    name="retort",
    help="Distil scientific text into instruction data.\n\n"
    "Example: retort run recipes/numerics.yaml --until mix",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
VERBS = (
    *(run.run, run.plan, tables.collect, tables.segment, tables.synthesize, tables.screen),
    *(tables.mix, look.why, look.diff, look.report, look.doctor, look.clean),
)
for verb in VERBS:
    app.command()(verb)


def main() -> None:
    """Run the command line; the exit status is 0, 2 for what a user can repair, 130 for Ctrl-C."""
    from schemas.errors import RetortError

    try:
        app()
    except RetortError as error:
        _stop(" ".join(str(error).split("\n")), 2)
    except KeyboardInterrupt:
        _stop("stopped; finished tables are kept, run again to go on", 130)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS):
            raise
        _stop(
            f"{error.filename or 'output'}: {error.strerror or error}. Make room and run again.", 2
        )


def _stop(message: str, status: int) -> None:
    sys.stderr.write(f"retort: {message}\n")
    raise SystemExit(status)
