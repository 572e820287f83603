"""Two public research logs through Kafka, the worker and Redis: every count and every sum of every day."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.measures import Live, OpenTicket
from streams.settings import DAY_MS, Clock, Settings
from streams.topics import Topic
from tests.conftest import SettingsFactory
from tests.numbers import BANK_FIELDS, HELPDESK_FIELDS, REPORT_FIELDS, Numbers, bank_expected, by_day_of_report
from tests.oracles import helpdesk_oracle
from tests.oracles.logs import BANK, BANK_EXPECTED, HELPDESK, research_log
from tests.processes import programs

Environment = Callable[[Settings], dict[str, str]]
FEBRUARY = ("--from", "1999-02-01", "--to", "1999-03-01")
TWO_YEARS = ("--from", "2010-01-01", "--to", "2012-03-01")
ORDERS = pytest.mark.parametrize("order", [(), ("--shuffle", "7", "--duplicate", "0.2")], ids=["in-order", "shuffled"])


@ORDERS
@pytest.mark.parametrize("partitions", [1, 8])
def test_a_banks_fortnight(
    partitions: int,
    order: tuple[str, ...],
    settings_factory: SettingsFactory,
    environment_of: Environment,
    tmp_path: Path,
) -> None:
    """A bank's calls give the numbers of an independent program, whatever the order, repeats and partitions."""
    log, expected = research_log(BANK), bank_expected(research_log(BANK_EXPECTED))
    settings = settings_factory(partitions=partitions, clock=Clock.EVENT, time_zone="Asia/Jerusalem")
    with programs(environment_of(settings), tmp_path / "programs") as run:
        replay = run.veinte("replay", "anonymous-bank", str(log), "--format", "json", *order)
        sent = json.loads(replay.succeed())
        run.drain()
        numbers = Numbers(settings)
        report = run.veinte("report", *FEBRUARY, "--by", "queue,interval=day", "--format", "json").succeed()
    days = {key: fields for key, fields in expected.items() if key[0] != "*"}
    assert expected == numbers.by_day("Asia/Jerusalem", BANK_FIELDS)
    assert days == by_day_of_report(report, "call")
    assert {"applied": sent["sent"]} == numbers.statistics(Topic.CALLS)
    assert sent["sent"] == sum(numbers.positions().values())


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
        jump_limit=800 * DAY_MS,
    )
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.veinte("replay", "italian-helpdesk", str(log), *order).succeed()
        run.drain()
        numbers = Numbers(settings)
        report = run.veinte("report", *TWO_YEARS, "--by", "queue,interval=day", "--format", "json").succeed()
    expected = helpdesk_oracle.helpdesk_numbers(str(log))
    assert expected == numbers.by_day("Europe/Rome", HELPDESK_FIELDS)
    assert open_tickets(numbers) == helpdesk_oracle.open_at_end(str(log))
    days = {key: reported(fields) for key, fields in expected.items() if key[0] != "*" and reported(fields)}
    assert days == by_day_of_report(report, "ticket")


def reported(fields: dict[str, float]) -> dict[str, float]:
    """Those of an oracle's fields that a report has."""
    return {name: value for name, value in fields.items() if name in REPORT_FIELDS}


def open_tickets(numbers: Numbers) -> helpdesk_oracle.OpenAtEnd:
    """Open tickets by queue and state, as Redis holds them."""
    counts: dict[str, dict[str, int]] = {}
    for item in numbers.live(Live.OPEN_TICKET):
        assert isinstance(item.entry, OpenTicket)
        state = "on_hold" if item.entry.on_hold else "unattended" if item.entry.unattended else "open"
        for queue in (item.queue, "*"):
            of_queue = counts.setdefault(queue, {})
            of_queue[state] = of_queue.get(state, 0) + 1
    return counts
