"""The command ``dynamech``: where commands are registered, and where every error becomes one line.

Exit codes: 0 for an answer, 1 for an answer that says no, 2 for bad input (one line on standard error),
130 where the user interrupts.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from ..report.options import in_options
from ..solvers.errors import DynamechError
from ..solvers.files import reason
from .exit_codes import BAD_INPUT, INTERRUPTED, Interrupted
from .streams import complain, forget

_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for an unknown option, a missing argument, a bad number; it has no public name."""

COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("library:list_families", "The library's families with their parameters."),
    "show": ("library:show", "An instance: its parameters, agents, types, actions, values and transitions."),
    "design": (
        "solving:design",
        "The best mechanism for one question; --out keeps it as a mechanism file, --plot draws it as a tree.",
    ),
    "ladder": (
        "solving:ladder",
        "How much each incentive notion leaves, which relaxations are tight, and who lies where one is not.",
    ),
    "report": (
        "reporting:report",
        "One HTML page that tells the whole story: ladder, who lies, the mechanism as a tree, proofs, "
        "versions.",
    ),
    "range": (
        "ranges:range_",
        "For which values of a parameter of a library instance a relaxation is tight.",
    ),
    "sweep": (
        "sweeping:sweep",
        "Ask rungs of a family over a grid, or of a folder of files: a row each, and how many are tight.",
    ),
    "price": (
        "pricing:price",
        "What demands cost: the value without any, under each alone, all but each, and all.",
    ),
    "verify": (
        "checking:verify",
        "Check a mechanism against every way of lying: all notions that apply, or those named, and demands.",
    ),
    "simulate": (
        "simulating:simulate",
        "Paths of types, actions and payments: what a mechanism earns and does, with confidence intervals.",
    ),
    "implement": (
        "implementing:implement",
        "Find payments for the allocation of a mechanism file, or the lies that no payments stop together.",
    ),
    "correlation": (
        "correlating:correlation",
        "Diagnose correlation across time, and find the transfers that implement the efficient policy.",
    ),
    "pivot": (
        "efficient:pivot",
        "The efficient policy, what everybody adds to it, and payments that leave her just that.",
    ),
    "index": ("efficient:index", "The Gittins index of every arm of a bandit, in every state."),
    "menu": (
        "menus:menu",
        "The optimal mechanism as a menu: contracts with a fee and prices, who takes which, what it earns.",
    ),
    "virtual-pivot": (
        "virtual_pivot:virtual_pivot",
        "The revenue-optimal mechanism where values are separable, with three rules for its money.",
    ),
    "sale": ("over_time:sale", "When a good is sold and to whom, at virtual values and efficiently."),
    "progressive": (
        "over_time:progressive",
        "A buyer who knows how her value grows: virtual values by history, fixed prices, the bound.",
    ),
    "distortions": (
        "over_time:distortions",
        "What the optimal mechanism, or that of a file, loses of the efficient surplus in every period.",
    ),
    "rents": (
        "over_time:rents",
        "What agents keep by first type, and what of it they would keep if later signals were public.",
    ),
    "bank": (
        "accounts:bank",
        "Items sold over time: the clairvoyant optimum, and the bank account that earns it.",
    ),
    "account": (
        "accounts:account",
        "A mechanism for items sold over time as a bank account, and what the lemmas say of it.",
    ),
    "nonclairvoyant": (
        "accounts:nonclairvoyant",
        "Items sold over time by a mechanism that does not know what is to come, and the optimum that does.",
    ),
    "maximin": (
        "accounts:maximin",
        "The best share of the optimum that one mechanism guarantees, whichever sequence of items comes.",
    ),
    "auction": (
        "auctions:auction",
        "The best auction of one good for many bidders, under any weights and demands on what types get.",
    ),
    "burn": (
        "auctions:burn",
        "Capped money burning: the auction that leaves buyers most, each counted up to a cap, and its dual.",
    ),
    "iron": ("auctions:iron", "Virtual values of one buyer, plain and ironed: for revenue and for utility."),
    "replicate": (
        "replicating:replicate",
        "Compute every number, example and theorem of the papers that can be, and compare.",
    ),
    "bench": (
        "benching:bench",
        "Measure formulations, solvers and sizes against each other, on a library family or a file.",
    ),
    "export": ("exporting:export", "Write the compiled program (.mps, .lp), or the instance (.json)."),
    "solvers": (
        "engines:solvers",
        "The solvers that --solver takes: which are installed, and what each can do.",
    ),
    "certificate": (
        "certifying:certificate",
        "Check a certificate file again, from the file alone, and say what it is about.",
    ),
}
"""Module and function of every command, and the first line of its docstring, which `--help` lists."""


class _Later(TyperCommand):
    """A command that is listed. Its module, with arrays and engines, is imported once it is asked for."""

    def make_context(self, *given: Any, **extra: Any) -> Any:
        from ..models.environment.reports import NotTransitive

        warnings.simplefilter("ignore", NotTransitive)  # a note says it
        return command(self.name or "").make_context(*given, **extra)


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        return _Later(cmd_name, help=COMMANDS[cmd_name][1], rich_markup_mode="rich")


@cache
def command(name: str) -> Any:
    """One of `COMMANDS` with its parameters."""
    module, _, function = COMMANDS[name][0].partition(":")
    carried_out = getattr(import_module(f".{module}", __package__), function)
    # A paragraph is one line, which the terminal breaks; typer would keep the lines of the source.
    paragraphs = [" ".join(own.split()) for own in (inspect.getdoc(carried_out) or "").split("\n\n")]
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings=HELP)
    alone.command(name, help="\n\n".join(paragraphs))(carried_out)
    return typer.main.get_command(alone)


HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    name="dynamech",
    cls=_Commands,
    help="Does this dynamic mechanism really work? Solve, compare and verify dynamic mechanisms.",
    pretty_exceptions_enable=False,
    context_settings=HELP,
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
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
    try:
        with warnings.catch_warnings():
            # What overflows is refused or measured where it arrives; a line of numpy's says nothing of use.
            warnings.simplefilter("ignore", RuntimeWarning)
            listed = typer.main.get_command(app)
            code = listed.main(args=list(arguments), prog_name="dynamech", standalone_mode=False)
        sys.stdout.flush()
    except _UsageError as error:
        return complain(_usage(error), BAD_INPUT)
    except DynamechError as error:
        return complain(in_options(error), BAD_INPUT)
    except MemoryError as error:
        return complain(f"out of memory ({str(error) or 'nothing left'}); see --memory-limit", BAD_INPUT)
    except Interrupted as error:
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
