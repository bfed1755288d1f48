"""Option contracts as a menu: a fee now and a strike price later, for whoever takes it (lecture notes).

Options of one strike price have one fee, and are one contract; who is sold nothing for nothing takes none.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....solvers.effort import Effort
from ....solvers.errors import AssumptionViolated
from ....solvers.numbers import Number, show
from ...environment.environment import Environment
from ..menu import AgentMenu, Contract, Excluded, Menu, Purchase
from ..menu_mechanism import surplus
from .screening import SequentialScreening, sequential_screening


def option_menu(env: Environment, effort: Effort) -> Menu:
    """The menu of options of one buyer who learns her value in two steps.

    Raises `AssumptionViolated` as `buyer_of` does, and where no fees hold everybody to the truth, neither for
    the strikes of the rule nor for falling ones: there first-order dominance fails.
    """
    screening = sequential_screening(env, effort)
    options, buyer = screening.menu, screening.buyer
    if options is None or options.fees is None or options.mechanism is None:
        cycle, dominance = screening.menus["falling"].cycle, screening.conditions["first-order dominance"]
        raise AssumptionViolated(
            f"{cycle.where} gain {show(cycle.by or 0)} together whatever the fees: values are not ordered "
            f"({dominance.where}, by {show(dominance.by or 0)}), as option contracts need (lecture notes)"
        )
    home, name = buyer.environment, buyer.name
    sale, before = home.actions[1][buyer.sale], (home.actions[0][0],)
    takers: dict[Number | None, tuple[Number, list[str]]] = {}
    excluded, buys = [], []
    second = np.array(home.agents[0].types[1], dtype=object)
    for k, (label, fee, price) in enumerate(
        zip(buyer.types, options.fees.tolist(), options.prices, strict=True)
    ):
        if price is None and abs(fee) <= options.nothing:
            excluded.append(Excluded(name, label))
            continue
        takers.setdefault(price, (fee, []))[1].append(label)
        used = (buyer.value_of >= options.strikes[k]) & (buyer.moves[k] > 0)
        if used.any():
            buys.append(Purchase(name, label, None, before, sale, tuple(second[used].tolist())))
    contracts = tuple(
        Contract(tuple(types), fee, () if price is None else ((before, sale, price),))
        for price, (fee, types) in takers.items()
    )
    return Menu(
        kind="option",
        instance=env.name,
        menus=(AgentMenu(name, None, contracts),),
        excluded=tuple(excluded),
        buys=tuple(buys),
        profit=options.profit or buyer.numbers.zero,
        profit_direct=surplus(home, options.mechanism),
        mechanism=options.mechanism,
        bound=screening.bound,
        notes=tuple(_notes(screening)),
    )


def _notes(screening: SequentialScreening) -> Iterator[tuple[str, str]]:
    """Which strikes they are, and what fails of what the theorem assumes."""
    told, value = screening.menus["rule"].integral_monotonicity, screening.virtual
    if screening.returned == "rule":
        yield "Strikes", "They are the best by what a sale earns less what it leaves to higher types."
    else:
        lost = value.buyer.money(value.buyer.prior @ value.profits.max(axis=1)) - (screening.profit or 0)
        yield (
            "Strikes",
            f"They are the best that fall in the first type. Those of virtual values would earn {show(lost)} "
            f"more, but at their fees {told.where} and gains {show(told.by or 0)}.",
        )
    for word, one in screening.conditions.items():
        if not one.holds:
            yield "Assumption", f"'{word}' fails: {one.where}, by {show(one.by or 0)}."
