"""The certificate of a server: read from its files, and again when they change, while connections stay open."""

from __future__ import annotations

import logging
import ssl
import time
from pathlib import Path

from streams.common.durations import SECOND_MS
from streams.common.errors import UserError
from streams.common.file_versions import FileVersion, file_version
from streams.serving.certificate_doubts import doubt_of

log = logging.getLogger(__name__)

CERT_SETTING, KEY_SETTING = "tls_cert_file", "tls_key_file"
TOLD_AT = 2
"""Failed reading of the same files that is logged."""
PROTOCOLS = ("http/1.1",)
"""Offered to clients that ask which (ALPN)."""


class Certificate:
    """The certificate and key of a server, as the context that its new connections begin with."""

    def __init__(self, cert_file: Path, key_file: Path) -> None:
        """Read both files.

        Raises:
            UserError: they cannot be read, or are not a certificate and its key.
        """
        self._files = (cert_file, key_file)
        self._read = self._tried = self._versions()
        self._failed = 0
        self._context = server_context(cert_file, key_file)
        self._warn()

    @property
    def context(self) -> ssl.SSLContext:
        """The context of the files as they were when they last fitted."""
        return self._context

    def refresh(self) -> None:
        """Read the files again where they changed; called every second.

        Files that do not fit leave the certificate as it was, are told once and read again at each look. Not told at
        the first look: while they are replaced, one of the two is new for a moment.
        """
        versions = self._versions()
        if versions == self._read:
            return
        if versions != self._tried:
            self._tried, self._failed = versions, 0
        try:
            self._context = server_context(*self._files)
        except UserError as error:
            self._failed += 1
            if self._failed == TOLD_AT:
                log.error("the certificate stays as it was: %s", error)
            return
        self._read = versions
        log.info("certificate read again from %s", self._files[0])
        self._warn()

    def doubt(self) -> str | None:
        """One sentence if clients will refuse the certificate, or soon (``certificate_doubts.doubt_of``)."""
        return doubt_of(self._context, self._files[0], int(time.time() * SECOND_MS))

    def _warn(self) -> None:
        doubt = self.doubt()
        if doubt is not None:
            log.warning("%s", doubt)

    def _versions(self) -> tuple[FileVersion, FileVersion]:
        cert, key = map(file_version, self._files)
        return cert, key


def certificate_of(cert_file: Path | None, key_file: Path | None) -> Certificate | None:
    """The certificate of the settings, which have both files or none; ``None`` without TLS.

    Raises:
        UserError: the files cannot be used.
    """
    return None if cert_file is None or key_file is None else Certificate(cert_file, key_file)


def server_context(cert_file: Path, key_file: Path) -> ssl.SSLContext:
    """The TLS context of a server: TLS 1.2 or newer, without renegotiation.

    Raises:
        UserError: a file cannot be read, or they are not a certificate and its key.
    """
    cert, key = f"{CERT_SETTING} = {cert_file}", f"{KEY_SETTING} = {key_file}"
    if b" CERTIFICATE-----" not in _content(CERT_SETTING, cert_file):
        raise UserError(f"{cert} holds no certificate; give a PEM file of the server's own and those above it")
    if b"PRIVATE KEY-----" not in _content(KEY_SETTING, key_file):
        raise UserError(f"{key} holds no private key; give the PEM file of the key of {CERT_SETTING}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(PROTOCOLS)
    asked: list[str] = []

    def no_password() -> str:
        asked.append(KEY_SETTING)  # without this function OpenSSL would ask at the terminal
        return ""

    try:
        context.load_cert_chain(cert_file, key_file, no_password)
    except (OSError, ValueError) as error:
        if asked:
            sentence = f"{key} is encrypted; give a key without a password, readable by its owner only"
        elif getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            sentence = f"{key} is not the key of {cert}; give the two that belong together"
        else:
            sentence = f"{cert} and {key} cannot be used ({error}); give PEM files of a certificate and its key"
        raise UserError(sentence) from None
    return context


def _content(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{setting} = {path} cannot be read ({error.strerror}); let its user read the file") from None
