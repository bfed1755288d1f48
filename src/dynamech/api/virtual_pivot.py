"""The public functions on separable environments: `virtual_pivot`, `virtual_index`, checks of mechanisms."""

from __future__ import annotations

from collections.abc import Mapping

from ..instances.library import EnvironmentLike, as_environment
from ..instances.mechanism_file import MechanismLike, as_mechanism
from ..models.screening import envelope as conditions
from ..models.screening.envelope import FirstSignalCheck, VirtualSurplus
from ..models.screening.virtual_index import VirtualIndices
from ..models.screening.virtual_index import virtual_index as indices_at
from ..models.screening.virtual_pivot import VirtualPivot, answered
from ..solvers.effort import Effort
from ..solvers.events import Notify


def virtual_pivot(
    env: EnvironmentLike,
    *,
    forms: Mapping[str, str] | None = None,
    exclude: bool = False,
    ladder: bool = False,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> VirtualPivot:
    """The revenue-optimal mechanism of a separable environment, with three rules for its money, all judged
    (KLN, Figure 2 and Theorem 5.1).

    Types of period 0 are first signals, those of later periods pairs of a first signal and a state that moves
    apart from it; values are multiplicative or additive in the two (Property 4.1). Rules A and C earn the
    bound of Corollary 4.1 and may tempt somebody to lie, rule B is truthful and may earn less; the truthful
    one that earns most is the answer's `mechanism`. With finitely many first signals the theorem may fail,
    and the answer says where it does and by how much.

    forms: by agent "multiplicative" or "additive" where you state it, else recognised. exclude: also leave
    out whom nothing is done for. ladder: also solve the rungs `virtual`, `relaxed`, `bayesian` and `ex-post`
    (interim participation), and the program of what any payments could earn with the same plan. exact: over
    the rationals, floats at their binary values; otherwise in doubles. time_limit: seconds for the answer,
    whose status is ``limit`` where they are up; the judge, once asked, is not interrupted. memory_limit:
    bytes, half of the machine's by default. notify: is told what is worked on.

    Raises `InvalidInput` for a form of no agent or no such form, `TooLarge`, and `AssumptionViolated` naming
    the place and the number: a last period, or a period 0 of its own and then the rest for ever; everybody
    reports, private values, independent types, first signals independent of the rest (Assumption 2.3), values
    that separate (Property 4.1).

    >>> import dynamech as dm
    >>> answer = dm.virtual_pivot(dm.load("handicap-auction", n=3), exact=True)
    >>> str(answer.bound), answer.returned, answer.attains
    ('35/54', 'C', True)
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return answered(as_environment(env), forms=forms, exclude=exclude, ladder=ladder, effort=effort)


def virtual_index(
    env: EnvironmentLike,
    *,
    forms: Mapping[str, str] | None = None,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> VirtualIndices:
    """The virtual index of every arm of a bandit, and the money of its virtual index mechanism (KLN,
    Definition 6.1 and Corollary 6.3).

    Period 0 takes first signals alone, and for ever after every action plays one arm, an agent's, who alone
    values it and whose state only it moves, or a safe one. The arm of the largest index of α v + β − c is
    played, and whose it is pays what the others lose by waiting. It has indices by first signal and state,
    what everybody pays in a period in which her arm is played, entry payments by the rules A and B of
    `virtual_pivot` with their profits and best first lies, and `at`, the plan and its prices at all states.
    None of it needs a dynamic program over profiles of states, so arms may have hundreds of them.

    Arguments as in `virtual_pivot`; where the time limit is reached (status ``limit``) indices may be all
    there is. Raises `InvalidInput`, `TooLarge` and `AssumptionViolated` as `virtual_pivot` does, and the
    latter too where there is a last period, where period 0 has several actions or values, where later periods
    are no bandit, and where who is not played might have to pay.

    >>> import dynamech as dm
    >>> answer = dm.virtual_index(dm.load("kln-bandit"), exact=True)
    >>> [[str(number) for number in row] for row in answer.index[1]]
    [['14/11', '4/3', '2/3'], ['28/11', '8/3', '4/3']]
    >>> first = answer.at({"buyer 1": "4", "buyer 2": "6"})
    >>> int(first.played[0, 0]), [str(paid) for paid in first.transfers[:, 0, 0]]
    (2, ['0', '2'])
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return indices_at(as_environment(env), forms=forms, effort=effort)


def envelope(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    *,
    incentives: str = "ex-post",
    memory_limit: float | None = None,
) -> FirstSignalCheck:
    """Whether a mechanism, ours or not, meets the envelope condition, and between which first signals it does
    not (KLN Lemma 3.2, (11)).

    For neighbouring first signals z and z⁺: U(z⁺) − U(z) is at least what who says z would get more of the
    value if she were z⁺, and at most what who says z⁺ would lose if she were z. (With a continuum of signals
    both are the integral of (11).) incentives: "ex-post", at all first signals of the others, or "bayesian",
    on average. Values need not separate. Over the rationals where environment and mechanism are rational.

    Raises `InvalidInput` where the mechanism does not fit, `TooLarge`, and `AssumptionViolated` as
    `virtual_pivot` does but for values that do not separate, and for an infinite horizon.

    >>> import dynamech as dm
    >>> env = dm.load("handicap-auction", n=3)
    >>> rules = dm.virtual_pivot(env, exact=True).rules
    >>> bool(dm.envelope(env, rules["A"].mechanism))
    True
    """
    return conditions.envelope(
        as_environment(env), as_mechanism(mechanism), incentives, Effort(memory_limit=memory_limit)
    )


def interval_dominance(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    *,
    incentives: str = "ex-post",
    memory_limit: float | None = None,
) -> FirstSignalCheck:
    """Whether a mechanism, ours or not, meets interval dominance, and between which first signals it does not
    (KLN Lemma 3.5, (12)).

    U(x) − U(x') is at least what x has in the place of x' and then telling the truth, less U(x'), for all x'
    and x: by (9) and (11) these are the two integrals of (12). Where truth is best from period 1 on
    (``.later``), it is best in period 0 exactly where this holds. Arguments and errors as in `envelope`.

    >>> import dynamech as dm
    >>> env = dm.load("handicap-auction", n=3)
    >>> rules = dm.virtual_pivot(env, exact=True).rules
    >>> bool(dm.interval_dominance(env, rules["C"].mechanism))
    True
    """
    effort = Effort(memory_limit=memory_limit)
    return conditions.interval_dominance(as_environment(env), as_mechanism(mechanism), incentives, effort)


def virtual_surplus(
    env: EnvironmentLike, mechanism: MechanismLike, *, memory_limit: float | None = None
) -> VirtualSurplus:
    """What the allocation of a mechanism, ours or not, would earn if nobody were left with more than the
    envelope demands, and by what its profit is below that (KLN (3), (4)).

    profit = value − what the lowest first signals are left with − what others are left with beyond the lower
    sums of the envelope, an identity, whether truth is best or not. Values need not separate. Arguments and
    errors as in `envelope`.

    >>> import dynamech as dm
    >>> env = dm.load("handicap-auction", n=3)
    >>> surplus = dm.virtual_surplus(env, dm.virtual_pivot(env, exact=True).rules["B"].mechanism)
    >>> surplus.value - sum(surplus.lowest) - sum(surplus.excess) == surplus.profit
    True
    """
    return conditions.virtual_surplus(
        as_environment(env), as_mechanism(mechanism), Effort(memory_limit=memory_limit)
    )
