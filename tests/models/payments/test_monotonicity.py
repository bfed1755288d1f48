"""Strong, average and integral monotonicity: worked cases, witnesses, and what implies what."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.payments.slopes import bare_play, lower_sums, slopes
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge

from .two_period_cases import KERNEL, by_signals, exact, multiplicative, screening, two_periods, witness_of

F = Fraction
CASES = {
    "9c1": ([["1/2"] * 3, ["0", "1", "1"]], ["1/5", "3/10"], ["1/5", "2/5"], (False, True, True)),
    "9c2": ([["0", "1", "1"], ["1/2"] * 3], ["3/10", "1/5"], ["2/5", "1/5"], (False, False, False)),
    "9c3": ([["0", "0", "1"], ["0", "1", "1"]], ["0", "3/10"], ["3/10", "2/5"], (True, True, True)),
}


def held(env: dm.Environment, allocation: dm.Mechanism) -> tuple[bool, ...]:
    """Strong, average, integral."""
    verdicts = dm.check_monotonicity(env, allocation)
    assert [verdict.notion for verdict in verdicts] == ["strong", "average", "integral"]
    return tuple(verdict.holds for verdict in verdicts)


@pytest.mark.parametrize("name", CASES)
def test_three_values(name: str) -> None:
    """Cases 9c: slopes by lower and upper sums, and the three verdicts."""
    sold, lower, upper, holds = CASES[name]
    env = screening(KERNEL, (1, 2, 3))
    allocation = two_periods(env, sold)
    bounds = slopes(bare_play(env, allocation), 0)
    assert bounds.lower[0][0, 0, 0].tolist() == [F(x) for x in lower]
    assert bounds.upper[0][0, 0, 0].tolist() == [F(x) for x in upper]
    assert held(env, allocation) == holds
    floats = dm.check_monotonicity(env.to_float(), allocation.to_float())
    assert tuple(verdict.holds for verdict in floats) == holds


def test_witnesses_of_the_reversed_rule() -> None:
    """9c2: who, when, what she says, and how much."""
    env = screening(KERNEL, (1, 2, 3))
    strong, average, integral = dm.check_monotonicity(env, two_periods(env, CASES["9c2"][0]))
    assert (strong.violation, average.violation, integral.violation) == (F(1, 2), F(1, 10), F(1, 10))
    for verdict in (strong, average, integral):
        witness = witness_of(verdict)
        assert (witness.agent, witness.period, witness.history) == ("buyer", 0, [])
        assert (witness.type, witness.report, witness.gain) == ("0", "1", verdict.violation)
    assert "1/2 more, but 1 after '0'" in witness_of(strong).sentence
    assert "1/5 more, but 3/10 after '0'" in witness_of(average).sentence
    assert "the lies 0 → 1 → 0 together gain 1/10" in witness_of(integral).sentence


@pytest.mark.parametrize("later", [["0", "1/2", "1"], ["0", "1/2", "1/2"]])
def test_the_equality_of_the_continuum_is_not_asked_for(later: list[str]) -> None:
    """Rents fall in the first report by lower sums, the second rule even sells less to the higher type; with
    finite types both can be paid for, the latter just so."""
    env = screening(KERNEL, (1, 2, 3))
    allocation = two_periods(env, [["1/2"] * 3, later])
    assert held(env, allocation) == (False, False, True)
    assert dm.implement(env, allocation)
    assert not dm.markov_transfers(env, allocation).verdict
    less = two_periods(env, [["1/2"] * 3, [later[0], later[1], "499/1000"]])
    assert held(env, less)[2] is bool(dm.implement(env, less)) is False


def static(values: Any, plans: Any) -> tuple[dm.Environment, dm.Mechanism]:
    """One period: values[action][type], and the lottery of each type."""
    env = dm.Environment(
        name="static",
        horizon=1,
        actions=[f"a{a}" for a in range(len(values))],
        agents=[dm.Agent("buyer", types=["0", "1", "2"], prior=["1/3"] * 3, values=[values])],
    )
    return env, dm.Mechanism("static", (dm.Stage(exact([plans]), exact([[[0, 0, 0]]])),))


@pytest.mark.parametrize(
    ("sold", "holds", "short"),
    [([[0, 0], [0, 1], [1, 1]], True, 0), ([[0, 1], [1, 0], [1, 1]], False, 1)],
    ids=["9a1", "9a2"],
)
def test_relaxed_environment(sold: Any, holds: bool, short: int) -> None:
    """Types 1, 2, 3 times a public shock of 1 or 3: what is sold when is one action; a cycle weighs -1."""
    worth = [[F(s * (low + 3 * high), 2) for s in (1, 2, 3)] for low in (0, 1) for high in (0, 1)]
    plans = [[int(plan == (low, high)) for low in (0, 1) for high in (0, 1)] for plan in map(tuple, sold)]
    env, allocation = static(worth, plans)
    verdicts = dm.check_monotonicity(env, allocation)
    assert verdicts[1].holds is verdicts[2].holds is holds
    assert verdicts[2].violation == short
    env = multiplicative(["1", "2", "3"], ["1", "3"])
    table = {(a, b): sold[i][j] for i, a in enumerate("123") for j, b in enumerate("13")}
    assert held(env, by_signals(env, table))[2] is holds


def test_three_types_chase_one_another() -> None:
    """Every pair of lies loses; the three together gain 1: two-cycles are not enough."""
    env, allocation = static([[0, -2, -1], [1, 0, -2], [-1, 1, 0]], np.eye(3, dtype=int))
    integral = dm.check_monotonicity(env, allocation)[2]
    assert integral.violation == 1
    assert "the lies 0 → 1 → 2 → 0 together gain 1" in witness_of(integral).sentence
    assert not dm.implement(env, allocation)
    kinder, allocation = static([[0, -2, -2], [1, 0, -2], [-1, 1, 0]], np.eye(3, dtype=int))
    assert held(kinder, allocation)[2]


def test_the_swap() -> None:
    """9b: integral with public shocks; privately a swap of signals gains 5/4, found by the linear program."""
    env = dm.load("kln-nonseparable", n=5)
    sold = {(s, b): int(b == "+" or F(s) >= F(3, 4)) for s in env.agents[0].types[0] for b in "+x"}
    integral = dm.check_monotonicity(env, by_signals(env, sold))[2]
    assert integral.violation == F(5, 4)
    witness = witness_of(integral)
    assert (witness.agent, witness.period) == ("buyer", 1)
    assert witness.history == [{"reports": {"buyer": "1/2"}, "action": None}]
    assert {witness.type, witness.report} == {"1/2|+", "1/2|x"}


@pytest.mark.parametrize("unit", [F(1), F(10**9), F(1, 10**9)])
def test_integral_monotonicity_strikes(unit: F) -> None:
    """9d on grids: a strike that rises with the first type. Between 0 and 1 the integral is -1/4, the
    two-cycle -3/8; where it falls, 3/8 and 3/4."""
    missed = []
    for n in (4, 8):
        env, bad = strikes(n, lambda s: F(1, 2) + s / 2, unit)
        assert held(env, bad) == held(env.to_float(), bad.to_float()) == (False, False, False)
        _, good = strikes(n, lambda s: 1 - s, unit)
        assert held(env, good) == held(env.to_float(), good.to_float()) == (True, True, True)
        for allocation, integral, cycle in ((bad, F(-1, 4), F(-3, 8)), (good, F(3, 8), F(3, 4))):
            sums = slopes(bare_play(env, allocation), 0, lower_sums).lower[0][0, 0] / unit
            up, down = sums[:, 0].sum(), sums[:, n].sum()
            missed.append((abs(sums.trace() - up - integral), abs(down - up - cycle)))
    for (coarse, around), (fine, closer) in zip(missed[:2], missed[2:], strict=True):
        assert fine <= coarse * F(3, 5)
        assert closer <= around * F(3, 5)
        assert coarse <= F(1, 8)


def strikes(n: int, strike: Any, unit: F) -> tuple[dm.Environment, dm.Mechanism]:
    """theta_1 = theta_0 + eps, eps uniform around 0 in n steps; sold from strike(theta_0) on."""
    first = [F(k, n) for k in range(n + 1)]
    second = [F(2 * k + 1, 2 * n) - F(1, 2) for k in range(2 * n)]
    moves = [[F(int(0 <= k - m < n), n) for k in range(2 * n)] for m in range(n + 1)]
    buyer = dm.Agent(
        "buyer",
        types=[first, second],
        prior=[F(1, n + 1)] * (n + 1),
        values=[[[0] * (n + 1)] * 2, [[0] * (2 * n), [unit * v for v in second]]],
        transitions=[[moves]],
    )
    env = dm.Environment(name="strikes", horizon=2, actions=["keep", "sell"], agents=[buyer])
    return env, two_periods(env, [[int(v >= strike(s)) for v in second] for s in first])


# What implies what ------------------------------------------------------------------------------------------


def sale(rng: random.Random) -> tuple[dm.Environment, dm.Mechanism]:
    """One or two agents, maybe one of them observed, values that rise with the type, often dominance; some
    types may be improbable; a rule for every history, often monotone in one report or another."""
    agents, periods = rng.choice(["p", "p", "pp", "po"]), rng.choice([1, 2, 2])
    size, sparse = rng.choice([2, 3]), rng.random() < 0.4

    def lottery(count: int) -> list[F]:
        weights = [rng.choice([0, 1, 2] if sparse else [1, 2, 3]) for _ in range(count)]
        weights[rng.randrange(count)] += 1
        return [F(w, sum(weights)) for w in weights]

    def kernel() -> list[list[F]]:
        above = np.cumsum(exact([lottery(size) for _ in range(size)])[:, ::-1], axis=1)[:, ::-1]
        above = np.sort(above, axis=0) if rng.random() < 0.7 else above
        rows: list[list[F]] = (above - np.append(above[:, 1:], np.full((size, 1), F(0)), axis=1)).tolist()
        return rows

    env = dm.Environment(
        name="sale",
        horizon=periods,
        discount="2/3",
        actions=["keep", "sell"],
        agents=[
            dm.Agent(
                f"agent {i}",
                types=[str(k) for k in range(size)],
                prior=lottery(size),
                values=[
                    [[0] * size, np.cumsum([F(rng.randint(0, 6)) for _ in range(size)]).tolist()]
                    for _ in range(periods)
                ],
                transitions=[[kernel()] for _ in range(periods - 1)],
                observed=letter == "o",
            )
            for i, letter in enumerate(agents)
        ],
    )
    stages, memory = [], 1
    for t in range(periods):
        shape = (memory, *env.types(t))
        count = int(np.prod(shape))
        sold = exact([F(rng.randint(0, 2), 2) for _ in range(count)]).reshape(shape)
        for axis in range(len(shape)):
            sold = np.sort(sold, axis=axis) if rng.random() < (0.8 if axis else 0.5) else sold
        follow = np.repeat(np.arange(count).reshape(*shape, 1), 2, axis=-1) if t + 1 < periods else None
        nothing = exact(np.zeros((len(agents), *shape), int))
        stages.append(dm.Stage(np.stack([1 - sold, sold], axis=-1), nothing, follow))
        memory = count
    return env, dm.Mechanism("sale", tuple(stages))


def test_strong_implies_average_implies_integral_which_is_implementable() -> None:
    """On random sales, each of the patterns that there are among them; and lower sums are payments wherever
    rents by them are no smaller than what lies earn. In doubles, in whatever unit of money, the same."""
    patterns: set[tuple[bool, ...]] = set()
    for seed in range(24):
        env, allocation = sale(random.Random(seed))
        strong, average, integral = holds = held(env, allocation)
        assert average or not strong, seed
        assert integral or not average, seed
        assert integral == bool(dm.implement(env, allocation)), seed
        paid = bool(dm.markov_transfers(env, allocation).verdict)
        assert paid or not average, seed
        assert integral or not paid, seed
        patterns.add((*holds, paid))
        unit = (F(1), F(10**9), F(1, 10**9))[seed % 3]
        scaled = tuple(replace(a, values=tuple(v * unit for v in a.values)) for a in env.agents)
        assert held(env._with(agents=scaled).to_float(), allocation.to_float()) == holds, seed
    assert patterns == {
        (True, True, True, True), (False, True, True, True), (False, False, True, True),
        (False, False, True, False), (False, False, False, False),
    }  # fmt: skip


# What strong monotonicity assumes, and what is refused ----------------------------------------------------


def moved(kernel: Any, **words: Any) -> dm.Environment:
    """The sale of two periods with another kernel."""
    buyer = dm.Agent("buyer", types=["0", "1"], prior=["1/2", "1/2"], values=[[[0, 0], [0, 1]]] * 2,
                     transitions=[kernel], **words)  # fmt: skip
    return dm.Environment(name="moved", horizon=2, actions=["keep", "sell"], agents=[buyer])


def test_strong_monotonicity_needs_dominance() -> None:
    env = moved([[["1/4", "3/4"], ["2/3", "1/3"]]])
    strong = dm.check_monotonicity(env, two_periods(env, [[0, 1], [0, 1]]))[0]
    assert strong.violation == F(5, 12)
    assert witness_of(strong).sentence == (
        "Higher types of agent 'buyer' do not dominate: in period 0 a next type above '0' has 5/12 less "
        "chance for '1' than for '0'."
    )


def test_strong_monotonicity_needs_a_process_of_its_own() -> None:
    stay = [["3/4", "1/4"], ["1/4", "3/4"]]
    env = moved([stay, stay[::-1]])
    strong = dm.check_monotonicity(env, two_periods(env, [[0, 1], [0, 1]]))[0]
    said = "not autonomous: types move with the action of period 0, 'keep' with chance 1"
    assert said in witness_of(strong).sentence
    env = moved([stay])
    sold = two_periods(env, [[0, 1], [0, 1]])
    first, second = sold.stages
    assert first.next is not None
    keeps = first.next.copy()
    keeps[0, 0, 1] = 1
    odd = dm.Mechanism(env.name, (dm.Stage(first.allocation, first.transfers, keeps), second))
    strong = dm.check_monotonicity(env, odd)[0]
    said = "not autonomous: the mechanism remembers the action of period 0"
    assert said in witness_of(strong).sentence


def test_forbidden_lies_do_not_count() -> None:
    """The reversed rule can be paid for where the lower type may not report the higher one."""
    env = screening(KERNEL, (1, 2, 3))
    assert not dm.check_monotonicity(env, two_periods(env, CASES["9c2"][0]))[2]
    (buyer,) = env.agents
    reports = [{"0": ["0"]}, {}]
    free = dm.Environment(
        name="screening", horizon=2, actions=["keep", "sell"],
        agents=[dm.Agent("buyer", types=buyer.types, prior=buyer.prior, values=buyer.values,
                         transitions=[[KERNEL]], reports=reports)],
    )  # fmt: skip
    assert dm.check_monotonicity(free, two_periods(free, CASES["9c2"][0]))[2]


def test_what_is_refused() -> None:
    env = dm.load("licensing", n=1)
    with pytest.raises(AssumptionViolated, match="infinite horizon: environment 'licensing'"):
        dm.check_monotonicity(env, dm.Mechanism(env.name, ()))
    joint = dm.load("random-correlated", types=2).with_horizon(2)
    with pytest.raises(AssumptionViolated, match="no impulse response is defined"):
        dm.check_monotonicity(joint, dm.design(joint, incentives="none").mechanism)
    hidden = dm.load("concealed-reports")
    with pytest.raises(AssumptionViolated, match="past reports are concealed"):
        dm.markov_transfers(hidden, dm.design(hidden).mechanism)
    env = screening(KERNEL, (1, 2, 3))
    game = bare_play(env, two_periods(env, CASES["9c1"][0]))
    with pytest.raises(TooLarge, match="what a step up is worth under each report needs about"):
        slopes(replace(game, room=1e3), 0)
    with pytest.raises(InvalidInput, match="mechanism"):
        dm.check_monotonicity("two-type-markov", two_periods(screening(KERNEL, (1, 2, 3)), CASES["9c1"][0]))


def test_states_of_the_world_that_cannot_be_do_not_count() -> None:
    """What everybody sees stays as it is: what would be sold if it changed is nobody's concern."""
    env = dm.Environment(
        name="seasons", horizon=2, actions=["keep", "sell"],
        agents=[
            dm.Agent("buyer", types=["1", "2"], prior=["1/2", "1/2"], values=[[[0, 0], [1, 2]]] * 2,
                     transitions=[[[["3/4", "1/4"], ["1/4", "3/4"]]]]),
            dm.Agent("season", types=["dry", "wet"], prior=["1/2", "1/2"], observed=True,
                     values=[[[0, 0], [0, 0]]] * 2, transitions=[[[[1, 0], [0, 1]]]]),
        ],
    )  # fmt: skip
    follow = np.repeat(np.arange(4).reshape(1, 2, 2, 1), 2, axis=-1)
    sold = np.zeros((4, 2, 2), dtype=int)
    sold[:, 1] = 1  # to the higher type
    sold[[0, 2], :, 1] = sold[[1, 3], :, 0] = [1, 0]  # where the season has changed, to the lower one

    def mechanism(later: Any) -> dm.Mechanism:
        first = dm.Stage(exact([[[[1, 0]] * 2] * 2]), exact(np.zeros((2, 1, 2, 2), int)), follow)
        second = exact(np.stack([1 - later, later], axis=-1))
        return dm.Mechanism("seasons", (first, dm.Stage(second, exact(np.zeros((2, 4, 2, 2), int)))))

    assert held(env, mechanism(sold)) == (True, True, True)
    assert dm.markov_transfers(env, mechanism(sold)).verdict
    sold[1, :, 1] = [1, 0]
    integral = dm.check_monotonicity(env, mechanism(sold))[2]
    assert witness_of(integral).history == [
        {"reports": {"buyer": "1", "season": "wet"}, "action": None},
        {"reports": {"season": "wet"}, "action": None},
    ]
