"""Later types public: an upper bound that side bets make useless when types are correlated over time.

Kept apart from `relaxed`, where it is the shocks that are public.
"""

from .base import Incentive

types_public = Incentive("types-public", rewriting="types", summary="all types but the first are public")
