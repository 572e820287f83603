"""Event contract for other programs and for people, generated from ``streams.contract.events``: JSON Schema, AsyncAPI,
and the tables of types and fields in the pages about events.

``python -m streams.tools.schemas`` writes them to ``docs/``; with ``--check`` it compares instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from streams.clients.topic_configs import topic_configs
from streams.common.generated import EVENT_PAGES, write_or_compare
from streams.common.languages import Language
from streams.config.settings import Settings
from streams.contract.decoding import MAX_SEQUENCE
from streams.contract.events import EVENTS_OF, Event
from streams.contract.topics import INPUTS, Topic
from streams.tools.event_tables import page_text

CONTRACT = Path("docs/contract")
SCHEMA_FILE = CONTRACT / "events.schema.json"
ASYNCAPI_FILE = CONTRACT / "asyncapi.json"
CONTENT_TYPE = "application/cloudevents+json"
CONTRACT_VERSION = "1.0.0"
"""Version of the contract: the first number changes if a valid event becomes invalid."""
KAFKA_BINDING = "0.5.0"

SUMMARIES = {
    Topic.CALLS: "Telephone calls: one event for each thing that happens to a leg of a call.",
    Topic.CHATS: "Chats: as for calls, and each message.",
    Topic.TICKETS: "Tickets: e-mail, web forms, social media and whatever else waits for an answer.",
    Topic.CONTACTS: "Internal, written by the streams alone: what each contact tells about its customer's repeats.",
}
KEY = "the event's `subject`: one contact, one partition"
CUSTOMER_KEY = "the event's `subject`: the keyed hash of a customer in hex; one customer, one partition"
INTERNAL = "x-internal"
"""Key of an internal topic: only workers write it, no other program."""
TIME_PATTERN = r"[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:?[0-9]{2})$"


def event_types(topics: Iterable[Topic] = INPUTS) -> list[type[Event]]:
    """Every event type, topic by topic, in the order of the contract."""
    return [struct for topic in topics for struct in EVENTS_OF[topic].values()]


def components(ref_template: str, topics: Iterable[Topic] = INPUTS) -> dict[str, dict[str, Any]]:
    """Schema of each event type and of their shared types, by name."""
    types = event_types(topics)
    _, found = msgspec.json.schema_components(types, ref_template=ref_template)
    for struct in types:
        properties = found[struct.__name__]["properties"]
        properties["time"]["pattern"] = TIME_PATTERN
        properties["sequence"] = _sequence_schema()
        # The default of `data` follows from the defaults of its fields.
        properties["data"].pop("default", None)
    return dict(sorted(found.items()))


def event_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of every event that other programs may send."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An event of a contact centre",
        "description": "A CloudEvent 1.0 in structured JSON; one Kafka record, whose key is `subject`.",
        "oneOf": [{"$ref": f"#/$defs/{struct.__name__}"} for struct in event_types()],
        "$defs": components("#/$defs/{name}"),
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0 document: one channel per topic, one message per event type, and the topics' Kafka configuration.

    The internal topic is included, marked as internal.
    """
    settings = Settings.model_construct()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Veinte events",
            "version": CONTRACT_VERSION,
            "description": "What a contact centre tells Veinte: CloudEvents 1.0, structured JSON, one a Kafka record.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {str(topic): _channel(topic, settings) for topic in Topic},
        "operations": {
            **{f"receive_{topic}": _operation(topic, "receive", f"Veinte reads {topic}.") for topic in Topic},
            f"send_{Topic.CONTACTS}": _operation(
                Topic.CONTACTS, "send", f"Veinte writes {Topic.CONTACTS}; nobody else does."
            ),
        },
        "components": {
            "messages": {
                struct.__name__: _message(topic, struct) for topic in Topic for struct in event_types([topic])
            },
            "schemas": components("#/components/schemas/{name}", Topic),
        },
    }


def render(document: dict[str, Any]) -> str:
    """Text of a generated document, identical byte for byte for the same types."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


GENERATED: dict[Path, Callable[[], str]] = {
    SCHEMA_FILE: lambda: render(event_schema()),
    ASYNCAPI_FILE: lambda: render(asyncapi()),
    EVENT_PAGES[Language.ENGLISH]: lambda: page_text(Language.ENGLISH),
    EVENT_PAGES[Language.SPANISH]: lambda: page_text(Language.SPANISH),
}


def _sequence_schema() -> dict[str, Any]:
    return {
        "description": "orders events of one source within the same instant; −1 where missing",
        "anyOf": [
            {"type": "integer", "minimum": -1, "maximum": MAX_SEQUENCE},
            {"type": "string", "pattern": "^[0-9]{1,19}$"},
        ],
        "default": -1,
    }


def _channel(topic: Topic, settings: Settings) -> dict[str, Any]:
    config = topic_configs(settings)[settings.topic(topic)]
    return {
        "address": str(topic),
        "description": SUMMARIES[topic],
        **_internal(topic),
        "messages": {
            struct.__name__: {"$ref": f"#/components/messages/{struct.__name__}"}
            for struct in EVENTS_OF[topic].values()
        },
        "bindings": {
            "kafka": {
                "topic": str(topic),
                "partitions": settings.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [config["cleanup.policy"]],
                    "retention.ms": int(config["retention.ms"]),
                },
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _internal(topic: Topic) -> dict[str, bool]:
    return {} if topic in INPUTS else {INTERNAL: True}


def _operation(topic: Topic, action: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "summary": summary,
        "messages": [
            {"$ref": f"#/channels/{topic}/messages/{struct.__name__}"} for struct in EVENTS_OF[topic].values()
        ],
    }


def _message(topic: Topic, struct: type[Event]) -> dict[str, Any]:
    return {
        "name": struct.__struct_config__.tag,
        "title": struct.__name__,
        "summary": struct.__doc__ or "",
        **_internal(topic),
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{struct.__name__}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": KEY if topic in INPUTS else CUSTOMER_KEY},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


if __name__ == "__main__":
    sys.exit(write_or_compare(GENERATED, sys.argv[1:]))
