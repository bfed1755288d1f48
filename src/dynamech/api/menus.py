"""The public function `menu`: what a person could offer, contracts with a fee and prices."""

from __future__ import annotations

from ..instances.library import EnvironmentLike, as_environment
from ..models.screening.menu import Menu
from ..models.screening.menu_kinds import menu as build
from ..solvers.effort import Effort
from ..solvers.events import Notify


def menu(
    env: EnvironmentLike,
    kind: str | None = None,
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Menu:
    """The optimal mechanism as a menu, of which everybody takes the contract that is best for her.

    kind: "posted" (one buyer whose values separate: a price for every action at every history; Kakade, Lobel
    and Nazerzadeh, Fig. 3), "option" (one buyer who learns more before she buys: a fee and a strike price),
    "handicap" (several bidders: a fee and a premium) or "progressive" (one buyer who knows how her value
    grows: a fee and a price for every period; Boleslavsky and Said); by default the one whose conditions
    hold. exact: over the rationals, floats at their binary values; otherwise in doubles. time_limit: seconds
    for the answer. memory_limit: bytes, half of the machine's by default. notify: is told what is worked on.

    Raises `InvalidInput` for no such kind, `AssumptionViolated` where conditions fail, naming the place and
    the number, and for an excludable environment (a menu itself leaves out whoever takes no contract),
    `TooLarge`, also where the time limit is reached.

    >>> import dynamech as dm
    >>> offered = dm.menu("kln-separable", exact=True)
    >>> [(one.types, str(one.fee), str(one.price(1, "sell"))) for one in offered.menus[0].contracts]
    [(('3',), '1539/400', '9/2'), (('4',), '1197/200', '3')]
    >>> str(offered.profit), bool(dm.verify("kln-separable", offered.mechanism, incentives="ex-post"))
    ('741/200', True)
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return build(as_environment(env), kind, effort=effort)
