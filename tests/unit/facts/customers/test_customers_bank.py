"""Repeats of the bank's log: what its customers' outcomes add is what an oracle finds in its rows."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streams.facts.domains import MEASURES, parts
from streams.facts.shared.contributions import Stage
from streams.numbers.codes import split_code
from streams.numbers.tiers import SLICE_MS
from streams.sources.logs import anonymous_bank
from tests.oracles import bank_oracle
from tests.oracles.logs import BANK, research_log
from tests.support.customer_cases import DAY, DECODER, KIND, RowNames, empty_book, no_pseudonym
from tests.support.strategies import Event

ISRAEL = ZoneInfo("Asia/Jerusalem")


@lru_cache(maxsize=1)
def calls_of(path: Path, topic_is_type: bool) -> dict[str, dict[str, Event]]:
    """The events of each call by their verbs."""
    calls: dict[str, dict[str, Event]] = defaultdict(dict)
    for event in anonymous_bank.read(path, topic_from_type=topic_is_type).events:
        calls[event.key][event.body["type"].removeprefix("call.")] = event.body
    return calls


@lru_cache(maxsize=1)
def outcomes(path: Path, days: int, topic_is_type: bool) -> dict[str, list[Event]]:
    """By customer, the outcome of each call at its offer and at its end; of callers whom the bank knew."""
    found: dict[str, list[Event]] = defaultdict(list)
    for contact, steps in calls_of(path, topic_is_type).items():
        offered = steps["offered"]["data"]
        if "customer" not in offered:
            continue
        begun = {
            "contact": contact,
            "channel": "call",
            "queue": offered["queue"],
            "first_queue": offered["queue"],
            "via": "inbound",
            "topic": offered.get("topic"),
            "begun": steps["offered"]["time"],
            "window_ms": days * DAY,
        }
        over = (
            {"handled": True, "ended": steps["ended"]["time"]}
            if "ended" in steps
            else {"abandoned": steps["abandoned"]["time"]}
        )
        for revision, data in enumerate((begun, {**begun, **over})):
            last = steps["offered"] if revision == 0 else steps.get("ended") or steps["abandoned"]
            envelope = {**last, "type": "contact.outcome", "subject": offered["customer"]}
            found[offered["customer"]].append({**envelope, "data": {**data, "revision": revision}})
    return found


def folded(log: dict[str, list[Event]], *, shuffled: bool) -> bank_oracle.Numbers:
    """The oracle's fields from the contributions of every customer."""
    chance, names = random.Random(7), RowNames()
    sums: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(int))
    for events in log.values():
        if shuffled:
            events = events + events[: len(events) // 2]
            chance.shuffle(events)
        facts = None
        cuts = [0, *sorted(chance.sample(range(len(events)), min(3, len(events) - 1))), len(events)]
        for start, end in pairwise(cuts):
            batch = [DECODER.decode(json.dumps(event).encode()) for event in events[start:end]]
            facts, _ = KIND.fold(facts, batch, no_pseudonym)
        for (number, row), cells in KIND.contributions(facts, empty_book(), names, Stage.KEPT).amounts.items():
            local = datetime.fromtimestamp(number * SLICE_MS / 1000, UTC).astimezone(ISRAEL).strftime("%y%m%d")
            for part, amount in ((part, amount) for code, amount in cells.items() for part in parts(code)):
                measure = MEASURES[split_code(part)[0]].name.lower()
                if not measure.endswith("_by_topic"):
                    for key in ((day, queue) for day in (local, "*") for queue in (names.names[row][0], "*")):
                        sums[key][measure] += amount
    return {key: bank_oracle.without_zeros(fields) for key, fields in sums.items()}


@lru_cache(maxsize=1)
def found_in_rows(path: Path, days: int, topic_is_type: bool) -> bank_oracle.Numbers:
    """The repeats that the oracle finds."""
    return bank_oracle.repeat_numbers(str(path), days, topic_is_type=topic_is_type)


# The topmost changes fastest: each log is read and each oracle asked once for both orders.
@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled with duplicates"])
@pytest.mark.parametrize("days", [3, 7])
@pytest.mark.parametrize("topic_is_type", [False, True], ids=["any topic", "topic is type"])
def test_repeats_of_the_bank(days: int, topic_is_type: bool, shuffled: bool) -> None:
    """Every count of every day and type is what the oracle finds, to the last call, in whatever order outcomes come."""
    path = research_log(BANK)
    expected = found_in_rows(path, days, topic_is_type)
    found = folded(outcomes(path, days, topic_is_type), shuffled=shuffled)
    assert expected == found
    fields = expected["*", "*"].keys()
    assert {"repeat_base", "repeated", "fcr_window", "fcr_final_base", "redial_base", "redialed"} <= fields


def test_the_oracle_of_rows_knows_the_edges(tmp_path: Path) -> None:
    """Three calls of one customer, by hand: the second an hour after the first was given up, the last 3 days later."""
    header = (
        "vru+line call_id customer_id type date vru_entry vru_exit q_start q_exit outcome ser_start ser_exit server"
    )
    rows = (
        "A 1 77 PS 990201 8:59:00 9:00:00 9:00:00 9:00:30 HANG 0:00:00 0:00:00 NO_SERVER",
        "A 2 77 NW 990201 10:00:00 10:00:30 0:00:00 0:00:00 AGENT 10:00:30 10:10:00 TOVA",
        "A 3 77 PS 990204 10:09:00 10:10:00 0:00:00 0:00:00 AGENT 10:10:00 10:20:00 TOVA",
        "A 4 0 PS 990201 10:00:00 10:00:30 0:00:00 0:00:00 AGENT 10:00:30 10:10:00 TOVA",
    )
    path = tmp_path / "bank.tsv"
    path.write_text("\n".join("\t".join(line.split()) for line in (header, *rows)) + "\n")
    assert {
        "redial_base": 1,
        "redialed": 1,
        "repeat_base": 2,
        "repeated": 1,
        "fcr_window_base": 2,
        "fcr_window": 1,
    } == {
        field: amount
        for field, amount in bank_oracle.repeat_numbers(str(path), 3, topic_is_type=False)["*", "*"].items()
        if "final" not in field
    }
    by_type = bank_oracle.repeat_numbers(str(path), 3, topic_is_type=True)
    assert {"fcr_final_base": 1, "fcr_final": 1} == by_type["990204", "NW"]
    assert {"redial_base": 1, "redialed": 1} == by_type["990201", "PS"]
