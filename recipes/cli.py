"""The command line: `retort VERB …`. Each verb parses, calls one function, prints.

Errors that a user can repair are one line on standard error, and exit status 2. Nothing heavy is
imported here: `retort --help` starts in well under a third of a second.
"""

import errno
import sys

import typer

from recipes.verbs import (
    audit,
    exporting,
    fake,
    look,
    mixing,
    models,
    run,
    screening,
    selecting,
    tables,
    teachers,
)

app = typer.Typer(
    name="retort",
    help="Distil scientific text into instruction data, and that into small models.\n\n"
    "Example: retort run recipes/numerics.yaml",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
STOPPED = 130
"""Exit status after Ctrl-C, as shells have it."""
AGAIN = "stopped; finished tables are kept, run again to go on"
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS}
VERBS = (
    *(run.run, run.plan, tables.collect, tables.segment, teachers.synthesize, screening.screen),
    *(
        screening.index,
        selecting.select,
        mixing.mix,
        exporting.export,
        exporting.verify,
        models.tune,
        teachers.calibrate,
        teachers.calls,
        look.why,
        look.diff,
        audit.audit,
    ),
    *(look.report, look.doctor, look.clean, fake.serve_fake),
)
for verb in VERBS:
    app.command()(verb)


def main() -> None:
    """Run the command line; the exit status is 0, 2 for what a user can repair, 130 for Ctrl-C."""
    from schemas.errors import RetortError

    try:
        status = app(prog_name="retort", standalone_mode=False)
        if status == STOPPED:
            raise KeyboardInterrupt  # which the parser turned into a status
        raise SystemExit(status)
    except RetortError as error:
        _stop(" ".join(str(error).split("\n")), 2)
    except (KeyboardInterrupt, typer.Abort):
        _stop(AGAIN, STOPPED)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        _stop(f"{error.filename or 'output'}: {error.strerror or error}. Mend it and run again.", 2)
    except Exception as error:
        if str(error).startswith("Query interrupted"):  # DuckDB's answer to Ctrl-C
            _stop(AGAIN, STOPPED)
        usage = getattr(error, "format_message", None)  # of the parser's own errors
        if usage is None:
            raise
        _stop(_of_usage(error, usage()), 2)


def _of_usage(error: Exception, message: str) -> str:
    """A mistake on the command line in one line; the whole help where nothing was asked for."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "retort"
    if type(error).__name__ == "NoArgsIsHelpError":
        return message
    return f"{' '.join(message.split())} See {path} --help."


def _stop(message: str, status: int) -> None:
    sys.stderr.write(f"retort: {message}\n")
    raise SystemExit(status)
