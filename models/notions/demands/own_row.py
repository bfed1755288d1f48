"""The demand that a row of one's own is satisfied; see `row.py` for what its coefficients multiply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array, Ints, show
from ....solvers.numerals import shown
from ...environment.environment import Environment
from ..lump_sums import LumpSums
from .base import Bounds, Demand, Demanded
from .row import FORMS, Labelled, Row, plain, row_of, said
from .row_tables import Table, entries, improbable, in_arithmetic, tables
from .row_utilities import utilities


@dataclass(frozen=True, eq=False, repr=False)
class OwnRow(Demand):
    """One row, and once it is read over an environment (`over`) its coefficients there.

    env: None before that. utility: by agent (K_0,). behind: by period the profile behind each profile of a
        rewriting (`carried`), None in the environment itself.
    """

    row: Row
    env: Environment | None = None
    allocation: tuple[Table, ...] = ()
    payment: tuple[Table, ...] = ()
    utility: Mapping[int, Array] = field(default_factory=dict)
    behind: tuple[Ints, ...] | None = None

    def _facts(self) -> Mapping[str, object]:
        return {"name": self.name}

    def over(self, env: Environment) -> OwnRow:
        """Its coefficients over `env`, whatever they were given as."""
        if self.env is not None and _labels(self.env) == _labels(env):
            return self
        row = self.row if self.env is None else row_of(self.said["rows"][0], 0)
        read = OwnRow(
            self.name, self.demanded, self.keys, Row(**_bounds(row), utility={}), env,
            tables(env, row.allocation, "allocation", f"{row.where}, allocation"),
            tables(env, row.payment, "payment", f"{row.where}, payment"),
            utilities(env, row.utility, f"{row.where}, utility"),
        )  # fmt: skip
        if not (read.allocation or read.payment or read.utility):
            raise InvalidInput(f"{row.where}: all its coefficients are 0")
        return read

    def utility_over(self, i: int, exact: bool) -> Array:
        """The coefficients of agent i's first types (K_0,) in this arithmetic. Raises `InvalidInput` where
        doubles do not hold one."""
        return in_arithmetic(self.utility[i], exact, f"{self.row.where}, coefficients of utilities")

    def carried(self, behind: Sequence[Ints]) -> OwnRow:
        """Histories and reports are then those that are behind."""
        return replace(self, behind=tuple(behind))

    def known(self) -> None:
        """Raise `AssertionError` where no environment was said."""
        if self.env is None:
            raise AssertionError(f"{self.row.where} has not been read over an environment")

    @cached_property
    def said(self) -> Mapping[str, Any]:
        """With every coefficient by its labels.

        Raises `InvalidInput` for functions and arrays that no environment has given labels.
        """
        env = self.env
        if env is None:
            if any(not isinstance(getattr(self.row, key), Labelled | None) for key in FORMS):
                raise InvalidInput(
                    f"{self.row.where}: functions and arrays have labels only in an environment; "
                    "take the question of one by `question.check(env)`"
                )
            return {"rows": [said(self.row)]}
        lists: dict[str, Any] = {
            key: [entry for table in getattr(self, key) for entry in entries(env, table, key)]
            for key in ("allocation", "payment")
        }
        lists["utility"] = [
            [env.agents[i].name, label, plain(value)]
            for i, values in self.utility.items()
            for label, value in zip(env.agents[i].types[0], values.tolist(), strict=True)
            if value != 0
        ]
        labelled = {key: Labelled(tuple(map(tuple, each))) for key, each in lists.items() if each}
        return {"rows": [said(Row(**{**_bounds(self.row), **labelled}))]}

    def __eq__(self, other: object) -> bool:
        """Whether they say the same; functions and arrays without an environment say nothing."""
        if self is other or not isinstance(other, OwnRow):
            return self is other
        try:
            return self.said == other.said
        except InvalidInput:
            return False

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def bounds(self) -> Bounds:
        """(least, most)."""
        return self.row.lower, self.row.upper

    def lump_sums(self, allowed: LumpSums) -> LumpSums | None:
        """All of them where nothing is said of money, though a constant allocation may not keep the row."""
        return None if self.payment or self.utility else replace(allowed, constant=False)

    @property
    def gives_way(self) -> bool:
        """Its bounds may be others."""
        return True

    def part(self, agent: str, most: bool) -> str:
        """The row with one of its bounds."""
        bound = self.row.upper if most else self.row.lower
        return f"{self.name} {'at most' if most else 'at least'} {'' if bound is None else show(bound)}"

    @property
    def needs_every_period(self) -> bool:
        """Where it has payments, which are those of single periods."""
        return bool(self.payment)

    @property
    def single_payments(self) -> bool:
        """Where it has payments."""
        return bool(self.payment)

    @property
    def first_utilities(self) -> bool:
        """Where it has utilities."""
        return bool(self.utility)

    @property
    def names_histories(self) -> bool:
        """Where a coefficient is about single reports after period 0, or is not expected over them."""
        return any(not (self.row.expected and table.alike) for table in self._later)

    @property
    def names_actions(self) -> bool:
        """Where it has allocations, or histories, which hold actions."""
        return bool(self.allocation) or self.names_histories

    @property
    def by_report(self) -> bool:
        """Where nothing is expected after period 0."""
        return bool(self._later) and not self.row.expected

    @property
    def _later(self) -> list[Table]:
        return [table for table in (*self.allocation, *self.payment) if table.t > 0]

    def needs_full_reports(self, env: Environment) -> bool:
        """Where it has coefficients at reports of probability zero, whose columns others leave out."""
        told = () if self.row.expected or env.joint else (*self.allocation, *self.payment)
        return any(improbable(env, table) for table in told)


def _bounds(row: Row) -> dict[str, Any]:
    return {"name": row.name, "lower": row.lower, "upper": row.upper, "expected": row.expected}


def _labels(env: Environment) -> tuple[Any, ...]:
    """What the places of a table depend on."""
    named = [(agent.name, agent.observed, agent.types) for agent in env.agents]
    return named, env.actions, [env.remembers_action(t) for t in range(env.periods)]


def rows(rows: Any = ()) -> tuple[OwnRow, ...]:
    """The demands that this key of a question makes: a list of `Row`, or of rows as a file has them.

    Raises `InvalidInput` for rows that are none, and two of one name.
    """
    if not isinstance(rows, list | tuple):
        raise InvalidInput(f"demands, rows: {shown(rows)} is no list of rows")
    read: dict[str, OwnRow] = {}
    for k, content in enumerate(rows):
        row = row_of(content, k)
        if row.name in read:
            raise InvalidInput(f"demands, rows: two are called {shown(row.name)}")
        read[row.name] = OwnRow(f"row {row.name}", Demanded.ROW, {"rows": ()}, row)
    return tuple(read.values())
