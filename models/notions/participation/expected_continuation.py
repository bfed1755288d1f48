"""Expected continuation participation (MPTZ App. B.1, the first): given the past, the rest is worth it."""

from .base import Participation, Promise

expected_continuation = Participation(
    "expected-continuation",
    Promise.EXPECTED_CONTINUATION,
    summary="given the past, the rest is worth at least 0",
)
