"""Virtual indices and the prices of KLN Corollary 6.3, against the stationary problem at fixed weights."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances import load
from dynamech.instances.families.separable_auction import Bidder, separable_auction
from dynamech.instances.file import instance_from_json
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.screening.affine_pivot import increments, rules_a_and_b
from dynamech.models.screening.rule import lower_sums
from dynamech.models.screening.virtual_index import VirtualIndices
from dynamech.solvers.algorithms.mdp import take
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, OutOfTime, TooLarge
from dynamech.solvers.numbers import to_float


def exact(env: Environment) -> VirtualIndices:
    return dm.virtual_index(env, exact=True)


def drawn(seed: int, additive: bool = False, bidders: int = 2, states: int = 3) -> Environment:
    """Bidders with whole B in 0..4, few enough that indices tie now and then, and costs."""
    rng = random.Random(seed)
    cost = F(rng.randint(0, 3))
    rows = []
    for i in range(bidders):
        first = [F(s) for s in sorted(rng.sample(range(2, 8), 2))]
        odds = [rng.randint(1, 3) for _ in range(states)]
        worth = [F(rng.randint(0, 4)) for _ in range(states)]
        moves = []
        for _ in range(states):
            weights = [rng.randint(0, 2) for _ in range(states - 1)]
            moves.append([F(w, 4 * (states - 1)) for w in weights] + [1 - F(sum(weights), 4 * (states - 1))])
        labels = [[str(y) for y in range(states)]] * 2
        start = [F(o, sum(odds)) for o in odds]
        rows.append(Bidder(f"b{i}", first, [F(1, 2)] * 2, labels, start, [worth] * 2, [moves]))
    return separable_auction(rows, cost, F(4, 5), controlled=True, additive=additive, endless=True)


TIED = {(3, False), (4, False)}
"""Of the drawn bandits those in which arms tie and the two routes settle it differently."""


@pytest.mark.parametrize("additive", [False, True])
@pytest.mark.parametrize(("seed", "bidders"), [(0, 2), (1, 2), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_indices_are_the_stationary_problem_at_fixed_weights(seed: int, bidders: int, additive: bool) -> None:
    """Plan, welfare with and without each agent, what she gets, prices, promises and entry, all exactly, at
    all profiles of first reports and states; where arms tie and the plan settles it otherwise, that both are
    best."""
    env = drawn(seed, additive, bidders, 3 if bidders == 2 else 2)
    found = exact(env)
    setting, bandit, rate = found.setting, found.bandit, env.discount
    affine, alike = setting.affine, True
    for profile in setting.profiles:
        weights = bandit.weights(profile)
        assert weights == setting.weights(profile, profile)
        plan, policy = affine.welfare(weights), affine.policy(weights)
        course, mean = setting.courses[profile], found.courses[profile]
        at = found.at(found.said(profile))
        assert (np.broadcast_to(bandit.welfare(weights), bandit.sizes).reshape(-1) == plan.values[1]).all()
        assert rate * bandit.means(weights).worth == plan.values[0][0]
        played = at.played.reshape(-1)
        assert plan.tied[1][played, np.arange(len(played))].all()
        if (played != policy[1]).any():
            alike = False
            continue
        assert (mean.slope == course.slope).all()
        assert (mean.rest == course.rest).all()
        assert (mean.cost, mean.out) == (course.cost, course.out)
        for i, own in enumerate(setting.levels):
            if weights[i] is None:
                assert not at.transfers[i].any()
                continue
            worth = affine.without(weights, i).worth[1]
            beta = own.shift[profile[i]] * take(affine.slopes[i][1], policy[1])
            paid = (worth.max(axis=0) - take(worth, policy[1]) - beta) / own.alpha[profile[i]]
            assert (at.transfers[i].reshape(-1) == paid).all()
    assert found.bound == setting.bound
    assert found.assumptions == setting.assumptions
    assert alike == ((seed, additive) not in TIED)
    if not alike:
        return
    assert {p: tuple(row) for p, row in found.rules["A"].promises.items()} == {
        p: tuple(row) for p, row in lower_sums(setting).items()
    }
    assert {p: tuple(row) for p, row in found.rules["B"].promises.items()} == {
        p: tuple(row) for p, row in increments(setting).items()
    }
    in_doubles = dm.virtual_index(env)
    for rational, double in zip(found.index, in_doubles.index, strict=True):
        assert abs(to_float(rational) - double).max() <= in_doubles.error + 1e-15
    assert in_doubles.bound == pytest.approx(float(found.bound))
    for name, rule in in_doubles.rules.items():
        assert rule.profit == pytest.approx(float(found.rules[name].profit))


def test_the_whole_of_it_is_what_the_judge_says() -> None:
    """Profit, entry payments and the best first lie under A and B, of the virtual pivot's own mechanisms."""
    kinds = set()
    for seed in range(4):
        env = drawn(seed, additive=seed % 2 == 1, states=2)
        found = exact(env)
        for (name, rule), other in zip(found.rules.items(), rules_a_and_b(found.setting), strict=True):
            assert rule.profit == other.profit
            assert all((rule.entry[p] == other.entry[p]).all() for p in found.setting.profiles)
            lie = other.lie
            assert (rule.lie is None) == (lie is None)
            if rule.lie is not None and lie is not None:
                assert rule.lie.gain == lie.gain
            kinds.add((name, lie is None))
    assert kinds == {("A", True), ("A", False), ("B", True)}


def test_two_arms_that_are_learnt_once() -> None:
    """F1_vp_bandit_infinite."""
    found = exact(load("kln-bandit"))
    assert found.alpha == {"buyer 1": (F(2, 3), 1), "buyer 2": (F(1, 2), 1)}
    texts = [table.astype(str).tolist() for table in found.index]
    assert texts[1:] == [
        [["14/11", "4/3", "2/3"], ["28/11", "8/3", "4/3"]], [["11/12", "1", "1/2"], ["11/4", "3", "3/2"]]
    ]  # fmt: skip
    assert found.bound == found.rules["A"].profit == F(6651, 400)
    assert found.rules["B"].profit == F(1035, 64)
    lie = found.rules["A"].lie
    assert lie is not None
    assert (lie.gain, lie.agent, lie.type, lie.report) == (F(351, 400), "buyer 1", "4", "3")
    assert lie.others == {"buyer 2": "6"}
    assert found.rules["B"].lie is None
    for (one, two), worth, price, who in (
        (("4", "6"), F(469, 20), 2, 2), (("3", "4"), F(209, 20), 1, 1), (("4", "4"), F(20), F(2, 3), 1)
    ):  # fmt: skip
        at = found.at({"buyer 1": one, "buyer 2": two})
        profile = found.setting.profiles[2 * (one == "4") + (two == "6")]
        assert found.bandit.welfare(found.setting.weights(profile, profile))[0, 0] == worth
        assert at.played[0, 0] == who
        assert at.transfers[:, 0, 0].tolist() == [price * (who == 1), price * (who == 2)]
    assert found.rules["A"].promises[1, 1].tolist() == [0, 0]
    assert found.rules["B"].promises[1, 1].tolist() == [F(351, 400), F(27, 200)]


def test_agents_who_can_be_left_out() -> None:
    """An action that pays for itself is taken without her; she is never better left out who counts."""
    env = load("kln-bandit", margins="1,4;2,6", cost=-1)
    kept, left = (exact(one) for one in (env, instance_from_json(env.to_json() | {"excludable": True})))
    assert not kept.assumptions["exclusion"].holds
    assert left.assumptions["exclusion"].holds
    for found in (kept, left):
        assert found.bound == found.setting.bound
        assert found.assumptions == found.setting.assumptions
        assert {p: found.bandit.weights(p) for p in found.setting.profiles} == {
            p: found.setting.weights(p, p) for p in found.setting.profiles
        }
    assert left.bound > kept.bound


def test_who_does_not_count_is_not_played() -> None:
    """The same with s_2 in {2, 6}: α = −1."""
    found = exact(load("kln-bandit", margins="3,4;2,6"))
    assert found.counts["buyer 2"] == (False, True)
    assert found.bound == found.rules["A"].profit == F(13221, 800)
    assert found.rules["B"].profit == F(26091, 1600)
    lie = found.rules["A"].lie
    assert lie is not None
    assert lie.gain == F(351, 400)
    assert (found.index[2][0] < 0).all()
    at = found.at({"buyer 1": "3", "buyer 2": "2"})
    assert set(at.played.reshape(-1)) == {1}
    assert not at.transfers.any()  # nobody else is there to wait
    assert [row[1] for row in found.prices] == [None, 1, None, 2]


def test_who_is_left_out_goes_last_at_ties() -> None:
    """Nobody else is there to take the item from the second bidder where it is worth nothing to her too."""
    half, stays = F(1, 2), [[F(1), F(0)], [F(0), F(1)]]
    rows = [
        Bidder(name, first, [half] * 2, [["0", "1"]] * 2, [half] * 2, [[F(0), F(1)]] * 2, [stays])
        for name, first in (("one", [F(2), F(6)]), ("two", [F(4), F(6)]))
    ]
    env = separable_auction(rows, F(0), half, controlled=True, endless=True)
    env = env.restrict([["wait"], ["serve one", "serve two"]])
    found = exact(env)
    weights = found.bandit.weights((0, 0))
    assert weights[0] is None
    assert found.at({"one": "2", "two": "4"}).played.tolist() == [[1, 1], [1, 1]]
    assert found.setting.affine.policy(weights)[1].tolist() == [1] * 4
    assert found.at({"one": "6", "two": "4"}).played.tolist() == [[0, 1], [0, 0]]


def single(first: list[str], rows: list[list[Any]], start: int = 1, **changes: Any) -> Environment:
    """One buyer whose reward is 0 now, then 10 for ever or 0 for ever, each with probability 1/2, times her
    first signal; rows: rewards by action in the states now, good, bad."""
    size = 3 * len(first)
    stay = np.eye(size, dtype=int).tolist()
    learn = [list(row) for row in stay]
    for k in range(0, size, 3):
        learn[k] = [0] * size
        learn[k][k + 1] = learn[k][k + 2] = F(1, 2)
    worth = [[F(s) * x for s in first for x in row] for row in rows]
    agent = Agent(
        "buyer",
        types=[first, [f"{s}|{y}" for s in first for y in ("now", "good", "bad")]],
        prior=[F(1, len(first))] * len(first),
        values=[[[0] * len(first)] * start, worth],
        transitions=[[stay[::3]], [learn if a == 1 else stay for a in range(len(rows))]],
    )
    parts: dict[str, Any] = {
        "agents": [agent], "actions": [["wait", "ask"][:start], ["keep", "play", "also"][: len(rows)]],
        "horizon": None, "discount": "1/2", "name": "single",
    }  # fmt: skip
    return Environment(**(parts | changes))


NOTHING, PLAY = [0, 0, 0], [0, 10, 0]


def test_an_index_is_a_ratio_of_expectations() -> None:
    """4E_gittins_ratio: (26) as printed, the expectation of the ratio, is 5/2 and wrong: whoever may retire
    at λ a period for ever plays where λ < 10/3."""
    index = exact(single(["1"], [NOTHING, PLAY])).index[1]
    assert index.tolist() == [[F(10, 3), 10, 0]]
    printed = F(1, 2) * 10 / 2 + F(1, 2) * 0  # stop where the news is bad: (0 + δ 10/(1−δ)) / (1/(1−δ)) = 5
    assert printed == F(5, 2)
    for charge, plays in ((F(3), True), (F(10, 3) - F(1, 100), True), (F(10, 3) + F(1, 100), False)):
        env = single(["1"], [NOTHING, PLAY], costs=[[0], [-charge, 0]])
        at = exact(env).at({"buyer": "1"})
        assert (at.played[0] == 1) == plays
        assert (dm.virtual_pivot(env, exact=True).setting.courses[0,].policy[1][0] == 1) == plays
        paid = at.transfers[0, 0]
        assert paid == (charge if plays else 0)  # (1 − δ) W_{-i} = what the others have in the meantime


def test_what_is_there_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indices; and the rest for who asks for it, without a limit."""
    whole, asked = exact(load("kln-bandit")), []

    def late(self: Effort) -> None:
        asked.append(self)
        if len(asked) == 9 and self.time_limit is not None:
            raise OutOfTime

    monkeypatch.setattr(Effort, "check", late)
    answer = dm.virtual_index("kln-bandit", exact=True, time_limit=60)
    assert (answer.status, answer.message) == ("limit", "the time limit of 60 s was reached")
    assert len(asked) == 9  # in the midst of what first reports lead to
    assert [a.tolist() for a in answer.index] == [a.tolist() for a in whole.index]
    monkeypatch.undo()
    assert dm.virtual_index("kln-bandit", exact=True, time_limit=1e-9).bound == whole.bound == answer.bound


def test_several_scales_say_the_same() -> None:
    """All money times 1e-9 or 1e9: the same plan, the same answers in figures of that size."""
    env = drawn(3)
    plain = dm.virtual_index(env)
    for factor in (1e-9, 1e9):
        agents = tuple(
            replace(a, values=tuple(factor * to_float(v) for v in a.values)) for a in env.to_float().agents
        )
        costs = tuple(factor * to_float(c) for c in env.costs)
        scaled = dm.virtual_index(env.to_float()._with(agents=agents, costs=costs))
        assert scaled.bound == pytest.approx(factor * plain.bound)
        for profile in plain.setting.profiles:
            here, there = (one.at(one.said(profile)) for one in (plain, scaled))
            assert (here.played == there.played).all()
        assert [one.lie is None for one in scaled.rules.values()] == [
            one.lie is None for one in plain.rules.values()
        ]


REFUSED: list[tuple[Environment, str]] = [
    (single(["1"], [NOTHING, PLAY]).with_horizon(3), "'single': indices decide an infinite horizon"),
    (load("licensing", n=1), "'licensing' has no period 0 of its own"),
    (
        single(["1"], [NOTHING, PLAY, [1, 2, 3]]),
        "agent 'buyer': action 'also' is worth something to her, beside 'play'",
    ),
    (
        single(["1"], [NOTHING, PLAY], start=2),
        "environment 'single', period 0: 2 actions",
    ),
]


@pytest.mark.parametrize(("env", "words"), REFUSED, ids=[words[:24] for _, words in REFUSED])
def test_what_indices_need(env: Environment, words: str) -> None:
    with pytest.raises(AssumptionViolated, match=words):
        exact(env)


def test_more_that_indices_need() -> None:
    env = single(["1", "2"], [NOTHING, PLAY])
    (buyer,) = env.agents
    early = replace(buyer, values=(np.array([[F(7), F(14)]]), buyer.values[1]))
    with pytest.raises(AssumptionViolated, match="agent 'buyer', period 0: a value of 14"):
        exact(env._with(agents=(early,)))
    table = np.array(buyer.values[1])
    table[1, 5] += 5
    mixed = replace(buyer, values=(buyer.values[0], table))
    with pytest.raises(AssumptionViolated, match=r"period 1, action 'play', .*Property 4\.1"):
        exact(env._with(agents=(mixed,)))
    with pytest.raises(AssumptionViolated, match=r"'3\|0\+ 0-' moves by its first signal, by 1/4, .*2\.3"):
        exact(load("kln-bandit")._with(agents=_leaky(load("kln-bandit"))))
    with pytest.raises(InvalidInput, match="agent 'buyer' has no type '3' in period 0"):
        exact(env).at({"buyer": "3"})
    with pytest.raises(InvalidInput, match="buyer' has no type None in period 0"):
        exact(env).at({})


def _leaky(env: Environment) -> tuple[Agent, ...]:
    """The first buyer's margin of 4 learns faster."""
    one, two = env.agents
    table = np.array(one.kernels[1].table)
    table[1, 3] = [0, 0, 0, 0, F(3, 4), F(1, 4)]
    return replace(one, kernels=(one.kernels[0], replace(one.kernels[1], table=table))), two


def test_what_is_too_large() -> None:
    with pytest.raises(TooLarge, match=r"plans of 4 profiles of first signals take about 25\.6 kB"):
        dm.virtual_index("kln-bandit", exact=True, memory_limit=10_000)
    found = dm.virtual_index(load("kln-bandit", n=12), memory_limit=100_000)
    with pytest.raises(TooLarge, match="prices of 4 profiles"):
        found.at({"buyer 1": "3", "buyer 2": "4"})


def test_who_might_pay_without_being_played() -> None:
    """An item that is always sold to somebody who may be worth less than nothing to the seller."""
    env = load("kln-bandit", form="additive", margins="0,4;0,4")
    always = env.restrict([["wait"], ["serve buyer 1", "serve buyer 2"]])
    with pytest.raises(
        AssumptionViolated,
        match="agent 'buyer 1', action 'serve buyer 1': at first signal '0' its virtual value falls to -11/3",
    ):
        exact(always)
    exact(env)  # where nobody need have it


def test_weights_that_do_not_rise_are_named() -> None:
    found = exact(load("kln-bandit", margins="1,2,8;4,5,6"))
    assert not found.assumptions["A.2"].holds
    assert "buyer 1" in str(found.assumptions["A.2"].where)
