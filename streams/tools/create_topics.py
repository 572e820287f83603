"""Creation of Veinte's topics on the broker of the settings; existing topics remain as they are."""

from __future__ import annotations

from streams.clients.kafka_clients import admin, describe_with
from streams.clients.topic_configs import topic_configs
from streams.common.errors import UserError
from streams.config.settings import Settings

READY_TIMEOUT_MS = 20_000


def create_topics(settings: Settings) -> list[str]:
    """Create the missing topics, with ``settings.partitions`` and the broker's default replication.

    Returns once every partition of the new topics has a leader.

    Returns:
        Names of the new topics.

    Raises:
        UserError: the broker cannot be reached, refuses, or has a topic with another number of partitions.
    """
    from kafka import errors

    configs = topic_configs(settings)
    with admin(settings) as client:
        existing = describe_with(client, configs)
        other = sorted(
            f"{name} {topic.partitions}" for name, topic in existing.items() if topic.partitions != settings.partitions
        )
        if other:
            raise UserError(
                f"topics at {settings.kafka} have another number of partitions than the setting partitions = "
                f"{settings.partitions}: {', '.join(other)}; set VEINTE_PARTITIONS to that number, or use new topics"
            )
        missing = [name for name in configs if name not in existing]
        if missing:
            request = {name: {"num_partitions": settings.partitions, "configs": configs[name]} for name in missing}
            try:
                client.create_topics(request)
            except errors.TopicAlreadyExistsError:
                pass  # somebody made it at the same moment
            except errors.BrokerResponseError as error:
                raise UserError(f"Kafka at {settings.kafka} refuses to create {', '.join(missing)}: {error}") from None
            client.wait_for_topics(missing, timeout_ms=READY_TIMEOUT_MS)
    return missing
