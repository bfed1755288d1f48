"""Figures as JSON has them: rationals as text, others as doubles, None for what is missing or infinite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.numbers import written


def plain(value: Any) -> Any:
    """Numbers, arrays, sequences and mappings of them, with texts in between.

    >>> plain({"value": Fraction(7, 12), "range": (0, np.inf), "names": ["buyer"]})
    {'value': '7/12', 'range': [0.0, None], 'names': ['buyer']}
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Fraction):
        return written(value)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return float(value) + 0.0 if np.isfinite(value) else None


def plain_rows(
    rows: Iterable[Mapping[str, Any]], counted: Sequence[str] = ("period",)
) -> list[dict[str, Any]]:
    """Rows of such figures; those of these columns are whole numbers and stay so.

    >>> plain_rows([{"period": 1, "rent": Fraction(1, 2)}])
    [{'period': 1, 'rent': '1/2'}]
    """
    return [{key: v if key in counted else plain(v) for key, v in row.items()} for row in rows]
