"""Bounds of one contact: the size of its packed facts, and which events of a batch are past a bound. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.common.errors import InvalidEvent
from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.facts.shared.domain import Fold
from streams.facts.shared.states import encode_state
from streams.worker.portions import REFUSED_IN_A_PORTION, TooMuch

FACTS_LIMIT_BYTES = 256 * 1024
"""Largest packed facts of one contact (events.md, "Bounds"): every event of a contact reads and writes all of them."""


def check_size(facts: Any) -> None:
    """Refuse the event that made facts too large.

    Raises:
        InvalidEvent: ``too_large``.
    """
    size = len(encode_state(facts))
    if size > FACTS_LIMIT_BYTES:
        raise InvalidEvent(
            "too_large", f"the events of the contact take {size:,} bytes with it, more than {FACTS_LIMIT_BYTES:,}"
        )


def fold_within(
    fold: Fold[Any], facts: Any, events: Sequence[Decoded], pseudonym: Pseudonym
) -> tuple[Any, int, list[tuple[int, InvalidEvent]]]:
    """Facts with the events that are within the bounds, contradictions, and the events that are not.

    Halves are tried and halved again, because the first of many refused events is found by few folds so, and each
    fold reads all facts of the contact.

    Raises:
        TooMuch: finding them takes so many folds that the process would do nothing else meanwhile.
    """
    conflicts = tries = 0
    refused: list[tuple[int, InvalidEvent]] = []
    left = [(0, len(events))]
    while left:
        start, end = left.pop()
        tries += 1
        if tries > 2 * REFUSED_IN_A_PORTION:
            raise TooMuch(start / len(events))
        try:
            candidate, more = fold(facts, events[start:end], pseudonym)
            check_size(candidate)
        except InvalidEvent as error:
            if end - start == 1:
                refused.append((start, error))
            else:
                middle = (start + end) // 2
                left += [(middle, end), (start, middle)]
            continue
        facts, conflicts = candidate, conflicts + more
    return facts, conflicts, refused
