"""The services of deploy/compose.yaml as processes: their commands and environment, only addresses and paths replaced.

What a container forbids is forbidden here too: a service has no privilege of root's, a working directory that it cannot
write to, an environment of its own and no home, and a folder that is mounted `:ro` cannot be written to.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from streams.stack.addresses import Endpoint, free_port, local_endpoint, port_is_free
from streams.stack.jars import ensure_jars
from streams.stack.programs import find_java, find_redis
from tests.support.paths import ROOT
from tests.support.processes import VEINTE, confined, eventually
from tests.support.tools import tool

DEPLOY = ROOT / "deploy"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
_LAST_STAGE = (DEPLOY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
IMAGE = dict(re.findall(r"^(?:ENV| ) +([A-Z_]+)=(\S+)", _LAST_STAGE, re.MULTILINE))
"""Environment that the image sets for every command of ours."""
PROGRAMS = {"prometheus": ("prometheus",), "alertmanager": ("prometheus-alertmanager", "alertmanager")}
PORTS = ("kafka", "outside", "controller", "redis", "exporter", "prometheus", "alertmanager")
"""Every port that a service listens on; ``outside``: Kafka's for programs that are in no container."""
QUICK_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PASSWORDS = {
    "redis-users": "redis",
    "worker-password": "veinte-worker",
    "reader-password": "veinte-reader",
    "operator-password": "veinte-operator",
}
"""Volumes of the passwords, each by the folder that it is in the one that writes them."""
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"
"""The one that Kafka's image falls back to."""
KAFKA_LOGGING = """\
Configuration:
  Appenders: {Console: {name: out}}
  Loggers: {Root: {level: warn, AppenderRef: [{ref: out}]}}
"""


class Host:
    """Stand-in for Docker: addresses for names, folders for volumes, and the environment of a container."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work, self.temporary = folder / "work", folder / "tmp"
        self.ports: dict[str, int] = {}
        for name in PORTS:
            self.ports[name] = free_port(avoid=frozenset(self.ports.values()))
        here = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        self._addresses = {
            "//:9092": f"//{here['kafka']}",
            "//:9093": f"//{here['outside']}",
            "localhost:9094": f"localhost:{self.ports['controller']}",
            "kafka:9092": here["kafka"],
            "127.0.0.1:9092": here["outside"],
            "redis:6379": here["redis"],
            "exporter:8020": here["exporter"],
            "127.0.0.1:8020": here["exporter"],
            "prometheus:9090": here["prometheus"],
            "0.0.0.0:9090": here["prometheus"],
            "127.0.0.1:9090": here["prometheus"],
            "alertmanager:9093": here["alertmanager"],
            "0.0.0.0:9093": here["alertmanager"],
            "127.0.0.1:9093": here["alertmanager"],
            "0.0.0.0": "127.0.0.1",
            "/monitoring": str(folder / "monitoring"),
            "/passwords": str(folder / "passwords"),
        }
        volumes = [self.volume(name) for name in ("kafka", "redis", "data", "prometheus", "alertmanager", *PASSWORDS)]
        for made in (self.work, self.temporary, *volumes):
            made.mkdir(parents=True)
        (self.work / "veinte.toml").write_text((DEPLOY / "veinte.toml").read_text())
        self.work.chmod(0o555)

    def volume(self, name: str) -> Path:
        """The folder that stands for a volume; those that one service sees together lie in one folder."""
        if name in PASSWORDS:
            return self.folder / "passwords" / PASSWORDS[name]
        return self.folder / ("monitoring" if name in PROGRAMS else "volumes") / name

    def text(self, service: str, text: str) -> str:
        """``text`` with what the service's container would resolve replaced by what is here."""
        mounts = [mount.split(":") for mount in SERVICES[service].get("volumes", [])]
        folders = {target: str(self.volume(name)) for name, target, *_ in mounts if not name.startswith(".")}
        known = {"/data": str(self.volume("data")), **self._addresses, **folders}
        names = "|".join(rf"(?<!\w){re.escape(name)}\b" for name in sorted(known, key=len, reverse=True))
        return re.sub(names, lambda found: known[found[0]], text)

    def command(self, service: str) -> list[str]:
        """The service's command."""
        return [self.text(service, word) for word in SERVICES[service]["command"]]

    def environment(self, service: str) -> dict[str, str]:
        """All that the service finds in its environment, variables of whoever starts it being unset."""
        given = {
            name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", text)
            for name, text in SERVICES[service].get("environment", {}).items()
        }
        found = {"HOME": "/nonexistent", "TMPDIR": str(self.temporary), "LC_ALL": "C.UTF-8"}
        if "build" in SERVICES[service]:
            # A container has a network of its own, where 8020 is free.
            found |= IMAGE | {"VEINTE_EXPORTER_PORT": str(self.ports["exporter"])}
        return {name: self.text(service, text) for name, text in (found | given).items()} | {"PATH": os.environ["PATH"]}

    def is_healthy(self, service: str, port: int | None = None) -> bool:
        """True if the service's own health check passes; ``port``: of a worker's health pages."""
        _, *check = SERVICES[service]["healthcheck"]["test"]
        words = [self.text(service, word).replace(":8021/", f":{port}/") for word in check]
        words[0] = sys.executable if words[0] == "python" else words[0]
        run = subprocess.run(
            confined(words), cwd=self.work, env=self.environment(service), capture_output=True, check=False
        )
        return run.returncode == 0

    def endpoint(self, name: str) -> Endpoint:
        """Where one of ``PORTS`` is."""
        return local_endpoint(self.ports[name])

    def point_prometheus_here(self) -> None:
        """Replace the addresses in the file that `prepare` wrote, and let it look every second."""
        file = self.volume("prometheus") / "prometheus.yml"
        text = self.text("prometheus", file.read_text())
        file.write_text(re.sub(r"(scrape_interval|scrape_timeout): \d+s", r"\1: 1s", text))

    @contextmanager
    def server(self, service: str, command: list[str]) -> Iterator[None]:
        """The server of ``command``, confined, from when its port answers to the end of the block."""
        log = self.folder / f"{service}.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                confined(command), cwd=self.work, env=self.environment(service), stdout=output, stderr=output
            )
        try:

            def listens() -> bool:
                assert server.poll() is None, log.read_text()
                return not port_is_free(self.endpoint(service).bind, self.ports[service])

            eventually(f"{service} that listens", listens)
            yield
        finally:
            server.terminate()
            server.wait()

    @contextmanager
    def monitoring(self, service: str) -> Iterator[None]:
        """Prometheus or Alertmanager as the compose file starts it."""
        with self.server(service, [tool(*PROGRAMS[service]), *self.command(service)]):
            eventually(f"a healthy {service}", lambda: self.is_healthy(service), poll_seconds=0.1)
            yield

    @contextmanager
    def redis(self) -> Iterator[None]:
        """Redis as the compose file starts it, with the users that its own service made."""
        made = confined([VEINTE, *self.command("passwords")])
        subprocess.run(made, cwd=self.work, env=self.environment("passwords"), check=True, capture_output=True)
        program, *options = self.command("redis")
        assert "redis-server" == program
        with self.server("redis", [find_redis().path, *options, "--port", str(self.ports["redis"])]):
            yield

    @contextmanager
    def kafka(self) -> Iterator[None]:
        """The broker, whose configuration Kafka's own program for its image makes of the environment."""
        folders = {name: self.folder / "kafka" / name for name in ("default", "mounted", "final")}
        for folder in folders.values():
            folder.mkdir(parents=True)
        for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
            (folders["default"] / name).write_text(KAFKA_LOGGING if name.endswith("yaml") else "# not taken\n")
        environment = self.environment("kafka") | {"CLUSTER_ID": CLUSTER_ID}
        java = [
            find_java().path,
            *QUICK_JVM,
            *environment["KAFKA_HEAP_OPTS"].split(),
            f"-Djava.io.tmpdir={self.temporary}",
            f"-Dlog4j2.configurationFile={folders['default'] / 'log4j2.yaml'}",
            *("-cp", os.pathsep.join(map(str, ensure_jars()))),
        ]
        options = [f"--{name}-configs-dir={folder}" for name, folder in folders.items()]
        setup = confined([*java, "kafka.docker.KafkaDockerWrapper", "setup", *options])
        made = subprocess.run(setup, cwd=self.work, env=environment, capture_output=True, text=True, check=False)
        assert 0 == made.returncode, made.stdout + made.stderr
        with self.server("kafka", [*java, "kafka.Kafka", str(folders["final"] / "server.properties")]):
            yield
