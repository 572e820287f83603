"""Errors of aiokafka by kind: which pass by themselves, and what a person can do about the others."""

from __future__ import annotations

from aiokafka import errors

from streams.common.errors import MissingTopic
from streams.config.settings import Settings
from streams.store.patience import Failure, Server


class FencedInstanceIdError(errors.BrokerResponseError):  # type: ignore[misc]  # aiokafka has no types
    """Another member of the consumer group has joined with the same static name."""

    errno = 82
    message = "FENCED_INSTANCE_ID"
    description = "Another member of the group has joined with the same group.instance.id."


# aiokafka 0.14 does not know the code and would call it an unknown error.
errors.kafka_errors[FencedInstanceIdError.errno] = FencedInstanceIdError

AWAY = Failure(" does not answer", "start it again", passes=True)
FENCED = Failure(
    ": another worker has joined the group under the same --member name, which only one may have",
    "give each worker a name of its own",
    passes=False,
)
FORBIDDEN = Failure(" does not permit this", "grant the user the right", passes=False)
PASSWORD = Failure(" refuses the login", "correct kafka_username and its password", passes=False)
NO_TOPIC = Failure(" lacks a topic", "create it, `veinte check` names it", passes=False)

_KINDS: tuple[tuple[Failure, tuple[type[BaseException], ...]], ...] = (
    (FENCED, (FencedInstanceIdError,)),
    (
        FORBIDDEN,
        (
            errors.ClusterAuthorizationFailedError,
            errors.GroupAuthorizationFailedError,
            errors.TopicAuthorizationFailedError,
        ),
    ),
    (
        PASSWORD,
        (errors.AuthenticationFailedError, errors.SaslAuthenticationFailed, errors.UnsupportedSaslMechanismError),
    ),
    (NO_TOPIC, (errors.UnknownTopicOrPartitionError,)),
    (AWAY, (errors.KafkaError, OSError)),
)
"""In order: the first kind that fits is the one."""


def failure_of(error: BaseException) -> Failure | None:
    """The kind of an error of aiokafka; ``None`` for an error of another origin."""
    if isinstance(error, errors.KafkaError) and FencedInstanceIdError.__name__ in str(error):
        return FENCED  # the coordinator of aiokafka wraps an error that it does not expect as a text
    return next((failure for failure, types in _KINDS if isinstance(error, types)), None)


KAFKA = Server("Kafka", failure_of)
"""The Kafka of the events."""


def missing_topic(settings: Settings, name: str) -> MissingTopic:
    """The error for a topic that does not exist."""
    return MissingTopic(f"topic {name} does not exist at {settings.kafka}; create it, or run `veinte stack up`")
