"""Plans at the states of those who count: the same as at everybody's."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.models.environment.environment import Environment
from dynamech.models.screening.affine import Affine
from dynamech.models.screening.setting import setting
from dynamech.solvers.numbers import to_float

from .separable_cases import worked
from .test_virtual_bandits import bandit


def affine(env: Environment, exact: bool = True) -> Affine:
    return setting(env, exact=exact, endless=True).affine


ENVIRONMENTS = {"for ever": bandit([3, 4], [4, 6]), "two periods": worked("4C_controlled_T2")[0]}


@pytest.mark.parametrize("weights", [(F(2), None), (None, F(5, 2)), (None, None)])
@pytest.mark.parametrize("env", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_who_is_left_out_moves_nothing(
    env: Environment, weights: tuple[F | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the rationals every number is the same, and of several best plans the same one is taken."""
    few, many = affine(env), affine(env)
    monkeypatch.setattr(many, "_members", lambda weights: list(range(len(weights))))
    assert len(few._problem(weights, few._members(weights)).rewards[-1][0]) < len(many.costs[-1][0])
    ours, theirs = few.welfare(weights), many.welfare(weights)
    for part in ("values", "policy", "worth"):
        for a, b in zip(getattr(ours, part), getattr(theirs, part), strict=True):
            assert a.shape == b.shape
            assert (a == b).all()
    for a, b in zip(few.policy(weights), many.policy(weights), strict=True):
        assert a.tolist() == b.tolist()
    rounded = affine(env, exact=False).welfare(tuple(w if w is None else float(w) for w in weights))
    for a, b in zip(rounded.values, ours.values, strict=True):
        assert np.abs(a - to_float(b)).max() <= rounded.error + 1e-14
