"""The virtual pivot mechanism (KLN, Fig. 2): the best plan at virtual weights, and three rules for its money.

The plan and the bound are `setting.py`; later payments, and the rules (A) and (B), `affine_pivot.py`; rule
(C) `steady_rule.py`. Each rule is a mechanism with its profit, and the judge says what the best lie against
it gains. With finitely many first signals Theorem 5.1 may fail: (A) and (C) earn the bound and may not be
truthful, (B) is truthful wherever weights rise and may earn less. Of those that are truthful the one that
earns most is returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.numbers import Array, Number
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..society.assumptions import Assumption
from ..verification.verdict import Witness
from .affine_pivot import rules_a_and_b
from .rule import Rule, taken
from .setting import Profile, Setting, setting
from .steady_payments import Steady
from .steady_rule import rule_c


@dataclass(frozen=True, eq=False, repr=False)
class VirtualPivot(Short):
    """The whole answer, of a finite horizon.

    Profiles of first reports are in product order, agent 0 slowest. Money is of period 0 unless it is said to
    be of another.
    """

    setting: Setting

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.environment.name,
            "bound": self.bound,
            "profiles": len(self.setting.profiles),
        }

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
        """A, B and C."""
        a, b = rules_a_and_b(self.setting)
        return {"A": a, "B": b, "C": rule_c(self.setting)}

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
        truthful = [name for name in "ACB" if self.rules[name].truthful]
        return max(truthful, key=lambda name: self.profit[name]) if truthful else None

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
    def excluded(self) -> list[dict[str, Any]]:
        """``{"agent", "type", "others"}``: whose payments would not be positive, p* ≤ 0 (24).

        In doubles what is nothing beside the most that she is ever worth is 0.
        """
        promises, profiles = self.rules["A"].promises, self.setting.profiles
        worth = np.array([taken(self.setting, profile) for profile in profiles])
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
        price.
        """
        if self.environment.periods == 1:
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
) -> VirtualPivot:
    """The virtual pivot mechanism of a separable environment of finite horizon, KLN Fig. 2 and Theorem 5.1.

    exact: over the rationals, floats at their binary values; otherwise in doubles. forms: by agent
    "multiplicative" or "additive" where the user states it, else recognised. exclude: leave out too whom
    nothing is done for. Raises `InvalidInput` for a form of no agent or no such form, `AssumptionViolated` as
    `setting.setting` does, `TooLarge`.
    """
    return VirtualPivot(setting(env, exact=exact, forms=forms, exclude=exclude))
