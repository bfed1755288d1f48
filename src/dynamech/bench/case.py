"""What is measured: an instance, the words of a question, a formulation and a solver."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from ..instances.file import instance_to_json
from ..instances.jsonfile import digest
from ..instances.library import load
from ..models.compiler.prepared import Prepared
from ..models.design.compiling import prepare
from ..models.design.question import Question
from ..models.environment.environment import Environment
from ..solvers.effort import Effort
from ..solvers.errors import AssumptionViolated, InvalidInput

DEFAULT_FORMULATIONS = (
    "auto",
    "utilities",
    "utilities+local",
    "utilities+lazy",
    "thresholds",
    "textbook",
    "textbook+lazy",
)
"""Measured where none is named, as far as their conditions hold and they are not one another."""
WORKER = (sys.executable, "-P", "-m", "dynamech.bench.worker")
"""The command that measures one case; see `worker.py`."""


@dataclass(frozen=True)
class Asked:
    """The words of the question, as texts, its demands by their keys, and the limits.

    certificate: answers are exact and proved, and the proof is timed. time_limit in seconds for each solve,
    memory_limit in bytes for each program.
    """

    objective: str = "revenue"
    incentives: str = "bayesian"
    participation: str = "interim"
    coupling: str | None = None
    certificate: bool = False
    time_limit: float | None = None
    memory_limit: float | None = None
    demands: Mapping[str, Any] = field(default_factory=dict)

    def counted(self, env: Environment, formulation: str) -> Prepared:
        """The question in this formulation, counted, however large. Raises as `prepare` does."""
        words = self.objective, self.incentives, self.participation, self.coupling
        effort = Effort(exact=self.certificate, memory_limit=math.inf)
        return prepare(env, Question(*words, formulation, self.demands), effort)[0]


@dataclass(frozen=True)
class Instance:
    """A library instance or a file, at one size.

    source: library name or path. settings: its parameters as texts. size: what tells it from the others of
    the run, by name, as texts; empty where there is one.
    """

    source: str
    settings: Mapping[str, str] = field(default_factory=dict)
    size: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def environment(self) -> Environment:
        """Loaded when first looked at. Raises `InvalidInput`."""
        return load(self.source, **self.settings)

    @cached_property
    def digest(self) -> str:
        """A hash of everything in the environment."""
        return digest_of(self.environment)

    @property
    def label(self) -> str:
        """The size as a person reads it, the name of the instance where there is one size only."""
        return ", ".join(f"{name}={value}" for name, value in self.size.items()) or self.environment.name

    def leads_to(self, asked: Asked, formulation: str) -> tuple[str | None, str]:
        """(what the formulation is in full, "") or (None, why it cannot be had); nothing is built."""
        env = self.environment
        try:
            counted = asked.counted(env, formulation)
        except (InvalidInput, AssumptionViolated) as error:
            return None, str(error)
        return counted.plan.formulation, ""

    def textbook_rows(self, asked: Asked) -> int | None:
        """Rows of the textbook program of the question, counted and not built; None where there is none."""
        env = self.environment
        try:
            return asked.counted(env, "textbook").size.rows
        except (InvalidInput, AssumptionViolated):
            return None


def digest_of(env: Environment) -> str:
    """A hash of everything in an environment."""
    return digest(instance_to_json(env))


@dataclass(frozen=True)
class Case:
    """One line of the table: an instance in one formulation by one solver.

    command: what measures it; it reads `request` as JSON from standard input and writes its figures as JSON
    to standard output.
    """

    instance: Instance
    asked: Asked
    formulation: str
    solver: str
    command: Sequence[str] = WORKER

    @property
    def label(self) -> str:
        """The case in a few words."""
        return f"{self.instance.label}: {self.formulation} by {self.solver}"

    @cached_property
    def words(self) -> dict[str, Any]:
        """Everything but the instance that the figures depend on."""
        from .. import __version__

        told = {"formulation": self.formulation, "solver": self.solver, "version": __version__}
        return told | asdict(self.asked)

    @cached_property
    def means(self) -> tuple[object, ...]:
        """What is measured: the same for words that lead to the same program here, as ``auto`` may."""
        full = self.instance.leads_to(self.asked, self.formulation)[0] or self.formulation
        return self.instance.digest, self.words | {"formulation": full}, self.command

    def request(self) -> dict[str, Any]:
        """What the worker is told."""
        instance = self.instance
        told = {"source": instance.source, "settings": dict(instance.settings), "digest": instance.digest}
        return told | self.words


def default_formulations(
    instances: Sequence[Instance], asked: Asked
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The default formulations that differ here, and of the others why they were left out."""
    chosen: dict[tuple[str | None, ...], str] = {}
    left_out: dict[str, str] = {}
    for word in DEFAULT_FORMULATIONS:
        reached = [instance.leads_to(asked, word) for instance in instances]
        full = tuple(name for name, _ in reached)
        if None in full:
            left_out[word] = next(reason for name, reason in reached if name is None)
        elif full in chosen:
            left_out[word] = f"the same as {chosen[full]} here"
        else:
            chosen[full] = word
    return tuple(chosen.values()) or ("auto",), left_out
