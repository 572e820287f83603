"""The broker of a campaign, which can be killed, stopped and cut, and small disks that can be filled."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack import kafka_server
from streams.stack.addresses import free_port, local_endpoint
from streams.stack.processes import Lifeline, ProcessId, Server, is_running, spawn, stop
from streams.stack.programs import find_java
from streams.stack.readiness import kafka_answers
from tests.faults.campaign.doors import Doors

READY_SECONDS = 60.0
POLL_SECONDS = 0.05
BEHIND_THE_DOOR = "DOOR"
"""Name of the broker's listener that only the door connects to."""


class Broker:
    """A Kafka of one node with two listeners: ``address`` for the load, ``door`` for the programs under test."""

    def __init__(self, folder: Path, doors: Doors) -> None:
        """Start it; returns once it answers."""
        self._folder = folder
        self._java = find_java()
        self._endpoint = local_endpoint(free_port())
        self._inner = free_port(avoid=frozenset({self._endpoint.port}))
        self.door = doors.door(self._inner)
        self.address = str(self._endpoint)
        self.proxied = f"127.0.0.1:{self.door.port}"
        self._server: tuple[ProcessId, ProcessId, Lifeline] | None = None
        self.start()

    @property
    def pid(self) -> int:
        """Process id of the broker."""
        assert self._server is not None
        return self._server[0].pid

    def start(self) -> None:
        """Start the broker on what its folder holds; returns once it answers.

        Raises:
            UserError: it did not answer in time.
        """
        data = self._folder / "kafka"
        launch = kafka_server.prepare(self._java, self._endpoint, data, self._folder / "kafka.log")
        with (data / kafka_server.PROPERTIES).open("a") as properties:
            properties.write(self._second_listener(data))
        self._server = spawn(launch, self._folder / "kafka.out")
        settings = Settings(kafka=self.address)
        deadline = time.monotonic() + READY_SECONDS
        while not kafka_answers(settings, kafka_server.cluster_id(data)):
            if time.monotonic() > deadline or not is_running(self._server[0]):
                raise UserError(f"the broker of the campaign does not answer; see {self._folder / 'kafka.log'}")
            time.sleep(POLL_SECONDS)

    def _second_listener(self, data: Path) -> str:
        """Properties that take the place of those written before: of two equal names Java reads the later one."""
        lines = (data / kafka_server.PROPERTIES).read_text().splitlines()
        controller = next(line for line in lines if line.startswith("listeners=")).rpartition(",")[2]
        plain = f"PLAINTEXT://{self.address}"
        protocols = ",".join(f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", BEHIND_THE_DOOR))
        return (
            f"listeners={plain},{BEHIND_THE_DOOR}://127.0.0.1:{self._inner},{controller}\n"
            f"advertised.listeners={plain},{BEHIND_THE_DOOR}://{self.proxied}\n"
            f"listener.security.protocol.map={protocols}\n"
        )

    def kill(self) -> None:
        """SIGKILL; returns once the process is gone."""
        assert self._server is not None
        process, keeper, lifeline = self._server
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        while is_running(process) or is_running(keeper):
            time.sleep(POLL_SECONDS)
        lifeline.cut()

    def running(self) -> bool:
        """True while its process is alive."""
        return self._server is not None and is_running(self._server[0])

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nobody gets an answer."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """Stop it, and wait until its process is gone."""
        if self._server is not None:
            process, keeper, lifeline = self._server
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            stop([Server("kafka", process, keeper, self.address, "")])
            lifeline.cut()


class SmallDisk:
    """A disk of a few megabytes in memory (tmpfs, for which one must be root), to be filled and freed."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._filler = folder / "filler"
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size={megabytes}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)

    def fill(self) -> None:
        """Write until nothing more fits."""
        block = b"\0" * 4096
        with self._filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(block)

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Take the disk away."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
