"""Inputs of fuzzing for Hypothesis: events that would be good, damaged events, and bytes of any kind."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st

from streams.contract.events import EVENTS_OF
from streams.contract.topics import INPUTS
from tests.support.strategies import iso, logs

TIMES = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-02T00:00:00Z",
    "9999-12-30T23:59:59.999Z",
    "9999-12-31T23:59:59-14:00",
    "2026-11-21T23:59:60Z",
    "2026-11-21T09:00:12.250+01:00",
    iso(0),
)
TAGS = [str(struct.__struct_config__.tag) for topic in INPUTS for struct in EVENTS_OF[topic].values()]
FIELDS = (
    *("agent", "channel", "customer", "ended_at", "fcr_eligible", "from", "kind", "leg", "outcome", "outcome_at"),
    *("priority", "public", "queue", "reason", "resolved", "team", "to", "topic", "transferred", "via"),
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        [*TIMES, "q", "sales", "billing", "answered", "none", "left_queue", "timeout", "agent", "email", "high"]
    ),
    st.lists(st.integers(), max_size=2),
)
PARAMETERS = (
    *("channel", "queue", "window", "kpi", "stat", "medium", "lang"),
    *("view", "theme", "basis", "variant", "clock", "age", "state"),
)


@st.composite
def _event(draw: st.DrawFn) -> bytes:
    """An event of any type with fields of any kind, at times up to the ends of the calendar."""
    body = {
        "specversion": "1.0",
        "id": draw(st.text(min_size=1, max_size=4)),
        "source": "/pbx",
        "type": draw(st.sampled_from(TAGS)),
        "time": draw(st.sampled_from(TIMES)),
        "subject": draw(st.sampled_from(["a", "b"])),
        "data": draw(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5)),
    }
    for name in draw(st.lists(st.sampled_from(sorted(body)), max_size=1)):
        body[name] = draw(VALUES)
    return json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def _story(draw: st.DrawFn) -> bytes:
    """A log of contacts, an event a line, some of them at the ends of the calendar."""
    log = draw(logs(draw(st.sampled_from(["call", "chat", "ticket"])), contacts=1))
    for number in draw(st.lists(st.integers(0, max(0, len(log) - 1)), max_size=3)):
        if log:
            log[number] = {**log[number], "time": draw(st.sampled_from(TIMES))}
    return b"\n".join(json.dumps(each, separators=(",", ":")).encode() for each in log)


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """A log with a few bytes changed, taken out or repeated."""
    data = bytearray(draw(_story() | _event()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        piece = draw(st.binary(max_size=4) | st.sampled_from([b'"', b":", b",", b"\\", b'"data":{},', b'"time":1,']))
        data[place : place + draw(st.integers(0, 20))] = piece
    return bytes(data)


@st.composite
def _query(draw: st.DrawFn) -> bytes:
    names = st.sampled_from(PARAMETERS) | st.text(max_size=5)
    values = st.sampled_from(["call", "sales", "*", "5m", "today", "week", "es", ""]) | st.text(max_size=8)
    pairs = draw(st.lists(st.tuples(names, values), max_size=5))
    return urlencode([(n.encode("utf-8", "replace"), v.encode("utf-8", "replace")) for n, v in pairs]).encode()


def inputs(target: str) -> list[st.SearchStrategy[bytes]]:
    """Strategies for one target."""
    if target == "queries":
        return [_query(), st.binary(max_size=64)]
    return [_story(), _damaged(), _event(), st.binary(max_size=256)]
