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

from .case import Asked as Asked
from .case import Case as Case
from .case import Instance as Instance
from .case import default_formulations as default_formulations
from .keeping import Keeper as Keeper
from .rounds import measure_all as measure_all
from .summary import Line as Line
from .summary import disagreements as disagreements
from .summary import summarise as summarise
from .table import bench_report as bench_report
from .why import why as why
