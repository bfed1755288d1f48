"""One meaning of `exact`, and one rule for the numbers of an answer, over all public functions.

``exact=True``: rational, floats counting at their binary values. Otherwise doubles where an engine is asked,
and the numbers of the data where none is needed.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm

from .numbers_of import ROWS, licence

RATIONAL, DOUBLE = {Fraction, int}, {float}
WITHOUT = {
    "load",
    "load_mechanism",
    "load_question",
    "save",
    "signals",
    "check_certificate",
    "export",
    "replicate",
    "tight_range",
    "simulate",
}
"""Public functions that answer no question in numbers, or always one over the rationals, or by estimates."""


def kinds(*found: Any) -> set[type]:
    """The types of all numbers in arrays, sequences and numbers."""
    types: set[type] = set()
    for part in found:
        if isinstance(part, (tuple, list)):
            types |= kinds(*part)
        elif isinstance(part, np.ndarray):
            types |= {type(entry) for entry in part.ravel().tolist()}
        else:
            types.add(float if isinstance(part, float) else type(part))
    return types


def test_no_public_function_is_left_out() -> None:
    functions = {name for name in dm.__all__ if name.islower() and callable(getattr(dm, name))}
    assert functions == ROWS.keys() | WITHOUT


@pytest.mark.parametrize("rational", [True, False], ids=["rational data", "doubles"])
@pytest.mark.parametrize("name", ROWS)
def test_the_numbers_of_an_answer(name: str, rational: bool) -> None:
    row = ROWS[name]
    env = row.env() if rational else row.env().to_float()
    for exact in row.told:
        found = kinds(row.run(env, **({} if exact is None else {"exact": exact})))
        as_data = exact is None or (not exact and not row.asks)
        wanted = RATIONAL if exact or (as_data and rational) else DOUBLE
        assert found <= wanted, (exact, found)
        assert found & {Fraction, float}, (exact, found)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("name", ["correlation", "budget", "extraction"])
def test_limits_do_not_change_numbers(name: str, exact: bool) -> None:
    """Nor a single one of them, where they are wide enough."""
    free = ROWS[name].run(licence(), exact=exact)
    limited = ROWS[name].run(licence(), exact=exact, time_limit=1e3, memory_limit=1e9)
    assert kinds(limited) == kinds(free)
    assert all(np.array_equal(one, other) for one, other in zip(limited, free, strict=True))
