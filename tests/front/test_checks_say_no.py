"""Every check that the documentation teaches can say no, and does where it should.

Each line has a case in which the check holds and one in which it does not; both are the very expression that
a reader would write after ``if``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as F
from functools import cache
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.bench import Asked, Case, Instance, Line, disagreements
from dynamech.models.accounts.nonclairvoyant.lemmas import StaticBound
from dynamech.models.accounts.reduction import reduce_to_account
from dynamech.models.correlation.future_signals import future_signals
from dynamech.models.correlation.on_path import on_path
from dynamech.models.correlation.outcome import Settled
from dynamech.solvers.program import Builder, Program
from dynamech.testing import assert_incentive_compatible, assert_same_program, random_environment


def paid(rule: str, more: int = 0) -> tuple[dm.Environment, dm.Mechanism]:
    """A virtual pivot mechanism; who says '1' for the first signal pays so much more at entry."""
    env = dm.load("handicap-auction")
    mechanism = dm.virtual_pivot(env, exact=True).rules[rule].mechanism
    entry = mechanism.stages[0].transfers.copy()
    entry[0, :, -1] += more
    first = replace(mechanism.stages[0], transfers=entry)
    return env, replace(mechanism, stages=(first, *mechanism.stages[1:]))


def raised(check: Callable[[], None]) -> bool:
    """Whether an assertion of `dynamech.testing` passes."""
    try:
        check()
    except AssertionError:
        return False
    return True


@cache
def env() -> dm.Environment:
    return dm.load("kln-nonseparable", n=5)


@cache
def best() -> Any:
    return dm.design(env(), exact=True)


@cache
def greedy() -> Any:
    """The first best earns 15/4, and no mechanism that is incentive compatible more than 9/4."""
    return dm.design(env(), incentives="none", exact=True)


def backwards() -> dm.Mechanism:
    """Sells to the low type and not to the high one: no payments make that truthful."""
    tables = np.array([[[1, 0], [1, 0]]], dtype=object), np.array([[[0, 1], [1, 0]]], dtype=object)
    free = np.zeros((1, 1, 2), dtype=object)
    first = dm.Stage(tables[0], free, np.zeros((1, 2, 2), dtype=int))
    return dm.Mechanism("two-type-markov", (first, dm.Stage(tables[1], free))).to_exact()


def forged() -> Any:
    proof = best().certificate
    return replace(proof, value=proof.value + 1)


@cache
def correlated(kind: str, exact: bool = True) -> Any:
    words: dict[str, Any] = {"rich": {"types": 3}, "poor": {"types": 3, "rank": 1}}[kind]
    return dm.correlation(dm.load("random-correlated", **words), exact=exact)


def apart() -> Any:
    """Beliefs of buyers whose types have nothing to do with each other."""
    return dm.correlation(dm.load("myerson")).static


@cache
def settled() -> Any:
    return dm.budget(dm.load("random-correlated", types=2), "per-period", exact=True)


@cache
def extracted() -> Any:
    return dm.extraction(dm.load("random-correlated", types=2), exact=True)


def dearer(made: Any) -> Any:
    """The same answer about a mechanism in which everybody pays 1 more."""
    stages = tuple(replace(s, transfers=s.transfers + 1) for s in made.mechanism.stages)
    changed = replace(made.mechanism, stages=stages)
    return replace(made, settled=Settled(changed, on_path(made.plan.environment, changed)))


@cache
def account() -> Any:
    return dm.bank(dm.load("items-over-time", periods=2), exact=True).account


def spoilt(number: int) -> Any:
    """Condition `number` of a bank account whose payments, or whose balances, are other than they were."""
    good = account()
    if number == 2:
        return replace(good, after=tuple(after + 5 for after in good.after)).conditions()[2]
    stages = list(good.mechanism.stages)
    change = np.zeros(stages[-1].transfers.shape, dtype=object) + F(0)
    change[0, 0, -1] = F(1, 3)
    stages[-1] = replace(stages[-1], transfers=stages[-1].transfers + change)
    return replace(good, mechanism=replace(good.mechanism, stages=tuple(stages))).conditions()[number]


@cache
def reduction() -> Any:
    return reduce_to_account(account().items.env, account().mechanism)


def blind(more: int = 1) -> Any:
    """A mechanism that does not know the future, beside an optimum that is so many times what it is."""
    found = dm.nonclairvoyant(dm.load("items-over-time", periods=2))
    assert found.bank is not None
    return replace(found, bank=replace(found.bank, clairvoyant=found.bank.clairvoyant * more))


def lines(other: float, money: float = 1.0, **more: Any) -> list[str]:
    instance = Instance("two-type-markov")
    values = {"a": money, "b": other * money}
    return disagreements(
        [Line(Case(instance, Asked(), k, "highs"), "optimal", "", value=v, **more) for k, v in values.items()]
    )


def program(bent: float = 1.0, offset: float = 0.0) -> Program:
    build = Builder(sense="min", name="curved")
    x = build.columns("x", 2, lower=0, objective=[1, -1])
    build.quadratic(x.index, x.index, [1.0, bent])
    build.offset = offset
    return build.build()


def vcg(**words: Any) -> Any:
    return dm.generalised_vcg(dm.load("interdependent-auction"), exact=True, **words)


def swapped() -> Any:
    """Generalised VCG payments of an environment whose welfare does not cross once in some type."""
    crossing = [[[0, 0], [3, 0]], [[0, 0], [0, 3]]]
    agents = [
        dm.Agent("one", types=["l", "h"], prior=["1/2", "1/2"], values=[[[0, 0], [2, 1]]]),
        dm.Agent("two", types=["l", "h"], prior=["1/2", "1/2"], values=[[[[0, 0], [0, 0]], crossing[0]]]),
    ]
    made = dm.Environment(name="swapped", horizon=1, actions=["x", "y"], costs=[[0, 2]], agents=agents)
    return dm.generalised_vcg(made, exact=True)


CHECKS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "verify, one word": (
        lambda: dm.verify(env(), best().mechanism, "bayesian"),
        lambda: dm.verify(env(), greedy().mechanism, "bayesian"),
    ),
    "verify, two words": (
        lambda: dm.verify(env(), best().mechanism, "bayesian", "interim"),
        lambda: dm.verify(env(), greedy().mechanism, "bayesian", "interim"),
    ),
    "assert_incentive_compatible": (
        lambda: raised(lambda: assert_incentive_compatible(env(), best().mechanism)),
        lambda: raised(lambda: assert_incentive_compatible(env(), greedy().mechanism)),
    ),
    "assert_same_program": (
        lambda: raised(lambda: assert_same_program(program(), program())),
        lambda: raised(lambda: assert_same_program(program(), program(bent=2.0))),
    ),
    "assert_same_program, offset": (
        lambda: raised(lambda: assert_same_program(program(), program())),
        lambda: raised(lambda: assert_same_program(program(), program(offset=1.0))),
    ),
    "certificate.check()": (lambda: best().certificate.check(), lambda: forged().check()),
    "certificate.check()['valid']": (
        lambda: best().certificate.check()["valid"],
        lambda: forged().check()["valid"],
    ),
    "implement": (
        lambda: dm.implement(env(), best().mechanism),
        lambda: dm.implement(dm.load("two-type-markov"), backwards()),
    ),
    "tight": (
        lambda: dm.ladder(dm.load("kln-separable")).tight["relaxed"],
        lambda: dm.ladder(env()).tight["relaxed"],
    ),
    "convex independence": (
        lambda: correlated("rich").agents[0].convex_independence,
        lambda: correlated("poor").agents[0].convex_independence,
    ),
    "spanning": (
        lambda: correlated("rich").agents[0].spanning,
        lambda: correlated("poor").agents[0].spanning,
    ),
    "feasible": (
        lambda: correlated("rich").agents[0].theorem("3.2")[0],
        lambda: correlated("poor").agents[0].theorem("3.2")[0],
    ),
    "implementable": (
        lambda: correlated("rich").mechanism is not None,
        lambda: correlated("poor").mechanism is not None,
    ),
    "static": (
        lambda: correlated("rich").static.spanning,
        lambda: apart().spanning,
    ),
    "static, convex independence": (
        lambda: correlated("rich").static.convex_independence,
        lambda: apart().convex_independence,
    ),
    "future signals": (
        lambda: future_signals(random_environment(1, agents=2, joint=True)).spans,
        lambda: future_signals(random_environment(1, agents=2)).spans,
    ),
    "budget": (
        lambda: settled().balanced and settled().total == 0 and not any(n.any() for n in settled().periods),
        lambda: dearer(settled()).balanced,
    ),
    "extraction": (
        lambda: extracted().revenue == extracted().welfare,
        lambda: dearer(extracted()).revenue == extracted().welfare,
    ),
    "generalised VCG": (lambda: vcg().incentive_compatible, lambda: swapped().incentive_compatible),
    "generalised VCG, conditions": (lambda: vcg().sufficient, lambda: swapped().sufficient),
    "bank account (IC)": (lambda: account().conditions()[0], lambda: spoilt(0)),
    "bank account (BI)": (lambda: account().conditions()[1], lambda: spoilt(1)),
    "bank account (BU)": (lambda: account().conditions()[2], lambda: spoilt(2)),
    "claims of a reduction": (
        lambda: all(reduction().claims),
        lambda: all(replace(reduction(), levels=-reduction().levels).claims),
    ),
    "guarantee": (lambda: blind().guaranteed, lambda: blind(4).guaranteed),
    "static bound": (
        lambda: StaticBound("B.1", True, F(2), F(2)),
        lambda: StaticBound("B.1", True, F(9, 4), F(2)),
    ),
    "pivot, a notion": (
        lambda: dm.pivot("scheduling").satisfies["periodic"],
        lambda: dm.pivot(dm.load("scheduling", grid="0,3"), "deferred").satisfies["periodic"],
    ),
    "envelope": (lambda: dm.envelope(*paid("A")), lambda: dm.envelope(*paid("A", 1))),
    "interval dominance": (
        lambda: dm.interval_dominance(*paid("C")),
        lambda: dm.interval_dominance(*paid("A")),
    ),
    "monotone in arrivals": (
        lambda: dm.arrivals(periods=3, values=[1, 2], chances="1/2", discount="9/10").order,
        lambda: dm.arrivals(periods=4, values=[1, 2, 3], chances="1/2", discount="9/10", timeout=2).order,
    ),
    "agreement of a bench": (lambda: not lines(1.0), lambda: not lines(1.001)),
    "agreement of a bench, in small money": (lambda: not lines(1.0, 1e-9), lambda: not lines(1.001, 1e-9)),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_says_yes_and_no(name: str) -> None:
    holds, fails = CHECKS[name]
    assert bool(holds()) is True
    assert bool(fails()) is False


def test_whatever_has_a_truth_value_is_in_the_table() -> None:
    """Every class of the package that defines its own truth appears above, but the engines' own."""
    defined = set()
    for room in ("models", "solvers", "instances"):
        package = importlib.import_module(f"dynamech.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            found = importlib.import_module(module.name)
            for _, kind in inspect.getmembers(found, inspect.isclass):
                if "__bool__" in vars(kind) and kind.__module__.startswith("dynamech"):
                    defined.add(kind.__name__)
    shown = {type(made()).__name__ for pair in CHECKS.values() for made in pair}
    shown.add(type(reduction().claims[0]).__name__)
    assert defined - shown == {"Faults"}  # true where something is wrong; of no use outside `solvers/exact`
