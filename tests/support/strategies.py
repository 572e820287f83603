"""Logs of contacts for property tests: plausible stories and plain chaos, with times that like the edges of the limits.

An event is a CloudEvent as a dict, as the contract has it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.support.payloads import (
    LIVE_QUEUES,
    LIVE_VERBS,
    PAYLOADS,
    SKEWS_MS,
    SMALL_STEPS_MS,
    STEPS_MS,
    TICKET_PAYLOADS,
    TICKET_STEPS_MS,
    TICKET_VERBS,
    correction,
)

Event = dict[str, Any]

START_MS = 1_795_251_600_000
"""2026-11-21T09:00:00Z: the beginning of a slice of every tier."""
OLD_POLICY_MS = START_MS + 60_000
"""From here on the queue ``support`` has another policy."""

HOUR_MS = 3_600_000

_LEAVES = ("answered", "answered", "answered", "abandoned", "callback_requested", "left_queue", "waits")


def iso(time_ms: int) -> str:
    """``time_ms`` as events spell it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).isoformat()


def event(kind: str, subject: str, number: int | str, time_ms: int, /, *, source: str = "/pbx", **data: Any) -> Event:
    """A CloudEvent of type ``kind``; its id is ``number``."""
    return {
        "specversion": "1.0",
        "id": f"{subject}.{number}",
        "source": source,
        "type": kind,
        "time": iso(time_ms),
        "subject": subject,
        "data": data,
    }


def short(log: list[Event]) -> str:
    """A log on a few lines, for the report of a failure."""
    lines = [
        f"{each['subject']} {each['type']} {each['time'][11:23]} {each['data']} "
        f"[{each.get('sequence', '')} {each['source']} {each['id']}]"
        for each in log
    ]
    return "\n".join(lines)


_TOGETHER = (
    "answered", "answered", "answered", "abandoned", "left_queue", "callback_requested", "callback_cancelled", "held",
    "resumed", "transferred", "ended", "ended", "wrapped_up", "corrected",
)  # fmt: skip
_TOGETHER_CHAT = (*_TOGETHER, "message", "message")
_CORRECTED = (
    "corrected", "corrected", "corrected", "corrected", "answered", "answered", "abandoned", "callback_requested",
    "left_queue", "transferred", "ended", "ended", "wrapped_up", "callback_cancelled",
)  # fmt: skip
_CALLBACKS = (
    "callback_requested", "callback_requested", "callback_requested", "callback_cancelled", "callback_cancelled",
    "callback_cancelled", "offered", "offered", "answered", "abandoned",
)  # fmt: skip
_LEGLESS = frozenset({"refused", "escalated", "classified", "removed"})
_SEQUENCES = st.sampled_from((None, None, None, 0, 1, "2"))
_SOURCES = st.sampled_from(("/pbx", "/acd"))
_LEGS = st.sampled_from((None, 0, 0, 1, "1", 1.0, "b"))
_NAMED_LEGS = st.sampled_from((None, None, "a", "a", "b"))


def _data(draw: st.DrawFn, prefix: str, verb: str, time_ms: int, steps: Sequence[int] = STEPS_MS) -> dict[str, Any]:
    """The ``data`` of an event of this time, without its leg; ``steps``: how long before it a correction may go."""
    if verb == "corrected":
        times = ("outcome_at", "ended_at")
        drawn = correction(draw, time_ms, steps)
        return {name: iso(value) if name in times and value is not None else value for name, value in drawn.items()}
    found: dict[str, Any] = draw((TICKET_PAYLOADS if prefix == "ticket" else PAYLOADS)[verb])
    return found


def _verbs(prefix: str) -> Sequence[str]:
    if prefix == "ticket":
        return TICKET_VERBS
    return (*LIVE_VERBS, "message", "message") if prefix == "chat" else LIVE_VERBS


@st.composite
def _chaos(draw: st.DrawFn, prefix: str, subject: str) -> list[Event]:
    """Events of any types at any times: most make no sense together."""
    log, legs = [], draw(st.sampled_from((_LEGS, _NAMED_LEGS)))
    for number, verb in enumerate(draw(st.lists(st.sampled_from(_verbs(prefix)), min_size=1, max_size=14))):
        if verb == "removed" and draw(st.integers(0, 5)) != 4:
            verb = "assigned" if prefix == "ticket" else "classified"
        log.append(_at_any_time(draw, prefix, subject, number, verb, legs))
    return log


@st.composite
def of_any_type(draw: st.DrawFn, prefix: str, subject: str) -> Event:
    """One event, each type of the contract as often as any other."""
    verb = draw(st.sampled_from(sorted(set(_verbs(prefix)))))
    return _at_any_time(draw, prefix, subject, "any", verb, draw(st.sampled_from((_LEGS, _NAMED_LEGS))))


def _at_any_time(
    draw: st.DrawFn, prefix: str, subject: str, number: int | str, verb: str, legs: st.SearchStrategy[Any]
) -> Event:
    tickets = prefix == "ticket"
    steps = TICKET_STEPS_MS if tickets else STEPS_MS
    time_ms = START_MS + draw(st.sampled_from(steps)) + draw(st.sampled_from(steps)) + draw(st.sampled_from(SKEWS_MS))
    payload = _data(draw, prefix, verb, time_ms)
    made = event(f"{prefix}.{verb}", subject, number, time_ms, source=draw(_SOURCES), **payload)
    leg = None if tickets or verb in _LEGLESS else draw(legs)
    if leg is not None:
        made["data"]["leg"] = leg
    sequence = draw(_SEQUENCES)
    if sequence is not None:
        made["sequence"] = sequence
    return made


class _Story:
    """Collects the events of one contact, in the order in which they happen."""

    def __init__(self, draw: st.DrawFn, prefix: str, subject: str) -> None:
        self.draw, self.prefix, self.subject = draw, prefix, subject
        self.log: list[Event] = []
        self.names: Sequence[int | str] = draw(st.sampled_from(((0, 1, 2), ("a", "b", "c"), ("a", "b", "c"))))
        self.forgetful = draw(st.sampled_from((0, 2, 3))) if self.names[0] == "a" else 0
        self.steps: Sequence[int] = TICKET_STEPS_MS if prefix == "ticket" else STEPS_MS
        self.now_ms = START_MS + draw(st.sampled_from((*self.steps, -1)))

    def happens(self, verb: str, *, skewed: bool = False, **data: Any) -> None:
        """An event now, perhaps by a clock that is wrong; ``data`` comes before what is drawn."""
        time_ms = self.now_ms + (self.draw(st.sampled_from(SKEWS_MS)) if skewed else 0)
        payload = _data(self.draw, self.prefix, verb, time_ms, self.steps)
        if "leg" in data:
            data["leg"] = self.names[data["leg"]]
            if self.forgetful and verb != "offered" and self.maybe(self.forgetful):
                del data["leg"]
        made = event(f"{self.prefix}.{verb}", self.subject, len(self.log), time_ms, **{**payload, **data})
        self.log.append(made)

    def passes(self) -> None:
        """Time goes on."""
        self.now_ms += self.draw(st.sampled_from(self.steps))

    def maybe(self, chance: int = 2) -> bool:
        """Yes, once in ``chance``."""
        return self.draw(st.integers(1, chance)) == 1


def _leg(story: _Story, leg: int, via: str) -> str | None:
    """One visit to a queue; returns how the next one comes, or ``None``."""
    story.happens("offered", leg=leg, via=via)
    story.passes()
    outcome = story.draw(st.sampled_from(_LEAVES))
    if outcome == "waits":
        return None
    if story.prefix == "chat" and outcome == "answered" and story.maybe():
        story.happens("message", leg=leg)
    story.happens(outcome, leg=leg, skewed=story.maybe(4))
    if outcome == "callback_requested":
        _list(story, leg)
    if outcome != "answered":
        return {"left_queue": "overflow", "callback_requested": "callback"}.get(outcome)
    for _ in range(story.draw(st.integers(0, 2))):
        story.passes()
        story.happens("held", leg=leg)
        if story.maybe():
            story.passes()
            story.happens("resumed", leg=leg)
    story.passes()
    if story.maybe(4):
        story.happens("transferred", leg=leg)
        return "transfer"
    story.happens("ended", leg=leg, skewed=story.maybe(4))
    if story.maybe():
        story.passes()
        story.happens("wrapped_up", leg=leg, skewed=story.maybe(4))
    return "inbound" if story.maybe(4) else None


def _list(story: _Story, leg: int) -> None:
    """Events of a request for a callback: asked for again, or called off."""
    for verb in story.draw(st.lists(st.sampled_from(("callback_requested", "callback_cancelled")), max_size=2)):
        story.passes()
        story.happens(verb, leg=leg)


@st.composite
def _visit(draw: st.DrawFn, prefix: str, subject: str) -> list[Event]:
    """A call or chat that goes from queue to queue, some of its events lost."""
    story = _Story(draw, prefix, subject)
    if story.maybe(10):
        story.happens("refused")
    if story.maybe(8):
        named: dict[str, Any] = {"leg": 2} if story.maybe() else {}
        story.happens("callback_requested", queue="sales", **named)
        story.passes()
    via: str | None = draw(st.sampled_from(("inbound", "inbound", "inbound", "outbound", "callback")))
    for leg in range(3):
        if via is None:
            break
        via = _leg(story, leg, via)
        if via is not None and story.maybe():
            story.passes()
    for verb in ("escalated", "escalated", "classified", "classified"):
        if story.maybe():
            story.happens(verb)
    for verb, chance in (("callback_requested", 8), ("callback_cancelled", 6), ("corrected", 3), ("corrected", 3)):
        if story.maybe(chance):
            story.passes()
            story.happens(verb, leg=draw(st.integers(0, 2)) if story.maybe(3) else 0)
    if draw(st.integers(0, 7)) == 5:
        story.happens("removed")
    return _some_lost(draw, story.log)


@st.composite
def _corrected_leg(draw: st.DrawFn, prefix: str, subject: str) -> list[Event]:
    """One leg that was corrected again and again, its events near to each other."""
    story = _Story(draw, prefix, subject)
    story.steps = SMALL_STEPS_MS
    story.happens("offered", leg=0)
    for verb in draw(st.lists(st.sampled_from(_CORRECTED), min_size=2, max_size=8)):
        story.passes()
        story.happens(verb, leg=0, skewed=story.maybe(6))
    return _some_lost(draw, story.log)


@st.composite
def _callbacks(draw: st.DrawFn, prefix: str, subject: str) -> list[Event]:
    """Requests of one or two legs and from the menu, some cancelled, some returned."""
    story = _Story(draw, prefix, subject)
    story.steps = SMALL_STEPS_MS
    story.happens("offered", leg=0, via=draw(st.sampled_from(("inbound", "inbound", "callback"))))
    for verb in draw(st.lists(st.sampled_from(_CALLBACKS), min_size=2, max_size=8)):
        story.passes()
        leg = draw(st.sampled_from((0, 0, 1, 2)))
        via: dict[str, Any] = {"via": draw(st.sampled_from(("callback", "callback", "inbound")))}
        story.happens(verb, leg=leg, **(via if verb == "offered" else {}))
    return _some_lost(draw, story.log)


@st.composite
def _legs_together(draw: st.DrawFn, prefix: str, subject: str) -> list[Event]:
    """Two or three legs with names that were offered one soon after the other, most of their events without a leg."""
    story = _Story(draw, prefix, subject)
    story.names, story.forgetful = ("a", "b", "c"), 0
    for leg in range(draw(st.integers(2, 3))):
        via = draw(st.sampled_from(("inbound", "inbound", "callback")))
        story.happens("offered", leg=leg, via=via, queue=draw(st.sampled_from(LIVE_QUEUES)))
        if story.maybe():
            story.passes()
    verbs = _TOGETHER_CHAT if prefix == "chat" else _TOGETHER
    for verb in draw(st.lists(st.sampled_from(verbs), min_size=1, max_size=8)):
        if story.maybe():
            story.passes()
        chosen: int | None = draw(st.sampled_from((None, None, None, 0, 1, 2)))
        named: dict[str, Any] = {} if chosen is None else {"leg": chosen}
        story.happens(verb, skewed=story.maybe(4), **named)
    return _some_lost(draw, story.log)


@st.composite
def _ticket(draw: st.DrawFn, prefix: str, subject: str) -> list[Event]:
    """A ticket from its opening through replies, pauses, solves and reopenings, some of its events lost."""
    story = _Story(draw, prefix, subject)
    story.happens("opened")
    if story.maybe(3):
        story.now_ms += draw(st.sampled_from((0, 1, 59_999, 60_000, 60_001)))
        story.happens("transferred")
    turns = draw(st.lists(st.sampled_from(TICKET_VERBS[2:]), max_size=12))
    for verb in turns:
        if verb == "removed" and draw(st.integers(0, 3)):
            continue
        story.passes()
        story.happens(verb, skewed=story.maybe(6))
    return _some_lost(draw, story.log)


def _some_lost(draw: st.DrawFn, log: list[Event]) -> list[Event]:
    if draw(st.integers(0, 3)):
        return log
    lost = draw(st.sets(st.integers(0, len(log) - 1), max_size=2))
    return [each for index, each in enumerate(log) if index not in lost] or log


Story = Callable[[str, str], st.SearchStrategy[list[Event]]]
_VISITS: dict[str, Story] = {
    "visit": _visit,
    "legs together": _legs_together,
    "corrected leg": _corrected_leg,
    "callbacks": _callbacks,
    "chaos": _chaos,
}
STORIES: dict[str, dict[str, Story]] = {
    "call": _VISITS,
    "chat": _VISITS,
    "ticket": {"ticket": _ticket, "chaos": _chaos},
}
"""Kinds of contacts by channel and name."""


def contact(prefix: str, subject: str, kind: str = "") -> st.SearchStrategy[list[Event]]:
    """The events of one call, chat or ticket (``prefix``), in the order in which they happened or were drawn.

    ``kind``: a name in ``STORIES``; any where it is empty.
    """
    stories = [story(prefix, subject) for name, story in STORIES[prefix].items() if kind in ("", name)]
    return st.one_of(stories).flatmap(_stamped_anew)


@st.composite
def _stamped_anew(draw: st.DrawFn, log: list[Event]) -> list[Event]:
    """A contact's events, some sent again by a producer that stamps the time of each attempt."""
    if draw(st.integers(0, 3)):
        return log
    again = [log[index] for index in draw(st.sets(st.integers(0, len(log) - 1), max_size=2))]
    return [*log, *({**each, "time": iso(_later(draw, each["time"]))} for each in again)]


def _later(draw: st.DrawFn, time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000) + draw(st.sampled_from(STEPS_MS))


@st.composite
def logs(draw: st.DrawFn, prefix: str, contacts: int = 3) -> list[Event]:
    """The events of some contacts of one channel."""
    log: list[Event] = []
    for number in range(draw(st.integers(1, contacts))):
        log += draw(contact(prefix, f"{prefix}-{number}"))
    return log


@st.composite
def contradicted(draw: st.DrawFn, prefix: str, subject: str) -> list[Event]:
    """A contact's events, some of which a faulty system sent again with other content under the same name."""
    log = draw(contact(prefix, subject))
    for index in draw(st.sets(st.integers(0, len(log) - 1), max_size=3)):
        original = log[index]
        payload = _data(draw, prefix, original["type"].split(".")[1], START_MS - HOUR_MS)
        leg = {"leg": original["data"]["leg"]} if "leg" in original["data"] else {}
        log = [*log, {**original, "data": {**payload, **leg}}]
    return log


@st.composite
def deliveries(draw: st.DrawFn, log: list[Event]) -> list[list[Event]]:
    """``log`` as it may come: every event at least once, in any order, cut into batches."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    sent = [*log, *(each for each in log if chance.random() < 0.3)]
    if draw(st.integers(0, 3)):
        chance.shuffle(sent)
    batches: list[list[Event]] = [[]]
    for each in sent:
        if batches[-1] and chance.random() < 0.3:
            batches.append([])
        batches[-1].append(each)
    return batches
