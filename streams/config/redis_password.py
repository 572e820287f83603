"""The password of the embedded Redis: made by `veinte stack up` and `veinte demo`, found by the setting `data`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from streams.common.errors import UserError
from streams.common.folders import DEMO_FOLDER
from streams.config.settings import Settings

_FILE = "redis_password"
_CONF = Path("redis") / "redis.conf"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def redis_password_file(settings: Settings) -> Path:
    """Path of the password that `veinte stack up` makes."""
    return settings.data.expanduser() / _FILE


def set_redis_password(settings: Settings) -> str | None:
    """The password of the setting or of the URL; "" where the setting says that there is none."""
    if settings.redis_password is not None:
        return settings.redis_password.get_secret_value()
    password = urlsplit(settings.redis.get_secret_value()).password
    return None if password is None else unquote(password)


def made_redis_password(settings: Settings) -> str | None:
    """The password that the stack of these settings made; ``None`` if it made none.

    Raises:
        UserError: the file cannot be read, or is empty.
    """
    return _password_in(redis_password_file(settings))


def stack_redis_password(settings: Settings) -> str | None:
    """The password that the stack or the demo below ``settings.data`` made for the Redis of the settings.

    Only for an address that this stack's Redis was last started with: no other server is shown the password.

    Raises:
        UserError: as ``made_redis_password``.
    """
    url = urlsplit(settings.redis.get_secret_value())
    if url.scheme != "redis" or settings.redis_cluster or url.hostname not in _LOOPBACK or url.username:
        return None
    for folder in (settings.data.expanduser(), settings.data.expanduser() / DEMO_FOLDER):
        if _port_of(folder / _CONF) == (url.port or 6379):
            return _password_in(folder / _FILE)
    return None


def _port_of(conf: Path) -> int | None:
    """Port in a configuration of Redis; ``None`` where there is none that we may read."""
    try:
        lines = conf.read_text(errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line[5:]) for line in lines if line.startswith("port ") and line[5:].isdecimal()), None)


def _password_in(path: Path) -> str | None:
    try:
        password = path.read_text().strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the Redis password in {path} cannot be read ({error}); mend its permissions") from None
    if not password:
        raise UserError(f"the Redis password in {path} is empty; remove the file and start the stack's Redis again")
    return password
