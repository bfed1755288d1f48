"""An answer of every kind, the environment that it is about, and the command that prints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import dynamech as dm
from dynamech import bench
from dynamech.api.certificate import CertificateCheck, check_certificate
from dynamech.api.exporting import Export
from dynamech.bench import Asked, Instance, Line
from dynamech.bench.benchmark import Benchmark
from dynamech.instances.file import instance_from_json
from dynamech.models.auctions.market import single_market
from dynamech.models.auctions.optimal_auction import optimal_auction
from dynamech.rebuild import question_of

TAG = "<b>&"
"""Begins every label of the environments below."""


@cache
def tagged(name: str, **settings: Any) -> dm.Environment:
    """A library environment whose names and labels are HTML."""
    content = dm.load(name, **settings).to_json()
    content["name"] = TAG + content["name"]
    content["actions"] = [
        {**period, "goods": [TAG + name for name in period["goods"]]}
        if isinstance(period, dict)
        else [TAG + label for label in period]
        for period in content["actions"]
    ]
    for agent in content["agents"]:
        agent["name"] = TAG + agent["name"]
        if "signals" in agent:
            for signal in agent["signals"]:
                signal["labels"] = [TAG + label for label in signal["labels"]]
        else:
            agent["types"] = [[TAG + label for label in period] for period in agent["types"]]
    return instance_from_json(content)


def kln() -> dm.Environment:
    return tagged("kln-nonseparable", n=3)


@cache
def designed(incentives: str = "bayesian") -> dm.Design:
    return dm.design(kln(), incentives=incentives, exact=True)


@cache
def ladder() -> dm.Ladder:
    return dm.ladder(kln(), exact=True)


@cache
def verdicts() -> dm.Verdicts:
    found: dm.Verdicts = dm.verify(kln(), designed("none").mechanism)
    return found


def correlated() -> dm.Environment:
    return tagged("random-correlated", types=2)


def tasks(**settings: Any) -> dm.Environment:
    return tagged("scheduling", grid="0,3", **settings)


def handicaps() -> dm.Environment:
    return tagged("handicap-auction")


@cache
def tempting() -> dm.Mechanism:
    """Truthful but in period 0."""
    return dm.virtual_pivot(handicaps(), exact=True).rules["A"].mechanism


def overcharging() -> dm.Mechanism:
    """The same with 1 more at entry from who says '0' of the first bidder."""
    entry = tempting().stages[0].transfers.copy()
    entry[0, :, 0] += 1
    first = replace(tempting().stages[0], transfers=entry)
    return replace(tempting(), stages=(first, *tempting().stages[1:]))


def hidden() -> Any:
    """Two buyers for one good; that the first has come is news of the second."""
    early: list[Any] = [[[0, 0, 0]] * 3, [[0, 0, 0]] * 3]
    early[0] = [["1/2", 0, 0]] * 3
    late = [[["1/4"] * 3, ["3/4"] * 3, ["1/4"] * 3]] * 2
    return dm.hidden_arrivals(
        names=[TAG + "ann", TAG + "bob"],
        values=[[1, 2], [5]],
        pmf=[["1/2", "1/2"], [1]],
        chances=[early, late],
        periods=2,
        discount="1/2",
    )


def licences() -> dm.Environment:
    return tagged("licensing", n=1)


def told() -> dm.Environment:
    return tagged("two-period-screening", variant="disclosure")


def items() -> dm.Environment:
    return tagged("items-over-time", periods=2)


def screened() -> dm.Environment:
    return tagged("kln-separable")


def auction() -> dm.Environment:
    return tagged("myerson", values="1,2,10", prior="7/10,1/5,1/10")


def half() -> dm.Row:
    return dm.Row("half", allocation=[[0, 1, 1]], upper="1/2", expected=True)


def buyer() -> dm.Environment:
    return tagged("myerson", bidders=1)


def whole(content: Any) -> Any:
    return content


def two_types() -> dm.Environment:
    return tagged("two-type-markov")


@cache
def perverse() -> dm.Mechanism:
    """Sells to the low type alone."""
    stages = dm.design(two_types(), exact=True).mechanism.stages
    served = np.full(stages[0].allocation.shape, Fraction(0), dtype=object)
    served[:, 0, 1] = served[:, 1, 0] = Fraction(1)
    first = replace(stages[0], allocation=served)
    return dm.Mechanism(two_types().name, (first, *stages[1:]))


def prove(path: Path) -> None:
    """Write a certificate that says which question it answers."""
    proof = designed().certificate
    assert proof is not None
    proof.save(str(path), question_of(kln(), designed()))


def checked() -> CertificateCheck:
    with TemporaryDirectory() as folder:
        prove(Path(folder) / "c.json")
        return check_certificate(Path(folder) / "c.json")


def exported() -> Export:
    with TemporaryDirectory() as folder:
        return dm.export(kln(), Path(folder) / f"{TAG}.lp", incentives="relaxed")


def benchmark() -> Benchmark:
    """Two lines that were never measured."""
    with TemporaryDirectory() as folder:
        dm.save(kln(), Path(folder) / "kln.json")
        instance = Instance(str(Path(folder) / "kln.json"))
        assert instance.digest
    asked = Asked(certificate=True)
    lines = [
        Line(
            bench.Case(instance, asked, word, "highs"),
            "optimal",
            "optimal",
            value=2.5,
            exact="5/2",
            seconds={"solve": total, "total": total},
            repeats=1,
            ratio=total,
        )
        for word, total in (("auto", 1.0), ("textbook", 2.0))
    ]
    return Benchmark((instance,), asked, 1, tuple(lines))


def swept() -> Any:
    """A folder of an instance and a file that is none."""
    with TemporaryDirectory() as folder:
        dm.save(kln(), Path(folder) / f"{TAG}.json")
        (Path(folder) / "other.json").write_text("{}")
        return dm.sweep(folder, jobs=1)


def own_account() -> dm.Mechanism:
    mechanism = dm.bank(items()).mechanism
    assert mechanism is not None
    return mechanism


def kept_account(by: str = "promises") -> Any:
    return dm.account(items(), own_account(), by=by)


@dataclass(frozen=True)
class Case:
    """An answer, the environment that it is about, and the command that prints it, if there is one.

    command: without the instance, which comes second; M is a mechanism file with `mechanism`,
    C a certificate, in place of the instance. part: where in
    the command's JSON the answer stands. figure: whether there is a picture.
    """

    make: Callable[[], Any]
    env: Callable[[], dm.Environment] = kln
    command: tuple[str, ...] = ()
    part: Callable[[Any], Any] = whole
    mechanism: Callable[[], dm.Mechanism] | None = None
    figure: bool = False


def without(*keys: str) -> Callable[[Any], Any]:
    return lambda content: {key: value for key, value in content.items() if key not in keys}


def failing(content: Any) -> Any:
    return next(notion for notion in content["notions"] if not notion["holds"])


EXACT = ("--exact",)
CASES: dict[str, Case] = {
    "menu": Case(lambda: dm.menu(screened(), exact=True), screened, ("menu", *EXACT), figure=True),
    "environment": Case(kln, kln, ("show",), without("parameters")),
    "correlated environment": Case(correlated, correlated, ("show",), without("parameters")),
    "mechanism": Case(
        lambda: designed().mechanism,
        command=("design", *EXACT),
        part=lambda made: made["mechanism"],
        figure=True,
    ),
    "question": Case(
        lambda: dm.Question("utility:" + TAG, demands={"payments": {TAG: "nonnegative"}, "on": "path"})
    ),
    "design": Case(designed, command=("design", *EXACT), figure=True),
    "design, relaxed": Case(
        lambda: designed("relaxed"), command=("design", *EXACT, "--incentives", "relaxed"), figure=True
    ),
    "design, not applicable": Case(
        lambda: dm.design(correlated(), incentives="relaxed"),
        correlated,
        ("design", "--incentives", "relaxed"),
    ),
    "ladder": Case(ladder, command=("ladder", *EXACT), figure=True),
    "rung": Case(
        lambda: ladder()["bayesian"],
        command=("ladder", *EXACT),
        part=lambda made: made["rungs"][5],
        figure=True,
    ),
    "range": Case(
        lambda: dm.tight_range(lambda at: tagged("kln-nonseparable", n=3, c_times=at), "c", 3, 5, points=3),
        figure=True,
    ),
    "sweep": Case(swept, figure=True),
    "replication": Case(lambda: dm.replicate("BV (5)")),
    "report": Case(lambda: dm.report(kln(), rungs=["relaxed", "bayesian"], exact=True, dated=False)),
    "simulation": Case(
        lambda: dm.simulate(kln(), designed().mechanism, paths=50, seed=2),
        command=("simulate", "M", "--paths", "50", "--seed", "2"),
        mechanism=lambda: designed().mechanism,
        figure=True,
    ),
    "price": Case(
        lambda: dm.price(two_types(), {"payments": "0..1", "budget": "ex-ante"}, exact=True),
        two_types,
        ("price", *EXACT, "--demand", "payments=0..1", "--demand", "budget=ex-ante"),
        figure=True,
    ),
    "un-relaxed": Case(
        lambda: ladder().unrelaxed,
        command=("ladder", *EXACT),
        part=lambda made: made["least_gain"],
        figure=True,
    ),
    "verdicts": Case(
        verdicts, command=("verify", "M"), mechanism=lambda: designed("none").mechanism, figure=True
    ),
    "verdict": Case(
        lambda: next(verdict for verdict in verdicts() if not verdict),
        command=("verify", "M"),
        part=failing,
        mechanism=lambda: designed("none").mechanism,
        figure=True,
    ),
    "witness": Case(
        lambda: next(verdict for verdict in verdicts() if not verdict).witness,
        command=("verify", "M"),
        part=lambda content: failing(content)["witness"],
        mechanism=lambda: designed("none").mechanism,
        figure=True,
    ),
    "implementation": Case(
        lambda: dm.implement(kln(), designed().mechanism),
        command=("implement", "M"),
        mechanism=lambda: designed().mechanism,
        figure=True,
    ),
    "implementation, none": Case(
        lambda: dm.implement(two_types(), perverse()),
        two_types,
        ("implement", "M"),
        mechanism=perverse,
        figure=True,
    ),
    "correlation": Case(
        lambda: dm.correlation(correlated(), exact=True), correlated, ("correlation", *EXACT), figure=True
    ),
    "correlation, one period": Case(
        lambda: dm.correlation(tagged("myerson"), exact=True),
        lambda: tagged("myerson"),
        ("correlation", *EXACT),
        figure=True,
    ),
    "correlation, bounded": Case(
        lambda: dm.correlation(correlated(), liability=0, exact=True),
        correlated,
        ("correlation", *EXACT, "--liability", "0"),
        figure=True,
    ),
    "budget": Case(
        lambda: dm.budget(correlated(), exact=True),
        correlated,
        ("correlation", *EXACT, "--budget", "ex-ante"),
        lambda content: content["budget"],
    ),
    "extraction": Case(
        lambda: dm.extraction(correlated(), exact=True),
        correlated,
        ("correlation", *EXACT, "--extract"),
        lambda content: content["extraction"],
    ),
    "generalised VCG": Case(
        lambda: dm.generalised_vcg(tagged("interdependent-auction")),
        lambda: tagged("interdependent-auction"),
        ("pivot", "--generalised"),
    ),
    "pivot": Case(
        lambda: dm.pivot(tasks(), uniqueness=True, exact=True),
        tasks,
        ("pivot", *EXACT, "--uniqueness"),
        figure=True,
    ),
    "pivot, finite horizon": Case(
        lambda: dm.pivot(tasks(horizon=2)), lambda: tasks(horizon=2), ("pivot",), figure=True
    ),
    "team": Case(
        lambda: dm.pivot(licences(), "team", exact=True), licences, ("pivot", *EXACT, "--team"), figure=True
    ),
    "balanced team": Case(
        lambda: dm.pivot(tasks(), "balanced-team", exact=True),
        tasks,
        ("pivot", *EXACT, "--balanced-team"),
        figure=True,
    ),
    "indices": Case(lambda: dm.index(licences(), exact=True), licences, ("index", *EXACT), figure=True),
    "virtual indices": Case(
        lambda: dm.virtual_index(tagged("kln-bandit"), exact=True),
        lambda: tagged("kln-bandit"),
        ("index", *EXACT, "--virtual"),
        figure=True,
    ),
    "virtual pivot": Case(
        lambda: dm.virtual_pivot(handicaps(), ladder=True, exact=True),
        handicaps,
        ("virtual-pivot", *EXACT, "--ladder"),
        figure=True,
    ),
    "virtual pivot, one period": Case(
        lambda: dm.virtual_pivot(auction()), auction, ("virtual-pivot",), figure=True
    ),
    "envelope": Case(lambda: dm.envelope(handicaps(), overcharging()), handicaps),
    "interval dominance": Case(lambda: dm.interval_dominance(handicaps(), tempting()), handicaps),
    "virtual surplus": Case(lambda: dm.virtual_surplus(handicaps(), tempting()), handicaps),
    "schedule": Case(lambda: dm.schedule([8, 5, 3], "9/10")),
    "ascending auction": Case(lambda: dm.ascending_auction([8, 5, 3], "9/10")),
    "multi-task": Case(lambda: dm.multi_task([10, 3], [4, 5], "9/10"), figure=True),
    "task lists": Case(lambda: dm.task_lists([10, 3], [4], "9/10")),
    "arrivals": Case(
        lambda: dm.arrivals(periods=3, values=[1, 2], chances=["1/10", "9/10"], timeout=2), figure=True
    ),
    "hidden arrivals": Case(lambda: hidden(), figure=True),
    "second price": Case(lambda: dm.second_price(licences()), licences, figure=True),
    "distortions": Case(
        lambda: dm.distortions(designed()),
        command=("distortions", "M"),
        mechanism=lambda: designed().mechanism,
        figure=True,
    ),
    "distortions, goods": Case(
        lambda: dm.distortions(tagged("two-type-markov", quadratic=True), exact=True),
        lambda: tagged("two-type-markov", quadratic=True),
        ("distortions", *EXACT),
        figure=True,
    ),
    "progressive screening": Case(
        lambda: dm.progressive(tagged("progressive-screening", variant="crossing"), exact=True),
        lambda: tagged("progressive-screening", variant="crossing"),
        ("progressive", *EXACT),
        figure=True,
    ),
    "rents": Case(lambda: dm.rents(kln(), exact=True), command=("rents", *EXACT), figure=True),
    "sale": Case(
        lambda: dm.sale(tagged("ar1-sale", horizon=2), exact=True),
        lambda: tagged("ar1-sale", horizon=2),
        ("sale", *EXACT),
        figure=True,
    ),
    "canonical": Case(lambda: dm.canonical(two_types()), two_types, figure=True),
    "impulse responses": Case(lambda: dm.impulse_responses(two_types()), two_types, figure=True),
    "Markov transfers": Case(lambda: dm.markov_transfers(two_types(), perverse()), two_types, figure=True),
    "account": Case(kept_account, items, ("account", "M"), mechanism=own_account),
    "account by utility": Case(
        lambda: kept_account("utility"), items, ("account", "M", "--by", "utility"), mechanism=own_account
    ),
    "asymptotic": Case(
        lambda: dm.asymptotic(items()), items, ("nonclairvoyant", "--mechanism", "asymptotic")
    ),
    "bank": Case(lambda: dm.bank(items()), items, ("bank",), figure=True),
    "non-clairvoyant": Case(lambda: dm.nonclairvoyant(items()), items, ("nonclairvoyant",), figure=True),
    "maximin of items": Case(lambda: dm.maximin(items()), items, ("maximin",)),
    "maximin": Case(lambda: dm.maximin([([1, 2], ["1/2", "1/2"]), ([1, 3], ["1/3", "2/3"])], [[0], [0, 1]])),
    "burning": Case(
        lambda: dm.burn(auction(), ["1/2", 10]), auction, ("burn", "--caps", "1/2,10"), figure=True
    ),
    "auction": Case(lambda: dm.auction(auction()), auction, ("auction",), figure=True),
    "auction, demands": Case(
        lambda: dm.auction(auction(), demands={"budget": "ex-ante", "rows": [half()]}, exact=True),
        figure=True,
    ),
    "virtual values": Case(lambda: dm.iron(buyer()), buyer, ("iron",), figure=True),
    "sequential screening": Case(lambda: dm.sequential_screening(told()), told, figure=True),
    "disclosure": Case(lambda: dm.disclosure(told(), exact=True), told, figure=True),
    "convergence": Case(lambda: dm.convergence("courty-li-uniform", [3, 5, 9], exact=True), figure=True),
    "benchmark": Case(benchmark, figure=True),
    "export": Case(exported),
    "certificate": Case(checked, command=("certificate", "C")),
    "optimal auction": Case(lambda: optimal_auction(single_market(auction(), "this")), auction),
}
