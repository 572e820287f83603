"""Contents of a dead letter: a refused record without persons, and the marks by which its original is known. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import msgspec

from streams.common.vocabulary import Pseudonym
from streams.contract.names import ANONYMOUS
from streams.contract.redaction import Redaction
from streams.contract.refusals import UNREADABLE
from streams.contract.topics import Topic

SIZE, SHA256, FINGERPRINT = "size", "sha256", "fingerprint"
"""Headers of a letter: bytes of the refused value; its SHA-256 in hex, where the letter has no value; else a keyed
hash of that, because a SHA-256 of an event of which all but one telephone number is known would tell the number."""

LONGEST_KEY = 1024
"""Bytes of a key that is kept as it is."""

Header = tuple[str, bytes]


class Content(NamedTuple):
    """Key and value of a letter, with the headers that describe its original."""

    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


class LetterWriter:
    """Maker of the letters of one topic.

    Args:
        topic: of the refused records.
        pseudonym: keyed hash of identifiers.
        anonymous: words that stand for nobody, in lower case.
        most_bytes: a record beyond it is not decoded, and a letter beyond it keeps no value.
    """

    def __init__(
        self, topic: Topic, pseudonym: Pseudonym, anonymous: frozenset[str] = ANONYMOUS, *, most_bytes: int
    ) -> None:
        self._redaction = Redaction(topic, pseudonym, anonymous)
        self._pseudonym = pseudonym
        self._most_bytes = most_bytes

    def content(self, key: bytes | None, value: bytes | None) -> Content:
        """The content of the letter of one record; an undecodable record has none but the hash of its key."""
        body = self._body(value)
        subject = body.get("subject") if body is not None else None
        if key is not None and len(key) > LONGEST_KEY:
            subject = None
        shown_key = None if key is None else self._redaction.key(key, subject).encode()
        if value is None:
            return Content(shown_key, None, ())
        size = (SIZE, str(len(value)).encode())
        if body is not None:
            written = msgspec.json.encode(self._redaction.body(body))
            if len(written) <= self._most_bytes:
                mark = (FINGERPRINT, fingerprint(value, self._pseudonym).encode())
                return Content(shown_key, written, (size, mark))
        return Content(shown_key, None, (size, (SHA256, sha256(value).hexdigest().encode())))

    def _body(self, value: bytes | None) -> dict[str, object] | None:
        """The event in a record's value; ``None`` where it cannot be decoded."""
        if value is None or len(value) > self._most_bytes:
            return None
        try:
            body = msgspec.json.decode(value)
        except UNREADABLE:
            return None
        return body if isinstance(body, dict) else None


def fingerprint(value: bytes, pseudonym: Pseudonym) -> str:
    """Keyed hash of a record's value."""
    return pseudonym(sha256(value).hexdigest()).hex()


def marks_of(value: bytes | None, pseudonym: Pseudonym) -> tuple[str, ...]:
    """The marks that a letter of a record may have: its ``SHA256`` or ``FINGERPRINT``, "" for one without a value.

    Args:
        value: of the record; another log may have another record at the place that a letter names.
        pseudonym: keyed hash of identifiers, under the key of the worker that wrote the letter.
    """
    return ("",) if value is None else (sha256(value).hexdigest(), fingerprint(value, pseudonym))
