"""Types of settings: durations, time zones, instants, addresses, paths."""

from __future__ import annotations

import re
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from streams.access.roles import Role, parse_role
from streams.common.durations import parse_duration_ms
from streams.common.vocabulary import ALL_QUEUES
from streams.contract.names import InvalidName, clean_name

LONGEST_QUEUE_NAME = 256
_HOST_NAME = re.compile(r"[^\s:/@*\[\],]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
SHORTEST_HASH_KEY = 16
"""Characters: 64 bits if they are hexadecimal digits, too many to guess."""


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except Exception as error:
        raise ValueError(f"{name!r} is no time zone of the tz database, such as Europe/Madrid") from error
    return name


def _clock_time(text: str) -> str:
    if re.fullmatch(r"([01][0-9]|2[0-3]):(00|15|30|45)", text) is None:
        raise ValueError(f"{text!r} is no time of day at a quarter of an hour, such as 06:00")
    return text


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        instant = None
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise ValueError(f"{str(value)!r} is no time with an offset, such as 2026-01-01T00:00:00+01:00")
    return instant


def _earlier_names(value: object) -> object:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError('it must be a list of names, such as was = ["old name"]')
    return tuple(dict.fromkeys(map(queue_name, value)))


def queue_name(name: str) -> str:
    """The name of a queue as events have it (``clean_name``).

    Raises:
        ValueError: it is blank, too long, ``*``, or has a character that no name may have.
    """
    shown = repr(name[:80])
    try:
        clean = clean_name(name)
    except InvalidName as error:
        raise ValueError(f"queue name {shown} {error}; names hold visible characters only") from None
    if not 1 <= len(clean) <= LONGEST_QUEUE_NAME:
        raise ValueError(f"queue name {shown} must have 1 to {LONGEST_QUEUE_NAME} characters")
    if clean == ALL_QUEUES:
        raise ValueError(f"queue name {shown} stands for all queues of a channel; give the queue another name")
    return clean


def _servers(value: str) -> str:
    for server in value.split(","):
        match = re.fullmatch(r"(?:\[[0-9a-fA-F:]+\]|[^\s:/@\[\]]+):([0-9]{1,5})", server.strip())
        if match is None or not 1 <= int(match[1]) <= 65_535:
            raise ValueError("must be host:port, several of them separated by commas")
    return value


def _redis_url(value: SecretStr) -> SecretStr:
    # No message here may repeat a part of the URL: urllib's message about a bad port can contain part of the password.
    usable = False
    try:
        url = urlsplit(value.get_secret_value())
        port, database = url.port, url.path.strip("/")
    except ValueError:
        pass
    else:
        if url.scheme == "unix":
            usable = bool(url.path)
        elif url.scheme in ("redis", "rediss"):
            usable = bool(url.hostname) and port != 0 and (not database or database.isdecimal())
    if not usable:
        raise ValueError("must be a URL such as redis://127.0.0.1:6379/0 or rediss://user:password@host:6379/0")
    return value


def _readable_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{str(path)!r} is no file")
    return path


def _is_web_address(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0 and text.isprintable()
    except ValueError:
        return False


def _webhook_url(value: SecretStr) -> SecretStr:
    # Whoever knows such a URL may post to it: no message repeats a part of it.
    if not _is_web_address(value.get_secret_value()):
        raise ValueError("must be a URL such as https://chat.example/hooks/veinte")
    return value


def _http_url(value: SecretStr) -> SecretStr:
    # It may hold a user and a password, which no message repeats.
    if not _is_web_address(value.get_secret_value()):
        raise ValueError("must be a URL such as http://127.0.0.1:9093, with a path before /api/v2 where there is one")
    return value


def _hash_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().strip()) < SHORTEST_HASH_KEY:
        raise ValueError(
            f"must have at least {SHORTEST_HASH_KEY} characters, or the hashes of customers and agents could be turned "
            "back by guessing it; take a long random text, such as `openssl rand -hex 32` prints, and keep it for good"
        )
    return value


def _listed(value: object) -> object:
    """The items of a list, which a variable writes as text with commas."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise ValueError('it must be a list such as ["one", "two"], in a variable one,two')
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip()))


def _host_names(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if _HOST_NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} is no name of a host: give names without port, such as board.example.com")
    return names


def _networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        try:
            found = ip_network(network)
        except ValueError:
            raise ValueError(f"{network!r} is no IP address or network, such as 10.0.0.7 or 10.0.0.0/24") from None
        if not found.prefixlen:
            raise ValueError(f"{network!r} is everybody, who could then take any role; name the proxies' own addresses")
    return networks


def _roles(value: object) -> object:
    """Roles of a list; ``None`` where unset, which is not the same as nobody's."""
    if value is None:
        return None
    names: Any = _listed(() if isinstance(value, str) and value.strip() == "[]" else value)
    return tuple(dict.fromkeys(map(parse_role, names)))


def _header_name(name: str) -> str:
    if _HEADER_NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of an HTTP header, such as X-Forwarded-User")
    return name


DurationMs = Annotated[int, BeforeValidator(parse_duration_ms)]
TimeZoneName = Annotated[str, AfterValidator(_time_zone)]
TimeOfDay = Annotated[str, AfterValidator(_clock_time)]
EarlierNames = Annotated[tuple[str, ...], BeforeValidator(_earlier_names)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Servers = Annotated[str, AfterValidator(_servers)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
WebhookUrl = Annotated[SecretStr, AfterValidator(_webhook_url)]
HttpUrl = Annotated[SecretStr, AfterValidator(_http_url)]
HostNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_host_names)]
Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_networks)]
Roles = Annotated[tuple[Role, ...] | None, NoDecode, BeforeValidator(_roles)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
HashKey = Annotated[SecretStr, AfterValidator(_hash_key)]
Port = Annotated[int, Field(ge=0, le=65_535)]
UserPath = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path with ``~`` for the home directory."""
UserFile = Annotated[Path, AfterValidator(Path.expanduser), AfterValidator(_readable_file)]
"""The same, for an existing file."""


def is_duration(annotation: Any, metadata: tuple[Any, ...] | list[Any] = ()) -> bool:
    """True if a field with this annotation is a duration (``DurationMs`` or ``DurationMs | None``)."""
    if any(isinstance(item, BeforeValidator) and item.func is parse_duration_ms for item in metadata):
        return True
    return any(is_duration(part, getattr(part, "__metadata__", ())) for part in get_args(annotation) if part is not ...)
