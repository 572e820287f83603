"""Names of rows and dimensions in the registry of a partition."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

ROW_PREFIX = "r"
DIMENSION_PREFIX = "d"
SEPARATOR = "\x1f"
OTHER = "other"
"""The queue, topic, team … of values past the limit of their label."""
NAMES_REMEMBERED = 20_000
"""Dimensions whose labels are kept apart: more than a partition has."""

Labels = tuple[tuple[str, str], ...]
"""``(label, value)`` pairs of one dimension."""


def row_name(queue: str, medium: str, channel: str = "") -> str:
    """Registry name of a row. ``channel`` only where a partition has rows of many."""
    name = f"{ROW_PREFIX}{queue}{SEPARATOR}{medium}"
    return f"{name}{SEPARATOR}{channel}" if channel else name


def parse_row_name(name: str) -> tuple[str, str, str]:
    """``(queue, medium, channel)`` of a row's name; the channel is "" where its partition has one only."""
    queue, medium, *rest = name.removeprefix(ROW_PREFIX).split(SEPARATOR)
    return queue, medium, rest[0] if rest else ""


def dimension_text(labels: Iterable[tuple[str, str]]) -> str:
    """One text for the labels of a dimension, such as ``reason=timeout``; several are separated by U+001F."""
    return SEPARATOR.join([f"{label}={value.replace(SEPARATOR, ' ')}" for label, value in labels])


def dimension_name(*labels: tuple[str, str]) -> str:
    """Registry name of a dimension with these labels."""
    return f"{DIMENSION_PREFIX}{dimension_text(labels)}"


@lru_cache(maxsize=NAMES_REMEMBERED)
def dimension_labels(text: str) -> Labels:
    """The labels of ``dimension_text``."""
    pairs = (part.partition("=") for part in text.split(SEPARATOR))
    return tuple((label, value) for label, _, value in pairs)
