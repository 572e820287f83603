"""Alerts as the wallboard evaluates them: the conditions of the rules on the numbers of now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metrics.alerts.firing import FORGOTTEN_MS, FiringAlerts
from metrics.alerts.rule_file import alerts
from metrics.planning.reachable import Outlook
from metrics.snapshot.snapshot import Counts, RowKey, RowNumbers
from metrics.snapshot.windows import WINDOWS
from streams.common.durations import HOUR_MS, MINUTE_MS, SECOND_MS
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.measures import TicketMeasure
from tests.support.boards import NOW_MS, counts, live_of, row, settings

CALLS = RowKey(Channel.CALL, "sales")
MAIL = RowKey(Channel.TICKET, "mail", "*")


def of(**amounts: int) -> Counts:
    return counts({ConversationMeasure[name.upper()]: amount for name, amount in amounts.items()})


def level(met: int, judged: int) -> Counts:
    """Met and judged legs."""
    return of(answered_within=met, answered=met, reached_target=judged - met)


class Look:
    """One queue at which somebody looks again and again."""

    def __init__(self, folder: Path, key: RowKey = CALLS, objective: float = 0.8, **values: Any) -> None:
        self.key = key
        self.policy = QueueSettings(channel=key.channel, objective=objective)
        self.alerts = FiringAlerts(settings(folder, **values))

    def at(
        self,
        numbers: RowNumbers,
        second: float = 0,
        media: dict[str, RowNumbers] | None = None,
        day: Outlook | None = None,
    ) -> list[str]:
        """Names of the alerts that fire, those that last for days left out."""
        found = self.alerts.of(
            self.key, numbers, media or {"": numbers}, self.policy, day, NOW_MS + round(second * SECOND_MS)
        )
        return [firing.alert.title for firing in found if firing.alert.window not in ("7d", "28d")]


def in_windows(**by_window: Counts) -> RowNumbers:
    """A row with counts in some windows; ``w5m`` for 5m."""
    return RowNumbers({window: by_window.get(f"w{window}", Counts()) for window in WINDOWS})


@pytest.mark.parametrize(
    "met,expected",
    [(19, ["ContactCenterServiceLevelBurn (15m)"]), (20, [])],
)
def test_a_burn_rate_fires_at_once(met: int, expected: list[str], tmp_path: Path) -> None:
    """Under 40 % in time in 15 and 5 minutes is an urgent alert at an objective of 80 %; exactly 40 % is none."""
    numbers = in_windows(w15m=level(met, 50), w5m=level(met, 50))
    assert expected == Look(tmp_path).at(numbers)


@pytest.mark.parametrize(
    "numbers",
    [
        in_windows(w15m=level(0, 19), w5m=level(0, 19)),
        in_windows(w15m=level(0, 50), w5m=level(3, 5)),
        in_windows(),
    ],
)
def test_few_contacts_or_a_better_short_window_fire_nothing(numbers: RowNumbers, tmp_path: Path) -> None:
    """A burn rate needs enough contacts, and both of its windows."""
    assert [] == Look(tmp_path).at(numbers)


def test_an_alert_is_held_as_the_rule_says(tmp_path: Path) -> None:
    """A burn rate goes on for 30 minutes after its condition; a look a minute later than the last begins anew."""
    look, bad, well = Look(tmp_path), in_windows(w15m=level(0, 50), w5m=level(0, 50)), in_windows()
    burn = ["ContactCenterServiceLevelBurn (15m)"]
    assert burn == look.at(bad)
    for second in range(30, 30 * 60, 30):
        assert (burn, second) == (look.at(well, second), second)
    assert [] == look.at(well, 30 * 60)
    assert burn == look.at(bad, 30 * 60 + 1)
    assert [] == look.at(well, 30 * 60 + 2 + FORGOTTEN_MS / SECOND_MS)


def test_a_long_wait_must_last(tmp_path: Path) -> None:
    """A wait of more than three targets fires after a minute, and ends with the wait."""
    look, enough = Look(tmp_path), counts({ConversationMeasure.OFFERED: 5})
    found = {
        second: look.at(row(enough, live_of(longest_wait=60_000 + second * SECOND_MS, waiting=1)), second)
        for second in (0, 1, 59, 60, 61)
    }
    assert {0: [], 1: [], 59: [], 60: [], 61: ["ContactCenterLongestWait"]} == found
    assert [] == look.at(row(enough), 62)
    few = counts({ConversationMeasure.OFFERED: 4})
    lonely = Look(tmp_path)
    assert [] == [lonely.at(row(few, live_of(longest_wait=HOUR_MS, waiting=1)), second) for second in (0, 61)][1]


def test_a_frozen_queue_is_seen(tmp_path: Path) -> None:
    """Three who wait for three minutes while nobody is answered: known at once where five minutes had no answer."""
    live = live_of(waiting=3, longest_wait=180_000)
    name = "ContactCenterQueueFrozen"
    assert name in Look(tmp_path).at(row(live=live))
    for fewer in (live_of(waiting=2, longest_wait=180_000), live_of(waiting=3, longest_wait=179_999)):
        assert name not in Look(tmp_path).at(row(live=fewer))
    look = Look(tmp_path)

    def after(second: int, answered: int) -> bool:
        lately = RowNumbers(dict.fromkeys(WINDOWS, of(answered=1)), of(answered=answered), live)
        return name in look.at(lately, second)

    assert [False] * 7 == [after(second, 7) for second in range(0, 180, 30)] + [after(179, 7)]
    assert after(180, 7)
    assert [True, True] == [after(200, 8), after(240, 8)]  # held for 5 minutes by the rule
    assert not any(Look(tmp_path).at(row(of(answered=1), live)))


@pytest.mark.parametrize(
    "abandoned,short,expected",
    [(10, 0, ["ContactCenterAbandonment"]), (9, 0, []), (19, 10, [])],
)
def test_too_many_abandons_leave_the_short_ones_out(
    abandoned: int, short: int, expected: list[str], tmp_path: Path
) -> None:
    """More than a tenth of 30 and of 10 minutes, short abandons in neither, as the rate on the tile."""
    numbers = of(answered=89, abandoned=abandoned, short_abandoned=short)
    assert expected == Look(tmp_path).at(in_windows(w30m=numbers, w10m=numbers))


def test_a_callback_that_waits_is_overdue(tmp_path: Path) -> None:
    """A callback older than ``alert_callback`` fires after a minute."""
    look = Look(tmp_path, alert_callback="10m")
    old = row(of(answered=1), live_of(callbacks_pending=1, oldest_callback=10 * MINUTE_MS + 1))
    assert [[], []] == [look.at(old), look.at(old, 59)]
    assert ["ContactCenterCallbackOverdue"] == look.at(old, 60)
    on_time = row(of(answered=1), live_of(callbacks_pending=1, oldest_callback=10 * MINUTE_MS))
    assert [] == look.at(on_time, 61)


def test_silence_and_surge_compare_with_earlier_weeks(tmp_path: Path) -> None:
    """Nobody where usually ten come is silence; more than twice the usual is a surge; without weeks none is known."""
    usual = Outlook(0, 0, weeks=4, usually_offered=Outlook(0, 0).usually_offered + 10)
    silent, busy = Look(tmp_path), Look(tmp_path)
    surge = in_windows(w15m=of(offered=21, answered=21), w5m=of(answered=1))
    assert [[], ["ContactCenterSilence"]] == [
        silent.at(in_windows(w5m=of(answered=1)), second, day=usual) for second in (0, 60)
    ]
    found = [busy.at(surge, second, day=usual) for second in range(0, 301, 60)]
    assert [[]] * 5 + [["ContactCenterSurge"]] == found
    unknown = Look(tmp_path)
    assert [[], []] == [unknown.at(in_windows(), second, day=Outlook(0, 0)) for second in (0, 60)]


def test_customers_turned_away_are_added_over_reasons(tmp_path: Path) -> None:
    """Three refused within 15 minutes, whatever the reasons."""
    refused = counts(refused={"busy": 2, "full": 1})
    assert ["ContactCenterTurnedAway"] == Look(tmp_path).at(in_windows(w15m=refused))
    assert [] == Look(tmp_path).at(in_windows(w15m=counts(refused={"busy": 2})))


def test_all_who_hang_up_at_once_are_an_alert(tmp_path: Path) -> None:
    """Five offers and five short abandons in half an hour."""
    early = of(offered=5, abandoned=5, short_abandoned=5)
    assert "ContactCenterAbandonedEarly" in Look(tmp_path).at(in_windows(w30m=early))
    assert [] == Look(tmp_path).at(in_windows(w30m=early + of(offered=1)))


def test_tickets_are_counted_over_their_media(tmp_path: Path) -> None:
    """Overdue tickets of all media make one number; e-mails due soon have their own alert, the others another."""
    phone = row(live=live_of(overdue=4, due_soon=5))
    mail = row(live=live_of(overdue=6, due_soon=1))
    look = Look(tmp_path, MAIL)
    both = row(live=live_of(overdue=10, due_soon=6))
    media = {"phone": phone, "email": mail}
    found = {minute: set(look.at(both, minute * 60, media)) for minute in range(16)}
    assert found[4] == set()
    assert {"ContactCenterEmailDueSoon", "ContactCenterTicketsDueSoon"} == found[5] == found[14]
    assert {"ContactCenterTicketsOverdue"} == found[15] - found[14]
    only = Look(tmp_path, MAIL)
    assert [set()] * 16 == [set(only.at(both, minute * 60, {"phone": mail})) for minute in range(16)]


def test_an_email_past_its_day_is_an_alert_of_emails_only(tmp_path: Path) -> None:
    """A missed answer within 24 hours counts where the ticket came by e-mail."""
    missed = row(counts({TicketMeasure.RESPONSE_24H_JUDGED: 1}))
    assert ["ContactCenterEmailMissed"] == Look(tmp_path, MAIL).at(missed, media={"email": missed})
    assert [] == Look(tmp_path, MAIL).at(missed, media={"phone": missed})


def test_a_day_that_cannot_be_saved_is_said_after_five_minutes(tmp_path: Path) -> None:
    """Today's best is below the objective: an alert once it has been so for five minutes, with enough judged."""
    numbers = in_windows(wtoday=level(15, 20), w1h=level(1, 1))
    lost = replace(Outlook(15, 20, weeks=1), expected_met=Outlook(0, 0).expected_met)
    look = Look(tmp_path)
    found = [look.at(numbers, second, day=lost) for second in range(0, 301, 60)]
    assert [[]] * 5 + [["ContactCenterServiceLevelUnreachable"]] == found


def test_the_gravest_comes_first(tmp_path: Path) -> None:
    """An alert to act on at once is before one for today."""
    numbers = in_windows(
        w15m=level(0, 50) + counts(refused={"busy": 3}),
        w5m=level(0, 50),
        w30m=level(0, 50),
        w1h=level(0, 50),
        w10m=level(0, 50),
        wtoday=level(0, 50),
    )
    assert [
        "ContactCenterServiceLevelBurn (15m)",
        "ContactCenterServiceLevelBurn (1h)",
        "ContactCenterServiceLevelBurn (today)",
        "ContactCenterTurnedAway",
    ] == Look(tmp_path).at(numbers)


def test_rules_that_cannot_be_are_no_alerts_and_no_crash(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Settings of a rule that could never fire leave the board without alerts, and the log names the setting."""
    assert [] == Look(tmp_path, alert_fast_burn=5.0).at(in_windows(w15m=level(0, 50), w5m=level(0, 50)))
    assert "alert_fast_burn = 5 can never be exceeded" in caplog.text


def test_every_alert_of_a_queue_has_words_for_its_tile() -> None:
    """An alert with a queue has a few words in both languages; those about the pipeline have none."""
    rules = alerts(Settings.model_construct())
    about_queues = {rule.title for rule in rules if "<queue>" in rule.summary.en}
    assert about_queues == {rule.title for rule in rules if rule.short is not None}
    texts = [text for rule in rules if rule.short is not None for text in rule.short]
    assert [] == [text for text in texts if not 5 < len(text) <= 28]
