"""Periodic participation: in every period every type expects at least 0 from then on (BV, KLN)."""

from .base import Participation, Promise

periodic = Participation("periodic", Promise.CONTINUATION, summary="every continuation is worth at least 0")
