"""The domains of calls and chats."""

from __future__ import annotations

from streams.common.durations import DAY_MS
from streams.common.renames import Renames
from streams.common.vocabulary import Channel
from streams.contract.topics import Topic
from streams.facts.conversations.contributions import contributions
from streams.facts.conversations.facts import Conversation, customers, fold
from streams.facts.conversations.live import Callback, ContactWaiting, InProgress, MenuCallback, Waiting, WrapUp
from streams.facts.conversations.measures import (
    COMPOSITES,
    FORMULA,
    SHARED_SKETCHES,
    ConversationMeasure,
    ConversationSketch,
)
from streams.facts.conversations.renaming import renamed
from streams.facts.shared.contributions import Contributions, Names, Stage
from streams.facts.shared.domain import Domain
from streams.facts.shared.measures import HANDLING, HandlingMeasure
from streams.facts.shared.policy import PolicyBook
from streams.numbers.live_entries import Incomplete


def _of_chat(facts: Conversation, book: PolicyBook, names: Names, stage: Stage) -> Contributions:
    return contributions(facts, book, names, stage, chat=True)


def _of_call(facts: Conversation, book: PolicyBook, names: Names, stage: Stage) -> Contributions:
    return contributions(facts, book, names, stage)


def _renamed_call(facts: Conversation, renames: Renames) -> Conversation:
    return renamed(facts, renames.get(Channel.CALL, {}))


def _renamed_chat(facts: Conversation, renames: Renames) -> Conversation:
    return renamed(facts, renames.get(Channel.CHAT, {}))


CALLS, CHATS = (
    Domain(
        topic=topic,
        channel=channel,
        row_labels=("queue",),
        facts=Conversation,
        fold=fold,
        contributions=contribute,
        renamed=rename,
        customers=customers,
        formula=FORMULA,
        late_ms=8 * DAY_MS,
        retention_ms=36 * DAY_MS,
        arrivals=ConversationMeasure.OFFERED,
        live=(Waiting, ContactWaiting, InProgress, WrapUp, Callback, MenuCallback, Incomplete),
        measures=(ConversationMeasure, HandlingMeasure),
        sketches=(ConversationSketch,),
        composites=(*COMPOSITES, HANDLING),
        shared_sketches=SHARED_SKETCHES,
    )
    for topic, channel, contribute, rename in (
        (Topic.CALLS, Channel.CALL, _of_call, _renamed_call),
        (Topic.CHATS, Channel.CHAT, _of_chat, _renamed_chat),
    )
)
