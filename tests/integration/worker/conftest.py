"""A store of its own for each test of the worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from streams.clients.redis_clients import async_client
from streams.common.durations import DAY_MS
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import CHANNEL_OF, Topic
from tests.conftest import SettingsFactory
from tests.support.owners import Store
from tests.support.words import POLICIES, calendar_settings, queue_settings

Scenario = Callable[[Store], Awaitable[None]]


@pytest.fixture
def run(settings_factory: SettingsFactory) -> Callable[..., None]:
    """``run(scenario, topic, **settings)`` gives a scenario a store of its own."""

    def run_scenario(scenario: Scenario, topic: Topic = Topic.CALLS, **overrides: Any) -> None:
        channel = CHANNEL_OF[topic]
        settings = settings_factory(
            create=False,
            **{
                "partitions": 1,
                "clock": Clock.EVENT,
                "past_limit": 1000 * DAY_MS,
                "clock_jump": 1000 * DAY_MS,
                "slice_retention": 1000 * DAY_MS,
                "queues": queue_settings(channel, POLICIES[channel]),
                "calendars": calendar_settings(),
                **overrides,
            },
        )

        async def with_client() -> None:
            async with _client(settings) as redis:
                await scenario(Store(settings, redis, topic))

        asyncio.run(with_client())

    return run_scenario


@asynccontextmanager
async def _client(settings: Settings) -> AsyncIterator[Any]:
    client = await async_client(settings)
    try:
        yield client
    finally:
        await client.aclose()
