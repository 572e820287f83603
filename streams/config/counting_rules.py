"""Digest of the settings, beside the policies, that decide what a partition counts."""

from __future__ import annotations

import json
from hashlib import blake2b

from streams.config.limits import past_limit_ms, retentions_ms
from streams.config.settings import Settings
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.domains import DOMAIN_OF

DIGEST_BYTES = 6


def counting_rules(topic: Topic, settings: Settings) -> str:
    """Digest that differs when the same records would be counted otherwise, policies apart."""
    channel = CHANNEL_OF.get(topic)
    rules = {
        "formula": DOMAIN_OF[topic].formula,
        "clock": settings.clock,
        "jump": settings.clock_jump,
        "past": past_limit_ms(topic, settings),
        "future": settings.future_limit,
        "record": settings.record_limit_bytes,
        "string": settings.string_limit,
        "nobody": sorted(settings.anonymous_words),
        "partitioner": settings.partitioner,
        "renames": settings.renames if channel is None else settings.renames.get(channel, {}),
        "retention": {tier.letter: kept_ms for tier, kept_ms in retentions_ms(settings).items()},
    }
    return blake2b(json.dumps(rules, sort_keys=True).encode(), digest_size=DIGEST_BYTES).hexdigest()
