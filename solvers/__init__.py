"""Engines that know no economics: programs, LP and QP backends, exact certificates.

``catalogue()`` lists the solvers that are known, ``installed()`` those that are there.
"""

from .roster import Solver, catalogue, installed

__all__ = ["Solver", "catalogue", "installed"]
