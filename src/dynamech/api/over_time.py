"""The public functions on what mechanisms do over time: `sale` (lecture notes, Markov environments)."""

from __future__ import annotations

from ..instances.library import EnvironmentLike, as_environment
from ..models.screening.markov.sale import Sale
from ..models.screening.markov.sale import sale as run_sale


def sale(env: EnvironmentLike, *, exact: bool = False) -> Sale:
    """When a good is sold and to whom, at virtual values and efficiently: an optimal stopping problem (LN;
    Board 2007).

    The environment has a finite horizon; agents who report have private values that separate into a first
    signal and the rest (KLN Property 4.1), independent of each other; the stock, or the state of a market,
    are agents whom everybody observes. Revenue and surplus are in money of period 0. exact: over the
    rationals, floats at their binary values; otherwise in doubles. Raises `AssumptionViolated` naming what
    fails, where and by how much, and `TooLarge`.

    >>> import dynamech as dm
    >>> sold = dm.sale(dm.load("ar1-sale"), exact=True)
    >>> str(sold.virtual.value), [str(chance) for chance in sold.virtual.sold.sum(axis=1)]
    ('40523/19200', ['5/9', '7/36', '35/144'])
    """
    return run_sale(as_environment(env), exact=exact)
