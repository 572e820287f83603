"""Numbers in Redis read by the names of ``streams.numbers.measures``, without the reader that is under test."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import redis

from streams.clients.redis_clients import sync_client
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, INPUTS, Topic
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.domains import DOMAIN_OF, MEASURES, parts
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.codes import split_code
from streams.numbers.live_entries import LiveEntry
from streams.numbers.measures import Measure
from streams.numbers.names import DIMENSION_PREFIX, ROW_PREFIX, SEPARATOR
from streams.numbers.tiers import QUARTER, TIER_OF, parse_slice_field
from streams.store.keys import Status, generation_key, partition_keys
from tests.oracles import bank_oracle

BANK_FIELDS = {
    "offered": ConversationMeasure.OFFERED,
    "answered": ConversationMeasure.ANSWERED,
    "wait_s": ConversationMeasure.WAIT_MS,
    "answered_in_t": ConversationMeasure.ANSWERED_WITHIN,
    "abandoned": ConversationMeasure.ABANDONED,
    "abandon_wait_s": ConversationMeasure.ABANDON_WAIT_MS,
    "abandoned_short": ConversationMeasure.SHORT_ABANDONED,
    "abandoned_in_t": ConversationMeasure.ABANDONED_WITHIN,
    "reached_target": ConversationMeasure.REACHED_TARGET,
    "talk_s": ConversationMeasure.TALK_MS,
}
REPEAT_FIELDS = {
    "repeat_base": CustomerMeasure.REPEAT_BASE,
    "repeated": CustomerMeasure.REPEATED,
    "fcr_window_base": CustomerMeasure.FCR_WINDOW_BASE,
    "fcr_window": CustomerMeasure.FCR_WINDOW,
    "fcr_final_base": CustomerMeasure.FCR_FINAL_BASE,
    "fcr_final": CustomerMeasure.FCR_FINAL,
    "fcr_gap_base": CustomerMeasure.FCR_GAP_BASE,
    "fcr_gap": CustomerMeasure.FCR_GAP,
    "redial_base": CustomerMeasure.REDIAL_BASE,
    "redialed": CustomerMeasure.REDIALED,
}
HELPDESK_FIELDS = {
    "opened": TicketMeasure.OPENED,
    "solved": TicketMeasure.SOLVED,
    "reopened": TicketMeasure.REOPENED,
    "first_response_count": TicketMeasure.FIRST_RESPONSES,
    "first_response_seconds_sum": TicketMeasure.FIRST_RESPONSE_MS,
    "first_response_business_seconds_sum": TicketMeasure.FIRST_RESPONSE_BUSINESS_MS,
    "response_15m_judged": TicketMeasure.RESPONSE_15M_JUDGED,
    "response_15m_met": TicketMeasure.RESPONSE_15M_MET,
    "response_24h_judged": TicketMeasure.RESPONSE_24H_JUDGED,
    "response_24h_met": TicketMeasure.RESPONSE_24H_MET,
    "response_target_judged": TicketMeasure.RESPONSE_TARGET_JUDGED,
    "response_target_met": TicketMeasure.RESPONSE_TARGET_MET,
    "resolution_seconds_sum": TicketMeasure.FULL_RESOLUTION_MS,
    "resolution_business_seconds_sum": TicketMeasure.FULL_RESOLUTION_BUSINESS_MS,
    "resolution_net_seconds_sum": TicketMeasure.FULL_RESOLUTION_NET_MS,
    "first_resolutions": TicketMeasure.FIRST_RESOLUTIONS,
    "first_resolution_seconds_sum": TicketMeasure.FIRST_RESOLUTION_MS,
    "first_resolution_business_seconds_sum": TicketMeasure.FIRST_RESOLUTION_BUSINESS_MS,
    "first_resolution_net_seconds_sum": TicketMeasure.FIRST_RESOLUTION_NET_MS,
    "resolved_24h_judged": TicketMeasure.RESOLVED_24H_JUDGED,
    "resolved_24h_met": TicketMeasure.RESOLVED_24H_MET,
    "solves": TicketMeasure.SOLVES,
    "cohort_solved": TicketMeasure.COHORT_SOLVED,
    "removed_opened": TicketMeasure.REMOVED_OPENED,
    "removed": TicketMeasure.REMOVED,
    "handled": HandlingMeasure.HANDLED,
    "fcr": HandlingMeasure.FCR_FLAGGED,
    "escalations": HandlingMeasure.ESCALATIONS,
    "escalated": HandlingMeasure.ESCALATED,
    "team_opened": TicketMeasure.TEAM_OPENED,
    "team_solved": TicketMeasure.TEAM_SOLVED,
    "team_cohort_solved": TicketMeasure.TEAM_COHORT_SOLVED,
    "agent_assigned": TicketMeasure.AGENT_ASSIGNED,
    "agent_solved": TicketMeasure.AGENT_SOLVED,
}
"""Fields of the help desk's oracle; what is counted by team or agent is summed over them."""

REPORT_FIELDS = {
    "offered": "offered",
    "answered": "answered",
    "wait_s": "wait_seconds_sum",
    "answered_in_t": "answered_within_target",
    "abandoned": "abandoned",
    "abandon_wait_s": "abandon_wait_seconds_sum",
    "abandoned_short": "short_abandoned",
    "abandoned_in_t": "abandoned_within_target",
    "reached_target": "reached_target",
    "talk_s": "talk_seconds_sum",
    "opened": "opened",
    "solved": "solved",
    "reopened": "reopened",
    "first_response_seconds_sum": "first_response_seconds_sum",
    "resolution_seconds_sum": "resolution_seconds_sum",
}
"""Fields of the oracles and of `veinte report`."""

ByDay = dict[tuple[str, str], dict[str, float]]


class LiveItem(NamedTuple):
    """One entry of a live set."""

    kind: str
    subject: str
    leg: str
    queue: str
    entry: LiveEntry


class Partition(NamedTuple):
    """One partition as Redis holds it at one instant. ``slices``: (tier letter, start, queue) → cells, no sketches."""

    position: int | None
    status: Status | None
    slices: dict[tuple[str, int, str], Counter[tuple[Measure, str]]]
    live: list[LiveItem]


class Numbers:
    """All partitions of all topics."""

    def __init__(self, settings: Settings) -> None:
        self._client = sync_client(settings)
        raw = self._client.get(generation_key(settings.namespace))
        generation = int(raw or 0)
        self.partitions: dict[tuple[Topic, int], Partition] = {
            (topic, number): _read(self._client, settings, generation, topic, number)
            for topic in FOLDED
            for number in range(settings.partitions)
        }
        self._client.close()

    def totals(self, queue: str = "*") -> Counter[Measure]:
        """All counts and sums over everything kept, without dimensions apart."""
        total: Counter[Measure] = Counter()
        for (measure, _), amount in self.by_dimension(queue).items():
            total[measure] += amount
        return total

    def by_dimension(self, queue: str = "*") -> Counter[tuple[Measure, str]]:
        """The same with the dimension's value, such as ``reason=timeout``; "" where there is none."""
        total: Counter[tuple[Measure, str]] = Counter()
        for partition in self.partitions.values():
            for (letter, _, row), cells in partition.slices.items():
                if letter == QUARTER.letter and queue in ("*", row):
                    total.update(cells)
        return total

    def by_day(self, time_zone: str, fields: Mapping[str, Measure]) -> ByDay:
        """Sums by (local day as yyyy-mm-dd, queue), ``*`` for all; milliseconds become seconds, zeros are left out."""
        zone = ZoneInfo(time_zone)
        sums: defaultdict[tuple[str, str], Counter[Measure]] = defaultdict(Counter)
        for partition in self.partitions.values():
            for (letter, start_ms, queue), cells in partition.slices.items():
                if letter != QUARTER.letter:
                    continue
                day = datetime.fromtimestamp(start_ms / 1000, UTC).astimezone(zone).date().isoformat()
                for key in ((day, queue), (day, "*"), ("*", queue), ("*", "*")):
                    for (measure, _), amount in cells.items():
                        sums[key][measure] += amount
        found: ByDay = {}
        for key, counts in sums.items():
            values = {name: _seconds(measure, counts[measure]) for name, measure in fields.items() if counts[measure]}
            if values:
                found[key] = values
        return found

    def live(self, kind: str) -> list[LiveItem]:
        """All entries of one kind, by subject."""
        items = (item for partition in self.partitions.values() for item in partition.live if item.kind == kind)
        return sorted(items, key=lambda item: (item.subject, item.leg))

    def statistics(self, topic: Topic | None = None) -> Counter[str]:
        """Sums of the counters beside the position: applied, rejected.REASON, lost and so on; of all inputs."""
        total: Counter[str] = Counter()
        for (name, _), partition in self.partitions.items():
            if partition.status is not None and name in (INPUTS if topic is None else (topic,)):
                total.update(partition.status.statistics)
        return total

    def aside(self, topic: Topic) -> tuple[int, int]:
        """Events that wait for a confirmation of their time, and when a clock was last found to be wrong (ms)."""
        statuses = [part.status for (name, _), part in self.partitions.items() if name is topic and part.status]
        return sum(each.aside for each in statuses), max((each.reanchored_ms for each in statuses), default=0)

    def positions(self) -> dict[tuple[Topic, int], int]:
        """Stored positions of the inputs; 0 where there is none yet."""
        return {key: partition.position or 0 for key, partition in self.partitions.items() if key[0] in INPUTS}


def bank_expected(path: Path) -> ByDay:
    """The counts and sums of the expected file, days as yyyy-mm-dd."""
    expected: ByDay = {}
    for key, fields in bank_oracle.expected_numbers(str(path)).items():
        values = {field: value for field, value in fields.items() if field in BANK_FIELDS}
        if values:
            expected[_bank_day(key)] = values
    return expected


def bank_repeats(path: Path, days: int, *, topic_is_type: bool) -> ByDay:
    """Repeats and redials of the bank's customers, days as yyyy-mm-dd."""
    found = bank_oracle.repeat_numbers(str(path), days, topic_is_type=topic_is_type)
    return {_bank_day(key): fields for key, fields in found.items()}


def _bank_day(key: tuple[str, str]) -> tuple[str, str]:
    day, queue = key
    return day if day == "*" else f"19{day[:2]}-{day[2:4]}-{day[4:]}", queue


def by_day_of_report(rows: str, channel: str) -> ByDay:
    """Output of `veinte report --by queue,interval=day --format json`, in the shape of ``Numbers.by_day``."""
    found: ByDay = {}
    for row in json.loads(rows):
        if row["channel"] == channel:
            values = {name: row[field] for name, field in REPORT_FIELDS.items() if row[field]}
            if values:
                found[row["from"][:10], row["queue"]] = values
    return found


def position_sum(client: Any, settings: Settings) -> int:
    """Sum of the inputs' stored positions of generation 0, in one round trip: cheap enough to be asked all the time."""
    pipe = client.pipeline(transaction=False)
    for topic in INPUTS:
        for number in range(settings.partitions):
            pipe.hget(partition_keys(settings.namespace, 0, topic, number).head, "position")
    return sum(int(position or 0) for position in pipe.execute())


def delete_everything(settings: Settings) -> int:
    """Empty the namespace at one instant, as a lost Redis would; gives the number of keys."""
    client = redis.Redis.from_url(settings.redis.get_secret_value())
    script = "local k = redis.call('KEYS', ARGV[1]) for _, key in ipairs(k) do redis.call('UNLINK', key) end return #k"
    gone: Any = client.eval(script, 0, f"{settings.namespace}:*")
    client.close()
    return int(gone)


def _read(client: Any, settings: Settings, generation: int, topic: Topic, number: int) -> Partition:
    keys = partition_keys(settings.namespace, generation, topic, number)
    pipe = client.pipeline(transaction=True)
    for key in (keys.head, keys.numbers, keys.names):
        pipe.hgetall(key)
    head, fields, registry = pipe.execute()
    names = {int(identity): name.decode() for name, identity in registry.items()}
    slices: dict[tuple[str, int, str], Counter[tuple[Measure, str]]] = defaultdict(Counter)
    live: list[LiveItem] = []
    for raw, value in fields.items():
        field = raw.decode()
        if field[0] in TIER_OF:
            tier, start_ms, row = parse_slice_field(field)
            cells = slices[tier.letter, start_ms, _queue(names[row])]
            for code, amount in msgspec.msgpack.decode(value, type=dict[int, int]).items():
                for part in parts(code):
                    if part > 0:
                        measure, dimension = split_code(part)
                        cells[MEASURES[measure], _dimension(names, dimension)] += amount
        elif field[0].isupper():
            kind = field[0]
            subject, _, leg = field[1:].partition(SEPARATOR)
            entry: Any = msgspec.msgpack.decode(value, type=DOMAIN_OF[topic].live_types[kind])
            queue = _queue(names[entry.row]) if hasattr(entry, "row") else ""
            live.append(LiveItem(kind, subject, leg, queue, entry))
    position = head.get(b"position")
    status = head.get(b"status")
    return Partition(
        None if position is None else int(position),
        None if status is None else msgspec.msgpack.decode(status, type=Status),
        dict(slices),
        live,
    )


def _queue(name: str) -> str:
    return name.removeprefix(ROW_PREFIX).split(SEPARATOR)[0]


def _dimension(names: dict[int, str], identity: int) -> str:
    return names[identity].removeprefix(DIMENSION_PREFIX) if identity else ""


def _seconds(measure: Measure, amount: int) -> float:
    if not measure.name.endswith("_MS"):
        return amount
    seconds = amount / 1000
    return int(seconds) if seconds.is_integer() else seconds
