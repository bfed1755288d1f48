"""No promise: agents can be made to take part."""

from __future__ import annotations

from .base import Participation, Promise

none = Participation("none", Promise.NOTHING, summary="no promise")
