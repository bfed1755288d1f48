"""What the checks look for: where an agent gains most by a lie, or is left with least by the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from ...solvers.numbers import Number
from .public_states import Step


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a notion fails by at one state of agent `agent`, in money of `period`.

    state: public state. shown: observed types (index into O). type: her true type. others: the others' types
        (index into X; None where she does not know them).
    violation: what she gains, or what is missing to 0. nothing: the violation that counts as none there.
    counts: whether this violation, or a smaller one elsewhere, is more than counts as none.
    """

    agent: int
    period: int
    state: int
    shown: int | None = None
    type: int | None = None
    others: int | None = None
    violation: Number
    nothing: Number
    counts: bool


@dataclass(frozen=True, kw_only=True)
class Lie(Finding):
    """A lie and what it gains. report: what she says."""

    shown: int
    type: int
    report: int


@dataclass(frozen=True, kw_only=True)
class Change(Lie):
    """A report that changes what is expected later by `violation`. raises: whether upwards."""

    raises: bool


@dataclass(frozen=True, kw_only=True)
class Low(Finding):
    """The lowest utility, which is `violation` below 0, or below what is had outside.

    outside: what she has outside, None where the promise is measured from 0.
    profile: index into S of the profile in `period`, for promises about paths.
    path: for totals and prefixes the steps of the periods before `period`; else None, and any truthful
        history to `state` will do.
    single: whether it is the utility of that period alone.
    """

    profile: int | None = None
    path: tuple[Step, ...] | None = None
    single: bool = False
    outside: Number | None = None


@dataclass(frozen=True, kw_only=True)
class Unmet(Finding):
    """A demand that is not met by `violation`. agent: whom it is about, -1 for everybody.

    profile: index into S of the reports in `period`, None where all are counted together. path: as in `Low`.
    """

    profile: int | None = None
    path: tuple[Step, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class UnmetSum(Unmet):
    """A sum of money beyond its bound. agent: who pays it, -1 for everybody.

    amount, bound: the sum and what it should be at least, or (`above`) at most. first: its first period.
    span: of a sum without a last period, which periods it counts, in words.
    """

    amount: Number
    bound: Number
    above: bool
    first: int
    span: str = ""


@dataclass(frozen=True, kw_only=True)
class Unlike(Unmet):
    """Agents who are alike are not treated alike. pair: who changes places. told, amounts: what is had, in
    words, and how much of it; then what is had in its place."""

    pair: tuple[str, str]
    told: tuple[str, str]
    amounts: tuple[Number, Number]


@dataclass(frozen=True, kw_only=True)
class UnmetRow(Unmet):
    """A row of one's own that comes to `amount`; name: of the row; bound, above: as in `UnmetSum`."""

    name: str
    amount: Number
    bound: Number
    above: bool


@dataclass(frozen=True, kw_only=True)
class UnmetLots(Unmet):
    """A lottery that leaves `violation` to other actions than `action`, the likeliest, which has `share`."""

    action: str
    share: Number


F = TypeVar("F", bound=Finding)


def worst(findings: Iterable[F | None]) -> F | None:
    """The largest violation, of those alike the earliest, then the last listed; it counts where any does."""
    largest: F | None = None
    for finding in findings:
        if finding is None:
            continue
        if largest is None:
            largest = finding
            continue
        other = (largest.violation, -largest.period) > (finding.violation, -finding.period)
        largest = replace(largest if other else finding, counts=finding.counts or largest.counts)
    return largest
