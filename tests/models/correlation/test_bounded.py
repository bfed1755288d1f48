"""The efficient policy within bounds on payments: by hand, against the program of a design, and edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.correlation import bounded
from dynamech.models.correlation.bounded import Bounded
from dynamech.models.correlation.course import Course
from dynamech.models.efficient.efficient import efficient
from dynamech.models.environment.independence import joint_prior
from dynamech.models.environment.memory import Size
from dynamech.solvers.errors import InvalidInput, TooLarge

DATA = Path(__file__).parents[2] / "data"
SEEDS = st.integers(0, 10**5)


def within(env: dm.Environment, exact: bool = True, **asked: Any) -> Bounded:
    """What bounds leave."""
    told = dm.correlation(env, exact=exact, distances=False, **asked).bounded
    assert told is not None
    return told


def correlated(seed: int, **words: Any) -> dm.Environment:
    return dm.load("random-correlated", seed=seed, **{"types": 2, "stationary": False, **words})


def idle_end(env: dm.Environment) -> dm.Environment:
    """The same with nothing to gain or lose in the last period."""
    agents = tuple(
        replace(agent, values=(*agent.values[:-1], 0 * agent.values[-1])) for agent in env.agents
    )
    return env._with(agents=agents, costs=(*env.costs[:-1], 0 * env.costs[-1]))


def adrift(env: dm.Environment) -> dm.Environment:
    """The same where types move on as after the first action, whatever is done."""
    assert env.process is not None
    still = tuple(table[:1] for table in env.process.transitions)
    return env._with(process=replace(env.process, transitions=still))


def subsidy(told: Bounded) -> Any:
    """Of a mechanism that there is."""
    assert told.subsidy is not None
    return told.subsidy


def check(env: dm.Environment, told: Bounded, low: Any, high: Any) -> None:
    """The mechanism is truthful, keeps to its bounds, and costs what is said, by adding its payments up."""
    mechanism = told.mechanism
    assert mechanism is not None
    assert dm.verify(env, mechanism, incentives="ex-post").violation == 0
    for stage in mechanism.stages:
        assert low <= stage.transfers[list(env.private)].min()
        assert stage.transfers.max() <= high
    assert subsidy(told) == -paid(env, mechanism)


def paid(env: dm.Environment, mechanism: dm.Mechanism) -> F:
    """Expected discounted payments of truthful agents over a finite horizon, one history at a time."""
    assert env.process is not None
    total = F(0)
    histories: dict[tuple[int, Any], F] = {
        (mechanism.start, profile): chance for profile, chance in np.ndenumerate(env.process.prior) if chance
    }
    for t, stage in enumerate(mechanism.stages):
        following: dict[tuple[int, Any], F] = {}
        for (m, profile), chance in histories.items():
            total += F(env.discount) ** t * chance * stage.transfers[(slice(None), m, *profile)].sum()
            if stage.next is None:
                continue
            (a,) = np.flatnonzero(stage.allocation[(m, *profile)])
            table = env.process.transitions[t]
            row = table[(int(a) if len(table) > 1 else 0, *profile)]
            for then, move in np.ndenumerate(row):
                place = int(stage.next[(m, *profile, int(a))]), then
                following[place] = following.get(place, F(0)) + chance * move
        histories = following
    return total


# By hand ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rho", [F(3, 5), F(11, 18), F(3, 4), F(9, 10)])
def test_two_licences_by_hand(rho: F) -> None:
    """Liu's section 3.1 with areas alike with probability ρ: a report of 6 must cost firm 1, by what firm 2
    then says, D with ρ D_4 + (1 − ρ) D_6 ≤ 7 and (1 − ρ) D_4 + ρ D_6 ≥ 11 less than one of 4.

    With payments s apart in each period D_6 ≤ 2s, and both inequalities bind: s = (18ρ − 7) / (2(2ρ − 1)), or
    D_4 = D_6 − 2s and s = 2 / (2ρ − 1), where 18ρ ≤ 11 and D_4 would be negative beside s more at once.
    Under limited liability she is paid D_6 alone where ρ ≥ 11/18, and otherwise −D_4 = (11 − 18ρ) / (2ρ − 1)
    after a report of 4 as well. Firm 2 reports at the end: 6 must cost her between 6 and 12 more than 4.
    """
    env = dm.load("liu-licence", same=rho / 2)
    extra = max(F(0), (11 - 18 * rho) / (2 * rho - 1))
    told = within(env, liability=0)
    assert [agent.spread for agent in told.agents] == [max(18 * rho - 7, F(4)) / (2 * (2 * rho - 1)), 6]
    assert [agent.subsidy for agent in told.agents] == [(11 + extra) / 2, 3]
    check(env, told, float("-inf"), 0)


def test_a_panel_needs_no_payments_at_all() -> None:
    """Residual claimants would have to pay; the efficient policy is ex-post optimal for everybody anyway."""
    env = dm.load(DATA / "panel-liability.json")
    answer = dm.correlation(env, exact=True, liability=0)
    assert answer.bounded is not None
    assert [(agent.spread, agent.subsidy) for agent in answer.bounded.agents] == [(0, 0)] * 2
    assert answer.reason == ""
    check(env, answer.bounded, 0, 0)
    # A residual claimant's transfers less a constant, with which it had been answered, are dearer.
    free = dm.correlation(env, exact=True).mechanism
    assert free is not None
    later = replace(free.stages[1], transfers=free.stages[1].transfers - F(641, 18))
    shifted = replace(free, stages=(free.stages[0], later))
    assert dm.verify(env, shifted, incentives="ex-post")
    assert max(stage.transfers.max() for stage in shifted.stages) == 0
    assert -paid(env, shifted) > 0


def test_one_period_is_a_matter_of_payments_at_once() -> None:
    """Two bidders worth 0, 1, 2 with equal chances: the winner among equals pays nothing, the better one what
    the other says, from 2 down to 0; all 2 less under limited liability."""
    env = dm.load("myerson")
    told = within(env, liability=0)
    by_design = dm.design(env, exact=True, **cheapest({"payments": "nonpositive"}))
    assert [agent.spread for agent in told.agents] == [2, 2]
    assert told.subsidy == -revenue(env, by_design.value)


# Against the program of a design ----------------------------------------------------------------------------

SMALL = F(1, 10**7)


def cheapest(demands: Mapping[str, Any]) -> dict[str, Any]:
    """The words of the question: welfare first, and then as much revenue as there is."""
    return {
        "incentives": "ex-post", "participation": "none", "demands": demands,
        "objective": {"welfare": 1, "revenue": SMALL},
    }  # fmt: skip


def revenue(env: dm.Environment, value: Any) -> Any:
    """What a design earns beside the efficient welfare."""
    return (value - (joint_prior(env).reshape(-1) * efficient(env).welfare[0]).sum()) / SMALL


@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=SEEDS, share=st.integers(2, 6), theorem=st.sampled_from(["3.1", "3.2"]))
def test_nothing_is_cheaper_over_two_periods(seed: int, share: int, theorem: str) -> None:
    """With an idle last period a design, whose payments may depend on all that was said, costs the same.

    Under liability alone actions must not move types: else a lottery that leaves the policy once in a million
    times, with payments in millions, comes closer to less than the policy itself costs.
    """
    env = idle_end(correlated(seed, periods=2))
    total = np.sum([np.broadcast_to(agent.values[0], (2, 2, 2)) for agent in env.agents], axis=0)
    assume((total[0] != total[1]).all())  # else there are several efficient policies
    calm = adrift(env)
    free = within(calm, liability=0, theorem=theorem)
    check(calm, free, float("-inf"), 0)
    paying = dm.design(calm, exact=True, **cheapest({"payments": "nonpositive"}))
    assert free.subsidy == -revenue(calm, paying.value)
    cap = max(agent.spread for agent in within(env, liability=0).agents) * F(share, 4) + 1
    capped = within(env, caps=cap, theorem=theorem)
    check(env, capped, -cap, cap)
    bounded = dm.design(env, exact=True, **cheapest({"payments": f"-{cap}..{cap}"}))
    assert capped.subsidy == -revenue(env, bounded.value)


@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_a_design_is_at_most_as_dear(seed: int) -> None:
    """Where the last period has something to decide its payments may depend on more than theirs here do."""
    env = correlated(seed, periods=2)
    answer = dm.correlation(env, exact=True, distances=False, liability=0)
    assert answer.last is not None
    assume(answer.last.efficient and answer.mechanism is not None)
    assert answer.bounded is not None
    assert answer.bounded.subsidy is not None
    paying = dm.design(env, exact=True, **cheapest({"payments": "nonpositive"}))
    assert answer.bounded.subsidy >= -revenue(env, paying.value)
    check(env, answer.bounded, float("-inf"), 0)


# What bounds do ---------------------------------------------------------------------------------------------


@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=SEEDS, periods=st.sampled_from([2, 3]))
def test_only_the_width_of_the_bounds_decides(seed: int, periods: int) -> None:
    """At the spread there is a mechanism, below it none; wider is never dearer; moved bounds move money."""
    env = correlated(seed, periods=periods)
    free = within(env, liability=0)
    assume(free.mechanism is not None)
    spread: Any = max(agent.spread for agent in free.agents)
    tight = within(env, caps=spread / 2)
    check(env, tight, -spread / 2, spread / 2)
    wide = within(env, caps=spread)
    present = sum(env.discount**t for t in range(env.periods)) * len(env.private)
    moved = within(env, caps=spread, liability=0)
    assert subsidy(tight) == subsidy(moved) - spread / 2 * present
    assert subsidy(wide) + spread * present <= subsidy(moved)
    assert subsidy(free) <= subsidy(wide) + spread * present
    if spread > 0:
        narrow = dm.correlation(env, exact=True, distances=False, caps=spread * F(499, 1000))
        assert narrow.mechanism is None
        assert "apart, and her bounds" in narrow.reason
    # By Theorem 3.2's kind, which asks for more, nothing is cheaper.
    same = within(env, liability=0, theorem="3.2")
    assert same.subsidy is None or same.subsidy >= subsidy(free)


def test_proofs() -> None:
    """The spread and the subsidy have a certificate each, and so has the lack of payments."""
    for agent in within(dm.load("liu-licence"), caps=7).agents:
        assert [proof.kind for proof in agent.proofs if proof is not None] == ["optimal", "optimal"]
        spread = agent.proofs[0]
        assert spread is not None
        assert spread.value == agent.spread
    (lost, _) = within(dm.load("liu-licence", same="1/4"), caps=7).agents
    assert [proof.kind for proof in lost.proofs if proof is not None] == ["infeasible"]


def test_where_no_payments_do_it_a_lie_is_named() -> None:
    """Without correlation firm 1 gives a licence up for good news only if she is fooled."""
    answer = dm.correlation(dm.load("liu-licence", same="1/4"), exact=True, liability=10)
    assert answer.mechanism is None
    assert answer.bounded is not None
    assert [agent.spread for agent in answer.bounded.agents] == [float("inf"), 6]
    assert answer.bounded.agents[0].subsidy is None
    assert answer.reason == (
        "no payments of the kind of Theorem 3.1 make truth optimal for agent 'firm 1', whatever their "
        "size: among the lies that pay together is that of type '4' who says '6' in period 0, given firm 2 "
        "'nothing'"
    )


def test_an_infinite_horizon_is_the_limit_of_long_ones() -> None:
    """Ends differ, so only what a far end leaves of them is compared: the horizon's discount weight."""
    forever = dm.load("random-correlated", types=2, seed=3, discount=F(1, 4))
    told = within(forever, liability=0)
    assert told.mechanism is not None
    assert dm.verify(forever, told.mechanism, incentives="ex-post").violation == 0
    assert max(stage.transfers.max() for stage in told.mechanism.stages) == 0
    long = within(forever.with_horizon(7), liability=0)
    assert abs(subsidy(told) - subsidy(long)) < 60 * F(1, 4) ** 6


# Numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [-9, 9])
@pytest.mark.parametrize("rational", [True, False])
def test_money_has_no_size(power: int, rational: bool) -> None:
    """In doubles too the same bounds leave something whatever the unit of money is."""
    env = dm.load("liu-licence")
    money = F(10) ** power
    agents = tuple(replace(agent, values=tuple(v * money for v in agent.values)) for agent in env.agents)
    rich = env._with(agents=agents)
    rich = rich if rational else rich.to_float()
    assert [float(agent.spread / float(money)) for agent in within(rich, False, caps=7 * money).agents] == (
        pytest.approx([6.5, 6], rel=1e-9)
    )
    for cap, there in ((F(13, 4), True), (F(324, 100), False)):
        told = within(rich, False, caps=cap * money)
        assert (told.mechanism is not None) == there
        if told.mechanism is not None:
            assert dm.verify(rich, told.mechanism, incentives="ex-post")


@pytest.mark.parametrize("digits", [10, 12])
def test_nearly_independent_bidders(digits: int) -> None:
    """Second prices less the most that anybody pays: a bidder worth 100 wins for 50 from one worth 50."""
    env = dm.load(DATA / f"cremer-mclean-1e-{digits}.json")
    for exact in (True, False):
        told = within(env, exact, liability=0)
        assert [agent.spread for agent in told.agents] == [50, 50]
        assert told.subsidy == 25
        answer = dm.correlation(env, exact=exact, caps=F(249, 10))
        assert answer.mechanism is None
        assert answer.static is not None
        assert answer.static.spanning


@pytest.mark.parametrize(("digits", "share"), [(3, 1e-9), (6, 1e-7), (10, 1e-4)])
def test_beliefs_that_doubles_hardly_tell_apart(digits: int, share: float) -> None:
    """Given in doubles, the answer is that of their values, which lose digits as beliefs approach.

    The solver alone has tolerances that take the last ones for independent, and less than half of this.
    """
    words: dict[str, Any] = {"types": 2, "strength": F(1, 10**digits)}
    right = float(subsidy(within(dm.load("random-correlated", **words), liability=0)))
    assert right > 9
    rounded = within(dm.load("random-correlated", rational=False, **words), False, liability=0)
    assert subsidy(rounded) == pytest.approx(right, rel=share)


def test_nearly_singular_blocks() -> None:
    env = dm.load(DATA / "near-singular-9.json")
    exact, rough = within(env, caps=1), within(env, False, caps=1)
    assert [agent.spread for agent in exact.agents] == [0, 0]
    assert rough.subsidy == exact.subsidy == -4
    check(env, exact, -1, 1)


@pytest.mark.parametrize("words", [{"types": 3}, {"types": 2, "stationary": False, "periods": 3}])
def test_what_would_not_fit_is_refused_before_it_is_built(
    words: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size that is counted is at least that of what is built; without bounds less memory will do."""
    env = dm.load("random-correlated", **words)
    counted: list[Size] = []
    monkeypatch.setattr(bounded, "refuse_large", lambda _, size, __: counted.append(size))
    for theorem in ("3.1", "3.2"):
        program = bounded._Own(Course(env), 1, theorem)._program(None).build()
        size = counted.pop()
        assert size.rows >= program.num_rows
        assert size.columns >= program.num_columns
        assert size.nonzeros >= program.num_nonzeros
    monkeypatch.undo()
    assert dm.correlation(env, memory_limit=size.bytes - 1).status == "optimal"
    with pytest.raises(TooLarge, match=r"rows, \d+ columns, up to .* nonzeros .* more than the memory limit"):
        dm.correlation(env, liability=0, memory_limit=size.bytes - 1)


# Bounds as they are given -----------------------------------------------------------------------------------


def test_bounds_by_agent() -> None:
    env = dm.load("liu-licence")
    told = within(env, caps={"firm 1": 7, "firm 2": "3"}, liability={"firm 2": 0})
    assert [(agent.low, agent.high) for agent in told.agents] == [(-7, 7), (-3, 0)]
    assert [agent.subsidy is None for agent in told.agents] == [False, True]
    assert told.mechanism is None
    assert told.subsidy is None
    reason = dm.correlation(env, exact=True, caps={"firm 1": 7, "firm 2": 1}).reason
    assert reason == (
        "payments of the kind of Theorem 3.1 that make truth optimal for agent 'firm 2' lie at least 6 "
        "apart, and her bounds -1 and 1 only 2"
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"caps": -1}, "cap: -1 is negative; it bounds absolute payments"),
        ({"caps": 1, "liability": -2}, "liability -2 is below what the cap allows to be paid out, -1"),
        ({"caps": "x"}, "caps: 'x' is not a number"),
        ({"caps": {"firm 1": "x"}}, "caps of agent 'firm 1': 'x' is not a number"),
        ({"caps": {"firm 3": 1}}, r"cap: 'firm 3' is none of the agents who pay \(firm 1, firm 2\)"),
        ({"liability": {"firm 1": 1}}, "bounds: agent 'firm 2' has none"),
    ],
)
def test_bounds_that_are_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        dm.correlation("liu-licence", **asked)


def test_an_observed_agent_is_bounded_by_nothing() -> None:
    """She pays nothing, and her types are among what the others' reports are settled by."""
    env = dm.load("liu-licence")
    seen = env._with(agents=(env.agents[0], replace(env.agents[1], observed=True)))
    told = within(seen, liability=0)
    assert [agent.name for agent in told.agents] == ["firm 1"]
    assert told.subsidy == F(11, 2)
    with pytest.raises(InvalidInput, match="'firm 2' is none of the agents who pay"):
        dm.correlation(seen, caps={"firm 1": 1, "firm 2": 1})
