"""Error messages for wrong settings: one sentence that names the setting and never shows a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

SECRETS = (
    "hash_key",
    "kafka_password",
    "redis_password",
    "alert_webhook_supervisor",
    "alert_webhook_oncall",
    "alert_webhook_planner",
    "alertmanager_url",
)
"""Settings that can also be read from a file, named by the same setting with ``_file``."""
NEVER_SHOWN = frozenset({*SECRETS, "redis"})
"""Settings whose value no message repeats; the Redis URL may contain a password."""
RENAMED = {"jump_limit": "clock_jump"}
"""Settings of earlier releases, and what they are called now."""
PREFIX = "VEINTE_"
LONGEST_VALUE = 120
"""Characters of a wrong value that a message repeats."""


_MISSING = {
    "channel": '; say whose queue it is: channel = "call", "chat" or "ticket"',
    "time_zone": '; say whose wall clock its hours are read on: time_zone = "Europe/Madrid"',
}


SHORTEST_KEY = 8
_FILE_NAME = re.compile(r"[~\w./-]+\.(?:pem|crt|cer|key|txt|toml|secret)")
_ANY = (Path("/"), Path("."))
"""Folders that any text may seem to lie in."""


class Unreadable(NamedTuple):
    """Placeholder for a value that could not be read, so that its error is reported together with all others."""

    sentence: str


_PASSWORD_IN_URL = re.compile(r"(://[^:/?#\s]*:)(?:[^?#\s]*(?=@)|\S*(?=@))")
_USER_IN_URL = re.compile(r"(://)[^:/?#\s]+(?=:\*\*\*@|@)")
"""The user too: a key may be given there, as tokens of services are."""
_CREDENTIALS = re.compile(r"[^,\s/@]*:[^,\s]*(?=@)")
_SECRET_IN_QUERY = re.compile(r"(password=)[^&#\s]*", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """``text`` with ``***`` in place of a probable password in a URL or in ``user:password@host``."""
    # Passwords contain `@` and other characters not allowed in a URL, so everything up to the last `@` is masked.
    text = _PASSWORD_IN_URL.sub(r"\1***", text)
    text = _USER_IN_URL.sub(r"\1***", text)
    text = _SECRET_IN_QUERY.sub(r"\1***", text)
    return text if "://" in text else _CREDENTIALS.sub("***", text)


def url_without_password(url: str) -> str:
    """A URL with user and password as ``***``. As in a client, they end at the last ``@`` of the address."""
    scheme, separator, rest = url.partition("://")
    address = re.split("[/?#]", rest, maxsplit=1)[0]
    account, at, server = address.rpartition("@")
    user, colon, password = account.partition(":")
    if account:
        shown = f"{'***' if user else ''}{colon}{'***' if password else ''}"
        rest = f"{shown}{at}{server}{rest[len(address) :]}"
    return re.sub(r"(?i)(password=)[^&#]*", r"\1***", f"{scheme}{separator}{rest}")


def shown_path(path: str) -> str:
    """A path that a message may repeat: it names something here, lies in a folder that is here, has the ending of a
    file, or is shorter than any key. Any other text may be the secret itself, given in place of its file."""
    if len(path) < SHORTEST_KEY or _FILE_NAME.fullmatch(path):
        return path
    try:
        found = Path(path).expanduser()
        is_path = len(path) <= LONGEST_VALUE and (found.exists() or found.parent.is_dir()) and found.parent not in _ANY
    except (OSError, ValueError, RuntimeError):
        is_path = False
    return path if is_path else f"(a text of {len(path)} characters that is no path of this machine)"


def suggestion(name: str, known: Iterable[str]) -> str:
    """``; did you mean X?`` where a known name is close to ``name``, or the present name of a renamed setting."""
    plain = name.removeprefix(PREFIX).lower()
    if plain in RENAMED:
        return f"; it is called {RENAMED[plain] if plain == name else PREFIX + RENAMED[plain].upper()} now"
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def describe_errors(
    error: ValidationError, known: Iterable[str] = (), inside: Mapping[str, Iterable[str]] | None = None
) -> list[str]:
    """One sentence for each wrong setting: its name, its value (never a secret's) and the error.

    Args:
        error: the error raised by the validation of the settings.
        known: names of the settings, to suggest one for an unknown name.
        inside: the same for the settings of one queue, one calendar and so on, by the name of their table.
    """
    lines: list[str] = []
    for item in error.errors(include_url=False):
        where = item["loc"]
        name = _dotted(where)
        message = item["msg"].removeprefix("Value error, ")
        if isinstance(item["input"], Unreadable):
            lines.append(item["input"].sentence)
        elif item["type"] == "extra_forbidden":
            # A table and the name of an entry take turns: queues, sales, targets.
            tables = [part for part in where[:-1] if isinstance(part, str)][::2]
            candidates = (inside or {}).get(tables[-1], ()) if tables else known
            lines.append(f"{name}: there is no such setting{suggestion(str(where[-1]), candidates)}")
        elif item["type"] == "missing":
            lines.append(f"{name} is missing{_MISSING.get(str(where[-1]), '')}")
        elif not where:
            lines.extend(message.splitlines())
        elif str(where[0]).endswith("_file") and isinstance(item["input"], str | Path):
            path = str(item["input"])
            lines.append(f"{name} = {shown_path(path)}: {_lower(message).replace(path, 'it')}")
        elif where[0] in NEVER_SHOWN or isinstance(item["input"], dict | list):
            lines.append(f"{name}: {_lower(message)}")
        else:
            lines.append(_with_value(name, item["input"], message))
    return lines


def _with_value(name: str, value: Any, message: str) -> str:
    text = value if isinstance(value, str | int | float) else str(value)
    shown = repr(without_passwords(text) if isinstance(text, str) else text)
    if len(shown) > LONGEST_VALUE:
        shown = shown[:LONGEST_VALUE] + "…"
    if message.startswith(repr(text)):
        return f"{name} = {shown}{message.removeprefix(repr(text))}"
    return f"{name} = {shown}: {without_passwords(_lower(message))}"


def _dotted(where: Sequence[int | str]) -> str:
    """``queues.sales.target_seconds``; the index in a list is written only from the second item on."""
    name = ".".join(f"[{part}]" if isinstance(part, int) else part for part in where if part != 0)
    return name.replace(".[", "[")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
