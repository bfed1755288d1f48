"""The clairvoyant optimum of several buyers as a recursion over promises w ≥ 0, one number a buyer.

With payments front-loaded (MPTZ Lemma A.3) a buyer is charged her value of what she reports, and what she
will be paid back in the end is all that she can expect. Later types are independent of this period's, so a
lie changes nothing but that promise. With Q_i(k), Z_i(k) the means over the others of q_i(θ) and z_i(θ), the
most welfare of the periods from t on that leaves the buyers w is

    g_t(w) = max Σ_θ f(θ) [Σ_i v_i(θ_i) q_i(θ) + g_{t+1}(z(θ))],     g_T = 0,
    s.t.  Σ_i q_i(θ) ≤ 1,   z ≥ 0,   Σ_k f_i(k) U_i(k) ≤ w_i,   U_i(k) ≥ Z_i(k),
          U_i(k + 1) − U_i(k)  ≥  (v_i(k + 1) − v_i(k)) Q_i(k)        nobody says a lower type,
          U_i(k + 1) − U_i(k)  ≤  (v_i(k + 1) − v_i(k)) Q_i(k + 1)    nor a higher one,

and the optimum is max over w ≥ 0 of g_0(w) − Σ_i w_i. Neighbours are enough, as a type is one number. What
U_i(k) has beyond Z_i(k) is paid out at once, so less may be kept than promised: g_t never falls in w. It is
concave, as lots are allowed, and the same after all reports.

One box does for the promises of all periods: 0 ≤ z_i ≤ B_i = Σ_t Σ_k f_i(k) (v_i(k) − v_i(0)). Let B_i(t) be
the part of that sum from t on. Any rule q for the periods from t on under which Q_i never falls in k can be
had from w_i = B_i(t), whatever the others were promised. By induction from the end: keep B_i(t + 1) for the
lowest type, and for type k, whatever the others say, leave her Σ_{l < k} (v_i(l + 1) − v_i(l)) Q_i(l) beyond
it, which is at most v_i(k) − v_i(0) and, as nothing more need be kept, is paid out at once. So g_t does not
change in w_i beyond B_i(t) ≤ B_i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....solvers.errors import TooLarge
from ....solvers.numbers import Floats, Ints, to_float
from ....solvers.short import Short
from ..items import Items

BYTES_A_PLACE = 2_000
"""What a number of the two programs of a period takes, with their cuts and points: measured."""


@dataclass(frozen=True, eq=False, repr=False)
class PromiseStage(Short):
    """One period in doubles, money in units of `Promises.unit`. N buyers, S profiles, M types of all buyers
    in one line, L steps from one type of a buyer to her next.

    chance (S,); at (N, S): each buyer's type in the line; owner (M,): whose it is; weight, value (M,);
    low, high (L,): the types of a step; rise (L,): of the value.
    """

    chance: Floats
    at: Ints
    owner: Ints
    weight: Floats
    value: Floats
    low: Ints
    high: Ints
    rise: Floats

    @property
    def steady(self) -> Floats:
        """(N, S): an allocation under which every type wins more often than the one below her."""
        sizes = np.bincount(self.owner)
        place = np.arange(len(self.owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        share: Floats = (place + 1) / (len(sizes) * sizes[self.owner])
        return share[self.at]

    def mean(self, amounts: Floats) -> Floats:
        """(M,): what each type expects of amounts (N, S)."""
        sums = np.bincount(self.at.ravel(), (self.chance * amounts).ravel(), len(self.owner))
        mean: Floats = sums / self.weight
        return mean


@dataclass(frozen=True, eq=False, repr=False)
class Promises(Short):
    """All periods. box (N,): see the module; groups: buyers who are alike in every period; unit: what one
    unit is in money."""

    stages: tuple[PromiseStage, ...]
    box: Floats
    groups: tuple[Ints, ...]
    unit: float

    def paired(self, amounts: Floats, prices: Floats) -> Floats:
        """(R, J, N): amounts (J, N), given in falling order within each group, dealt out among the buyers of
        the group so that they cost least at each row of prices (R, N): the largest to the cheapest."""
        dealt = np.empty((len(prices), *amounts.shape))
        rows = np.arange(len(prices))[:, None]
        for group in self.groups:
            cheapest = group[np.argsort(prices[:, group], axis=1, kind="stable")]
            dealt[rows, :, cheapest] = amounts.T[group][None]
        return dealt

    def fallen(self, amounts: Floats) -> Floats:
        """Amounts (N,) in falling order within each group."""
        fallen = amounts.copy()
        for group in self.groups:
            fallen[group] = np.sort(amounts[group])[::-1]
        return fallen


def promises(items: Items, room: float) -> Promises:
    """Read items. Raises `TooLarge` where a period's profiles need more than `room` bytes."""
    unit = items.largest or 1  # rational values are divided as such: doubles are then the same in any money
    stages = []
    for t, market in enumerate(items.markets):
        sizes = [buyer.size for buyer in market.buyers]
        profiles = float(np.prod([float(k) for k in sizes]))
        if profiles * len(sizes) * BYTES_A_PLACE > room:
            raise TooLarge(
                f"clairvoyant optimum, period {t}: {profiles:,.0f} profiles of {len(sizes)} buyers need more "
                f"than {room / 1e9:.2g} GB; fewer buyers or types, or a higher memory limit"
            )
        starts = np.cumsum([0, *sizes[:-1]])
        at = np.indices(sizes).reshape(len(sizes), -1) + starts[:, None]
        owner = np.repeat(np.arange(len(sizes)), sizes)
        weight = np.concatenate([to_float(buyer.probabilities) for buyer in market.buyers])
        weight = weight / np.bincount(owner, weight)[owner]
        value = np.concatenate([to_float(buyer.values / unit) for buyer in market.buyers])
        low = np.flatnonzero(owner[1:] == owner[:-1])
        rise = value[low + 1] - value[low]
        stages.append(PromiseStage(weight[at].prod(axis=0), at, owner, weight, value, low, low + 1, rise))
    above = (s.value - s.value[np.searchsorted(s.owner, s.owner)] for s in stages)
    box = sum(np.bincount(s.owner, s.weight * most) for s, most in zip(stages, above, strict=True))
    return Promises(tuple(stages), np.asarray(box), _alike(items), float(unit))


def _alike(items: Items) -> tuple[Ints, ...]:
    groups: dict[tuple[object, ...], list[int]] = {}
    for i in range(items.buyers):
        mine = (market.buyers[i] for market in items.markets)
        key = tuple((*b.values.tolist(), *b.probabilities.tolist()) for b in mine)
        groups.setdefault(key, []).append(i)
    return tuple(np.array(group) for group in groups.values())
