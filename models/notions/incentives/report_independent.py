"""Reports leave the future alone (MPTZ App. A.1, INDU): what is expected after this period is the same.

Together with `per-period` it gives `bayesian`. No incentive notion by itself, and not compiled.
"""

from .base import Compares, Incentive

report_independent = Incentive(
    "report-independent",
    compares=Compares.CONTINUATIONS,
    summary="what is expected from the next period on does not depend on the report",
)
