"""A real Prometheus and Alertmanager for a test, and somebody who is told of alerts."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pydantic import SecretStr

from streams.config.settings import Settings
from streams.stack.addresses import Endpoint, free_port, local_endpoint
from streams.stack.monitoring import READY_PAGE, alertmanager_launch, prometheus_launch, write_alertmanager
from streams.stack.processes import Launch
from streams.stack.programs import Program
from streams.stack.readiness import page_answers
from tests.support.processes import eventually
from tests.support.tools import tool

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Told:
    """One alert of one message: who was told, when on the steady clock, what and in which state."""

    receiver: str
    at_seconds: float
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def name(self) -> str:
        """Its alertname."""
        return self.labels["alertname"]


class Webhook:
    """Takes messages of Alertmanager at any path and keeps what they say."""

    def __init__(self) -> None:
        told: list[Told] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in message["alerts"]:
                    parts = (alert["status"], alert["labels"], alert["annotations"])
                    told.append(Told(message["receiver"], time.monotonic(), *parts))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.told = told
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Webhook:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def names(self, status: str = "firing") -> set[str]:
        """Names of the alerts that somebody was told of."""
        return {each.name for each in self.told if each.status == status}


def get(endpoint: Endpoint, path: str, **query: str) -> Any:
    """The JSON of an answer."""
    question = f"?{urlencode(query)}" if query else ""
    with urlopen(f"http://{endpoint}{path}{question}", timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)


def value(prometheus: Endpoint, expression: str) -> float | None:
    """The only value of an expression; ``None`` where there is no series."""
    found = get(prometheus, "/api/v1/query", query=expression)["data"]["result"]
    return float(found[0]["value"][1]) if len(found) == 1 else None


def post_alerts(alertmanager: Endpoint, *alerts: dict[str, str]) -> None:
    """Tell Alertmanager that alerts with these labels fire."""
    body = json.dumps([{"labels": labels} for labels in alerts]).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"http://{alertmanager}/api/v2/alerts", body, headers), timeout=TIMEOUT_SECONDS):
        pass


@contextlib.contextmanager
def running(launch: Launch, endpoint: Endpoint, log: Path) -> Iterator[None]:
    """The server of ``launch`` from when it is ready to the end of the block."""
    with log.open("wb") as output:
        server = subprocess.Popen(launch.command, cwd=launch.folder, env=launch.environment, stderr=output)
    try:

        def ready() -> bool:
            assert server.poll() is None, log.read_text()
            return page_answers(endpoint, READY_PAGE)

        eventually("a server that is ready", ready)
        yield
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def alertmanager(folder: Path, endpoint: Endpoint) -> Iterator[Endpoint]:
    """An Alertmanager with the configuration in ``folder``."""
    launch = alertmanager_launch(Program(tool("prometheus-alertmanager", "alertmanager"), ""), endpoint, folder)
    with running(launch, endpoint, folder / "log"):
        yield endpoint


@contextlib.contextmanager
def prometheus(folder: Path, endpoint: Endpoint) -> Iterator[Endpoint]:
    """A Prometheus with the configuration in ``folder``."""
    launch = prometheus_launch(Program(tool("prometheus"), ""), endpoint, folder)
    with running(launch, endpoint, folder / "log"):
        yield endpoint


class Chat:
    """A server in place of a chat's; keeps the bodies of messages."""

    def __init__(self) -> None:
        messages: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                messages.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.messages = messages
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def chat_message(folder: Path, queue: str) -> bytes:
    """The message that Slack is sent about a queue."""
    chat = Chat()
    threading.Thread(target=chat.server.serve_forever, daemon=True).start()
    try:
        files = folder / "chat"
        files.mkdir()
        settings = Settings(alert_webhook_oncall=SecretStr("https://hooks.slack.com/services/T0/B0/none"))
        write_alertmanager(settings, files)
        (files / "url_of_oncall").write_text(f"http://127.0.0.1:{chat.server.server_port}/")
        config = files / "alertmanager.yml"
        config.write_text(config.read_text().replace("group_wait: 15s", "group_wait: 1s"))
        with alertmanager(files, local_endpoint(free_port())) as endpoint:
            alert = {"labels": {"alertname": "ContactCenterServiceLevelBurn", "audience": "oncall", "queue": queue},
                     "annotations": {f"summary_{language}": f"{queue}: 12 %" for language in ("en", "es")}}  # fmt: skip
            headers = {"Content-Type": "application/json"}
            with urlopen(
                Request(f"http://{endpoint}/api/v2/alerts", json.dumps([alert]).encode(), headers), timeout=10
            ):
                pass
            return eventually("a message", lambda: b"".join(chat.messages))
    finally:
        chat.server.shutdown()
        chat.server.server_close()
