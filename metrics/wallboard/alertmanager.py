"""The firing alerts of an Alertmanager, asked for again and again over its API (``/api/v2/alerts``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import unquote, urlsplit

import msgspec
from aiohttp import BasicAuth, ClientError, ClientSession, ClientTimeout
from msgspec import Struct

from metrics.snapshot.snapshot import RowKey
from streams.common.durations import SECOND_MS
from streams.common.vocabulary import Channel

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
"""Pause between two questions: Prometheus evaluates its rules every 15 to 60 s."""
ANSWER_SECONDS = 5.0
MOST_BYTES = 4_000_000
"""Longest answer that is read; an alert has about 2 kB."""
CHUNK_BYTES = 65_536
ONLY_FIRING = {"active": "true", "silenced": "false", "inhibited": "false"}
"""A silenced alert is one that people know; an inhibited one is about numbers that cannot be trusted."""


class ManagedAlert(Struct, frozen=True, rename="camel"):
    """One alert of the API's answer; other fields are ignored."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = {}
    starts_at: datetime | None = None

    @property
    def since_ms(self) -> int:
        """Epoch ms of its beginning; 0 where the answer has none."""
        return 0 if self.starts_at is None else round(self.starts_at.timestamp() * SECOND_MS)


_decode = msgspec.json.Decoder(list[ManagedAlert]).decode


class Alertmanager:
    """The newest answer of an Alertmanager. Written on the event loop, read by the thread that composes pages.

    Attributes:
        firing: the alerts that fire, by channel and queue (the medium of a key is empty); ``None`` while it does not
            answer.
    """

    def __init__(self, url: str, every_seconds: float = EVERY_SECONDS) -> None:
        """``url``: of the Alertmanager, with its path if it has one; it may hold user and password."""
        parts = urlsplit(url)
        account, _, server = parts.netloc.rpartition("@")
        self._auth = BasicAuth(unquote(parts.username or ""), unquote(parts.password or "")) if account else None
        # Without the account: the errors of the client repeat the address.
        self._address = f"{parts.scheme}://{server}{parts.path.rstrip('/')}/api/v2/alerts"
        self._every_seconds = every_seconds
        self._problem = ""
        self.firing: Mapping[RowKey, tuple[ManagedAlert, ...]] | None = None

    @property
    def fails(self) -> bool:
        """The last question had no answer."""
        return bool(self._problem)

    async def run(self) -> None:
        """Ask until cancelled; a failure is logged once and the next question follows all the same."""
        timeout = ClientTimeout(total=ANSWER_SECONDS)
        async with ClientSession(auth=self._auth, timeout=timeout) as session:
            while True:
                await self._ask(session)
                await asyncio.sleep(self._every_seconds)

    async def _ask(self, session: ClientSession) -> None:
        try:
            async with session.get(self._address, params=ONLY_FIRING, raise_for_status=True) as answer:
                body = bytearray()
                async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise ValueError(f"its answer has more than {MOST_BYTES:,} bytes")
            firing = by_queue(_decode(body))
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            self._fail(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
            return
        if self._problem:
            log.info("Alertmanager at %s answers again", self._address)
        self._problem, self.firing = "", firing

    def _fail(self, problem: str) -> None:
        if problem != self._problem:
            log.warning(
                "Alertmanager at %s cannot be asked (%s); the wallboard evaluates the conditions of the rules itself "
                "meanwhile; see the setting alertmanager_url",
                self._address,
                problem,
            )
        self._problem, self.firing = problem, None


def by_queue(alerts: Iterable[ManagedAlert]) -> dict[RowKey, tuple[ManagedAlert, ...]]:
    """The alerts that name a queue of a known channel, by that queue."""
    found: dict[RowKey, list[ManagedAlert]] = {}
    for alert in alerts:
        channel, queue = alert.labels.get("channel", ""), alert.labels.get("queue", "")
        if queue and channel in list(Channel):
            found.setdefault(RowKey(Channel(channel), queue), []).append(alert)
    return {key: tuple(alerts) for key, alerts in found.items()}
