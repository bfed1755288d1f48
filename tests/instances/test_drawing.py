"""Random environments: a seed means the same environment for ever, whoever draws it."""

from __future__ import annotations

import hashlib
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.drawing import Draws, Sketch
from dynamech.solvers.errors import TooLarge
from dynamech.testing import random_environment

DRAWN: dict[str, Any] = {
    "family, correlated": lambda: dm.load(
        "random", seed=3, independent=False, private_values=False, sparse=True
    ),
    "family, given": lambda: dm.load(
        "random", seed=5, types=3, observed=1, given=True, feasible=True, periods=3
    ),
    "family, stationary": lambda: dm.load("random", seed=1, agents=1, actions=3, stationary=True),
    "of a rank": lambda: dm.load("random-correlated", seed=2, types=2),
    "testing, joint": lambda: random_environment(3, agents=2, joint=True, controlled=True, observed=True),
    "testing, given": lambda: random_environment(
        5, agents=2, types=3, periods=3, observed=True, given=True, feasible=True, sparse=True
    ),
    "testing, interdependent": lambda: random_environment(1, agents=2, actions=3, interdependent=True),
}
DIGESTS = {
    "family, correlated": "0b187c24036e549e",
    "family, given": "0823293177cb3737",
    "family, stationary": "406e22c74805af43",
    "of a rank": "dd9c300539caf487",
    "testing, joint": "e4dc91575279c1ab",
    "testing, given": "dcde2faa1eeb9d07",
    "testing, interdependent": "09d975a4eff66c35",
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_seed_means_the_same_environment_for_ever(name: str, tmp_path: Path) -> None:
    """The files' digests as they were when the generators were written, each by itself."""
    file = tmp_path / "drawn.json"
    dm.save(DRAWN[name](), str(file))
    assert hashlib.sha256(file.read_bytes()).hexdigest()[:16] == DIGESTS[name]


class Counting(Draws):
    """Draws 0, 1, 2, ... where a value, a weight or a cost is asked for."""

    def __init__(self) -> None:
        self.count = -1

    def below(self, n: int) -> int:
        raise AssertionError("weights are not all 0")

    def value(self) -> F:
        self.count += 1
        return F(self.count)

    def weight(self) -> int:
        self.count += 1
        return self.count + 1

    def costs(self, actions: int) -> Any:
        return self.table(actions)

    def allowed(self, actions: int, *states: int) -> Any:
        return np.ones((actions, *states), dtype=bool)


def test_the_order_of_the_draws() -> None:
    """Prior, values, transitions of each agent, then costs; or values, transitions, prior."""
    types = {"a": ["x", "y"]}
    first = Sketch(types, ["keep", "sell"], 2).draw(Counting())
    assert first.agents[0].prior.tolist() == [F(1, 3), F(2, 3)]
    assert first.agents[0].values[0].tolist() == [[2, 3], [4, 5]]
    assert first.agents[0].kernels[0].table.tolist() == [[[F(11, 23), F(12, 23)], [F(13, 27), F(14, 27)]]]
    assert [paid.tolist() for paid in first.costs] == [[14, 15], [16, 17]]
    last = Sketch(types, ["keep", "sell"], 2, laws_first=False).draw(Counting())
    assert last.agents[0].values[0].tolist() == [[0, 1], [2, 3]]
    assert last.agents[0].prior.tolist() == [F(13, 27), F(14, 27)]


def test_what_is_too_large_is_counted_before_it_is_drawn() -> None:
    """2 periods × 5 agents × 2 actions × 50 values, and 50^10 transitions."""
    with pytest.raises(TooLarge, match="97656250000001000 numbers, more than 5000000"):
        dm.load("random", agents=5, types=50, independent=False, controlled=False)
    with pytest.raises(TooLarge, match="numbers, more than 5000000; choose fewer agents, types or actions"):
        dm.load("random-correlated", agents=4, types=20)
