"""Counts in English sentences."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """``1 event``, ``1,204 events``: the count with its noun, which takes an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
