"""Outside-efficient participation: nobody is better off with what is efficient for the others (BV, LN).

What that leaves to her is O_i of `models/society/outside.py`, 0 for whoever is given nothing by the others.
"""

from .base import Participation, Promise

outside_efficient = Participation(
    "outside-efficient",
    Promise.OUTSIDE,
    summary="every continuation is worth at least what the policy efficient for the others leaves to her",
)
