"""Envelope and interval dominance of any mechanism (KLN Lemma 3.5, (11) and (12)), for finite first signals.

KLN: where truth is best from period 1 on (periodic ex-post), it is best in period 0 if and only if, for all
x' and x,

    U(x) − U(x') = ∫ ∂V^{z→z}(z) dz      (11)        ≥  ∫ ∂V^{x'→z}(z) dz      (12),        z from x' to x.

With finitely many first signals an integral is a sum over steps from z to the next, z⁺, and a step is worth
at least what who says z would get more of the value if she were z⁺, and at most what who says z⁺ would lose
if she were z: below L and H for who reports z and stays with it, l and h for who has first reported x'. What
is checked, U and V as in `first_reports.py`:

- envelope: L(z) ≤ U(z⁺) − U(z) ≤ H(z) for all neighbours, and so, added up, for all intervals. Necessary for
  truth, also where all later signals are public (Lemma 3.2).
- interval dominance: U(x) − U(x') ≥ U^{x'→x}(x) − U(x') for all x' and x: by (9) and (11) these are the two
  integrals. The shortfall is what x gains who says x' first and the truth later; where truth is best from
  period 1 on no lie of hers in period 0 gains more, and this is necessary and sufficient (Lemma 3.5).

Part of a shortfall of dominance may be *unavoidable*: whatever is paid, as long as truth is best from period
1 on, U(x) − U(x') is at most Σ H for x' < x (−Σ L for x < x'), and U^{x'→x}(x) − U(x') at least Σ l (−Σ h).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Number
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import read_incentive
from ..verification.stationary import verify_stationary
from ..verification.verdict import Verdict
from ..verification.verify import incentive_verdict
from .first_reports import FirstReports, first_reports

INCENTIVES = ("ex-post", "bayesian")


@dataclass(frozen=True)
class Shortfall:
    """Where a condition fails: between which first signals of an agent, `start` and `to`, and by how much.

    others: the others' first signals by name; None where it is on average over them. unavoidable: the part of
    it that no payments mend; None of the envelope, which payments alone decide.
    """

    agent: str
    others: dict[str, str] | None
    start: str
    to: str
    shortfall: Number
    unavoidable: Number | None = None


@dataclass(frozen=True, eq=False, repr=False)
class FirstSignalCheck(Answer):
    """Whether the envelope condition, or interval dominance, holds for a mechanism; true exactly where it
    does.

    condition: "envelope" or "interval dominance". incentives: "ex-post", at all first signals of the others,
    or "bayesian", on average over them. failing: where it fails, the largest shortfall first, in money of
    period 0; those of the envelope between neighbours.
    """

    condition: str
    incentives: str
    environment: Environment
    mechanism: Mechanism
    failing: tuple[Shortfall, ...]

    def __bool__(self) -> bool:
        return not self.failing

    def _facts(self) -> dict[str, object]:
        return {
            "condition": self.condition,
            "instance": self.environment.name,
            "incentives": self.incentives,
            "holds": bool(self),
            "failing": len(self.failing),
        }

    @cached_property
    def later(self) -> Verdict:
        """The judge's, `ex-post` from period 1 on: what Lemma 3.5 assumes."""
        env, notion = self.environment, read_incentive("ex-post")
        if env.stationary:
            return verify_stationary(env, self.mechanism, [notion], [], since=1)[0]
        return incentive_verdict(env, self.mechanism, notion, since=1)


def envelope(
    env: Environment, mechanism: Mechanism, incentives: str = "ex-post", effort: Effort = FLOATS
) -> FirstSignalCheck:
    """(11) of a mechanism. Raises `InvalidInput` and as `first_reports` does."""
    known = _known(env, mechanism, incentives, "the envelope condition", effort)
    return FirstSignalCheck("envelope", incentives, env, mechanism, tuple(failing_envelope(known)))


def interval_dominance(
    env: Environment, mechanism: Mechanism, incentives: str = "ex-post", effort: Effort = FLOATS
) -> FirstSignalCheck:
    """(12) of a mechanism. Raises `InvalidInput` and as `first_reports` does."""
    known = _known(env, mechanism, incentives, "interval dominance", effort)
    return FirstSignalCheck(
        "interval dominance", incentives, env, mechanism, tuple(failing_dominance(known))
    )


def _known(
    env: Environment, mechanism: Mechanism, incentives: str, purpose: str, effort: Effort
) -> FirstReports:
    if incentives not in INCENTIVES:
        raise InvalidInput(f"{purpose}: incentives {incentives!r} is none of {', '.join(INCENTIVES)}")
    known = first_reports(env, mechanism, purpose, effort)
    return known.averaged() if incentives == "bayesian" else known


def failing_envelope(known: FirstReports) -> list[Shortfall]:
    """Where (11) fails, the largest first."""
    failing: list[Shortfall] = []
    for i, truth in enumerate(known.truth):
        low, high = rent_bounds(known, i)
        rise = truth[1:] - truth[:-1]
        short = np.maximum(low - rise, rise - high)
        for k, o in np.argwhere(short > known.slack(i)).tolist():
            failing.append(_shortfall(known, i, o, (k, k + 1), short[k, o]))
    return _largest_first(known, failing)


def rent_bounds(known: FirstReports, i: int) -> tuple[Array, Array]:
    """L and H, (K − 1, O)."""
    low, high = known.steps(i)
    own = np.arange(low.shape[1])
    return low[own, own], high[own + 1, own]


def failing_dominance(known: FirstReports) -> list[Shortfall]:
    """Where (12) fails, the largest first."""
    failing: list[Shortfall] = []
    for i, utility in enumerate(known.utility):
        own = np.arange(len(utility))
        gain = utility[:, own, own] - known.truth[i]  # (x', x, O)
        least = _unavoidable(known, i)
        for start, to, o in np.argwhere(gain > known.slack(i)).tolist():
            some = max(least[start, to, o], 0 * least[start, to, o])
            failing.append(_shortfall(known, i, o, (start, to), gain[start, to, o], some))
    return _largest_first(known, failing)


def _largest_first(known: FirstReports, failing: list[Shortfall]) -> list[Shortfall]:
    """Sorted; those that only rounding tells apart stay in the order of agents and first signals."""
    if not failing:
        return failing
    sizes = np.array([one.shortfall for one in failing])
    told = arithmetic(known.environment.exact).rounded(sizes, sizes.max())
    return [failing[k] for k in np.argsort(-told, kind="stable")]


def _unavoidable(known: FirstReports, i: int) -> Array:
    """(x', x, O): by how much a lie gains at least, whatever is paid."""
    zero = arithmetic(known.environment.exact).zeros

    def summed(steps: Array) -> Array:
        """From (..., K − 1, O) to sums of all steps below, (..., K, O)."""
        return np.concatenate([zero((*steps.shape[:-2], 1, steps.shape[-1])), steps.cumsum(axis=-2)], axis=-2)

    def between(sums: Array) -> Array:
        """(x', x, O): from x' to x, of sums (K, O) or (x', K, O)."""
        own = np.arange(sums.shape[-2])
        start = sums[own, own] if sums.ndim == 3 else sums
        return sums - start[:, None]

    low, high = (between(summed(bound)) for bound in rent_bounds(known, i))
    lie_low, lie_high = (between(summed(step)) for step in known.steps(i))
    own = np.arange(len(low))
    upwards = (own[:, None] < own)[:, :, None]
    least: Array = np.where(upwards, lie_low - high, lie_high - low)
    return least


def _shortfall(
    known: FirstReports, i: int, o: int, ends: tuple[int, int], by: Number, some: Number | None = None
) -> Shortfall:
    agents = known.environment.agents
    others = None
    if not known.mean:
        rest = [agent for agent in agents if agent is not agents[i]]
        places = np.unravel_index(o, [len(agent.types[0]) for agent in rest]) if rest else ()
        others = {agent.name: agent.types[0][int(k)] for agent, k in zip(rest, places, strict=True)}
    start, to = (agents[i].types[0][k] for k in ends)
    return Shortfall(agents[i].name, others, start, to, by, some)


@dataclass(frozen=True, eq=False, repr=False)
class VirtualSurplus(Answer):
    """What a mechanism would earn if every type were left with no more than the types below make necessary
    (KLN (3), (4)), and what it does earn. By agent, in the order of the environment's; money of period 0.

    value: E Σ_t δ^t [Σ_i (v_i − (1 − F)/f (v_i(s⁺) − v_i(s))) − c], at the mechanism's own actions.
    lowest: E U_i of the lowest first signal. excess: E Σ of U(z⁺) − U(z) − L(z) over the first signals below
    hers (L as above), which is not negative where truth is best.
    """

    environment: Environment
    value: Number
    profit: Number
    lowest: tuple[Number, ...]
    excess: tuple[Number, ...]

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "value": self.value, "profit": self.profit}


def virtual_surplus(env: Environment, mechanism: Mechanism, effort: Effort = FLOATS) -> VirtualSurplus:
    """(4) of a mechanism, with what its profit is below it: profit = value − Σ lowest − Σ excess, whether
    truth is best or not. Raises as `first_reports` does.
    """
    known = first_reports(env, mechanism, "the virtual surplus", effort)
    lowest, excess = [], []
    surplus = profit = -known.cost
    for i, (agent, truth) in enumerate(zip(known.environment.agents, known.truth, strict=True)):
        own = np.arange(len(truth))
        chance = known.chance[i]
        worth = known.value[i][own, own, own] @ chance
        above = np.cumsum(agent.prior[::-1])[::-1][1:]
        rents = above @ (rent_bounds(known, i)[0] @ chance)
        lowest.append(truth[0] @ chance)
        excess.append(above @ ((truth[1:] - truth[:-1]) @ chance) - rents)
        surplus = surplus + agent.prior @ worth - rents
        profit = profit + agent.prior @ (known.paid[i][own, own] @ chance)
    return VirtualSurplus(known.environment, surplus, profit, tuple(lowest), tuple(excess))
