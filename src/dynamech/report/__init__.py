"""What a person reads: environments, ladders, designs and verdicts as tables and sentences (rich)."""

from .designs import design_report
from .environments import environment_report, family_report, library_report
from .ladders import ladder_report
from .verdicts import verdict_report

__all__ = [
    "design_report",
    "environment_report",
    "family_report",
    "ladder_report",
    "library_report",
    "verdict_report",
]
