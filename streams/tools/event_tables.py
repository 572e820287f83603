"""Tables of docs/events.md and docs/events.es.md: every type and field, written from the structs of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import UNSET, UnsetType
from msgspec.structs import FieldInfo, fields

from streams.common.generated import EVENT_PAGES, with_part
from streams.common.languages import Bilingual, Language
from streams.contract.events import EVENTS_OF, Data, Event
from streams.contract.topics import INPUTS, Topic
from streams.tools.event_words import FIELDS, MEANINGS, VALUES

PART = "fields"
"""Name of the part of the pages that is generated."""
_TYPE_HEADER = Bilingual("| type | required | optional | meaning |", "| tipo | obligatorio | opcional | significado |")
_FIELD_HEADER = Bilingual(
    "| field | values | default | in | meaning |", "| campo | valores | si falta | en | significado |"
)
_KINDS: tuple[tuple[type, str], ...] = ((bool, "flag"), (str, "text"), (int, "number"), (float, "number"))
Row = tuple[str, str, str]
"""Name, values and default of a field."""


def page_text(language: Language) -> str:
    """The page of a language with its tables made anew and the text around them unchanged."""
    return with_part(EVENT_PAGES[language], PART, "\n".join(_tables(language)))


def _tables(language: Language) -> Iterator[str]:
    yield _TYPE_HEADER.of(language)
    yield "|---|---|---|---|"
    for topics, verb, data in _types():
        needed = [field.encode_name for field in fields(data) if field.required]
        optional = [field.encode_name for field in fields(data) if not field.required]
        cells = (_names(topics, verb), _codes(needed), _codes(optional), MEANINGS[topics[0]][verb].of(language))
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield _FIELD_HEADER.of(language)
    yield "|---|---|---|---|---|"
    for (name, values, default), places in _fields(language).items():
        yield f"| `{name}` | {values} | {default} | {', '.join(places)} | {FIELDS[name].of(language)} |"


def _types() -> Iterator[tuple[tuple[Topic, ...], str, type[Data]]]:
    """Topics, verb and ``data`` of each type; calls and chats, which share most, together."""
    seen = set()
    for topic in INPUTS:
        for verb, event in EVENTS_OF[topic].items():
            data = data_of(event)
            topics = tuple(
                each for each in INPUTS if verb in EVENTS_OF[each] and data_of(EVENTS_OF[each][verb]) is data
            )
            same = tuple(each for each in topics if MEANINGS[each] is MEANINGS[topic])
            if (same, verb) not in seen:
                seen.add((same, verb))
                yield same, verb, data


def data_of(event: type[Event]) -> type[Data]:
    """Type of the ``data`` of an event type."""
    found: type[Data] = next(field.type for field in fields(event) if field.name == "data")
    return found


def _fields(language: Language) -> dict[Row, list[str]]:
    """Types by field, values and default: one row for each way in which a field is used."""
    found: dict[Row, list[str]] = {}
    for topics, verb, data in _types():
        for field in fields(data):
            row = field.encode_name, _values(field.type, language), _default(field)
            found.setdefault(row, []).append(_short(topics, verb))
    return dict(sorted(found.items(), key=lambda item: list(FIELDS).index(item[0][0])))


def _names(topics: tuple[Topic, ...], verb: str) -> str:
    tags = [str(EVENTS_OF[topic][verb].__struct_config__.tag) for topic in topics]
    return " ".join(f"`{tag}`" for tag in tags)


def _short(topics: tuple[Topic, ...], verb: str) -> str:
    """``….offered`` for a type of calls and of chats, else its whole name."""
    return f"`….{verb}`" if len(topics) > 1 else _names(topics, verb)


def _codes(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


def _values(kind: Any, language: Language) -> str:
    """The values of a type of field, such as ``inbound, callback``, or ``text, null``."""
    words: list[str] = []
    for part in _parts(kind):
        if isinstance(part, type) and issubclass(part, Enum):
            words += [f"`{member.value}`" for member in part]
        elif part is datetime:
            words.append(VALUES["time"].of(language))
        elif part is NoneType:
            words.append(VALUES["null"].of(language))
        elif part is not UnsetType:
            words.append(VALUES[next(name for base, name in _KINDS if issubclass(part, base))].of(language))
    return ", ".join(dict.fromkeys(words))


def _parts(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _parts(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _parts(part)
    else:
        yield kind


def _default(field: FieldInfo) -> str:
    default = field.default
    if field.required or default is UNSET:
        return "–"
    if isinstance(default, Enum):
        return f"`{default.value}`"
    return f"`{str(default).lower()}`"
