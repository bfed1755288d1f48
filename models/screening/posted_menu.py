"""The menu of one buyer whose values separate: OPTIMAL-CONTRACTING (KLN, Fig. 3 and Corollary 6.1).

She picks a contract now, of the form (p, M(p)), and is then told the price of every action and chooses.
Where the price of a thing is of its cost and of nothing else it stays the same for ever, even if her value
rises or falls over time and the seller knows (KLN section 6.1). Prices and fees are `posted_contracts.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic_of
from ...solvers.effort import Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Ints, Number, show
from ..environment.environment import Environment
from ..environment.reshape import keep_types
from ..mechanism.mechanism import Mechanism, Stage
from .menu import Menu
from .menu_choices import OneBuyer
from .menu_lists import Lists, listed_menu
from .menu_mechanism import menu_mechanism
from .posted_contracts import Candidate, best_of, tried
from .setting import Setting, setting
from .virtual_levels import VirtualLevels, inverse_hazard


def posted(env: Environment, effort: Effort) -> Menu:
    """Posted prices for one buyer.

    What goes on for ever has one list of prices from period 1 on. Raises `AssumptionViolated` for several
    agents, where nobody can be left out unharmed, and as `setting.setting` does: a period 0 of its own, first
    signals independent of the rest (Assumption 2.3), separable values (Property 4.1); `OutOfTime`.
    """
    if env.num_agents != 1:
        raise AssumptionViolated(
            f"posted prices are for one buyer, and environment '{env.name}' has {env.num_agents} agents"
        )
    separated, order = _rising(setting(env, exact=effort.exact, endless=True, effort=effort), effort)
    separated = _together(separated)
    buyer = OneBuyer(separated.environment, effort)
    menus = tried(separated, buyer)
    best = best_of(menus, buyer.slack)
    lists = Lists(buyer)
    mechanism = _listed(menu_mechanism(buyer, best.offers, best.choices.takes), order)
    home = env.to_exact() if effort.exact else env.to_float()
    return replace(
        listed_menu("posted", lists, best.offers, best.meant, best.choices, home, mechanism),
        bound=separated.bound,
        notes=(*_notes(separated, best), _criterion(separated, menus, best, buyer), *_constant(best, lists)),
    )


def _rising(separated: Setting, effort: Effort) -> tuple[Setting, list[Ints]]:
    """The setting with first signals listed from the lowest level up, and where each of its types, by period,
    was listed: what a menu is must not depend on that."""
    level = separated.levels[0].level
    first = np.array(sorted(range(len(level)), key=lambda k: level[k]))
    order = [(first[:, None] * rest + np.arange(rest)).reshape(-1) for rest in separated.pairs[0].rest]
    if (np.diff(first) > 0).all():
        return separated, order
    turned = keep_types(separated.environment, 0, order)
    return setting(turned, exact=effort.exact, endless=True, effort=effort), order


def _together(separated: Setting) -> Setting:
    """The setting with first signals of one level as one of their probabilities together: they want the same,
    and no price tells them apart."""
    own, chance = separated.levels[0], separated.environment.agents[0].prior
    apart = np.diff(own.level) > arithmetic_of(own.level).slack(own.level, COMPUTED)
    group = np.append(0, np.cumsum(apart))
    starts = np.flatnonzero(np.append(True, apart))
    levels, chances = own.level[starts], np.add.reduceat(chance, starts)
    steps = np.append(np.diff(levels), 0 * levels[:1])
    short = (inverse_hazard(chances) * steps)[group]
    return replace(separated, levels=(VirtualLevels(own.form, own.level, short),))


def _listed(mechanism: Mechanism, order: Sequence[Ints]) -> Mechanism:
    """The mechanism with types in the order in which they were listed."""
    stages = []
    for stage, places in zip(mechanism.stages, order, strict=True):
        back = np.argsort(places)
        following = None if stage.next is None else stage.next[:, back]
        allocation, paid = stage.allocation[:, back], stage.transfers[:, :, back]
        stages.append(Stage(allocation, paid, following, stage.label))
    return replace(mechanism, stages=tuple(stages))


def _notes(separated: Setting, best: Candidate) -> Iterator[tuple[str, str]]:
    """How prices and fees were found, and what of Theorem 5.1 fails."""
    prices = (
        "(c − β)/α with a smaller α: raised as far as types still want what is meant for them"
        if best.raised
        else "(c − β)/α"
    )
    fees = "the best contract for a type below would" if best.cascading else "lower sums of her rent say"
    yield "Prices", f"{prices}. Fees leave everybody what {fees}."
    for number, one in separated.assumptions.items():
        if not one.holds:
            by = "" if one.by is None else f", by {show(one.by)}"
            yield "Assumption", f"'{number}' of Theorem 5.1 fails: {one.where}{by}."


def _criterion(
    separated: Setting, menus: Sequence[Candidate], best: Candidate, buyer: OneBuyer
) -> tuple[str, str]:
    """What finitely many first signals need beside Theorem 5.1 (errata): at prices that are raised as far as
    they may be nobody wants more than the next type below, whose contract she then leaves to her."""
    if best.profit >= separated.bound - buyer.slack:
        return "Criterion", "It holds: nobody prefers another contract, and the menu earns the bound."
    gains = [one.choices.gain for one in menus if one.raised and not one.cascading]
    least = min(gains, key=lambda gain: gain.max())
    label = buyer.environment.agents[0].types[0][int(least.argmax())]
    tempted = (
        f"type '{label}' would have {show(least.max())} more from another contract, or from none, than from "
        "hers"
    )
    return "Criterion", (
        "It fails: with prices that are raised as far as they may be and fees that earn the bound "
        f"{tempted if least.max() > 0 else 'those are left out who are worth something to it'}. The menu "
        f"earns {show(separated.bound - best.profit)} less than the bound; the ladder says what is best."
    )


def _constant(best: Candidate, lists: Lists) -> Iterator[tuple[str, str]]:
    """For the first contract that somebody takes: things whose price stays while their mean value moves."""
    env, buyer = lists.buyer.environment, lists.buyer
    if env.stationary:  # prices are of no period then
        return
    for k, j in enumerate(best.choices.takes.tolist()):
        if j < 0:
            continue
        offer = best.offers[j]
        laws = lists.laws(k, offer.reply.policy)
        label = env.agents[0].types[0][k]
        for action in dict.fromkeys(what for period in env.actions for what in period):
            at = [(t, env.actions[t].index(action)) for t in range(env.periods) if action in env.actions[t]]
            at = [(t, a) for t, a in at if not buyer.idle[t][a]]
            means: list[Number] = [laws[t] @ buyer.values[t][a] for t, a in at]
            costs = {offer.prices[t][a] for t, a in at}
            if len(costs) == 1 and max(means) - min(means) > buyer.slack:
                values = ", ".join(show(mean) for mean in means)
                yield (
                    "Constant price",
                    f"'{action}' costs {show(costs.pop())} in all of periods {at[0][0]} to {at[-1][0]}, "
                    f"while its mean value to type '{label}' is {values}.",
                )
        return


