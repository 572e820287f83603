"""Durations: units in integer milliseconds, and the texts in which people write them."""

from __future__ import annotations

import re

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

_UNITS_MS = {"ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
LONGEST_DURATION_MS = 36_500 * DAY_MS
"""A hundred years: longer is a slip of the keyboard, and would leave the range of a date."""


def parse_duration_ms(text: object) -> int:
    """Milliseconds of ``800d``, ``1.5h`` or ``20s``; an integer passes as milliseconds.

    Raises:
        ValueError: the text is no duration, or a negative or absurdly long one.
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
    """The shortest text that ``parse_duration_ms`` reads back: ``36d`` of 3,110,400,000."""
    for unit, unit_ms in reversed(_UNITS_MS.items()):
        if value_ms and value_ms % unit_ms == 0:
            return f"{value_ms // unit_ms}{unit}"
    return f"{value_ms}s" if value_ms == 0 else f"{value_ms}ms"
