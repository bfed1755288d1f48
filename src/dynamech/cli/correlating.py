"""``correlation``: is correlation across time rich enough, and which transfers does that give?"""

from __future__ import annotations

from typing import Annotated

import typer

from ..correlation_api import correlation as run
from ..instances.mechanism_file import save_mechanism
from ..models.correlation import Correlation
from ..models.correlation.transfers import NORMS, check_norm
from ..models.correlation.written import correlation_json
from ..models.verify import verify
from ..report.correlation_map import save_correlation_map
from ..report.correlations import correlation_report
from ..report.plotting import check_plot
from ..solvers.numbers import number
from .options import Exact, Instance, Json, Quiet, Settings, environment_of, file_of
from .terminal import answer, answer_json, check_target, note, working, write_whole

CHECKED = 50_000
"""Memory states times profiles up to which a mechanism is verified before it is shown."""

Norm = Annotated[
    str,
    typer.Option("--norm", metavar="WORD", help=f"By which transfers are smallest: {', '.join(NORMS)}."),
]
Theorem = Annotated[
    str,
    typer.Option(
        "--theorem", metavar="WORD", help="Whose transfers the mechanism has: 3.1 (lotteries) or 3.2."
    ),
]
Caps = Annotated[
    str | None, typer.Option("--caps", metavar="NUMBER", help="No absolute transfer above this.")
]
Liability = Annotated[
    str | None, typer.Option("--liability", metavar="NUMBER", help="No transfer from an agent above this.")
]
MechanismOut = Annotated[str | None, typer.Option("--out", metavar="FILE", help="Write the mechanism.")]
Plot = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", help="Write a heat map of the blocks (.png, .pdf, .svg)."),
]


def correlation(
    instance: Instance,
    settings: Settings = None,
    norm: Norm = "max",
    theorem: Theorem = "3.1",
    caps: Caps = None,
    liability: Liability = None,
    exact: Exact = False,
    out: MechanismOut = None,
    plot: Plot = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Diagnose correlation across time, and find the transfers that implement the efficient policy.

    Convex independence and spanning for every agent, period, action and others' types, with proofs and
    distances to failure; the smallest transfers of Liu's Theorems 3.1 and 3.2; the mechanism.
    """
    check_norm(norm)
    cap = None if caps is None else number(caps, "--caps")
    most = None if liability is None else number(liability, "--liability")
    env = environment_of(instance, settings)
    check_target(out, "--out", file_of(instance), plot)
    check_target(plot, "--plot", file_of(instance), out)
    if plot is not None:
        check_plot(plot)
    with working(quiet) as work:
        work.step("diagnosing and solving blocks")
        made = run(env, norm=norm, exact=exact, theorem=theorem, caps=cap, liability=most)
        checked = None if as_json else _checked(made)
    if out is not None:
        if made.mechanism is None:
            note(f"{out} is not written: {made.reason}", quiet=False)
        else:
            mechanism = made.mechanism
            write_whole(out, lambda path: save_mechanism(mechanism, path))
    if plot is not None:
        write_whole(plot, lambda path: save_correlation_map(made, path))
    if as_json:
        answer_json(correlation_json(made))
    else:
        answer(correlation_report(made))
        if checked is not None:
            answer([checked])


def _checked(made: Correlation) -> str | None:
    """What the independent check of periodic ex-post incentives says; None where nothing is checked."""
    mechanism = made.mechanism
    if mechanism is None or sum(stage.transfers[0].size for stage in mechanism.stages) > CHECKED:
        return None
    env = made.environment
    (verdict,) = verify(env, mechanism, "ex-post")
    if verdict.holds:
        how = "exactly" if env.exact and mechanism.exact else "to within its tolerance"
        return f"Checked by best replies: periodic ex-post incentive compatible, {how}."
    sentence = "" if verdict.witness is None else f" {verdict.witness.sentence}"
    gain = f"{float(verdict.violation):.3g}"
    return f"Checked by best replies: periodic ex-post incentives fail by {gain}.{sentence}"
