"""A number with everything behind it: counts, bounds, policy, and the contacts in their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from metrics.explain.number.answer import Because, explanation_schema
from metrics.explain.number.reader import ScanLimits
from metrics.explain.number.text import number_text, seconds_text
from metrics.web.problems import BadQuery
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.contract.topics import Topic
from tests.support.customer_cases import DAY, HOUR, told
from tests.support.explained import PLENTY, CustomerBooks, PaperSource, as_json, explained, settings_for
from tests.support.paper_books import GENEROUS, PaperBooks
from tests.support.strategies import START_MS, Event, event
from tests.support.words import pseudonym

NOW_MS = START_MS + 100_000
LEVEL = {"kpi": "service_level_ratio", "queue": "sales", "window": "30m"}


def call(subject: str, *steps: tuple[Any, ...], channel: str = "call") -> list[Event]:
    """One contact's events from (verb, seconds after 9:00, data); offers go to the queue ``sales``."""
    log = []
    for number, (verb, seconds, *rest) in enumerate(steps):
        data = dict(rest[0]) if rest else {}
        if verb in ("offered", "opened"):
            data.setdefault("queue", "sales")
        log.append(event(f"{channel}.{verb}", subject, number, START_MS + round(seconds * 1000), **data))
    return log


def hashes(*subjects: str) -> list[str]:
    """Hashes of contacts, as in the lists of an explanation."""
    return [pseudonym(subject).hex() for subject in subjects]


MORNING = [
    *call("quick", ("offered", 0), ("answered", 10), ("ended", 60)),
    *call("late", ("offered", 0), ("answered", 30), ("ended", 90)),
    *call("waits", ("offered", 15)),
    *call("short", ("offered", 5), ("abandoned", 9)),
    *call("other", ("offered", 0, {"queue": "desk"}), ("answered", 30)),
]


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    """The policies of the tests."""
    return settings_for(tmp_path, Channel.CALL)


@pytest.fixture
def morning() -> PaperSource:
    """Some calls of one morning."""
    paper = PaperBooks(Topic.CALLS)
    paper.apply(MORNING)
    return PaperSource([paper], NOW_MS)


def test_the_misses_come_first(configured: Settings, morning: PaperSource) -> None:
    """Who waits past the target and who was answered late, the newest first; then who was answered in time. A short
    abandon is on neither side of the line, and other queues are not asked for."""
    found = explained(configured, morning, NOW_MS, **LEVEL)
    assert hashes("waits", "late", "quick") == [each.contact for each in found.contacts]
    assert [(True, True), (True, False), (False, False)] == [(each.missed, each.so_far) for each in found.contacts]
    assert (1, 3, "few") == (found.numerator, found.denominator, found.state)
    assert (
        {
            "answered_within": 1,
            "abandoned_within": 1,
            "short_within": 1,
            "left_within": 0,
            "reached_target": 2,
        }
        == found.counts
        == found.reach.listed
    )
    assert (3, 2, 3, True, Because.COMPLETE) == (
        found.reach.found,
        found.reach.missed,
        found.reach.shown,
        found.reach.complete,
        found.reach.incomplete_because,
    )


def test_what_became_of_a_call_is_told_by_its_facts(configured: Settings, morning: PaperSource) -> None:
    """Each leg says queue, outcome, wait and the target it was judged by."""
    _, late, _ = explained(configured, morning, NOW_MS, **LEVEL).contacts
    (leg,) = late.legs
    assert ("sales", "answered", 30.0, 20.0) == (leg.queue, leg.outcome, leg.wait_seconds, leg.target_seconds)
    assert ("2026-11-21T09:00:00.000Z", "2026-11-21T09:01:30.000Z") == (leg.offered, leg.ended)
    assert [("reached_target", "2026-11-21T09:00:20.000Z", 1)] == [(a.measure, a.at, a.amount) for a in late.added]


def test_a_renamed_queue_is_explained_under_its_present_name(configured: Settings, morning: PaperSource) -> None:
    """Contacts and counts of both names are behind the number of the present one; the earlier name is unknown."""
    policy = QueueSettings(channel=Channel.CALL, was=("sales",))
    renamed = configured.model_copy(update={"queues": {**configured.queues, "ventas": (policy,)}})
    books = morning.paper[Topic.CALLS]
    assert isinstance(books, PaperBooks)
    books.apply(call("new", ("offered", 20, {"queue": "ventas"}), ("answered", 25)))
    found = explained(renamed, morning, NOW_MS, **{**LEVEL, "queue": "ventas"})
    assert hashes("waits", "late", "new", "quick") == [each.contact for each in found.contacts]
    assert (2, 4, True) == (found.numerator, found.denominator, found.reach.complete)
    parts = [each for contact in as_json(found)["contacts"] for each in (*contact["legs"], *contact["added"])]
    assert {"ventas"} == {each["queue"] for each in parts}
    with pytest.raises(BadQuery, match="sales"):
        explained(renamed, morning, NOW_MS, **LEVEL)


def test_fewer_can_be_shown_and_all_are_counted(configured: Settings, morning: PaperSource) -> None:
    """A limit cuts the list from its end and nothing else."""
    found = explained(configured, morning, NOW_MS, **LEVEL, limit="1")
    assert hashes("waits") == [each.contact for each in found.contacts]
    assert (3, 2, 1) == (found.reach.found, found.reach.missed, found.reach.shown)
    assert [] == explained(configured, morning, NOW_MS, **LEVEL, limit="0").contacts


def test_the_slices_that_are_summed(tmp_path: Path, morning: PaperSource) -> None:
    """Thirty minutes are 180 slices of ten seconds, the running one included, in UTC and by the queue's clock."""
    queues = {"sales": [{"channel": "call", "time_zone": "Europe/Madrid"}]}
    settings = Settings(data=tmp_path, partitions=1, queues=queues)
    window = explained(settings, morning, NOW_MS, **LEVEL).window
    assert window is not None
    assert ("2026-11-21T08:31:50.000Z", "2026-11-21T09:01:50.000Z") == (window.begins, window.ends)
    assert ("2026-11-21T09:31:50+01:00", "2026-11-21T10:01:50+01:00") == (window.begins_local, window.ends_local)
    assert 10 == window.slice_seconds
    today = explained(settings, morning, NOW_MS, **{**LEVEL, "window": "today"}).window
    assert today is not None
    assert ("2026-11-21T00:00:00+01:00", 60) == (today.begins_local, today.slice_seconds)


def test_the_policy_in_force(configured: Settings, morning: PaperSource) -> None:
    """Of one queue the latest policy begun by now; of all queues there is none."""
    found = explained(configured, morning, NOW_MS, kpi="service_level_ratio", queue="support", window="1h")
    assert found.policy is not None
    assert ("2026-11-21T09:01:00.000Z", 10.0) == (found.policy.since, found.policy.limits["target_seconds"])
    assert None is explained(configured, morning, NOW_MS, kpi="service_level_ratio", window="1h", channel="call").policy


def test_a_queue_whose_callers_all_hung_up_at_once(configured: Settings) -> None:
    """The state is that of the API, though no contact is behind the number."""
    paper = PaperBooks(Topic.CALLS)
    paper.apply([step for number in range(3) for step in call(f"c-{number}", ("offered", 0), ("abandoned", 5))])
    found = explained(configured, PaperSource([paper], NOW_MS), NOW_MS, **LEVEL)
    assert (None, "abandoned_early", 0, 0) == (found.value, found.state, found.numerator, found.denominator)


def test_an_expired_state_is_told(configured: Settings, morning: PaperSource) -> None:
    """Where a contact is gone its amounts stay in the number, and the list says that it is not whole."""
    del morning.paper[Topic.CALLS].contacts["late"]
    found = explained(configured, morning, NOW_MS, **LEVEL)
    assert (1, 3) == (found.numerator, found.denominator)
    assert 1 == found.reach.listed["reached_target"]
    assert (False, Because.EXPIRED) == (found.reach.complete, found.reach.incomplete_because)


def test_what_is_past_its_retention_is_in_no_list(tmp_path: Path) -> None:
    """A contact whose amounts have left the slices is not behind the number any more, although its state lives."""
    paper = PaperBooks(Topic.CALLS, GENEROUS._replace(slices={"s": HOUR, "m": HOUR, "q": 2 * HOUR}))
    paper.apply(call("old", ("offered", 0), ("answered", 5)))
    paper.apply(call("new", ("offered", 4 * 3600), ("answered", 4 * 3600 + 5)))
    source = PaperSource([paper], START_MS + 5 * HOUR)
    settings = settings_for(tmp_path, Channel.CALL, slice_retention=2 * HOUR)
    found = explained(settings, source, START_MS + 5 * HOUR, **{**LEVEL, "window": "28d"})
    assert (1, hashes("new"), True) == (found.denominator, [c.contact for c in found.contacts], found.reach.complete)


def test_slices_that_change_meanwhile_are_no_remainder(configured: Settings, morning: PaperSource) -> None:
    """Slices that change while the states are read are counted as changing, not as states that are gone."""
    row = morning.paper[Topic.CALLS].names["rsales\x1f"]
    del morning.paper[Topic.CALLS].contacts["late"]
    morning.changed = {f"s{(START_MS + 20_000) // 10_000}:{row}", f"s{(START_MS + 500_000) // 10_000}:{row}", "W1"}
    reach = explained(configured, morning, NOW_MS, **LEVEL).reach
    assert (True, 1) == (reach.complete, reach.changing)


def test_a_search_that_is_stopped_says_so(configured: Settings, morning: PaperSource) -> None:
    """A bound in contacts ends it, and the counts are whole all the same."""
    found = explained(configured, morning, NOW_MS, ScanLimits(60.0, 2), **LEVEL)
    assert (False, Because.STOPPED, 2) == (
        found.reach.complete,
        found.reach.incomplete_because,
        found.reach.read,
    )
    assert (1, 3) == (found.numerator, found.denominator)


def test_a_call_that_was_answered_meanwhile_is_counted_once(configured: Settings, morning: PaperSource) -> None:
    """An entry that says it waits is believed only as long as the contact's own state says so too."""
    paper = morning.paper[Topic.CALLS]
    before = dict(paper.numbers)
    assert isinstance(paper, PaperBooks)
    paper.apply(call("waits", ("offered", 15), ("answered", 50)))
    paper.numbers.clear()
    paper.numbers.update(before)
    waits = explained(configured, morning, NOW_MS, **LEVEL).contacts[0]
    assert (hashes("waits"), False, 1) == ([waits.contact], waits.so_far, waits.denominator)


def test_what_is_true_now_comes_oldest_first(configured: Settings) -> None:
    """Who waits is listed with their ages; who has an outcome is not, and nothing is searched."""
    paper = PaperBooks(Topic.CALLS)
    paper.apply([*MORNING, *call("older", ("offered", -20)), *call("ghost", ("offered", -4000))])
    source = PaperSource([paper], NOW_MS)
    found = explained(configured, source, NOW_MS, kpi="contacts_waiting", channel="call", queue="sales")
    assert hashes("older", "waits") == [each.contact for each in found.contacts]
    assert [120.0, 85.0] == [each.age_seconds for each in found.contacts]
    assert (2, 2, 0) == (found.value, found.reach.found, found.reach.read)
    longest = explained(configured, source, NOW_MS, kpi="longest_wait_seconds", channel="call", queue="sales")
    assert (120.0, hashes("older", "waits")) == (longest.value, [each.contact for each in longest.contacts])
    past = explained(configured, source, NOW_MS, kpi="contacts_waiting_past_target", channel="call")
    assert hashes("older", "waits") == [each.contact for each in past.contacts]


def test_tickets_tell_their_due_times(tmp_path: Path) -> None:
    """A ticket that missed its limit says when it came, when it was due and that nobody has replied."""
    paper = PaperBooks(Topic.TICKETS)
    opened = ("opened", 0, {"queue": "desk", "channel": "email"})
    paper.apply([*call("slow", opened, channel="ticket"), *call("fast", opened, ("replied", 60), channel="ticket")])
    now_ms = START_MS + 2 * HOUR
    source = PaperSource([paper], now_ms)
    settings = settings_for(tmp_path, Channel.TICKET)
    found = explained(
        settings, source, now_ms, kpi="first_response_within_ratio", limit="20", queue="desk", window="24h"
    )
    assert (1, 2, hashes("slow", "fast")) == (
        found.numerator,
        found.denominator,
        [each.contact for each in found.contacts],
    )
    slow = found.contacts[0].ticket
    assert slow is not None
    assert ("2026-11-22T09:00:00.000Z", None, "2026-11-24T09:00:00.000Z") == (
        slow.first_response_due,
        slow.first_reply,
        slow.resolution_due,
    )
    overdue = explained(settings, source, now_ms + 3 * DAY, kpi="tickets_overdue", queue="desk", medium="email")
    assert sorted(hashes("fast", "slow")) == sorted(each.contact for each in overdue.contacts)


def test_a_repeat_is_found_with_its_customer(tmp_path: Path) -> None:
    """The contact that was repeated is the miss; the one that repeated it is none."""
    log = [told("first", 0, HOUR, topic="bill"), told("again", 5 * DAY, 5 * DAY + HOUR, topic="bill")]
    now_ms = START_MS + 6 * DAY
    source = PaperSource([CustomerBooks(log)], now_ms)
    found = explained(
        settings_for(tmp_path),
        source,
        now_ms,
        kpi="first_contact_resolution_ratio",
        basis="repeat_window",
        state="provisional",
        channel="call",
        queue="sales",
        window="28d",
    )
    assert (1, 2) == (found.numerator, found.denominator)
    assert hashes("first", "again") == [each.contact for each in found.contacts]
    told_first = found.contacts[0].repeats
    assert told_first is not None
    assert ("bill", "2026-11-21T10:00:00.000Z") == (told_first.topic, told_first.ended)
    assert found.reach.complete


def test_nothing_is_behind_a_number_of_nothing(configured: Settings) -> None:
    """A configured queue without any contact has no number and no list."""
    found = explained(configured, PaperSource([], NOW_MS), NOW_MS, kpi="service_level_ratio", queue="support")
    assert (None, "blind", [], 0) == (found.value, found.state, found.contacts, found.reach.found)
    assert "never_started" == found.blind


def test_an_unknown_queue(configured: Settings, morning: PaperSource) -> None:
    """It is refused with what is close."""
    with pytest.raises(BadQuery, match="queue = 'sale' is unknown in channel call, chat; did you mean sales"):
        explained(configured, morning, NOW_MS, kpi="service_level_ratio", queue="sale")


@pytest.mark.parametrize("parameters", [LEVEL, {"kpi": "contacts_waiting", "channel": "call"}])
def test_the_answer_fits_its_schema(configured: Settings, morning: PaperSource, parameters: dict[str, str]) -> None:
    """The answer is valid by its published schema."""
    found = as_json(explained(configured, morning, NOW_MS, PLENTY, **parameters))
    jsonschema.validate(found, explanation_schema(), cls=jsonschema.Draft202012Validator)
    assert {"en", "es"} == set(found["title"]) == set(found["formula"])


def test_people_read_it_as_text(configured: Settings, morning: PaperSource) -> None:
    """Number, window, formula, policy, contacts and how far the list reaches."""
    text = number_text(explained(configured, morning, NOW_MS, **LEVEL))
    for words in (
        "contact_center_service_level_ratio variant=short_removed: 33.33% = 1 / 3 (few)",
        "call, queue sales, as of 2026-11-21 09:01:40 +0000",
        "slices of 10 s from 2026-11-21 08:31:50 +0000 to 2026-11-21 09:01:50 +0000 (UTC)",
        "policy in force (always): target 20 s, objective 80%",
        "missed so far   sales: waits, target 20 s",
        "missed          sales: answered after 30 s, target 20 s",
        "3 contacts behind it, 2 of them missed; 3 shown.",
        "They explain the whole number; contacts are known for 8 days after their newest event.",
    ):
        assert words in text


@pytest.mark.parametrize(
    "seconds,text",
    [(0, "0 s"), (0.25, "0.25 s"), (59, "59 s"), (60, "1 min"), (3_661, "1 h 1 min 1 s"), (90_000, "1 d 1 h")],
)
def test_durations_in_words(seconds: float, text: str) -> None:
    """The largest unit first, and no unit that is zero."""
    assert text == seconds_text(seconds)
