"""Triplets in any order become compressed rows: the only sparse storage the engines use.

The same code serves ``float64`` and ``Fraction`` data. Rows that come in order, without repeats, are
compressed without sorting; otherwise scipy's counting sort orders the triplets (floats), or a stable
sort of the positions does (rationals). Repeated positions are summed, zeros are dropped.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import structural_rank
from scipy.sparse.linalg import splu

from .errors import InvalidInput
from .numbers import Array, Bools, distinct, each, number, objects

Index: TypeAlias = NDArray[np.signedinteger[Any]]
"""Index arrays; 32 bits wherever they suffice."""


_ENDS: tuple[tuple[float, ...], ...] = (), (-math.inf, math.inf)


def coefficients(
    values: Any, shape: tuple[int, ...], exact: bool, where: str, *, infinite: bool = False
) -> Array:
    """Scalars or arrays as one flat array of prod(shape) numbers in the arithmetic asked for.

    Rationals are rounded to doubles where `exact` is false; floats count at their exact binary value where
    it is true. With `infinite`, plus and minus infinity pass (as floats, also among rationals). Raises
    ``InvalidInput`` naming `where` for what is not a number or does not broadcast to `shape`.
    """
    kind = type(values)
    if kind in (int, Fraction) or (kind is float and (math.isfinite(values) or values in _ENDS[infinite])):
        one = _rational(values, where) if exact else _doubles(np.asarray(values), where)[0]
        return np.full(math.prod(shape), one, dtype=object if exact else np.float64)
    raw = np.asarray(values)
    if raw.dtype.kind in "US":
        raw = objects([number(v, where) for v in raw.ravel().tolist()]).reshape(raw.shape)
    if raw.dtype.kind not in "fiuO":
        raise InvalidInput(f"{where}: values of type {raw.dtype} are not numbers")
    flat = _rationals(raw, where) if exact else _doubles(raw, where)
    if not (exact and infinite):
        bad = infinities(flat) if exact else np.isnan(flat) if infinite else ~np.isfinite(flat)
        if bad.any():
            k = int(np.flatnonzero(bad)[0])
            raise InvalidInput(f"{where}, entry {k}: {flat[k]} is not a finite number")
    if raw.shape == shape:
        return flat.copy()
    try:
        return np.array(np.broadcast_to(flat.reshape(raw.shape), shape)).reshape(-1)
    except ValueError:
        raise InvalidInput(f"{where}: an array of shape {raw.shape} given where {shape} is needed") from None


def infinities(values: Array) -> Bools:
    """Where a bound is plus or minus infinity; among rationals the infinities are the only floats."""
    if values.dtype != object:
        return np.isinf(values)
    return each(_is_float, values, np.bool_)


def _is_float(value: Any) -> bool:
    return type(value) is float


def _doubles(raw: NDArray[Any], where: str) -> Array:
    try:
        if raw.dtype != object:
            return raw.astype(np.float64, copy=False).ravel()
        return each(_double, raw.ravel(), np.float64)
    except OverflowError:
        raise InvalidInput(f"{where}: a number is too large for a double; build with exact=True") from None
    except (AttributeError, TypeError, ValueError):
        return objects([number(v, where) for v in raw.ravel().tolist()]).astype(np.float64)


def _double(value: Any) -> float:
    return value if isinstance(value, float) else value.numerator / value.denominator


def _rationals(raw: NDArray[Any], where: str) -> Array:
    if raw.dtype.kind == "O":
        flat = raw.ravel()
        if set(map(type, flat.tolist())) <= {Fraction}:
            return flat
        few, place = distinct(flat)
        return objects(_rational(v, where) for v in few)[place]
    # Few different values are the rule, so each becomes a Fraction once and is shared.
    listed = raw.ravel().tolist()
    table = {v: _rational(v, where) for v in set(listed)}
    return objects(map(table.__getitem__, listed))


def _rational(value: Any, where: str) -> Any:
    if isinstance(value, float):
        return float(value) if math.isinf(value) else Fraction(number(value, where))
    return number(value, where)


def compress(
    rows: Index, cols: Index, values: Array, shape: tuple[int, int], zeros: bool = True
) -> tuple[Index, Index, Array]:
    """(indptr, indices, data) of the rows, indices increasing within a row, repeats summed, zeros dropped.

    `rows`, `cols` (n,) are integer positions inside `shape`, `values` (n,) the numbers. zeros: some may be 0.
    """
    if zeros:
        keep = values.astype(np.bool_)
        if not keep.all():
            rows, cols, values = rows[keep], cols[keep], values[keep]
    if not (rows[1:] >= rows[:-1]).all() or not ((rows[1:] > rows[:-1]) | (cols[1:] > cols[:-1])).all():
        if values.dtype != object:
            matrix = sp.coo_array((values, (rows, cols)), shape=shape).tocsr()
            matrix.sum_duplicates()
            if not matrix.data.all():
                matrix.eliminate_zeros()
            return _narrow(matrix.indptr, matrix.indices, matrix.data)
        rows, cols, values = _sort(rows, cols, values, shape[1])
    indptr = np.zeros(shape[0] + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=shape[0]), out=indptr[1:])
    return _narrow(indptr, cols, values)


def _sort(rows: Index, cols: Index, values: Array, width: int) -> tuple[Index, Index, Array]:
    """Rationals in order, repeats summed."""
    key = rows.astype(np.int64) * width + cols
    order = np.argsort(key, kind="stable")
    key, values = key[order], values[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    if first.size < key.size:
        values, key = np.add.reduceat(values, first), key[first]
        keep = values.astype(np.bool_)
        values, key = values[keep], key[keep]
    return key // width, key % width, values


def _narrow(indptr: Index, indices: Index, data: Array) -> tuple[Index, Index, Array]:
    if data.size < 2**31:
        return indptr.astype(np.int32, copy=False), indices.astype(np.int32, copy=False), data
    return indptr, indices, data


def rows_of(indptr: Index) -> Index:
    """The row of every entry of a matrix with compressed rows."""
    rows: Index = np.arange(len(indptr) - 1, dtype=indptr.dtype).repeat(indptr[1:] - indptr[:-1])
    return rows


def by_rows(combine: np.ufunc, values: Array, indptr: Index, out: Array) -> Array:
    """`out` with what the values of each row combine to in its place; rows without any keep what is there."""
    full = np.flatnonzero(indptr[1:] - indptr[:-1])
    if full.size:
        out[full] = combine.reduceat(values, indptr[:-1][full])
    return out


def entries_of(indptr: Index, rows: Index) -> tuple[Index, Index]:
    """(row starts, places): where the entries of `rows` of a matrix with compressed rows are, row by row."""
    counts = indptr[rows + 1] - indptr[rows]
    starts = np.zeros(len(rows) + 1, dtype=indptr.dtype)
    np.cumsum(counts, out=starts[1:])
    first = indptr[:-1][rows].astype(np.int64)
    return starts, np.repeat(first - starts[:-1], counts) + np.arange(starts[-1])


def sparse_lu(matrix: sp.csr_array) -> Any:
    """The LU factors of a square matrix of doubles, those of SuperLU.

    Raises ``RuntimeError`` where it is singular. Where its zeros alone make it so it is not handed over:
    SuperLU may then write beyond its memory.
    """
    if (rank := structural_rank(matrix)) < matrix.shape[0]:
        raise RuntimeError(f"of {matrix.shape[0]} rows {rank} can have pivots of their own")
    return splu(matrix.tocsc())
