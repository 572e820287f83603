"""The file of tokens, and beside it the key that sessions are signed with; both are for their owner only."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from streams.access.roles import Role
from streams.access.sessions import KEY_BYTES
from streams.access.tokens import MOST_TOKENS, NAME, PREFIX, Token, TokenBook, digest_of, new_token
from streams.common.errors import UserError
from streams.common.file_versions import file_version

FILE_NAME = "tokens"
OWNER_ONLY = 0o600
LARGEST_BYTES = 1 << 20
"""Of the file; a thousand tokens have a quarter of it."""


class _Content(Struct, frozen=True, forbid_unknown_fields=True):
    """Content of the file."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    tokens: tuple[Token, ...] = ()


def key_file(tokens: Path) -> Path:
    """The file of the key, beside that of the tokens."""
    return tokens.with_name(tokens.name + ".key")


def read_tokens(path: Path) -> TokenBook | None:
    """The tokens of a file; ``None`` where there is no file.

    Raises:
        UserError: it cannot be read, or is no file of tokens.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(
            f"the file of tokens {path} cannot be read ({error.strerror}); mend its owner or permissions"
        ) from None
    return TokenBook(_checked(path, data))


def _checked(path: Path, data: bytes) -> tuple[Token, ...]:
    remedy = "put it back, or remove it and create the tokens anew with `veinte token create`"
    if len(data) > LARGEST_BYTES:
        raise UserError(f"the file of tokens {path} has more than {LARGEST_BYTES} bytes; {remedy}")
    try:
        tokens = msgspec.json.decode(data, type=_Content).tokens
    except (msgspec.DecodeError, UnicodeDecodeError):  # without their message: it repeats what stands in the file
        raise UserError(f"the file of tokens {path} is damaged; {remedy}") from None
    if len({token.name for token in tokens}) != len(tokens):
        raise UserError(f"the file of tokens {path} has two tokens of one name; {remedy}")
    return tokens


def create(path: Path, name: str, roles: tuple[Role, ...], now: datetime, life: timedelta | None = None) -> str:
    """Add a token to the file, which is made where there is none.

    Args:
        path: of the file.
        name: of the token, not used yet.
        roles: at least one.
        now: the time.
        life: from now on; ``None`` for one without end.

    Returns:
        The token, which nobody can tell again.

    Raises:
        UserError: the name is taken or is none, or the file cannot be read or written.
    """
    _refuse_a_token(name)
    if NAME.fullmatch(name) is None:
        raise UserError(
            f"{name!r:.80} is no name of a token; use 1 to 64 letters, digits, dots, hyphens and underscores"
        )
    token = new_token()
    now = now.astimezone(UTC).replace(microsecond=0)
    own = Token(name, digest_of(token).hex(), roles, now, None if life is None else now + life)
    with _changing(path) as tokens:
        if any(other.name == name for other in tokens):
            raise UserError(f"there is a token {name} already; revoke it first with `veinte token revoke {name}`")
        if len(tokens) >= MOST_TOKENS:
            raise UserError(f"{path} has {MOST_TOKENS} tokens, as many as can be; revoke some")
        tokens.append(own)
    return token


def revoke(path: Path, name: str) -> None:
    """Take a token out of the file. An emptied file stays: without it everything could be open again.

    Raises:
        UserError: there is no such token, or the file cannot be read or written.
    """
    _refuse_a_token(name)
    if not path.exists():
        raise UserError(f"there is no token {name!r:.80}: there is no file of tokens {path}")
    with _changing(path) as tokens:
        found = [token for token in tokens if token.name == name]
        if not found:
            raise UserError(f"there is no token {name!r:.80} in {path}; `veinte token list` shows those there are")
        tokens.remove(found[0])


def _refuse_a_token(name: str) -> None:
    """Refuse a token in place of its name, without repeating it."""
    if name.startswith(PREFIX):
        raise UserError(f"a name is wanted here, and not a token; names do not begin with {PREFIX}")


@contextmanager
def _changing(path: Path) -> Iterator[list[Token]]:
    """The tokens of the file, to be changed; written at the end of the block, one command at a time."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(key_file(path), os.O_RDWR | os.O_CREAT, OWNER_ONLY), "r+b") as key:
            fcntl.flock(key, fcntl.LOCK_EX)
            if len(key.read()) < KEY_BYTES:
                key.seek(0)
                key.truncate()
                key.write(secrets.token_bytes(KEY_BYTES))
            book = read_tokens(path)
            tokens = list(book.tokens) if book else []
            yield tokens
            _write(path, msgspec.json.format(msgspec.json.encode(_Content(tokens=tuple(tokens)))) + b"\n")
    except OSError as error:
        raise UserError(
            f"the file of tokens {path} cannot be written ({error.strerror}); set token_file to one that can be"
        ) from None


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def session_key(path: Path) -> bytes | None:
    """The key that sessions are signed with; ``None`` where none can be read. ``path``: of the tokens."""
    try:
        key = key_file(path).read_bytes()
    except OSError:
        return None
    return key if len(key) >= KEY_BYTES else None


def open_to_others(path: Path) -> list[Path]:
    """Those of both files that others than owner and group may read, or others than the owner may write."""
    found = []
    for file in (path, key_file(path)):
        try:
            mode = file.stat().st_mode
        except OSError:
            continue
        if mode & (stat.S_IRWXO | stat.S_IWGRP):
            found.append(file)
    return found


class TokenFile:
    """The tokens in force: those of the file, read anew when it changes."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        """Read the file.

        Args:
            path: of the file.
            say: takes a sentence when a changed file is in force, or cannot be.

        Raises:
            UserError: the file cannot be read, or is no file of tokens.
        """
        self._path = path
        self._say = say
        self._read = self._told = file_version(path)
        self._book = read_tokens(path)
        self.existed = self._book is not None
        """True once there was a file: its loss opens nothing."""

    @property
    def book(self) -> TokenBook:
        """The tokens as last read."""
        return self._book or TokenBook()

    def look(self) -> bool:
        """Read the file where it has changed. One that cannot be read leaves the tokens as they are, and is read at
        each look until it can be.

        Returns:
            True where the tokens are others now.
        """
        version = file_version(self._path)
        if version == self._read:
            return False
        try:
            self._book = read_tokens(self._path)
        except UserError as error:
            if version != self._told:
                self._say(f"{error}; the tokens read before stay in force")
            self._told = version
            return False
        self._read = version
        self.existed = self.existed or self._book is not None
        self._say(f"the file of tokens {self._path} has changed: {len(self.book.tokens)} tokens are in force")
        return True
