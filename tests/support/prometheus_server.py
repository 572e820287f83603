"""A real Prometheus for a test: scrapes one exporter every few seconds, answers PromQL, and is gone at the end."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from streams.stack.addresses import free_port
from tests.support.processes import eventually
from tests.support.tools import tool

CONFIGURATION = """
global: {{scrape_interval: {seconds}s, scrape_timeout: {seconds}s}}
scrape_configs:
  - job_name: veinte
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Sample(NamedTuple):
    """One series of an answer."""

    labels: dict[str, str]
    value: float


class Prometheus:
    """A Prometheus that runs."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        """True if the server answers queries."""
        try:
            with urlopen(f"{self._address}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def query(self, expression: str, hours_ahead: float = 0) -> list[Sample]:
        """Value of an expression now, or so many hours ahead; a wrong expression fails the test."""
        form = urlencode({"query": expression, "time": time.time() + hours_ahead * 3600}).encode()
        try:
            with urlopen(f"{self._address}/api/v1/query", form, timeout=30) as answer:
                result = json.load(answer)["data"]["result"]
        except HTTPError as error:
            raise AssertionError(f"Prometheus refuses {expression}: {error.read().decode()}") from None
        return [Sample(series["metric"], float(series["value"][1])) for series in result]


@contextmanager
def prometheus(exporter_port: int, folder: Path, seconds: int = 2) -> Iterator[Prometheus]:
    """A Prometheus with its data in ``folder`` that scrapes the exporter on ``exporter_port`` every ``seconds``."""
    folder.mkdir(parents=True)
    configuration = folder / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(port=exporter_port, seconds=seconds))
    port = free_port()
    command = [
        tool("prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        running = Prometheus(port)
        eventually("a Prometheus that answers", running.is_ready)
        yield running
    finally:
        server.kill()
        server.wait()
