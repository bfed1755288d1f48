"""What the seller lets the buyer learn: the worked case (Li and Shi), rungs, ties, limits."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.families.two_period_screening import two_period_screening
from dynamech.models.screening.sequential.buyer import buyer_of
from dynamech.models.screening.sequential.disclosure import (
    Disclosure,
    DisclosureSearch,
    disclosed,
    disclosures,
)
from dynamech.solvers.errors import InvalidInput, TooLarge

NAME = "two-period-screening"


def worked(exact: bool = True) -> DisclosureSearch:
    return dm.disclosure(dm.load(NAME, variant="disclosure"), exact=exact)


def test_the_worked_case() -> None:
    """F1_disclosure: 6/5 full, 5/4, 19/15 and 23/20 by threshold; the relaxed rung 47/35."""
    search = worked()
    assert search.values["everything"] == F(6, 5)
    assert [search.values[f"≥ {v}"] for v in (1, 2, 3)] == [F(5, 4), F(19, 15), F(23, 20)]
    assert search.value == max(value for value in search.values.values() if value is not None) == F(19, 15)
    assert search.contracts is not None
    low, high = search.contracts
    assert (low.name, low.shown, low.buys) == ("0", "≥ 2", ("2, 3",))
    assert (low.fee, low.strike, low.sold, low.rent) == (0, F(7, 3), F(3, 10), 0)
    assert (high.shown, high.sold, high.rent) == ("nothing", 1, F(1, 6))
    assert (high.strike or 0) + high.fee == F(11, 6)
    full = dm.sequential_screening(dm.load(NAME, variant="disclosure"), exact=True).menu
    assert full is not None
    assert full.rents is not None
    assert full.rents[1] == F(3, 10)


def test_what_is_returned_is_verified_and_earns_it() -> None:
    for exact in (True, False):
        search = worked(exact)
        assert search.mechanism is not None
        assert dm.verify(search.environment, search.mechanism, "bayesian", "interim")
        kept = [one for one in search.searched if "|" not in one.name]
        public = dm.design(disclosed(search.buyer, kept), incentives="relaxed", exact=exact).value
        assert public == pytest.approx(float(F(47, 35)), abs=1e-9)
        assert [one.shown for one in search.contracts or ()] == ["≥ 2", "nothing"]


def test_everything_shown_is_the_environment_itself() -> None:
    """And nothing shown is a sale in period 0."""
    for variant in ("persistent", "all-sold", "spread"):
        env = dm.load(NAME, variant=variant)
        search, sold = dm.disclosure(env, exact=True), dm.sequential_screening(env, exact=True)
        assert search.values["everything"] == sold.rungs["bayesian"]
        assert search.values["nothing"] == sold.posted["t0"].profit
        assert search.value is not None
        assert all(value is not None and search.value >= value for value in search.values.values())


def test_of_equally_good_choices_the_one_that_shows_least_is_found() -> None:
    """The high type buys anyway: nothing is shown to her, in whichever optimum a solver ends."""
    search = worked()
    assert search.shown is not None
    assert search.shown.argmax(axis=1).tolist() == [2, 0]
    assert set(search.shown.ravel().tolist()) == {0, 1}


def test_partitions_that_are_searched() -> None:
    buyer = buyer_of(dm.load(NAME, variant="disclosure"), exact=True)
    names = [one.name for one in disclosures(buyer, "thresholds")]
    assert names == ["nothing", "≥ 1", "≥ 2", "≥ 3", "everything"]
    every = disclosures(buyer, "all")
    assert every == disclosures(buyer)
    assert len(every) == 2 + 2**3 - 1
    assert Disclosure("{0, 3} | {1, 2}", ((0, 3), (1, 2))) in every
    assert len({frozenset(one.cells) for one in every}) == len(every)
    large = dm.load("sequential-screening", k0=2, k1=12)
    assert len(disclosures(buyer_of(large))) == 2 + 11
    with pytest.raises(TooLarge, match=r"12 values have 2,047 binary partitions, more than 1,024; search='"):
        dm.disclosure(large, "all")
    with pytest.raises(InvalidInput, match="search: 'some' is none of auto, thresholds, all"):
        dm.disclosure(NAME, "some")
    with pytest.raises(TooLarge, match="memory"):
        dm.disclosure(dm.load("sequential-screening", k0=3, k1=6), memory_limit=1000)


def test_a_time_limit_is_an_answer() -> None:
    search = dm.disclosure(dm.load("sequential-screening", k0=6, k1=12), time_limit=1e-9)
    missing: list[Any] = [search.value, search.mechanism, search.shown, search.contracts]
    assert missing == [None] * 4
    assert "Limit. " in str(search)
    assert search.to_json()["status"] == "limit"
    with pytest.raises(InvalidInput, match="this DisclosureSearch has no mechanism to be saved"):
        dm.save(search, "nowhere.json")


def test_whoever_wants_to_know_is_told_what_is_worked_on() -> None:
    told: list[str] = []
    dm.disclosure(NAME, notify=lambda event: told.append(event.text) if event.kind == "step" else None)
    assert told == ["chosen by report", "nothing", "everything"]


def test_values_that_look_alike_have_names_of_their_own() -> None:
    near = two_period_screening([F(1)], [[F(1, 2)] * 2], [[F(1), 1 + F(1, 10**12)]])
    assert dm.disclosure(near).value == pytest.approx(1)


def test_two_values_have_one_partition() -> None:
    buyer = buyer_of(dm.load(NAME), exact=True)
    assert [one.name for one in disclosures(buyer)] == ["nothing", "everything"]


def test_a_disclosure_is_an_environment_of_cells() -> None:
    buyer = buyer_of(dm.load(NAME, variant="disclosure"), exact=True)
    env = disclosed(buyer, disclosures(buyer)[2:3])
    agent = env.agents[0]
    assert agent.types[1] == ("0: ≥ 2: 0, 1", "0: ≥ 2: 2, 3", "1: ≥ 2: 0, 1", "1: ≥ 2: 2, 3")
    assert agent.values[1][1].tolist() == [F(3, 7), F(7, 3), F(2, 3), F(18, 7)]
    rows = agent.kernels[0].table[0]
    assert rows.tolist() == [[F(7, 10), F(3, 10), 0, 0], [0, 0, F(3, 10), F(7, 10)]]


@pytest.mark.parametrize(("k0", "k1", "strikes"), [(2, 5, ["57/85"] * 2), (3, 6, ["103/144"] * 2)])
def test_contracts_earn_what_the_mechanism_does(k0: int, k1: int, strikes: list[str]) -> None:
    """Nobody wants another's, buying where it is worth it; the last strike of (3, 6) is the mechanism's."""
    search = dm.disclosure(dm.load("sequential-screening", k0=k0, k1=k1), exact=True)
    buyer, contracts = search.buyer, search.contracts
    assert contracts is not None
    assert [one.strike for one in contracts[:2]] == [F(strike) for strike in strikes]
    cells = {one.name: one.cells for one in search.searched}
    profit = F(0)
    for k, own in enumerate(contracts):
        assert own.strike is not None
        profit += buyer.prior[k] * (own.fee + own.sold * (own.strike - buyer.cost))
        for other in contracts:
            assert other.strike is not None
            gain = -other.fee
            for cell in cells[other.shown]:
                gain += max(sum(buyer.chances[k, m] * (buyer.values[m] - other.strike) for m in cell), 0)
            assert gain <= own.rent if other is not own else gain == own.rent
        assert own.rent >= 0
    assert profit == search.value


def test_lots_may_be_better_than_any_choice() -> None:
    """A first type is shown one thing or another: there is no contract to print, and the table says so."""
    search = dm.disclosure(dm.load("sequential-screening", k0=5, k1=7), "thresholds", exact=True)
    assert search.contracts is None
    assert search.value == F(36289, 123480)
    assert search.shown is not None
    drawn = [name for name, share in zip(search.searched, search.shown[1], strict=True) if 0 < share < 1]
    assert all(f"{one.name} (" in str(search) for one in drawn)
    assert len(drawn) == 2
    assert search.to_json()["contracts"] is None
