"""Rows of one's own: any linear row over what a mechanism does, pays and leaves to types.

    lower ≤ Σ c_t(h, r, a) x_t(h, r, a) + Σ c_t(h, r, i) z_t(h, r, i) + Σ c_i(θ) U_i(θ) ≤ upper.

x_t(h, r, a) is the probability that, where the reports of history h and then r are made, the actions of h are
taken and then a (of a good: its quantity); z_t(h, r, i) what agent i pays in period t after those reports,
expected over its lottery, in its money, times the probability that the actions of h are taken; U_i(θ) what
agent i of first type θ expects under truth, values less payments, in money of period 0. A history names the
reports of all agents in every period before t, observed types included, and the action where histories hold
it (`Environment.remembers_action`). Observed types that cannot come about count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from ....solvers.errors import InvalidInput
from ....solvers.numbers import Number, number, show, written
from ....solvers.numerals import one_line, shown
from ....solvers.short import Short

Coefficients: TypeAlias = Callable[..., Any] | Sequence[Any] | None
"""A function of labels, or a list over periods of arrays and None."""
KEYS = ("name", "lower", "upper", "expected", "allocation", "payment", "utility")
"""Of a row in a file."""
LONGEST = 200
"""Most characters of a name."""
FORMS = {
    "allocation": ("t", "history", "reports", "action", "number"),
    "payment": ("t", "history", "reports", "agent", "number"),
    "utility": ("agent", "type", "number"),
}
"""Of an entry in a file."""


@dataclass(frozen=True, eq=False, repr=False)
class Row(Short):
    """A linear row between `lower` and `upper` (None: no bound), demanded by ``demands={"rows": [...]}``.

    name: as verdicts have it. allocation: ``f(t, history, reports, action)``, with labels as a witness has
        them: history is a tuple of ``{"reports": {agent: type}, "action": action or None}``, reports
        ``{agent: type}``; or a list over periods, each None or an array that broadcasts to (histories, types
        of agent 0, ..., types of the last agent, actions), so that (actions,) holds for all histories and
        reports. Histories are numbered with the first period slowest, in each the reports (agent 0 slowest)
        before the action, which has a digit only where histories hold it.
    payment: ``f(t, history, reports, agent)``, or such arrays over agents in place of actions.
    utility: ``f(agent, type)``, or a mapping of agents to numbers, lists over types or mappings of types.
    expected: coefficients are multiplied by the probability under truth of the reports, or first type, that
        they are about: the row is about expectations.

    Raises `InvalidInput` for bounds that are none, or exclude each other, and a row about nothing.

    >>> Row("capacity", allocation=[[0, 1], [0, 1]], upper="1/2", expected=True)
    Row(name='capacity', upper=1/2, expected=True)
    """

    name: str
    _: KW_ONLY
    allocation: Coefficients = None
    payment: Coefficients = None
    utility: Callable[..., Any] | Mapping[str, Any] | None = None
    lower: Any = None
    upper: Any = None
    expected: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or one_line(self.name) != self.name:
            raise InvalidInput(f"row: {shown(self.name)} is no name")
        if len(self.name) > LONGEST:
            raise InvalidInput(f"{self.where}: a name has no more than {LONGEST} characters")
        for side in ("lower", "upper"):
            if (bound := getattr(self, side)) is not None:
                object.__setattr__(self, side, number(bound, f"{self.where}, {side}"))
        if self.lower is None and self.upper is None:
            raise InvalidInput(f"{self.where}: it has neither a lower nor an upper bound")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise InvalidInput(
                f"{self.where}: nothing is between {show(self.lower)} and {show(self.upper)}"
            )
        if not isinstance(self.expected, bool):
            raise InvalidInput(f"{self.where}, expected: {shown(self.expected)} is neither true nor false")
        if self.allocation is None and self.payment is None and self.utility is None:
            raise InvalidInput(f"{self.where}: it is about no allocation, no payment and no utility")

    def _facts(self) -> Mapping[str, object]:
        said = {"lower": self.lower, "upper": self.upper, "expected": self.expected or None}
        return {"name": self.name, **{key: value for key, value in said.items() if value is not None}}

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"row {shown(self.name)}"


@dataclass(frozen=True, eq=False, repr=False)
class Labelled(Short):
    """Coefficients as a file has them.

    ``[t, history, reports, action or agent, number]``, or ``[agent, type, number]``. Entries about the same
    are summed; None in place of a history, reports, one agent's report, an action or an agent is all of them.
    """

    entries: tuple[tuple[Any, ...], ...]


def row_of(content: Any, k: int) -> Row:
    """The k-th row of a list as a file has it. Raises `InvalidInput` naming the place of what is wrong."""
    if isinstance(content, Row):
        return content
    if not isinstance(content, Mapping):
        raise InvalidInput(f"rows, entry {k}: {shown(content)} is no row")
    name = content.get("name")
    where = f"row {shown(name)}" if isinstance(name, str) else f"rows, entry {k}"
    for key in content:
        if key not in KEYS:
            raise InvalidInput(f"{where}: {shown(key)} is not one of {', '.join(KEYS)}")
    if name is None:
        raise InvalidInput(f"{where}: 'name' is missing")
    tables = {key: _labelled(content[key], key, where) for key in FORMS if content.get(key) is not None}
    return Row(**{**content, **tables})


def _labelled(entries: Any, key: str, where: str) -> Labelled:
    if not isinstance(entries, list | tuple):
        raise InvalidInput(f"{where}, {key}: {shown(entries)} is no list of entries")
    read = []
    for k, entry in enumerate(entries):
        place = f"{where}, {key}, entry {k}"
        if not isinstance(entry, list | tuple) or len(entry) != len(FORMS[key]):
            raise InvalidInput(f"{place}: [{', '.join(FORMS[key])}] is expected")
        read.append((*entry[:-1], number(entry[-1], place)))
    return Labelled(tuple(read))


def plain(value: Number) -> int | str:
    """A number as files have it, a double at its binary value.

    >>> plain(Fraction(2)), plain(Fraction(3, 8)), plain(0.5)
    (2, '3/8', '1/2')
    """
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 and abs(exact) <= 2**53 else written(exact)


def said(row: Row) -> dict[str, Any]:
    """The row as a file has it, where its coefficients are `Labelled`."""
    bounds = {side: plain(bound) for side in ("lower", "upper") if (bound := getattr(row, side)) is not None}
    tables = {
        key: [[*entry[:-1], plain(entry[-1])] for entry in table.entries]
        for key in FORMS
        if isinstance(table := getattr(row, key), Labelled)
    }
    return {"name": row.name, **bounds, **({"expected": True} if row.expected else {}), **tables}
