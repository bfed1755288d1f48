"""Virtual surplus (KLN Corollary 4.1): shocks public, only adjacent downward lies about the first type.

With information rents that are nonnegative, the optimum maximises the virtual surplus path by path.
"""

from .base import Incentive, Lies

virtual = Incentive(
    "virtual",
    initial=Lies.ADJACENT,
    rewriting="shocks",
    summary="shocks public, adjacent downward lies about the first type",
)
