"""The relaxed problem (KLN Definition 3.1, Lemma 3.1): shocks are public, only the first type is private."""

from .base import Incentive

relaxed = Incentive("relaxed", rewriting="shocks", summary="shocks public, only the first type is private")
