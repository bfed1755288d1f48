"""Expected per-period participation (MPTZ PEIR): every period is worth it before its types are known."""

from .base import Participation, Promise

expected_period = Participation(
    "expected-period",
    Promise.EXPECTED_PERIOD,
    summary="every period is worth at least 0 before its types are known",
)
