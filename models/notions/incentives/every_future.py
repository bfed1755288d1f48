"""Truth is optimal whatever the types of later periods turn out to be (MPTZ App. B.2, sDIC).

One lie and then the truth, at every profile and every node, compared along every path of later types.
Revenue under it and `ex-post` participation is that of one static auction a period (Lemma B.2).
"""

from .base import Compares, Incentive, Information

every_future = Incentive(
    "every-future",
    information=Information.PROFILE,
    everywhere=True,
    compares=Compares.FUTURES,
    summary="truth is optimal whatever all types of later periods are",
)
