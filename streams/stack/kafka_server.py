"""The embedded Kafka: its configuration, the formatting of its storage, and its command line."""

from __future__ import annotations

import base64
import os
import subprocess
import uuid
from pathlib import Path

from streams.clients.kafka_clients import NO_LIMIT_MS
from streams.common.errors import UserError
from streams.stack.addresses import Endpoint, free_port
from streams.stack.jars import ensure_jars
from streams.stack.processes import Launch
from streams.stack.programs import Program
from streams.stack.server_environment import JAVA, only

NODE_ID = 1
DATA, PROPERTIES, LOGGING_PROPERTIES = "data", "server.properties", "log4j2.properties"
FORMAT_TIMEOUT_SECONDS = 120.0
CLEANER_BUFFER_BYTES = 16 * 1024 * 1024
LOG_FILE_BYTES = 16 * 1024 * 1024
JVM_OPTIONS = (
    # The broker's data lives in the page cache, so a small heap is enough, and the serial collector needs no threads
    # beside it. Without the optimising compiler 1.3 million records of 500 bytes, in and out again, cost the broker
    # 3.0 s of processor time instead of 5.4 to 6.8 s, at the same speed: most of its work is the kernel's, and on a
    # small machine that compiler takes what the worker needs.
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)
LOGGING = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {file}
appender.file.filePattern = {file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %p %c{{1}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = {size}
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""


def random_cluster_id() -> str:
    """A Kafka cluster id: a random UUID in URL-safe base64 that does not begin like an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def server_properties(endpoint: Endpoint, controller_port: int) -> dict[str, str]:
    """Configuration of the broker: one node is broker and controller, replication 1, no automatic creation of topics.

    Paths are relative to the working directory: a Java properties file cannot hold every path, nor a comma in one.
    """
    return {
        "process.roles": "broker,controller",
        "node.id": str(NODE_ID),
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listeners": f"PLAINTEXT://{endpoint.listener()},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{endpoint}",
        "log.dirs": DATA,
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        # Replayed logs have the timestamps of their events, which may be decades old. None may be far ahead: that limit
        # remains Kafka's own default, one hour, and each input topic sets it explicitly.
        "log.message.timestamp.type": "CreateTime",
        "log.message.timestamp.before.max.ms": str(NO_LIMIT_MS),
        "log.cleaner.dedupe.buffer.size": str(CLEANER_BUFFER_BYTES),
    }


def _environment() -> dict[str, str]:
    """Our environment with a UTF-8 locale: without it Java cannot open jars below a home directory with non-ASCII
    letters."""
    return {**only(JAVA, os.environ), "LC_ALL": "C.UTF-8"}


def _format_storage(java: Program, classpath: str, folder: Path) -> None:
    """Format the storage with a random cluster id, unless it is formatted already."""
    if (folder / DATA / "meta.properties").exists():
        return
    tool = [java.path, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classpath, "kafka.tools.StorageTool"]
    command = [*tool, "format", "--cluster-id", random_cluster_id(), "--config", PROPERTIES]
    where = f"Kafka's storage in {folder / DATA}"
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=FORMAT_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"{where} was not made within {FORMAT_TIMEOUT_SECONDS:g} s; try again") from None
    if result.returncode != 0:
        lines = (result.stdout + result.stderr).strip().splitlines()
        raise UserError(f"{where} cannot be made: {lines[-1] if lines else 'no reason given'}")


def cluster_id(folder: Path) -> str:
    """Cluster id of the storage below ``folder``."""
    lines = (folder / DATA / "meta.properties").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("cluster.id="))


def prepare(java: Program, endpoint: Endpoint, folder: Path, log: Path) -> Launch:
    """Write the configuration into ``folder``, format the storage, and return the launch of the broker.

    Raises:
        UserError: the jars cannot be downloaded, or Kafka's own tool fails to format the storage.
    """
    (folder / DATA).mkdir(parents=True, exist_ok=True)
    classpath = os.pathsep.join(str(jar) for jar in ensure_jars())
    wanted = server_properties(endpoint, free_port(avoid=frozenset({endpoint.port})))
    (folder / PROPERTIES).write_text("".join(f"{name}={value}\n" for name, value in wanted.items()))
    log_name = os.path.relpath(log, folder)
    (folder / LOGGING_PROPERTIES).write_text(LOGGING.format(file=log_name, size=LOG_FILE_BYTES))
    _format_storage(java, classpath, folder)
    options = [*JVM_OPTIONS, f"-Dlog4j2.configurationFile={LOGGING_PROPERTIES}"]
    return Launch([java.path, *options, "-cp", classpath, "kafka.Kafka", PROPERTIES], folder, _environment())
