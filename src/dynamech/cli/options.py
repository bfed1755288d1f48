"""The words of the command line, spelled as in Python, and their checks before any work is done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Annotated, Any

import typer

from ..instances.library import all_families, load
from ..instances.parameters import parse_setting
from ..models.compiler.formulation import FORMULATIONS, read_formulation
from ..models.design.design import Question
from ..models.environment.environment import Environment
from ..models.notions.demands import BUDGETS, ON, Demands, check_demands, read_demands
from ..models.notions.demands.payments import BOUNDS
from ..models.notions.incentives import INCENTIVES, read_incentive
from ..models.notions.objective import WEIGHED, read_objective
from ..models.notions.participation import PARTICIPATIONS, read_participation
from ..models.relaxations import COUPLINGS, check_coupling
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.numerals import rational, shown
from ..solvers.solve import engine


def option(usage: str, text: str, words: Iterable[str] = ()) -> Any:
    """An option as it is used ("--out FILE"), what it says, and the words that it takes."""
    name, _, metavar = usage.partition(" ")
    known = f": {', '.join(words)}." if words else ""
    return typer.Option(name, metavar=metavar or None, help=text + known)


Instance = Annotated[
    str, typer.Argument(metavar="X", help="A library name (see `list`) or the path of an instance file.")
]
Settings = Annotated[
    list[str] | None, option("--set NAME=VALUE", "A parameter of a library instance; repeatable.")
]
ObjectiveWord = Annotated[
    str,
    option(
        "--objective WORD",
        "What is maximised, or weights on it such as revenue=1,utility=-1/2",
        (*WEIGHED, "utility:AGENT"),
    ),
]
IncentivesWord = Annotated[str, option("--incentives WORD", "Who may lie about what", INCENTIVES)]
ParticipationWord = Annotated[
    str, option("--participation WORD", "What may not fall below 0", PARTICIPATIONS)
]
PaymentsDemanded = Annotated[
    list[str] | None,
    option("--payments WORD|AGENT=WORD", "Bounds on payments; repeatable by agent", [*BOUNDS, "LOW..HIGH"]),
]
PaymentsOn = Annotated[str | None, option("--on WORD", "What --payments bounds", ON)]
BudgetDemanded = Annotated[str | None, option("--budget WORD", "Payments cover costs", BUDGETS)]
Balanced = Annotated[bool, option("--balanced", "Payments equal costs; with --budget.")]
Coupling = Annotated[
    str | None, option("--coupling WORD", "How shocks of different types move together", COUPLINGS)
]
Formulation = Annotated[str, option("--formulation WORD", "How the program is written", FORMULATIONS)]
Solver = Annotated[
    str,
    option(
        "--solver NAME", "The engine: highs, highs-ipm, highs-pdlp, cvxpy:NAME, pyomo:NAME (see `solvers`)."
    ),
]
Exact = Annotated[bool, option("--exact", "Prove the value in rational arithmetic.")]
Rational = Annotated[bool, option("--exact", "Over the rationals, floats at their binary values.")]
Certificate = Annotated[str | None, option("--certificate FILE", "Write the proof; with --exact.")]
Out = Annotated[str | None, option("--out FILE", "Write the answer to a file.")]
MechanismOut = Annotated[str | None, option("--out FILE", "Write the mechanism.")]
TimeLimit = Annotated[str | None, option("--time-limit SECONDS", "Seconds for each program.")]
AnswerLimit = Annotated[str | None, option("--time-limit SECONDS", "Seconds for the answer.")]
MemoryLimit = Annotated[
    str | None, option("--memory-limit BYTES", "Such as 500MB or 2GB; half of the machine by default.")
]
Json = Annotated[bool, option("--json", "One JSON object on standard output, nothing else.")]
Quiet = Annotated[bool, option("--quiet", "No sizes, progress or notes.")]

FOREVER = 1e9
"""Seconds that no clock counts to the end; waiting for more is more than some of them take."""
_SIZE = re.compile(r"([^\s]*?[0-9.])\s*([kmgt]?i?b?)", re.IGNORECASE)
_UNITS = {"": 1.0} | {
    f"{letter}{i}": base**power
    for power, letter in enumerate("kmgt", 1)
    for i, base in (("", 1000.0), ("i", 1024.0))
}


def memory_bytes(text: str | None) -> float | None:
    """Bytes of a text such as ``2GB``. Raises `InvalidInput`.

    >>> memory_bytes("500MB"), memory_bytes("1.5GiB"), memory_bytes("4096")
    (500000000.0, 1610612736.0, 4096.0)
    """
    if text is None:
        return None
    parts = _SIZE.fullmatch(text.strip())
    unit = parts[2].lower().removesuffix("b") if parts else "?"
    if parts is None or unit not in _UNITS:
        raise InvalidInput(f"--memory-limit: {shown(text)} is not a number of bytes such as 500MB or 2GB")
    count = positive(parts[1])
    if count is None:
        raise InvalidInput(f"--memory-limit: {shown(text)} is not a positive number of bytes")
    return count * _UNITS[unit]


def seconds(text: str | None) -> float | None:
    """A time limit. Raises `InvalidInput`."""
    if text is None:
        return None
    limit = positive(text.strip())
    if limit is None:
        raise InvalidInput(f"--time-limit: {shown(text)} is not a positive number of seconds")
    return min(limit, FOREVER)


def positive(text: str) -> float | None:
    """The number that a text shows, None where it is not above 0, or not one that a double can hold."""
    try:
        return float(rational(text)) or None if rational(text) > 0 else None
    except ValueError:
        return None


def environment_of(name: str, settings: list[str] | None) -> Environment:
    """The environment asked for. Raises `InvalidInput`."""
    return load(name, **read_settings(settings))


def read_settings(settings: list[str] | None) -> dict[str, str]:
    """The settings by name. Raises `InvalidInput` where one is malformed or given twice."""
    given: dict[str, str] = {}
    for text in settings or ():
        name, value = parse_setting(text)
        if name in given:
            raise InvalidInput(f"--set: {name} is given twice ({given[name]} and {value})")
        given[name] = value
    return given


def file_of(name: str) -> str | None:
    """The instance's path, None for a library name."""
    return None if name in {family.name for family in all_families()} else name


def question_of(env: Environment, asked: dict[str, Any]) -> Question:
    """The question that checked words ask."""
    return Question.of(
        env,
        objective=asked["objective"],
        participation=asked["participation"],
        demands=asked.get("demands"),
        **{key: asked[key] for key in ("incentives", "coupling", "formulation")},
    )


def demands_of(
    env: Environment, payments: list[str] | None, on: str | None, budget: str | None, balanced: bool
) -> Demands:
    """What these options demand. Raises `InvalidInput`."""
    keys: dict[str, Any] = {} if on is None else {"on": on}
    if payments:
        by_agent: dict[str, str] = {}
        for text in payments:
            agent, _, word = text.rpartition("=")
            if agent in by_agent or (not agent and len(payments) > 1):
                raise InvalidInput(
                    f"--payments: {shown(text)} beside {shown(payments[0])} says something twice"
                )
            by_agent[agent] = word
        keys["payments"] = by_agent.get("", by_agent)
    keys |= ({} if budget is None else {"budget": budget}) | ({"balanced": True} if balanced else {})
    demands = read_demands(keys)
    check_demands(demands, env)
    return demands


@dataclass(frozen=True)
class Words:
    """Everything that a design, a ladder or an export can be told."""

    objective: str = "revenue"
    incentives: str = "bayesian"
    participation: str = "interim"
    coupling: str | None = None
    formulation: str = "auto"
    payments: list[str] | None = None
    on: str | None = None
    budget: str | None = None
    balanced: bool = False
    solver: str = "highs"
    exact: bool = False
    certificate: str | None = None
    time_limit: str | None = None
    memory_limit: str | None = None

    @classmethod
    def of(cls, context: typer.Context) -> Words:
        """Those that the command of this context takes, as they were typed."""
        return cls(
            **{
                field.name: context.params[field.name]
                for field in fields(cls)
                if field.name in context.params
            }
        )

    def effort(self) -> Effort:
        """What beside the question is told. Raises `InvalidInput`."""
        limits = seconds(self.time_limit), memory_bytes(self.memory_limit)
        return Effort(self.solver, self.exact, *limits)

    def check(self, env: Environment) -> dict[str, Any]:
        """Raise `InvalidInput` for a word that is unknown or contradicts another, before anything is built.

        Returns the words of the question as the Python functions take them, demands where there are any.
        """
        objective = read_objective(self.objective)
        lies, participation = read_incentive(self.incentives), read_participation(self.participation)
        if self.coupling is not None:
            check_coupling(env, self.coupling)
        if read_formulation(self.formulation)[0] == "utilities" and (participation.by_path or lies.myopic):
            by_path = f"--participation {participation.name}"
            notion = by_path if participation.by_path else f"--incentives {lies.name}"
            raise InvalidInput(
                f"--formulation {self.formulation} contradicts {notion}, which looks at single payments; use "
                "textbook"
            )
        engine(self.solver)
        seconds(self.time_limit)
        demands = demands_of(env, self.payments, self.on, self.budget, self.balanced)
        if self.certificate is not None and not self.exact:
            raise InvalidInput("--certificate needs --exact: only a rational answer has a proof")
        return {
            "objective": objective,
            "incentives": lies,
            "participation": participation,
            "coupling": self.coupling,
            "formulation": self.formulation,
            **({"demands": demands} if demands else {}),
            "exact": self.exact,
            "memory_limit": memory_bytes(self.memory_limit),
        }
