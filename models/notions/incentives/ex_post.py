"""Periodic ex-post incentive compatibility (BV, KLN, LIU; MPTZ DIC for one buyer).

Truth is optimal for every profile of current types and at every node, improbable ones too: an agent who
lied before finds it optimal to report her whole type truthfully now.
"""

from .base import Incentive, Information

ex_post = Incentive(
    "ex-post",
    information=Information.PROFILE,
    everywhere=True,
    summary="truth is optimal whatever the others' current types, at every node",
)
