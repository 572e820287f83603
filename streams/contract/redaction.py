"""Text of events for people: identifiers of persons as keyed hashes, fields that the contract does not know left out.
Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any, get_args

import msgspec

from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import AGENTS, CUSTOMERS
from streams.contract.events import EVENTS_OF, Event, LegOutcome
from streams.contract.names import ANONYMOUS, PHONE_DIGITS, customer_identity, printable
from streams.contract.refusals import TYPE_NAME, UNREADABLE, data_type
from streams.contract.topics import Topic

NOBODY = "(nobody)"
HIDDEN = "(hidden)"
"""Text of a field that may name a person: one that the contract does not know, or free text."""
AGENT_PREFIX = "agent:"
"""Begins the ``to`` of a transfer to an agent."""
_DIALLED = re.compile(r"[+0-9()./\-\s]+")
_FIELD = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_FORMS = {
    "time": re.compile(r"\d{4}-\d\d-\d\d[Tt \d:.,Zz+-]{0,40}"),
    "type": TYPE_NAME,
    "specversion": re.compile(r"[\d.]{1,5}"),
    "sequence": re.compile(r"\d{1,19}"),
    "datacontenttype": re.compile(r"[a-z]{1,20}/[a-z+.-]{1,40}(?:; ?charset=[a-zA-Z0-9-]{1,20})?"),
}
"""Forms of the texts of the envelope that are not names."""
_ENVELOPE = frozenset({*Event.__struct_fields__, "type", "data", "datacontenttype"})


class Redaction:
    """Function that makes the events of one topic readable without naming a person.

    Args:
        topic: of the events; its types decide which fields of ``data`` are known.
        pseudonym: keyed hash of identifiers; ``None`` shows everything as it came.
        anonymous: words that stand for nobody, in lower case.
    """

    def __init__(self, topic: Topic, pseudonym: Pseudonym | None, anonymous: frozenset[str] = ANONYMOUS) -> None:
        self._pseudonym = pseudonym
        self._anonymous = anonymous
        fields = [field for event in EVENTS_OF[topic].values() for field in msgspec.structs.fields(data_type(event))]
        self._known = frozenset(field.encode_name for field in fields)
        self._words = _words_of(fields)

    def value(self, value: bytes | None) -> str:
        """Text of a record's value: JSON in one line, or its size where it is no JSON object."""
        if value is None:
            return "(no value)"
        if self._pseudonym is None:
            return printable(value.decode(errors="backslashreplace"))
        try:
            body = msgspec.json.decode(value)
        except UNREADABLE:
            return f"({len(value):,} bytes that are not JSON; --plain shows them)"
        if not isinstance(body, dict):
            return f"(JSON, but not an object, of {len(value):,} bytes; --plain shows it)"
        return printable(msgspec.json.encode(self.body(body)).decode())

    def body(self, body: dict[str, Any]) -> dict[str, Any]:
        """The fields of an event, without persons."""
        if self._pseudonym is None:
            return body
        shown = {
            _shown_name(name): _of_envelope(name, found) if name in _ENVELOPE else _harmless(found)
            for name, found in body.items()
        }
        data = body.get("data")
        if isinstance(data, dict):
            shown["data"] = {_shown_name(name): self._field(name, found) for name, found in data.items()}
        elif "data" in body:
            shown["data"] = _harmless(data)
        return shown

    def key(self, key: bytes | None, subject: object) -> str:
        """Text of a record's key; hashed where it is not the event's subject, since it may be anything."""
        if key is None:
            return "(none)"
        text = key.decode(errors="backslashreplace")
        if self._pseudonym is None or text == subject:
            return printable(text)
        return self._hash(text)

    def _field(self, name: str, found: Any) -> Any:
        if found is None or isinstance(found, bool):
            return found
        if name in CUSTOMERS and isinstance(found, str | int | float):
            identity = customer_identity(str(found), self._anonymous)
            return self._hash(identity) if identity else NOBODY
        if name in AGENTS and isinstance(found, str | int | float):
            return self._hash(str(found).strip())
        if name not in self._known or name in CUSTOMERS | AGENTS:
            return _harmless(found)
        if name == "to" and isinstance(found, str):
            return self._target(found)
        if name == "outcome" and found not in list(LegOutcome):
            return HIDDEN  # free text of a note
        if name in self._words and isinstance(found, str) and found not in self._words[name]:
            return HIDDEN  # in the place of a word of the contract
        return found if isinstance(found, str | int | float) else HIDDEN

    def _target(self, to: str) -> str:
        """The target of a transfer: a queue as it is, an agent or a dialled number hashed."""
        if to.startswith(AGENT_PREFIX):
            return AGENT_PREFIX + self._hash(to.removeprefix(AGENT_PREFIX).strip())
        dialled = _DIALLED.fullmatch(to) and sum(letter.isdigit() for letter in to) >= PHONE_DIGITS
        return self._hash(customer_identity(to, self._anonymous)) if dialled else to

    def _hash(self, identifier: str) -> str:
        assert self._pseudonym is not None
        return f"#{self._pseudonym(identifier).hex()}"


def _shown_name(name: str) -> str:
    """A field's name, unless it may be a text of a person that stands in the place of a name."""
    return name if _FIELD.fullmatch(name) else HIDDEN


def _words_of(fields: Iterable[msgspec.structs.FieldInfo]) -> dict[str, frozenset[str]]:
    """Words of the contract by the fields that may hold nothing else."""
    words: dict[str, set[str]] = {}
    free: set[str] = set()
    for field in fields:
        kinds = [field.type, *get_args(field.type)]
        enums = [each for each in kinds if isinstance(each, type) and issubclass(each, Enum)]
        if enums:
            words.setdefault(field.encode_name, set()).update(str(each.value) for enum in enums for each in enum)
        else:
            free.add(field.encode_name)
    return {name: frozenset(found) for name, found in words.items() if name not in free}


def _of_envelope(name: str, found: Any) -> Any:
    """A field of the envelope, unless another text may stand in its place."""
    if not isinstance(found, str):
        return found if found is None or isinstance(found, int | float) else HIDDEN
    form = _FORMS.get(name)
    return found if form is None or form.fullmatch(found) else HIDDEN


def _harmless(found: Any) -> Any:
    return found if found is None or isinstance(found, bool) else HIDDEN
