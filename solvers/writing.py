"""Programs as text: free-format MPS and CPLEX-LP, in doubles that read back to the same bits.

Names are the labels with everything outside letters, digits and ``_`` replaced, made unique where two
labels become one. The constant of the objective goes into the RHS of the objective row (MPS, negated, as
HiGHS, CPLEX and Gurobi read it) or into the objective itself (LP). In an LP file a row with two bounds
becomes two rows, ``__low`` and ``__high``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InvalidInput

if TYPE_CHECKING:
    from .blocks import Block
    from .program import Program

_CHUNK = 20_000


def write(program: Program, path: str | PathLike[str]) -> None:
    """Write to `path`, whose suffix decides: ``.mps`` or ``.lp``. Raises ``InvalidInput`` for another."""
    target = Path(path)
    formats = {".mps": _mps, ".lp": _lp}
    if target.suffix.lower() not in formats:
        raise InvalidInput(f"{target.name}: a program is written as .mps or .lp")
    lines = formats[target.suffix.lower()](program.to_float())
    with target.open("w", encoding="ascii", newline="\n") as file:
        for line in lines:
            file.write(line)


def names(blocks: Mapping[str, Block], taken: Iterable[str] = ()) -> list[str]:
    """A unique plain name for each place of the blocks, in order."""
    result: list[str] = []
    seen = set(taken)
    for block in blocks.values():
        for k in range(block.size):
            plain = re.sub(r"[^A-Za-z0-9_]+", "_", block.label_of(k)).strip("_")
            # LP files read e5 as a number, and st, free, inf as words: no bare word, no such beginning
            plain = plain if re.match(r"(?![eE][0-9])[A-Za-z]", plain) else f"n_{plain}"
            plain = plain if "_" in plain else f"{plain}_"
            name = plain[:200]
            if name in seen:
                name = f"{name}__{block.start + k}"
            seen.add(name)
            result.append(name)
    return result


def _text(values: Any) -> list[str]:
    # repr is the shortest text that reads back to the same double
    return [repr(v) for v in values.tolist()]


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= _CHUNK:
            yield "".join(batch)
            batch = []
    yield "".join(batch)


def _mps(p: Program) -> Iterator[str]:
    rows, columns = names(p.row_blocks, ["obj"]), names(p.column_blocks)
    title = re.sub(r"[^A-Za-z0-9_]+", "_", p.name) or "program"
    yield f"NAME {title}\n"
    if p.sense == "max":
        yield "OBJSENSE\n    MAX\n"
    yield "ROWS\n N  obj\n"
    below, above, equal = np.isinf(p.row_lower), np.isinf(p.row_upper), p.row_lower == p.row_upper
    kinds = np.select([equal, below & above, above], ["E", "N", "G"], "L").tolist()
    yield from _chunks(f" {kind}  {name}\n" for kind, name in zip(kinds, rows, strict=True))
    yield "COLUMNS\n"
    yield from _chunks(_mps_columns(p, rows, columns))
    yield "RHS\n"
    if p.offset:
        yield f"    RHS  obj  {-float(p.offset)!r}\n"
    side = np.where(above, p.row_lower, p.row_upper)
    some = np.flatnonzero(~(below & above) & (side != 0))
    yield from _chunks(
        f"    RHS  {rows[k]}  {text}\n" for k, text in zip(some, _text(side[some]), strict=True)
    )
    ranged = np.flatnonzero(~below & ~above & ~equal)
    if ranged.size:
        yield "RANGES\n"
        width = _text((p.row_upper - p.row_lower)[ranged])
        yield from _chunks(f"    RNG  {rows[k]}  {text}\n" for k, text in zip(ranged, width, strict=True))
    yield "BOUNDS\n"
    yield from _chunks(_mps_bounds(p, columns))
    if p.quadratic is not None:
        yield "QUADOBJ\n"
        i, j, values = p.quadratic
        half = np.flatnonzero(i >= j)
        terms = zip(j[half].tolist(), i[half].tolist(), _text(values[half]), strict=True)
        yield from _chunks(f"    {columns[a]}  {columns[b]}  {text}\n" for a, b, text in terms)
    yield "ENDATA\n"


def _mps_columns(p: Program, rows: list[str], columns: list[str]) -> Iterator[str]:
    by_column = p.matrix.tocsc()
    places, texts, starts = by_column.indices.tolist(), _text(by_column.data), by_column.indptr.tolist()
    costs = _text(p.objective)
    for k, (name, cost, nonzero) in enumerate(zip(columns, costs, (p.objective != 0).tolist(), strict=True)):
        if nonzero or starts[k] == starts[k + 1]:
            yield f"    {name}  obj  {cost}\n"
        for at in range(starts[k], starts[k + 1]):
            yield f"    {name}  {rows[places[at]]}  {texts[at]}\n"


def _mps_bounds(p: Program, columns: list[str]) -> Iterator[str]:
    told = np.flatnonzero((p.lower != 0) | ~np.isinf(p.upper))
    for k, low, high in zip(told.tolist(), p.lower[told].tolist(), p.upper[told].tolist(), strict=True):
        name = columns[k]
        if low == high:
            yield f" FX BND  {name}  {low!r}\n"
            continue
        if low == -np.inf:
            yield f" {'FR' if high == np.inf else 'MI'} BND  {name}\n"
        elif low != 0 or high <= 0:  # some readers take the lower bound away where only UP <= 0 is given
            yield f" LO BND  {name}  {low!r}\n"
        if high != np.inf:
            yield f" UP BND  {name}  {high!r}\n"


def _lp(p: Program) -> Iterator[str]:
    rows, columns = names(p.row_blocks, ["obj"]), names(p.column_blocks)
    spare = columns[0] if columns else "none_"
    yield f"\\ {re.sub(r'[^ -~]+', ' ', p.name)}\n{'max' if p.sense == 'max' else 'min'}\n obj:"
    some = np.flatnonzero(p.objective)
    yield from _chunks(_terms(_signed(p.objective[some]), [columns[k] for k in some.tolist()]))
    if p.quadratic is not None:
        i, j, values = p.quadratic
        half = np.flatnonzero(i <= j)
        doubled = _signed(np.where(i == j, values, 2 * values)[half])
        pairs = [
            f"{columns[a]} ^2" if a == b else f"{columns[a]} * {columns[b]}"
            for a, b in zip(i[half].tolist(), j[half].tolist(), strict=True)
        ]
        yield "\n + ["
        yield from _chunks(_terms(doubled, pairs))
        yield " ] / 2"
    elif not some.size:
        yield f" 0 {spare}"
    yield f" {_signed(np.array([float(p.offset)]))[0]}\nst\n" if p.offset else "\nst\n"
    yield from _chunks(_lp_rows(p, rows, columns, spare))
    yield "bounds\n"
    yield from _chunks(_lp_bounds(p, columns))
    yield "end\n"


def _signed(values: Any) -> list[str]:
    return [f"- {-v!r}" if v < 0 else f"+ {v!r}" for v in values.tolist()]


def _terms(numbers: list[str], factors: list[str]) -> Iterator[str]:
    """Ten terms a line: readers bound the length of a line."""
    for k, (text, factor) in enumerate(zip(numbers, factors, strict=True)):
        yield f"{chr(10) if k % 10 == 9 else ''} {text} {factor}"


def _lp_rows(p: Program, rows: list[str], columns: list[str], spare: str) -> Iterator[str]:
    starts, places, texts = p.indptr.tolist(), p.indices.tolist(), _signed(p.data)
    for k, (low, high) in enumerate(zip(p.row_lower.tolist(), p.row_upper.tolist(), strict=True)):
        run = slice(starts[k], starts[k + 1])
        body = "".join(_terms(texts[run], [columns[j] for j in places[run]])) or f" 0 {spare}"
        if low == high:
            yield f" {rows[k]}:{body} = {low!r}\n"
        elif np.isinf(low) and np.isinf(high):
            yield f" {rows[k]}:{body} >= -inf\n"
        elif np.isinf(low):
            yield f" {rows[k]}:{body} <= {high!r}\n"
        elif np.isinf(high):
            yield f" {rows[k]}:{body} >= {low!r}\n"
        else:
            # two rows, because readers of this format disagree on how to write a range
            yield f" {rows[k]}__low:{body} >= {low!r}\n {rows[k]}__high:{body} <= {high!r}\n"


def _lp_bounds(p: Program, columns: list[str]) -> Iterator[str]:
    told = np.flatnonzero((p.lower != 0) | ~np.isinf(p.upper))
    for k, low, high in zip(told.tolist(), p.lower[told].tolist(), p.upper[told].tolist(), strict=True):
        if low == -np.inf and high == np.inf:
            yield f" {columns[k]} free\n"
        elif low == high:
            yield f" {columns[k]} = {low!r}\n"
        else:
            yield f" {low!r} <= {columns[k]} <= {high!r}\n"  # repr of the infinities is -inf and inf
