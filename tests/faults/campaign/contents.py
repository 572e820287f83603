"""Everything that Redis holds of a namespace, by names instead of ids, so that two runs of one log can be compared.

Registry ids follow the order in which names came, nonces are drawn, and a counter that only increases keeps what was
added and taken back; so none of them is compared as it is. A name is compared where something is stored under it: one
whose every amount was taken back is in the registry only where that was more than one commit. Of the topic of
outcomes the offsets, and what follows from how often an outcome was published again, are left out too: those differ
with every restart, on purpose. So is the revision of a contact: a repeated record moves it only in a batch with a new
one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from streams.clients.redis_clients import sync_client
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, INPUTS, Topic
from streams.facts.customers.facts import Customer
from streams.facts.domains import DOMAIN_OF, MEASURES, SKETCHES, parts
from streams.facts.shared.policy import book_hash, decode_book
from streams.facts.shared.states import ContactState
from streams.numbers.codes import split_code
from streams.numbers.names import DIMENSION_PREFIX, SEPARATOR
from streams.numbers.sketches import split_sketch_code
from streams.numbers.tiers import QUARTER, TIER_OF, TOTALS, parse_slice_field
from streams.store.keys import PartitionKeys, decode_status, generation_key, partition_keys

NOTHING = "nothing"
"""Shown in place of a value that one side does not have."""

Place = tuple[str, ...]
"""Kind, topic and partition, then the names of what is stored there."""


class Contents(NamedTuple):
    """All values of a namespace by their place; ``counters``: lowest value of each counter that only increases."""

    values: dict[Place, Any]
    counters: dict[Place, tuple[int, int]]
    """The counter, and what the widest slices add up to."""


class Difference(NamedTuple):
    """A value that differs, in words."""

    place: Place
    found: str
    quiet: str

    def __str__(self) -> str:
        return f"{' '.join(part for part in self.place if part)}: {self.found}, after the quiet run {self.quiet}"


def read_contents(settings: Settings) -> Contents:
    """Contents of the generation in force."""
    client: Any = sync_client(settings, socket_timeout_seconds=10)
    try:
        generation = int(client.get(generation_key(settings.namespace)) or 0)
        found = Contents({}, {})
        for topic in FOLDED:
            for number in range(settings.partitions):
                keys = partition_keys(settings.namespace, generation, topic, number)
                _Partition(topic, number, _raw(client, keys)).read_into(found)
        return found
    finally:
        client.close()


def differences(found: Contents, quiet: Contents) -> list[Difference]:
    """Every value that the two do not have alike, and every counter below its slices."""
    different = [
        Difference(place, *_apart(found.values.get(place, NOTHING), quiet.values.get(place, NOTHING)))
        for place in sorted(found.values.keys() | quiet.values.keys())
        if found.values.get(place) != quiet.values.get(place)
    ]
    below = [
        Difference(place, f"the counter is {counter:,}, its slices {slices:,}", "a counter is not below its slices")
        for place, (counter, slices) in sorted(found.counters.items())
        if counter < slices
    ]
    return different + below


def _apart(found: Any, quiet: Any) -> tuple[str, str]:
    """Two values in words; of two mappings only what they do not have alike."""
    if isinstance(found, dict) and isinstance(quiet, dict):
        keys = [key for key in found.keys() | quiet.keys() if found.get(key) != quiet.get(key)]
        found, quiet = ({key: side[key] for key in keys if key in side} for side in (found, quiet))
    return str(found), str(quiet)


def _raw(client: Any, keys: PartitionKeys) -> dict[str, Any]:
    pipe = client.pipeline(transaction=True)
    hashes = {"head": keys.head, "numbers": keys.numbers, "contacts": keys.contacts, "names": keys.names}
    for key in (*hashes.values(), keys.policies):
        pipe.hgetall(key)
    for key in (keys.expiry, keys.live_expiry):
        pipe.zrange(key, 0, -1, withscores=True)
    return dict(zip((*hashes, "policies", "expiry", "live_expiry"), pipe.execute(), strict=True))


class _Names(dict[int, str]):
    """Names by id. An id without a name is a fault to be shown as a difference, and not an error of the comparison."""

    def __missing__(self, identity: int) -> str:
        return f"nameless {identity}"


class _Partition:
    """Reads one partition's keys, with the names of its registry."""

    def __init__(self, topic: Topic, number: int, raw: Mapping[str, Any]) -> None:
        self._topic = topic
        self._where = f"{topic}-{number}"
        self._raw = raw
        self._names = _Names({int(identity): name.decode() for name, identity in raw["names"].items()})
        self._books = {int(identity): book_hash(decode_book(book)) for identity, book in raw["policies"].items()}
        self._is_input = topic in INPUTS

    def read_into(self, found: Contents) -> None:
        """Add everything to ``found``."""
        values = found.values
        for book in self._books.values():
            values["policy book", self._where, book] = True
        values.update(self._head())
        values.update(self._live())
        values.update(self._contacts())
        cells, totals, sums = self._cells()
        values.update(cells)
        for place in totals.keys() | sums.keys():
            found.counters[place] = totals[place], sums[place]

    def _head(self) -> Iterator[tuple[Place, Any]]:
        head = self._raw["head"]
        if b"status" not in head:
            return
        status = decode_status(head[b"status"])
        if self._is_input:
            yield ("position", self._where), int(head[b"position"])
            yield ("newest event", self._where), status.newest_ms
        for name, amount in status.statistics.items():
            if self._is_input or name.startswith("rejected."):
                yield ("statistic", self._where, name), amount

    def _cells(self) -> tuple[dict[Place, int], Counter[Place], Counter[Place]]:
        """Cells of all slices, the counters, and sums over the widest slices of what counters count."""
        cells: Counter[Place] = Counter()
        totals: Counter[Place] = Counter()
        sums: Counter[Place] = Counter()
        for raw, packed in self._raw["numbers"].items():
            field = raw.decode()
            if field[0] == TOTALS:
                for name, amount in self._named(msgspec.msgpack.decode(packed)):
                    totals["counter", self._where, self._names[int(field[1:])], *name] += amount
            elif field[0] in TIER_OF:
                tier, start_ms, row = parse_slice_field(field)
                for name, amount in self._named(msgspec.msgpack.decode(packed)):
                    cells["cell", self._where, tier.letter, str(start_ms), self._names[row], *name] += amount
                    if tier is QUARTER and name[0] == "measure":
                        sums["counter", self._where, self._names[row], *name] += amount
        return dict(cells), totals, sums

    def _named(self, cells: Mapping[int, int]) -> Iterator[tuple[tuple[str, str, str], int]]:
        for code, amount in cells.items():
            for part in parts(code):
                if part < 0:
                    sketch, bucket = split_sketch_code(part)
                    yield ("sketch", SKETCHES[sketch].name, str(bucket)), amount
                else:
                    measure, dimension = split_code(part)
                    of = self._names[dimension].removeprefix(DIMENSION_PREFIX) if dimension else ""
                    yield ("measure", MEASURES[measure].name, of), amount

    def _live(self) -> Iterator[tuple[Place, Any]]:
        types = DOMAIN_OF[self._topic].live_types
        for raw, packed in self._raw["numbers"].items():
            field = raw.decode()
            if field[0] in types:
                entry = msgspec.structs.asdict(msgspec.msgpack.decode(packed, type=types[field[0]]))
                if "row" in entry:
                    entry["row"] = self._names[entry["row"]]
                yield ("live entry", self._where, field[0], *field[1:].split(SEPARATOR)), entry

    def _contacts(self) -> Iterator[tuple[Place, Any]]:
        decode = DOMAIN_OF[self._topic].state_decoder()
        for raw, packed in self._raw["contacts"].items():
            subject, state = raw.decode(), decode(packed)
            place = (self._where, subject)
            yield ("facts", *place), self._facts(state)
            yield ("policy of contact", *place), self._books.get(state.book)
            yield ("live keys of contact", *place), sorted(state.live)
            yield ("amounts of contact", *place), self._amounts(state)
            if self._is_input:
                yield ("outcome told", *place), state.told
        if self._is_input:
            for kind in ("expiry", "live_expiry"):
                for subject, score in self._raw[kind]:
                    yield (kind, self._where, subject.decode()), int(score)

    def _facts(self, state: ContactState[Any]) -> Any:
        if isinstance(state.facts, Customer):
            return {contact: outcome for contact, (_, outcome) in state.facts.contacts.items()}
        return state.facts

    def _amounts(self, state: ContactState[Any]) -> dict[Place, int]:
        found: defaultdict[Place, int] = defaultdict(int)
        for start, row, *flat in state.amounts:
            for name, amount in self._named(dict(zip(flat[::2], flat[1::2], strict=True))):
                found[str(start), self._names[row], *name] += amount
        return dict(found)
