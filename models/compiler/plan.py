"""What is to be compiled: the words, checked, and the formulation they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Ints, show
from ...solvers.short import Short
from ..environment.environment import Environment
from ..notions.demands import Demands
from ..notions.incentives import INCENTIVES, Incentive, Information, Lies
from ..notions.objective import Objective
from ..notions.participation import PARTICIPATIONS, Participation, Promise
from .carried import carried_by, check_linear, needs_full_reports
from .formulation import RECURSION, Formulation, read_formulation
from .single_crossing import Crossing, single_crossing

Key: TypeAlias = tuple[int, int]
"""(period, agent)."""
Pairs: TypeAlias = tuple[Ints, Ints]
"""(state, report) of lies, sorted."""
FAINT = 1e-4
"""A payment at the end that is worth less than this share of itself in period 0 is made period by period."""


@dataclass(frozen=True, repr=False)
class Plan(Short):
    """One compilation: the notions, the objective and the formulation chosen for them.

    crossings: by (period, agent) the order in which neighbouring reports suffice, where rows are local.
    written: by (period, agent) the lies that have a row, where others get one as they pay; see `nearest`.
    """

    incentives: Incentive
    participation: Participation
    objective: Objective
    form: Formulation
    demands: Demands = ()
    crossings: Mapping[Key, Crossing] = field(default_factory=dict)
    written: Mapping[Key, Pairs] = field(default_factory=dict)

    def _facts(self) -> Mapping[str, object]:
        return {
            "incentives": self.incentives.name,
            "participation": self.participation.name,
            "objective": self.objective.word,
            "formulation": self.formulation,
            **({"demands": ", ".join(demand.name for demand in self.demands)} if self.demands else {}),
        }

    @property
    def formulation(self) -> str:
        """The formulation's name."""
        return self.form.name

    @cached_property
    def utilities(self) -> bool:
        """Whether payments are replaced by utilities."""
        return self.form.payments in ("utilities", "aggregated")

    @property
    def aggregated(self) -> bool:
        """Whether later periods are summed into the rows of period 0."""
        return self.form.payments == "aggregated"

    @cached_property
    def pure(self) -> bool:
        """Whether a demand excludes lotteries."""
        return any(demand.pure for demand in self.demands)

    @property
    def pays_every_period(self) -> bool:
        """Whether there is a payment column in every period."""
        return self.form.payments == "per-period"

    @property
    def all_messages(self) -> bool:
        """Whether reports of probability zero are messages too."""
        return self.form.full_reports or self.incentives.everywhere

    @cached_property
    def values_first(self) -> bool:
        """Whether what a first type expects counts, beside what incentives make of it."""
        return (
            self.participation.by_state
            or self.objective.least != 0
            or any(demand.first_utilities for demand in self.demands)
        )

    @cached_property
    def any_lies(self) -> bool:
        """Whether a continuation after a lie has to be valued at all."""
        return not self.incentives.myopic and not self.incentives.nothing


def check_scope(env: Environment) -> None:
    """Raise where no history program can be compiled for this environment."""
    if env.stationary:
        raise AssumptionViolated(
            f"environment '{env.name}': the horizon is infinite, so histories never end; take "
            "a finite one with with_horizon(T)"
        )
    first_goods = next((t for t, goods in enumerate(env.goods) if goods is not None), None)
    if first_goods is not None and any(env.controlled):
        raise AssumptionViolated(
            f"environment '{env.name}', period {first_goods}: divisible goods beside actions that steer "
            "types make no convex program"
        )


def check_concealed(env: Environment, incentives: Incentive) -> None:
    """Raise where what an agent believes of reports concealed from her makes no linear program."""
    if env.conceals and env.joint and incentives.information is Information.INTERIM:
        raise AssumptionViolated(
            f"environment '{env.name}': past reports are concealed from the others, and under a joint "
            "process what she believes of them depends on all her true types so far"
        )


def check_goods(env: Environment, objective: Objective) -> None:
    """Raise where divisible goods make no concave program of this objective, or one without an end."""
    counts = objective.least != 0 or any(objective.kept(agent.name) != 0 for agent in env.agents)
    for t, goods in enumerate(env.goods):
        if goods is None:
            continue
        weight = show(objective.goods)
        place = f"environment '{env.name}', period {t}: revenue and welfare weigh {weight} together"
        if objective.goods < 0 and (goods.quadratic != 0).any():
            raise AssumptionViolated(f"{place}, and quadratic costs need 0 or more")
        bounds = zip(goods.names, goods.upper, strict=True)
        endless = next((name for name, upper in bounds if upper is None), None)
        if objective.goods <= 0 and endless is not None and counts:
            raise AssumptionViolated(
                f"{place}, and good '{endless}', without an upper bound, needs more than 0 where values count"
            )


def plan(
    env: Environment,
    incentives: Incentive,
    participation: Participation,
    objective: Objective,
    formulation: str,
    demands: Demands = (),
) -> Plan:
    """Choose the formulation; raise `InvalidInput` for an unknown one and for one whose conditions fail,
    naming the condition, and `AssumptionViolated` where the question itself cannot be had.

    ``auto`` is the payments' part only; `quicker` adds further words once sizes are known.
    """
    payments, words = read_formulation(formulation)
    if payments == RECURSION:
        raise InvalidInput(f"formulation '{RECURSION}' writes down no program; use 'auto'")
    for notion, compiled in ((incentives, INCENTIVES), (participation, PARTICIPATIONS)):
        if notion.name not in compiled:
            raise InvalidInput(
                f"'{notion.name}' has no program: mechanisms are checked for it by verify; "
                f"{', '.join(compiled)} have one"
            )
    check_scope(env)
    check_concealed(env, incentives)
    check_goods(env, objective)
    check_linear(env, incentives, participation, demands)
    every_period = carried_by(env, demands, payments, formulation)
    obstacle = _against_utilities(env, incentives, participation, demands)
    timeless = env.discount == 0 and env.periods > 1
    if needs_full_reports(env, incentives, demands):
        words |= {"full-reports"}
    full = "full-reports" in words
    if payments is None:
        learnt = _learnt_later(env, incentives)
        apart = obstacle or full
        payments = "textbook" if apart else "utilities" if learnt or "thresholds" in words else "aggregated"
    elif payments in ("utilities", "aggregated") and obstacle:
        raise InvalidInput(f"formulation {formulation!r}: {obstacle}; use 'textbook'")
    elif payments == "aggregated" and (learnt := _learnt_later(env, incentives)):
        raise InvalidInput(f"formulation {formulation!r}: {learnt}; use 'utilities'")
    if full and payments in ("utilities", "aggregated"):
        raise InvalidInput(
            f"formulation {formulation!r}: after a report of probability zero truth need not be best, so "
            "utilities do not stand for payments there; use 'textbook+full-reports'"
        )
    if full and Lies.ADJACENT in (incentives.initial, incentives.later):
        raise InvalidInput(
            f"formulation {formulation!r}: incentives '{incentives.name}' count the next lower report that "
            "is possible, so reports of probability zero have no place; leave 'full-reports' out"
        )
    by_action = _by_action(env, participation, demands)
    # In doubles whatever the arithmetic, so that a question has one formulation.
    faint = not by_action and float(env.discount) ** (env.periods - 1) < FAINT
    if payments == "textbook" and (incentives.myopic or every_period or timeless or faint):
        # Payments at the end are worth nothing without a future, and say nothing about single periods; where
        # little of them is left in money of period 0, they would be too large beside values.
        payments = "per-period"
    if payments == "per-period" and by_action and not timeless:
        raise AssumptionViolated(
            f"{by_action} follows realised actions, and payments before they are known are not linear in the "
            "program; "
            + (
                f"incentives '{incentives.name}' need them"
                if incentives.myopic
                else f"{every_period} needs them"
                if every_period
                else "use 'textbook'"
            )
        )
    if "thresholds" in words:
        words |= {"local"}
    further = {word: word in words for word in ("local", "thresholds", "lazy", "nearest")}
    form = Formulation(payments, **further, full_reports=full)
    chosen = Plan(incentives, participation, objective, form, demands)
    pure = next((demand for demand in demands if demand.pure), None)
    if form.lazy and pure is not None:
        raise InvalidInput(
            f"formulation {formulation!r}: rows are generated for linear programs, and the demand "
            f"'{pure.name}' makes it one of whole numbers; leave 'lazy' out"
        )
    if form.nearest and (against := against_nearest(env, chosen)):
        raise InvalidInput(f"formulation {formulation!r}: {against}; leave 'nearest' out")
    if form.thresholds and (against := against_thresholds(env, chosen)):
        raise InvalidInput(f"formulation {formulation!r}: {against}; leave 'thresholds' out")
    if form.local:
        crossings, reasons = find_crossings(env, chosen)
        if reasons and not crossings:
            reason = next(iter(reasons.values()))
            raise InvalidInput(f"formulation {formulation!r}: {reason}; leave 'local' out")
        chosen = replace(chosen, crossings=crossings)
    return chosen


def quicker(env: Environment, chosen: Plan) -> Plan:
    """The plan of ``auto`` for a large program: whatever further words have their conditions met here."""
    crossings, _ = find_crossings(env, chosen)
    prices = not against_thresholds(env, chosen)
    lies = chosen.any_lies and not chosen.aggregated and not chosen.pure
    nearest = len(crossings) < len(env.private) and not against_nearest(env, chosen)
    form = replace(
        chosen.form, local=bool(crossings), thresholds=prices, lazy=lies and not nearest, nearest=nearest
    )
    return replace(chosen, form=form, crossings=crossings)


def find_crossings(
    env: Environment, chosen: Plan
) -> tuple[dict[tuple[int, int], Crossing], dict[tuple[int, int], str]]:
    """By (period, agent): where single crossing holds the order of types, and why not where it fails.

    Neither where the notion does not count all reports, or later periods are summed into the rows: there is
    nothing to leave out.
    """
    crossings: dict[tuple[int, int], Crossing] = {}
    reasons: dict[tuple[int, int], str] = {}
    for t in range(env.periods):
        for i in env.private:
            if chosen.aggregated or chosen.incentives.myopic or chosen.incentives.lies(t) is not Lies.ALL:
                continue
            crossing = single_crossing(env, t, i, chosen.incentives.information)
            if isinstance(crossing, str):
                reasons[t, i] = crossing
            else:
                crossings[t, i] = crossing
    return crossings, reasons


def against_thresholds(env: Environment, chosen: Plan) -> str:
    """Why the last period cannot be written as a mixture of posted prices, or nothing."""
    last = env.periods - 1
    private = [env.agents[i] for i in env.private]
    if chosen.form.payments != "utilities":
        return f"posted prices need payments replaced by utilities, not '{chosen.form.payments}'"
    if len(private) != 1:
        return f"posted prices are for one agent with private types, and there are {len(private)}"
    if env.goods[last] is not None or env.num_actions(last) != 2 or env.feasible[last] is not None:
        return f"posted prices need two actions that are always open in the last period ({last})"
    if chosen.incentives.lies(last) is not Lies.ALL or chosen.incentives.myopic:
        return f"incentives '{chosen.incentives.name}' do not count all reports in period {last}"
    if chosen.demands:
        return f"posted prices have no place for the demand '{chosen.demands[0].name}'"
    if not chosen.any_lies or last == 0:
        return "posted prices replace the last of several periods, and there is one"
    crossing = single_crossing(env, last, env.private[0], chosen.incentives.information)
    if isinstance(crossing, str):
        return crossing
    if (np.diff(np.sort(crossing.rank, axis=1), axis=1) == 0).any():
        return f"two types of agent '{private[0].name}' have the same willingness to pay in period {last}"
    return ""


def against_nearest(env: Environment, chosen: Plan) -> str:
    """Why rows cannot be found by what types are worth, or nothing."""
    if env.periods != 1:
        return f"the nearest reports are looked for in one period, and there are {env.periods}"
    if env.joint:
        return "under a joint process beliefs depend on types, so types near in values may be far apart"
    if not chosen.any_lies or chosen.incentives.lies(0) is not Lies.ALL:
        return f"incentives '{chosen.incentives.name}' do not count all reports"
    forbidden = (env.agents[i].name for i in env.private if env.agents[i].may_report(0) is not None)
    if (name := next(forbidden, None)) is not None:
        return f"agent '{name}', period 0: some types may not report others, the nearest perhaps"
    if chosen.pure or any(goods is not None and (goods.quadratic != 0).any() for goods in env.goods):
        return "rows are looked for by linear programs, and this one is not"
    if chosen.demands:
        return f"what the demand '{chosen.demands[0].name}' is worth, or contradicts, takes all rows"
    if chosen.form.full_reports:
        return "reports of probability zero are asked for by 'full-reports'"
    return ""


def _learnt_later(env: Environment, incentives: Incentive) -> str:
    """Why later periods cannot be summed into the rows of period 0, or nothing."""
    if env.periods == 1:
        return "there is no later period"
    if incentives.everywhere:
        return f"incentives '{incentives.name}' count at every later state"
    for i in env.private:
        agent = env.agents[i]
        if not all(kernel.deterministic for kernel in agent.kernels):
            return f"agent '{agent.name}' learns something private after period 0"
        if any(agent.may_report(t) is not None for t in range(1, env.periods)):
            return f"agent '{agent.name}' may not report every type after period 0"
        if agent.may_report(0) is not None and agent.prior is not None and (agent.prior == 0).any():
            return f"agent '{agent.name}' may report types of probability zero, and not all of them"
    return ""


def _by_action(env: Environment, participation: Participation, demands: Demands) -> str:
    """What follows realised actions, where they steer types, or nothing."""
    if not any(env.controlled):
        return ""
    if participation.promise in (Promise.PATH, Promise.PREFIX):
        return f"participation '{participation.name}'"
    return next((f"demand '{demand.name}'" for demand in demands if demand.by_path), "")


def _against_utilities(
    env: Environment, incentives: Incentive, participation: Participation, demands: Demands
) -> str:
    about = next((demand.name for demand in demands if demand.single_payments), None)
    if about is not None:
        return f"demand '{about}' looks at single payments"
    if env.joint:
        return (
            "a joint process lets beliefs depend on true types, so payments cannot be replaced by utilities"
        )
    if incentives.myopic:
        return f"incentives '{incentives.name}' look at single payments"
    if participation.by_path:
        return f"participation '{participation.name}' looks at single paths, which utilities average"
    return ""
