"""Kafka connections: the settings translated once for each client library."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.clients.tls_files import TLS_FILE_ERRORS, FollowedContext
from streams.clients.topic_configs import TIMESTAMP_AFTER_MAX
from streams.common.errors import Unavailable, UserError
from streams.config.settings import Settings

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer
    from kafka import KafkaAdminClient

ADMIN_TIMEOUT_MS = 8_000
"""Longest wait for a broker that does not answer."""

LEADER_NOT_AVAILABLE = 5
"""Kafka's error code of a topic that is being created or whose broker is away."""
NO_LIMIT_MS = 2**63 - 1
"""Value that Kafka reports for a time without a limit."""


class TopicDescription(NamedTuple):
    """Description of a topic by the broker.

    ``topic_id`` changes when a topic is deleted and created again. ``timestamp_after_max_ms`` limits how far a record's
    timestamp may be ahead of the broker's clock; brokers before 3.6 have no such limit.
    """

    topic_id: str
    partitions: int
    retention_ms: int
    cleanup_policy: str
    max_message_bytes: int
    timestamp_after_max_ms: int


def ssl_context(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context for the settings, or ``None`` without TLS.

    Raises:
        UserError: a certificate or key file cannot be used.
    """
    if not settings.kafka_security.endswith("SSL"):
        return None

    def make() -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_cert_file is not None:
            # Without a function for its password OpenSSL would ask at the terminal for that of an encrypted key.
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file, str)
        return context

    names = ("kafka_ca_file", "kafka_cert_file", "kafka_key_file")
    files = {name: file for name in names if (file := getattr(settings, name)) is not None}
    try:
        return FollowedContext(make, [*files.values()])
    except TLS_FILE_ERRORS as error:
        named = ", ".join(f"{name} = {file}" for name, file in files.items())
        raise UserError(f"the files for TLS to Kafka cannot be used ({error}): {named}; give PEM files") from None


def client_config(settings: Settings) -> dict[str, Any]:
    """Connection settings for any client of kafka-python."""
    return _config(settings, [server.strip() for server in settings.kafka.split(",")])


def aiokafka_config(settings: Settings) -> dict[str, Any]:
    """Connection settings for any client of aiokafka."""
    return _config(settings, ",".join(server.strip() for server in settings.kafka.split(",")))


def _config(settings: Settings, servers: str | list[str]) -> dict[str, Any]:
    config: dict[str, Any] = {"bootstrap_servers": servers, "security_protocol": settings.kafka_security}
    context = ssl_context(settings)
    if context is not None:
        config["ssl_context"] = context
    if settings.kafka_security.startswith("SASL"):
        assert settings.kafka_password is not None  # the settings refuse SASL without it
        config["sasl_mechanism"] = settings.kafka_sasl_mechanism
        config["sasl_plain_username"] = settings.kafka_username
        config["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return config


async def started_producer(settings: Settings, **options: Any) -> AIOKafkaProducer:
    """A producer of aiokafka, connected to the broker.

    Raises:
        KafkaError: the broker did not answer for ``streams.store.patience.RETRY_SECONDS``, or refuses the user.
    """
    from aiokafka import AIOKafkaProducer

    from streams.clients.kafka_errors import KAFKA
    from streams.store.patience import patiently

    async def connect() -> AIOKafkaProducer:
        producer = AIOKafkaProducer(**aiokafka_config(settings), **options)
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    return await patiently(connect, KAFKA)


@contextmanager
def admin(settings: Settings, timeout_ms: int = ADMIN_TIMEOUT_MS) -> Iterator[KafkaAdminClient]:
    """An admin client connected to the broker, closed at the end of the block.

    Raises:
        UserError: the broker cannot be reached or refuses the user, when connecting or inside the block.
    """
    from kafka import KafkaAdminClient

    from streams.clients.kafka_failures import ObservedConnections

    connections = ObservedConnections()
    with broker_errors(settings, connections.last_failure):
        try:
            client = KafkaAdminClient(
                **client_config(settings),
                bootstrap_timeout_ms=timeout_ms,
                request_timeout_ms=timeout_ms,
                reconnect_backoff_max_ms=500,
                kafka_client=connections,
            )
        except BaseException:
            connections.close()  # the client's own constructor leaves its thread running
            raise
        try:
            yield client
        finally:
            client.close()


@contextmanager
def broker_errors(settings: Settings, cause: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Turn kafka-python's errors about connections, passwords and permissions into one sentence.

    Args:
        settings: name the broker and the user in the message.
        cause: returns the reason why a broker could not be reached, if the error itself does not name it.

    Raises:
        UserError: in place of those errors; all others pass.
    """
    from kafka import errors

    refused = (errors.SaslAuthenticationFailedError, errors.UnsupportedSaslMechanismError)
    unreachable = (
        errors.KafkaConnectionError,
        errors.KafkaTimeoutError,
        errors.NodeNotReadyError,
        errors.MetadataEmptyBrokerList,
        errors.RequestTimedOutError,
    )
    try:
        yield
    except refused as error:
        raise UserError(
            f"Kafka at {settings.kafka} refuses the user {settings.kafka_username!r} with "
            f"{settings.kafka_sasl_mechanism} ({error}); check kafka_username, kafka_password and kafka_sasl_mechanism"
        ) from None
    except errors.AuthorizationError as error:
        raise UserError(f"Kafka at {settings.kafka} does not permit this ({error}); grant the user the right") from None
    except unreachable as error:
        raise Unavailable(
            f"Kafka at {settings.kafka} cannot be reached with {settings.kafka_security} ({cause() or error}); "
            "check that it runs and what kafka and kafka_security say, or start one with `veinte stack up`"
        ) from None


def describe_topics(settings: Settings, names: Iterable[str]) -> dict[str, TopicDescription]:
    """Descriptions of these topics on the broker, by name; a topic that does not exist is missing from the result.

    Raises:
        UserError: the broker cannot be reached, or the user may not describe topics.
    """
    with admin(settings) as client:
        return describe_with(client, names)


def member_of(settings: Settings, group: str, name: str) -> str | None:
    """Id of the member of a consumer group with a static name; ``None`` where there is none.

    Raises:
        UserError: the broker cannot be reached, or the user may not describe groups.
    """
    with admin(settings) as client:
        members = client.describe_groups([group])[group]["members"]
    return next((member["member_id"] for member in members if member["group_instance_id"] == name), None)


def describe_with(client: KafkaAdminClient, names: Iterable[str]) -> dict[str, TopicDescription]:
    """Like :func:`describe_topics`, with an open client."""
    from kafka.admin import ConfigResource, ConfigResourceType

    wanted = set(names)
    answers = client.describe_topics(sorted(wanted)) if wanted else []
    for answer in answers:
        if answer["error_code"] == LEADER_NOT_AVAILABLE:
            raise Unavailable(f"topic {answer['name']} has no leader; wait for the election, or start its brokers")
    found = {answer["name"]: answer for answer in answers if answer["error_code"] == 0}
    if not found:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in found]
    configs = client.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: TopicDescription(
            topic_id=str(topic["topic_id"]),
            partitions=len(topic["partitions"]),
            retention_ms=int(configs[name]["retention.ms"]["value"]),
            cleanup_policy=configs[name]["cleanup.policy"]["value"],
            max_message_bytes=int(configs[name]["max.message.bytes"]["value"]),
            timestamp_after_max_ms=int(configs[name].get(TIMESTAMP_AFTER_MAX, {}).get("value", NO_LIMIT_MS)),
        )
        for name, topic in found.items()
    }
