"""No incentive constraints: the first best of the objective, given participation."""

from .base import Incentive, Lies

none = Incentive("none", initial=Lies.NONE, later=Lies.NONE, summary="types are known: first best")
