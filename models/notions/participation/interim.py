"""Interim participation: every initial type expects at least 0, over the others' types and the future."""

from .base import Participation, Promise

interim = Participation("interim", Promise.INITIAL, summary="every initial type expects at least 0")
