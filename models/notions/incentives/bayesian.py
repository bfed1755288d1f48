"""Dynamic Bayesian incentive compatibility (KLN Definition 2.1; MPTZ DBIC): reports are public."""

from .base import Incentive

bayesian = Incentive("bayesian", summary="truth is optimal on average over the others' types")
