"""Clocks that can be stopped. Every queue is open at all hours here: only pauses stop a clock."""

from __future__ import annotations

from collections.abc import Iterable


def due_ms(start_ms: int, allowed_ms: int, pauses: Iterable[tuple[int, int]]) -> int:
    """When ``allowed_ms`` have passed since ``start_ms``, not counting pauses; all epoch milliseconds.

    ``pauses`` are disjoint ``(from, to)`` in order of time. A pause that begins at or after the due time moves nothing.
    """
    due = start_ms + allowed_ms
    for begin, end in pauses:
        begin = max(begin, start_ms)
        if begin >= due:
            break
        due += max(end - begin, 0)
    return due
