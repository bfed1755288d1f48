"""Relaxations as rewritings of the environment, by name."""

from __future__ import annotations

from collections.abc import Callable

from ..environment.environment import Environment
from ..notions.incentives import Incentive
from .base import Rewriting, unchanged
from .coupling import COUPLINGS
from .shocks import check_coupling, default_coupling, shocks_public
from .types_public import types_public

REWRITINGS: dict[str, Callable[[Environment, str | None, float], Rewriting]] = {
    "shocks": shocks_public,
    "types": types_public,
}


def rewrite(env: Environment, notion: Incentive, coupling: str | None, limit: float) -> Rewriting:
    """The environment in which the notion is the Bayesian one; the environment itself for most.

    limit: bytes that its tables may take. Raises `TooLarge` before they are made, and `AssumptionViolated`.
    """
    if notion.rewriting is None:
        return Rewriting(env, env, unchanged, None)
    return REWRITINGS[notion.rewriting](env, coupling, limit)


__all__ = ["COUPLINGS", "REWRITINGS", "Rewriting", "check_coupling", "default_coupling", "rewrite"]
