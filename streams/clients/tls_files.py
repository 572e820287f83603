"""TLS to servers by certificate files that may be replaced while we run."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from streams.common.file_versions import FileVersion, file_version

log = logging.getLogger(__name__)

TLS_FILE_ERRORS = (OSError, ValueError)
"""Errors of files that cannot be read or are no certificates; ``ssl.SSLError`` is one of them."""


class FollowedContext(ssl.SSLContext):
    """A client's TLS context whose new connections use the files as they are by then.

    A client keeps the context that it was made with for as long as it runs. An authority that is replaced would keep it
    out at its next connection, and a certificate of ours that has run out would too.
    """

    _make: Callable[[], ssl.SSLContext]
    _files: tuple[Path, ...]
    _versions: list[FileVersion]
    _told: list[FileVersion]
    _now: ssl.SSLContext

    def __new__(cls, make: Callable[[], ssl.SSLContext], files: Sequence[Path]) -> FollowedContext:
        """Read the files for the first time.

        Args:
            make: makes a context of the files.
            files: whose change asks for a new one.

        Raises:
            OSError: a file cannot be used (``TLS_FILE_ERRORS``).
            ValueError: the same.
        """
        self = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        self._make, self._files = make, tuple(files)
        self._versions = self._told = self._found()
        self._now = make()
        return self

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a connection of asyncio."""
        return self._current().wrap_bio(*args, **kwargs)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Begin a connection on a socket."""
        return self._current().wrap_socket(*args, **kwargs)

    def _current(self) -> ssl.SSLContext:
        """The context of the files as they are, or were when they last fitted."""
        versions = self._found()
        if versions != self._versions:
            try:
                self._now, self._versions = self._make(), versions
            except TLS_FILE_ERRORS as error:
                if versions != self._told:
                    log.warning(
                        "new files for TLS to a server cannot be used (%s); those before them still hold", error
                    )
                self._told = versions
        return self._now

    def _found(self) -> list[FileVersion]:
        return [file_version(file) for file in self._files]
