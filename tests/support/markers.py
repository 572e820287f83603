"""A day's events whose every text is a marked word, one for each kind of text, and the search for these words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from streams.contract.topics import Topic
from streams.sources.outgoing import rfc3339

MINUTE_MS = 60_000
KINDS = (
    "customer", "agent", "target", "contact", "leg", "id", "source", "queue", "topic", "team", "kind", "reason",
    "priority", "site", "note", "unknown", "name", "undecodable", "key", "type",
)  # fmt: skip
"""Kinds of text: ``target`` is the agent or number of a transfer, ``note`` the outcome in an agent's words, ``unknown``
a field that the contract does not know and ``name`` its name, ``type`` an unknown type of event."""


class Sent(NamedTuple):
    """A record to publish."""

    topic: Topic
    key: bytes
    value: bytes


def marker(kind: str) -> str:
    """The word for a kind of text; no other text has it."""
    return f"zq{kind}zq"


def _event(topic: Topic, subject: str, verb: str, at_ms: int, /, **data: Any) -> Sent:
    prefix = topic.value[:-1]
    body = {
        "specversion": "1.0",
        "id": f"{marker('id')}-{subject}-{verb}-{at_ms}",
        "source": f"/{marker('source')}",
        "type": f"{prefix}.{verb}",
        "time": rfc3339(at_ms),
        "subject": subject,
        "extension": marker("unknown"),
        "data": {**data, "remark": marker("unknown"), "more": {marker("unknown"): [marker("unknown")]}},
    }
    return Sent(topic, subject.encode(), json.dumps(body).encode())


def _conversation(topic: Topic, number: int, at_ms: int) -> Iterable[Sent]:
    subject, leg, agent = f"{marker('contact')}-{topic}-{number}", marker("leg"), marker("agent")
    steps: list[tuple[str, dict[str, Any]]] = [
        ("offered", {"queue": marker("queue"), "customer": marker("customer"), "topic": marker("topic"),
                     "priority": marker("priority"), "site": marker("site"), "language": marker("site")}),
        ("answered", {"agent": agent}),
        ("held", {"agent": agent}),
        ("resumed", {"agent": agent}),
        ("escalated", {"kind": marker("kind"), "topic": marker("topic")}),
        ("transferred", {"to": f"agent:{marker('target')}", "agent": agent}),
        ("classified", {"topic": marker("topic"), "outcome": marker("note"), "agent": agent,
                        "customer": marker("customer")}),
        ("corrected", {"outcome": "answered", "reason": marker("reason"), "agent": agent,
                       "to": f"agent:{marker('target')}"}),
    ]  # fmt: skip
    for minute, (verb, data) in enumerate(steps):
        named = {} if verb in ("classified", "escalated") else {"leg": leg}
        yield _event(topic, subject, verb, at_ms + minute * MINUTE_MS, **data, **named)


def _ticket(number: int, at_ms: int) -> Iterable[Sent]:
    subject, agent = f"{marker('contact')}-tickets-{number}", marker("agent")
    steps: list[tuple[str, dict[str, Any]]] = [
        ("opened", {"queue": marker("queue"), "channel": "email", "customer": marker("customer"),
                    "topic": marker("topic")}),
        ("assigned", {"agent": agent, "team": marker("team")}),
        ("held", {"reason": marker("reason")}),
        ("resumed", {"reason": marker("reason")}),
        ("escalated", {"kind": marker("kind"), "topic": marker("topic")}),
        ("replied", {"agent": agent}),
        ("solved", {"agent": agent, "team": marker("team")}),
        ("classified", {"topic": marker("topic"), "customer": marker("customer")}),
    ]  # fmt: skip
    for minute, (verb, data) in enumerate(steps):
        yield _event(Topic.TICKETS, subject, verb, at_ms + minute * MINUTE_MS, **data)


def _refused(at_ms: int) -> Iterable[Sent]:
    """Records of every kind that becomes a dead letter."""
    good: dict[str, Any] = {
        name: marker(name)
        for name in ("queue", "customer", "agent", "leg", "topic", "priority", "kind", "reason", "site")
    }
    bad: tuple[dict[str, Any], ...] = (
        {**good, "via": marker("note")},
        {**good, "leg": [marker("note")]},
        {**good, "queue": {marker("unknown"): marker("unknown")}},
        {"customer": {"name": marker("customer")}, "agent": [marker("agent")], "to": f"agent:{marker('target')}"},
    )
    for number, wrong in enumerate(bad):
        yield _event(Topic.CALLS, f"{marker('contact')}-bad-{number}", "offered", at_ms, **wrong)
    yield _event(Topic.TICKETS, f"{marker('contact')}-bad-ticket", "opened", at_ms, channel=1, team=marker("team"))
    wrong_key = _event(Topic.CALLS, f"{marker('contact')}-bad-key", "offered", at_ms, **good)
    yield wrong_key._replace(key=marker("key").encode())
    body = json.loads(wrong_key.value)
    for changes in (
        {"time": marker("note")},
        {"sequence": marker("note")},
        {"subject": {marker("note"): marker("note")}},
        {"data": [marker("customer")]},
        {"data": marker("customer")},
        {"type": f"call.{marker('type')}"},
        {marker("name"): marker("unknown"), "subject": ""},
    ):
        yield Sent(Topic.CALLS, marker("key").encode(), json.dumps({**body, **changes}).encode())
    word = marker("undecodable").encode()
    for value in (b"<" + word, b'{"subject": "' + word, word + b"\xff", b'["' + word + b'"]', b'"' + word + b'"'):
        yield Sent(Topic.CALLS, marker("key").encode(), value)
    yield Sent(Topic.CALLS, marker("key").encode(), b'{"a": "' + word * 20_000 + b'"}')


def days_events(start_ms: int) -> list[Sent]:
    """Calls, chats and tickets of one customer, and records of every kind of fault."""
    sent: list[Sent] = []
    for number in range(3):
        at_ms = start_ms + number * 20 * MINUTE_MS
        sent += [*_conversation(Topic.CALLS, number, at_ms), *_conversation(Topic.CHATS, number, at_ms)]
        sent += _ticket(number, at_ms)
    return [*sent, *_refused(start_ms)]


def found_in(place: Iterable[bytes]) -> set[str]:
    """The kinds whose word is anywhere in these bytes."""
    texts = list(place)
    return {kind for kind in KINDS if any(marker(kind).encode() in each for each in texts)}


def table_of(page: str) -> list[set[str]]:
    """Kinds in each place, a column of the page's table after the other."""
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    start = next(number for number, row in enumerate(rows) if "<!-- places -->" in row[0])
    found: list[set[str]] = [set() for _ in rows[start][1:]]
    for kind, *cells in rows[start + 1 : start + 1 + len(KINDS)]:
        for place, cell in zip(found, cells, strict=True):
            if cell.strip() in ("yes", "sí"):
                place.add(kind.split("`")[1])
    return found
