"""Topics: their names and contents."""

from __future__ import annotations

from enum import StrEnum

from streams.common.vocabulary import Channel


class Topic(StrEnum):
    """Logical topic names; ``Settings.topic`` gives the name on the broker."""

    CALLS = "calls"
    CHATS = "chats"
    TICKETS = "tickets"
    CONTACTS = "contacts"


INPUTS = (Topic.CALLS, Topic.CHATS, Topic.TICKETS)
"""Topics that other systems write."""
FOLDED = (*INPUTS, Topic.CONTACTS)
"""Topics that the worker folds into numbers: the inputs, and its own outcomes for each customer."""
CHANNEL_OF = {Topic.CALLS: Channel.CALL, Topic.CHATS: Channel.CHAT, Topic.TICKETS: Channel.TICKET}
TOPIC_OF = {channel: topic for topic, channel in CHANNEL_OF.items()}


def dead_letter_topic(topic: Topic) -> str:
    """Logical name of the topic for records of ``topic`` that could not be used."""
    return f"{topic}.dead"


TOPIC_OF_PREFIX = {"call": Topic.CALLS, "chat": Topic.CHATS, "ticket": Topic.TICKETS}
"""Input topic of an event by its type before the first dot."""
