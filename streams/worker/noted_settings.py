"""The worker's settings stored beside its numbers, so that all that read these show what they were judged by."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from streams.config.settings import Settings
from streams.config.stored_settings import DIGEST, FIXED, changed_sentence, digest_of, judging, stored_form
from streams.store.damage import SETTINGS_REMEDY
from streams.store.keys import settings_key
from streams.store.redis_errors import patiently
from streams.store.single_keys import whole_key

log = logging.getLogger(__name__)


async def note_settings(redis: Any, settings: Settings, generation: int) -> None:
    """Store the settings of a worker that has taken partitions, and log once what differs from those stored before.

    New contacts are judged by the new ones from now on. The time zone stays the one stored first: days are cut by it.
    """
    key = settings_key(settings.namespace, generation)
    with whole_key(key, SETTINGS_REMEDY):
        before: Mapping[bytes, bytes] = await patiently(lambda: redis.hgetall(key))
    differing = judging(settings, before).differing
    if differing:
        log.warning("%s", changed_sentence(differing))
    ours = stored_form(settings)

    async def write() -> None:
        # Two workers that start at once must agree on what is fixed: the first one's stays, and both hash the same.
        for name in FIXED:
            await redis.hsetnx(key, name, ours[name])
            ours[name] = bytes(await redis.hget(key, name))
        await redis.hset(key, mapping={**ours, DIGEST: digest_of(ours)})

    await patiently(write)
