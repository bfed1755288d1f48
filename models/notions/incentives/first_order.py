"""The first-order relaxation (Battaglini; Pavan, Segal and Toikka; LN's ψ).

Only the next lower report counts at probable types, in every period; after a lie, at improbable types,
every report counts, or the notion would collapse.
"""

from .base import Incentive, Lies

first_order = Incentive(
    "first-order",
    initial=Lies.ADJACENT,
    later=Lies.ADJACENT,
    summary="adjacent downward lies in every period",
)
