"""Prefix participation (MPTZ PFIR): every path leaves at least 0 up to every period."""

from .base import Participation, Promise

prefix = Participation("prefix", Promise.PREFIX, summary="every path leaves at least 0 up to every period")
