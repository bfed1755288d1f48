"""Correlation across time (LIU): diagnosis of the process, and transfers that implement the efficient policy.

`course.py` has the efficient policy, its end (`last_period.py`), and the places where reports are settled;
`blocks.py` lays out the matrices, `convex_independence.py` and `spanning.py` judge them (`static.py` those of
beliefs within period 0), `targets.py` says what transfers must be worth, `theorems.py` which conditions they
meet by Theorems 3.1 and 3.2, `transfers.py` finds the smallest, `settle.py` does so in all places,
`assemble.py` makes the mechanism, and `on_path.py` says what truth leads to in it.

Answers: `answer.py` (in JSON: `written.py`) says what there is to know of a process, `bounded.py` keeps
payments within bounds, `budget.py` balances budgets, `extraction.py` takes the surplus, `future_signals.py`
looks several periods ahead, `continuous.py` approximates signals from an interval, `converse.py` makes values
that no transfers align.
"""

from .answer import AgentAnswer, Correlation, PeriodAnswer, correlation

__all__ = ["AgentAnswer", "Correlation", "PeriodAnswer", "correlation"]
