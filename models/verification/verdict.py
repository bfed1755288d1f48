"""What a check of a mechanism answers: a verdict on one notion, and the witness where it fails.

Payments are positive to the designer, gains positive to the agent. A *violation* is the largest gain from a
lie, or the largest shortfall below 0 of what participation promises, conditional on the state, in money of
the period where it begins, or how far a sum of money is beyond what is demanded; 0 where the notion holds.

A verdict is true where its notion holds, and a list of verdicts where every one does: ``assert verify(...)``
asserts what it says. An empty list has checked nothing, and is not true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, SupportsIndex, overload

from ...solvers.arithmetic import COMPUTED, SOLVED
from ...solvers.numbers import Number, finite, written
from ..answers.answer import Answer

History = list[dict[str, Any]]
"""Entries ``{"reports": {agent: type}, "action": label or None}``, one a period."""


@dataclass(frozen=True)
class VerdictTolerances:
    """How doubles are read; over the rationals both are 0.

    violation: a gain or shortfall counts as nothing up to this share of what is at stake at its state: the
        largest absolute value of each period from there on, as expected under truth, discounted.
    probability: an action of lower probability in a lottery is never taken.
    """

    violation: float = SOLVED
    probability: float = COMPUTED


EXACT = VerdictTolerances(0.0, 0.0)
"""How rationals are read."""


@dataclass(frozen=True, repr=False)
class Witness(Answer):
    """Who gains by what: one state at which a notion fails, and what the agent does there.

    agent: name.
    period: where the lie is told, or where participation fails; for promises about whole paths and their
        prefixes the last period of the path.
    history: entry k is period k of a history of positive probability: the reports of all agents (types of
        observed ones) and the action, None where it does not matter. One more entry, for `period` itself,
        is there where something is known before she reports: the observed agents' types, and all others'
        types for notions that hold at every profile.
    type, report: her true type in `period` and what she says; `report` is None for participation, `type`
        too where the promise is made before she knows it.
    plan: ``"truth"``, or what she says afterwards: entries ``{"period", "history", "type", "report"}``,
        `history` starting at the lie; wherever nothing is listed, the truth. With a correlated process an
        entry adds ``"previous"``, her true type one period earlier, on which her belief depends. None for
        participation.
    gain: the violation.
    sentence: the same for a person.
    truncated: whether `plan` was cut at its greatest length.
    """

    agent: str
    period: int
    history: History
    type: str | None
    report: str | None
    plan: str | list[dict[str, Any]] | None
    gain: Number
    sentence: str
    truncated: bool = False

    def to_json(self) -> dict[str, Any]:
        """The object of the architecture's JSON: `gain` a float, `exact` a rational string or None."""
        return {
            "agent": self.agent,
            "period": self.period,
            "history": self.history,
            "type": self.type,
            "report": self.report,
            "plan": self.plan,
            "gain": finite(self.gain),
            "exact": written(self.gain) if isinstance(self.gain, Fraction) else None,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, repr=False)
class DemandWitness(Witness):
    """Where a demand is not met.

    agent: who pays what is not demanded, empty where payments of all count together. period: the last that
    counts. history: of the periods before; empty where expectations count. reports: {agent: type} in
    `period`, None where expectations count. type, report, plan: None.
    """

    reports: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """The object of the architecture's JSON."""
        return {
            "period": self.period,
            "history": self.history,
            "reports": self.reports,
            "agent": self.agent or None,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, repr=False)
class Verdict(Answer):
    """Whether one notion holds for a mechanism; true exactly where it does.

    kind: ``"incentives"``, ``"participation"`` or ``"demand"``, or ``"envelope"`` or ``"monotonicity"`` of
    conditions on mechanisms and allocations; notion: its word.
    violation: a rational where environment and mechanism are, else a double.
    witness: None where the notion holds.
    tolerance: what counts as nothing, in money, at the state of the violation.
    tolerances: how numbers were read.
    """

    kind: str
    notion: str
    holds: bool
    violation: Number
    witness: Witness | None = None
    tolerance: Number = 0.0
    tolerances: VerdictTolerances = EXACT

    def __bool__(self) -> bool:
        return bool(self.holds)

    def to_json(self) -> dict[str, Any]:
        """The object of the architecture's JSON: a rational violation is a string."""
        size = self.violation
        return {
            "kind": self.kind,
            "notion": self.notion,
            "holds": self.holds,
            "violation": written(size) if isinstance(size, Fraction) else float(size),
            "witness": None if self.witness is None else self.witness.to_json(),
        }


class Verdicts(list[Verdict], Answer):
    """Verdicts on several notions: a list that is true where it is not empty and everything in it holds.

    Its slices, sums and copies are of the same kind, so that a part of it can say no as well.
    """

    def __bool__(self) -> bool:
        return len(self) > 0 and all(self)

    @overload
    def __getitem__(self, at: SupportsIndex) -> Verdict: ...
    @overload
    def __getitem__(self, at: slice) -> Verdicts: ...
    def __getitem__(self, at: SupportsIndex | slice) -> Verdict | Verdicts:
        return Verdicts(super().__getitem__(at)) if isinstance(at, slice) else super().__getitem__(at)

    def __add__(self, more: Iterable[Verdict]) -> Verdicts:  # type: ignore[override]
        return Verdicts([*self, *more])

    def to_json(self) -> dict[str, Any]:
        """The object of `verify X MECHANISM --json`."""
        return {"notions": [verdict.to_json() for verdict in self]}

    def copy(self) -> Verdicts:
        """The same verdicts in another list."""
        return Verdicts(self)

    def __repr__(self) -> str:
        failing = [verdict.notion for verdict in self if not verdict]
        some = ", ".join(failing[:3]) + (", ..." if len(failing) > 3 else "")
        return f"Verdicts({len(self) - len(failing)} of {len(self)} hold{f'; not {some}' if failing else ''})"
