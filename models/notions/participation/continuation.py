"""Continuation participation (MPTZ App. B.1, the second): given all types so far, what is left is worth it.

For one agent this is `periodic`; with several, the others' current types are known too.
"""

from .base import Participation, Promise

continuation = Participation(
    "continuation",
    Promise.KNOWN_CONTINUATION,
    summary="given all types up to now, this period and the rest are worth at least 0",
)
