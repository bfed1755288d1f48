"""What every plot needs before it is drawn."""

from __future__ import annotations

import importlib.util

from ..solvers.errors import InvalidInput, NotInstalled

FORMATS = (".png", ".pdf", ".svg")


def check_plot(path: str) -> None:
    """Raise `InvalidInput` for a suffix that is no format of a plot, `NotInstalled` without matplotlib."""
    if not path.lower().endswith(FORMATS):
        raise InvalidInput(f"{path}: a plot is written as {', '.join(FORMATS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise NotInstalled('plots need matplotlib: pip install "dynamech[plots]"')
