"""The topics: their names and what they carry."""

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
"""What systems outside write."""
FOLDED = (*INPUTS, Topic.CONTACTS)
"""What the worker folds into numbers: the inputs, and what it tells itself about the contacts of each customer."""
CHANNEL_OF = {Topic.CALLS: Channel.CALL, Topic.CHATS: Channel.CHAT, Topic.TICKETS: Channel.TICKET}
TOPIC_OF = {channel: topic for topic, channel in CHANNEL_OF.items()}


def dead_letter_topic(topic: Topic) -> str:
    """Logical name of the topic that keeps what ``topic`` could not use."""
    return f"{topic}.dead"


TOPIC_OF_PREFIX = {"call": Topic.CALLS, "chat": Topic.CHATS, "ticket": Topic.TICKETS}
"""Input topic of an event by its type before the first dot."""
