"""All settings: read from ``veinte.toml`` and ``VEINTE_*`` variables, validated at start, frozen.

Durations are written as ``800d``, ``26h``, ``5m``, ``20s`` or ``250ms`` and kept in integer milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from streams.access.roles import Role
from streams.common.business_hours import Calendar
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, format_duration
from streams.common.errors import UserError
from streams.common.folders import data_folder
from streams.common.renames import Renames
from streams.common.vocabulary import Clock, Partitioner
from streams.config.calendars import CalendarSettings
from streams.config.queue_settings import QueueSettings, TargetSettings
from streams.config.renamed_queues import contradictions, renames_of
from streams.config.setting_errors import describe_errors, suggestion, url_without_password
from streams.config.setting_sources import ENV_PREFIX, make_sources, unknown_variables
from streams.config.setting_types import (
    SHORTEST_HASH_KEY,
    DurationMs,
    HashKey,
    HeaderName,
    HostNames,
    HttpUrl,
    Networks,
    Port,
    RedisUrl,
    Roles,
    Servers,
    TimeZoneName,
    UserFile,
    UserPath,
    WebhookUrl,
    queue_name,
)
from streams.contract.names import ANONYMOUS

MOST_PARTITIONS = 1024
LONGEST_REPEAT_WINDOW_MS = 36 * DAY_MS
"""Retention of a customer's contacts (``streams.config.limits.PAST_LIMIT_MS``): an earlier contact is no longer
stored."""
SHORTEST_MS = {
    "slice_retention": 15 * MINUTE_MS,
    "slice_retention_minutes": MINUTE_MS,
    "slice_retention_seconds": 10 * SECOND_MS,
    "clock_limit": SECOND_MS,
    "stall_limit": 5 * SECOND_MS,
}
"""Least durations: the width of one slice of each tier, a heartbeat, and a few of them."""


class Settings(BaseSettings):
    """Settings of every command. Frozen; secrets are never printed."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    kafka: Servers = Field("127.0.0.1:9092", description="bootstrap servers, host:port separated by commas")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how to talk to the brokers"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how to log in, with a SASL_… security"
    )
    kafka_username: str | None = Field(None, description="for SASL")
    kafka_password: SecretStr | None = Field(None, description="for SASL")
    kafka_ca_file: UserFile | None = Field(None, description="PEM file of the authority that signed the brokers")
    kafka_cert_file: UserFile | None = Field(None, description="PEM file of our own certificate, for mutual TLS")
    kafka_key_file: UserFile | None = Field(None, description="PEM file of its key")
    redis: RedisUrl = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        description="redis:// URL, or rediss:// for TLS; may hold user and password",
    )
    redis_cluster: bool = Field(False, description="the URL names a node of a Redis Cluster")
    redis_password: SecretStr | None = Field(None, description="where the URL holds none")
    redis_ca_file: UserFile | None = Field(None, description="PEM file of the authority that signed the server")
    data: UserPath = Field(data_folder(), description="what `veinte stack` keeps on disk")
    namespace: str = Field(
        "veinte", pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Redis key prefix and Kafka consumer group"
    )
    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,64}$", description="put before every topic name")
    partitions: int = Field(8, ge=1, le=MOST_PARTITIONS, description="of every topic; fixed once there are numbers")
    partitioner: Partitioner = Field(
        Partitioner.MURMUR2,
        description="how producers choose a contact's partition: `murmur2` (Kafka's default), `crc32` (librdkafka's "
        "default) or `any` (all in one way, unchecked: a contact on two partitions counts twice)",
    )
    time_zone: TimeZoneName = Field("UTC", description="of days and reports where a queue names none")
    clock: Clock = Field(
        Clock.WALL, description="\"now\" is the wall's (`wall`) or the newest event's (`event`, old logs)"
    )
    slice_retention: DurationMs = Field(36 * DAY_MS, description="of the 15 min slices")
    slice_retention_minutes: DurationMs = Field(26 * HOUR_MS, description="of the 1 min slices")
    slice_retention_seconds: DurationMs = Field(2 * HOUR_MS, description="of the 10 s slices")
    past_limit: DurationMs | None = Field(
        None,
        description="an older event is a dead letter; unset: 8d for calls and chats, 36d for tickets, "
        'with clock = "event" 36d for all',
    )
    future_limit: DurationMs = Field(5 * MINUTE_MS, description="an event further ahead of its record is a dead letter")
    clock_jump: DurationMs = Field(
        7 * DAY_MS, description='with clock = "event": an event further ahead waits until another confirms its time'
    )
    repeat_window: DurationMs = Field(7 * DAY_MS, description="a contact within it about the same topic is a repeat")
    record_limit_bytes: int = Field(64 * 1024, ge=1024, description="a larger record is a dead letter")
    batch_limit_bytes: int = Field(
        64 * 1024 * 1024,
        ge=1024 * 1024,
        le=1024 * 1024 * 1024,
        description="a batch of a producer that unpacks to more is one dead letter; the worker needs memory for one",
    )
    string_limit: int = Field(256, ge=16, le=4096, description="characters of one string of an event")
    anonymous_customers: str = Field(
        ", ".join(sorted(ANONYMOUS)),
        description="words that a system writes for a withheld number, separated by commas: nobody known",
    )
    queue_limit: int = Field(200, ge=1, description="queue names a partition keeps; later ones are `other`")
    clock_limit: DurationMs = Field(
        5 * SECOND_MS, description="a worker's clock further ahead of the exporter's makes its numbers blind"
    )
    stall_limit: DurationMs = Field(
        MINUTE_MS, description="a worker that does not move for so long in spite of a lag fails /livez and logs why"
    )
    dead_letters_in_a_row: int = Field(
        1000, ge=1, description="refused records, then their partition stands still until `veinte resume`"
    )
    exporter_host: str = Field("127.0.0.1", description="address the exporter listens on")
    exporter_port: Port = Field(8020, description="of /metrics and the API")
    worker_host: str = Field("127.0.0.1", description="address the worker's health pages listen on")
    worker_port: Port = Field(8021, description="of the worker's /livez and /readyz")
    allowed_hosts: HostNames = Field(
        (),
        description="names under which exporter and worker are asked, besides those of loopback, `exporter_host`, "
        "`worker_host` and IP addresses; under any other nothing is shown",
    )
    trusted_proxies: Networks = Field(
        (),
        description="addresses or networks of reverse proxies whose word is taken about a client: X-Forwarded-For, "
        "X-Forwarded-Proto, and the two headers below",
    )
    proxy_user_header: HeaderName = Field(
        "X-Forwarded-User", description="header in which a trusted proxy names who is signed in there"
    )
    proxy_role_header: HeaderName = Field(
        "X-Forwarded-Roles", description="header in which it names the roles of that person, separated by commas"
    )
    anonymous: Roles = Field(
        None,
        description=f"roles of everybody who reaches the exporter ({', '.join(Role)}; `[]`: none); unset: all on "
        "loopback while there is no token and no `trusted_proxies`, else none",
    )
    token_file: UserPath | None = Field(
        None, description="where `veinte token` keeps names, roles and SHA-256 of tokens; unset: `tokens` in `data`"
    )
    scrape_token_file: UserPath | None = Field(
        None,
        description="file with a token of the role `scrape`, from which the Prometheus of `veinte stack` reads it at "
        "each scrape; needed once /metrics is not for everybody",
    )
    tls_cert_file: UserFile | None = Field(
        None,
        description="PEM file of the certificate with which exporter and worker answer over TLS, read again when it "
        "changes; unset: plain HTTP",
    )
    tls_key_file: UserFile | None = Field(None, description="PEM file of its key, without a password")
    tls_ca_file: UserFile | None = Field(
        None,
        description="PEM file of the authority that signed it, for the Prometheus that `veinte stack` configures; "
        "unset: the certificate itself",
    )
    connections_per_address: int = Field(
        250, ge=8, le=1000, description="open connections of a client; of an IPv6 network /64 together"
    )
    metrics_detail: Literal["lean", "full"] = Field(
        "lean",
        description="series of /metrics: `lean`, those that rules, dashboards and people ask for, or `full`, every KPI "
        "in every window; `/metrics?detail=` asks for either",
    )
    series_limit: int = Field(
        200_000, ge=5_000, description="series of one scrape; queues past it, configured ones last, are `other`"
    )
    prometheus_port: Port = Field(9090, description="where `veinte stack up --monitoring` has Prometheus listen")
    alertmanager_port: Port = Field(9093, description="the same for Alertmanager")
    alert_webhook_supervisor: WebhookUrl | None = Field(None, description="URL that alerts for supervisors are sent to")
    alert_webhook_oncall: WebhookUrl | None = Field(None, description="the same for those who keep the system running")
    alert_webhook_planner: WebhookUrl | None = Field(None, description="the same for planners")
    alert_language: Literal["es", "en"] = Field("en", description="of messages to a chat; others carry both")
    alert_runbooks: str = Field("docs/runbooks/", description="put before the page of an alert in its `runbook_url`")
    alert_fast_burn: float = Field(3.0, gt=0, description="page when 15 min and 5 min burn the error budget so fast")
    alert_slow_burn: float = Field(2.0, gt=0, description="page when 1 h and 10 min do")
    alert_day_burn: float = Field(1.0, gt=0, description="open a ticket when today and the last hour do")
    alert_week_burn: float = Field(1.0, gt=0, description="the same when 7 days and 24 h do")
    alert_month_burn: float = Field(1.0, gt=0, description="the same when 28 days and 7 days do")
    alert_minimum_judged: int = Field(20, ge=1, description="fewer contacts say nothing about a service level")
    alert_minimum_offered: int = Field(5, ge=1, description="in the last hour; below it a long wait is a single case")
    alert_longest_wait: float = Field(3.0, ge=1, description="times the target of the queue")
    alert_abandonment: float = Field(0.10, gt=0, lt=1, description="share of 30 min that is too much")
    alert_refused: int = Field(3, ge=1, description="turned away in 15 min of open hours")
    alert_usual: float = Field(5.0, gt=0, description="usually offered in 15 min; below it silence is no alarm")
    alert_surge: float = Field(2.0, gt=1, description="times what is usual")
    alert_callback: DurationMs = Field(HOUR_MS, description="a callback that waits longer is overdue")
    alert_overdue: int = Field(10, ge=1, description="overdue tickets of a queue that are too many")
    alert_due_soon: int = Field(5, ge=1, description="the same for tickets due within the hour; e-mail: from one on")
    alert_lag: int = Field(10_000, ge=1, description="events of a topic that are too many to be behind")
    board_amber_ratio: float = Field(
        0.10, ge=0, lt=1, description="a service level is amber to so far below its objective, red under that"
    )
    board_red_wait: float = Field(3.0, ge=1, description="a wait longer than so many times its target is red")
    board_hold: DurationMs = Field(
        MINUTE_MS, description="a queue of the wallboard must do better for so long before its colour does"
    )
    board_overdue_amber: int = Field(
        1, ge=1, description="overdue tickets from which on the figure and its tile are amber"
    )
    board_overdue_red: int | None = Field(None, ge=1, description="the same for red; unset: `alert_overdue`")
    board_due_soon_amber: int = Field(1, ge=1, description="tickets due within the hour from which on both are amber")
    board_due_soon_red: int | None = Field(None, ge=1, description="the same for red; unset: never red")
    board_past_target_amber: int = Field(
        1, ge=1, description="waiting past the target from which on the figure is amber"
    )
    board_past_target_red: int | None = Field(None, ge=1, description="the same for red; unset: never red")
    alertmanager_url: HttpUrl | None = Field(
        None,
        description="URL of the Alertmanager whose firing alerts stand on the tiles, such as http://127.0.0.1:9093; "
        "unset: the wallboard evaluates the conditions of the rules itself",
    )
    hash_key: HashKey | None = Field(
        None,
        description=f"hashes customers and agents; {SHORTEST_HASH_KEY} characters or more; `veinte stack up` makes one",
    )
    logs: UserPath | None = Field(None, description="folder of the public research logs, for tests")
    calendars: dict[str, CalendarSettings] = Field({}, description="opening hours by name")
    queues: dict[str, tuple[QueueSettings, ...]] = Field({}, description="what differs from the defaults, by queue")

    @field_validator("queues", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        named: dict[str, Any] = {}
        for name, entry in value.items():
            clean = queue_name(str(name))
            if clean in named:
                raise ValueError(f"queue name {name!r} is given twice: names that look alike are one name")
            named[clean] = entry if isinstance(entry, list | tuple) else [entry]
        return named

    @field_validator("queues")
    @classmethod
    def _queues_in_order(cls, value: dict[str, tuple[QueueSettings, ...]]) -> dict[str, tuple[QueueSettings, ...]]:
        oldest = datetime.min.replace(tzinfo=UTC)
        for name, entries in value.items():
            starts = [(entry.channel, entry.since or oldest) for entry in entries]
            if len(set(starts)) != len(starts):
                raise ValueError(f"queue {name!r} has two policies with the same channel and since")
        return {name: tuple(sorted(es, key=lambda e: e.since or oldest)) for name, es in value.items()}

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        wrong = list(self._contradictions())
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _contradictions(self) -> Iterable[str]:
        """One sentence for each combination of settings that cannot work."""
        if self.kafka_security.startswith("SASL") and not (self.kafka_username and self.kafka_password):
            yield f"kafka_security = {self.kafka_security!r} needs kafka_username and kafka_password"
        for owner in ("kafka", "tls"):
            if (getattr(self, f"{owner}_cert_file") is None) != (getattr(self, f"{owner}_key_file") is None):
                yield f"{owner}_cert_file and {owner}_key_file need each other: set both or none"
        redis = urlsplit(self.redis.get_secret_value())
        if self.redis_password and redis.password and unquote(redis.password) != self.redis_password.get_secret_value():
            yield "redis_password is not the password in the Redis URL: keep one of them"
        if self.redis_cluster and redis.path.strip("/") not in ("", "0"):
            yield "redis_cluster = True needs database 0 in the Redis URL: a cluster has no other"
        for name, shortest in SHORTEST_MS.items():
            if getattr(self, name) < shortest:
                yield f"{name} = {format_duration(getattr(self, name))!r} must be at least {format_duration(shortest)}"
        if not MINUTE_MS <= self.repeat_window <= LONGEST_REPEAT_WINDOW_MS:
            yield (
                f"repeat_window = {format_duration(self.repeat_window)!r} must be from 1m to "
                f"{format_duration(LONGEST_REPEAT_WINDOW_MS)}: no contact of a customer is kept longer"
            )
        for figure in ("overdue", "due_soon", "past_target"):
            amber, red = (getattr(self, f"board_{figure}_{colour}") for colour in ("amber", "red"))
            if red is not None and red < amber:
                yield (
                    f"board_{figure}_red = {red} is below board_{figure}_amber = {amber}: red begins at the same "
                    "number or at a greater one"
                )
        yield from self._unknown_calendars()
        yield from contradictions(self.queues)

    def _unknown_calendars(self) -> Iterable[str]:
        for queue, policies in self.queues.items():
            for policy in policies:
                name = policy.calendar
                if name is not None and name not in self.calendars:
                    guess = suggestion(name, self.calendars) or f"; add a table [calendars.{name}] with its hours"
                    yield f"queues.{queue}.calendar = {name!r}: there is no such calendar{guess}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Sources, strongest first: explicit arguments, variables, files named by variables, ``veinte.toml``."""
        return make_sources(settings_cls, init_settings)

    def calendar(self, name: str | None) -> Calendar | None:
        """Opening hours of this name; ``None`` (open at all hours) without a name."""
        return None if name is None else self.calendars[name].built

    @property
    def anonymous_words(self) -> frozenset[str]:
        """The words of ``anonymous_customers``, in lower case."""
        return frozenset(word for each in self.anonymous_customers.split(",") if (word := each.strip().lower()))

    @property
    def renames(self) -> Renames:
        """Earlier names of queues, by channel."""
        return renames_of(self.queues)

    def topic(self, name: str) -> str:
        """Name of the topic on the broker."""
        return f"{self.topic_prefix}{name}"

    def redis_display(self) -> str:
        """The Redis URL with its password masked."""
        return url_without_password(self.redis.get_secret_value())


def describe(error: ValidationError) -> list[str]:
    """One sentence for each wrong setting of ``error``."""
    inside = {
        "queues": QueueSettings.model_fields,
        "targets": TargetSettings.model_fields,
        "calendars": CalendarSettings.model_fields,
    }
    return describe_errors(error, Settings.model_fields, inside)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings in force.

    Raises:
        UserError: a setting is wrong; the message lists every error, one line each.
    """
    unknown = unknown_variables(Settings.model_fields)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise _refusal([*describe(error), *unknown]) from None
    if unknown:
        raise _refusal(unknown)
    return settings


def _refusal(problems: list[str]) -> UserError:
    return UserError("settings cannot work:\n  " + "\n  ".join(problems))
