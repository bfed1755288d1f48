"""Numbers as a person types them, and texts as a person may see them.

A number is typed as ``2``, ``-0.25``, ``1e-3`` or ``3/8``, with ASCII digits, and counts as the rational that
it shows. It has at most `MAX_DIGITS` digits, lies within 10^±`MAX_EXPONENT` and within the range of doubles:
expanding ``1e999999999`` would fill the memory, so it is refused by its look. Everything that reads numbers
from files, words or the command line reads them here.
"""

from __future__ import annotations

import json
import math
import re
import sys
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

NUMBER_PATTERN = r"^[+-]?([0-9]+/[0-9]+|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)$"
"""What a text must look like to be a number: ``2``, ``-0.25``, ``1e-3``, ``3/8``."""
_NUMBER = re.compile(NUMBER_PATTERN.replace("$", r"\Z"))
SUCH_AS = "is not a number such as 2, 0.25 or '3/8'"

MAX_EXPONENT = 1000
"""Decimals beyond 10^±1000 are refused: expanding them into a rational could fill the memory."""
MAX_DIGITS = 4000
"""Longest numerator or denominator (Python itself stops converting at 4300 digits)."""


def rational(text: str) -> Fraction:
    """The number that a text shows. Raises ``ValueError`` saying what is wrong with it, at once.

    >>> rational("3/8"), rational("-0.25"), rational("1e3")
    (Fraction(3, 8), Fraction(-1, 4), Fraction(1000, 1))
    >>> rational("1e999999999")
    Traceback (most recent call last):
        ...
    ValueError: 1E+999999999 is beyond 10^±1000
    """
    if not _NUMBER.match(text):
        raise ValueError(f"{shown(text)} {SUCH_AS}")
    numerator, _, denominator = text.partition("/")
    if max(len(numerator), len(denominator)) > MAX_DIGITS:
        raise ValueError(f"{shown(text)} has more than {MAX_DIGITS} digits")
    if denominator:
        if not int(denominator):
            raise ValueError(f"{shown(text)} divides by zero")
        return in_range(Fraction(int(numerator), int(denominator)), text)
    if numerator.lstrip("+-").isdigit():
        return in_range(Fraction(int(numerator)), text)
    try:
        return rational_of(Decimal(text))
    except InvalidOperation:
        raise ValueError(f"{shown(text)} is beyond 10^±{MAX_EXPONENT}") from None


def rational_of(value: Decimal) -> Fraction:
    """A decimal as a rational, within the same limits. Raises ``ValueError``."""
    if not value.is_finite():
        raise ValueError(f"{value} is not a finite number")
    digits, exponent = value.as_tuple()[1:]
    if abs(int(exponent) + len(digits)) > MAX_EXPONENT or abs(int(exponent)) > MAX_EXPONENT:
        raise ValueError(f"{shown(value)} is beyond 10^±{MAX_EXPONENT}")
    return in_range(Fraction(value), value)


def in_range(number: Fraction, value: Any) -> Fraction:
    """The number, where a double can be near it. Raises ``ValueError`` showing `value`."""
    if not -sys.float_info.max <= number <= sys.float_info.max:
        raise ValueError(f"{shown(value)} is beyond the range of doubles, 10^308")
    return number


def shown(value: Any, limit: int = 60) -> str:
    """A value as a file shows it, cut short, on one line."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, str):
        text = repr(value if len(value) <= limit else value[:limit] + "...")
    elif isinstance(value, int) and value.bit_length() > 4 * limit:
        return f"a whole number of {value.bit_length()} bits"
    else:
        text = str(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def one_line(text: str) -> str:
    r"""The text with everything that is not plain visible characters written out, so that it is one line.

    Line breaks, escape codes, marks that turn the direction of writing and other invisible characters become
    ``\n``, ``\x1b``, ``\u202e``: a label is shown on a terminal, in a plot or in a page as what it is.

    >>> print(one_line("low\x1b[31m\n"))
    low\x1b[31m\n
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def json_text(content: Any) -> str:
    r"""JSON on one line, in which nothing invisible stands as itself.

    >>> print(json_text({"name": "é\u202e\x9b"}))
    {"name": "é\u202e\u009b"}
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    # Half a character stays, for the encoder to refuse.
    if character.isprintable() or "\ud800" <= character <= "\udfff":
        return character
    return json.dumps(character)[1:-1]
