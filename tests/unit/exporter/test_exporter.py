"""Metrics of the exporter as Prometheus scrapes them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.detail import Detail
from metrics.catalog.model import OpeningKpi
from metrics.catalog.planning import OutlookKpi
from metrics.exporter.row_text import RowText
from metrics.exporter.text import CONTENT_TYPE, MetricsPage
from metrics.planning.view import View
from metrics.snapshot.snapshot import ChannelHealth, PipelineNumbers, RowKey, Snapshot, TopicNumbers
from metrics.snapshot.windows import WINDOWS
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.facts.conversations.measures import ConversationMeasure, ConversationSketch
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.tickets.measures import TicketMeasure
from tests.support.boards import (
    ICMI,
    ICMI_RATIOS,
    counts,
    durations,
    everything,
    everything_live,
    live_of,
    row,
    settings,
    snapshot,
)
from tests.support.covers import covers
from tests.support.paths import ROOT
from tests.support.slices_of_weeks import planned_a_week_after

SALES = RowKey(Channel.CALL, "sales")
MAIL = RowKey(Channel.TICKET, "support", "email")
Samples = dict[str, list[tuple[dict[str, str], float]]]


def scrape(
    folder: Path, board: Snapshot | View, age_ms: int = 0, detail: Detail = Detail.FULL, **values: object
) -> Samples:
    """The samples of a scrape by name, as Prometheus' own parser reads them."""
    view = board if isinstance(board, View) else View(board, age_ms)
    text = MetricsPage(settings(folder, **values), detail).render(view, view).decode()
    samples: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return samples


def values(samples: Samples, name: str, **labels: str) -> list[float]:
    """Values of the series whose labels include ``labels``."""
    return [value for own, value in samples.get(name, []) if labels.items() <= own.items()]


def test_the_icmi_vector_gives_the_six_variants(tmp_path: Path) -> None:
    """All six variants of the service level stand at /metrics in every window, with what they divide."""
    samples = scrape(tmp_path, snapshot({SALES: row(counts(ICMI))}))
    for variant, expected in ICMI_RATIOS.items():
        found = values(samples, "contact_center_service_level_ratio", variant=variant)
        assert [expected] * len(WINDOWS) == [round(value, 4) for value in found]
    labels = {"channel": "call", "queue": "sales", "window": "5m", "variant": "strict"}
    assert (labels, 860.0) in samples["contact_center_service_level_numerator"]
    assert (labels, 1060.0) in samples["contact_center_service_level_denominator"]


def test_no_traffic_is_no_sample_of_a_ratio_and_a_zero_of_its_counts(tmp_path: Path) -> None:
    """Where nothing happened ratios and averages are absent, numerators, denominators, sums and counts are 0."""
    samples = scrape(tmp_path, snapshot({SALES: row()}))
    assert not [name for name in samples if name.endswith("_ratio") and "objective" not in name]
    assert "contact_center_speed_of_answer_seconds" not in samples
    assert "contact_center_longest_wait_seconds" not in samples
    for name in (
        "contact_center_service_level_numerator",
        "contact_center_service_level_denominator",
        "contact_center_speed_of_answer_seconds_sum",
        "contact_center_speed_of_answer_seconds_count",
        "contact_center_contacts_offered",
        "contact_center_contacts_offered_total",
        "contact_center_contacts_waiting",
    ):
        assert {0.0} == set(values(samples, name, channel="call", queue="sales"))


def test_averages_are_seconds_with_their_sums_and_counts(tmp_path: Path) -> None:
    """1,000 answers after 12,345 s together took 12.345 s; sum and count have no label stat."""
    board = snapshot(
        {SALES: row(counts({ConversationMeasure.WAIT_MS: 12_345_000, ConversationMeasure.ANSWERED: 1000}))}
    )
    samples = scrape(tmp_path, board)
    own = {"channel": "call", "queue": "sales", "window": "1h"}
    assert ({**own, "stat": "avg"}, 12.345) in samples["contact_center_speed_of_answer_seconds"]
    assert (own, 12_345.0) in samples["contact_center_speed_of_answer_seconds_sum"]
    assert (own, 1000.0) in samples["contact_center_speed_of_answer_seconds_count"]


def test_a_count_is_a_counter_without_window_and_a_gauge_with_it(tmp_path: Path) -> None:
    """The total comes from the counters, the gauge from the window; every known reason has a series."""
    board = snapshot({SALES: row(counts(refused={"busy": 2}), totals=counts(refused={"busy": 40, "closed": 1}))})
    samples = scrape(tmp_path, board)
    own = {"channel": "call", "queue": "sales"}
    totals = {"closed": 1.0, "busy": 40.0, "full": 0.0, "no_agents": 0.0, "expected_wait": 0.0, "other": 0.0}
    expected = [({**own, "reason": reason}, value) for reason, value in totals.items()]
    assert expected == samples["contact_center_contacts_refused_total"]
    assert [2.0] == values(samples, "contact_center_contacts_refused", window="24h", reason="busy")
    assert [0.0] == values(samples, "contact_center_contacts_refused", window="24h", reason="full")


def test_ticket_rows_have_a_medium_and_others_have_none(tmp_path: Path) -> None:
    """Tickets are told apart by the channel they came by; the label exists on no call or chat."""
    board = snapshot(
        {SALES: row(counts(ICMI)), MAIL: row(counts({TicketMeasure.OPENED: 3, HandlingMeasure.HANDLED: 1}))}
    )
    samples = scrape(tmp_path, board)
    opened = {"channel": "ticket", "queue": "support", "medium": "email", "window": "7d"}
    assert (opened, 3.0) in samples["contact_center_tickets_opened"]
    media = {labels.get("medium") for labels, _ in samples["contact_center_classified_denominator"]}
    assert {None, "email"} == media
    assert [] == values(samples, "contact_center_contacts_offered", channel="ticket")


def test_windowed_names_have_a_window_and_no_queue_is_a_star(tmp_path: Path) -> None:
    """Sums over queues are for the API: a scrape that had them would count twice."""
    board = snapshot({SALES: row(counts(ICMI)), MAIL: row(counts({TicketMeasure.OPENED: 3}))})
    samples = scrape(tmp_path, board)
    series = [(name, labels) for name, own in samples.items() for labels, _ in own if "contact_center" in name]
    assert not [labels for _, labels in series if "*" in labels.values()]
    assert {"channel", "queue"} == {label for label in ("channel", "queue") if all(label in own for _, own in series)}
    without = {name for name, labels in series if "window" not in labels}
    assert {"contact_center_contacts_offered_total", "contact_center_contacts_waiting"} <= without
    assert not [name for name in without if name.endswith(("_numerator", "_denominator"))]


def test_no_series_comes_twice(tmp_path: Path) -> None:
    """A name with one set of labels has one value: Prometheus refuses the whole scrape otherwise."""
    samples = scrape(tmp_path, snapshot({SALES: row(counts(ICMI)), MAIL: row(counts({TicketMeasure.OPENED: 3}))}))
    series = [(name, frozenset(labels.items())) for name, own in samples.items() for labels, _ in own]
    assert len(series) == len(set(series))


def test_what_is_true_now_is_shown_in_base_units(tmp_path: Path) -> None:
    """Ages are seconds; open tickets stand by state."""
    live = live_of(waiting=2, longest_wait=45_500, open_on_hold=1, open_open=4)
    samples = scrape(tmp_path, snapshot({SALES: row(live=live), MAIL: row(live=live)}))
    assert [2.0] == values(samples, "contact_center_contacts_waiting")
    assert [45.5] == values(samples, "contact_center_longest_wait_seconds")
    states = {labels["state"]: value for labels, value in samples["contact_center_tickets_open"]}
    assert {"on_hold": 1.0, "unattended": 0.0, "open": 4.0} == states


def test_promises_in_force_are_shown_for_every_known_queue(tmp_path: Path) -> None:
    """A configured queue shows its promise and its zeros before its first call; a future policy does not count yet."""
    queues = {
        "vip": [
            QueueSettings(channel=Channel.CALL, target_seconds=10, objective=0.95),
            QueueSettings.model_validate({"channel": "call", "target_seconds": 5, "since": "2100-01-01T00:00:00Z"}),
        ]
    }
    samples = scrape(tmp_path, snapshot({SALES: row()}), queues=queues)
    targets = {labels["queue"]: value for labels, value in samples["contact_center_service_level_target_seconds"]}
    assert {"sales": 20.0, "vip": 10.0} == targets
    objectives = {labels["queue"]: value for labels, value in samples["contact_center_service_level_objective_ratio"]}
    assert {"sales": 0.8, "vip": 0.95} == objectives
    assert {0.0} == set(values(samples, "contact_center_contacts_offered", queue="vip"))


def test_blindness_and_age_move_while_the_snapshot_stays(tmp_path: Path) -> None:
    """A channel whose worker is silent is blind; once Redis cannot be read all are, and the numbers stay."""
    silent = {Channel.CHAT: ChannelHealth(blind=True, blind_reason="heartbeat", age_ms=20_000)}
    board = snapshot({SALES: row(counts(ICMI))}, health=silent)
    page = MetricsPage(settings(tmp_path))
    fresh, old = View(board, 400), View(board, 60_000)
    first, later = page.render(fresh, fresh), page.render(old, old)
    assert b'veinte_blind{channel="call"} 0.0' in first
    assert b'veinte_blind{channel="chat"} 1.0' in first
    assert b"veinte_snapshot_age_seconds 0.4" in first
    assert b'veinte_blind{channel="call"} 1.0' in later
    assert b"veinte_snapshot_age_seconds 60.0" in later
    assert (
        first.split(b"# HELP veinte_snapshot_age_seconds")[0] == later.split(b"# HELP veinte_snapshot_age_seconds")[0]
    )


def test_before_the_first_reading_only_blindness_is_said(tmp_path: Path) -> None:
    """Without a snapshot there is no number that could be taken for one."""
    nothing = View(snapshot(), 90_000)
    text = MetricsPage(settings(tmp_path)).render(None, nothing).decode()
    names = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    of_trust = {"veinte_blind", "veinte_blind_reason", "veinte_repeats_blind", "veinte_snapshot_age_seconds"}
    assert of_trust | {"veinte_requests_refused_total"} == names
    assert (3, 1) == (len(re.findall(r"veinte_blind{.*} 1\.0", text)), text.count("veinte_repeats_blind 1.0"))
    assert 4 == len(re.findall(r'reason="unreadable",.*} 1\.0', text))


def test_only_what_changed_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second scrape of a snapshot writes no row; of the next one only the window of the row that is another."""
    written: list[tuple[RowKey, str]] = []
    write = RowText._written

    def counting(self: RowText, name: str, *more: Any) -> Any:
        written.append((self.key, name))
        return write(self, name, *more)

    monkeypatch.setattr(RowText, "_written", counting)
    page, sales, mail = MetricsPage(settings(tmp_path)), row(counts(ICMI)), row(counts({TicketMeasure.OPENED: 3}))
    first = snapshot({SALES: sales, MAIL: mail})
    later = replace(sales, windows={**sales.windows, "5m": counts({ConversationMeasure.OFFERED: 7})})
    page.render(View(first, 0), View(first, 0))
    assert {SALES, MAIL} == {key for key, _ in written}
    written.clear()
    page.render(View(first, 1_000), View(first, 1_000))
    assert [] == written
    second = snapshot({SALES: later, MAIL: mail})
    found = page.render(View(second, 0), View(second, 0))
    assert {(SALES, "5m")} == {each for each in written if each[1] != "outlook"}
    assert found == MetricsPage(settings(tmp_path)).render(View(second, 0), View(second, 0))


def test_queue_names_are_escaped(tmp_path: Path) -> None:
    """Quotes, backslashes, line breaks and any script survive the text format."""
    name = 'a "b" \\ c\nñandú 漢'
    samples = scrape(tmp_path, snapshot({RowKey(Channel.CHAT, name): row()}))
    assert {name} == {labels["queue"] for labels, _ in samples["contact_center_contacts_offered"]}


def test_the_pipeline_is_exposed_with_counters_and_gauges(tmp_path: Path) -> None:
    """Counters are counters by type, the rest gauges; nothing has a creation time."""
    pipeline = PipelineNumbers(topics={"calls": TopicNumbers(applied=7, newest_ms=1)}, lag={("calls", 0): 3})
    view = View(snapshot(pipeline=pipeline), 0)
    text = MetricsPage(settings(tmp_path)).render(view, view).decode()
    assert "# TYPE veinte_events_applied_total counter" in text
    assert 'veinte_events_applied_total{topic="calls"} 7.0' in text
    assert "# TYPE veinte_consumer_lag_events gauge" in text
    assert "_created" not in text


def of_topics(*names: str) -> Snapshot:
    """A board with one contact about each topic."""
    return snapshot({SALES: row(counts(contacts_by_topic=dict.fromkeys(names, 1)))})


def test_percentiles_stand_beside_the_average_and_have_no_counts_of_their_own(tmp_path: Path) -> None:
    """Ten waits of 1 to 10 s: the fifth, the ninth and the tenth, each within 1 %, in every window."""
    waits = range(1_000, 11_000, 1_000)
    happened = counts({ConversationMeasure.WAIT_MS: sum(waits), ConversationMeasure.ANSWERED: 10}) + durations(
        ConversationSketch.WAIT, *waits
    )
    samples = scrape(tmp_path, snapshot({SALES: row(happened)}))
    name = "contact_center_speed_of_answer_seconds"
    for stat, expected in (("avg", 5.5), ("p50", 5), ("p90", 9), ("p95", 10)):
        found = values(samples, name, stat=stat)
        assert len(WINDOWS) == len(found)
        assert found == pytest.approx([expected] * len(WINDOWS), rel=0.01)
    assert {0} == {
        len(labels.keys() & {"stat"}) for suffix in ("_sum", "_count") for labels, _ in samples[name + suffix]
    }
    assert [] == values(scrape(tmp_path, snapshot({SALES: row()})), name)


def test_topics_are_shown_in_long_windows_and_no_more_than_twenty(tmp_path: Path) -> None:
    """Label values stay bounded whatever the streams keep; a short window would say next to nothing of each."""
    samples = scrape(tmp_path, of_topics(*(f"topic {number}" for number in range(30))))
    shown = [labels for labels, _ in samples["contact_center_topic_contacts"]]
    assert {"today", "24h", "7d", "28d"} == {labels["window"] for labels in shown}
    assert 20 * 4 == len(shown)
    assert "contact_center_topic_contacts" not in scrape(tmp_path, of_topics())


def test_nobody_is_told_apart_in_prometheus(tmp_path: Path) -> None:
    """Agents stand in the API only, under a pseudonym: no identifier of a person is a label."""
    samples = scrape(tmp_path, snapshot({MAIL: row(everything(), everything_live(), everything())}))
    assert not [name for name, own in samples.items() if "agent" in name or any("agent" in labels for labels, _ in own)]


def test_the_backlog_that_grows_has_no_clearance_time(tmp_path: Path) -> None:
    """Two open tickets and one closed a day take two days; with more opened than closed there is no sample."""
    name, live = "contact_center_backlog_clearance_seconds", live_of(open_open=2)
    samples = scrape(tmp_path, snapshot({MAIL: row(counts({TicketMeasure.SOLVES: 1}), live)}))
    assert {"24h": 172_800, "7d": 1_209_600, "28d": 4_838_400} == {
        labels["window"]: value for labels, value in samples[name]
    }
    assert name not in scrape(
        tmp_path, snapshot({MAIL: row(counts({TicketMeasure.SOLVES: 1, TicketMeasure.OPENED: 2}), live)})
    )
    nothing_open = scrape(tmp_path, snapshot({MAIL: row(counts({TicketMeasure.OPENED: 2}))}))
    assert [0.0, 0.0, 0.0] == values(nothing_open, name)


@covers("contact_center_queue_open")
def test_configured_queues_say_whether_they_are_open(tmp_path: Path) -> None:
    """By the calendar in force: at noon of a Wednesday one is open, one closed, one has no calendar and is open."""
    hours = {
        "day": {"time_zone": "UTC", "weekdays": ["09:00-18:00"]},
        "night": {"time_zone": "UTC", "weekdays": ["20:00-24:00"]},
    }
    queues = {
        "day": {"channel": "call", "calendar": "day"},
        "night": [{"channel": "call", "calendar": "night"}, {"channel": "ticket", "calendar": "day"}],
        "free": {"channel": "chat"},
    }
    samples = scrape(tmp_path, snapshot({SALES: row()}), calendars=hours, queues=queues)
    assert [
        ({"channel": "call", "queue": "day"}, 1.0),
        ({"channel": "call", "queue": "night"}, 0.0),
        ({"channel": "ticket", "queue": "night"}, 1.0),
        ({"channel": "chat", "queue": "free"}, 1.0),
    ] == samples["contact_center_queue_open"]


OUR_LABELS = {"channel", "queue", "medium", "window"}


def at_its_fullest(key: RowKey) -> View:
    """A board on which everything happened to a row, and whose last weeks say how its day may end."""
    board = snapshot({key: row(everything(), everything_live(), everything())})
    return View(board, 0, planned_a_week_after(key, board.now_ms))


@pytest.mark.parametrize("key", [SALES, MAIL], ids=str)
def test_series_have_the_labels_that_their_kpi_declares(tmp_path: Path, key: RowKey) -> None:
    """Where everything happened every declared label is on some series, and no other on any."""
    samples = scrape(tmp_path, at_its_fullest(key))
    for kpi in QUEUE_KPIS:
        elsewhere = isinstance(kpi, OpeningKpi | OutlookKpi) or "agent" in kpi.labels
        if key.channel in kpi.channels and not elsewhere:
            shown = {name for labels, _ in samples[kpi.name] for name in labels} - OUR_LABELS
            assert (set(kpi.labels), kpi.name) == (shown, kpi.name)


ADDED = {
    (Detail.LEAN, SALES): {"kind": "5 for each kind", "topic": "8 for each of at most 20 topics"},
    (Detail.LEAN, MAIL): {"kind": "(of tickets 4)", "topic": "8 for each of at most 20 topics"},
    (Detail.FULL, SALES): {"kind": "10 for each kind", "topic": "20 for each of at most 20 topics"},
    (Detail.FULL, MAIL): {
        "kind": "10 for each kind",
        "topic": "20 for each of at most 20 topics",
        "team": "24 for each of at most 50",
    },
}
"""Series that a value of a label adds to a page, as the documentation says it."""


def test_the_documentation_says_how_many_series_a_queue_has(tmp_path: Path) -> None:
    """Who plans for Prometheus reads a bound of what a queue can have, and what each kind, topic and team adds."""
    documentation = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documentation = " ".join(documentation.split())
    bounds = map(int, re.findall(r"fewer than (\d+) series", documentation))
    for ((detail, key), added), bound in zip(ADDED.items(), bounds, strict=True):
        samples = scrape(tmp_path, at_its_fullest(key), detail=detail)
        series = [labels for own in samples.values() for labels, _ in own if labels.get("queue") == key.queue]
        assert (
            0.75 * bound < len([labels for labels in series if not labels.keys() & {"kind", "topic", "team"}]) < bound
        )
        for label in ("kind", "topic", "team"):
            of_red = len([labels for labels in series if labels.get(label) == "red"])
            said = added.get(label, "0")
            assert (True, str(of_red)) == (said in documentation, re.findall(r"\d+", said)[0])


def test_the_content_type_is_the_plain_text_format() -> None:
    """OpenMetrics would forbid a counter x_total beside a gauge x."""
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")
