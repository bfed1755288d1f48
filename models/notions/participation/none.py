"""No promise: agents can be made to take part."""

from .base import Participation, Promise

none = Participation("none", Promise.NOTHING, summary="no promise")
