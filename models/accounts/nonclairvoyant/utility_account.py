"""A mechanism that does not know the future is a bank account: the balance is what the buyer has kept so far.

MPTZ Lemmas C.1, C.2 and 5.2. In a mechanism that may end after any period, what a buyer expects afterwards
does not depend on what she reports (C.1), and no prefix of a path leaves less than 0. Then all histories of
a period with the same utilities so far can be given the average of their continuations (C.2): incentives,
participation and revenue stay, and b_t = Σ u_s is a balance (5.2), with (BU) an equality. On finite
supports payments are not unique given the allocation, C.1 can fail, and what it concludes has to be asked
for: `report-independent`.
"""

from __future__ import annotations

import numpy as np

from ....solvers.arithmetic import arithmetic
from ....solvers.errors import AssumptionViolated
from ....solvers.numbers import Array
from ...environment.environment import Environment
from ...mechanism.mechanism import Mechanism
from ..bank_account import Balances, BankAccount, open_account
from ..items import read_items
from ..reduction import ReportTree, grow_tree, verdicts


def account_by_utility(env: Environment, mechanism: Mechanism) -> BankAccount:
    """The account of Lemma 5.2, with the revenue of the mechanism.

    Raises `AssumptionViolated` where the environment sells no items, or the mechanism is not `bayesian`, not
    `report-independent` or not `prefix` participation (with the witness); `TooLarge`.
    """
    items = read_items(env)
    tree = grow_tree(items, mechanism)
    for verdict in verdicts(tree.items, tree.mechanism, ["bayesian", "report-independent"], ["prefix"]):
        if verdict.witness is not None:
            raise AssumptionViolated(
                f"a mechanism that does not know the future is '{verdict.notion}' ({verdict.kind}); this one "
                f"is not: {verdict.witness.sentence}"
            )
    return _open(_average(tree))


def _average(tree: ReportTree) -> ReportTree:
    """Lemma C.2: period by period, equal utilities so far, averaged continuations."""
    lottery, paid = list(tree.lottery), list(tree.paid)
    chance = arithmetic(tree.exact).ones(1)
    for t in range(1, tree.items.periods):
        chance = (chance[:, None] * tree.items.weights[t - 1]).ravel()
        now = ReportTree(tree.items, tuple(lottery), tuple(paid))
        number, _ = tree.items.classes(_kept_so_far(now, t).T)
        mass = arithmetic(tree.exact).zeros(int(number.max()) + 1)
        np.add.at(mass, number, chance)
        share = chance / mass[number]
        for s in range(t, tree.items.periods):
            lottery[s] = _mixed(lottery[s], number, share, len(mass))
            paid[s] = np.stack([_mixed(part, number, share, len(mass)) for part in paid[s]])
    return ReportTree(tree.items, tuple(lottery), tuple(paid))


def _mixed(table: Array, number: Array, share: Array, classes: int) -> Array:
    blocks = table.reshape(len(number), -1)
    sums = np.zeros((classes, blocks.shape[1]), dtype=table.dtype)
    np.add.at(sums, number, share[:, None] * blocks)
    return sums[number].reshape(table.shape)


def _kept_so_far(tree: ReportTree, t: int) -> Array:
    """(N, H): utilities of the periods before t on each history."""
    sums = arithmetic(tree.exact).zeros((tree.items.buyers, 1))
    for kept in tree.kept[:t]:
        sums = (sums[:, :, None] + kept).reshape(tree.items.buyers, -1)
    return sums


def _open(tree: ReportTree) -> BankAccount:
    """The averaged tree over balances b = utility so far."""
    histories: list[dict[Balances, int]] = []
    for t in range(tree.items.periods):
        first: dict[Balances, int] = {}
        for h, row in enumerate(tree.items.told_apart(_kept_so_far(tree, t)).T.tolist()):
            first.setdefault(tuple(row), h)
        histories.append(first)

    def rule(t: int, balances: Balances) -> tuple[Array, Array, Array]:
        here = np.array(balances, dtype=arithmetic(tree.exact).dtype)
        h = histories[t][tuple(tree.items.told_apart(here).tolist())]
        after = here[:, None] + tree.kept[t][:, h]
        return tree.lottery[t][h], tree.paid[t][:, h], after

    return open_account(tree.items, rule)
