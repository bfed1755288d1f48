"""The kinds of menus, each with its builder, and which of them an environment is for.

A builder takes an environment and whether to work over the rationals, gives a `Menu`, and raises
`AssumptionViolated` where its conditions do not hold: one line with the place and the number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...solvers.errors import AssumptionViolated, InvalidInput
from ..environment.environment import Environment
from .handicap_auction import handicap
from .markov.progressive import progressive_menu
from .menu import Menu
from .posted import posted
from .sequential.menu import option_menu

Builder = Callable[[Environment, bool], Menu]

KINDS: dict[str, Builder] = {
    "posted": posted,
    "option": option_menu,
    "progressive": progressive_menu,
    "handicap": handicap,
}
"""In the order in which they are tried."""


def menu(env: Environment, kind: str | None = None, *, exact: bool = False) -> Menu:
    """The menu of a kind, or of the first kind whose conditions hold; it says why the others do not apply.

    Raises `InvalidInput` for no such kind, `AssumptionViolated` where the kind's conditions fail, or those of
    every kind, `TooLarge`.
    """
    if kind is not None and kind not in KINDS:
        raise InvalidInput(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    if kind is not None:
        return KINDS[kind](env, exact)
    menus: dict[str, Menu] = {}
    why: dict[str, str | None] = {}
    for name, build in KINDS.items():
        try:
            menus[name], why[name] = build(env, exact), None
        except AssumptionViolated as error:
            why[name] = str(error)
    if not menus:
        told = "; ".join(f"{name}: {reason}" for name, reason in why.items())
        raise AssumptionViolated(f"menu: environment '{env.name}' is for no kind of menu ({told})")
    first = next(iter(menus))
    return replace(menus[first], other_kinds={name: own for name, own in why.items() if name != first})
