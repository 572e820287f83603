"""A contact centre written by hand into a real Redis, with a real exporter in front of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from redis import ConnectionError as RedisConnectionError
from redis import Redis

from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from streams.config.settings import Settings
from streams.facts.conversations.live import Callback, InProgress, WrapUp
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.live import OpenTicket
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.live_entries import live_field
from streams.numbers.tiers import QUARTER, TIERS, slice_field
from streams.stack.addresses import free_port
from tests.integration.reader.test_exporter import Exporter, redis_server
from tests.support.boards import ICMI
from tests.support.processes import Programs, eventually, programs
from tests.support.writers import Heart, Writer, waiting, waiting_field

CALLS, CHATS, TICKETS, CONTACTS = "calls", "chats", "tickets", "contacts"
SALES, SUPPORT, CHAT, MAIL = "Ventas", "Soporte", "Chat web", "Correo"
LATE, SMALL, EARLY = "Recobros", "Gerencia", "Línea directa"
"""A queue whose alerts fire, one of eight calls a day that nobody answers, and one whose callers all hang up."""


def wall_ms() -> int:
    """Current wall time, epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Centre:
    """Writers of four topics, and the exporter that serves them."""

    def __init__(self, settings: Settings, run: Programs, heart: Heart) -> None:
        self._run = run
        self._heart = heart
        self.now_ms = wall_ms()
        self.writers = {topic: Writer(settings, topic) for topic in (CALLS, CHATS, TICKETS, CONTACTS)}
        for topic in self.writers:
            self.see(topic)
        self._write_calls()
        self._write_chats()
        self._write_tickets()
        self.exporter = Exporter(run)
        self.exporter.wait_for("/readyz", 200)
        eventually("the planning", lambda: self.exporter.get("/api/v1/week")[0] == 200)

    @property
    def address(self) -> str:
        """Address of the exporter, without a path."""
        return f"http://127.0.0.1:{self.exporter.port}"

    def see(self, topic: str) -> None:
        """Let the worker of a topic beat, with all events counted."""
        self.writers[topic].commit(newest_ms=self.now_ms)
        self.writers[topic].beat()
        self._heart.beating.add(self.writers[topic])

    def lose(self, topic: str) -> None:
        """Let the worker of a topic be silent; its last heartbeat is of a minute ago, with no event since."""
        self._heart.beating.discard(self.writers[topic])
        self.writers[topic].commit(watermark_ms=wall_ms(), wall_ms=wall_ms() - MINUTE_MS)

    def wait(self, subject: str, seconds: float, queue: str = SALES) -> None:
        """Add a contact that has been waiting for ``seconds``."""
        self.writers[CALLS].wait(subject, wall_ms() - round(seconds * SECOND_MS), queue)

    def leave(self, subject: str) -> None:
        """Remove a waiting contact."""
        self.writers[CALLS].commit({waiting_field(subject): None})

    def ask(self, path: str) -> Any:
        """JSON of the exporter at ``path``."""
        with urlopen(f"{self.address}{path}", timeout=5) as answer:
            return json.loads(answer.read())

    def stop(self) -> None:
        """Stop the exporter."""
        assert 0 == self.exporter.program.ask_to_stop()

    def start(self) -> None:
        """Start the exporter again on the same port."""
        port = str(self.exporter.port)
        self.exporter.program = self._run.veinte("exporter", VEINTE_EXPORTER_PORT=port)
        self.exporter.wait_for("/readyz", 200)

    def _write_calls(self) -> None:
        calls, now_ms = self.writers[CALLS], self.now_ms
        calls.add(now_ms, dict(ICMI.items()), SALES)
        calls.add(
            now_ms,
            {
                ConversationMeasure.OFFERED: 40,
                ConversationMeasure.ANSWERED: 30,
                ConversationMeasure.ANSWERED_WITHIN: 29,
            },
            SUPPORT,
        )
        calls.add(
            now_ms - 40 * MINUTE_MS,
            {
                ConversationMeasure.ANSWERED: 20,
                ConversationMeasure.ANSWERED_WITHIN: 15,
                ConversationMeasure.REACHED_TARGET: 5,
            },
        )
        self._write_troubles()
        row = calls.row(SALES)
        for hours in range(1, 28 * 24, 5):
            at_ms = now_ms - hours * HOUR_MS
            calls.commit(
                {
                    slice_field(QUARTER, at_ms, row): {
                        ConversationMeasure.OFFERED: 3 + hours % 17,
                        ConversationMeasure.ANSWERED: 3,
                    }
                }
            )
        calls.commit(
            {
                waiting_field("first"): waiting(row, now_ms - 25 * SECOND_MS),
                live_field(InProgress.letter + "0", "a"): InProgress(row, now_ms, now_ms + DAY_MS, now_ms, b"one"),
                live_field(InProgress.letter + "0", "b"): InProgress(row, now_ms, now_ms + DAY_MS, now_ms, b"two"),
                live_field(WrapUp.letter + "0", "e"): WrapUp(row, now_ms, now_ms + DAY_MS, b"two"),
                live_field(WrapUp.letter + "0", "f"): WrapUp(row, now_ms, now_ms + DAY_MS, b"three"),
                live_field(Callback.letter + "", "c"): Callback(row, now_ms - 10 * MINUTE_MS),
            }
        )

    def _write_troubles(self) -> None:
        calls, now_ms = self.writers[CALLS], self.now_ms
        late = {
            ConversationMeasure.OFFERED: 72,
            ConversationMeasure.ANSWERED: 50,
            ConversationMeasure.ANSWERED_WITHIN: 12,
            ConversationMeasure.REACHED_TARGET: 48,
            ConversationMeasure.ABANDONED: 15,
            ConversationMeasure.SHORT_ABANDONED: 5,
            ConversationMeasure.CALLBACK_REQUESTED: 4,
        }
        calls.add(now_ms, dict(late.items()), LATE)
        small = calls.row(SMALL)
        for days in range(7):
            nobody = {ConversationMeasure.OFFERED: 8, ConversationMeasure.REACHED_TARGET: 8}
            calls.commit({slice_field(QUARTER, now_ms - days * DAY_MS - HOUR_MS, small): dict(nobody.items())})
        early = (
            ConversationMeasure.OFFERED,
            ConversationMeasure.ABANDONED,
            ConversationMeasure.SHORT_ABANDONED,
            ConversationMeasure.ABANDONED_WITHIN,
            ConversationMeasure.SHORT_WITHIN,
        )
        calls.add(now_ms, dict.fromkeys(early, 11), EARLY)

    def _write_chats(self) -> None:
        self.writers[CHATS].add(
            self.now_ms,
            {ConversationMeasure.OFFERED: 4, ConversationMeasure.ANSWERED: 4, ConversationMeasure.ANSWERED_WITHIN: 4},
            CHAT,
        )

    def _write_tickets(self) -> None:
        tickets, now_ms = self.writers[TICKETS], self.now_ms
        row = tickets.row(MAIL, "email")
        judged = {
            TicketMeasure.RESPONSE_TARGET_MET: 30,
            TicketMeasure.RESPONSE_TARGET_JUDGED: 44,
            TicketMeasure.OPENED: 50,
        }
        tickets.commit({slice_field(tier, now_ms, row): judged for tier in TIERS})
        due = {"late": now_ms - MINUTE_MS, "soon": now_ms + 30 * MINUTE_MS, "fine": now_ms + DAY_MS}
        for name, due_ms in due.items():
            entry = OpenTicket(row, now_ms - 26 * HOUR_MS, False, True, due_ms, None)
            tickets.commit({live_field(OpenTicket.letter + "", name): entry})


@contextmanager
def centre(folder: Path) -> Iterator[Centre]:
    """A centre in a Redis of its own; both are removed at the end."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    redis = f"redis://127.0.0.1:{port}/0"
    environment = {**os.environ, "VEINTE_REDIS": redis, "VEINTE_PARTITIONS": "1", "VEINTE_TIME_ZONE": "Europe/Madrid"}
    settings = Settings(redis=redis, partitions=1, data=folder)
    with redis_server(port, folder), programs(environment, folder / "programs") as run, Heart() as heart:
        with closing(Writer(settings).redis) as client:
            eventually("Redis", lambda: _answers(client))
        made = Centre(settings, run, heart)
        yield made
        heart.beating.clear()
        for writer in made.writers.values():
            writer.redis.close()


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisConnectionError:
        return False
