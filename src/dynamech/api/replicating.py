"""The papers beside what is computed: `replicate`."""

from __future__ import annotations

from ..solvers.events import Notify
from ..studies.replicate import Replication, select
from ..studies.replicate import replicate as compute_rows


def replicate(name: str | None = None, *, notify: Notify | None = None) -> Replication:
    """Compute what the five papers print, and compare: a row an item, with why where it disagrees.

    name: a paper (KLN, BV, LIU, MPTZ, LN), an erratum, or part of an item's name; all rows by default, some
    ten seconds of processor. `notify` is told every row before it is computed. A row that fails says so; the
    answer is true where every row was computed and those that disagree are those with an erratum.

    Raises `InvalidInput` where no row has that name.

    >>> import dynamech as dm
    >>> table = dm.replicate("BV section 3: p_1")
    >>> table
    Replication(rows=1, agree=0, disagree=1, failed=0)
    >>> table.rows[0].printed, table.rows[0].computed, table.rows[0].erratum
    ('−(1 − δ) v_2', '2/5, not -2/5', 'BV-multi-task')
    """
    return compute_rows(select(name), notify)
