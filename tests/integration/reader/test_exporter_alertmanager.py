"""The wallboard of an exporter beside a real Alertmanager."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from redis import ConnectionError as RedisConnectionError

from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.stack.addresses import Endpoint, free_port, local_endpoint
from streams.stack.monitoring import write_alertmanager
from tests.integration.reader.test_exporter import Exporter, redis_server
from tests.support.monitoring import alertmanager, post_alerts
from tests.support.processes import Programs, eventually, programs
from tests.support.writers import Heart, Writer

SALES = {"channel": "call", "queue": "sales", "audience": "supervisor"}
OWN = "Too many late: 15 min"
FAILS = "Alertmanager does not answer; the alerts here are the board's own."


def write_late_queue(writer: Writer) -> None:
    """Fifty calls of this minute of the queue ``sales``, all late, and a worker that has counted everything."""
    now_ms = time.time_ns() // 1_000_000
    late: dict[int, int] = {
        ConversationMeasure.OFFERED: 50,
        ConversationMeasure.ANSWERED: 50,
        ConversationMeasure.REACHED_TARGET: 50,
    }
    writer.add(now_ms, late)
    writer.commit(newest_ms=now_ms)
    writer.beat()


@contextmanager
def running(folder: Path) -> Iterator[tuple[Programs, Settings]]:
    """A Redis with a late queue, and programs that read it."""
    port = free_port()
    redis = f"redis://127.0.0.1:{port}/0"
    with (
        redis_server(port, folder),
        programs({**os.environ, "VEINTE_REDIS": redis, "VEINTE_PARTITIONS": "1"}, folder / "programs") as run,
    ):
        settings = Settings(redis=redis, partitions=1, data=folder)
        writer = Writer(settings)
        eventually("Redis", lambda: _written(writer))
        with closing(writer.redis), Heart(writer):
            yield run, settings


def _written(writer: Writer) -> bool:
    try:
        write_late_queue(writer)
    except RedisConnectionError:
        return False
    return True


def _silence(endpoint: Endpoint, name: str) -> None:
    """Silence an alert by its name for an hour."""
    now = datetime.now(UTC)
    silence = {
        "matchers": [{"name": "alertname", "value": name, "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "known",
    }
    headers = {"Content-Type": "application/json"}
    request = Request(f"http://{endpoint}/api/v2/silences", json.dumps(silence).encode(), headers)
    with urlopen(request, timeout=10) as answer:
        assert 200 == answer.status


def document(exporter: Exporter) -> Any:
    """The document in the page."""
    text = exporter.get("/?lang=en")[1]
    start = text.index('id="document">') + len('id="document">')
    return json.loads(text[start : text.index("</script>", start)])


def says(exporter: Exporter, alerts: list[str], notices: list[str]) -> bool:
    """The tiles have these alerts, and the page these sentences."""
    shown = document(exporter)
    texts = [alert["text"] for tile in shown["tiles"] for alert in tile["alerts"]]
    return (alerts, notices) == (texts, shown["notices"])


def test_the_alerts_of_an_alertmanager_stand_on_the_tile(tmp_path: Path) -> None:
    """An alert that fires there stands on the tile of its queue and a silenced one does not; while nobody answers, the
    board says so and evaluates the conditions itself."""
    endpoint = local_endpoint(free_port())
    folder = tmp_path / "alertmanager"
    folder.mkdir()
    with running(tmp_path) as (run, settings):
        write_alertmanager(settings, folder)
        exporter = Exporter(run, VEINTE_ALERTMANAGER_URL=f"http://{endpoint}/")
        exporter.wait_for("/readyz", 200)
        eventually("the own alert", lambda: says(exporter, [OWN], [FAILS]))
        with alertmanager(folder, endpoint):
            frozen = {"alertname": "ContactCenterQueueFrozen", "severity": "page", **SALES}
            elsewhere = {**frozen, "queue": "support"}
            silenced = {"alertname": "Custom", "severity": "info", **SALES}
            _silence(endpoint, "Custom")
            post_alerts(endpoint, frozen, elsewhere, silenced)
            eventually("its alert", lambda: says(exporter, ["Nobody answered for 3 min"], []))
        eventually("the own alert again", lambda: says(exporter, [OWN], [FAILS]))
        assert 0 == exporter.program.ask_to_stop()
