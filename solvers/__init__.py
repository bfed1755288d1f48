"""Engines that know no economics: programs, LP and QP backends, exact certificates.

``catalogue()`` lists the solvers that are known, ``installed()`` those that are there.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .roster import Solver, catalogue, installed


def __getattr__(name: str) -> Any:
    # The roster imports arrays and an engine; whoever wants an error or a numeral of this room need not wait.
    if name in __all__:
        from . import roster

        return getattr(roster, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Solver", "catalogue", "installed"]
