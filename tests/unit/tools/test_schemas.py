"""The published contract: it is what the types say, and accepts what the decoder accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from streams.common.durations import DAY_MS
from streams.common.errors import InvalidEvent
from streams.config.settings import Settings
from streams.contract.decoding import EventDecoder
from streams.contract.events import TYPES_OF, OutcomeData
from streams.contract.topics import INPUTS, TOPIC_OF_PREFIX, Topic
from streams.tools.schemas import (
    ASYNCAPI_FILE,
    CONTRACT,
    INTERNAL,
    SCHEMA_FILE,
    asyncapi,
    event_schema,
    event_types,
)
from tests.support.paths import ROOT

EXAMPLES = [json.loads(line) for line in (ROOT / CONTRACT / "examples.jsonl").read_text().splitlines()]
VALIDATOR = Draft202012Validator(event_schema(), format_checker=FormatChecker())
ABSENT: Any = object()
OUTCOME = {
    "contact": "call-1",
    "channel": "call",
    "queue": "sales",
    "begun": "2026-11-21T09:00:12Z",
    "revision": 3,
    "window_ms": 604_800_000,
}


def event(**changes: Any) -> dict[str, Any]:
    """A good event with some fields changed, or left out."""
    good = {
        "specversion": "1.0",
        "id": "1",
        "source": "/pbx",
        "type": "call.offered",
        "time": "2026-11-21T09:00:12.250Z",
        "subject": "call-1",
        "data": {"queue": "sales"},
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not ABSENT}


GOOD = {
    "the least that is needed": event(),
    "unknown fields": event(traceparent="00-…", data={"queue": "sales", "colour": "blue"}),
    "a sequence that is a number": event(sequence=0),
    "a sequence of digits": event(sequence="0007"),
    "an offset": event(time="2026-11-21T10:00:12+01:00"),
    "a leg that is a fraction": event(data={"queue": "sales", "leg": 1.5}),
    "a leg that is text": event(data={"queue": "sales", "leg": "second"}),
    "nothing known of the customer": event(data={"queue": "sales", "customer": None, "priority": None}),
    "no data where none is needed": event(type="call.ended", data=ABSENT),
    "a ticket": event(type="ticket.opened"),
}
BAD = {
    "another specversion": event(specversion="0.3"),
    "no id": event(id=ABSENT),
    "an empty subject": event(subject=""),
    "a number as source": event(source=7),
    "no type": event(type=ABSENT),
    "an unknown type": event(type="call.whispered"),
    "a time without offset": event(time="2026-11-21T09:00:12"),
    "a time that is a number": event(time=1763715612),
    "a date": event(time="2026-11-21"),
    "a negative sequence": event(sequence=-2),
    "a sequence that is no number": event(sequence="first"),
    "a sequence past 63 bits": event(sequence=2**63),
    "null as sequence": event(sequence=None),
    "no data where a queue is needed": event(data=ABSENT),
    "no queue": event(data={}),
    "an empty queue": event(data={"queue": ""}),
    "null as queue": event(data={"queue": None}),
    "an unknown way in": event(data={"queue": "sales", "via": "window"}),
    "true as leg": event(data={"queue": "sales", "leg": True}),
    "data that is a list": event(data=[]),
    "an unknown reason": event(type="ticket.removed", data={"reason": "boredom"}),
    "text as public": event(type="ticket.replied", data={"public": "yes"}),
    "what only the streams write": event(type="contact.outcome", data=OUTCOME),
    "null as fcr_eligible": event(type="call.classified", data={"fcr_eligible": None}),
}


def decodes(value: dict[str, Any]) -> bool:
    """True if the decoder of the event's topic accepts it."""
    topic = TOPIC_OF_PREFIX.get(str(value.get("type")).partition(".")[0], Topic.CALLS)
    decoder = EventDecoder(topic, record_limit_bytes=65_536, string_limit=256)
    try:
        decoder.decode(json.dumps(value).encode())
    except InvalidEvent:
        return False
    return True


def test_schema_is_a_schema() -> None:
    """The JSON Schema is valid by its own draft."""
    Draft202012Validator.check_schema(event_schema())


@pytest.mark.parametrize("name", GOOD)
def test_good_events_pass_both(name: str) -> None:
    """A good event passes the schema and the decoder."""
    assert [] == [error.message for error in VALIDATOR.iter_errors(GOOD[name])]
    assert decodes(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_bad_events_pass_neither(name: str) -> None:
    """Schema and decoder refuse the same wrong event."""
    assert (False, False) == (VALIDATOR.is_valid(BAD[name]), decodes(BAD[name]))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda value: f"{value['id']} {value['type']}")
def test_examples_are_valid(example: dict[str, Any]) -> None:
    """Every published example is an event of the contract."""
    assert [] == [error.message for error in VALIDATOR.iter_errors(example)]
    assert decodes(example)


def test_every_type_has_an_example() -> None:
    """No event type that may be sent is left without an example."""
    assert set().union(*(TYPES_OF[topic] for topic in INPUTS)) == {example["type"] for example in EXAMPLES}


def references(value: Any) -> Iterator[str]:
    """Every ``$ref`` in a document."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "$ref":
                yield part
            else:
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolve(document: Any, reference: str) -> Any:
    """The object at a local JSON pointer."""
    assert reference.startswith("#/")
    for step in reference.removeprefix("#/").split("/"):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


@pytest.mark.parametrize("path", [SCHEMA_FILE, ASYNCAPI_FILE], ids=str)
def test_references_resolve(path: Path) -> None:
    """Every reference of a document names something in it."""
    document = json.loads((ROOT / path).read_text())
    found = set(references(document))
    assert found
    for reference in found:
        assert isinstance(resolve(document, reference), dict)


def test_asyncapi_has_what_version_3_asks_for() -> None:
    """The required fields of AsyncAPI 3.0 are there, with the forms the specification gives them."""
    document = asyncapi()
    assert re.fullmatch(r"3\.0\.\d+", document["asyncapi"])
    assert {"title", "version"} <= document["info"].keys()
    for name, operation in document["operations"].items():
        assert re.fullmatch(r"[A-Za-z0-9_\-]+", name)
        assert operation["action"] in ("send", "receive")
        channel = resolve(document, operation["channel"]["$ref"])
        offered = [resolve(document, item["$ref"]) for item in operation["messages"]]
        assert list(channel["messages"].values()) == offered
    for message in document["components"]["messages"].values():
        payload = resolve(document, message["payload"]["$ref"])
        assert [message["name"]] == payload["properties"]["type"]["enum"]


def test_asyncapi_describes_the_topics() -> None:
    """A channel a topic, with its messages, partitions and retention, keyed by the subject."""
    document = asyncapi()
    assert [str(topic) for topic in Topic] == list(document["channels"])
    for topic in Topic:
        channel = document["channels"][topic]
        kafka = channel["bindings"]["kafka"]
        names = {resolve(document, message["$ref"])["name"] for message in channel["messages"].values()}
        retention_ms = (36 if topic in INPUTS else 44) * DAY_MS
        assert TYPES_OF[topic] == names
        assert (topic, Settings.model_fields["partitions"].default) == (kafka["topic"], kafka["partitions"])
        assert retention_ms == kafka["topicConfiguration"]["retention.ms"]
    for message in document["components"]["messages"].values():
        assert "subject" in message["bindings"]["kafka"]["key"]["description"]


def test_asyncapi_marks_what_the_streams_write() -> None:
    """The internal topic and its events are marked, and are all that Veinte sends."""
    document = asyncapi()
    internal = [name for name, channel in document["channels"].items() if INTERNAL in channel]
    marked = {message["name"] for message in document["components"]["messages"].values() if INTERNAL in message}
    sent = [
        operation["channel"]["$ref"] for operation in document["operations"].values() if operation["action"] == "send"
    ]
    assert ["contacts"] == internal
    assert TYPES_OF[Topic.CONTACTS] == marked
    assert ["#/channels/contacts"] == sent


def test_the_example_of_an_outcome_is_one() -> None:
    """The outcome on the page on events is taken by the decoder of its topic, and the page explains every field."""
    page = (ROOT / "docs/events.md").read_text().partition("## Written by the streams")[2]
    block = "\n".join(line for line in page.splitlines() if line.startswith("    "))
    decoder = EventDecoder(Topic.CONTACTS, record_limit_bytes=65_536, string_limit=256)
    shown = json.loads(block)
    assert "call-000123" == decoder.decode(block.encode())[0].data.contact
    assert set() == shown["data"].keys() - set(OutcomeData.__struct_fields__)
    assert set(OutcomeData.__struct_fields__) <= set(re.findall(r"`(\w+)`", page))


def test_every_event_type_is_described() -> None:
    """Each event type carries a sentence for people, without which a schema is a riddle."""
    assert all(struct.__doc__ for struct in event_types(Topic))
