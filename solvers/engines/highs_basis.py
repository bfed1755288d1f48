"""The statuses of a HiGHS basis as arrays.

From Python a basis is a list of one object a column and row, which takes a microsecond each. HiGHS writes the
same to a file several times faster, one line a status, which numpy reads at once.
"""

from __future__ import annotations

import tempfile
from operator import index
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from ..conversions.highs_object import new_highs
from ..options import Statuses

_FEW = 5_000  # statuses
_HEAD = b"HiGHS_basis_file v2\nValid\n"
_NEWLINE, _ZERO = 10, 48


def statuses(basis: Any, columns: int, rows: int) -> tuple[Statuses, Statuses]:
    """(columns,) and (rows,) as the integers of ``HighsBasisStatus``."""
    if columns + rows > _FEW and (read := _by_file(basis, columns, rows)) is not None:
        return read
    return _listed(basis.col_status), _listed(basis.row_status)


def _listed(given: list[Any]) -> Statuses:
    return np.fromiter(map(index, given), dtype=np.int8, count=len(given))


def _by_file(basis: Any, columns: int, rows: int) -> tuple[Statuses, Statuses] | None:
    """None where the file is not what it is at the version that this was written for.

    A basis that HiGHS has not checked itself (an alien one) would be completed on the way.
    """
    if basis.alien:
        return None
    holder, lp = new_highs(), highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows
    nothing, none = np.zeros(columns), np.zeros(rows)
    lp.col_cost_ = lp.col_lower_ = lp.col_upper_ = nothing
    lp.row_lower_ = lp.row_upper_ = none
    lp.a_matrix_.start_ = np.zeros(columns + 1, dtype=np.int32)
    holder.passModel(lp)
    holder.setBasis(basis)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "basis"
        holder.writeBasis(str(path))
        written = path.read_bytes() if path.exists() else b""
    head = _HEAD + b"# Columns %d\n" % columns
    if not written.startswith(head):
        return None
    text = np.frombuffer(written, dtype=np.uint8)
    ends = np.flatnonzero(text == _NEWLINE)
    lines = head.count(b"\n")
    if len(ends) != lines + columns + 1 + rows:
        return None
    middle = written[ends[lines + columns - 1] + 1 : ends[lines + columns]]
    if middle != b"# Rows %d" % rows:
        return None
    said = (text[ends - 1] - _ZERO).astype(np.int8)
    return said[lines : lines + columns].copy(), said[lines + columns + 1 :].copy()
