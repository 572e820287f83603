"""Settings of this process that differ from those of the numbers, as every JSON answer has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from streams.config.stored_settings import Difference

DIFFERING_AT_MOST = 100
"""Differences in one answer; two files of a hundred queues may differ in a thousand."""


class DifferingSetting(Struct, frozen=True):
    """A setting that this process has otherwise than the worker that made the numbers; shown is the worker's."""

    setting: Annotated[str, Meta(description="such as queues.sales.target_seconds")]
    here: str
    in_numbers: str


def differing_settings(found: Iterable[Difference]) -> list[DifferingSetting]:
    """The differences as an answer has them, at most ``DIFFERING_AT_MOST``."""
    return [DifferingSetting(*each) for each in found][:DIFFERING_AT_MOST]


def differences_of(found: Iterable[DifferingSetting]) -> list[Difference]:
    """The differences of an answer."""
    return [Difference(each.setting, each.here, each.in_numbers) for each in found]
