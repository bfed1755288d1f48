"""``correlation``: is correlation across time rich enough, and which transfers does that give?

With ``--budget`` the mechanism is one whose budget balances, with ``--extract`` one that earns the surplus.
"""

from __future__ import annotations

from typing import Annotated, Any

from ..api.correlation import budget, extraction
from ..api.correlation import correlation as run
from ..instances.file import save_instance
from ..instances.mechanism_file import save_mechanism
from ..models.correlation.bounded import Given
from ..models.correlation.budget import RULES, Budget
from ..models.correlation.extraction import Extraction
from ..models.correlation.transfers import NORMS, check_norm
from ..models.environment.environment import Environment
from ..models.mechanism.mechanism import Mechanism
from ..models.verification.anywhere import verify
from ..report.options import in_options
from ..report.plotting import save_figure
from ..report.wording import said
from ..solvers.errors import AssumptionViolated, InvalidInput
from ..solvers.numbers import number
from .files import check_files
from .further import Further, by_cells, signals_ahead, without_transfers
from .options import (
    Exact,
    Instance,
    Json,
    MechanismOut,
    MemoryLimit,
    Quiet,
    Settings,
    by_agent,
    environment_of,
    memory_bytes,
    option,
    seconds,
    whole_number,
)
from .terminal import answer, give, note, working

CHECKED = 50_000
"""Memory states times profiles up to which a mechanism is verified before it is shown."""

Norm = Annotated[str, option("--norm WORD", f"By which transfers are smallest: {', '.join(NORMS)}.")]
Theorem = Annotated[
    str, option("--theorem WORD", "Whose transfers the mechanism has: 3.1 (lotteries) or 3.2.")
]
Caps = Annotated[
    list[str] | None,
    option(
        "--caps NUMBER|AGENT=NUMBER",
        "No absolute payment above this, at the least subsidy; repeatable by agent.",
    ),
]
Liability = Annotated[
    list[str] | None,
    option(
        "--liability NUMBER|AGENT=NUMBER",
        "No payment from an agent above this, at the least subsidy; repeatable by agent.",
    ),
]
BudgetRule = Annotated[str | None, option("--budget WORD", f"Balance the budget: {' or '.join(RULES)}.")]
MOST = 1_000_000
HEADS = {"ahead": "Signals ahead", "cells": "Cells", "unalignable": "Values that no transfers align"}
Ahead = Annotated[
    str | None, option("--ahead H", "By the others' types in the next H periods, not in the next alone.")
]
Cells = Annotated[
    str | None, option("--cells N", "Types as a grid of signals: transfers constant on N cells of them.")
]
Converse = Annotated[
    bool, option("--unalignable", "Values on this process that no transfers align; --out has them.")
]
Extract = Annotated[bool, option("--extract", "Extract the whole surplus, by lotteries and entry fees.")]
AnswerLimit = Annotated[str | None, option("--time-limit SECONDS", "Seconds for each answer.")]
Plot = Annotated[str | None, option("--plot FILE", "Write a heat map of the blocks (.png, .pdf, .svg).")]


def correlation(
    instance: Instance,
    settings: Settings = None,
    norm: Norm = "max",
    theorem: Theorem = "3.1",
    caps: Caps = None,
    liability: Liability = None,
    balance: BudgetRule = None,
    extract: Extract = False,
    ahead: Ahead = None,
    cells: Cells = None,
    unalignable: Converse = False,
    exact: Exact = False,
    out: MechanismOut = None,
    plot: Plot = None,
    time_limit: AnswerLimit = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Diagnose correlation across time, and find the transfers that implement the efficient policy.

    Convex independence and spanning for every agent, period, action and others' types, with proofs and
    distances to failure; the smallest transfers of Liu's Theorems 3.1 and 3.2; the mechanism, or a balanced
    (--budget) or extracting one (--extract), which is then what --out writes; so with signals further
    --ahead, and continuous ones on --cells. With --unalignable it writes an instance that has no transfers.
    """
    check_norm(norm)
    others = [balance is not None, extract, ahead is not None, cells is not None, unalignable]
    if sum(others) + bool(caps or liability) > 1:
        raise InvalidInput(
            "give one of --budget, --extract, --ahead, --cells, --unalignable, and bounds "
            "(--caps, --liability): each has transfers of its own"
        )
    periods = None if ahead is None else whole_number("--ahead", ahead, 1, MOST)
    number_of_cells = None if cells is None else whole_number("--cells", cells, 1, MOST)
    if balance is not None and balance not in RULES:
        raise InvalidInput(f"--budget: {balance!r} is not one of {', '.join(RULES)}")
    cap, most = _bound(caps, "--caps"), _bound(liability, "--liability")
    how: dict[str, Any] = {
        "theorem": theorem, "norm": norm, "exact": exact,
        "time_limit": seconds(time_limit), "memory_limit": memory_bytes(memory_limit),
    }  # fmt: skip
    env = environment_of(instance, settings)
    check_files(instance, out, plot)
    with working(quiet) as work:
        work.step("diagnosing and solving blocks")
        diagnosed = run(env, caps=cap, liability=most, **how)
        settled: Budget | Extraction | None = None
        mechanism, reason = diagnosed.mechanism, diagnosed.reason
        if balance is not None or extract:
            work.step("balancing the budget" if balance is not None else "extracting the surplus")
            settled, reason = _settled(env, balance, how)
            mechanism = None if settled is None else settled.mechanism
        further: Further | None = None
        if periods is not None:
            further = signals_ahead(diagnosed, periods)
        elif number_of_cells is not None:
            further = by_cells(diagnosed, number_of_cells)
        elif unalignable:
            further = without_transfers(diagnosed)
        if further is not None:
            reason = further.reason
            mechanism = further.kept if isinstance(further.kept, Mechanism) else None
        checked = None if as_json else _checked(diagnosed.environment, mechanism)
    if out is not None:
        if further is not None and isinstance(further.kept, Environment):
            save_instance(further.kept, out)
        elif mechanism is None:
            note(f"{out} is not written: {reason}", quiet=False)
        else:
            save_mechanism(mechanism, out)
    if plot is not None:
        save_figure(diagnosed.plot(), plot)
    added = {} if further is None else {further.key: further.content}
    give(diagnosed, as_json, **_added(balance, extract, settled, reason), **added)
    if as_json:
        return
    if further is not None:
        answer(said([(HEADS[further.key], further.sentence)]))
    if settled is not None:
        give(settled, as_json)
    elif balance is not None or extract:
        answer(said([("Budget" if balance is not None else "Surplus extraction", f"None: {reason}.")]))
    if checked is not None:
        answer([checked])


def _bound(texts: list[str] | None, flag: str) -> Given:
    """One number for everybody, or one by name. Raises `InvalidInput`."""
    if not texts:
        return None
    bounds = by_agent(flag, texts)
    if isinstance(bounds, str):
        return number(bounds, flag)
    return {agent: number(text, flag) for agent, text in bounds.items()}


def _settled(
    env: Environment, balance: str | None, how: dict[str, Any]
) -> tuple[Budget | Extraction | None, str]:
    """The other mechanism asked for, or why there is none."""
    try:
        settled = extraction(env, **how) if balance is None else budget(env, balance, **how)
    except AssumptionViolated as error:
        return None, in_options(error)
    return (settled, "") if settled.status == "optimal" else (None, settled.message)


def _added(
    balance: str | None, extract: bool, settled: Budget | Extraction | None, reason: str
) -> dict[str, Any]:
    """The keys that the other mechanism adds; null with a reason where there is none."""
    if balance is None and not extract:
        return {}
    name = "extraction" if extract else "budget"
    return {name: None, f"{name}_reason": reason} if settled is None else {name: settled.to_json()}


def _checked(env: Environment, mechanism: Mechanism | None) -> str | None:
    """What the independent check of periodic ex-post incentives says; None where nothing is checked."""
    if mechanism is None or sum(stage.transfers[0].size for stage in mechanism.stages) > CHECKED:
        return None
    (verdict,) = verify(env, mechanism, "ex-post")
    if verdict.holds:
        how = "exactly" if env.exact and mechanism.exact else "to within its tolerance"
        return f"Checked by best replies: periodic ex-post incentive compatible, {how}."
    sentence = "" if verdict.witness is None else f" {verdict.witness.sentence}"
    gain = f"{float(verdict.violation):.3g}"
    return f"Checked by best replies: periodic ex-post incentives fail by {gain}.{sentence}"
