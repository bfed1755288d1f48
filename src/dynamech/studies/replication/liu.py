"""Liu, *Efficient dynamic mechanisms in environments with interdependent valuations* (2014)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from functools import cache
from typing import Any

import numpy as np

from ...instances.library import load
from ...models.correlation.answer import Correlation, correlation
from ...models.correlation.blocks import BeliefBlocks
from ...models.correlation.budget import Budget, budget
from ...models.correlation.continuous import approximate
from ...models.correlation.converse import unalignable
from ...models.correlation.course import Course
from ...models.correlation.extraction import Extraction, extraction
from ...models.correlation.future_signals import future_signals
from ...models.correlation.settle import settle
from ...models.correlation.targets import residual_claims
from ...models.efficient.efficient import efficient
from ...models.efficient.generalised_vcg import generalised_vcg
from ...models.efficient.pivot import pivot
from ...models.efficient.team import team
from ...models.environment.environment import Environment
from ...models.mechanism.mechanism import Mechanism, Stage
from ...models.society.problem import transitions
from ...solvers.effort import EXACT
from ...solvers.errors import DynamechError
from ...solvers.numbers import Array
from .cases import keeps, serving, violation
from .rows import Claimed, Misprint, Rows, every

LIU = Rows("LIU")
row = LIU.row
LICENCE, SINGLE = "instances/families/liu_licence.py", "instances/families/liu_single_licence.py"
THEOREMS, LAST = "models/correlation/theorems.py", "models/correlation/last_period.py"
CHANCE = ((F(3, 4), F(1, 4)), (F(1, 4), F(3, 4)))
WORTH = ((F(7), F(11)), (F(6), F(12)))
"""What a licence is worth to firms 1 and 2 with 4 and with 6 of oil."""


@cache
def _licence() -> Correlation:
    return correlation(load("liu-licence"), theorem="3.2", norm="2", effort=EXACT)


@cache
def _correlated(**settings: Any) -> tuple[tuple[str, Environment], ...]:
    return tuple(
        (f"seed {seed}", load("random-correlated", seed=seed, types=2, discount="3/4", **settings))
        for seed in range(4)
    )


@row("section 3.1: values", "2 s − 1 and 3 s − 6: (7, 11), (6, 12)", LICENCE)
def values() -> Any:
    """Of the first licence, with 4 and 6."""
    env = load("liu-licence")
    one, two = (np.broadcast_to(a.values[0], (2, *env.types(0))).reshape(2, -1) for a in env.agents)
    answer = [*one[0].tolist(), *two[1].tolist()]
    return Claimed(answer == [7, 11, 6, 12], f"{', '.join(map(str, answer))}")


@row("section 3.1: conditional chances", "3/4 and 1/4", LICENCE)
def chances() -> Claimed:
    """Of 4 and 6 next, given 4."""
    env = load("liu-licence")
    rows = transitions(env, 0).expected(
        np.eye(len(efficient(env, effort=EXACT).welfare[1]), dtype=int)[:, 0] * F(1)
    )
    answer = sorted({F(v) for v in np.ravel(rows)}, reverse=True)
    return Claimed(answer == [F(3, 4), F(1, 4)], ", ".join(map(str, answer)))


@row("section 3.1: a_1*", "1 with 4, 2 with 6", LICENCE)
def first_policy() -> Any:
    """Of the plan."""
    env = load("liu-licence")
    return Claimed([env.actions[0][a][-1] for a in _licence().plan.policy[0]] == ["1", "2"], "as printed")


@row("section 3.1: alone", "no transfers make the first auction incentive compatible (4 ≥ 6)", SINGLE)
def alone() -> Claimed:
    """Payments of current reports: a ring of lies."""
    answer = generalised_vcg(load("liu-single-licence"), effort=EXACT)
    return Claimed(not answer.incentive_compatible, "two lies in a ring gain")


@row("section 3.1: p_2^2", "(0, 11)", LAST)
def second_auction() -> Any:
    """Firm 2's payments in the last period."""
    last = _licence().last
    return None if last is None else np.ravel(last.payments[1])


@row("section 3.1: p_2^1", "−4 and −16 leave the surplus, 7 and 12", LICENCE, erratum="LIU-bonus")
def bonuses() -> Misprint:
    """What firm 1 expects of the first auction with 6, when a_1 = 2."""
    given = [CHANCE[1][0] * F(4) + CHANCE[1][1] * F(16), CHANCE[1][0] * F(3) + CHANCE[1][1] * F(15)]
    surplus = _licence().plan.welfare[0][1] - sum(
        c * max(a, b) for c, a, b in zip(CHANCE[1], *WORTH, strict=True)
    )
    return Misprint(given[0], surplus, given[1])


@row("section 3.1: the linked auctions", "they are ex post incentive compatible", LICENCE)
def linked() -> Claimed:
    """With the printed bonuses, and with −3 and −15."""
    return every(
        ((pair, keeps(load("liu-licence"), _bonus(pair), "ex-post")) for pair in ((-4, -16), (-3, -15))),
        "pairs",
    )


def _bonus(pair: tuple[int, int], action: int = 2) -> Mechanism:
    """The linked auctions, with these payments of firm 1 where a_1 was `action`."""
    own = _licence().mechanism
    if own is None:
        raise ArithmeticError("no mechanism")
    stages = [Stage(s.allocation, s.transfers * 0, s.next, s.label) for s in own.stages]
    names = load("liu-licence").actions[0]
    for report, first in enumerate(_licence().plan.policy[0]):
        if names[first].endswith(str(action)):
            stages[1].transfers[0, report, 0] = [F(v) for v in pair]
    stages[1].transfers[1, :, 0, 1] = F(11)
    return Mechanism(own.instance, tuple(stages))


@row("section 3.1: when they are paid", "where a_1 = 0", LICENCE, erratum="LIU-action")
def when() -> Claimed:
    """What a lie gains where −3 and −15 are paid at a_1 = 0, and at a_1 = 2."""
    env = load("liu-licence")
    printed, corrected = (violation(env, _bonus((-3, -15), action), "ex-post") for action in (0, 2))
    if corrected:
        raise ArithmeticError(f"paid where a_1 = 2 a lie gains {corrected}")
    return Claimed(not printed, f"never paid, a lie gains {printed}; paid where a_1 = 2, none")


@row("Theorem 3.2: section 3.1", "(0, −12), (−3, −27)", THEOREMS)
def boundary_transfers() -> Any:
    """Of firm 1, after each allocation, with the boundary term."""
    return _licence().agents[0].periods[0].theorems["3.2"].transfers


@cache
def _answers(theorem: str) -> tuple[tuple[str, Environment, Correlation], ...]:
    return tuple(
        (
            f"{name}{' for ever' if stationary else ''}",
            env,
            correlation(env, theorem=theorem, distances=False, effort=EXACT),
        )
        for stationary in (True, False)
        for name, env in _correlated(stationary=stationary)
    )


for _theorem, _claim in (
    ("3.1", "under Assumption 2 lotteries make the efficient policy periodic ex-post"),
    ("3.2", "under Assumption 3 VCG-type transfers do"),
):
    row(f"Theorem {_theorem}", _claim, THEOREMS, _theorem)(
        lambda theorem: every(
            ((name, keeps(env, answer.mechanism, "ex-post")) for name, env, answer in _answers(theorem)),
            "processes",
        )
    )
row(
    "Assumption 2",
    "convex independence of what a type foretells",
    "models/correlation/convex_independence.py",
)(
    lambda: every(
        (
            ((name, a.name), bool(a.convex_independence))
            for name, _, answer in _answers("3.1")
            for a in answer.agents
        ),
        "agents",
    )
)
row(
    "Assumption 3",
    "spanning: no combination that is not zero foretells nothing",
    "models/correlation/spanning.py",
)(
    lambda: every(
        (((name, a.name), bool(a.spanning)) for name, _, answer in _answers("3.2") for a in answer.agents),
        "agents",
    )
)


@row(
    "Assumption 3: stronger",
    "Assumption 3 is stronger than 2",
    "models/correlation/spanning.py",
    erratum="LIU-generic",
)
def stronger() -> Claimed:
    """With three own signals of rank 1, 2 or 3: the same verdict."""
    verdicts = []
    for seed in range(4):
        for rank in (1, 2, 3):
            env = load("random-correlated", seed=seed, types=3, rank=rank)
            for agent in correlation(env, distances=False, effort=EXACT).agents:
                if agent.spanning and not agent.convex_independence:
                    raise ArithmeticError("spanning without convex independence")
                verdicts.append(agent.convex_independence and not agent.spanning)
    return Claimed(any(verdicts), f"the same for {len(verdicts)} agents of three signals")


row("Remark 3.3", "with as many signals of others' Assumptions 2 and 3 hold generically", THEOREMS)(
    lambda: every(
        (
            (name, all(a.spanning and a.convex_independence for a in answer.agents))
            for name, _, answer in _answers("3.1")
        ),
        "random processes",
    )
)


def uncontrolled(seed: int) -> Environment:
    """A random process that no action steers, over three periods."""
    env = load("random-correlated", seed=seed, types=2, stationary=False, periods=3, discount="3/4")
    if env.process is None:
        raise ArithmeticError("no process")
    moves = tuple(table[:1] for table in env.process.transitions)
    return env._with(process=replace(env.process, transitions=moves))


@row("Remark 3.4", "signals further ahead can give incentives too", "models/correlation/future_signals.py")
def further() -> Claimed:
    """Lotteries on the others' next two types, where actions move no types."""
    return every(
        (
            (seed, keeps(env, future_signals(env, 2, effort=EXACT).mechanism, "ex-post"))
            for seed in range(3)
            for env in [uncontrolled(seed)]
        ),
        "processes",
    )


@row(
    "Remark 3.5",
    "without Assumption 4 a constant last allocation leaves all earlier ones implementable",
    LAST,
)
def constant_last() -> Claimed:
    """Over random processes of two periods."""
    answer = [(name, env, a) for name, env, a in _answers("3.1") if a.last is not None]
    return every(((n, keeps(env, a.mechanism, "ex-post")) for n, env, a in answer), "finite processes")


@row("(3)", "p = Σ_{j≠i} u^j", "models/efficient/team.py", erratum="LIU-3")
def team_sign() -> Misprint:
    """What agent 1 pays in period 0 of two tasks, profile by profile."""
    answer = pivot(serving([0, 3], ["1", "2"]), EXACT)
    others = answer.values[0][1]
    return Misprint(others, team(answer).payments[0][0].ravel(), -others)


@cache
def _budgets(rule: str) -> tuple[tuple[str, Environment, Budget], ...]:
    return tuple((n, e, budget(e, rule, effort=EXACT)) for n, e in _correlated(stationary=True))


BUDGET = "models/correlation/budget.py"
row("section 3.3: ex ante", "with fees in period 1 all transfers are expected to sum to 0", BUDGET)(
    lambda: every(((n, b.total == 0) for n, _, b in _budgets("ex-ante")), "processes")
)
row("section 3.3: incentives", "fees of the others' reports leave truth best", BUDGET)(
    lambda: every(((n, keeps(e, b.mechanism, "ex-post")) for n, e, b in _budgets("ex-ante")), "processes")
)


@row(
    "section 3.3: subsidies",
    "E Σ δ^{t−1} p_t = E[W − Σ δ^{t−1} u], η = −E[W − Σ δ^{t−1} u]",
    BUDGET,
    erratum="LIU-eta",
)
def subsidies() -> Claimed:
    """Expected discounted payments of the mechanism without fees, and the surplus of others."""
    _, _, answer = _budgets("ex-ante")[0]
    fees = sum(np.ravel(answer.fees[i]).mean() for i in range(2))
    return Claimed(fees < 0, f"fees are {fees} on average over profiles, not negative")


row("Proposition 3.7: balance", "in every period payments are expected to sum to 0", BUDGET)(
    lambda: every(
        ((n, all(not np.any(net) for net in b.periods)) for n, _, b in _budgets("per-period")), "processes"
    )
)
row("Proposition 3.7: incentives", "and truth is periodic ex-post best", BUDGET)(
    lambda: every(((n, keeps(e, b.mechanism, "ex-post")) for n, e, b in _budgets("per-period")), "processes")
)
row("Proposition 3.7: shares", "everybody expects W/N", BUDGET)(
    lambda: every(
        ((n, bool((b.payoffs * 2 == b.plan.welfare[0]).all())) for n, _, b in _budgets("per-period")),
        "processes",
    )
)
VCG = "models/efficient/generalised_vcg.py"


def auctions() -> Iterator[tuple[str, Any]]:
    """Generalised VCG of auctions whose types are independent."""
    for weight in ("1/4", "1/2"):
        yield weight, generalised_vcg(load("interdependent-auction", weight=weight), effort=EXACT)


@row("Theorem 3.8", "with single crossing and increasing differences (4) is periodic ex-post", VCG)
def crossing() -> Claimed:
    """An auction in which others' signals count a weight below 1."""
    return every(
        ((g, f.incentive_compatible and keeps(f.environment, f.mechanism, "ex-post")) for g, f in auctions()),
        "auctions",
    )


@row("Theorem 3.8: without", "single crossing is needed", VCG)
def no_crossing() -> Claimed:
    """The first licence of section 3.1 alone."""
    answer = generalised_vcg(load("liu-single-licence"), effort=EXACT)
    return Claimed(not answer.sufficient and not answer.incentive_compatible, "it fails, and so does truth")


EXTRACTION = "models/correlation/extraction.py"


@cache
def _extracted() -> tuple[tuple[str, Environment, Extraction], ...]:
    return tuple((n, e, extraction(e, effort=EXACT)) for n, e in _correlated(stationary=True))


row("section 4: full extraction", "revenue is the whole surplus", EXTRACTION)(
    lambda: every(((n, f.revenue == f.welfare) for n, _, f in _extracted()), "processes")
)
row(
    "Proposition 4.1: incentives", "periodic ex-post, and everybody participates in every period", EXTRACTION
)(lambda: every(((n, keeps(e, f.mechanism, "ex-post", "periodic")) for n, e, f in _extracted()), "processes"))
row("Remark 4.2", "continuation payoffs after a history are positive", EXTRACTION)(
    lambda: every(
        ((n, f.least_continuation >= 0 and f.largest_rent > 0) for n, _, f in _extracted()), "processes"
    )
)


@row("Proposition 4.1: its assumption", "under Assumption 1 or 2", EXTRACTION, erratum="LIU-4.1")
def bounded_is_not_enough() -> Claimed:
    """Independent transitions: payoffs are bounded and no transfers exist."""
    env = load("random-correlated", types=2, rank=1)
    try:
        extraction(env, effort=EXACT)
    except DynamechError as error:
        return Claimed(False, f"bounded payoffs, and none: {str(error).split(':')[-1].strip()[:60]}")
    return Claimed(True, "extracted")


CONTINUOUS = "models/correlation/continuous.py"


@row("Lemma 5.2", "errors fall below any ε as cells get finer", CONTINUOUS)
def fine_cells() -> Claimed:
    """The density (1 + t)/(1 + s t)², lotteries on 2, 3 and 4 of 4 cells."""
    env = load("continuous-signals", cells=4, density="cauchy")
    errors = [float(approximate(env, bins).error) for bins in (1, 2, 4)]
    return Claimed(
        errors[0] > errors[1] >= errors[2] and errors[2] < errors[0] / 1000,
        "falls, and is 0 with as many cells as signals",
    )


@row("Lemma 7.1", "convex independence gives lotteries for all values", THEOREMS)
def for_all() -> Claimed:
    """The theorem's own systems, agent by agent."""
    return every(
        (
            ((n, a.name), bool(a.theorem("3.1")[0]))
            for n, _, f in _answers("3.1")
            for a in f.agents
            if a.convex_independence
        ),
        "agents",
    )


@row("Lemma 7.1: the converse", "without it some values cannot be aligned", "models/correlation/converse.py")
def converse() -> Claimed:
    """Values made from a convex representation."""

    def fails(seed: int) -> bool:
        answer = unalignable(load("random-correlated", seed=seed, types=3, rank=1, discount="3/4"))
        agents = correlation(answer.environment, distances=False, effort=EXACT).agents
        return not next(a for a in agents if a.index == answer.agent).theorem("3.1")[0]

    return every(((seed, fails(seed)) for seed in range(3)), "processes")


@row("Lemma 7.2", "such transfers implement the efficient policy", "models/correlation/settle.py")
def settled() -> Claimed:
    """Residual claims, exactly: no lie gains."""
    return every(
        (
            (n, violation(e, settle(Course.of(e, EXACT), residual_claims).require(), "ex-post") == 0)
            for n, e in _correlated(stationary=True)
        ),
        "processes",
    )


@row("Lemma 7.3: (19)", "Σ p̄ μ = −Σ_{j≠i} u^j", THEOREMS, erratum="LIU-19")
def discount_missing() -> Claimed:
    """Claims without the discount."""

    def printed(course: Course, beliefs: BeliefBlocks) -> Array:
        return residual_claims(course, beliefs) * course.plan.environment.discount

    gains = []
    for _, env in _correlated(stationary=True):
        course = Course.of(env, EXACT)
        if violation(env, settle(course, residual_claims, "3.2").require(), "ex-post"):
            raise ArithmeticError("corrected, a lie gains")
        gains.append(violation(env, settle(course, printed, "3.2").require(), "ex-post"))
    return Claimed(
        not any(gains), f"a lie gains in {sum(map(bool, gains))} of {len(gains)} processes; with δ in none"
    )


@row("Lemma 7.4", "−Σ_{j≠i} u^j is the claim in every period", LAST, erratum="LIU-boundary")
def boundary() -> Claimed:
    """Two periods, without δ E[W_T − V_T]."""
    gains = []
    for seed in (76, 120):
        env = load("random-correlated", seed=seed, types=2, stationary=False, periods=2)
        course, moves = Course.of(env, EXACT), transitions(env, 0)
        if course.last is None:
            raise ArithmeticError("no last period")

        def printed(
            course: Course, beliefs: BeliefBlocks, moves: Any = moves, last: Any = course.last
        ) -> Array:
            term: Array = moves.expected(course.plan.welfare[1] - last.values[beliefs.agent])
            claims: Array = residual_claims(course, beliefs) + term[:, beliefs.profile]
            return claims

        if violation(env, settle(course, residual_claims).require(), "ex-post"):
            raise ArithmeticError("with the term a lie gains")
        gains.append(violation(env, settle(course, printed).require(), "ex-post"))
    return Claimed(not any(gains), f"lies gain {', '.join(map(str, gains))}")
