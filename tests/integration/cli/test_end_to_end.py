"""Two public research logs through Kafka, the worker and Redis: every count and every sum of every day."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.common.durations import DAY_MS
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic
from streams.facts.tickets.live import OpenTicket
from tests.conftest import SettingsFactory
from tests.oracles import helpdesk_oracle
from tests.oracles.logs import BANK, BANK_EXPECTED, HELPDESK, research_log
from tests.support.numbers import (
    BANK_FIELDS,
    HELPDESK_FIELDS,
    REPEAT_FIELDS,
    REPORT_FIELDS,
    Numbers,
    bank_expected,
    bank_repeats,
    by_day_of_report,
)
from tests.support.processes import programs

Environment = Callable[[Settings], dict[str, str]]
FEBRUARY = ("--from", "1999-02-01", "--to", "1999-03-01")
TWO_YEARS = ("--from", "2010-01-01", "--to", "2012-03-01")
IN_ORDER: tuple[str, ...] = ()
SHUFFLED = ("--shuffle", "7", "--duplicate", "0.2")
ORDERS = pytest.mark.parametrize("order", [IN_ORDER, SHUFFLED], ids=["in-order", "shuffled"])


# Each value once: test_customers_bank.py folds every mixture of order, topic and days, and the storms replay the log in
# order over eight partitions.
@pytest.mark.parametrize("partitions, order, topic, days", [(1, IN_ORDER, "none", 7), (8, SHUFFLED, "type", 3)])
def test_a_banks_fortnight(
    partitions: int,
    order: tuple[str, ...],
    topic: str,
    days: int,
    settings_factory: SettingsFactory,
    environment_of: Environment,
    tmp_path: Path,
) -> None:
    """A bank's calls, and who called again within three or seven days, give the numbers of independent programs,
    whatever the order, repeats and partitions."""
    log, expected = research_log(BANK), bank_expected(research_log(BANK_EXPECTED))
    settings = settings_factory(
        partitions=partitions, clock=Clock.EVENT, time_zone="Asia/Jerusalem", repeat_window=days * DAY_MS
    )
    about = ("--topic", "type") if topic == "type" else ()
    with programs(environment_of(settings), tmp_path / "programs") as run:
        replay = run.veinte("replay", "anonymous-bank", str(log), *about, "--format", "json", *order)
        sent = json.loads(replay.succeed())
        run.drain()
        numbers = Numbers(settings)
        report = run.veinte("report", *FEBRUARY, "--by", "queue,interval=day", "--format", "json").succeed()
        recount = run.veinte("reconcile").succeed()
    by_day = {key: fields for key, fields in expected.items() if key[0] != "*"}
    assert expected == numbers.by_day("Asia/Jerusalem", BANK_FIELDS)
    assert by_day == by_day_of_report(report, "call")
    repeats = bank_repeats(log, days, topic_is_type=topic == "type")
    assert repeats == numbers.by_day("Asia/Jerusalem", REPEAT_FIELDS)
    assert {"applied": sent["sent"]} == numbers.statistics(Topic.CALLS)
    assert sent["sent"] == sum(numbers.positions().values())
    assert len(FOLDED) == recount.count(": 0 differences"), recount
    print(f"topic {topic}, {days} days: {repeats['*', '*']}")
    print(recount)


@ORDERS
def test_a_help_desks_two_years(
    order: tuple[str, ...], settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A help desk's tickets give the numbers of an oracle that shares no code with the product."""
    log = research_log(HELPDESK)
    settings = settings_factory(
        clock=Clock.EVENT,
        time_zone="Europe/Rome",
        slice_retention=800 * DAY_MS,
        past_limit=800 * DAY_MS,
        clock_jump=800 * DAY_MS,
    )
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.veinte("replay", "italian-helpdesk", str(log), *order).succeed()
        run.drain()
        numbers = Numbers(settings)
        report = run.veinte("report", *TWO_YEARS, "--by", "queue,interval=day", "--format", "json").succeed()
        recount = run.veinte("reconcile").succeed()
    expected = helpdesk_oracle.helpdesk_numbers(str(log))
    assert expected == numbers.by_day("Europe/Rome", HELPDESK_FIELDS)
    repeats = helpdesk_oracle.repeat_numbers(str(log))
    assert repeats == numbers.by_day("Europe/Rome", REPEAT_FIELDS)
    assert len(FOLDED) == recount.count(": 0 differences"), recount
    print(f"help desk: {expected['*', '*']}, {repeats['*', '*']}")
    print(recount)
    assert open_tickets(numbers) == helpdesk_oracle.open_at_end(str(log))
    days = {key: reported(fields) for key, fields in expected.items() if key[0] != "*" and reported(fields)}
    assert days == by_day_of_report(report, "ticket")


def reported(fields: dict[str, float]) -> dict[str, float]:
    """Those of an oracle's fields that a report has."""
    return {name: value for name, value in fields.items() if name in REPORT_FIELDS}


def open_tickets(numbers: Numbers) -> helpdesk_oracle.OpenAtEnd:
    """Open tickets by queue and state, as Redis holds them."""
    counts: dict[str, dict[str, int]] = {}
    for item in numbers.live(OpenTicket.letter):
        assert isinstance(item.entry, OpenTicket)
        state = "on_hold" if item.entry.on_hold else "unattended" if item.entry.unattended else "open"
        for queue in (item.queue, "*"):
            of_queue = counts.setdefault(queue, {})
            of_queue[state] = of_queue.get(state, 0) + 1
    return counts
