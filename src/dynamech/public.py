"""The public names, with everything that they need; ``import dynamech`` gets them from here when asked."""

from .accounts_api import bank, maximin, nonclairvoyant
from .api import compile, design, ladder, load, save, verify
from .auctions_api import burn, iron
from .correlation_api import budget, correlation, extraction
from .models.correlation import Correlation
from .models.design import Design
from .models.environment import Agent, Environment, Goods, Signals
from .models.generalised_vcg import generalised_vcg
from .models.implement import Implementation, implement
from .models.ladder import Ladder
from .models.mechanism import Mechanism, Stage
from .models.signals import signals
from .models.verdict import Verdict, Verdicts, Witness
from .solvers import errors
from .solvers.errors import DynamechError
from .solvers.program import Program
from .solvers.solution import Solution

__all__ = [
    "Agent",
    "Correlation",
    "Design",
    "DynamechError",
    "Environment",
    "Goods",
    "Implementation",
    "Ladder",
    "Mechanism",
    "Program",
    "Signals",
    "Solution",
    "Stage",
    "Verdict",
    "Verdicts",
    "Witness",
    "bank",
    "budget",
    "burn",
    "compile",
    "correlation",
    "design",
    "errors",
    "extraction",
    "generalised_vcg",
    "implement",
    "iron",
    "ladder",
    "load",
    "maximin",
    "nonclairvoyant",
    "save",
    "signals",
    "verify",
]
