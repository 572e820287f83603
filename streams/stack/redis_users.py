"""Users of a Redis of one's own, each with the rights that it needs and a random password."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack.monitoring import shipped_file

USERS_FILE = "redis/users.acl"
"""In ``deploy/`` without passwords, so that nobody could log in; in the folder of the passwords with their hashes."""
PASSWORD_FILE = "redis_password"  # the name of a file
PASSWORD_BYTES = 32
SHIPPED_KEYS = "~veinte:*"
"""Keys that the shipped users may touch: those of the default namespace."""
READABLE_BY_REDIS = 0o644
"""Of the file of users, which Redis reads as a user of its own: it has only hashes of long random passwords."""


def write_users(settings: Settings, folder: Path) -> list[str]:
    """Write the file of users for Redis, and a file with the password of each, readable by its owner only.

    A password that is there stays; the file of users follows the passwords and ``namespace``.

    Returns:
        Names of the users whose passwords are new.

    Raises:
        UserError: the folder cannot be written to.
    """
    lines, made = [], []
    try:
        for line in shipped_file(USERS_FILE).splitlines():
            name = line.split()[1]
            if " nopass " not in line:
                path = folder / name / PASSWORD_FILE
                if not path.exists():
                    _write(path, secrets.token_urlsafe(PASSWORD_BYTES), 0o600)
                    made.append(name)
                password = hashlib.sha256(path.read_text().strip().encode()).hexdigest()
                line = line.replace(" on ", f" on #{password} ", 1).replace(SHIPPED_KEYS, f"~{settings.namespace}:*")
            lines.append(line)
        _write(folder / USERS_FILE, "\n".join(lines), READABLE_BY_REDIS)
    except OSError as error:
        raise UserError(f"the users of Redis cannot be written to {folder} ({error}); choose another folder") from None
    return made


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file as a whole, readable by nobody else for no moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
    draft.chmod(mode)
    draft.replace(path)
