"""A real Kafka with TLS, SCRAM and ACLs, and a real Redis with TLS and ACLs, for one test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.clients.kafka_clients import admin
from streams.clients.redis_clients import sync_client
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack import kafka_server
from streams.stack.addresses import free_port, local_endpoint
from streams.stack.jars import ensure_jars
from streams.stack.processes import Launch
from streams.stack.programs import find_java
from streams.stack.redis_users import PASSWORD_FILE, USERS_FILE, write_users
from tests.support.certificates import Authority, Pair
from tests.support.paths import ROOT
from tests.support.processes import eventually
from tests.support.tools import tool

ADMIN, WORKER, OPERATOR, SOURCE, READER = "admin", "veinte-worker", "veinte-operator", "veinte-source", "veinte-reader"
KAFKA_USERS = (ADMIN, WORKER, OPERATOR, SOURCE)
ACLS = ROOT / "deploy" / "kafka" / "acls.sh"
DENIED = "is Denied"
"""In Kafka's log, of a request that no ACL allows."""


def password_of(user: str) -> str:
    """A user's password for Kafka; the administrator's for Redis too."""
    return f"password-of-{user}"


class SecureServers:
    """Both servers, in a folder of their own. Certificates are those of the files in force when a server starts."""

    def __init__(self, folder: Path) -> None:
        """Make certificates; nothing is started yet."""
        self._folder = folder
        self._authorities = 0
        self.ca = folder / "ca.pem"
        self.pair = Pair(folder / "server.pem", folder / "server.key")
        self.renew()
        self.kafka_port = free_port()
        self._controller_port = free_port(avoid=frozenset({self.kafka_port}))
        self._inside_port = free_port(avoid=frozenset({self.kafka_port, self._controller_port}))
        self.redis_port = free_port(avoid=frozenset({self.kafka_port, self._controller_port, self._inside_port}))
        self._keystore = folder / "keystore.pem"
        self.kafka_log = folder / "kafka.log"
        self._kafka: subprocess.Popen[bytes] | None = None
        self._redis: subprocess.Popen[bytes] | None = None

    def renew(self) -> None:
        """Replace the authority and the servers' certificate by new ones, as if the old authority were no more."""
        self._authorities += 1
        authority = Authority(self._folder / f"authority{self._authorities}", f"authority {self._authorities}")
        Pair(self.ca, self._folder / "ca.key").replace_with(authority.pair)
        self.pair.replace_with(authority.issue("server"))

    def settings(self, user: str, folder: Path, **more: Any) -> Settings:
        """Settings of a user of both servers."""
        values: dict[str, Any] = {**self.values(user), "data": folder, **more}
        return Settings(**values)

    def values(self, user: str) -> dict[str, str]:
        """Settings of a user, as text."""
        return {
            "kafka": f"127.0.0.1:{self.kafka_port}",
            "kafka_security": "SASL_SSL",
            "kafka_sasl_mechanism": "SCRAM-SHA-512",
            "kafka_username": user,
            "kafka_password": password_of(user),
            "kafka_ca_file": str(self.ca),
            "redis": f"rediss://{user}@127.0.0.1:{self.redis_port}/0",
            "redis_password": self._redis_password(user),
            "redis_ca_file": str(self.ca),
            "partitions": "1",
            "hash_key": "a key for tests only",
        }

    def _redis_password(self, user: str) -> str:
        file = self._folder / "users" / user / PASSWORD_FILE
        return file.read_text().strip() if file.exists() else password_of(user)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Both servers, for a block."""
        try:
            self._format()
            self.start_kafka()
            self._start_redis()
            yield
        finally:
            for process in (self._kafka, self._redis):
                if process is not None:
                    process.terminate()
                    process.wait(60)

    # Kafka

    def start_kafka(self) -> None:
        """Start the broker with the certificate there is, and wait until it knows its users."""
        self._keystore.write_bytes(self.pair.key.read_bytes() + self.pair.cert.read_bytes())
        with (self._folder / "kafka.out").open("ab") as output:
            self._kafka = subprocess.Popen(
                self._launch.command,
                cwd=self._launch.folder,
                env=self._launch.environment,
                stdout=output,
                stderr=output,
            )

        def answers() -> bool:
            assert self._kafka is not None
            assert self._kafka.poll() is None, (self._folder / "kafka.out").read_text()
            try:
                with admin(self.settings(ADMIN, self._folder), 1_000) as client:
                    return bool(client.describe_cluster())
            except UserError:
                return False

        eventually("a Kafka that answers", answers, poll_seconds=0.2)

    def stop_kafka(self) -> None:
        """Stop the broker."""
        assert self._kafka is not None
        self._kafka.terminate()
        self._kafka.wait(60)

    def denials(self) -> list[str]:
        """Requests that Kafka refused for want of a right."""
        return [line for line in self.kafka_log.read_text().splitlines() if DENIED in line]

    def grant(self) -> None:
        """Run the script of rights that is shipped, as an operator does. Kafka's own program for it is in a jar that
        the stack does not fetch; one with its options takes its place, and the broker is real."""
        bin_folder = self._folder / "bin"
        bin_folder.mkdir()
        stand_in = bin_folder / "kafka-acls.sh"
        stand_in.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m tests.support.kafka_acls "$@"\n')
        stand_in.chmod(0o755)
        variables = {f"VEINTE_{name.upper()}": value for name, value in self.values(ADMIN).items()}
        environment = {**os.environ, **variables, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
        command = [str(ACLS), "--bootstrap-server", f"127.0.0.1:{self.kafka_port}", "--command-config", "admin"]
        subprocess.run(command, env=environment, check=True, timeout=60)

    def _format(self) -> None:
        folder = self._folder / "kafka"
        (folder / kafka_server.DATA).mkdir(parents=True)
        properties = kafka_server.server_properties(local_endpoint(self._inside_port), self._controller_port)
        properties |= self._secured()
        (folder / kafka_server.PROPERTIES).write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        logging = kafka_server.LOGGING.format(file=self.kafka_log, size=kafka_server.LOG_FILE_BYTES)
        (folder / kafka_server.LOGGING_PROPERTIES).write_text(logging)
        java = [find_java().path, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        classpath = ["-cp", os.pathsep.join(map(str, ensure_jars()))]
        scram = [
            option
            for user in KAFKA_USERS
            for option in ("--add-scram", f'SCRAM-SHA-512=[name="{user}",password="{password_of(user)}"]')
        ]
        tool_command = [*java, *classpath, "kafka.tools.StorageTool", "format"]
        options = ["--cluster-id", kafka_server.random_cluster_id(), "--config", kafka_server.PROPERTIES, *scram]
        made = subprocess.run([*tool_command, *options], cwd=folder, capture_output=True, text=True, check=False)
        assert 0 == made.returncode, made.stdout + made.stderr
        log_option = f"-Dlog4j2.configurationFile={kafka_server.LOGGING_PROPERTIES}"
        command = [*java, "-Xmx384m", log_option, *classpath, "kafka.Kafka", kafka_server.PROPERTIES]
        self._launch = Launch(command, folder, {**os.environ, "LC_ALL": "C.UTF-8"})

    def _secured(self) -> Mapping[str, str]:
        """Properties that differ from the stack's own broker: a listener with TLS and passwords, and rights."""
        inside, outside = f"127.0.0.1:{self._inside_port}", f"127.0.0.1:{self.kafka_port}"
        jaas = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return {
            "listeners": f"INSIDE://{inside},CLIENTS://{outside},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"INSIDE://{inside},CLIENTS://{outside}",
            "listener.security.protocol.map": "INSIDE:PLAINTEXT,CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INSIDE",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.clients.scram-sha-512.sasl.jaas.config": jaas,
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._keystore),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
        }

    # Redis

    def _start_redis(self) -> None:
        folder = self._folder / "redis"
        folder.mkdir()
        # Only Debian's server has TLS. The part that is a program of its own name there is the server, too.
        server = folder / "redis-server"
        server.symlink_to(tool("redis-check-rdb"))
        write_users(self.settings(ADMIN, self._folder), self._folder / "users")
        users = self._folder / "users" / USERS_FILE
        users.write_text(f"user {ADMIN} reset on >{password_of(ADMIN)} ~* &* +@all\n{users.read_text()}")
        options = {
            "port": "0",
            "bind": "127.0.0.1",
            "tls-port": str(self.redis_port),
            "tls-cert-file": str(self.pair.cert),
            "tls-key-file": str(self.pair.key),
            "tls-ca-cert-file": str(self.ca),
            "tls-auth-clients": "no",
            "aclfile": str(users),
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        command = [str(server), *(word for name, value in options.items() for word in (f"--{name}", value))]
        with (folder / "out").open("wb") as output:
            self._redis = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)

    def renew_all(self) -> None:
        """Renew, have Redis take the new certificate and end every connection to it, and start the broker anew."""
        client: Any = sync_client(self.settings(ADMIN, self._folder))
        self.stop_kafka()
        self.renew()
        client.config_set("tls-cert-file", str(self.pair.cert), "tls-key-file", str(self.pair.key))
        client.client_kill_filter(_type="normal")
        client.close()
        self.start_kafka()

    def redis_denials(self) -> list[str]:
        """Commands that Redis refused for want of a right, each with its user and the command or key."""
        client: Any = sync_client(self.settings(ADMIN, self._folder))
        found = [f"{entry['username']} {entry['context']} {entry['object']}" for entry in client.acl_log()]
        client.close()
        return found
