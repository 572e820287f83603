"""Reasons and sentences for records that the decoder refuses: what is wrong, where, and which values are right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import Enum
from typing import Any, get_args

import msgspec
from msgspec.structs import fields

from streams.common.errors import InvalidEvent
from streams.common.vocabulary import ALL_QUEUES
from streams.contract.events import EVENTS_OF, TYPES_OF, Data, Event
from streams.contract.topics import INPUTS, Topic

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors of the decoder for bytes that are not JSON, or JSON nested too deeply."""
NAMES = frozenset({"queue", "team", "topic", "kind", "reason", "to"})
"""Fields of ``data`` that hold a name (``clean_name``)."""

NEAR = 0.6
"""Least likeness of a refused word to an allowed one for it to be quoted."""
LONGEST_TIME = 40

_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:$|[Tt \d:.,Zz+-]*$)|\d\d?[/.]\d\d?[/.]\d{2,4}[Tt \d:.,Zz+-]*$")
TYPE_NAME = re.compile(r"[A-Za-z0-9_]{1,40}(?:[./:-][A-Za-z0-9_]{1,40}){0,6}", re.ASCII)
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
    "datetime": "a time",
}
"""Words for the types that the decoder names."""
_EXAMPLE = "write RFC 3339 with an offset, such as 2026-11-21T09:00:12.250Z"


def explained(topic: Topic, value: bytes, message: str) -> InvalidEvent:
    """Reason and sentence for a refused field, with the allowed values where there is a list of them."""
    place = _PLACE.search(message)
    path = place[1] if place else ""
    said = message[: place.start()] if place else message
    try:
        record = msgspec.json.decode(value)
    except UNREADABLE as error:
        return not_json(value, error)
    found: Any = record
    for part in path.split(".") if path else ():
        found = found.get(part) if isinstance(found, dict) else None
    if "timezone" in said:
        return InvalidEvent("no_offset", f"`{path}` has no offset; {_EXAMPLE} or …+01:00")
    if "RFC3339" in said or "`datetime" in said:
        return InvalidEvent(
            "invalid_field", f"`{path}` is {_shown_time(found)}, not RFC 3339{_as_epoch(found)}; {_EXAMPLE}"
        )
    missing = re.search(r"missing required field `(\w+)`", said)
    if missing:
        field = f"{path}.{missing[1]}" if path else missing[1]
        return InvalidEvent("missing_field", f"`{field}` is missing")
    if "length >= 1" in said and path.rpartition(".")[2] in NAMES - {"queue"}:
        return InvalidEvent("missing_field", f"`{path}` is blank")
    if "matching regex" in said:
        what = "is `*`, which stands for all queues" if found == ALL_QUEUES else "holds a control character"
        return InvalidEvent("invalid_field", f"`{path}` {what}; write the name of the queue")
    if "Invalid enum value" in said or "Invalid value" in said:
        allowed = _allowed(topic, record, path)
        rest = f", not one of {', '.join(allowed)}" if allowed else ""
        return InvalidEvent("invalid_field", f"`{path}` is {_shown(found, allowed)}{rest}")
    types = re.search(r"Expected `([^`]+)`, got `([^`]+)`", said)
    if types:
        wanted = " or ".join(_WORDS.get(word.strip(), word) for word in types[1].split("|"))
        got = _WORDS.get(types[2], types[2])
        return InvalidEvent("invalid_field", f"`{path or 'the record'}` is {got}; it must be {wanted}")
    return InvalidEvent("invalid_field", f"`{path}`: {said}" if path else said)


def _allowed(topic: Topic, record: Any, path: str) -> list[str]:
    """The values that a field may have, where its type lists them."""
    kind = record.get("type") if isinstance(record, dict) else None
    event = next((each for each in EVENTS_OF[topic].values() if each.__struct_config__.tag == kind), None)
    holder, _, name = path.rpartition(".")
    if event is None:
        return []
    struct = data_type(event) if holder == "data" else event
    field = next((each for each in fields(struct) if each.encode_name == name), None)
    if field is None:
        return []
    kinds = [each for each in (field.type, *get_args(field.type)) if isinstance(each, type) and issubclass(each, Enum)]
    return [str(member.value) for each in kinds for member in each] or [str(each) for each in get_args(field.type)]


def _shown(found: Any, allowed: Iterable[str] = ()) -> str:
    """A refused value, quoted only if it is a misspelling of an allowed one: the sentence reaches the log, where no
    person may be named."""
    if isinstance(found, str):
        near = get_close_matches(found.lower(), allowed, n=1, cutoff=NEAR)
        return repr(found) if near else f"a text of {len(found)} characters"
    if isinstance(found, bool) or found is None:
        return msgspec.json.encode(found).decode()
    return "a number" if isinstance(found, int | float) else "a list" if isinstance(found, list) else "an object"


def _shown_time(found: Any) -> str:
    """A refused time, quoted only if it is a date or an instant since 1970."""
    text = found if isinstance(found, str) else msgspec.json.encode(found).decode()
    is_date = isinstance(found, str) and len(text) <= LONGEST_TIME and _DATE.match(text)
    return repr(found) if is_date or _as_epoch(found) else _shown(found)


def _as_epoch(found: Any) -> str:
    """The instant that a number of seconds or milliseconds since 1970 means; empty for anything else."""
    text = str(found)
    if isinstance(found, bool) or not re.fullmatch(r"\d{9,13}(\.\d+)?", text) or not _is_recent(float(text)):
        return ""
    seconds = float(text) / (1000 if float(text) >= 1e11 else 1)
    unit = "milliseconds" if float(text) >= 1e11 else "seconds"
    return f" ({unit} since 1970 of {datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ})"


def _is_recent(number: float) -> bool:
    """True for seconds or milliseconds of 2001 to 2033; other numbers may be those of a telephone."""
    return 1e9 <= number < 2e9 or 1e12 <= number < 2e12


def did_you_mean(kind: str) -> str:
    """The type that was probably meant; empty if none is near."""
    known = [each for topic in INPUTS for each in TYPES_OF[topic]]
    wanted = kind.lower().replace("-", "_")
    if "." not in wanted:
        wanted = wanted.replace("_", ".", 1)
    near = get_close_matches(wanted, known, n=1, cutoff=0.75)
    return f"; did you mean {near[0]}?" if near else ""


def shown_type(kind: str) -> str:
    """An unknown type for the log, quoted only if it is written as types are and has no number of a telephone in it."""
    is_type = TYPE_NAME.fullmatch(kind) and not re.search(r"\d{5}", kind)
    return repr(kind) if is_type else f"of {len(kind)} characters"


def not_utf8(value: bytes) -> InvalidEvent | None:
    """The refusal of bytes that are not UTF-8; ``None`` where they are."""
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return InvalidEvent("not_utf8", f"invalid UTF-8 at byte {error.start}")
    return None


def not_json(value: bytes, error: Exception) -> InvalidEvent:
    """The refusal of bytes that are not UTF-8, not JSON, or nested too deeply."""
    deep = isinstance(error, RecursionError)
    return not_utf8(value) or InvalidEvent("not_json", "nested too deeply" if deep else str(error))


def data_type(event: type[Event]) -> type[Data]:
    """The type of ``data`` of an event type."""
    found: type[Data] = next(field.type for field in fields(event) if field.name == "data")
    return found
