"""The command ``dynamech``: where commands are registered, and where every error becomes one line.

Exit codes: 0 for an answer, 1 for an answer that says no, 2 for bad input (one line on standard error),
130 where the user interrupts.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from ..models.environment.reports import NotTransitive
from ..report.wording import in_options
from ..solvers.errors import DynamechError
from ..solvers.files import reason
from . import (
    accounts,
    auctions,
    benching,
    certifying,
    checking,
    correlating,
    efficient,
    engines,
    exporting,
    implementing,
    library,
    menus,
    over_time,
    pricing,
    ranges,
    reporting,
    simulating,
    solving,
    sweeping,
    virtual_pivot,
)
from .exit_codes import BAD_INPUT, INTERRUPTED
from .options import option
from .terminal import complain, forget

_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for an unknown option, a missing argument, a bad number; it has no public name."""

app = typer.Typer(
    name="dynamech",
    help="Does this dynamic mechanism really work? Solve, compare and verify dynamic mechanisms.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("list", library.list_families),
    ("show", library.show),
    ("design", solving.design),
    ("ladder", solving.ladder),
    ("report", reporting.report),
    ("range", ranges.range_),
    ("sweep", sweeping.sweep),
    ("price", pricing.price),
    ("verify", checking.verify),
    ("simulate", simulating.simulate),
    ("implement", implementing.implement),
    ("correlation", correlating.correlation),
    ("pivot", efficient.pivot),
    ("index", efficient.index),
    ("menu", menus.menu),
    ("virtual-pivot", virtual_pivot.virtual_pivot),
    ("sale", over_time.sale),
    ("progressive", over_time.progressive),
    ("distortions", over_time.distortions),
    ("rents", over_time.rents),
    ("bank", accounts.bank),
    ("account", accounts.account),
    ("nonclairvoyant", accounts.nonclairvoyant),
    ("maximin", accounts.maximin),
    ("auction", auctions.auction),
    ("burn", auctions.burn),
    ("iron", auctions.iron),
    ("bench", benching.bench),
    ("export", exporting.export),
    ("solvers", engines.solvers),
    ("certificate", certifying.certificate),
)
for _name, _command in COMMANDS:
    # A paragraph is one line, which the terminal breaks; typer would keep the lines of the source.
    _paragraphs = (inspect.getdoc(_command) or "").split("\n\n")
    app.command(_name, help="\n\n".join(" ".join(own.split()) for own in _paragraphs))(_command)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, option("--version", "Print the version.")] = False,
) -> None:
    """Does this dynamic mechanism really work? Solve, compare and verify dynamic mechanisms."""
    if version:
        from .. import __version__

        typer.echo(f"dynamech {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; every error becomes one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        return complain("standard output is closed", BAD_INPUT)
    command = typer.main.get_command(app)
    try:
        with warnings.catch_warnings():
            # What overflows is refused or measured where it arrives; a line of numpy's says nothing of use.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", NotTransitive)  # a note says it
            code = command.main(args=list(arguments), prog_name="dynamech", standalone_mode=False)
        sys.stdout.flush()
    except _UsageError as error:
        return complain(_usage(error), BAD_INPUT)
    except DynamechError as error:
        return complain(in_options(error), BAD_INPUT)
    except MemoryError as error:
        return complain(f"out of memory ({str(error) or 'nothing left'}); see --memory-limit", BAD_INPUT)
    except solving.Interrupted as error:
        return complain(str(error), INTERRUPTED)
    except (KeyboardInterrupt, typer.Abort):
        return complain("interrupted", INTERRUPTED)
    except OSError as error:
        forget(sys.stdout)
        if isinstance(error, BrokenPipeError):  # whoever read the output has seen enough
            return 0
        return complain(f"{error.filename or 'standard output'}: {reason(error)}", BAD_INPUT)
    if code == INTERRUPTED:
        return complain("interrupted", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _usage(error: Exception) -> str:
    """A usage error in one line, with the way to the help."""
    format_message: Callable[[], str] = getattr(error, "format_message", lambda: str(error))
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "dynamech"
    return f"{' '.join(format_message().split()).rstrip('.')} (see {path} --help)"
