"""Does this dynamic mechanism really work?

A finite dynamic environment (who knows what, when, and what it is worth) goes in; out come how much each
notion of incentive compatibility leaves, whether the easy relaxation is tight, and, where it is not, who
lies, after which history, about what, and what she gains.

>>> import dynamech as dm
>>> env = dm.load("kln-nonseparable", n=5)
>>> ladder = dm.ladder(env)
>>> ladder.tight["relaxed"], round(ladder["relaxed"].value, 9), round(ladder["bayesian"].value, 9)
(False, 2.5, 2.25)
>>> ladder.witness.agent, round(ladder.witness.gain, 9)
('buyer', 1.25)

`design` answers one question and hands over the mechanism; `verify` checks any mechanism by itself.

>>> design = dm.design(env, incentives="bayesian", participation="interim")
>>> bool(dm.verify(env, design.mechanism, incentives="bayesian"))
True
>>> first_best = dm.design(env, incentives="none").mechanism
>>> bool(dm.verify(env, first_best, incentives="bayesian"))
False

An environment of one's own is an `Environment`, or a file for `load`; every error is a `DynamechError` of
the module `errors`, with a message of one line.
"""

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

__version__ = "0.1.0"

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
    "__version__",
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
