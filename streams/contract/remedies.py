"""Remedies for refused records: for each reason of ``REASONS``, the repair at the producer or in the settings."""

from __future__ import annotations

REMEDIES = {
    "no_value": "Have the producer send no records without a value; an event that was wrong is taken back with "
    "`….corrected` or `….removed`",
    "too_large": "Have the producer send smaller events, or raise record_limit_bytes; a whole batch that unpacks to "
    "too much is read again with `veinte dead-letters resend --batch-limit BYTES`",
    "too_many": "Give each contact a subject of its own: this one has more legs, or more events of a kind, than a "
    "contact can have",
    "not_utf8": "Have the producer write UTF-8",
    "not_json": "Have the producer write one CloudEvent in structured JSON a record",
    "no_offset": "Have the producer write times as RFC 3339 with an offset, such as 2026-11-21T09:00:12.250Z",
    "missing_field": "Have the producer send the field; docs/events.md has the fields of every type",
    "invalid_field": "Have the producer send a value that the field may have; docs/events.md has the fields of every "
    "type",
    "string_too_long": "Have the producer shorten the text, or raise string_limit",
    "wrong_topic": "Send `call.` to calls, `chat.` to chats and `ticket.` to tickets",
    "wrong_key": "Have the producer use the event's `subject` as the key of the record",
    "wrong_partition": "Make the producer's partitioner and the setting `partitioner` agree, then send again with "
    "`veinte dead-letters resend`",
    "too_far_ahead": "Set the clock of the producer right, or raise future_limit; what is true by now can be sent "
    "again with `veinte dead-letters resend`",
    "too_old": 'Send events sooner, or raise past_limit; for a log of the past set clock = "event"',
    "implausible_jump": "Set the clock of the producer right; where the log really has such a gap, raise clock_jump",
    "internal": "Report the fault with the detail of the dead letter; the record may be sound, so send it again with "
    "`veinte dead-letters resend` after a release without the fault",
    "unknown_type": "Correct the type where it is a mistake; docs/events.md has all types, and others count nowhere",
}
"""Sentences without a full stop, by reason."""
