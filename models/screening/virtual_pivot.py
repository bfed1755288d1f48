"""The virtual pivot mechanism (KLN, Fig. 2): the best plan at virtual weights, and three rules for its money.

The plan and the bound are `setting.py`; later payments, and the rules (A) and (B), `affine_pivot.py`; rule
(C) `steady_rule.py`. Each rule is a mechanism with its profit, and the judge says what the best lie against
it gains. With finitely many first signals Theorem 5.1 may fail: (A) and (C) earn the bound and may not be
truthful, (B) is truthful wherever weights rise and may earn less. Of those that are truthful the one that
earns most is returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import OutOfTime, TooLarge
from ...solvers.numbers import Array, Number
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..ladder.ladder import Rung
from ..mechanism.mechanism import Mechanism
from ..society.assumptions import Assumption
from ..verification.verdict import Verdict, Witness
from .affine_pivot import rules_a_and_b
from .envelope import Shortfall, failing_dominance, failing_envelope
from .first_reports import FirstReports, first_reports
from .rule import Rule, taken
from .same_plan import SamePlan, rungs, same_plan
from .setting import Profile, Setting, setting
from .steady_payments import Steady
from .steady_rule import rule_c
from .uncontrolled import dominant, myopic, uncontrolled


@dataclass(frozen=True, eq=False, repr=False)
class VirtualPivot(Answer):
    """The whole answer.

    Profiles of first reports are in product order, agent 0 slowest. Money is of period 0 unless it is said to
    be of another.

    ladder: whether revenue is compared with what other mechanisms earn. message: why things are missing,
    where the time limit was reached.
    """

    setting: Setting
    ladder: bool = False
    message: str = ""

    def _facts(self) -> dict[str, object]:
        facts = {"instance": self.environment.name, "profiles": len(self.setting.profiles)}
        if self.message:
            return facts | {"status": self.status}
        return facts | {"bound": self.bound}

    @property
    def status(self) -> str:
        """``optimal``, or ``limit`` where the time limit was reached."""
        return "limit" if self.message else "optimal"

    @property
    def environment(self) -> Environment:
        """In the numbers that were used, all rational or all doubles."""
        return self.setting.environment

    @property
    def agents(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(agent.name for agent in self.environment.agents)

    @property
    def separable(self) -> dict[str, dict[str, Any]]:
        """By agent ``{"form", "residual"}`` (Property 4.1)."""
        return {
            name: {"form": values.form, "residual": values.residual}
            for name, values in zip(self.agents, self.setting.values, strict=True)
        }

    @property
    def alpha(self) -> dict[str, tuple[Number | None, ...]]:
        """α (Lemma 4.1), a pure number, by agent and first signal; None where a multiplicative level is 0."""
        return {name: one.alpha for name, one in zip(self.agents, self.setting.levels, strict=True)}

    @property
    def beta(self) -> dict[str, tuple[Array, ...]]:
        """β (Lemma 4.1), in money of its period, by agent and period: (A, K), actions by first signals."""
        return {
            name: tuple(np.multiply.outer(part[:, 0], levels.shift) for part in values.slope)
            for name, values, levels in zip(
                self.agents, self.setting.values, self.setting.levels, strict=True
            )
        }

    @property
    def bound(self) -> Number:
        """Corollary 4.1: the value of the rung `virtual`."""
        return self.setting.bound

    @property
    def assumptions(self) -> dict[str, Assumption]:
        """Of Theorem 5.1, by number: whether each holds, where it fails and by how much."""
        return self.setting.assumptions

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """A, B, and C where it is not `missing`."""
        a, b = rules_a_and_b(self.setting)
        rules = {"A": a, "B": b, "C": self._rule_c}
        return {name: rule for name, rule in rules.items() if isinstance(rule, Rule)}

    @property
    def settled(self) -> bool:
        """Whether no plan was left to the order in which actions are listed: ties go to fewer who are served,
        then to larger slopes (`affine.py`). Where it is not, what rules leave and tempt to may depend on it;
        the bound never does."""
        _ = self.rules
        return self.setting.affine.settled

    @property
    def missing(self) -> dict[str, str]:
        """Why rule C is not there, where its memory is too large."""
        return {"C": self._rule_c} if isinstance(self._rule_c, str) else {}

    @cached_property
    def _rule_c(self) -> Rule | str:
        try:
            return rule_c(self.setting)
        except TooLarge as error:
            return str(error)

    @property
    def profit(self) -> dict[str, Number]:
        """Of every rule when everybody is truthful."""
        return {name: rule.profit for name, rule in self.rules.items()}

    @property
    def lie(self) -> dict[str, Witness | None]:
        """The largest gain from a lie against every rule, at any profile and after any history."""
        return {name: rule.lie for name, rule in self.rules.items()}

    @cached_property
    def returned(self) -> str | None:
        """The truthful rule that earns most, the first of several in the order A, C, B; None if none is."""
        truthful = [name for name in "ACB" if name in self.rules and self.rules[name].truthful]
        if not truthful:
            return None
        most = max(self.profit[name] for name in truthful)
        least = most - arithmetic(self.environment.exact).slack(most, COMPUTED)
        return next(name for name in truthful if self.profit[name] >= least)

    @property
    def best(self) -> Rule | None:
        """The rule that is returned."""
        return None if self.returned is None else self.rules[self.returned]

    @property
    def mechanism(self) -> Mechanism | None:
        """Its mechanism."""
        return None if self.best is None else self.best.mechanism

    @property
    def attains(self) -> bool:
        """Whether what is returned earns the whole bound: whether Theorem 5.1 is true of this environment, as
        far as the three rules tell."""
        slack = arithmetic(self.environment.exact).slack(self.bound, COMPUTED)
        return self.best is not None and bool(self.best.profit >= self.bound - slack)

    @cached_property
    def first_reports(self) -> FirstReports | None:
        """What first reports lead to under rule A, the mechanism as printed; None where that is too large to
        write out."""
        try:
            return first_reports(
                self.setting.played, self.rules["A"].mechanism, "the virtual pivot mechanism", self._effort
            )
        except TooLarge:
            return None

    @property
    def envelope(self) -> list[Shortfall] | None:
        """Where (11) fails for rule A: nowhere, as its promises are the lower sums (`envelope.py`)."""
        return None if self.first_reports is None else failing_envelope(self.first_reports)

    @property
    def interval_dominance(self) -> list[Shortfall] | None:
        """Where (12) fails for rule A: nowhere exactly where it is truthful (Lemma 3.5, `envelope.py`)."""
        return None if self.first_reports is None else failing_dominance(self.first_reports)

    @cached_property
    def rungs(self) -> Mapping[str, Rung] | None:
        """Revenue by notion of incentives, from `virtual` to `ex-post`; None where it was not asked for."""
        return rungs(self.setting.played, self._effort) if self.ladder else None

    @cached_property
    def program(self) -> SamePlan | None:
        """What any payments could earn with the plan (`same_plan.py`); None where it was not asked for."""
        if not self.ladder:
            return None
        return same_plan(self.setting.played, self.rules["A"].mechanism, self._effort)

    @property
    def _effort(self) -> Effort:
        return replace(self.setting.affine.effort, exact=self.environment.exact)

    @cached_property
    def uncontrolled(self) -> Assumption:
        """Whether no action moves types: what Corollary 6.2 assumes."""
        return uncontrolled(self.environment)

    @cached_property
    def myopic(self) -> Assumption:
        """Whether the plan is best in every period by itself, as Corollary 6.2 concludes."""
        return myopic(self.setting)

    @cached_property
    def dominant(self) -> dict[str, Verdict | None]:
        """By rule whether truth is best from period 1 on whatever all types turn out to be (Corollary 6.2);
        None where actions move types, or where that is too large to be judged."""
        return {name: dominant(self.setting.played, rule.mechanism) for name, rule in self.rules.items()}

    @cached_property
    def worth(self) -> Array:
        """By profile of first signals (P, N): what everybody gets of the value of the plan."""
        return np.array([taken(self.setting, profile) for profile in self.setting.profiles])

    @cached_property
    def excluded(self) -> list[dict[str, Any]]:
        """``{"agent", "type", "others"}``: whose payments would not be positive, p* ≤ 0 (24).

        In doubles what is nothing beside the most that she is ever worth is 0.
        """
        promises, profiles, worth = self.rules["A"].promises, self.setting.profiles, self.worth
        earned = worth - np.array([promises[profile] for profile in profiles])
        nothing = arithmetic(self.environment.exact).negligible(earned, abs(worth).max(axis=0))
        excluded = []
        for row, i in np.argwhere((earned <= 0) | nothing).tolist():
            said = self._said(profiles[row])
            name = self.agents[i]
            excluded.append({"agent": name, "type": said.pop(name), "others": said})
        return excluded

    @property
    def entry(self) -> list[Array]:
        """By profile of first reports (N,): entry payments of the rule returned, of A where none is."""
        rule = self.best or self.rules["A"]
        return [rule.entry[profile] for profile in self.setting.profiles]

    @cached_property
    def weights(self) -> Mapping[str, list[dict[str, Any]]]:
        """How C charges: ``{"C": [{"agent", "first_reports", "others_signals", "weight"}...]}``.

        weight: a in place of α for multiplicative values, −μ in place of −h for additive ones; None: at no
        price. There are none where C is `missing`.
        """
        if self.environment.periods == 1 or self.missing:
            return {"C": []}
        charges = []
        for (i, profile), row in Steady(self.setting).charges.items():
            sizes = [size if j != i else 1 for j, size in enumerate(self.setting.affine.sizes[1])]
            for y, charge in enumerate(row):
                states = np.unravel_index(y, sizes)
                signals = {
                    agent.name: agent.types[1][profile[j] * sizes[j] + int(states[j])]
                    for j, agent in enumerate(self.environment.agents)
                    if j != i
                }
                charges.append(
                    {
                        "agent": self.agents[i],
                        "first_reports": self._said(profile),
                        "others_signals": signals,
                        "weight": None if charge is None else charge.weight,
                    }
                )
        return {"C": charges}

    def _said(self, profile: Profile) -> dict[str, str]:
        return {a.name: a.types[0][k] for a, k in zip(self.environment.agents, profile, strict=True)}


def virtual_pivot(
    env: Environment,
    *,
    exact: bool = False,
    forms: Mapping[str, str] | None = None,
    exclude: bool = False,
    effort: Effort = FLOATS,
) -> VirtualPivot:
    """The virtual pivot mechanism of a separable environment, KLN Fig. 2 and Theorem 5.1. It may go on for
    ever after a period 0 of its own.

    exact: over the rationals, floats at their binary values; otherwise in doubles. forms: by agent
    "multiplicative" or "additive" where the user states it, else recognised. exclude: leave out too whom
    nothing is done for. What the answer says is found when it is asked. effort: of which the limits count.
    Raises `InvalidInput` for a form of no agent or no such form, `AssumptionViolated` as `setting.setting`
    does, `TooLarge`.
    """
    own = setting(env, exact=exact, forms=forms, exclude=exclude, endless=True, effort=effort)
    return VirtualPivot(own)


def answered(
    env: Environment,
    *,
    forms: Mapping[str, str] | None = None,
    exclude: bool = False,
    ladder: bool = False,
    effort: Effort = FLOATS,
) -> VirtualPivot:
    """The same with all that it says found within the limits; where time is up it says so.

    ladder: also the rungs, and what any payments could earn with the plan; each says it where time is up.
    """
    clock = effort.begun()
    own = setting(env, exact=clock.exact, forms=forms, exclude=exclude, endless=True, effort=clock)
    answer = VirtualPivot(own, ladder)
    try:
        clock.tell("step", "virtual plans")
        _ = answer.assumptions, answer.myopic
        clock.tell("step", "payments")
        _ = answer.rules, answer.weights, answer.excluded
        for name, rule in answer.rules.items():
            clock.check()
            clock.tell("step", f"verifying rule {name}")
            _ = rule.incentives
        clock.check()
        _ = answer.first_reports, answer.dominant
        clock.check()
        _ = answer.program, answer.rungs
    except OutOfTime:
        return replace(answer, message=f"the time limit of {effort.time_limit:g} s was reached")
    finally:
        own.affine.rest()
    return answer
