"""Seconds, counts and memory in a few characters."""

from __future__ import annotations

from ..report.wording import NONE


def seconds_text(spent: float | None) -> str:
    """Three digits of a time.

    >>> seconds_text(0.01234), seconds_text(12.345), seconds_text(1234.5), seconds_text(None)
    ('0.0123', '12.3', '1,234', '—')
    """
    if spent is None:
        return NONE
    return f"{spent:,.0f}" if spent >= 100 else f"{spent:.3g}" if spent >= 0.001 else f"{spent:.4f}"


def count_text(count: int | None) -> str:
    """A count in at most six characters.

    >>> count_text(9420), count_text(298470), count_text(2012600), count_text(None)
    ('9,420', '298k', '2.01M', '—')
    """
    if count is None:
        return NONE
    if count < 10_000:
        return f"{count:,}"
    for unit in ("k", "M", "G"):
        count_in = count / {"k": 1e3, "M": 1e6, "G": 1e9}[unit]
        if count_in < 999.5:
            return f"{count_in:.3g}{unit}"
    return f"{count:.2g}"


def times_text(ratio: float | None) -> str:
    """How many times as much.

    >>> times_text(1.0), times_text(1.042), times_text(2.34), times_text(1234.5), times_text(None)
    ('1', '1.04', '2.3', '1,234', '—')
    """
    if ratio is None:
        return NONE
    if ratio == 1:
        return "1"
    return f"{ratio:.2f}" if ratio < 1.095 else f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
