"""A help desk's two years of tickets, folded in memory: every measure by day and product, against an oracle."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.facts.shared.policy import PolicyBook
from streams.sources.logs import italian_helpdesk
from tests.oracles import helpdesk_oracle
from tests.oracles.logs import HELPDESK, research_log
from tests.support.numbers import HELPDESK_FIELDS
from tests.support.words import Named, in_words

ROME = ZoneInfo("Europe/Rome")
HOURS = {
    "time_zone": "Europe/Rome",
    "weekdays": ["09:00-13:00", "14:00-18:00"],
    "country": "IT",
    "holiday_years": [2010, 2012],
}
FIELD_OF = {measure.name: field for field, measure in HELPDESK_FIELDS.items()}


def tickets(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The log's events by ticket."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in italian_helpdesk.read(path).events:
        found[event.key].append(event.body)
    return found


def book(queues: set[str]) -> PolicyBook:
    """Every product keeps office hours and promises an answer within four of them."""
    policy = {"channel": "ticket", "calendar": "office", "first_response": "4h"}
    settings = Settings.model_validate(
        {"calendars": {"office": HOURS}, "queues": dict.fromkeys(sorted(queues), policy)}
    )
    return policy_book(Channel.TICKET, settings)


def by_day(amounts: Named) -> helpdesk_oracle.Numbers:
    """Amounts by local day and product in the fields of the oracle."""
    sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (measure, queue, _, _, slice_ms), amount in amounts.items():
        if measure in FIELD_OF:
            day = datetime.fromtimestamp(slice_ms / 1000, UTC).astimezone(ROME).date().isoformat()
            for key in ((day, queue), (day, "*"), ("*", queue), ("*", "*")):
                sums[key][measure] += amount
    return {
        key: {
            FIELD_OF[measure]: amount / 1000 if measure.endswith("_MS") else amount
            for measure, amount in of_key.items()
            if amount
        }
        for key, of_key in sums.items()
    }


@pytest.mark.parametrize("until", ["2011/03/28", "2013"], ids=["cut in March", "whole"])
@pytest.mark.parametrize("hours", [False, True], ids=["always open", "office hours"])
def test_every_measure_of_the_log(hours: bool, until: str, tmp_path: Path) -> None:
    """Responses, limits, resolutions by three clocks, flow, cohort, teams and agents: by day and product; also of a log
    that ends while many tickets are open."""
    header, *lines = research_log(HELPDESK).read_text().splitlines()
    path = tmp_path / "log.csv"
    path.write_text("\n".join((header, *(line for line in lines if line.split(",")[3] < until))) + "\n")
    log = tickets(path)
    policies = book({event["data"]["queue"] for own in log.values() for event in own if "queue" in event["data"]})
    found: Named = Counter()
    for events in log.values():
        found.update(in_words(events, policies=policies if hours else None).amounts)
    desk, target = (helpdesk_oracle.OFFICE, timedelta(hours=4)) if hours else (None, timedelta(hours=24))
    assert helpdesk_oracle.helpdesk_numbers(str(path), desk, target) == by_day(found)
    assert helpdesk_oracle.by_team(str(path)) == teams(found)


def teams(amounts: Named) -> dict[str, dict[str, int]]:
    """Opened, and of them solved by now, by team."""
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"opened": 0, "solved": 0})
    for (measure, _, _, dimension, _), amount in amounts.items():
        if measure in ("TEAM_OPENED", "TEAM_COHORT_SOLVED"):
            counts[dimension.removeprefix("team=")]["opened" if measure == "TEAM_OPENED" else "solved"] += amount
    return counts


def test_the_log_says_something_of_almost_every_field() -> None:
    """No comparison is empty but those of removals, which the half of the log has none of."""
    numbers = helpdesk_oracle.helpdesk_numbers(str(research_log(HELPDESK)))
    assert {"removed", "removed_opened"} == HELPDESK_FIELDS.keys() - numbers["*", "*"].keys()
