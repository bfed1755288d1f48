"""Per-period participation (MPTZ PPIR): every period of every path leaves at least 0."""

from .base import Participation, Promise

per_period = Participation(
    "per-period", Promise.PERIOD, summary="every period of every path leaves at least 0"
)
