"""The public functions on items sold over time: `bank`, `account`, `nonclairvoyant`, `maximin` (MPTZ)."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, cast

from ..instances.library import EnvironmentLike, as_environment
from ..instances.mechanism_file import MechanismLike, as_mechanism
from ..models.accounts.account import Account
from ..models.accounts.account import account as run_account
from ..models.accounts.bank import Bank
from ..models.accounts.bank import bank as run_bank
from ..models.accounts.items import read_items
from ..models.accounts.nonclairvoyant.answer import NonClairvoyant
from ..models.accounts.nonclairvoyant.answer import nonclairvoyant as run_nonclairvoyant
from ..models.accounts.nonclairvoyant.asymptotic import Asymptotic, Threshold
from ..models.accounts.nonclairvoyant.asymptotic import asymptotic as run_asymptotic
from ..models.accounts.nonclairvoyant.maximin import Maximin, one_buyer
from ..models.accounts.nonclairvoyant.maximin import maximin as run_maximin
from ..models.accounts.nonclairvoyant.parts import Kind, Tie
from ..models.environment.environment import Environment
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.events import Notify
from ..solvers.numbers import number


def bank(
    env: EnvironmentLike,
    *,
    gap: Any = None,
    exact: bool = False,
    formulation: str = "auto",
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Bank:
    """What items sold over time can earn, and the bank account that earns it (MPTZ Lemma 3.3).

    The clairvoyant optimum is revenue under `bayesian` incentives and `ex-post` participation. With one buyer
    it is the optimum itself as long as its pieces are few enough, always with `exact`, and else attained
    within a certified gap; `gap` says how small, in money. With several buyers it comes from the history
    program, or, where there are too many histories and with `formulation="recursion"`, from bounds by
    recursion over promises, which stop at `gap` or after `time_limit` seconds. Rational data gives rational
    numbers in any other case; with `exact` floats count at their binary values and it is rational too. Raises
    `AssumptionViolated` where the environment sells no items, `InvalidInput`, `TooLarge`.

    >>> import dynamech as dm
    >>> sold = dm.bank(dm.load("items-over-time", periods=2))
    >>> str(sold.repeated_myerson), str(sold.clairvoyant), str(sold.full_surplus)
    ('2', '9/4', '3')
    >>> [condition.holds for condition in sold.account.conditions()]
    [True, True, True]
    """
    wanted = None if gap is None else number(gap, "gap")
    if wanted is not None and wanted <= 0:
        raise InvalidInput(f"gap: {gap} is not a positive number")
    env = as_environment(env)
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return run_bank(env, gap=wanted, formulation=formulation, effort=effort)


def account(env: EnvironmentLike, mechanism: MechanismLike, *, by: str = "promises") -> Account:
    """A mechanism for items sold over time as a bank account (MPTZ Lemmas A.3, A.4, 3.3; C.1, C.2, 5.2).

    by: "promises", a balance is what is still promised beyond the least, and the account earns at least what
    the mechanism does, which has to be dynamically incentive compatible and leave no path below 0; "utility",
    it is what a buyer has kept so far, and the account earns the same, of a mechanism that does not know the
    future. `claims` are what the lemmas say on the way, `bounds` Lemmas B.1 and B.2 on the mechanism given,
    `without_debt` the account with its balance paid out at once (App. B.1). Rational data gives rational
    numbers.

    Raises `AssumptionViolated` where the environment sells no items, or the mechanism is not what is asked
    (with who lies or loses); `InvalidInput`; `TooLarge`.

    >>> import dynamech as dm
    >>> env = dm.load("items-over-time", periods=2)
    >>> best = dm.design(env, incentives="ex-post", participation="ex-post", exact=True)
    >>> kept = dm.account(env, best.mechanism)
    >>> str(kept.original), str(kept.revenue), all(kept.claims)
    ('9/4', '9/4', True)
    >>> bool(dm.verify(env, kept.without_debt, participation="per-period"))
    True
    """
    return run_account(as_environment(env), as_mechanism(mechanism), by)


def nonclairvoyant(
    env: EnvironmentLike,
    mechanism: Kind = "general",
    tie: Tie = "sale",
    *,
    against: str = "auto",
    gap: Any = None,
    paths: int = 400,
    seed: int = 0,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> NonClairvoyant:
    """A mechanism that does not know which items are to come, beside the optimum that does (MPTZ Section 6).

    mechanism: "general", which guarantees a third of the optimum with one buyer and a fifth with several, or
    "two-period", which guarantees half. tie: whether one buyer buys at a posted price equal to her value.
    against: "clairvoyant", "full-surplus" or "none"; "auto" is the clairvoyant optimum where one buyer, or
    not too many histories, have it soon, and else the full surplus, which is no less. Rational data gives
    rational numbers, but where balances, or the profiles of a period, are too many to follow: `paths` are
    then simulated with `seed`, and `ran.interval` is how far off the revenue may be (95%). `gap` as in
    `bank`, and raises as it does.

    >>> import dynamech as dm
    >>> blind = dm.nonclairvoyant(dm.load("items-over-time", periods=2))
    >>> str(blind.revenue), str(blind.ratio), blind.guaranteed
    ('3/2', '2/3', True)
    """
    if tie not in ("sale", "keep"):
        raise InvalidInput(f"tie: {tie!r} is not one of sale, keep")
    wanted = None if gap is None else number(gap, "gap")
    return run_nonclairvoyant(
        as_environment(env),
        mechanism,
        tie,
        against=against,
        gap=wanted,
        paths=paths,
        seed=seed,
        effort=Effort(memory_limit=memory_limit, notify=notify),
    )


def asymptotic(env: EnvironmentLike, *, threshold: str = "corrected", exact: bool = False) -> Asymptotic:
    """A mechanism that does not know the future and earns all there is in the long run (MPTZ 5.4, App. F).

    Every item goes by a second-price auction, or by one for which buyers pay in advance what it leaves them,
    if they have kept enough so far. threshold: how much second-price auctions may leave before a period, of
    the expected surplus: "corrected", √t ln t, or "printed", √(t ln t), which does not give the theorem.
    exact: chances of balances over the rationals, slow beyond some 20 periods; otherwise in doubles.
    `mechanism` lays balances out where they are few. Raises `AssumptionViolated` where the environment sells
    no items, `InvalidInput`, `TooLarge`.

    >>> import dynamech as dm
    >>> long = dm.asymptotic(dm.load("items-over-time", periods=1000))
    >>> long.ratio(100) < long.ratio(300) < long.ratio(1000)
    True
    """
    items = read_items(as_environment(env), "the asymptotic mechanism")
    return run_asymptotic(items, cast(Threshold, threshold), effort=Effort(exact=exact))


def maximin(
    distributions: EnvironmentLike | Sequence[tuple[Any, Any]],
    sequences: Sequence[Sequence[int]] | None = None,
    *,
    participation: str = "ex-post",
    exact: bool | None = None,
) -> Maximin:
    """The best share of the clairvoyant optimum that one mechanism guarantees on a family of sequences.

    distributions: pairs (values, probabilities) of one buyer, or an environment that sells one an item a
    period; sequences: lists of indices into them, by default the first one, two, ... of them, so that nobody
    knows which is the last. Under `per-period` participation no mechanism beats a static auction an item.
    exact: over the rationals, with a proof; floats count at their binary values. False: in doubles. By
    default rational where the data are. Raises `InvalidInput`, `AssumptionViolated` where the environment is
    no such sale, `TooLarge`.

    >>> import dynamech as dm
    >>> one, two = ([1, 2, 4], ["2/5", "1/5", "2/5"]), ([1, 2, 3], ["1/3", "1/3", "1/3"])
    >>> str(dm.maximin([one, two], [[0], [0, 1]]).ratio)
    '144/145'
    >>> str(dm.maximin(dm.load("items-over-time", values="1,2,4", periods=3)).ratio)
    '523/531'
    """
    if isinstance(distributions, Environment | str | PathLike):
        distributions = one_buyer(as_environment(distributions))
    if sequences is None:
        sequences = [list(range(t + 1)) for t in range(len(distributions))]
    return run_maximin(distributions, sequences, participation, exact)
