"""Text of a dead letter for people: what the letter holds, or the original read from its topic."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streams.clients.topic_reader import TopicReader
from streams.common.vocabulary import Pseudonym
from streams.config.settings import Settings
from streams.contract.names import printable
from streams.contract.redaction import Redaction
from streams.contract.refusals import UNREADABLE
from streams.tools.dead_letters import Letter
from streams.tools.resend import original_of

GONE = "the original is gone by retention"


class LetterText(NamedTuple):
    """Key and value of a letter as they are printed."""

    key: str
    value: str


def letter_text(
    reader: TopicReader, settings: Settings, letter: Letter, pseudonym: Pseudonym, *, plain: bool
) -> LetterText:
    """Text of a letter.

    Args:
        reader: of the topic of the original.
        settings: words that stand for nobody.
        letter: the letter.
        pseudonym: keyed hash of identifiers.
        plain: show the original as it came; else persons are hashes.

    Raises:
        UserError: Kafka does not answer, or another record has the place of the original.
    """
    if letter.last_offset is not None:  # of a whole batch, which is not unpacked
        return LetterText("(none)", "(no value)")
    redaction = Redaction(letter.topic, None if plain else pseudonym, settings.anonymous_words)
    if letter.is_raw and (not plain or letter.cut_from is None):
        return _shown(redaction, letter.key, letter.value)
    key = "(none)" if letter.key is None else printable(letter.key.decode(errors="replace"))
    if not plain:
        return LetterText(key, _kept(letter, "; --plain reads the original"))
    record = original_of(reader, letter, pseudonym)
    if record is None:
        return LetterText(key, f"{GONE}; the letter has {_kept(letter)}")
    return _shown(redaction, record.key, record.value)


def _kept(letter: Letter, hint: str = "") -> str:
    """Text of the letter's own value, which names no person; ``hint``: what else can be done where it has none."""
    if letter.value:
        return printable(letter.value.decode(errors="replace"))
    if letter.size is None:
        return "(no value)"
    return f"({letter.size:,} bytes that were not kept, mark {letter.mark}{hint})"


def _shown(redaction: Redaction, key: bytes | None, value: bytes | None) -> LetterText:
    return LetterText(redaction.key(key, _subject(value)), redaction.value(value))


def _subject(value: bytes | None) -> object:
    try:
        body = msgspec.json.decode(value or b"")
    except UNREADABLE:
        return None
    return body.get("subject") if isinstance(body, dict) else None
