"""Every setting, once: read from ``veinte.toml`` and ``VEINTE_*`` variables, validated at start, frozen.

Durations are given as ``800d``, ``26h``, ``5m``, ``20s`` or ``250ms`` and kept in integer milliseconds.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic import field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from streams.errors import UserError

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

_UNITS_MS = {"ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SETTINGS_FILE = "veinte.toml"
ENV_PREFIX = "VEINTE_"


def parse_duration_ms(text: object) -> int:
    """Milliseconds of ``800d``, ``1.5h`` or ``20s``; an integer passes as milliseconds.

    Raises:
        ValueError: the text is no duration.
    """
    if isinstance(text, int) and not isinstance(text, bool) and text >= 0:
        return text
    match = _DURATION.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration; write a number and a unit, such as 20s, 15m, 24h or 36d")
    return round(float(match[1]) * _UNITS_MS[match[2]])


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except Exception as error:
        raise ValueError(f"{name!r} is no time zone of the tz database, such as Europe/Madrid") from error
    return name


def _clock_time(text: str) -> str:
    if re.fullmatch(r"([01]\d|2[0-3]):(00|15|30|45)", text) is None:
        raise ValueError(f"{text!r} is no time of day at a quarter of an hour, such as 06:00")
    return text


def _instant(value: object) -> object:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a time needs an offset, such as 2026-01-01T00:00:00+01:00")
    return value


DurationMs = Annotated[int, BeforeValidator(parse_duration_ms), Field(ge=0)]
TimeZoneName = Annotated[str, AfterValidator(_time_zone)]
TimeOfDay = Annotated[str, AfterValidator(_clock_time)]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class Channel(StrEnum):
    """Where a contact comes in; also the label ``channel``."""

    CALL = "call"
    CHAT = "chat"
    TICKET = "ticket"


class Clock(StrEnum):
    """Where "now" comes from: the wall, or the newest event (replayed logs)."""

    WALL = "wall"
    EVENT = "event"


class QueueSettings(BaseModel):
    """The promises and habits of one queue from ``since`` on (``[queues.NAME]`` or ``[[queues.NAME]]``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Channel = Channel.CALL
    since: Instant | None = None
    time_zone: TimeZoneName | None = None
    day_starts: TimeOfDay = "00:00"
    calendar: str | None = None
    target_seconds: float = Field(20.0, gt=0, le=86_400)
    objective: float = Field(0.80, gt=0, le=1)
    short_abandon_seconds: float = Field(5.0, ge=0)
    wrap_up: bool = False
    chat_answer: Literal["event", "message"] = "event"
    waiting_ghost_after: DurationMs = HOUR_MS
    in_progress_ghost_after: DurationMs = 4 * HOUR_MS
    first_response: DurationMs = 24 * HOUR_MS
    next_response: DurationMs = 24 * HOUR_MS
    resolution: DurationMs = 72 * HOUR_MS

    @model_validator(mode="after")
    def _short_within_target(self) -> QueueSettings:
        if self.short_abandon_seconds > self.target_seconds:
            raise ValueError(
                f"short_abandon_seconds ({self.short_abandon_seconds:g}) must not exceed "
                f"target_seconds ({self.target_seconds:g})"
            )
        return self


class Settings(BaseSettings):
    """All settings of every command. Frozen; secrets are never printed."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, toml_file=SETTINGS_FILE, frozen=True, extra="forbid", env_ignore_empty=True
    )

    kafka: str = Field("127.0.0.1:9092", description="bootstrap servers, host:port separated by commas")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = Field(None, description="or VEINTE_KAFKA_PASSWORD_FILE")
    kafka_ca_file: Path | None = None
    kafka_cert_file: Path | None = None
    kafka_key_file: Path | None = None
    redis: SecretStr = Field(SecretStr("redis://127.0.0.1:6379/0"), description="redis:// or rediss:// URL")
    redis_cluster: bool = Field(False, description="the URL names a node of a Redis Cluster")
    redis_password: SecretStr | None = Field(None, description="or VEINTE_REDIS_PASSWORD_FILE")
    redis_ca_file: Path | None = None
    data: Path = Field(Path(platformdirs.user_data_dir("veinte")), description="what `veinte stack` keeps on disk")
    namespace: str = Field("veinte", pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Redis key prefix, consumer group")
    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,64}$", description="put before every topic name")
    partitions: int = Field(8, ge=1, le=1024)
    time_zone: TimeZoneName = "UTC"
    clock: Clock = Clock.WALL
    slice_retention: DurationMs = Field(36 * DAY_MS, description="of the 15 min slices")
    slice_retention_minutes: DurationMs = Field(26 * HOUR_MS, description="of the 1 min slices")
    slice_retention_seconds: DurationMs = Field(2 * HOUR_MS, description="of the 10 s slices")
    past_limit: DurationMs | None = Field(None, description="default 8d for calls and chats, 36d for tickets")
    future_limit: DurationMs = 5 * MINUTE_MS
    jump_limit: DurationMs = Field(30 * DAY_MS, description='with clock = "event": further ahead is a dead letter')
    repeat_window: DurationMs = 7 * DAY_MS
    record_limit_bytes: int = Field(64 * 1024, ge=1024)
    string_limit: int = Field(256, ge=16, le=4096)
    queue_limit: int = Field(200, ge=1, description="queue names a partition keeps; later ones are `other`")
    dead_letters_in_a_row: int = Field(1000, ge=1, description="then the worker stops")
    exporter_host: str = "127.0.0.1"
    exporter_port: int = Field(8020, ge=0, le=65535)
    worker_host: str = "127.0.0.1"
    worker_port: int = Field(8021, ge=0, le=65535)
    hash_key: SecretStr | None = Field(None, description="or VEINTE_HASH_KEY_FILE; hashes customers and agents")
    logs: Path | None = Field(None, description="folder of the public research logs, for tests")
    queues: dict[str, tuple[QueueSettings, ...]] = {}

    @field_validator("queues", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: entry if isinstance(entry, list | tuple) else [entry] for name, entry in value.items()}
        return value

    @field_validator("queues")
    @classmethod
    def _queues_in_order(cls, value: dict[str, tuple[QueueSettings, ...]]) -> dict[str, tuple[QueueSettings, ...]]:
        oldest = datetime.min.replace(tzinfo=UTC)
        for name, entries in value.items():
            if not 1 <= len(name) <= 256:
                raise ValueError(f"queue name {name!r} must have 1 to 256 characters")
            starts = [(entry.channel, entry.since or oldest) for entry in entries]
            if len(set(starts)) != len(starts):
                raise ValueError(f"queue {name!r} has two policies with the same channel and since")
        return {name: tuple(sorted(es, key=lambda e: e.since or oldest)) for name, es in value.items()}

    @field_validator("kafka")
    @classmethod
    def _servers(cls, value: str) -> str:
        for server in value.split(","):
            if re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s:/\[\]]+):\d{1,5}", server.strip()) is None:
                raise ValueError(f"{server!r} is no host:port")
        return value

    @field_validator("redis")
    @classmethod
    def _redis_url(cls, value: SecretStr) -> SecretStr:
        url = urlsplit(value.get_secret_value())
        if url.scheme not in ("redis", "rediss", "unix") or (url.scheme != "unix" and not url.hostname):
            raise ValueError("must be a URL such as redis://127.0.0.1:6379/0 or rediss://user:password@host:6379/0")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if self.kafka_security.startswith("SASL") and not (self.kafka_username and self.kafka_password):
            raise ValueError(f"kafka_security = {self.kafka_security} needs kafka_username and kafka_password")
        quarter = 15 * MINUTE_MS
        if self.slice_retention < quarter or self.slice_retention_minutes < MINUTE_MS:
            raise ValueError("slice_retention must be at least 15m and slice_retention_minutes at least 1m")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit arguments, then the environment, then ``veinte.toml``."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def topic(self, name: str) -> str:
        """The topic's name on the broker."""
        return f"{self.topic_prefix}{name}"

    def redis_display(self) -> str:
        """The Redis URL with its password masked."""
        url = urlsplit(self.redis.get_secret_value())
        if url.password is None:
            return urlunsplit(url)
        host = url.netloc.rpartition("@")[2]
        return urlunsplit(url._replace(netloc=f"{url.username or ''}:***@{host}"))


_SECRET_FILES = ("hash_key", "kafka_password", "redis_password")


def _secrets_from_files() -> dict[str, str]:
    """``VEINTE_X_FILE`` names a file that holds the secret X."""
    found: dict[str, str] = {}
    for name in _SECRET_FILES:
        path = os.environ.get(f"{ENV_PREFIX}{name.upper()}_FILE")
        if path:
            try:
                found[name] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise UserError(f"{ENV_PREFIX}{name.upper()}_FILE={path} cannot be read ({error}); name a file") from None
    return found


def describe_errors(error: ValidationError) -> list[str]:
    """One sentence for each wrong setting: its name, its value (never a secret's) and what is wrong."""
    lines = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"]) or "settings"
        message = item["msg"].removeprefix("Value error, ")
        secret = any(part in name for part in ("password", "hash_key", "redis")) or name == "settings"
        shown = "" if secret else f" = {item['input']!r}"
        lines.append(f"{name}{shown}: {message}")
    return lines


def load_settings(**overrides: Any) -> Settings:
    """Read the settings in force.

    Raises:
        UserError: something is wrong; the message lists everything that is, a line each.
    """
    try:
        return Settings(**{**_secrets_from_files(), **overrides})
    except ValidationError as error:
        raise UserError("settings cannot work:\n  " + "\n  ".join(describe_errors(error))) from None
    except ValueError as error:
        raise UserError(f"{SETTINGS_FILE} or the environment cannot be read: {error}") from None
