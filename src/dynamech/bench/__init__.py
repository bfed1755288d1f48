"""Formulations, solvers and sizes side by side: measured apart, in turns, kept, told and drawn.

A `Case` is one instance in one formulation by one solver. `measure_all` runs each in a process of its own, in
rounds; a `Keeper` has the figures and their file; `summarise` makes the lines of the table.

>>> from dynamech.bench import Asked, Instance, default_formulations
>>> instance = Instance("two-type-markov", {"horizon": "3"})
>>> words, left_out = default_formulations([instance], Asked())
>>> words
('auto', 'utilities+local', 'utilities+lazy', 'thresholds', 'textbook', 'textbook+lazy')
>>> left_out
{'utilities': 'the same as auto here'}
"""

from .case import Asked, Case, Instance, default_formulations
from .keeping import Keeper
from .rounds import measure_all
from .summary import Line, disagreements, summarise
from .table import bench_report
from .why import why

__all__ = [
    "Asked",
    "Case",
    "Instance",
    "Keeper",
    "Line",
    "bench_report",
    "default_formulations",
    "disagreements",
    "measure_all",
    "summarise",
    "why",
]
