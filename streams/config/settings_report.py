"""Report of the settings in force, the source of each, and every error in them at once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsConfigDict

from streams.common.durations import DAY_MS, format_duration
from streams.config.setting_errors import NEVER_SHOWN, SECRETS, Unreadable
from streams.config.setting_sources import ENV_PREFIX, SETTINGS_FILE, environment, read_toml, unknown_variables
from streams.config.setting_types import is_duration
from streams.config.settings import Settings, describe

LONGEST_WINDOW_MS = 28 * DAY_MS


@dataclass(frozen=True)
class Row:
    """One line of the table of settings, with secrets masked."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Report:
    """Result of ``inspect_settings``.

    ``settings`` contains every valid setting, and the default for each invalid one. It is ``None`` if that combination
    cannot work either. ``wrong`` names the settings replaced by a default.
    """

    settings: Settings | None
    rows: list[Row]
    problems: list[str]
    wrong: frozenset[str]

    def is_sound(self, *prefixes: str) -> bool:
        """True if every setting with one of these prefixes is valid, so that none has been replaced by a default."""
        return self.settings is not None and not any(name.startswith(prefixes) for name in self.wrong)


def inspect_settings() -> Report:
    """Read the settings without stopping at the first error."""
    problems: list[str] = []
    wrong: set[str] = set()
    settings: Settings | None
    try:
        settings = Settings()
    except ValidationError as error:
        problems += describe(error)
        wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
        settings, more = _with_defaults(wrong)
        problems += [line for line in more if line not in problems]
    problems += unknown_variables(Settings.model_fields)
    problems += both_value_and_file(environment())
    if settings is not None:
        problems += doubts(settings)
    return Report(settings, [*_rows(settings, wrong)], problems, frozenset(wrong & Settings.model_fields.keys()))


def both_value_and_file(variables: Iterable[str]) -> list[str]:
    """One sentence for each secret given twice."""
    names = [f"{ENV_PREFIX}{name.upper()}" for name in SECRETS]
    given = set(variables)
    return [f"{name} and {name}_FILE are both set; keep one" for name in names if {name, f"{name}_FILE"} <= given]


def doubts(settings: Settings) -> list[str]:
    """One sentence for each combination of settings that is valid but probably a mistake."""
    lines = []
    if settings.kafka_security == "PLAINTEXT":
        lines += [
            f"{name} is set, but kafka_security = 'PLAINTEXT' does not use it"
            for name in ("kafka_username", "kafka_password", "kafka_ca_file", "kafka_cert_file")
            if getattr(settings, name) is not None
        ]
    if settings.redis_ca_file is not None and not settings.redis.get_secret_value().startswith("rediss:"):
        lines.append("redis_ca_file is set, but the Redis URL is not rediss://, so the connection has no TLS")
    if settings.tls_ca_file is not None and settings.tls_cert_file is None:
        lines.append("tls_ca_file is set, but without tls_cert_file and tls_key_file there is no TLS")
    if settings.slice_retention < LONGEST_WINDOW_MS:
        lines.append(
            f"slice_retention = {format_duration(settings.slice_retention)!r} is shorter than the window 28d, "
            "which would show less than it says"
        )
    named = {policy.calendar for policies in settings.queues.values() for policy in policies}
    lines += [f"calendars.{name} is set, but no queue names it" for name in settings.calendars if name not in named]
    return lines


def _with_defaults(wrong: set[str]) -> tuple[Settings | None, list[str]]:
    """Settings with defaults in place of wrong values, and the contradictions that then remain."""
    if "calendars" in wrong:
        wrong = {*wrong, "queues"}  # which may name calendars that are not known now
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in Settings.model_fields.items()
        if name in wrong
    }
    try:
        return _without_strays(defaults), []
    except ValidationError as error:
        lines = [line for line in describe(error) if not any(name in line for name in wrong)]
        return None, lines


def _without_strays(values: dict[str, Any]) -> Settings:
    """Settings from ``values``, variables and the file, without unknown names."""

    class Lenient(Settings):
        model_config = SettingsConfigDict(**{**Settings.model_config, "extra": "ignore"})

    return Lenient(**values)


def _rows(settings: Settings | None, wrong: set[str]) -> Iterable[Row]:
    variables = environment()
    toml = read_toml(Path(SETTINGS_FILE))
    in_file = set() if isinstance(toml, Unreadable) else set(toml)
    for name in Settings.model_fields:
        origin = _origin(name, variables, in_file)
        if settings is None or name in wrong:
            yield Row(name, "(wrong)" if name in wrong else "(not known)", origin)
        elif name == "calendars":
            for calendar, hours in settings.calendars.items():
                yield Row(f"calendars.{calendar}", _table(hours), origin)
        elif name == "queues":
            for queue, policies in settings.queues.items():
                for policy in policies:
                    yield Row(f"queues.{queue}", _table(policy), origin)
        else:
            yield Row(name, shown_value(settings, name), origin)


def _origin(name: str, variables: Iterable[str], in_file: set[str]) -> str:
    names = [name, f"{name}_file"] if name in SECRETS else [name]
    for variable in (f"{ENV_PREFIX}{name.upper()}" for name in names):
        if variable in variables:
            return variable
    return SETTINGS_FILE if in_file.intersection(names) else "default"


def shown_value(settings: Settings, name: str) -> str:
    """Text of one setting as the user would write it; ``***`` for a secret, ``–`` for no value."""
    value = getattr(settings, name)
    if name == "redis":
        return settings.redis_display()
    if isinstance(value, SecretStr) or (name in NEVER_SHOWN and value is not None):
        return "***"
    field = Settings.model_fields[name]
    if value == () and field.default is None:
        return "[]"  # none of them, which is not the same as unset
    return plain(value, duration=is_duration(field.annotation, field.metadata))


def plain(value: Any, *, duration: bool = False) -> str:
    """Text of a value: a duration with its unit, ``true`` and ``false``, ``–`` for no value."""
    if value is None or value == "":
        return "–"
    if duration:
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value) or "–"
    home = os.path.expanduser("~")
    text = str(value)
    return f"~{text[len(home) :]}" if isinstance(value, Path) and text.startswith(home + os.sep) else text


def _table(table: BaseModel) -> str:
    """The fields that are set in a queue or calendar, on one line."""
    fields = type(table).model_fields
    given = table.model_fields_set
    return ", ".join(
        f"{name} = {field_text(getattr(table, name), field)}" for name, field in fields.items() if name in given
    )


def field_text(value: Any, field: FieldInfo) -> str:
    """Text of a value of a field of any table of the settings, as ``plain``."""
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        return "; ".join(f"({_table(inner)})" for inner in value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, dict):
        return "; ".join(f"{name} {', '.join(map(str, inner)) or '–'}" for name, inner in value.items())
    return plain(value, duration=is_duration(field.annotation, field.metadata))
