"""Settings stored beside the numbers: what comes back, and what of a process's own differs."""

from __future__ import annotations

from typing import Any

import pytest

from streams.common.durations import DAY_MS, HOUR_MS
from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.config.stored_settings import (
    DIGEST,
    NAMED_AT_MOST,
    SHARED,
    Difference,
    changed_sentence,
    differing_sentence,
    digest_of,
    judging,
    stored_form,
)
from streams.facts.shared.policy import book_hash

MADRID = {"time_zone": "Europe/Madrid", "weekdays": ["09:00-18:00"]}
OFFICE = {
    **MADRID,
    "country": "ES",
    "subdivision": "MD",
    "sat": ["10:00-14:00"],
    "closed": ["2026-12-24"],
    "special": {"2026-12-31": ["09:00-12:00"]},
}
SALES = {"channel": "call", "target_seconds": 60, "objective": 0.9, "calendar": "office"}
DESK: list[dict[str, Any]] = [
    {"channel": "ticket", "day_starts": "06:00", "targets": [{"priority": "high", "resolution": "4h"}]},
    {"channel": "ticket", "since": "2026-05-01T00:00:00+02:00", "first_response": "2h", "time_zone": "Asia/Tokyo"},
]
FULL: dict[str, Any] = {
    "time_zone": "Europe/Madrid",
    "clock": "event",
    "repeat_window": "3d",
    "past_limit": "10d",
    "slice_retention": "30d",
    "calendars": {"office": OFFICE},
    "queues": {"sales": SALES, "desk": DESK},
}


def settings(**values: Any) -> Settings:
    return Settings(hash_key=None, **values)


def stored(own: Settings) -> dict[bytes, bytes]:
    """The settings as Redis gives them back."""
    packed = stored_form(own)
    return {name.encode(): value for name, value in {**packed, DIGEST: digest_of(packed).encode()}.items()}


def differing(here: Settings, there: Settings) -> list[tuple[str, str, str]]:
    return [(each.setting, each.here, each.stored) for each in judging(here, stored(there)).differing]


@pytest.mark.parametrize("values", [{}, FULL], ids=["defaults", "everything"])
def test_what_was_stored_comes_back_whole(values: dict[str, Any]) -> None:
    """A process without a settings file of its own has the worker's settings, to the same policy books."""
    there = settings(**values)
    found = judging(settings(), stored(there)).settings
    assert {name: getattr(there, name) for name in SHARED} == {name: getattr(found, name) for name in SHARED}
    for channel in (*Channel, None):
        assert book_hash(policy_book(channel, there)) == book_hash(policy_book(channel, found))
    assert [] == differing(there, there)


def test_settings_that_nobody_stored_are_the_own_ones() -> None:
    """Numbers of an earlier release have none beside them."""
    own = settings(**FULL)
    assert (own, ()) == judging(own, {})


def test_what_is_not_shared_stays_the_own() -> None:
    """Addresses, ports and what a screen shows are of the process alone."""
    found = judging(settings(exporter_port=1234, board_red_wait=2), stored(settings(exporter_port=4321)))
    assert (1234, 2.0, ()) == (found.settings.exporter_port, found.settings.board_red_wait, found.differing)


@pytest.mark.parametrize(
    "here,there,expected",
    [
        ({}, {"time_zone": "Asia/Tokyo"}, [("time_zone", "UTC", "Asia/Tokyo")]),
        ({}, {"clock": "event"}, [("clock", "wall", "event")]),
        ({"repeat_window": "1d"}, {}, [("repeat_window", "1d", "7d")]),
        ({"past_limit": "2d"}, {}, [("past_limit", "2d", "–")]),
        (
            {},
            {"queues": {"sales": {"channel": "call", "target_seconds": 60, "objective": 0.9}}},
            [("queues.sales.target_seconds", "20", "60"), ("queues.sales.objective", "0.8", "0.9")],
        ),
        ({}, {"queues": {"sales": {"channel": "call"}}}, []),
        (
            {"queues": {"sales": {"channel": "call", "day_starts": "06:00"}}},
            {},
            [("queues.sales.day_starts", "06:00", "00:00")],
        ),
        (
            {"queues": {"sales": {"channel": "call", "wrap_up": True}}},
            {"queues": {"sales": [{"channel": "call", "wrap_up": True}, {"channel": "chat", "target_seconds": 5.5}]}},
            [("queues.sales (chat).target_seconds", "20", "5.5")],
        ),
        (
            {"queues": {"desk": {"channel": "ticket", "resolution": "9h"}}},
            {"queues": {"desk": [{"channel": "ticket", "resolution": "8h"}, {**DESK[1], "resolution": "8h"}]}},
            [
                ("queues.desk.resolution", "9h", "8h"),
                ("queues.desk[2026-05-01T00:00:00+02:00].time_zone", "–", "Asia/Tokyo"),
                ("queues.desk[2026-05-01T00:00:00+02:00].first_response", "1d", "2h"),
            ],
        ),
        (
            {"calendars": {"office": MADRID}, "queues": {"sales": {"channel": "call", "calendar": "office"}}},
            {"calendars": {"office": OFFICE}, "queues": {"sales": {"channel": "call", "calendar": "office"}}},
            [
                ("calendars.office.sat", "–", "10:00-14:00"),
                ("calendars.office.country", "–", "ES"),
                ("calendars.office.subdivision", "–", "MD"),
                ("calendars.office.closed", "–", "2026-12-24"),
                ("calendars.office.special", "–", "2026-12-31 09:00-12:00"),
            ],
        ),
        (
            {"queues": {"sales": {"channel": "call"}}},
            {"calendars": {"office": MADRID}, "queues": {"sales": {"channel": "call", "calendar": "office"}}},
            [("queues.sales.calendar", "–", "office")],
        ),
    ],
)
def test_each_difference_is_named(
    here: dict[str, Any], there: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    """The setting, the queue and both values; a queue that is not written down has the defaults."""
    assert expected == differing(settings(**here), settings(**there))


def test_the_settings_of_a_later_release_are_left_out() -> None:
    """A value that cannot be read is named, and the own one is kept, with the calendars that its queues need."""
    own = settings(calendars={"mine": MADRID}, queues={"sales": {"channel": "call", "calendar": "mine"}})
    later = {**stored(settings(**FULL)), b"queues": b'{"sales": [{"channel": "fax", "of_tomorrow": 1}]}'}
    found = judging(own, {**later, b"of_tomorrow": b"1"})
    assert (own.queues, own.calendars) == (found.settings.queues, found.settings.calendars)
    assert Difference("queues", "…", "?") == found.differing[0]
    assert "Europe/Madrid" == found.settings.time_zone


def test_a_digest_follows_every_setting() -> None:
    """Readers look at it alone to see that nothing has changed."""
    forms = [{}, *({name: value} for name, value in FULL.items() if name != "queues"), {"queues": {"desk": DESK}}]
    digests = {digest_of(stored_form(settings(**values))) for values in forms}
    assert len(forms) == len(digests)


def test_a_reader_is_told_what_differs_and_what_to_do() -> None:
    """One sentence: each setting with both values, what is shown, and what to do about it."""
    there = settings(time_zone="Europe/Madrid", queues={"sales": {"channel": "call", "target_seconds": 60}})
    found = judging(settings(), stored(there)).differing
    assert (
        "settings differ from those that judged: time_zone is UTC here, Europe/Madrid in the numbers; "
        "queues.sales.target_seconds is 20 here, 60 in the numbers; shown are those in the numbers; start every "
        "program with the settings of the worker; another time_zone comes with `veinte rebuild`"
    ) == differing_sentence(found)
    assert "rebuild" not in differing_sentence(found[1:])


def test_a_worker_is_told_what_changes_and_what_stays() -> None:
    """New contacts are judged by its settings; the days stay those of the zone stored first."""
    there = settings(time_zone="Europe/Madrid", queues={"sales": {"channel": "call", "target_seconds": 60}})
    found = judging(settings(), stored(there)).differing
    assert (
        "settings differ from those that judged so far: time_zone is UTC here, Europe/Madrid in the numbers; "
        "queues.sales.target_seconds is 20 here, 60 in the numbers; from now on those here judge new contacts; "
        "time_zone stays Europe/Madrid until `veinte rebuild`"
    ) == changed_sentence(found)
    assert "from now on" not in changed_sentence(found[:1])
    assert "stays" not in changed_sentence(found[1:])


def test_a_long_list_is_cut_with_its_count() -> None:
    """Two files of many queues differ in more than a sentence can hold."""
    there = settings(queues={f"q{number}": {"channel": "call", "target_seconds": 60} for number in range(10)})
    found = judging(settings(), stored(there)).differing
    assert 10 == len(found)
    assert f"; and {10 - NAMED_AT_MOST} more; shown" in differing_sentence(found)


def test_durations_come_back_as_they_were() -> None:
    """Milliseconds, not a text without a unit."""
    found = judging(settings(), stored(settings(repeat_window="36h", slice_retention="29d"))).settings
    assert (36 * HOUR_MS, 29 * DAY_MS) == (found.repeat_window, found.slice_retention)
