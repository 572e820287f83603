"""Check of whole contacts by the worker's own rules: each is offered, and each leg comes to an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from streams.common.errors import InvalidEvent
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.decoding import Decoded, leg_name
from streams.contract.events import VERB_OF
from streams.contract.topics import CHANNEL_OF, INPUTS, Topic
from streams.facts.conversations.facts import LEGLESS
from streams.facts.conversations.live import InProgress, Waiting
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.contributions import Stage
from streams.numbers.live_entries import Incomplete
from streams.store.registry import Registry
from streams.tools.event_names import EventNames

Problem = tuple[int, str, str]
"""Line, reason and sentence."""
BEGINNINGS = frozenset({"offered", "opened", "refused"})
WHOLE = frozenset({"removed"})
"""Events that need no beginning before them."""
MENU = frozenset({"callback_requested", "callback_cancelled"})
UNENDED = {
    Waiting.letter: "was never answered, abandoned, taken out of the queue or called back; it waits until it is stale",
    InProgress.letter: "was answered and has no `ended` or `transferred`; it is in conversation until it is stale",
}


class _Contact:
    """Facts of one contact, and the lines of its events that a sentence may name."""

    __slots__ = ("events", "facts", "first", "is_begun", "legless", "legs", "needs_offer", "offers")

    def __init__(self, line: int, kind: str) -> None:
        self.facts: object = None
        self.events = 0
        self.first = (line, kind)
        self.is_begun = self.needs_offer = False
        self.offers: dict[str, int] = {}
        self.legs: dict[str, tuple[int, str]] = {}
        self.legless: tuple[int, str] | None = None


class ContactCheck:
    """Contacts of the events added so far; ``problems`` says at the end what is wrong with them."""

    def __init__(self, settings: Settings) -> None:
        self.types: Counter[str] = Counter()
        self.names = EventNames()
        self._books = {topic: policy_book(CHANNEL_OF[topic], settings) for topic in INPUTS}
        self._contacts: dict[tuple[Topic, str], _Contact] = {}

    def __len__(self) -> int:
        return len(self._contacts)

    def add(self, line: int, topic: Topic, decoded: Decoded) -> Iterator[Problem]:
        """Add an event; gives the contradictions with earlier ones."""
        event = decoded[0]
        kind, verb = str(event.__struct_config__.tag), VERB_OF[type(event)]
        self.types[kind] += 1
        for reason, sentence in self.names.add(line, decoded):
            yield line, reason, sentence
        key = (topic, event.subject)
        contact = self._contacts.get(key)
        if contact is None:
            contact = self._contacts[key] = _Contact(line, kind)
        contact.events += 1
        contact.is_begun |= verb in BEGINNINGS or verb in WHOLE
        contact.needs_offer |= verb not in MENU
        if topic is not Topic.TICKETS and verb not in BEGINNINGS - {"offered"}:
            _note_leg(contact, line, kind, verb, event.data)
        try:
            contact.facts, _ = DOMAIN_OF[topic].fold(contact.facts, [decoded], str.encode)
        except InvalidEvent as error:
            yield line, error.reason, f"{event.subject}: {error.detail}"

    def problems(self) -> Iterator[Problem]:
        """Contacts that were never offered or never ended, by line."""
        registry = Registry({}, frozenset(), 1)
        found: list[Problem] = []
        for (topic, subject), contact in self._contacts.items():
            if contact.facts is None:
                continue
            added = DOMAIN_OF[topic].contributions(contact.facts, self._books[topic], registry, Stage.KEPT)
            found += _beginning(topic, subject, contact, is_incomplete=Incomplete.letter in added.live)
            for key in added.live:
                if topic is not Topic.TICKETS and key[0] in UNENDED:
                    line = contact.offers.get(key[1:], contact.first[0])
                    found.append((line, "never_ended", f"{_leg(subject, key[1:])} {UNENDED[key[0]]}"))
        yield from sorted(found)


def _note_leg(contact: _Contact, line: int, kind: str, verb: str, data: object) -> None:
    leg = getattr(data, "leg", None)
    if isinstance(leg, str | int | float):
        name = leg_name(leg)
        if verb == "offered":
            contact.offers.setdefault(name, line)
        elif verb not in MENU:
            contact.legs.setdefault(name, (line, kind))
    elif contact.legless is None and hasattr(data, "leg"):
        contact.legless = line, kind


def _beginning(topic: Topic, subject: str, contact: _Contact, *, is_incomplete: bool) -> Iterator[Problem]:
    """Finding for a contact, or a leg of it, that events mean and that was never offered or opened."""
    line, kind = contact.first
    prefix = kind.partition(".")[0]
    offer = f"{prefix}.opened" if topic is Topic.TICKETS else f"{prefix}.offered"
    if not contact.is_begun:
        if is_incomplete or contact.needs_offer:
            more = f" and {contact.events - 1:,} more" if contact.events > 1 else ""
            yield (
                line,
                "never_offered",
                f"{subject} has {kind}{more} but no {offer}; it counts nowhere until that comes",
            )
        return
    if not is_incomplete:
        return
    named = [(name, seen) for name, seen in contact.legs.items() if name not in contact.offers]
    for name, (line, kind) in named:
        yield (
            line,
            "never_offered",
            f"{_leg(subject, name)} has {kind} but no {offer}; it counts nowhere until that comes",
        )
    if named:
        return
    if contact.legless is not None and LEGLESS not in contact.offers:
        line, kind = contact.legless
        yield (
            line,
            "unclear_leg",
            f"{subject}: {kind} has no `leg`, and of its legs several may be meant or none; name one",
        )
        return
    yield (
        line,
        "incomplete",
        f"{subject}: an outcome lies more than 5 s before its offer, a correction gives an outcome without a time, or "
        "a callback is cancelled that was never requested; it counts nowhere until that is corrected",
    )


def _leg(subject: str, leg: str) -> str:
    return subject if leg in ("", LEGLESS) else f"{subject}, leg {leg},"
