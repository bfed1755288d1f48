"""The best lie against rules A and B by construction: the judge's, and in its place where it is too large."""

from __future__ import annotations

import pytest

import dynamech as dm
from dynamech.models.screening.affine_pivot import rules_a_and_b
from dynamech.models.screening.first_lie import first_lie
from dynamech.models.screening.setting import setting

from .separable_cases import not_tight, worked
from .test_virtual_bandits import bandit

ENVIRONMENTS = {
    "bandit": bandit([3, 4], [4, 6]),
    "bandit, a type left out": bandit([3, 4], [2, 6]),
    "additive": worked("4B1_T1")[0],
    "controlled": worked("4C_controlled_T2")[0],
    "not tight": not_tight(),
}


@pytest.mark.parametrize(("name", "exclude"), [
    ("bandit", False), ("bandit, a type left out", True), ("additive", False), ("controlled", True),
    ("not tight", False),
])  # fmt: skip
def test_the_judge_finds_the_same(name: str, exclude: bool) -> None:
    """Its largest gain; and, where one lie alone gains so much, who, when, what and beside whom."""
    own = setting(ENVIRONMENTS[name], exact=True, exclude=exclude, endless=True)
    for rule in rules_a_and_b(own):
        known, judged = first_lie(own, rule.promises).to_json(), rule.incentives.to_json()
        assert rule.unjudged is None
        if name != "bandit":
            known, judged = (told | {"witness": told["witness"] is None} for told in (known, judged))
        assert known == judged


def test_what_is_too_large_for_the_judge_is_answered() -> None:
    env = ENVIRONMENTS["bandit"]
    whole, small = dm.virtual_pivot(env), dm.virtual_pivot(env, memory_limit=30_000)
    assert list(small.rules) == ["A", "B"]
    assert "more than the memory limit" in small.missing["C"]
    assert small.weights == {"C": []}
    content = small.to_json()
    assert all("public states needs about" in why for why in content["unjudged"].values())
    assert list(content["unjudged"]) == ["A", "B"]
    assert "unjudged" not in whole.to_json()
    for name in "AB":
        ours, judged = small.rules[name].incentives, whole.rules[name].incentives
        assert ours.holds == judged.holds == (name == "B")
        assert ours.violation == pytest.approx(judged.violation, abs=1e-9)
    assert small.returned == "B"
    assert "Too large for the judge: A and B" in " ".join(str(small).split())
