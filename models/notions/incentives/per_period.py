"""Per-period incentive compatibility (MPTZ PPIC): each report maximises that period's utility alone.

A diagnostic beside the ladder, outside its order.
"""

from .base import Compares, Incentive

per_period = Incentive(
    "per-period", compares=Compares.NOW, summary="each report maximises the current utility alone"
)
