"""Every answer can be pickled and copied, goes to another process and comes back the same."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import multiprocessing
import pickle
import typing
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction as F
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.auctions.money_burning.burning import Burning
from dynamech.models.auctions.virtual_values import VirtualValues
from dynamech.solvers.certificate import Certificate
from dynamech.solvers.program import Builder
from dynamech.testing import random_environment

from .answers import checked, exported, hidden

DATA = Path(__file__).parents[1] / "data"


@cache
def kln() -> dm.Environment:
    return dm.load("kln-nonseparable", n=3)


@cache
def steered() -> dm.Environment:
    """Two agents and a public state, processes moved by actions."""
    return random_environment(1, agents=2, controlled=True, observed=True, given=True)


def correlated() -> dm.Environment:
    return dm.load("random-correlated", types=2)


def items() -> dm.Environment:
    return dm.load("items-over-time", periods=2)


def with_fees() -> dm.Mechanism:
    return dm.virtual_pivot("handicap-auction", exact=True).rules["A"].mechanism


def by_hand() -> dm.Mechanism:
    """With a label that is a function of nobody's module, as the guide writes it; lies undo it."""
    tables = np.array([[[1, 0], [1, 0]]], dtype=object), np.array([[[0, 1], [1, 0]]], dtype=object)
    free = np.zeros((1, 1, 2), dtype=object)
    first = dm.Stage(tables[0], free, np.zeros((1, 2, 2), dtype=int), label=lambda m: f"start {m}")
    return dm.Mechanism("two-type-markov", (first, dm.Stage(tables[1], free))).to_exact()


@cache
def designed(*, exact: bool = True, **words: Any) -> Any:
    return dm.design(kln(), exact=exact, **words)


ANSWERS: dict[str, Callable[[], Any]] = {
    "agent": lambda: kln().agents[0],
    "goods": lambda: dm.Goods(("unit",), (None,), np.eye(1)),
    "signals": lambda: kln().agents[0].signals,
    "environment of signals": kln,
    "environment with a public state": steered,
    "environment without end": lambda: dm.load("liu-licence"),
    "joint process": lambda: dm.load(DATA / "near-singular-9.json"),
    "mechanism by hand": by_hand,
    "stage": lambda: by_hand().stages[0],
    "program": lambda: dm.compile(steered()),
    "program over the rationals": lambda: dm.compile(kln(), exact=True, formulation="textbook"),
    "program with a row of one's own": lambda: Builder.of(dm.compile(steered())).build(),
    "quadratic program": lambda: dm.compile(dm.load("supply-chain")),
    "question": lambda: dm.Question({"revenue": 1, "utility:buyer": "-1/2"}, demands={"budget": "ex-post"}),
    "row": lambda: dm.Row("capacity", allocation=[None, [0, 1]], upper="1/2", expected=True),
    "question with a row": lambda: dm.Question(demands={"rows": [ANSWERS["row"]()]}).check(kln()),
    "design": lambda: designed(exact=False),
    "design, exact": designed,
    "design, shocks public": lambda: designed(incentives="relaxed"),
    "design, types public": lambda: designed(incentives="types-public"),
    "design, first best": lambda: designed(incentives="none"),
    "design, lazy": lambda: designed(exact=False, formulation="textbook+lazy"),
    "design, posted prices": lambda: dm.design(
        dm.load("sequential-screening", k0=2, k1=3), formulation="thresholds", exact=True
    ),
    "design, unbounded": lambda: dm.design(dm.load("two-type-markov"), participation="none", exact=True),
    "design, not applicable": lambda: dm.design(correlated(), incentives="relaxed"),
    "design, by CVXPY": lambda: designed(exact=False, solver="cvxpy:CLARABEL"),
    "solution": lambda: designed(exact=False).solution,
    "certificate": lambda: designed().certificate,
    "certificate, made when asked": lambda: designed(exact=False).solution.certify(),
    "ladder": lambda: dm.ladder(kln(), exact=True),
    "ladder, in doubles": lambda: dm.ladder(kln()),
    "ladder, steered": lambda: dm.ladder(random_environment(3, agents=1, controlled=True)),
    "range": lambda: dm.tight_range("kln-nonseparable", "c_times", 3, 5, settings={"n": 3}, points=2),
    "sweep": lambda: dm.sweep("kln-nonseparable", {"n": 2, "c_times": [3, 5]}, exact=True, jobs=1),
    "replication": lambda: dm.replicate("BV (5)"),
    "report": lambda: dm.report(kln(), rungs=["relaxed", "bayesian"], exact=True, dated=False),
    "simulation": lambda: dm.simulate(kln(), designed().mechanism, paths=20),
    "price": lambda: dm.price(kln(), {"payments": "0..1"}, exact=True),
    "implementation": lambda: dm.implement(kln(), designed().mechanism),
    "implementation, none": lambda: dm.implement(dm.load("two-type-markov"), by_hand()),
    "verdicts": lambda: dm.verify(kln(), designed(incentives="none").mechanism),
    "verdict": lambda: dm.verify(kln(), designed(incentives="none").mechanism, "bayesian"),
    "witness": lambda: dm.verify(kln(), designed(incentives="none").mechanism, "bayesian").witness,
    "correlation": lambda: dm.correlation(correlated(), exact=True),
    "correlation, in doubles": lambda: dm.correlation(dm.load("liu-licence"), norm="2"),
    "correlation, bounded": lambda: dm.correlation("liu-licence", liability=0, exact=True),
    "correlation, one period": lambda: dm.correlation(dm.load("myerson")),
    "budget": lambda: dm.budget(correlated(), "per-period"),
    "extraction": lambda: dm.extraction(correlated(), exact=True),
    "generalised VCG": lambda: dm.generalised_vcg(dm.load("interdependent-auction")),
    "pivot": lambda: dm.pivot("scheduling", uniqueness=True, exact=True),
    "balanced team": lambda: dm.pivot("scheduling", "balanced-team"),
    "virtual pivot": lambda: dm.virtual_pivot("handicap-auction", exact=True),
    "interval dominance": lambda: dm.interval_dominance("handicap-auction", with_fees()),
    "virtual surplus": lambda: dm.virtual_surplus("handicap-auction", with_fees()),
    "indices": lambda: dm.index("licensing", exact=True),
    "virtual indices": lambda: dm.virtual_index("kln-bandit", exact=True),
    "menu": lambda: dm.menu("kln-separable", exact=True),
    "schedule": lambda: dm.schedule([8, 5], "1/2"),
    "ascending auction": lambda: dm.ascending_auction([8, 5], 0.5),
    "multi-task": lambda: dm.multi_task([10, 3], [4], "1/2"),
    "task lists": lambda: dm.task_lists([10, 3], [4], "1/2"),
    "arrivals": lambda: dm.arrivals(periods=2, values=[1, 2], chances="1/2", timeout=1),
    "hidden arrivals": hidden,
    "second price": lambda: dm.second_price("licensing"),
    "account": lambda: dm.account(items(), dm.bank(items()).account.mechanism),  # type: ignore[union-attr]
    "asymptotic": lambda: dm.asymptotic(items()),
    "bank": lambda: dm.bank(items()),
    "non-clairvoyant": lambda: dm.nonclairvoyant(items()),
    "non-clairvoyant, two periods": lambda: dm.nonclairvoyant(items(), "two-period"),
    "maximin": lambda: dm.maximin([([1, 2], ["1/2", "1/2"]), ([1, 3], ["1/3", "2/3"])], [[0], [0, 1]]),
    "sale": lambda: dm.sale("ar1-sale", exact=True),
    "progressive screening": lambda: dm.progressive("progressive-screening"),
    "distortions": lambda: dm.distortions(designed()),
    "rents": lambda: dm.rents("two-period-screening", exact=True),
    "canonical": lambda: dm.canonical(kln()),
    "impulse responses": lambda: dm.impulse_responses(kln()),
    "Markov transfers": lambda: dm.markov_transfers(kln(), designed().mechanism),
    "sequential screening": lambda: dm.sequential_screening("two-period-screening"),
    "disclosure": lambda: dm.disclosure("two-period-screening", exact=True),
    "convergence": lambda: dm.convergence("courty-li-uniform", [3, 5], exact=True),
    "auction": lambda: dm.auction("myerson", demands={"payments": "0..1"}),
    "burning": lambda: dm.burn(dm.load("myerson"), [1, "1/2"]),
    "virtual values": lambda: dm.iron(dm.load("myerson", bidders=1)),
    "certificate, checked": checked,
    "export": exported,
}


@cache
def answer(name: str) -> Any:
    return ANSWERS[name]()


def promised() -> set[type]:
    """Every class that `dynamech` names, or that one of its functions says it returns."""
    found: set[type] = {Certificate, Burning, VirtualValues}
    for name in dm.__all__:
        item = getattr(dm, name)
        if inspect.isclass(item) and not issubclass(item, Exception):
            found.add(item)
        elif inspect.isfunction(item):
            returned = typing.get_type_hints(item).get("return")
            if inspect.isclass(returned) and returned is not type(None) and returned is not Any:
                found.add(returned)
    return found


def test_the_table_is_complete() -> None:
    """Whatever `dynamech` hands out has a line above."""
    missing = {kind.__name__ for kind in promised()} - {type(answer(name)).__name__ for name in ANSWERS}
    assert not missing


def assert_same(one: Any, other: Any, place: str = "answer", seen: dict[int, Any] | None = None) -> None:
    """Fail where two answers differ anywhere inside; functions are compared by being there."""
    seen = {} if seen is None else seen
    if one is other or seen.get(id(one)) is other:
        return
    seen[id(one)] = other
    if callable(one) and not callable(other):  # what was put off is worked out on the way
        one = one()
    if callable(one):  # labels are written out on the way
        assert callable(other), place
        return
    assert type(one) is type(other), place
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            a, b = getattr(one, field.name), getattr(other, field.name)
            assert_same(a, b, f"{place}.{field.name}", seen)
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape), place
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), place
    elif isinstance(one, Mapping):
        assert list(one) == list(other), place
        for key in one:
            assert_same(one[key], other[key], f"{place}[{key!r}]", seen)
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), place
        for k, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{place}[{k}]", seen)
    elif hasattr(one, "__dict__"):
        assert_same(kept(one), kept(other), place, seen)
    else:
        assert one == other or (one != one and other != other), place


def kept(one: object) -> dict[str, Any]:
    """An object's state without what it worked out when it was asked."""
    worked_out = {name for name in dir(type(one)) if isinstance(getattr(type(one), name), cached_property)}
    return {k: v for k, v in vars(one).items() if k not in worked_out and not k.startswith("_")}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_come_back_the_same(name: str) -> None:
    there = answer(name)
    back = pickle.loads(pickle.dumps(there))
    assert_same(there, back)
    assert bool(back) == bool(there)
    assert_same(there, copy.deepcopy(there))
    assert_same(there, copy.copy(there))
    if hasattr(there, "to_json"):
        assert back.to_json() == there.to_json()
    # What was unpickled can be pickled again, and says the same bytes.
    assert_same(back, pickle.loads(pickle.dumps(back)))


def labels(blocks: Iterable[Any]) -> list[str]:
    return [block.label_of(k) for block in blocks for k in range(block.size)]


def test_labels_travel() -> None:
    program = dm.compile(steered())
    back = pickle.loads(pickle.dumps(program))
    assert labels(back.row_blocks.values()) == labels(program.row_blocks.values())
    assert labels(back.column_blocks.values()) == labels(program.column_blocks.values())
    mine, theirs = by_hand().stages[0], pickle.loads(pickle.dumps(by_hand())).stages[0]
    assert theirs.label_of(0) == mine.label_of(0) == "start 0"


def test_what_comes_back_still_works() -> None:
    """What is worked out later is worked out from what travelled."""
    made = pickle.loads(pickle.dumps(dm.design(kln(), exact=False)))
    assert dm.verify(kln(), made.mechanism, "bayesian", "interim")
    assert made.solution.certify().check()["valid"]
    assert pickle.loads(pickle.dumps(answer("certificate"))).check()["valid"]
    rungs = pickle.loads(pickle.dumps(dm.ladder(kln(), exact=True)))
    assert rungs.unrelaxed.gain == F(5, 4)
    relaxed = pickle.loads(pickle.dumps(answer("design, shocks public")))
    lifted = relaxed.solved.rewriting.lift(designed().mechanism)
    assert dm.verify(kln(), lifted, "relaxed")


def solved(task: tuple[str, dict[str, Any], dm.Environment]) -> Any:
    """One question, in a process that knows nothing."""
    function, words, env = task
    return getattr(dm, function)(env, **words)


def test_other_processes_give_the_same_answers() -> None:
    tasks: list[tuple[str, dict[str, Any], dm.Environment]] = [
        ("ladder", {"exact": True}, kln()),
        ("correlation", {"exact": True}, correlated()),
        ("verify", {"mechanism": designed(incentives="none").mechanism}, kln()),
    ]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(solved, tasks))
    ladder, correlation, verdicts = found
    assert ladder.tight == answer("ladder").tight
    assert ladder.to_json()["gap"] == answer("ladder").to_json()["gap"]
    assert ladder["bayesian"].design.certificate.check()["valid"]
    assert_same(correlation, answer("correlation"))
    assert verdicts == answer("verdicts")
    assert not verdicts
