"""Durations: units in integer milliseconds, and their parsing and formatting as text."""

from __future__ import annotations

import re

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

_UNITS_MS = {"ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
LONGEST_DURATION_MS = 36_500 * DAY_MS
"""A hundred years: anything longer is a typing error and would leave the range of a date."""


def parse_duration_ms(text: object) -> int:
    """Milliseconds of ``800d``, ``1.5h`` or ``20s``; an integer is already in milliseconds.

    Raises:
        ValueError: the text is not a duration, or the duration is negative or longer than ``LONGEST_DURATION_MS``.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        value: float = text
    else:
        match = _DURATION.fullmatch(str(text).strip())
        if match is None:
            raise ValueError(f"{text!r} is no duration; write a number and a unit, such as 20s, 15m, 24h or 36d")
        value = float(match[1]) * _UNITS_MS[match[2]]
    if not 0 <= value <= LONGEST_DURATION_MS:
        raise ValueError(f"{text!r} is no duration between 0 and {LONGEST_DURATION_MS // DAY_MS}d")
    return round(value)


def format_duration(value_ms: int) -> str:
    """The shortest text that ``parse_duration_ms`` parses back to the same value: ``36d`` for 3,110,400,000."""
    for unit, unit_ms in reversed(_UNITS_MS.items()):
        if value_ms and value_ms % unit_ms == 0:
            return f"{value_ms // unit_ms}{unit}"
    return f"{value_ms}s" if value_ms == 0 else f"{value_ms}ms"


def rough_duration(value_ms: int) -> str:
    """Whole number of the largest unit that fits: ``3d`` for 80 h, ``0s`` below a second or for a time to come."""
    for unit in ("d", "h", "m", "s"):
        if value_ms >= _UNITS_MS[unit]:
            return f"{value_ms // _UNITS_MS[unit]}{unit}"
    return "0s"
