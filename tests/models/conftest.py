"""Mechanisms written as tables, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage

Written = Callable[[Environment, str], Mechanism]


@pytest.fixture(scope="session")
def written() -> Written:
    """One buyer's mechanism from text: "0 1/2 1/2; 0,1 1 2" sells half to type 0 in period 0 for 1/2, and
    after that report all to type 1 in period 1 for 2."""

    def make(env: Environment, text: str) -> Mechanism:
        rules = {}
        for entry in text.split(";"):
            history, *numbers = entry.split()
            rules[tuple(map(int, history.split(",")))] = [Fraction(number) for number in numbers]
        stages = []
        histories: list[tuple[int, ...]] = [()]
        for t in range(env.periods):
            (size,) = env.types(t)
            longer = [(*h, k) for h in histories for k in range(size)]
            table = np.array([rules[h] for h in longer]).reshape(len(histories), size, 2)
            sale, paid = table[..., 0], table[..., 1]
            follow = np.arange(len(longer)).reshape(len(histories), size, 1).repeat(2, axis=-1)
            last = t + 1 == env.periods
            stages.append(Stage(np.stack([1 - sale, sale], axis=-1), paid[None], None if last else follow))
            histories = longer
        return Mechanism(env.name, tuple(stages))

    return make
