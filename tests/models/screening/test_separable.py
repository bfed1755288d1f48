"""Separable environments recognised from their arrays, and every assumption seen to fail."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest

from dynamech.instances.library import find_family
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.screening.setting import Setting, setting
from dynamech.models.screening.virtual_pivot import virtual_pivot
from dynamech.solvers.errors import AssumptionViolated, InvalidInput


def buyer(
    worth: list[list[Any]], prior: list[Any] | None = None, names: list[Any] | None = None, moves: Any = None
) -> Environment:
    """One buyer: worth[s][y] of the item in period 1."""
    first, rest = len(worth), len(worth[0])
    chances = prior or [F(1, first)] * first
    names = names or list(range(1, first + 1))
    opening = [[F(1, rest) if j == k else 0 for j in range(first) for _ in range(rest)] for k in range(first)]
    row = [v for line in worth for v in line]
    agent = Agent(
        "buyer",
        types=[names, [f"{s}|{y}" for s in names for y in range(rest)]],
        prior=chances,
        values=[[[0] * first], [[0] * len(row), row]],
        transitions=[[moves or opening]],
    )
    return Environment(agents=[agent], actions=[["wait"], ["keep", "sell"]], horizon=2)


def of(worth: list[list[Any]], **words: Any) -> Setting:
    return setting(buyer(worth, **words), exact=True)


def test_a_multiplicative_table_with_a_zero() -> None:
    """A up to scale: the largest B is 1, so that A is what the best state is worth."""
    (found,) = of([[0, 0], [2, -6], [3, -9]]).values
    assert (found.form, found.residual) == ("multiplicative", 0)
    assert found.level.tolist() == [0, 6, 9]
    assert found.slope[1][1].tolist() == [F(1, 3), -1]
    assert not any(part.any() for part in found.rest)


def test_an_additive_table() -> None:
    """A up to a constant: 0 at the first type, C of the item 1, whichever type values it more."""
    (found,) = of([[5, -1], [7, 1], [4, -2]]).values
    assert (found.form, found.residual) == ("additive", 0)
    assert found.level.tolist() == [0, 2, -1]
    assert found.slope[1].tolist() == [[0, 0], [1, 1]]
    assert found.rest[1].tolist() == [[0, 0], [5, -1]]


def test_doubles_separate_up_to_rounding() -> None:
    rows = [[0.1 * a * b for b in (3.0, 7.0)] for a in (1.1, 2.3)]
    (found,) = setting(buyer(rows, prior=[0.5, 0.5])).values
    assert found.form == "multiplicative"
    assert 0 <= found.residual < 1e-14


def test_values_that_do_not_separate_say_where_and_by_how_much() -> None:
    worth = [[1, 1], [1, 2], [1, 5]]
    place = r"agent 'buyer', period 1, action 'sell', type '.\|.': values"
    with pytest.raises(AssumptionViolated, match=place) as told:
        of(worth)
    assert "Property 4.1" in str(told.value)
    with pytest.raises(AssumptionViolated) as other:
        of([[row[1], row[0]] for row in worth])
    off = [str(one.value).split("values are ")[1].split(" off")[0] for one in (told, other)]
    assert off[0] == off[1]


def test_a_form_that_is_stated_is_held_to() -> None:
    env = buyer([[1, 2], [2, 4]])
    assert setting(env, exact=True, forms={"buyer": "multiplicative"}).values[0].residual == 0
    with pytest.raises(AssumptionViolated, match="off any that are additive"):
        setting(env, exact=True, forms={"buyer": "additive"})
    with pytest.raises(InvalidInput, match="'both' is none of multiplicative, additive"):
        setting(env, forms={"buyer": "both"})
    with pytest.raises(InvalidInput, match="no agent 'seller'"):
        setting(env, forms={"seller": "additive"})


def test_first_signals_that_foretell_the_rest() -> None:
    """Assumption 2.3: blocks must be kept, and move alike."""
    tells = [["1/2", "1/2", 0, 0], [0, 0, "1/4", "3/4"]]
    with pytest.raises(AssumptionViolated, match=r"period 0: .* moves by its first signal, by 1/4, .*2\.3"):
        of([[1, 2], [2, 4]], moves=tells)
    leaves = [["1/2", "1/4", "1/4", 0], [0, 0, "1/2", "1/2"]]
    with pytest.raises(AssumptionViolated, match=r"leaves its first signal, by 1/4"):
        of([[1, 2], [2, 4]], moves=leaves)


def test_assumption_5_1_the_hazard_rate() -> None:
    found = of([[1], [2], [3]], prior=["1/2", "1/6", "1/3"]).assumptions["5.1"]
    assert (found.holds, found.by) == (False, F(1) - F(1, 2))
    assert found.where == "agent 'buyer': the hazard rate does not rise from type '1' to '2'"
    assert of([[1], [2], [3]]).assumptions["5.1"].holds


def test_assumption_5_2_levels_and_slopes() -> None:
    falling = of([[1, 2], [3, 6], [2, 4]]).assumptions["5.2"]
    assert not falling.holds
    assert falling.where == "agent 'buyer': A does not rise from type '2' to '3'"
    assert falling.by == 2
    convex = of([[1], [2], [4]]).assumptions["5.2"]
    assert (convex.holds, convex.by) == (False, 1)
    assert of([[1], [2], [4]], names=[1, 2, 4]).assumptions["5.2"].holds
    negative = of([[1, -2], [2, -4]]).assumptions["5.2"]
    assert negative.where == "agent 'buyer', period 1: B is negative"
    assert negative.by == 1


def test_what_lemma_a2_concludes() -> None:
    found = of([[1], [2], [9]], prior=["1/3"] * 3).assumptions["A.2"]
    assert found.where == "agent 'buyer': α does not rise from type '1' to '2'"
    assert found.by == F(-1) + F(5, 2)
    nothing = of([[0], [1]]).assumptions["A.2"]
    assert nothing.where == "agent 'buyer', type '1': α is −∞, as A is 0"


def test_who_does_not_count_may_not_be_served_by_the_way() -> None:
    """One action for both: a type of negative α has a value of it, which counts against the others."""
    agents = [
        Agent(name, types=[["low", "high"]], prior=["1/2", "1/2"], values=[[[0, 0], worth]])
        for name, worth in (("a", [1, 3]), ("b", [4, 5]))
    ]
    env = Environment(agents=agents, actions=["no", "road"], horizon=1)
    found = virtual_pivot(env, exact=True).assumptions["exclusion"]
    assert not found.holds
    assert found.by == 1
    assert found.where is not None
    assert found.where.startswith("first signals (a 'low', b 'low'): what is done has a value to somebody")


def test_what_is_out_of_reach_is_named() -> None:
    env = buyer([[1, 2], [2, 4]], prior=["1", "0"])
    with pytest.raises(AssumptionViolated, match="type '2' has probability 0"):
        virtual_pivot(env)
    with pytest.raises(AssumptionViolated, match="the actions of period 0 are divisible goods, not a finite"):
        virtual_pivot(find_family("two-type-markov").make(quadratic=True))
    endless = Environment(
        agents=[Agent("a", types=["x"], prior=[1], values=[[[1]]], transitions=[[[[1]]]])],
        actions=["go"], horizon=None, discount="1/2", name="endless",
    )  # fmt: skip
    with pytest.raises(AssumptionViolated, match="'endless' has no period 0 of its own"):
        virtual_pivot(endless)
    sky = Agent("sky", types=["x"], prior=[1], values=[[[1]]], observed=True)
    seer = Agent("seer", types=["x"], prior=[1], values=[[[1]]])
    watched = Environment(agents=[sky, seer], actions=["go"], horizon=1)
    with pytest.raises(AssumptionViolated, match="agent 'sky' is observed"):
        virtual_pivot(watched)
