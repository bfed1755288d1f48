"""Which types an agent may report, given her true type: some lies cannot be told.

A type may be *evidence* (whoever is ill can prove it, whoever is well cannot), or a date that can be given
late and not early. The truth can always be told. A table (K, K) of a period says of each true type, by rows,
which reports she may make; None where that is every one.

If "may report" is not transitive (a may report b, and b may report c, but a may not report c) a mechanism in
which b lies can be better than all in which everybody tells the truth (Green and Laffont 1986): the best
truthful mechanism then need not be the best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Bools
from .contents import Contents


def read_reports(given: Any, types: list[list[Any]], who: str) -> tuple[Bools | None, ...] | None:
    """The tables of every period, or None where every type may report every type in all of them.

    given: ``f(t, type, report)`` of labels, or by period (or once for all) an object of lists of labels by
    type, in which a type that is left out may report every type, or a table. Raises `InvalidInput`, also
    where the truth is forbidden.
    """
    if given is None:
        return None
    if callable(given):
        tables = [
            np.array([[bool(given(t, true, said)) for said in row] for true in row]).reshape(len(row), -1)
            for t, row in enumerate(types)
        ]
    else:
        entries = [given] * len(types) if isinstance(given, Mapping) else given
        if isinstance(entries, str) or not isinstance(entries, Sequence) or len(entries) != len(types):
            raise InvalidInput(
                f"{who}, reports: one object a period is expected, {len(types)} in all, each with a list of "
                "types by type"
            )
        tables = [
            _table(entry, [str(label) for label in row], f"{who}, reports, period {t}")
            for t, (entry, row) in enumerate(zip(entries, types, strict=True))
        ]
    for t, table in enumerate(tables):
        silent = np.flatnonzero(~table.diagonal())
        if len(silent):
            label = str(types[t][int(silent[0])])
            raise InvalidInput(f"{who}, reports, period {t}: type {label!r} may not report the truth")
    return held(tables)


def held(tables: Sequence[Bools | None]) -> tuple[Bools | None, ...] | None:
    """Tables as an agent holds them: None in place of one that forbids nothing, and of such tables alone."""
    kept = tuple(None if table is None or table.all() else table for table in tables)
    return kept if any(table is not None for table in kept) else None


def _table(entry: Any, labels: list[str], where: str) -> Bools:
    shape = (len(labels), len(labels))
    if entry is None:
        return np.ones(shape, dtype=bool)
    if isinstance(entry, np.ndarray):
        if entry.dtype != bool or entry.shape != shape:
            raise InvalidInput(f"{where}: true and false are expected in shape {shape}, not {entry.shape}")
        return entry
    if not isinstance(entry, Mapping):
        raise InvalidInput(f"{where}: lists of types by type are expected, not {entry!r}")
    table = np.ones(shape, dtype=bool)
    for true, told in entry.items():
        if isinstance(told, str) or not isinstance(told, Sequence):
            raise InvalidInput(f"{where}: type {str(true)!r} has {told!r}, not a list of types")
        for label in (true, *told):
            if str(label) not in labels:
                raise InvalidInput(f"{where}: {str(label)!r} is not one of her types {', '.join(labels)}")
        table[labels.index(str(true))] = [label in {str(said) for said in told} for label in labels]
    return table


class NotTransitive(UserWarning):
    """The best truthful mechanism may not be the best; see `not_transitive`."""


def not_transitive(env: Contents) -> str:
    """Three types, the last of which cannot be reported by the first, in one sentence; else nothing."""
    for agent in env.agents:
        for t, table in enumerate(agent.reports or ()):
            if table is None:
                continue
            through = table.astype(np.int64) @ table
            missing = np.argwhere((through > 0) & ~table)
            if len(missing):
                a, c = (int(k) for k in missing[0])
                b = int(np.argmax(table[a] & table[:, c]))
                one, two, three = (f"'{agent.types[t][k]}'" for k in (a, b, c))
                return (
                    f"agent '{agent.name}', period {t}: {one} may report {two}, and {two} {three}, but {one} "
                    f"not {three}; where reports are not transitive, mechanisms without truth can be better "
                    "than the best with it (Green and Laffont)"
                )
    return ""


def refuse_restricted(env: Contents, what: str) -> None:
    """Raise `AssumptionViolated` where some report is forbidden to some type, which `what` does not know."""
    for agent in env.agents:
        for t, table in enumerate(agent.reports or ()):
            if table is not None:
                a, b = (int(k) for k in np.argwhere(~table)[0])
                raise AssumptionViolated(
                    f"{what}: agent '{agent.name}', period {t}: type '{agent.types[t][a]}' may not report "
                    f"'{agent.types[t][b]}'; every report has to be possible"
                )
