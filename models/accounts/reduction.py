"""From any mechanism for items sold over time to a bank account (MPTZ Lemmas A.3, A.4 and 3.3).

Start from a dynamically incentive compatible mechanism that leaves no path below 0, on the tree of reports.

1. *Front-load* (Lemma A.3): charge each buyer her whole value in every period but the last, and settle in the
   last. Allocation and totals stay.
2. *Symmetrise* (Lemma A.4): with payments front-loaded, what a buyer still expects is all she will ever get,
   Ū_t. Period by period, histories with equal Ū_t (of all buyers) get the continuation of that one among
   them whose later welfare is largest. Utilities stay, revenue cannot fall and may rise.
3. *Balances* (Lemma 3.3): b_t = Ū_t − μ_t with μ_t = min Ū_t, b_T = 0, and payments p_t − b_t + b_{t−1}.

Every claim of the lemmas is checked on the way and listed; `Reduction.claims` says which hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Ints, Number, show, total
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism, Stage
from ..notions.incentives import read_incentive
from ..notions.participation import read_participation
from ..verification.verdict import Verdict
from ..verification.verify import incentive_verdict, participation_verdict
from .bank_account import BankAccount
from .items import Items, read_items

MOST_ENTRIES = 20_000_000
"""Most numbers of a mechanism on the tree of reports."""


@dataclass(frozen=True, eq=False, repr=False)
class ReportTree(Short):
    """A mechanism on the tree of reports.

    lottery[t] (H, S, A) and paid[t] (N, H, S): H = number of report histories before period t, later reports
    fastest.
    """

    items: Items
    lottery: tuple[Array, ...]
    paid: tuple[Array, ...]

    @property
    def exact(self) -> bool:
        """Whether all numbers are rational."""
        return self.items.exact and arithmetic_of(*self.lottery, *self.paid).exact

    @cached_property
    def received(self) -> tuple[Array, ...]:
        """Per period (N, H, S): the value each truthful buyer gets."""
        return tuple(
            np.stack([(x * worth[i].T).sum(axis=-1) for i in range(self.items.buyers)])
            for x, worth in zip(self.lottery, self.items.worth, strict=True)
        )

    @property
    def kept(self) -> tuple[Array, ...]:
        """Per period (N, H, S): the utility of each truthful buyer."""
        return tuple(v - p for v, p in zip(self.received, self.paid, strict=True))

    def continuation(self, flows: tuple[Array, ...]) -> list[Array]:
        """Per period t (N, H): expected sum of flows from t on, after each history; one more for the end."""
        after = arithmetic(self.exact).zeros((flows[-1].shape[0], flows[-1].shape[1] * flows[-1].shape[2]))
        expected = [after]
        for flow, weights in zip(reversed(flows), reversed(self.items.weights), strict=True):
            now = ((flow + expected[-1].reshape(flow.shape)) * weights).sum(axis=-1)
            expected.append(now)
        return expected[::-1]

    @property
    def revenue(self) -> Number:
        """Expected payments of all buyers."""
        return total(self.continuation(self.paid)[0].ravel().tolist())

    @property
    def welfare(self) -> Number:
        """Expected value of what is sold."""
        return total(self.continuation(self.received)[0].ravel().tolist())

    @cached_property
    def mechanism(self) -> Mechanism:
        """The tree as a mechanism, one memory state a history."""
        stages = []
        for t, (x, p) in enumerate(zip(self.lottery, self.paid, strict=True)):
            index = np.arange(x[..., 0].size).reshape(x.shape[:2])
            stages.append(self.items.stage(t, x, p, index if t + 1 < self.items.periods else None))
        return Mechanism(self.items.env.name, tuple(stages))


@dataclass(frozen=True)
class Claim:
    """Something that a lemma says, and whether it holds here; true where it does."""

    step: str
    statement: str
    holds: bool

    def __bool__(self) -> bool:
        return bool(self.holds)


@dataclass(frozen=True, eq=False, repr=False)
class Reduction(Short):
    """The three steps; `account` is the result. levels (T + 1, N): μ_t, least expected utilities."""

    original: ReportTree
    frontloaded: ReportTree
    symmetric: ReportTree
    account: BankAccount
    levels: Array

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What the lemmas claim, checked."""
        return tuple(_claims(self))


def grow_tree(items: Items, mechanism: Mechanism) -> ReportTree:
    """A mechanism on the tree of all report histories.

    Raises `AssumptionViolated` where its memory depends on actions drawn by lot, `TooLarge`.
    """
    mechanism.check(items.env)
    memory: Ints = np.array([mechanism.start])
    lottery, paid = [], []
    exact = items.exact and mechanism.exact
    source = mechanism if exact else mechanism.to_float()
    for t, stage in enumerate(source.stages):
        x = stage.allocation.reshape(stage.size, -1, stage.allocation.shape[-1])
        entries = memory.size * x.shape[1] * x.shape[2]
        if entries > MOST_ENTRIES:
            raise TooLarge(f"bank account: {entries:,} numbers on the tree of reports in period {t}")
        lottery.append(x[memory])
        paid.append(stage.transfers.reshape(items.buyers, stage.size, -1)[:, memory])
        if stage.next is not None and t + 1 < items.periods:
            follow = stage.next.reshape(x.shape)
            taken = np.where(x > 0, follow, follow.max(axis=-1, keepdims=True))
            lowest = np.where(x > 0, follow, np.iinfo(np.int64).max).min(axis=-1)
            if (np.where(x > 0, taken, lowest[..., None]) != lowest[..., None]).any():
                raise AssumptionViolated(
                    f"bank account: the memory after period {t} depends on the action that was drawn"
                )
            memory = lowest[memory].ravel()
    return ReportTree(items if exact else items.to_float(), tuple(lottery), tuple(paid))


def front_load(tree: ReportTree) -> ReportTree:
    """Lemma A.3: the whole value is charged until the last period, which settles."""
    last = tree.items.periods - 1
    # what has been paid less what is charged so far
    owed = arithmetic(tree.exact).zeros((tree.items.buyers, 1))
    paid = []
    for t, (value, old) in enumerate(zip(tree.received, tree.paid, strict=True)):
        if t < last:
            paid.append(value)
            owed = (owed[:, :, None] + old - value).reshape(tree.items.buyers, -1)
        else:
            paid.append(owed[:, :, None] + old)
    return ReportTree(tree.items, tree.lottery, tuple(paid))


def symmetrise(tree: ReportTree) -> ReportTree:
    """Lemma A.4 for a front-loaded tree: equal expected utilities, equal continuations."""
    lottery, paid = list(tree.lottery), list(tree.paid)
    for t in range(1, tree.items.periods):
        now = ReportTree(tree.items, tuple(lottery), tuple(paid))
        utility = now.continuation(now.kept)[t]  # (N, H)
        welfare = now.continuation(now.received)[t].sum(axis=0)
        chosen = _representatives(tree.items.classes(utility.T)[0], welfare)
        for s in range(t, tree.items.periods):
            size = lottery[s].shape
            blocks = (len(chosen), size[0] // len(chosen))
            lottery[s] = lottery[s].reshape(*blocks, *size[1:])[chosen].reshape(size)
            cost = paid[s]
            paid[s] = cost.reshape(len(cost), *blocks, -1)[:, chosen].reshape(cost.shape)
    return ReportTree(tree.items, tuple(lottery), tuple(paid))


def _representatives(number: Ints, welfare: Array) -> Ints:
    """(H,): for each history, the one of equal numbers whose welfare is largest (the first of them)."""
    best: dict[int, int] = {}
    for h, k in enumerate(number.tolist()):
        if k not in best or welfare[h] > welfare[best[k]]:
            best[k] = h
    return np.array([best[k] for k in number.tolist()], dtype=np.int64)


def open_balances(tree: ReportTree) -> tuple[BankAccount, Array]:
    """Lemma 3.3 for a symmetric tree: the account, and μ (T + 1, N)."""
    items, last = tree.items, tree.items.periods - 1
    utility = tree.continuation(tree.kept)  # Ū_t at t = 0..T-1; the end is replaced below
    levels = np.stack([u.min(axis=1) for u in utility[:-1]] + [utility[-1].min(axis=1) * 0])
    stages: list[Stage] = []
    balances, afters = [], []
    states: Ints = np.zeros(1, dtype=np.int64)  # a history for each memory state
    for t in range(items.periods):
        x, p = tree.lottery[t][states], tree.paid[t][:, states]
        b = (utility[t] - levels[t][:, None])[:, states].T  # (M, N)
        profiles, following, chosen = x.shape[1], None, states
        after = arithmetic(tree.exact).zeros((items.buyers, len(states), profiles))
        if t < last:
            ahead = utility[t + 1] - levels[t + 1][:, None]  # (N, H S)
            number, chosen = items.classes(ahead.T)
            after = ahead.reshape(items.buyers, -1, profiles)[:, states]
            following = number.reshape(-1, profiles)[states]
        stages.append(items.stage(t, x, p - after + b.T[:, :, None], following, _labels(b)))
        balances.append(b)
        afters.append(np.swapaxes(after, 0, 1))
        states = chosen
    account = BankAccount(items, Mechanism(items.env.name, tuple(stages)), tuple(balances), tuple(afters))
    return account, levels


def _labels(b: Array) -> Callable[[int], str]:
    return lambda m: ", ".join(show(v) for v in b[m].tolist())


def reduce_to_account(env: Environment, mechanism: Mechanism) -> Reduction:
    """Turn a mechanism for items sold over time into a bank account that earns at least as much.

    Raises `AssumptionViolated` where the environment sells no items, where the mechanism is not dynamically
    incentive compatible or leaves a path below 0 (with who lies or loses), or remembers lots; `TooLarge`.
    """
    items = read_items(env)
    original = grow_tree(items, mechanism)
    for verdict in verdicts(original.items, original.mechanism, [_truth(original)], ["ex-post"]):
        if verdict.witness is not None:
            raise AssumptionViolated(
                f"bank account: the mechanism is not '{verdict.notion}' ({verdict.kind}): "
                f"{verdict.witness.sentence}"
            )
    frontloaded = front_load(original)
    symmetric = symmetrise(frontloaded)
    account, levels = open_balances(symmetric)
    return Reduction(original, frontloaded, symmetric, account, levels)


def verdicts(
    items: Items, mechanism: Mechanism, incentives: Sequence[str], participation: Sequence[str]
) -> list[Verdict]:
    """The judge on notions by their words."""
    lies = (incentive_verdict(items.env, mechanism, read_incentive(word)) for word in incentives)
    promises = (participation_verdict(items.env, mechanism, read_participation(w)) for w in participation)
    return [*lies, *promises]


def _truth(tree: ReportTree) -> str:
    """DIC for one buyer, DBIC for several."""
    return "ex-post" if tree.items.buyers == 1 else "bayesian"


def _claims(reduction: Reduction) -> Iterator[Claim]:
    original, front, symmetric = reduction.original, reduction.frontloaded, reduction.symmetric
    account = reduction.account
    slack = account.scale

    def same(one: Array | Number, other: Array | Number) -> bool:
        return bool(np.all(abs(one - other) <= slack))

    def at_least(one: Array | Number, other: Array | Number) -> bool:
        return bool(np.all(np.asarray(one - other) >= -slack))

    step = "front-loading"
    yield Claim(step, "the same revenue", same(front.revenue, original.revenue))
    yield Claim(step, "the same total payments on every path", same(_totals(front), _totals(original)))
    yield Claim(step, "no utility before the last period", all(same(u, 0) for u in front.kept[:-1]))
    yield Claim(step, "at least 0 in the last period", at_least(front.kept[-1], 0))
    yield from _judged(step, verdicts(front.items, front.mechanism, [_truth(front)], ["ex-post"]))
    step = "symmetrisation"
    yield Claim(step, "at least the revenue", at_least(symmetric.revenue, front.revenue))
    yield Claim(step, "at least the welfare", at_least(symmetric.welfare, front.welfare))
    before, after = (tree.continuation(tree.kept) for tree in (front, symmetric))
    yield Claim(step, "the same expected utilities", all(map(same, before, after)))
    yield Claim(step, "equal expected utilities, equal continuations", _is_symmetric(symmetric))
    yield from _judged(step, verdicts(symmetric.items, symmetric.mechanism, [_truth(symmetric)], ["ex-post"]))
    step = "balances"
    yield Claim(step, "the same revenue", same(account.revenue, symmetric.revenue))
    for condition in account.conditions():
        yield Claim(step, f"({condition.name})", condition.holds)
    falls = reduction.levels[:-1] - reduction.levels[1:]
    yield Claim(step, "least expected utilities never rise", at_least(falls, 0))
    yield Claim(step, "(BI)'s constants are their falls", all(map(same, account.promised, falls)))
    lies = [_truth(symmetric), "per-period", "report-independent"]
    promises = ["ex-post", "prefix", "expected-period", "expected-continuation"]
    yield from _judged(step, verdicts(account.items, account.mechanism, lies, promises))


def _judged(step: str, judged: Sequence[Verdict]) -> Iterator[Claim]:
    yield from (Claim(step, f"{verdict.kind} '{verdict.notion}'", verdict.holds) for verdict in judged)


def _totals(tree: ReportTree) -> Array:
    """(N, paths): what each buyer pays in all."""
    sums = arithmetic(tree.exact).zeros((tree.items.buyers, 1))
    for paid in tree.paid:
        sums = (sums[:, :, None] + paid).reshape(tree.items.buyers, -1)
    return sums


def _is_symmetric(tree: ReportTree) -> bool:
    utility = tree.continuation(tree.kept)
    for t in range(1, tree.items.periods):
        number, first = tree.items.classes(utility[t].T)
        for s in range(t, tree.items.periods):
            paid = np.moveaxis(tree.paid[s], 0, -1)
            for table, scale in ((tree.lottery[s], 1), (paid, tree.items.largest)):
                blocks = table.reshape(len(number), -1)
                if not arithmetic(tree.exact).negligible(blocks - blocks[first[number]], scale).all():
                    return False
    return True
