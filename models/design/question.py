"""A question: what is maximised, which lies count, what is promised and demanded, and how it is written down.

It is asked of no environment yet. Words are read when a question is made; whether an environment has the
agents and the shocks that they name is asked of each that it is put to (`Question.check`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ...solvers.errors import InvalidInput
from ...solvers.numerals import shown
from ..answers.answer import Answer
from ..compiler.formulation import read_formulation
from ..environment.environment import Environment
from ..notions.demands import Demands, demands_over, read_demands
from ..notions.incentives import Incentive, read_incentive
from ..notions.objective import Objective, read_objective
from ..notions.participation import Participation, read_participation
from ..relaxations import COUPLINGS, check_coupling

WORDS = ("objective", "incentives", "participation", "coupling", "formulation")
"""What a question says beside its demands."""


@dataclass(frozen=True, repr=False, init=False)
class Question(Answer):
    """Everything that a design is asked for, of whatever environment.

    coupling: None for the environment's default. Two questions are equal where they ask the same.

    >>> import dynamech as dm
    >>> question = dm.Question(objective="welfare", demands={"budget": "ex-post"})
    >>> dm.design("two-type-markov", question=question, exact=True).value
    Fraction(161, 100)
    """

    objective: Objective
    incentives: Incentive
    participation: Participation
    coupling: str | None
    formulation: str
    demands: Demands

    def __init__(
        self,
        objective: Any = "revenue",
        incentives: str | Incentive = "bayesian",
        participation: str | Participation = "interim",
        coupling: str | None = None,
        formulation: str = "auto",
        demands: Mapping[str, Any] | Demands | None = None,
    ) -> None:
        """Read the words, those of `design`; raises `InvalidInput` for one that is unknown."""
        if coupling is not None and coupling not in COUPLINGS:
            raise InvalidInput(f"coupling: {shown(coupling)} is not one of {', '.join(COUPLINGS)}")
        read_formulation(formulation)
        read = {
            "objective": read_objective(objective),
            "incentives": read_incentive(incentives),
            "participation": read_participation(participation),
            "coupling": coupling,
            "formulation": str(formulation),
            "demands": read_demands(demands),
        }
        for field, value in read.items():
            object.__setattr__(self, field, value)

    @classmethod
    def of(cls, env: Environment, *words: Any, **more: Any) -> Self:
        """The question that these words ask of this environment; raises as making it and `check` do."""
        return cls(*words, **more).check(env)

    def check(self, env: Environment) -> Self:
        """The question of this environment: itself, but for what demands name by functions or arrays, which
        they have here. Raises `InvalidInput` where it names something that the environment lacks."""
        if self.coupling is not None:
            check_coupling(env, self.coupling)
        self.objective.check_agents([agent.name for agent in env.agents])
        demands = demands_over(env, self.demands)
        if all(here is said for here, said in zip(demands, self.demands, strict=True)):
            return self
        return self._with(self.formulation, demands)

    def formulated(self, formulation: str) -> Self:
        """The same asked in another formulation. Raises `InvalidInput` for a word that is unknown."""
        return self._with(formulation, self.demands)

    def _with(self, formulation: str, demands: Demands) -> Self:
        words = self.objective, self.incentives, self.participation, self.coupling
        return type(self)(*words, formulation, demands)

    @property
    def words(self) -> dict[str, str | None]:
        """All but the demands, as texts."""
        return {
            "objective": self.objective.word,
            "incentives": self.incentives.name,
            "participation": self.participation.name,
            "coupling": self.coupling,
            "formulation": self.formulation,
        }

    def _facts(self) -> Mapping[str, object]:
        return {**self.words, "demands": ", ".join(demand.name for demand in self.demands) or None}
