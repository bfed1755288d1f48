"""Tables have an axis for the types of each agent, and arrays have so many axes at most."""

from __future__ import annotations

import numpy as np

from ...solvers.errors import TooLarge

MOST_AXES = 64 if int(np.__version__.split(".")[0]) >= 2 else 32
"""Axes that an array of numpy may have."""
WALKED = 32
"""Axes of arrays that are looked up index by index, whatever the release."""


def refuse_axes(what: str, axes: int, most: int = MOST_AXES) -> None:
    """Raise `TooLarge` where a table, which `what` names, has more axes than arrays can have."""
    if axes > most:
        raise TooLarge(
            f"{what} has {axes} axes, one for the types of each agent among them, and arrays have at most "
            f"{most}; give fewer agents"
        )
