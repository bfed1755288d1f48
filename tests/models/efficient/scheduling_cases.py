"""The worked cases of scheduling and how their numbers are read."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

DATA = Path(__file__).parents[2] / "data"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads((DATA / "scheduling.json").read_text(encoding="utf-8"))
}
"""From BV section 3; each says how it was verified."""
SINGLE_TASKS = ["2_sched_3agents", "2_sched_4agents", "2_sched_1agent"]

tasks = st.lists(st.integers(0, 12).map(lambda n: F(n, 2)), min_size=1, max_size=5)
"""Values of a few tasks, many of them equal."""
discounts = st.integers(0, 19).map(lambda n: F(n, 20))


def fractions(texts: list[str]) -> list[F]:
    return [F(text) for text in texts]


def set_of(name: str) -> int:
    """The number of a set of waiting tasks that the cases write as digits."""
    return sum(1 << int(digit) for digit in name)
