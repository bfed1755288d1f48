"""The words of a question on the command line, checked before any work is done.

What is demanded is said by the same options wherever a question is asked: `DEMANDS` has a line for each, and
`demanding` gives them to a command, with ``--question``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from inspect import Parameter
from typing import Annotated, Any, get_args

import typer

from ..api.asking import asked
from ..instances.jsonfile import read_json
from ..models.compiler.formulation import read_formulation
from ..models.design.question import WORDS, Question
from ..models.environment.environment import Environment
from ..models.notions.demands import BUDGETS, ON, Row
from ..models.notions.demands.own_row import rows
from ..models.notions.demands.payments import BOUNDS
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line
from ..solvers.solve import engine
from .options import by_agent, memory_bytes, option, seconds


def _groups(texts: list[str]) -> list[list[str]]:
    """Names between commas."""
    return [text.split(",") for text in texts]


def _as_typed(value: Any) -> Any:
    return value


def _rows(path: str) -> tuple[Row, ...]:
    """The rows of a file. Raises `InvalidInput` naming it."""
    content, where = read_json(path), one_line(path)
    try:
        return tuple(demand.row for demand in rows(content))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None


DEMANDS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "payments": (
        Annotated[
            list[str] | None,
            option(
                "--payments WORD|AGENT=WORD",
                "Bounds on payments; repeatable by agent",
                [*BOUNDS, "LOW..HIGH"],
            ),
        ],
        functools.partial(by_agent, "--payments"),
    ),
    "on": (Annotated[str | None, option("--on WORD", "What --payments bounds", ON)], _as_typed),
    "budget": (Annotated[str | None, option("--budget WORD", "Payments cover costs", BUDGETS)], _as_typed),
    "balanced": (Annotated[bool, option("--balanced", "Payments equal costs; with --budget.")], _as_typed),
    "anonymous": (
        Annotated[
            list[str] | None,
            option("--anonymous A,B", "These agents, who are alike, are treated alike; repeatable by group."),
        ],
        _groups,
    ),
    "rows": (Annotated[str | None, option("--rows FILE", "Rows of one's own: a JSON list.")], _rows),
    "deterministic": (Annotated[bool, option("--deterministic", "No lotteries over actions.")], _as_typed),
}
"""By the key of a question that it says: the option, and what becomes of what is typed."""
QUESTION = Annotated[
    str | None,
    option("--question FILE", "A question file; words beside it have to be its own."),
]
BEHIND = ("instance", "settings", "objective", "incentives", "participation", "coupling", "formulation")
"""Parameters of commands that come before these options."""


def demanding(command: Callable[..., None]) -> Callable[..., None]:
    """The command with --question and the options of demands, which it reads from its context."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())
    at = 1 + max(k for k, parameter in enumerate(own) if parameter.name in BEHIND)
    kinds = {"question": QUESTION} | {key: kind for key, (kind, _) in DEMANDS.items()}
    more = [
        Parameter(
            key,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=False if get_args(kind)[0] is bool else None,
            annotation=kind,
        )
        for key, kind in kinds.items()
    ]

    @functools.wraps(command)
    def told(**given: Any) -> None:
        command(**{parameter.name: given[parameter.name] for parameter in own})

    parameters = [*own[:at], *more, *own[at:]]
    vars(told)["__signature__"] = inspect.Signature(parameters, return_annotation=None)
    told.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return told


@dataclass(frozen=True)
class Words:
    """Everything that a design, a ladder or an export can be told.

    question, rows: files. said, demands: what was typed beside the question, by its words and keys.
    """

    said: Mapping[str, Any]
    demands: Mapping[str, Any]
    question: str | None = None
    rows: str | None = None
    solver: str = "highs"
    exact: bool = False
    certificate: str | None = None
    time_limit: str | None = None
    memory_limit: str | None = None

    @classmethod
    def of(cls, context: typer.Context) -> Words:
        """Those that the command of this context takes, as they were typed."""
        given = context.params
        typed = {
            key for key in given if getattr(context.get_parameter_source(key), "name", "") == "COMMANDLINE"
        }
        said = {key: given[key] for key in WORDS if key in typed}
        demands = {key: read(given[key]) for key, (_, read) in DEMANDS.items() if key in typed}
        names = [field.name for field in fields(cls) if field.name in given and field.name not in WORDS]
        return cls(said, demands, **{name: given[name] for name in names if name not in ("said", "demands")})

    @property
    def files(self) -> tuple[str | None, ...]:
        """What is read, and so not written."""
        return self.question, self.rows

    @property
    def silent(self) -> bool:
        """Whether nothing was said of a question."""
        return not self.said and not self.demands and self.question is None

    def effort(self) -> Effort:
        """What beside the question is told. Raises `InvalidInput`."""
        limits = seconds(self.time_limit), memory_bytes(self.memory_limit)
        return Effort(self.solver, self.exact, *limits)

    def ask(self) -> Question:
        """The question. Raises `InvalidInput` for a word that is unknown, or contradicts another."""
        question = asked(self.question, **self.said, demands=self.demands or None)
        promised, lies = question.participation, question.incentives
        if read_formulation(question.formulation)[0] == "utilities" and (promised.by_path or lies.myopic):
            by_path = f"--participation {promised.name}"
            notion = by_path if promised.by_path else f"--incentives {lies.name}"
            raise InvalidInput(
                f"--formulation {question.formulation} contradicts {notion}, which looks at single payments; "
                "use textbook"
            )
        return question

    def check(self, env: Environment) -> dict[str, Any]:
        """Raise `InvalidInput` for a word that is unknown or contradicts another, before anything is built.

        Returns what the Python functions are told: the question, whether exactly, and the memory limit.
        """
        question = self.ask().check(env)
        engine(self.solver)
        seconds(self.time_limit)
        if self.certificate is not None and not self.exact:
            raise InvalidInput("--certificate needs --exact: only a rational answer has a proof")
        return {"question": question, "exact": self.exact, "memory_limit": memory_bytes(self.memory_limit)}
