"""Library instances against values computed apart from this project, by enumeration and exact programs.

The numbers are those of the papers' examples in finite form; participation is interim, payments free in sign.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from dynamech.instances import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question

Case = tuple[str, dict[str, Any], dict[str, str]]
CASES: list[Case] = [
    *(
        ("kln-nonseparable", {"n": n}, {"relaxed": relaxed, "bayesian": dynamic})
        for n, relaxed, dynamic in (
            (2, "7/2", "13/4"),
            (3, "8/3", "5/2"),
            (5, "5/2", "9/4"),
            (17, "79/34", "545/272"),
        )
    ),
    # no gap where c_times is small, a growing one where it is large
    ("kln-nonseparable", {"n": 3, "c_times": 3}, {"relaxed": "3/2", "bayesian": "3/2"}),
    ("kln-nonseparable", {"n": 5, "c_times": 4}, {"relaxed": "8/5", "bayesian": "8/5"}),
    ("kln-nonseparable", {"n": 5, "c_times": 20}, {"relaxed": "4", "bayesian": "15/4"}),
    ("kln-nonseparable", {"n": 3, "c_times": 100}, {"relaxed": "53/3", "bayesian": "35/2"}),
    *(
        ("kln-correlated", {"n": n}, {"types-public": "5/8", "relaxed": relaxed, "bayesian": dynamic})
        for n, relaxed, dynamic in (
            (2, "9/16", "17/32"),
            (3, "9/16", "25/48"),
            (5, "91/160", "41/80"),
            (17, "313/544", "277/544"),
        )
    ),
    ("kln-correlated", {"n": 3, "low": 0, "high": 1}, {"types-public": "1/2", "bayesian": "1/2"}),
    ("kln-separable", {"variant": "tight", "T": 1}, {"relaxed": "39/20", "bayesian": "39/20"}),
    ("kln-separable", {"variant": "tight", "T": 3}, {"relaxed": "10569/2000", "bayesian": "10569/2000"}),
    ("kln-separable", {"variant": "tight-two-types", "T": 2}, {"relaxed": "627/100", "bayesian": "627/100"}),
    ("kln-separable", {"variant": "tight-two-types", "T": 3}, {"virtual": "8943/1000"}),
    (
        "kln-separable",
        {"variant": "tight-uneven"},
        {"none": "31/12", "relaxed": "19/12", "bayesian": "19/12"},
    ),
    ("kln-separable", {"variant": "additive"}, {"none": "25/12", "relaxed": "3/2", "bayesian": "3/2"}),
    ("kln-separable", {"variant": "not-tight", "T": 1}, {"relaxed": "27/20", "bayesian": "117/100"}),
    ("kln-separable", {"variant": "not-tight", "T": 2}, {"relaxed": "513/200", "bayesian": "2373/1000"}),
    ("kln-separable", {"variant": "not-tight", "T": 3}, {"relaxed": "7317/2000", "bayesian": "1721/500"}),
    ("kln-separable", {"variant": "irregular", "T": 1}, {"relaxed": "108/25", "bayesian": "108/25"}),
    ("concealed-reports", {}, {"relaxed": "11/3", "bayesian": "7/2", "ex-post": "83/24"}),
    ("concealed-reports", {"public": True}, {"relaxed": "11/3", "bayesian": "83/24", "ex-post": "83/24"}),
    (
        "kln-separable",
        {"variant": "irregular-not-tight", "T": 2},
        {"virtual": "6213/400", "relaxed": "2907/200", "bayesian": "811953/56875"},
    ),
    # optimal contracting on a grid: s0 = k/5, gamma = 3/10
    (
        "kln-separable",
        {"s0": "0,1/5,2/5,3/5,4/5,1", "shocks": "1/2,1,3/2", "cost": "3/10", "T": 1, "discount": 1},
        {"relaxed": "1/6", "bayesian": "1/6"},
    ),
    ("two-period-screening", {}, {"none": "19/12", "relaxed": "17/12", "bayesian": "4/3"}),
    ("two-period-screening", {"variant": "all-sold"}, {"none": "3/2", "relaxed": "5/4", "bayesian": "5/4"}),
    ("two-period-screening", {"variant": "spread"}, {"none": "3/2", "relaxed": "5/4", "bayesian": "1"}),
    ("two-period-screening", {"variant": "multiplicative"}, {"relaxed": "19/12", "bayesian": "19/12"}),
    ("two-period-screening", {"variant": "disclosure"}, {"relaxed": "5/4", "bayesian": "6/5"}),
    # KLN's non-separable example with three first signals, as raw data
    (
        "two-period-screening",
        {"kernel": "1/2,1/2;1/2,1/2;1/2,1/2", "values": "2,0;5/2,5;3,10", "cost": 0},
        {"none": "15/4", "relaxed": "8/3", "bayesian": "5/2"},
    ),
    ("courty-li-uniform", {"n": 3}, {"relaxed": "7/18", "bayesian": "7/18"}),
    ("courty-li-uniform", {"n": 5}, {"relaxed": "33/100", "bayesian": "33/100"}),
    ("courty-li-uniform", {"n": 9}, {"relaxed": "49/162"}),
    ("two-type-markov", {"horizon": 2}, {"none": "161/100", "bayesian": "613/500"}),
    ("two-type-markov", {"horizon": 5}, {"none": "23717411/6400000", "bayesian": "10357093/3200000"}),
    *(
        (
            "two-type-markov",
            {"horizon": T, "low": 1, "high": 2, "mu_H": "3/5", "a_L": "2/5", "a_H": "3/10", "cost": "1/4"},
            {"none": first_best, "bayesian": dynamic},
        )
        for T, first_best, dynamic in (
            (2, "2403/1000", "273/125"),
            (4, "21374631/5000000", "40399611/10000000"),
        )
    ),
    ("two-type-markov", {"quadratic": True}, {"none": "89/40", "bayesian": "883/480"}),
    ("two-type-markov", {"quadratic": True, "horizon": 3}, {"bayesian": "438341/153600"}),
    (
        "two-type-markov",
        {"quadratic": True, "low": 2, "mu_H": "1/2", "a_L": "1/2", "a_H": "1/2"},
        {"bayesian": "217/40"},
    ),
    ("two-type-markov", {"quadratic": True, "a_L": 1, "a_H": 1}, {"none": "209/100", "bayesian": "19/12"}),
    (
        "progressive-screening",
        {"T": 3},
        {"none": "22959/16000", "relaxed": "11097/8000", "bayesian": "21429/16000"},
    ),
    (
        "progressive-screening",
        {"variant": "steep", "T": 3},
        {"none": "31311/12800", "relaxed": "147861/64000", "bayesian": "71757/32000"},
    ),
    (
        "progressive-screening",
        {"variant": "crossing", "T": 2},
        {"none": "31961/12500", "relaxed": "28631/12500", "bayesian": "24821/12500"},
    ),
    (
        "progressive-screening",
        {"variant": "crossing-rare", "T": 3},
        {"none": "1711221/625000", "relaxed": "11728569/5000000", "bayesian": "9808527/5000000"},
    ),
    ("supply-chain", {"T": 1}, {"virtual": "2493/160", "bayesian": "2493/160"}),
    ("supply-chain", {"T": 2}, {"virtual": "47367/1600"}),
    ("supply-chain", {"variant": "excluded", "T": 1}, {"virtual": "103/10", "bayesian": "103/10"}),
    ("supply-chain", {"variant": "excluded", "T": 2}, {"virtual": "1957/100"}),
    ("supply-chain", {"variant": "kinked", "T": 1}, {"relaxed": "2349/1000", "bayesian": "2133/1000"}),
    ("supply-chain", {"variant": "kinked-excluded", "T": 1}, {"relaxed": "159/20", "bayesian": "159/20"}),
    ("sponsored-search", {}, {"virtual": "626679/12800"}),
    # virtual margins 0, 2, 4; two lots cost 3/4 and 5/4: 9/10 · (0 + 13/8 + 37/8) / 3
    ("supply-quantities", {"retailers": 1}, {"virtual": "15/8"}),
    ("supply-quantities", {}, {"virtual": "531/160"}),
    # virtual values 0, 2, 4 in period 1, half of them and the shock in period 2; an item costs 1
    ("ar-additive", {"bidders": 1}, {"virtual": "321/200"}),
    ("ar-additive", {}, {"virtual": "999/400"}),
    ("handicap-auction", {}, {"virtual": "35/54", "relaxed": "35/54", "bayesian": "35/54"}),
    # two bidders with values 1, 2, 3: virtual values -1, 1, 3
    ("myerson", {}, {"bayesian": "2", "none": "22/9"}),
]


def name(case: Case) -> str:
    return " ".join([case[0], *(f"{key}={value}" for key, value in case[1].items())])


@pytest.mark.parametrize("case", CASES, ids=name)
def test_value(case: Case) -> None:
    family, settings, expected = case
    env = load(family, **settings)
    for incentives, value in expected.items():
        found = design(env, Question.of(env, incentives=incentives)).value
        assert found is not None
        assert float(found) == pytest.approx(float(Fraction(value)), abs=1e-7), incentives
