"""The simulated centre as a whole: its profile over day and week, its service, and what the scenarios do to it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.common.vocabulary import Channel
from streams.sources.outgoing import OutgoingEvent
from streams.sources.simulator import Scenario, SimulationConfig, simulate
from streams.sources.simulator.catalogue import LINES, OUTAGE_SUBJECT, QUEUES
from streams.sources.simulator.profile import Profile
from streams.sources.simulator.scenarios import SPIKE_EVERY_MS, SPIKE_LASTS_MS, Effects

MONDAY_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z."""
DISTURBED_MS = MONDAY_MS + 34 * HOUR_MS
"""Tuesday at 10:00."""
TARGET_MS = 20_000
SHORT_MS = 5_000


@cache
def two_days(scenario: Scenario) -> list[OutgoingEvent]:
    config = SimulationConfig(
        MONDAY_MS, seed=11, scenario=scenario, end_ms=MONDAY_MS + 2 * DAY_MS, disturb_at_ms=DISTURBED_MS
    )
    return list(simulate(config))


def arrivals(events: list[OutgoingEvent]) -> list[OutgoingEvent]:
    """The first event of every contact."""
    return [event for event in events if event.body["id"].endswith("-1")]


def service_level(events: list[OutgoingEvent], from_ms: int = 0, queue: str | None = None) -> float:
    """Answered within 20 s of all that were answered, or left later than that, or gave up after 5 s."""
    offered: dict[tuple[str, int], OutgoingEvent] = {}
    met = judged = 0
    for event in events:
        data, what = event.body["data"], event.body["type"].partition(".")[2]
        if what == "offered" and data["via"] != "callback" and event.time_ms >= from_ms:
            if queue in (None, data["queue"]):
                offered[event.key, data["leg"]] = event
        elif what in {"answered", "abandoned", "left_queue", "callback_requested"}:
            offer = offered.pop((event.key, data["leg"]), None)
            if offer is not None:
                wait_ms = event.time_ms - offer.time_ms
                met += what == "answered" and wait_ms <= TARGET_MS
                judged += what == "answered" or wait_ms > TARGET_MS or (what == "abandoned" and wait_ms > SHORT_MS)
    return met / judged


def test_shares_are_whole() -> None:
    """The queues share all contacts, the subjects of a line share its contacts."""
    assert pytest.approx(1) == sum(queue.share for queue in QUEUES)
    for subjects in LINES.values():
        assert pytest.approx(1) == sum(subject.share for subject in subjects)


def test_the_busiest_hour_has_the_rate_asked_for() -> None:
    """The profile's peak over the week is ``rate``, at noon of a Monday."""
    profile = Profile(600, ZoneInfo("UTC"))
    totals = {
        (weekday, minute): sum(profile.per_hour(queue, weekday, minute) for queue in QUEUES)
        for weekday in range(7)
        for minute in range(0, 1440, 15)
    }
    assert pytest.approx(600) == max(totals.values())
    weekday, minute = max(totals, key=lambda place: totals[place])
    assert weekday == 0
    assert 10 * 60 <= minute <= 13 * 60


def test_arrivals_follow_the_profile() -> None:
    """Hour by hour, as many contacts come as the profile says, within what chance and repeat contacts explain."""
    profile = Profile(600, ZoneInfo("UTC"))
    counted = Counter((event.time_ms - MONDAY_MS) // HOUR_MS for event in arrivals(two_days(Scenario.NORMAL)))
    for hour in range(48):
        minutes = range(hour % 24 * 60, hour % 24 * 60 + 60)
        expected = sum(profile.per_hour(queue, hour // 24, minute) for queue in QUEUES for minute in minutes) / 60
        assert abs(counted[hour] - expected) <= 0.2 * expected + 4 * expected**0.5


def test_the_night_is_quiet() -> None:
    """From one to six in the morning comes less than a tenth of what comes from ten to three."""
    hours = Counter(event.time_ms // HOUR_MS % 24 for event in arrivals(two_days(Scenario.NORMAL)))
    assert sum(hours[hour] for hour in range(1, 6)) < sum(hours[hour] for hour in range(10, 15)) / 10


@pytest.mark.parametrize("zone, hours_ahead", [("Europe/Madrid", 1), ("America/Lima", -5)])
def test_the_day_follows_the_time_zone(zone: str, hours_ahead: int) -> None:
    """No call is taken before the first queue opens at 8 local time; at 8 it is."""
    config = SimulationConfig(MONDAY_MS, time_zone=zone, end_ms=MONDAY_MS + 16 * HOUR_MS)
    answered = [event.time_ms for event in simulate(config) if event.body["type"] == "call.answered"]
    opening_ms = MONDAY_MS + (8 - hours_ahead) * HOUR_MS
    first_ms = min(time_ms for time_ms in answered if time_ms >= opening_ms)
    assert not any(opening_ms - 7 * HOUR_MS <= time_ms < opening_ms for time_ms in answered)
    assert first_ms < opening_ms + 10 * MINUTE_MS


def test_the_clock_change_moves_the_opening() -> None:
    """In Madrid the queues open at 07:00 UTC before the last Sunday of March and at 06:00 after it."""
    profile = Profile(600, ZoneInfo("Europe/Madrid"))
    support = next(queue for queue in QUEUES if queue.name == "Soporte")
    friday_ms, monday_ms = (1_774_569_600_000 + days * DAY_MS for days in (0, 3))  # 2026-03-27 and 30, midnight UTC
    assert friday_ms + 7 * HOUR_MS == profile.opening_ms(support, friday_ms)
    assert monday_ms + 6 * HOUR_MS == profile.opening_ms(support, monday_ms)


def test_the_centre_has_a_clock_of_its_own() -> None:
    """A clock set ahead brings the day's work to any hour of the real day."""
    config = SimulationConfig(MONDAY_MS, clock_ahead_ms=11 * HOUR_MS, end_ms=MONDAY_MS + HOUR_MS)
    assert any(event.body["type"] == "call.answered" for event in simulate(config))
    assert not any(
        event.body["type"] == "call.answered"
        for event in simulate(SimulationConfig(MONDAY_MS, end_ms=MONDAY_MS + HOUR_MS))
    )


def test_a_normal_day_keeps_its_promise() -> None:
    """About 85 % are answered within 20 s."""
    assert 0.80 <= service_level(two_days(Scenario.NORMAL)) <= 0.95


def test_an_understaffed_centre_does_not() -> None:
    """With a third fewer agents the service level falls well below, and customers give up."""
    normal, short = two_days(Scenario.NORMAL), two_days(Scenario.UNDERSTAFFED)
    assert service_level(short) < service_level(normal) - 0.2
    abandoned = [sum(event.body["type"] == "call.abandoned" for event in events) for events in (normal, short)]
    assert abandoned[1] > 2 * abandoned[0]


def test_before_its_time_a_scenario_changes_nothing() -> None:
    """Until the disturbance an outage and a spike give the normal events, but for the names of the contacts."""
    expected = [
        (event.time_ms, event.body["type"], event.body["data"])
        for event in two_days(Scenario.NORMAL)
        if event.time_ms < DISTURBED_MS
    ]
    for scenario in (Scenario.OUTAGE, Scenario.SPIKE):
        assert expected == [
            (event.time_ms, event.body["type"], event.body["data"])
            for event in two_days(scenario)
            if event.time_ms < DISTURBED_MS
        ]


def test_an_outage_floods_one_topic() -> None:
    """Contacts about the outage triple at least, conversations get longer, and support collapses."""
    normal, outage = two_days(Scenario.NORMAL), two_days(Scenario.OUTAGE)
    asked = [
        sum(
            event.body["data"].get("topic") == OUTAGE_SUBJECT
            for event in arrivals(events)
            if event.time_ms >= DISTURBED_MS
        )
        for events in (normal, outage)
    ]
    assert 2.5 < asked[1] / asked[0] < 8  # who finds nobody tries again
    assert service_level(outage, DISTURBED_MS, "Soporte") < 0.4 < service_level(normal, DISTURBED_MS, "Soporte")


def test_a_spike_brings_bursts() -> None:
    """Within the 20 minutes of a burst some four times as many contacts come, every two hours; between them, not."""
    normal, spike = (
        Counter(
            (event.time_ms - DISTURBED_MS) // SPIKE_LASTS_MS
            for event in arrivals(two_days(scenario))
            if event.time_ms >= DISTURBED_MS
        )
        for scenario in (Scenario.NORMAL, Scenario.SPIKE)
    )
    step = SPIKE_EVERY_MS // SPIKE_LASTS_MS
    for burst in range(4):
        assert 2.8 < spike[burst * step] / normal[burst * step] < 6
        assert spike[burst * step + 4] / normal[burst * step + 4] < 2


def test_the_next_change_of_a_spike() -> None:
    """Every change of the arrivals is announced: the beginning and the end of each burst."""
    effects = Effects(Scenario.SPIKE, 1_000)
    edges = [1_000, 1_000 + SPIKE_LASTS_MS, 1_000 + SPIKE_EVERY_MS, 1_000 + SPIKE_EVERY_MS + SPIKE_LASTS_MS]
    now, found = 0, []
    for _ in edges:
        change_ms = effects.change_ms(now)
        assert change_ms is not None
        found.append(now := change_ms)
    assert edges == found
    assert Effects(Scenario.NORMAL, 1_000).change_ms(0) is None


def test_channels_keep_their_shares() -> None:
    """About half of the contacts are calls, a quarter chats, a quarter tickets."""
    channels = Counter(event.body["type"].partition(".")[0] for event in arrivals(two_days(Scenario.NORMAL)))
    total = channels.total()
    assert 0.44 < channels[Channel.CALL] / total < 0.58
    assert 0.20 < channels[Channel.CHAT] / total < 0.34
    assert 0.15 < channels[Channel.TICKET] / total < 0.30
