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

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .models.answers import front as _front

if TYPE_CHECKING:
    from .public import *

__version__ = "0.1.0"

_front.register(lambda: import_module(".report.answers", __name__))


class _Package(ModuleType):
    """`report` is the public function, though the room of that name is bound here once it is imported."""

    @property
    def report(self) -> Any:
        return import_module(".api.reporting", __name__).report

    @report.setter
    def report(self, room: ModuleType) -> None:
        pass


sys.modules[__name__].__class__ = _Package

_ROOMS = ("api", "instances", "models", "solvers")


def __getattr__(name: str) -> Any:
    # Engines and arrays take a second to import. Until a name is asked for, nothing is: the command line can
    # so be interrupted from its first moment on.
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name == "__all__" or not name.startswith("__"):
        public = vars(import_module(".public", __name__))
        names = {known: public[known] for known in public if not known.startswith("_")}
        globals().update(names, __all__=sorted([*names, "__version__"]))
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
