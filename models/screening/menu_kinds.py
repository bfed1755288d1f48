"""The kinds of menus, each with its builder, and which of them an environment is for.

A builder takes an environment and an effort that has begun, gives a `Menu`, and raises
`AssumptionViolated` where its conditions do not hold: one line with the place and the number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, OutOfTime, TooLarge
from ..environment.environment import Environment
from .handicap_auction import handicap
from .markov.progressive import progressive_menu
from .menu import Menu
from .posted_menu import posted
from .sequential.menu import option_menu

Builder = Callable[[Environment, Effort], Menu]

KINDS: dict[str, Builder] = {
    "posted": posted,
    "option": option_menu,
    "progressive": progressive_menu,
    "handicap": handicap,
}
"""In the order in which they are tried."""


def menu(env: Environment, kind: str | None = None, *, effort: Effort = FLOATS) -> Menu:
    """The menu of a kind, or of the first kind whose conditions hold; it says why the others do not apply.

    Raises `InvalidInput` for no such kind, `AssumptionViolated` where the kind's conditions fail, or those of
    every kind, and where period 0 chooses whom to leave out (`environment/excludable.py`): a menu does that
    by itself; `TooLarge`, also where the time limit is reached.
    """
    if kind is not None and kind not in KINDS:
        raise InvalidInput(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    if env.with_everybody is not None:
        raise AssumptionViolated(
            f"menu: environment '{env.name}' is excludable, and a menu itself leaves out whoever takes no "
            "contract; ask for the menu of the same without excludable"
        )
    try:
        return _menu(env, kind, effort.begun())
    except OutOfTime:
        raise TooLarge(
            f"menu of '{env.name}': the time limit of {effort.time_limit:g} s was reached; give more time, "
            f"or ask for one kind ({', '.join(KINDS)})"
        ) from None


def _menu(env: Environment, kind: str | None, effort: Effort) -> Menu:
    menus: dict[str, Menu] = {}
    why: dict[str, str | None] = {}
    for name, build in KINDS.items() if kind is None else [(kind, KINDS[kind])]:
        effort.check()
        effort.tell("step", f"menu: {name}")
        try:
            menus[name], why[name] = build(env, effort), None
        except AssumptionViolated as error:
            if kind is not None:
                raise
            why[name] = str(error)
    if not menus:
        told = "; ".join(f"{name}: {reason}" for name, reason in why.items())
        raise AssumptionViolated(f"menu: environment '{env.name}' is for no kind of menu ({told})")
    first = next(iter(menus))
    return replace(menus[first], other_kinds={name: own for name, own in why.items() if name != first})
