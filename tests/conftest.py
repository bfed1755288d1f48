"""The fast lane, ``-m fast``: folders whose tests take under a minute together on an idle machine."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
FAST = [
    *(HERE / "models" / room for room in ("notions", "mechanism", "society", "environment", "answers")),
    HERE / "models" / "relaxations",
    HERE / "models" / "compiler" / "test_rows.py",
    *(HERE / "solvers" / "conversions" / f"test_{what}.py" for what in ("conversions", "reading", "writing")),
    *sorted((HERE / "solvers").glob("test_*.py")),
    *(HERE / "front" / f"test_{what}.py" for what in ("imports", "package", "tolerances")),
]
"""What is in it; `CONTRIBUTING` says how it is measured."""


def is_fast(path: Path) -> bool:
    """Whether a file is in the lane."""
    return any(path.is_relative_to(place) for place in FAST)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where nothing but the lane is asked for, other files are not even imported."""
    alone = config.option.markexpr == "fast" and collection_path.is_file()
    return True if alone and not is_fast(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_fast(item.path):
            item.add_marker(pytest.mark.fast)
