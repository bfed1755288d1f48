"""Where local incentive rows imply all others: single crossing, tested on the data.

What type θ gains from a report r is linear in what r brings about: the lottery over actions and the
continuation utilities. If these gains differ between types in one direction only,

    gain(θ, r) = constant(θ) + g(θ) · H(r) + K(r),

then in the order of g a row to each neighbour, upwards and downwards, implies the rows to all reports (the
argument of Mirrlees and Myerson: neighbours make H increasing, and tangents to a convex function lie below
it). The constant may depend on type because every lottery sums to one. In the last period an agent whose
decision is binary always passes; before it, moving types pass only if they move in one direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic, arithmetic_of
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..histories.ragged import flat_index
from ..notions.incentives import Information


@dataclass(frozen=True, eq=False, repr=False)
class Crossing(Short):
    """Single crossing of one agent in one period.

    seen: the other agents whose current types the order depends on; sizes: how many types of each matter.
    rank (S, K): position of each own type in the order of g, equal where types gain alike.
    """

    seen: tuple[int, ...]
    sizes: tuple[int, ...]
    rank: Ints

    def rank_of(self, digits: Ints, own: Ints) -> Ints:
        """Ranks of own types (n,) where the others' types are those of the profiles `digits` (n, N)."""
        seen = digits[:, list(self.seen)] * (np.array(self.sizes) > 1)
        return self.rank[flat_index(seen, self.sizes), own]


def single_crossing(env: Environment, t: int, i: int, information: Information) -> Crossing | str:
    """The order in which neighbours suffice, or why there is none."""
    name = env.agents[i].name
    if env.joint:
        return f"agent '{name}', period {t}: under a joint process her beliefs depend on her type"
    if env.agents[i].may_report(t) is not None:
        return f"agent '{name}', period {t}: some types may not report others, neighbours perhaps"
    everyone = information is Information.PROFILE
    if env.conceals and not everyone:
        return f"agent '{name}', period {t}: past reports are concealed from her"
    seen = tuple(j for j in range(env.num_agents) if j != i and (everyone or j in env.observed))
    worth, sizes = worths(env, t, i, seen)
    moves = _moves(env, t, i)
    if not env.exact:  # so that neither money nor chances are nothing beside the other
        largest = float(abs(worth - worth[:, :1]).max(initial=0.0))
        worth = worth / (largest if largest > 0 else 1.0)
    gains = np.concatenate([worth, np.broadcast_to(moves, (len(worth), *moves.shape))], axis=2)
    rank = np.zeros(gains.shape[:2], dtype=np.int64)
    for s, differences in enumerate(gains - gains[:, :1]):
        at, failed = _direction(differences)
        if failed is not None:
            types = env.agents[i].types[t]
            what = "her moves" if failed[1] >= worth.shape[2] else "her values"
            return (
                f"agent '{name}', period {t}: {what} at type '{types[failed[0]]}' differ from those at "
                f"'{types[0]}' in another direction than at '{types[at[0]]}', so there is no single crossing"
            )
        rank[s] = np.unique(differences[:, at[1]], return_inverse=True)[1].reshape(-1)
    return Crossing(seen, sizes, rank)


def _direction(differences: Array) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """Where (type, column) the rows (K, C) differ most from the first, and where one is not a multiple."""
    size = abs(differences)
    if not differences.size or not (size != 0).any():
        return (0, 0), None
    k, c = np.unravel_index(int(np.argmax(size)), size.shape)
    crossed = differences * differences[k, c] - differences[:, c][:, None] * differences[k][None, :]
    slack = arithmetic_of(differences).slack(size[k, c] ** 2, ROUNDED)
    wrong = np.argwhere(np.asarray(abs(crossed) > slack))
    return (int(k), int(c)), (int(wrong[0][0]), int(wrong[0][1])) if len(wrong) else None


def worths(env: Environment, t: int, i: int, seen: tuple[int, ...]) -> tuple[Array, tuple[int, ...]]:
    """Values by (what she sees, own type, unseen types and action), up to constants; sizes of the first."""
    table, feasible, agents = env.agents[i].values[t], env.feasible[t], range(env.num_agents)
    actions = table.shape[0]
    if feasible is None:
        feasible = np.ones((actions, *(1 for _ in env.observed)), dtype=bool)
    states = dict(zip(env.observed, feasible.shape[1:], strict=True))
    shape = [env.types(t)[i] if j == i else max(table.shape[1 + j], states.get(j, 1)) for j in agents]
    worth = np.broadcast_to(table, (actions, *shape))
    if env.goods[t] is None:
        allowed = feasible.reshape(actions, *(states.get(j, 1) for j in agents))
        first = np.broadcast_to(allowed.argmax(axis=0), (1, *shape))
        worth = np.where(allowed, worth - np.take_along_axis(worth, first, axis=0), worth * 0)
    unseen = [j for j in agents if j != i and j not in seen]
    axes = [1 + j for j in seen] + [1 + i] + [1 + j for j in unseen] + [0]
    sizes = tuple(shape[j] for j in seen)
    count = int(np.prod(sizes, dtype=np.int64))
    return worth.transpose(axes).reshape(count, shape[i], -1), sizes


def _moves(env: Environment, t: int, i: int) -> Array:
    """Probabilities of next types by (own type, action and what the kernel is given and next type)."""
    size = env.types(t)[i]
    if t == env.periods - 1 or env.discount == 0 or not env.agents[i].kernels[t].by_type:
        return arithmetic(env.exact).zeros((size, 0))
    kernel = env.agents[i].kernels[t]
    table = kernel.table
    if kernel.deterministic:
        table = (table[..., None] == np.arange(kernel.size)).astype(np.int64) + arithmetic(env.exact).zeros(1)
    return np.moveaxis(table, 1 + len(kernel.given), 0).reshape(size, -1)
