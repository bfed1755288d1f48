"""Running the command line in this process, and the example file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dynamech.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON object and nothing else."""
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """``run("ladder", "kln-nonseparable", "--json")`` with a console of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(list(arguments))
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


def example() -> dict[str, Any]:
    """The two-type file of the architecture and of the README."""
    return {
        "format": "dynamech/1",
        "name": "two-type-two-period",
        "source": "where it comes from",
        "discount": "9/10",
        "horizon": 2,
        "actions": [["keep", "sell"], ["keep", "sell"]],
        "costs": [[0, "1/4"], [0, "1/4"]],
        "agents": [
            {
                "name": "buyer",
                "observed": False,
                "types": [["low", "high"], ["low", "high"]],
                "prior": ["1/2", "1/2"],
                "values": [[[0, 0], [1, 2]], [[0, 0], [1, 2]]],
                "transitions": [[[["3/4", "1/4"], ["1/4", "3/4"]], [["3/4", "1/4"], ["1/4", "3/4"]]]],
            }
        ],
    }


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The example as a file."""
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(example()))
    return path
