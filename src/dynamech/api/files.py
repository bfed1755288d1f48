"""The public functions on files: `load`, `load_question` and `save`."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

from ..instances.file import save_instance
from ..instances.library import EnvironmentLike, as_environment, load
from ..instances.mechanism_file import read_mechanism, save_mechanism
from ..instances.question_file import read_question, save_question
from ..models.accounts.account import Account
from ..models.accounts.bank import Bank
from ..models.accounts.nonclairvoyant.answer import NonClairvoyant
from ..models.accounts.nonclairvoyant.asymptotic import Asymptotic
from ..models.correlation import Correlation
from ..models.correlation.budget import Budget
from ..models.correlation.extraction import Extraction
from ..models.design.design import Design
from ..models.design.question import Question
from ..models.efficient.generalised_vcg import GeneralisedVCG
from ..models.efficient.mechanisms import EfficientMechanism
from ..models.environment.environment import Environment
from ..models.mechanism.mechanism import Mechanism
from ..models.payments.implement import Implementation
from ..models.screening.menu import Menu
from ..models.screening.sequential.disclosure import DisclosureSearch
from ..models.screening.sequential.screening import SequentialScreening
from ..models.screening.virtual_pivot import VirtualPivot
from ..solvers.certificate import Certificate
from ..solvers.errors import InvalidInput
from ..solvers.program import Program
from .reporting import Report

Path = str | PathLike[str]


def _save_its_mechanism(answer: Any, path: Path) -> None:
    """What ``--out`` keeps of an answer that has a mechanism."""
    mechanism = answer.mechanism
    if mechanism is None:
        raise InvalidInput(f"this {type(answer).__name__} has no mechanism to be saved")
    save_mechanism(mechanism, path)


FORMATS: dict[type, Callable[[Any, Path], None]] = {
    Environment: save_instance,
    Mechanism: save_mechanism,
    Question: save_question,
    Report: Report.write,
    Program: Program.write,
    Certificate: Certificate.save,
    Account: _save_its_mechanism,
    Asymptotic: _save_its_mechanism,
    Bank: _save_its_mechanism,
    Budget: _save_its_mechanism,
    Correlation: _save_its_mechanism,
    Design: _save_its_mechanism,
    EfficientMechanism: _save_its_mechanism,
    Extraction: _save_its_mechanism,
    GeneralisedVCG: _save_its_mechanism,
    Implementation: _save_its_mechanism,
    NonClairvoyant: _save_its_mechanism,
    Menu: _save_its_mechanism,
    SequentialScreening: _save_its_mechanism,
    DisclosureSearch: _save_its_mechanism,
    VirtualPivot: _save_its_mechanism,
}
"""What has a file format, and what writes it."""


def load_question(path: Path) -> Question:
    """The question in a file that `save` wrote, or a person: see the published schema.

    Raises `InvalidInput` with one line naming the file and the place.
    """
    return read_question(path)


def load_mechanism(path: Path, env: EnvironmentLike | None = None) -> Mechanism:
    """The mechanism in a file that `save` or ``--out`` wrote, or a person: see the published schema.

    env: the environment that it has to fit, where that should be checked. Raises `InvalidInput` with one line
    naming the file and the place.
    """
    return read_mechanism(path, None if env is None else as_environment(env))


def save(answer: Any, path: Path) -> None:
    """Write what has a file format to a file, without loss; it appears whole or not at all.

    An environment, or the library's name of one, becomes an instance file; a question a question file; a
    mechanism, and an answer that has one, a mechanism file; a certificate the file that ``dynamech
    certificate`` checks; a program ``.mps`` or ``.lp`` by the suffix of `path`. Raises `InvalidInput` where
    there is no format or the file cannot be written, and `Infeasible` for a design without mechanism.
    """
    answer = as_environment(answer) if isinstance(answer, str | PathLike) else answer
    write = next((FORMATS[kind] for kind in type(answer).__mro__ if kind in FORMATS), None)
    if write is None:
        *most, last = (kind.__name__ for kind in FORMATS)
        raise InvalidInput(
            f"{type(answer).__name__}: there is no file format for it; {', '.join(most)} and {last} have one"
        )
    write(answer, path)


__all__ = ["load", "load_mechanism", "load_question", "save"]
