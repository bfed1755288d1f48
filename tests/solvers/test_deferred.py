"""Vectors that are made at the first look: once, and not before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from dynamech.solvers.deferred import Deferred
from dynamech.solvers.program import Builder
from dynamech.solvers.solve import solve


@dataclass(frozen=True)
class Held:
    name: str
    vector: Deferred = Deferred()


def test_a_function_is_called_once_and_only_when_looked_at() -> None:
    calls: list[int] = []

    def make() -> np.ndarray:
        calls.append(1)
        return np.arange(3)

    held = Held("x", make)
    assert not calls
    assert held.vector is held.vector
    assert held.vector is not None
    assert held.vector.tolist() == [0, 1, 2]
    assert calls == [1]
    assert replace(held, name="y").vector is held.vector


def test_arrays_and_none_are_as_given() -> None:
    given = np.ones(2)
    assert Held("x", given).vector is given
    assert Held("x").vector is None
    assert Held("x", lambda: None).vector is None


def test_exact_answers_keep_their_fractions_for_later() -> None:
    build = Builder(sense="max", exact=True)
    x = build.columns("x", 2, upper=1, objective=[Fraction(1, 3), 1])
    row = build.rows("r", 1, upper=Fraction(5, 4))
    build.entries(row.index, x.index, 1)
    found = solve(build.build(), exact=True)
    assert found.certificate is not None
    assert all(callable(vars(found)[name]) for name in ("primal", "dual", "reduced_costs"))
    assert all(callable(vars(found.certificate)[name]) for name in ("primal", "dual"))
    assert found.primal is not None
    assert found.primal.tolist() == [Fraction(1, 4), 1]
    assert found.primal is found.certificate.primal
    assert found.dual is found.certificate.dual
    assert found.reduced_costs is not None
    assert found.reduced_costs.tolist() == [0, Fraction(2, 3)]
