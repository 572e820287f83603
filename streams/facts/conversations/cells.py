"""The cells that calls and chats add to, as plain numbers.

A member of an enum costs several times what a number does, whenever it is looked up, compared or stored; a call takes
some thirty of them, and folding calls is most of what a worker does.
"""

from __future__ import annotations

from streams.numbers.bundles import HANDLE_AND_TALK, Bundle, bit, bundle_cell
from streams.numbers.measures import Measure, Sketch

ARRIVED = int(Measure.ARRIVED)
OFFERED = int(Measure.OFFERED)
ANSWERED = bundle_cell(Bundle.ANSWER, bit(Measure.ANSWERED))
ANSWERED_IN_TIME = bundle_cell(Bundle.ANSWER, bit(Measure.ANSWERED) | bit(Measure.ANSWERED_WITHIN))
WAIT_MS = int(Measure.WAIT_MS)
ABANDONED = int(Measure.ABANDONED)
SHORT_ABANDONED = int(Measure.SHORT_ABANDONED)
ABANDON_WAIT_MS = int(Measure.ABANDON_WAIT_MS)
CALLBACK_REQUESTED = int(Measure.CALLBACK_REQUESTED)
ABANDONED_WITHIN = int(Measure.ABANDONED_WITHIN)
SHORT_WITHIN = int(Measure.SHORT_WITHIN)
LEFT_WITHIN = int(Measure.LEFT_WITHIN)
REACHED_TARGET = int(Measure.REACHED_TARGET)
CONTACT_ANSWERED_WITHIN = int(Measure.CONTACT_ANSWERED_WITHIN)
CONTACT_ABANDONED_WITHIN = int(Measure.CONTACT_ABANDONED_WITHIN)
CONTACT_SHORT_WITHIN = int(Measure.CONTACT_SHORT_WITHIN)
CONTACT_LEFT_WITHIN = int(Measure.CONTACT_LEFT_WITHIN)
CONTACT_REACHED_TARGET = int(Measure.CONTACT_REACHED_TARGET)
HANDLED_LEGS = int(Measure.HANDLED_LEGS)
TALK_MS = int(Measure.TALK_MS)
HOLD_MS = int(Measure.HOLD_MS)
WRAP_MS = int(Measure.WRAP_MS)
SHORT_CONTACTS = int(Measure.SHORT_CONTACTS)
CALLBACK_LEGS_ANSWERED = int(Measure.CALLBACK_LEGS_ANSWERED)
CALLBACK_LEGS_DECIDED = int(Measure.CALLBACK_LEGS_DECIDED)

# bits of the bundle HANDLING
HANDLED = bit(Measure.HANDLED)
CLASSIFIED = bit(Measure.CLASSIFIED)
FCR_FLAGGED_BASE = bit(Measure.FCR_FLAGGED_BASE)
FCR_FLAGGED = bit(Measure.FCR_FLAGGED)
FCR_NET_BASE = bit(Measure.FCR_NET_BASE)
FCR_NET = bit(Measure.FCR_NET)
ESCALATED = bit(Measure.ESCALATED)

WAIT_SKETCH = int(Sketch.WAIT)
ABANDON_WAIT_SKETCH = int(Sketch.ABANDON_WAIT)
HANDLE_SKETCH = int(Sketch.HANDLE)
TALK_SKETCH = int(Sketch.TALK)
HOLD_SKETCH = int(Sketch.HOLD)
WRAP_SKETCH = int(Sketch.WRAP)
HANDLE_AND_TALK_SKETCH = HANDLE_AND_TALK
