"""Programs as text: free-format MPS and CPLEX-LP, in doubles that read back to the same bits.

MPS is written as a minimisation, because most readers (CBC, GLPK, PuLP) pass over ``OBJSENSE``: where the
program maximises, its objective is negated, and its value is minus what a solver of the file says. LP has its
sense. The constant of the objective is the cost of a column ``constant__`` that is fixed at 1: readers differ
in the sign of a right-hand side of the objective row, and in LP some know no constant. A row with two bounds
becomes two rows, ``__low`` and ``__high``, in LP, and in MPS where no range would read back to the same
bounds; a row without bounds is left out in LP, which has none. Where no row is left, ``nothing__`` stands in:
some read no file without rows. Integer columns are between markers in MPS, and under ``general`` in LP.

Names are the labels in plain letters and digits, shorter than 100 characters, and unique: letters lose
their accents, others become ``u`` and their number, and everything else ``_``. Which label a name is, is said
by a file beside, ``model.mps.names.json``: ``{"format": "dynamech-names/1", "program": name, "sense": "max" |
"min", "factor": 1 | -1, "columns": {name: label}, "rows": {name: label}}``; the program's value is `factor`
times the optimum of the file. It replaces nothing but such a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from ..blocks import Block
from ..errors import InvalidInput
from ..files import holds, whole
from ..form import Form
from ..numbers import Bools
from ..numerals import json_text, one_line
from ..short import Short

NAMES_FORMAT = "dynamech-names/1"
LONGEST = 80
"""Most characters of a name before what makes it unique is added; with that it has fewer than 100."""
NOTHING = "nothing__"
"""The row of a program without any."""
CONSTANT = "constant__"
"""The column that is 1 and bears the constant of the objective."""
_HARMLESS = re.compile(r"(?!e[0-9]|inf|nan)[a-z]", re.IGNORECASE)
_CHUNK = 20_000


def write(program: Form, path: str | PathLike[str]) -> None:
    """Write to `path`, whose suffix decides: ``.mps`` or ``.lp``; and the names' file, see `names_path`.

    Each file appears whole or not at all. Raises ``InvalidInput`` for another suffix, where a file cannot be
    written, and where something else has the name of the names' file.
    """
    target = Path(path)
    formats = {".mps": _mps, ".lp": _lp}
    suffix = target.suffix.lower()
    if suffix not in formats:
        raise InvalidInput(f"{one_line(target.name)}: a program is written as .mps or .lp")
    beside = names_path(path)
    if not holds(beside, NAMES_FORMAT, missing=True):
        raise InvalidInput(f"{one_line(beside)} is there and holds no names; it was left as it is")
    named = _named(program.to_float(), suffix)
    _save(beside, _names(named))
    _save(path, formats[suffix](named))


def names_path(path: str | PathLike[str]) -> str:
    """The file that says which label each name in `path` stands for."""
    return f"{fspath(path)}.names.json"


@dataclass(frozen=True, repr=False)
class _Named(Short):
    """A program in floats as a file has it: minimised or as it is, with names.

    factor: the program's value is `factor` times that of the file. rows: of each row its names, two where it
    is written as two, `split`.
    """

    program: Form
    factor: int
    columns: list[str]
    rows: list[tuple[str, ...]]
    column_labels: list[str]
    row_labels: list[str]
    split: Bools
    ranged: Bools
    from_below: Bools
    """Rows whose range starts from the lower bound, because only so the upper one reads back."""


def _named(p: Form, suffix: str) -> _Named:
    below, above = np.isinf(p.row_lower), np.isinf(p.row_upper)
    ranged = ~below & ~above & (p.row_lower != p.row_upper)
    split, from_below = ranged.copy(), np.zeros_like(ranged)
    if suffix == ".mps" and ranged.any():
        low, high = p.row_lower[ranged], p.row_upper[ranged]
        width = high - low
        down, up = high - width == low, low + width == high
        split[ranged], from_below[ranged] = ~down & ~up, ~down & up
    columns, column_labels = names(p.column_blocks)
    rows, row_labels = names(p.row_blocks, ["obj"])
    several: list[tuple[str, ...]] = [
        (f"{name}__low", f"{name}__high") if two else (name,)
        for name, two in zip(rows, split.tolist(), strict=True)
    ]
    factor = -1 if suffix == ".mps" and p.sense == "max" else 1
    return _Named(p, factor, columns, several, column_labels, row_labels, split, ranged, from_below)


def names(blocks: Mapping[str, Block], taken: Iterable[str] = ()) -> tuple[list[str], list[str]]:
    """(a unique plain name for each place of the blocks, in order; the labels)."""
    result: list[str] = []
    labels: list[str] = []
    seen = set(taken)
    for block in blocks.values():
        for k in range(block.size):
            label = block.label_of(k)
            plain = _plain(label)
            # LP files read e5 and inf as numbers, st and free as words: no bare word, no such beginning
            plain = plain if _HARMLESS.match(plain) else f"n_{plain}"
            name = plain if "_" in plain else f"{plain}_"
            if len(name) > LONGEST or name in seen:
                # nothing plain has two underscores side by side, so this is new
                name = f"{name[:LONGEST].rstrip('_')}__{block.start + k}"
            seen.add(name)
            result.append(name)
            labels.append(label)
    return result, labels


def _plain(text: str) -> str:
    """A label in the letters and digits that every reader takes, and single underscores between them."""
    if not text.isascii():
        # in two parts, é is an e and an accent
        parts = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        text = "".join(f"u{ord(c):x}" if c.isalnum() and not c.isascii() else c for c in parts)
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")


def _names(named: _Named) -> Iterator[str]:
    p = named.program
    facts = {"format": NAMES_FORMAT, "program": p.name, "sense": p.sense, "factor": named.factor}
    yield json_text(facts)[:-1]
    columns = [(name,) for name in named.columns], named.column_labels
    for what, (several, labels) in (("columns", columns), ("rows", (named.rows, named.row_labels))):
        yield f',\n "{what}": {{'
        comma = ""
        for each, label in zip(several, labels, strict=True):
            for name in each:
                yield f'{comma}\n  "{name}": {json_text(label)}'
                comma = ","
        yield "}"
    yield "}\n"


def _save(path: str | PathLike[str], pieces: Iterator[str]) -> None:
    with whole(path) as file:
        while batch := "".join(islice(pieces, _CHUNK)):
            file.write(batch.encode("utf-8"))


def _no_rows(p: Form) -> bool:
    return bool((np.isinf(p.row_lower) & np.isinf(p.row_upper)).all())


def _title(p: Form) -> str:
    return _plain(p.name)[:LONGEST].strip("_") or "program"


def _text(values: Any) -> list[str]:
    # repr is the shortest text that reads back to the same double
    return [repr(v) for v in values.tolist()]


def _mps(named: _Named) -> Iterator[str]:
    p, rows = named.program, named.rows
    if named.factor < 0:
        yield "* A maximisation, written as the minimisation of the negated objective:\n"
        yield "* the value of the program is minus the optimum of this file.\n"
    yield f"NAME {_title(p)}\nROWS\n N  obj\n"
    below, above, equal = np.isinf(p.row_lower), np.isinf(p.row_upper), p.row_lower == p.row_upper
    kinds = np.select([equal, below & above, above | named.from_below], ["E", "N", "G"], "L").tolist()
    yield from (
        f" {kind}  {each[0]}\n" if len(each) == 1 else f" G  {each[0]}\n L  {each[1]}\n"
        for kind, each in zip(kinds, rows, strict=True)
    )
    yield f" L  {NOTHING}\nCOLUMNS\n" if _no_rows(p) else "COLUMNS\n"
    yield from _mps_columns(named)
    yield "RHS\n"
    yield from _mps_sides(named)
    width = np.flatnonzero(named.ranged & ~named.split)
    if width.size:
        yield "RANGES\n"
        texts = _text((p.row_upper - p.row_lower)[width])
        yield from (f"    RNG  {rows[k][0]}  {text}\n" for k, text in zip(width.tolist(), texts, strict=True))
    yield "BOUNDS\n"
    if p.offset:
        yield f" FX BND  {CONSTANT}  1\n"
    yield from _mps_bounds(p, named.columns)
    if p.quadratic is not None:
        yield "QUADOBJ\n"
        i, j, values = p.quadratic
        half = np.flatnonzero(i >= j)
        terms = zip(j[half].tolist(), i[half].tolist(), _text(named.factor * values[half]), strict=True)
        columns = named.columns
        yield from (f"    {columns[a]}  {columns[b]}  {text}\n" for a, b, text in terms)
    yield "ENDATA\n"


def _mps_columns(named: _Named) -> Iterator[str]:
    p, rows = named.program, named.rows
    by_column, whole = p.matrix.tocsc(), p.integer
    places, texts, starts = by_column.indices.tolist(), _text(by_column.data), by_column.indptr.tolist()
    costs, some = _text(named.factor * p.objective), (p.objective != 0).tolist()
    for k, (name, cost, nonzero) in enumerate(zip(named.columns, costs, some, strict=True)):
        if whole is not None and whole[k] != (k > 0 and whole[k - 1]):
            yield _marker("INTORG" if whole[k] else "INTEND")
        if nonzero or starts[k] == starts[k + 1]:
            yield f"    {name}  obj  {cost}\n"
        for at in range(starts[k], starts[k + 1]):
            for row in rows[places[at]]:
                yield f"    {name}  {row}  {texts[at]}\n"
    if whole is not None and whole[-1]:
        yield _marker("INTEND")
    if p.offset:
        yield f"    {CONSTANT}  obj  {named.factor * float(p.offset)!r}\n"


def _marker(word: str) -> str:
    return f"    MARKER  'MARKER'  '{word}'\n"


def _mps_sides(named: _Named) -> Iterator[str]:
    p = named.program
    bounds = zip(p.row_lower.tolist(), p.row_upper.tolist(), strict=True)
    for (low, high), from_below, each in zip(bounds, named.from_below.tolist(), named.rows, strict=True):
        own = (low, high) if len(each) == 2 else (low if from_below or high == np.inf else high,)
        for name, side in zip(each, own, strict=True):
            if side and not np.isinf(side):
                yield f"    RHS  {name}  {side!r}\n"


def _mps_bounds(p: Form, columns: list[str]) -> Iterator[str]:
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


def _lp(named: _Named) -> Iterator[str]:
    p, columns = named.program, named.columns
    spare = columns[0] if columns else "none_"
    yield f"\\ {_title(p)}\n{'max' if p.sense == 'max' else 'min'}\n obj:"
    some = np.flatnonzero(p.objective)
    yield from _terms(_signed(p.objective[some]), [columns[k] for k in some.tolist()])
    if p.offset:
        yield f" {_signed(np.array([float(p.offset)]))[0]} {CONSTANT}"
    if p.quadratic is not None:
        i, j, values = p.quadratic
        half = np.flatnonzero(i <= j)
        doubled = _signed(np.where(i == j, values, 2 * values)[half])
        pairs = [
            f"{columns[a]} ^2" if a == b else f"{columns[a]} * {columns[b]}"
            for a, b in zip(i[half].tolist(), j[half].tolist(), strict=True)
        ]
        yield "\n + ["
        yield from _terms(doubled, pairs)
        yield " ] / 2"
    elif not some.size and not p.offset:
        yield f" 0 {spare}"
    yield "\nst\n"
    if _no_rows(p):
        yield f" {NOTHING}: 0 {spare} <= 1\n"
    yield from _lp_rows(named, spare)
    yield "bounds\n"
    if p.offset:
        yield f" {CONSTANT} = 1\n"
    yield from _lp_bounds(p, columns)
    if p.integers.size:
        yield "general\n"
        yield from (f" {columns[k]}\n" for k in p.integers.tolist())
    yield "end\n"


def _signed(values: Any) -> list[str]:
    return [f"- {-v!r}" if v < 0 else f"+ {v!r}" for v in values.tolist()]


def _terms(numbers: list[str], factors: list[str]) -> Iterator[str]:
    """Ten terms a line: readers bound the length of a line."""
    for k, (text, factor) in enumerate(zip(numbers, factors, strict=True)):
        yield f"{chr(10) if k % 10 == 9 else ''} {text} {factor}"


def _lp_rows(named: _Named, spare: str) -> Iterator[str]:
    p, rows, columns = named.program, named.rows, named.columns
    starts, places, texts = p.indptr.tolist(), p.indices.tolist(), _signed(p.data)
    for k, (low, high) in enumerate(zip(p.row_lower.tolist(), p.row_upper.tolist(), strict=True)):
        run = slice(starts[k], starts[k + 1])
        body = "".join(_terms(texts[run], [columns[j] for j in places[run]])) or f" 0 {spare}"
        if low == high:
            yield f" {rows[k][0]}:{body} = {low!r}\n"
        elif np.isinf(low) and np.isinf(high):
            continue
        elif np.isinf(low):
            yield f" {rows[k][0]}:{body} <= {high!r}\n"
        elif np.isinf(high):
            yield f" {rows[k][0]}:{body} >= {low!r}\n"
        else:
            # two rows, because readers of this format disagree on how to write a range
            first, second = rows[k]
            yield f" {first}:{body} >= {low!r}\n {second}:{body} <= {high!r}\n"


def _lp_bounds(p: Form, columns: list[str]) -> Iterator[str]:
    told = np.flatnonzero((p.lower != 0) | ~np.isinf(p.upper))
    for k, low, high in zip(told.tolist(), p.lower[told].tolist(), p.upper[told].tolist(), strict=True):
        if low == -np.inf and high == np.inf:
            yield f" {columns[k]} free\n"
        elif low == high:
            yield f" {columns[k]} = {low!r}\n"
        elif high == np.inf:
            yield f" {columns[k]} >= {low!r}\n"
        else:
            yield f" {low!r} <= {columns[k]} <= {high!r}\n"  # repr of an infinite one is -inf
