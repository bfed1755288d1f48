"""The benchmark measures what it says: both of ours agree with the joint table on a small case."""

from __future__ import annotations

import argparse

import numpy as np
import pytest

from benchmarks.efficient import joint, kernels, ours, ours_alone, rewards


def test_rows_agree_with_the_joint_table() -> None:
    asked = argparse.Namespace(agents=3, types=2, actions=3, stay=0.5, discount=0.9)
    values, moves = kernels(3, 2, 3, 0.5)
    table = np.stack([joint(moves[:, a]) for a in range(3)])
    found = ours_alone(asked)
    value = np.array(found["values"])
    wanted = (rewards(values) + 0.9 * table @ value).max(axis=0)
    assert value == pytest.approx(wanted, abs=1e-9)
    row = ours(asked)
    assert row["values"] == pytest.approx(found["values"], abs=1e-9)
    assert row["least"] >= 0
    assert 0 < row["error"] < 1e-9
