"""``bank``, ``account``, ``nonclairvoyant`` and ``maximin``: items sold over time."""

from __future__ import annotations

from typing import Annotated, Any, cast

from ..api.accounts import account as run_account
from ..api.accounts import asymptotic
from ..api.accounts import bank as run_bank
from ..api.accounts import maximin as run_maximin
from ..api.accounts import nonclairvoyant as run_nonclairvoyant
from ..instances.mechanism_file import read_mechanism, save_mechanism
from ..models.accounts.account import BY
from ..models.accounts.items import read_items
from ..models.accounts.nonclairvoyant.maximin import PARTICIPATIONS
from ..models.accounts.nonclairvoyant.parts import Kind, Tie, split_of
from ..report.plotting import save_figure
from ..solvers.errors import InvalidInput
from .checking import MechanismFile
from .files import check_files, deliver
from .options import (
    AnswerLimit,
    Formulation,
    Instance,
    Json,
    MemoryLimit,
    Quiet,
    Rational,
    Settings,
    environment_of,
    memory_bytes,
    option,
    seconds,
    whole_number,
)
from .simulating import Seed, drawn
from .terminal import give, note, working

By = Annotated[str, option("--by WORD", "What a balance is", BY)]
WithoutDebt = Annotated[
    bool, option("--without-debt", "Write it with balances paid out at once: no period below 0.")
]
AccountOut = Annotated[str | None, option("--out FILE", "Write the account as a mechanism file.")]
SequenceOf = Annotated[
    list[str] | None, option("--sequence 0,1,...", "Items that may come, by number; repeatable.")
]
Kept = Annotated[str, option("--participation WORD", "What may not fall below 0", PARTICIPATIONS)]
Gap = Annotated[
    str | None, option("--gap NUMBER", "How far below the optimum the answer may be where it is not exact.")
]
EveryPiece = Annotated[
    bool, option("--exact", "Keep every piece of the value functions, however many: no gap.")
]
MechanismOut = Annotated[str | None, option("--out FILE", "Write what earns it as a mechanism file.")]
PathsPlot = Annotated[str | None, option("--plot FILE", "Draw the balances by period (.png, .pdf, .svg).")]
RatioPlot = Annotated[str | None, option("--plot FILE", "Draw the ratio by horizon (.png, .pdf, .svg).")]
Which = Annotated[
    str, option("--mechanism WORD", "general (any horizon), two-period (exactly two), or asymptotic.")
]
LongRunOut = Annotated[str | None, option("--out FILE", "Write the mechanism, as a bank account.")]
LongRunExact = Annotated[
    bool, option("--exact", "The asymptotic mechanism's chances over the rationals; for few periods.")
]
TieRule = Annotated[str, option("--tie WORD", "One buyer at a price equal to her value: sale or keep.")]
Against = Annotated[
    str, option("--against WORD", "clairvoyant, full-surplus, none, or auto: the first that is quick.")
]
Paths = Annotated[str, option("--paths N", "Paths to simulate where balances or profiles are too many.")]


def bank(
    instance: Instance,
    settings: Settings = None,
    gap: Gap = None,
    exact: EveryPiece = False,
    formulation: Formulation = "auto",
    out: MechanismOut = None,
    plot: PathsPlot = None,
    time_limit: AnswerLimit = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Items sold over time: the clairvoyant optimum, and the bank account that earns it.

    One item a period, buyers with values independent over time. The optimum is over mechanisms that are
    dynamically incentive compatible and leave no path below 0. With several buyers and many histories
    there are bounds by a recursion over promises, until they are within --gap or the time is up.
    """
    limits: dict[str, Any] = {"time_limit": seconds(time_limit), "memory_limit": memory_bytes(memory_limit)}
    env = environment_of(instance, settings)
    check_files(instance, out, plot)
    with working(quiet) as work:
        answer = run_bank(env, gap=gap, exact=exact, formulation=formulation, **limits, notify=work.tell)
        work.step("laying out balances")
    if plot is not None:
        save_figure(answer.plot(), plot)
    if out is not None and answer.mechanism is not None:
        save_mechanism(answer.mechanism, out)
    elif out is not None:
        note(f"{out}: not written, one buyer's promises are drawn between too many balances", quiet=False)
    give(answer, as_json)


def account(
    instance: Instance,
    mechanism: MechanismFile,
    settings: Settings = None,
    by: By = "promises",
    without_debt: WithoutDebt = False,
    out: AccountOut = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """A mechanism for items sold over time as a bank account, and what the lemmas say of it.

    By promises any that is dynamically incentive compatible and leaves no path below 0, which the account
    earns at least; by utility any that does not know the future, which it earns exactly.
    """
    if by not in BY:
        raise InvalidInput(f"--by: {by!r} is not one of {', '.join(BY)}")
    env = environment_of(instance, settings)
    check_files(instance, out, None, mechanism)
    given = read_mechanism(mechanism, env)
    with working(quiet) as work:
        work.step("balances")
        kept = run_account(env, given, by=by)
    deliver(kept, as_json, None, out, kept.without_debt if without_debt else kept.mechanism)


def maximin(
    instance: Instance,
    settings: Settings = None,
    sequence: SequenceOf = None,
    participation: Kept = "ex-post",
    exact: Rational = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The best share of the optimum that one mechanism guarantees, whichever sequence of items comes.

    The items are those of an instance with one buyer, numbered from 0 in its order. By default it may end
    after any of them.
    """
    env = environment_of(instance, settings)
    sequences = None if not sequence else [read_sequence(text, env.periods) for text in sequence]
    with working(quiet) as work:
        work.step("program over histories")
        share = run_maximin(env, sequences, participation=participation, exact=True if exact else None)
    give(share, as_json)


def read_sequence(text: str, items: int) -> list[int]:
    """Numbers of items such as 0,1. Raises `InvalidInput`."""
    return [whole_number("--sequence", number.strip(), 0, items - 1) for number in text.split(",")]


def nonclairvoyant(
    instance: Instance,
    settings: Settings = None,
    mechanism: Which = "general",
    tie: TieRule = "sale",
    against: Against = "auto",
    gap: Gap = None,
    paths: Paths = "400",
    seed: Seed = "0",
    out: LongRunOut = None,
    exact: LongRunExact = False,
    plot: RatioPlot = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Items sold over time by a mechanism that does not know what is to come, and the optimum that does.

    Where several buyers have too many histories for that optimum, it is beside the full surplus.
    """
    if mechanism == "asymptotic":
        if plot is not None:
            raise InvalidInput("--plot: there is no picture of the asymptotic mechanism")
        env = environment_of(instance, settings)
        check_files(instance, out, None)
        with working(quiet) as work:
            work.step("balances")
            long_run = asymptotic(env, exact=exact)
            written = None if out is None else long_run.mechanism
        deliver(long_run, as_json, None, out, written)
        return
    if exact:
        raise InvalidInput("--exact is for --mechanism asymptotic")
    if tie not in ("sale", "keep"):
        raise InvalidInput(f"--tie: {tie!r} is not one of sale, keep")
    count, start = drawn(paths, seed, least=2)
    limit = memory_bytes(memory_limit)
    env = environment_of(instance, settings)
    check_files(instance, out, plot)
    kind, rule = cast(Kind, mechanism), cast(Tie, tie)
    split_of(read_items(env, "non-clairvoyant mechanisms"), kind)
    with working(quiet) as work:
        limits: dict[str, Any] = {"gap": gap, "paths": count, "seed": start, "memory_limit": limit}
        answer = run_nonclairvoyant(env, kind, rule, against=against, **limits, notify=work.tell)
        figure = None if plot is None else answer.plot(notify=work.tell)
        written = None if out is None else answer.mechanism
    if plot is not None:
        save_figure(figure, plot)
    deliver(answer, as_json, None, out, written)
