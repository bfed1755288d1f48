"""The numbers of an answer of every public function, each from a small environment in either arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import dynamech as dm

F = Fraction


def tables(mechanism: dm.Mechanism | None) -> list[Any]:
    assert mechanism is not None
    return [array for stage in mechanism.stages for array in (stage.allocation, stage.transfers)]


def kln(**_: Any) -> dm.Environment:
    return dm.load("kln-nonseparable", n=2)


def licence() -> dm.Environment:
    return dm.load("liu-licence")


def tasks() -> dm.Environment:
    return dm.load("scheduling", tasks="8,5")


def learners() -> dm.Environment:
    return dm.load("licensing", n=1, arms="1,1; 1,3")


def learning_margins() -> dm.Environment:
    return dm.load("kln-bandit", learning="gamma", arms="1,1; 2,1", n=1, most=2, discount="1/2")


def shown() -> dm.Environment:
    return dm.load("two-period-screening", kernel="3/4,1/4,0;1/4,1/4,1/2", values="1,2,3")


def buyer() -> dm.Environment:
    return dm.load("myerson", bidders=1, values="1,2,3", prior="1/2,1/4,1/4")


def separable() -> dm.Environment:
    return dm.load("kln-separable", prior="1/2,1/4,1/4", s0="2,3,4", discount="1/2", types="markov")


def selling() -> dm.Environment:
    return dm.load("ar1-sale", horizon=2, theta0="1,2", prior="1/2,1/2", discount="1/2")


def growing() -> dm.Environment:
    return dm.load(
        "progressive-screening", chances="1/4,3/4", low="1/2", high="2", cost="1/2", discount="1/2"
    )


def items() -> dm.Environment:
    return dm.load("items-over-time", periods=2)


def given_allocation(env: dm.Environment) -> dm.Mechanism:
    """The best one, in the arithmetic of the environment."""
    made = dm.design(kln(), exact=True).mechanism
    return made if env.exact else made.to_float()


def designed(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.design(env, **asked)
    assert (made.certificate is not None) == asked.get("exact", False)
    return [made.value, *tables(made.mechanism)]


def compiled(env: dm.Environment, **asked: Any) -> list[Any]:
    program = dm.compile(env, **asked)
    return [program.objective, program.data]


def climbed(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.ladder(env, **asked)
    assert made.witness is not None
    return [[rung.value for rung in made.rungs], list(made.gap.values()), made.witness.gain]


def reported(env: dm.Environment, **asked: Any) -> list[Any]:
    told = dm.report(env, rungs=["relaxed", "bayesian"], **asked)
    return [
        *(rung.value for rung in told.ladder.rungs),
        told.ladder.witness.gain if told.ladder.witness else 0,
    ]


def swept(env: dm.Environment, **asked: Any) -> list[Any]:
    with TemporaryDirectory() as folder:
        dm.save(env, Path(folder) / "env.json")
        study = dm.sweep(folder, jobs=1, **asked)
    return [*(row.number for row in study.rows), study.instances[0].gap]


def priced(env: dm.Environment, **asked: Any) -> list[Any]:
    paid = dm.price(env, {"payments": "0..1"}, **asked)
    (line,) = paid.costs
    assert line.multipliers is not None
    assert line.multipliers.each
    told: list[Any] = [*line.multipliers.each, *line.multipliers.bounds]
    slopes = [one.slopes for one in line.multipliers.bounds if one.slopes is not None]
    worths = [[one.worth, one.bound] for one in told]
    return [paid.base.value, paid.all.value, paid.cost(line), paid.cost_beside(line), worths, slopes]


def judged(env: dm.Environment) -> list[Any]:
    return [verdict.violation for verdict in dm.verify(env, given_allocation(env))]


def implemented(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.implement(env, given_allocation(env), **asked)
    return [made.gain, *tables(made.mechanism)]


def correlated(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.correlation(env, **asked)
    sizes = [number for agent in made.agents for number in agent.theorem("3.1")[1:]]
    return [*tables(made.mechanism), *sizes, *made.plan.welfare]


def balanced(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.budget(env, **asked)
    return [made.total, made.fees, *made.periods, *tables(made.mechanism)]


def extracted(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.extraction(env, **asked)
    return [made.revenue, made.welfare, made.least_continuation, *tables(made.mechanism)]


def pivoted(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.generalised_vcg(env, **asked)
    return [*made.payments, *made.values]


def efficient(env: dm.Environment, **asked: Any) -> list[Any]:
    found: list[Any] = []
    for kind in ("pivot", "team", "balanced-team", "deferred"):
        made = dm.pivot(env, kind, **asked)
        found += [made.W, made.W_without, made.M, made.m, made.outside, made.budget, made.start]
        found += [made.bond or [], *tables(made.mechanism)]
    spread = dm.pivot(env, uniqueness=True, **asked).interval
    assert spread is not None
    return [*found, spread.low, spread.high]


def offered(env: dm.Environment, **asked: Any) -> list[Any]:
    menu = dm.menu(env, **asked)
    contracts = menu.menus[0].contracts
    prices = [price for one in contracts for _, _, price in one.prices]
    gains = [one.gain for one in menu.strays]
    return [menu.profit, menu.profit_direct, menu.bound, *(one.fee for one in contracts), *prices, *gains,
            *tables(menu.mechanism)]  # fmt: skip


def rented(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.virtual_pivot(env, ladder=True, **asked)
    assert made.rungs is not None
    assert made.program is not None
    values = [rung.value for rung in made.rungs.values()]
    found = [made.bound, *made.profit.values(), *made.alpha.values(), *made.beta.values(), *made.entry]
    return [*found, *values, made.program.value, *tables(made.mechanism)]


def given_away(env: dm.Environment) -> dm.Mechanism:
    """Everybody gets the good for 1/2, and whoever says 3 for 1/4: neither condition holds."""
    half, sure = F(1, 2), [[F(0), F(1)]] * 3
    stage = dm.Stage(np.array([sure]), np.array([[[half, half, half / 2]]]))
    made = dm.Mechanism(env.name, (stage,))
    return made if env.exact else made.to_float()


def with_envelope(env: dm.Environment) -> list[Any]:
    return [one.shortfall for one in dm.envelope(env, given_away(env)).failing]


def with_dominance(env: dm.Environment) -> list[Any]:
    failing = dm.interval_dominance(env, given_away(env)).failing
    return [figure for one in failing for figure in (one.shortfall, one.unavoidable)]


def with_surplus(env: dm.Environment) -> list[Any]:
    made = dm.virtual_surplus(env, given_away(env))
    return [made.value, made.profit, *made.lowest, *made.excess]


def coupled(env: dm.Environment) -> list[Any]:
    return [shock.lengths for shock in dm.canonical(env).shocks]


def moved(env: dm.Environment) -> list[Any]:
    made = dm.impulse_responses(env)
    return [*made.levels, *made.response(0, 1), *made.changes[0, 1].values()]


def paid_by_sums(env: dm.Environment) -> list[Any]:
    made = dm.markov_transfers(env, given_allocation(env))
    return [*made.D["buyer"], *made.Q["buyer"], made.verdict.violation, *tables(made.mechanism)]


def between_sums(env: dm.Environment) -> list[Any]:
    return [dm.check_icfoc(env, given_allocation(env)).violation]


def monotone(env: dm.Environment) -> list[Any]:
    return [verdict.violation for verdict in dm.check_monotonicity(env, given_allocation(env))]


def sold_in_time(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.sale(env, **asked)
    courses = (made.virtual, made.efficient)
    return [number for one in courses for number in (one.value, one.sold, one.passed_over)]


def grown(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.progressive(env, **asked)
    return [made.bound, made.menu.profit, made.gap]


def lost(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.distortions(env, **asked)
    periods = [(one.surplus, one.largest.shortfall, one.inefficient) for one in made.periods]
    return [made.lost, *periods, *tables(made.mechanism)]


def kept(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.rents(env, **asked)
    ends = [rent for one in made.agents for rent in (*one.full, *one.public, *one.later) if rent is not None]
    return [made.revenue, *ends, *((one.chance, *one.expected, *one.by_period) for one in made.agents)]


def numbers(env: dm.Environment) -> tuple[list[Any], Any]:
    """The values of the buyer's types, and a discount, in the arithmetic of the environment."""
    values = env.agents[0].values[0][1].tolist()
    return values, values[0] / 2


def scheduled(env: dm.Environment) -> list[Any]:
    made = dm.schedule(*numbers(env))
    return [made.welfare, made.without, made.contributions, made.at_turn, made.prices, made.revenue]


def ascending(env: dm.Environment) -> list[Any]:
    made = dm.ascending_auction(*numbers(env))
    return [made.price, made.bids, made.payoffs, made.welfare]


def paired(env: dm.Environment) -> list[Any]:
    values, discount = numbers(env)
    made = dm.multi_task(values, values, discount)
    return [made.welfare, made.contributions, made.payments, made.threshold, made.loss]


def listed(env: dm.Environment) -> list[Any]:
    values, discount = numbers(env)
    made = dm.task_lists(values, values, discount)
    return [made.welfare, made.contributions, made.payments, made.price, made.bids, made.loss]


def arrived(env: dm.Environment) -> list[Any]:
    values, half = numbers(env)
    made = dm.arrivals(periods=2, values=values, chances=half, discount=half)
    return [made.value, made.outcome.collected, made.outcome.sold, *made.payments.payments]


def came_hidden(env: dm.Environment) -> list[Any]:
    values, half = numbers(env)
    chances = [[[half] * 3] * 3] * 2
    made = dm.hidden_arrivals(
        names=["ann", "bob"], values=[values, values], pmf=[[half / 2, half, half / 2]] * 2,
        chances=[chances, chances], periods=2, discount=half,
    )  # fmt: skip
    return [made.welfare, *(buyer.paid_hidden for buyer in made.buyers)]


def indexed(env: dm.Environment, **asked: Any) -> list[Any]:
    return [*dm.index(env, **asked).index]


def indexed_virtually(env: dm.Environment, **asked: Any) -> list[Any]:
    sold = dm.virtual_index(env, **asked)
    by_rule = [[*one.promises.values(), *one.entry.values(), one.profit] for one in sold.rules.values()]
    lies = [one.lie.gain for one in sold.rules.values() if one.lie]
    at = sold.at({"buyer 1": "4", "buyer 2": "6"}).transfers
    figures = [number for rule in by_rule for number in rule]
    return [*sold.index, *sold.worth, *sold.alpha.values(), sold.bound, *sold.prices, *figures, *lies, at]


def auctioned(env: dm.Environment, **asked: Any) -> list[Any]:
    sold = dm.second_price(env, **asked)
    return [sold.welfare, sold.without, sold.transfers, sold.option_value]


def banked(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.bank(env, **asked)
    return [made.clairvoyant, made.repeated_myerson, made.full_surplus]


def kept_account(env: dm.Environment) -> list[Any]:
    given = dm.bank(env).mechanism
    assert given is not None
    found = dm.account(env, given)
    return [found.original, found.revenue, *tables(found.without_debt)]


def in_the_long_run(env: dm.Environment, **asked: Any) -> list[Any]:
    found = dm.asymptotic(env, **asked)
    return [*found.revenue]


def unforeseen(env: dm.Environment) -> list[Any]:
    made = dm.nonclairvoyant(env)
    return [made.revenue, made.clairvoyant]


def shared(env: dm.Environment, **asked: Any) -> list[Any]:
    (agent,) = env.agents
    kept = [(agent.values[0][1].tolist(), agent.prior.tolist())]
    made = dm.maximin(kept, [[0], [0, 0]], **asked)
    return [made.ratio, made.clairvoyant, made.revenues]


def burnt(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.burn(env, ["1/2"], **asked)
    return [made.value, made.dual, made.weights, *made.transfers]


def sold(env: dm.Environment, **asked: Any) -> list[Any]:
    (name,) = [agent.name for agent in env.agents]
    made = dm.auction(env, demands={"payments": {name: "0..1"}}, **asked)
    return [made.value, made.bound, *made.interim, made.ironed, made.mechanism.stages[0].transfers]


def ironed(env: dm.Environment, **asked: Any) -> list[Any]:
    made = dm.iron(env, **asked)
    return [made.virtual, made.ironed, made.utility, made.utility_ironed]


def screened(env: dm.Environment, **asked: Any) -> list[Any]:
    sold = dm.sequential_screening(env, **asked)
    assert sold.menu is not None
    assert sold.bound is not None
    by = [one.by for one in sold.conditions.values() if one.by is not None]
    posted = [number for one in sold.posted.values() for number in (one.price, one.profit, one.sold)]
    values = [*sold.rungs.values(), sold.public_excess, sold.profit, sold.bound]
    virtual = [sold.virtual.virtual_surplus, sold.virtual.psi]
    return [*values, *virtual, *posted, *by, sold.menu.fees, sold.menu.rents, *tables(sold.mechanism)]


def shown_by_report(env: dm.Environment, **asked: Any) -> list[Any]:
    search = dm.disclosure(env, **asked)
    assert search.contracts is not None
    contracts = [number for one in search.contracts for number in (one.fee, one.sold, one.rent)]
    return [*search.values.values(), search.value, search.shown, *contracts, *tables(search.mechanism)]


def converging(env: dm.Environment, **asked: Any) -> list[Any]:
    grids = dm.convergence("courty-li-uniform", [3, 5], a="1/2" if env.exact else 0.5, **asked)
    return [grids.limit, grids.steps, grids.values, grids.errors, grids.ratios, grids.extrapolated]


@dataclass(frozen=True)
class Row:
    """run: the numbers of an answer; env: rational, all of whose numbers are doubles; asks: an engine."""

    run: Callable[..., list[Any]]
    env: Callable[[], dm.Environment]
    asks: bool
    told: tuple[bool | None, ...] = (True, False)
    """What may be said of `exact`; None leaves it out."""


ALONE = (None,)
ROWS = {
    "design": Row(designed, kln, True),
    "compile": Row(compiled, kln, True),
    "ladder": Row(climbed, kln, True),
    "report": Row(reported, kln, True),
    "sweep": Row(swept, kln, True),
    "price": Row(priced, kln, True),
    "implement": Row(implemented, kln, True, (True, False, None)),
    "correlation": Row(correlated, licence, True),
    "budget": Row(balanced, licence, True),
    "extraction": Row(extracted, licence, True),
    "generalised_vcg": Row(pivoted, licence, True),
    "maximin": Row(shared, buyer, True, (True, False, None)),
    "verify": Row(judged, kln, False, ALONE),
    "pivot": Row(efficient, tasks, True),
    "virtual_pivot": Row(rented, buyer, True),
    "envelope": Row(with_envelope, buyer, False, ALONE),
    "interval_dominance": Row(with_dominance, buyer, False, ALONE),
    "virtual_surplus": Row(with_surplus, buyer, False, ALONE),
    "index": Row(indexed, learners, True),
    "virtual_index": Row(indexed_virtually, learning_margins, True),
    "menu": Row(offered, separable, True),
    "canonical": Row(coupled, kln, False, ALONE),
    "impulse_responses": Row(moved, kln, False, ALONE),
    "markov_transfers": Row(paid_by_sums, kln, False, ALONE),
    "check_icfoc": Row(between_sums, kln, False, ALONE),
    "check_monotonicity": Row(monotone, kln, False, ALONE),
    "sale": Row(sold_in_time, selling, True),
    "progressive": Row(grown, growing, True),
    "distortions": Row(lost, kln, True),
    "rents": Row(kept, kln, True),
    "schedule": Row(scheduled, buyer, False, ALONE),
    "ascending_auction": Row(ascending, buyer, False, ALONE),
    "multi_task": Row(paired, buyer, False, ALONE),
    "task_lists": Row(listed, buyer, False, ALONE),
    "arrivals": Row(arrived, buyer, False, ALONE),
    "hidden_arrivals": Row(came_hidden, buyer, False, ALONE),
    "second_price": Row(auctioned, learners, True),
    "account": Row(kept_account, items, False, (None,)),
    "asymptotic": Row(in_the_long_run, items, True),
    "bank": Row(banked, items, False),
    "nonclairvoyant": Row(unforeseen, items, False, ALONE),
    "auction": Row(sold, buyer, True),
    "burn": Row(burnt, buyer, False),
    "iron": Row(ironed, buyer, False),
    "sequential_screening": Row(screened, shown, True),
    "disclosure": Row(shown_by_report, shown, True),
    "convergence": Row(converging, shown, True),
}
