"""What a person reads: environments, ladders, designs, verdicts, solvers as tables and sentences (rich)."""

from .correlations import correlation_report
from .designs import design_report
from .engines import solvers_report
from .environments import environment_report, family_report, library_report
from .ladders import ladder_report
from .verdicts import verdict_report

__all__ = [
    "correlation_report",
    "design_report",
    "environment_report",
    "family_report",
    "ladder_report",
    "library_report",
    "solvers_report",
    "verdict_report",
]
