"""The counter codes of calls and chats, as plain numbers.

Looking up, comparing or storing an enum member costs several times as much as a plain number. A call uses some thirty
codes, and folding calls is most of the work of a worker.
"""

from __future__ import annotations

from streams.facts.conversations.measures import ANSWER, ConversationMeasure, ConversationSketch
from streams.facts.conversations.measures import HANDLE_AND_TALK as _HANDLE_AND_TALK
from streams.facts.shared.measures import HANDLING, HandlingMeasure

ARRIVED = int(ConversationMeasure.ARRIVED)
OFFERED = int(ConversationMeasure.OFFERED)
ANSWERED = ANSWER.code_of(ConversationMeasure.ANSWERED)
ANSWERED_IN_TIME = ANSWER.code_of(ConversationMeasure.ANSWERED, ConversationMeasure.ANSWERED_WITHIN)
WAIT_MS = int(ConversationMeasure.WAIT_MS)
ABANDONED = int(ConversationMeasure.ABANDONED)
SHORT_ABANDONED = int(ConversationMeasure.SHORT_ABANDONED)
ABANDON_WAIT_MS = int(ConversationMeasure.ABANDON_WAIT_MS)
CALLBACK_REQUESTED = int(ConversationMeasure.CALLBACK_REQUESTED)
ABANDONED_WITHIN = int(ConversationMeasure.ABANDONED_WITHIN)
SHORT_WITHIN = int(ConversationMeasure.SHORT_WITHIN)
LEFT_WITHIN = int(ConversationMeasure.LEFT_WITHIN)
REACHED_TARGET = int(ConversationMeasure.REACHED_TARGET)
CONTACT_ANSWERED_WITHIN = int(ConversationMeasure.CONTACT_ANSWERED_WITHIN)
CONTACT_ABANDONED_WITHIN = int(ConversationMeasure.CONTACT_ABANDONED_WITHIN)
CONTACT_SHORT_WITHIN = int(ConversationMeasure.CONTACT_SHORT_WITHIN)
CONTACT_LEFT_WITHIN = int(ConversationMeasure.CONTACT_LEFT_WITHIN)
CONTACT_REACHED_TARGET = int(ConversationMeasure.CONTACT_REACHED_TARGET)
HANDLED_LEGS = int(ConversationMeasure.HANDLED_LEGS)
TALK_MS = int(ConversationMeasure.TALK_MS)
HOLD_MS = int(ConversationMeasure.HOLD_MS)
WRAP_MS = int(ConversationMeasure.WRAP_MS)
SHORT_CONTACTS = int(ConversationMeasure.SHORT_CONTACTS)
CALLBACK_LEGS_ANSWERED = int(ConversationMeasure.CALLBACK_LEGS_ANSWERED)
CALLBACK_LEGS_DECIDED = int(ConversationMeasure.CALLBACK_LEGS_DECIDED)

# bits of the composite counter HANDLING
HANDLED = HANDLING.bit(HandlingMeasure.HANDLED)
CLASSIFIED = HANDLING.bit(HandlingMeasure.CLASSIFIED)
FCR_FLAGGED_BASE = HANDLING.bit(HandlingMeasure.FCR_FLAGGED_BASE)
FCR_FLAGGED = HANDLING.bit(HandlingMeasure.FCR_FLAGGED)
FCR_NET_BASE = HANDLING.bit(HandlingMeasure.FCR_NET_BASE)
FCR_NET = HANDLING.bit(HandlingMeasure.FCR_NET)
ESCALATED = HANDLING.bit(HandlingMeasure.ESCALATED)

WAIT_SKETCH = int(ConversationSketch.WAIT)
ABANDON_WAIT_SKETCH = int(ConversationSketch.ABANDON_WAIT)
HANDLE_SKETCH = int(ConversationSketch.HANDLE)
TALK_SKETCH = int(ConversationSketch.TALK)
HOLD_SKETCH = int(ConversationSketch.HOLD)
WRAP_SKETCH = int(ConversationSketch.WRAP)
HANDLE_AND_TALK_SKETCH = _HANDLE_AND_TALK.number
