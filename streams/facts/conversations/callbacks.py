"""Callback requests of a contact: which are still to be returned, and which were cancelled (events.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from streams.facts.conversations.judging import CALLBACK_REQUESTED, JudgedContact, JudgedLeg
from streams.facts.conversations.legless import CALLBACK, is_from_menu
from streams.facts.shared.marks import EventStamp, QueueStamp


@dataclass(slots=True)
class CallbackRequest:
    """A request on the list of callbacks. Times are epoch ms.

    ``leg``: the leg that asked, ``None`` where the request means none. ``from_menu``: made in the menu, so it counts in
    nothing but this list. ``cancelled_ms``: when it was taken off the list.
    """

    leg: str | None
    queue: str
    from_menu: bool
    requested_ms: int
    cancelled_ms: int | None = None


_Step = tuple[int, bool, tuple[int, int, str, str], str | None, str]
"""Time, false for a request and true for a cancellation, position, leg, and the queue of a request from the menu."""


def callback_requests(contact: JudgedContact) -> tuple[list[CallbackRequest], bool]:
    """The requests of a contact, and true if it has a cancellation without a request.

    A request while another of the same leg, or the same queue of the menu, is on the list changes nothing.
    """
    if not contact.menu and not any(_has_callbacks(leg) for leg in contact.legs) and not contact.unoffered:
        return [], False
    queue_of = {leg.name: leg.queue for leg in contact.legs}
    returns = [leg.offered_ms for leg in contact.legs if leg.via == CALLBACK]
    requests: list[CallbackRequest] = []
    unknown = False
    for time_ms, is_cancelled, _, leg, queue in sorted(_steps(contact), key=lambda step: step[:3]):
        if is_cancelled:
            request = _meant(requests, contact, str(leg), time_ms)
            if request is None:
                unknown = unknown or not _asked(contact, str(leg), time_ms)
            elif request.cancelled_ms is None:
                request.cancelled_ms = time_ms
            continue
        of_leg = [each for each in requests if not each.from_menu and each.leg == leg]
        of_menu = [each for each in requests if each.from_menu and each.queue == queue]
        last = next(reversed(of_menu if queue else of_leg), None)
        if last is None or last.cancelled_ms is not None or any(last.requested_ms <= at <= time_ms for at in returns):
            asked_in = queue or queue_of[str(leg)]
            requests.append(CallbackRequest(leg, asked_in, bool(queue), time_ms))
    return requests, unknown


def is_pending(request: CallbackRequest, contact: JudgedContact) -> bool:
    """True until the request is cancelled, or returned by a callback leg offered at or after it."""
    if request.cancelled_ms is not None:
        return False
    return not any(leg.via == CALLBACK and leg.offered_ms >= request.requested_ms for leg in contact.legs)


def _has_callbacks(leg: JudgedLeg) -> bool:
    return leg.outcome == CALLBACK_REQUESTED or bool(leg.facts.callback_requested or leg.facts.callback_cancelled)


def _meant(requests: list[CallbackRequest], contact: JudgedContact, leg: str, time_ms: int) -> CallbackRequest | None:
    """The latest request that a cancellation of a leg can mean; a callback leg returns a request of another."""
    own = next((each for each in reversed(requests) if each.leg == leg), None)
    returns = any(each.name == leg and each.via == CALLBACK for each in contact.legs)
    if own is None and returns and requests and not _asked(contact, leg, time_ms):
        return requests[-1]
    return own


def _asked(contact: JudgedContact, leg: str, time_ms: int) -> bool:
    """True if a leg has a request at or before an instant, on the list or not."""
    judged = next((each.facts for each in contact.legs if each.name == leg), contact.unoffered.get(leg))
    return judged is not None and any(each.time_ms <= time_ms for each in judged.callback_requested)


def _steps(contact: JudgedContact) -> Iterator[_Step]:
    for leg in contact.legs:
        for request in leg.facts.callback_requested:
            if is_from_menu(request, leg.facts):
                yield _step(request, leg.name, request.queue)
            elif _is_listed(leg) and request.time_ms > leg.at_ms:
                yield _step(request, leg.name)
        if _is_listed(leg):
            yield (leg.at_ms, False, (0, 0, "", ""), leg.name, "")
        for cancelled in leg.facts.callback_cancelled:
            yield _step(cancelled, leg.name, is_cancelled=True)
    for name, facts in contact.unoffered.items():
        for request in facts.callback_requested:
            if request.queue:
                yield _step(request, name, request.queue)
        for cancelled in facts.callback_cancelled:
            yield _step(cancelled, name, is_cancelled=True)
    for request in contact.menu:
        yield _step(request, None, request.queue)


def _is_listed(leg: JudgedLeg) -> bool:
    """True where the outcome of a leg is a request for a callback."""
    return leg.outcome == CALLBACK_REQUESTED and leg.counted and leg.clock_consistent


def _step(stamp: EventStamp | QueueStamp, leg: str | None, queue: str = "", *, is_cancelled: bool = False) -> _Step:
    return (stamp.time_ms, is_cancelled, (stamp.time_ms, stamp.sequence, stamp.source, stamp.id), leg, queue)
