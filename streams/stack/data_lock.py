"""Lock of a data directory: one command at a time works on it."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from streams.common.errors import UserError

LOCK_TIMEOUT_SECONDS = 30.0
"""Longest wait for another command on the same data directory; a stop takes less."""
PRIVATE = 0o700
POLL_SECONDS = 0.1
"""`flock` waits either without a limit or not at all, so the lock is polled."""


@contextmanager
def only_command(data: Path, folders: Sequence[Path]) -> Iterator[None]:
    """Hold the lock of a data directory for the length of the block.

    Args:
        data: the data directory, named in messages.
        folders: created if missing; the lock file is in the first of them.

    Raises:
        UserError: the folders cannot be written, or another command keeps the lock.
    """
    try:
        make_private(data)
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folders[0] / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UserError(f"data = {data} cannot be written ({error}); name a directory of yours") from None
    try:
        _take(descriptor, data)
        yield
    finally:
        os.close(descriptor)


def make_private(data: Path) -> None:
    """Make a data directory, and close it to all others if it is ours: it holds what customers' contacts add up to.

    Raises:
        OSError: it cannot be made.
    """
    data.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    found = data.stat()
    is_ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
    if is_ours and stat.S_IMODE(found.st_mode) != PRIVATE and data != Path.home():
        data.chmod(PRIVATE)


def _take(descriptor: int, data: Path) -> None:
    attempts = Retrying(
        retry=retry_if_exception_type(BlockingIOError),
        wait=wait_fixed(POLL_SECONDS),
        stop=stop_after_delay(LOCK_TIMEOUT_SECONDS),
    )
    try:
        attempts(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except RetryError:
        raise UserError(f"another `veinte stack` command works on {data}; wait for its end") from None
