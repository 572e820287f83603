"""Documents of the wallboard, from snapshots made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metrics.planning.plan import Planning, plan
from metrics.planning.view import View
from metrics.read.live import live_numbers, observed
from metrics.snapshot.blindness import NEVER_STARTED
from metrics.snapshot.snapshot import ChannelHealth, Counts, RowKey, RowNumbers
from metrics.snapshot.windows import WINDOWS
from metrics.wallboard.compose import Composer, beat
from metrics.wallboard.model import Band
from metrics.wallboard.query import BoardQuery, ViewName
from metrics.web.problems import encode
from streams.common.languages import Language
from streams.common.vocabulary import Channel, Clock
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.live import ConversationLive, InProgress, WrapUp
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.measures import TicketMeasure
from tests.support.board_documents import CHAT, MAIL, OFFICE, PHONE, SALES, figures, level, only_tile, shown
from tests.support.boards import ICMI, NOW_MS, counts, everything, everything_live, live_of, row, settings, snapshot
from tests.support.slices_of_weeks import FakeHistory, at, ms

PERCENT_ES = "\N{NARROW NO-BREAK SPACE}%"


def test_a_call_queue_shows_all_its_numbers(tmp_path: Path) -> None:
    """Service level with n of N, who waits, what came today, callbacks, and who is busy."""
    live = live_of(
        waiting=3,
        waiting_past_target=1,
        longest_wait=31_000,
        busy_agents=12,
        callbacks_pending=2,
        oldest_callback=90_000,
    )
    tile = only_tile(shown(snapshot({SALES: row(counts(ICMI), live)}), tmp_path))
    assert ("sales", "call", "Calls", Band.GREEN, "On objective") == (
        tile.queue,
        tile.channel,
        tile.channel_name,
        tile.band,
        tile.state,
    )
    assert ("Objective 80% in 20\N{NO-BREAK SPACE}s", "Open", True) == (tile.promise, tile.opening, tile.open)
    assert [("81.9%", "860 of 1,050")] * 2 == [level(tile), level(tile, "today")]
    found = figures(tile)
    assert {
        "waiting": "3",
        "longest": "–",
        "past_target": "1",
        "offered": "1,060",
        "answered": "1,000",
        "abandoned": "60",
        "others": "0",
        "callbacks": "2",
        "busy": "12",
        "reachable": "–",
    } == {key: figure.text for key, figure in found.items()}
    assert NOW_MS - 31_000 == found["longest"].since_ms
    assert ("oldest callback", NOW_MS - 90_000) == (found["callbacks"].note, found["callbacks"].note_since_ms)
    assert "10 of them short · 4.7%" == found["abandoned"].note
    assert (Band.AMBER, Band.AMBER, Band.PLAIN) == tuple(found[k].band for k in ("longest", "past_target", "waiting"))


def test_the_same_in_spanish(tmp_path: Path) -> None:
    """Every text and every number changes with the language."""
    query = BoardQuery(language=Language.SPANISH)
    tile = only_tile(shown(snapshot({SALES: row(counts(ICMI))}), tmp_path, query))
    assert ("Llamadas", "Cumple la meta", "Abierta") == (tile.channel_name, tile.state, tile.opening)
    assert (f"81,9{PERCENT_ES}", "860 de 1050") == level(tile)
    assert ["En espera", "Espera más larga", "Fuera de objetivo"] == [figure.label for figure in tile.figures[:3]]


def test_a_ticket_queue_sums_its_media(tmp_path: Path) -> None:
    """First replies in time, unattended, due, overdue and the oldest of all media together."""
    answered = counts(
        {TicketMeasure.RESPONSE_TARGET_MET: 9, TicketMeasure.RESPONSE_TARGET_JUDGED: 10, TicketMeasure.OPENED: 4}
    )
    mail = row(answered, live_of(open_unattended=2, overdue=1, due_soon=3, oldest_ticket=7_200_000))
    phone = row(answered, live_of(open_open=1, oldest_ticket=1_000))
    tile = only_tile(shown(snapshot({MAIL: mail, PHONE: phone}), tmp_path))
    assert (Band.AMBER, "Overdue", None) == (tile.band, tile.state, tile.trend)
    assert ("90.0%", "18 of 20") == level(tile, "today")
    found = figures(tile)
    assert ["2", "1", "3", "3", "8", "0"] == [
        found[key].text for key in ("unattended", "overdue", "due_soon", "open_now", "opened", "solved")
    ]
    assert ("Oldest open ticket", NOW_MS - 7_200_000) == (found["oldest"].label, found["oldest"].since_ms)
    assert "1 answered" == found["open_now"].note
    assert (Band.AMBER, Band.AMBER) == (found["overdue"].band, found["due_soon"].band)


@pytest.mark.parametrize(
    "numbers,band,state,text",
    [
        (RowNumbers(dict.fromkeys(WINDOWS, Counts())), Band.PLAIN, "Sin tráfico", "sin tráfico"),
        (row(counts({ConversationMeasure.ANSWERED_WITHIN: 9})), Band.PLAIN, "Pocos datos", "9 de 9"),
        (row(live=live_of(waiting=1, undecided=1, longest_wait=9)), Band.PLAIN, "En espera", "pendiente"),
        (row(counts({ConversationMeasure.REACHED_TARGET: 10})), Band.RED, "Muy por debajo", f"0,0{PERCENT_ES}"),
    ],
)
def test_without_enough_there_are_words(numbers: RowNumbers, band: Band, state: str, text: str, tmp_path: Path) -> None:
    """No traffic, few and pending are shown in words, never as a percentage."""
    query = BoardQuery(language=Language.SPANISH)
    tile = only_tile(shown(snapshot({SALES: numbers}), tmp_path, query))
    assert (band, state, text) == (tile.band, tile.state, level(tile)[0])


def test_a_closed_queue_says_when_it_opens(tmp_path: Path) -> None:
    """A queue outside its hours with nobody waiting is closed, and shows its opening in the centre's time zone."""
    sunday = replace(snapshot({SALES: row()}), now_ms=ms("2026-11-22T12:00:00+00:00"))
    queue = QueueSettings(channel=Channel.CALL, calendar="office")
    values: dict[str, Any] = {
        "queues": {"sales": (queue,)},
        "calendars": {"office": OFFICE},
        "time_zone": "Europe/Madrid",
    }
    tile = only_tile(shown(sunday, tmp_path, BoardQuery(language=Language.SPANISH), **values))
    assert (Band.CLOSED, "Cerrada", "Cerrada · abre lun 09:00", False) == (
        tile.band,
        tile.state,
        tile.opening,
        tile.open,
    )


@pytest.mark.parametrize(
    "health,age_ms,sentence",
    [
        ({Channel.CALL: ChannelHealth(True, "heartbeat", 60_000)}, 0, "Calls: numbers are not live, the worker is"),
        ({}, 6_000, "All channels: numbers are not live, Redis cannot be read."),
    ],
)
def test_blind_is_grey_and_says_why(
    health: dict[Channel, ChannelHealth], age_ms: int, sentence: str, tmp_path: Path
) -> None:
    """A blind tile is grey and keeps its numbers, and the page names the reason in words."""
    of = snapshot({SALES: row(counts(ICMI)), CHAT: row()}, health)
    document = shown(of, tmp_path, age_ms=age_ms)
    assert (Band.BLIND, "Not live") == (document.tiles[0].band, document.tiles[0].state)
    assert ("81.9%", "860 of 1,050") == level(document.tiles[0])
    assert [sentence] == [text[: len(sentence)] for text in document.blind]
    watermark_ms = None if health else NOW_MS - 250
    assert watermark_ms == document.tiles[0].until_ms


def test_the_trend_is_the_last_hour_in_steps(tmp_path: Path) -> None:
    """The trend has the steps between the windows; the half hour is compared with the one before."""
    inside = {"1h": (70, 100), "30m": (50, 60), "15m": (20, 20), "10m": (10, 10), "5m": (0, 0)}
    windows = {
        window: counts(
            {
                ConversationMeasure.ANSWERED_WITHIN: inside.get(window, (0, 0))[0],
                ConversationMeasure.REACHED_TARGET: inside.get(window, (0, 0))[1] - inside.get(window, (0, 0))[0],
            }
        )
        for window in WINDOWS
    }
    trend = only_tile(shown(snapshot({SALES: RowNumbers(windows)}), tmp_path)).trend
    assert trend is not None
    assert [0.5, 0.75, 1.0, 1.0, None] == trend.points
    assert 60 == sum(trend.minutes)
    assert ("up", "up 33.3 pts") == (trend.way, trend.text)


def test_a_held_colour_is_that_of_its_number_too(tmp_path: Path) -> None:
    """A number is red while its tile is held red for its service level."""
    composer = Composer(settings(tmp_path))
    low, better = (
        counts({ConversationMeasure.ANSWERED_WITHIN: met, ConversationMeasure.REACHED_TARGET: 10}) for met in (5, 90)
    )
    for numbers in (low, better):
        document = composer.document(View(snapshot({SALES: row(numbers)}), 0), BoardQuery())
        tile = only_tile(document)
        assert (Band.RED, "Far below", Band.RED) == (tile.band, tile.state, tile.levels[0].band)
    assert ("90.0%", Band.GREEN) == (tile.levels[0].text, tile.levels[1].band)


def test_people_busy_are_counted_once_over_partitions() -> None:
    """An agent in two conversations of a queue is one busy person, wrapping up included; an unnamed agent is one
    each."""
    agents = [b"a", b"a", None], [b"a", b"b", None]
    states = [
        observed(
            [
                *(InProgress(1, NOW_MS - 5, NOW_MS + 1, NOW_MS, agent) for agent in found),
                *(WrapUp(1, NOW_MS - 5, NOW_MS + 1, agent) for agent in (b"a", b"c")),
                WrapUp(1, NOW_MS - 600_000, NOW_MS, b"gone"),
            ],
            NOW_MS,
            NOW_MS,
        )
        for found in agents
    ]
    live = live_numbers(states, NOW_MS)
    assert (6, 5) == (live[ConversationLive.IN_PROGRESS], live[ConversationLive.BUSY_AGENTS])
    later = live_numbers([observed([WrapUp(1, NOW_MS - 5, NOW_MS + 1, b"a")], NOW_MS + 1, NOW_MS)], NOW_MS + 1)
    assert 0 == later[ConversationLive.BUSY_AGENTS]


def test_the_rooms_screen_tells_no_secrets(tmp_path: Path) -> None:
    """The room's screen shows no agent, customer or topic, one variant, and no first-contact resolution."""
    rows = {key: row(everything(), everything_live()) for key in (SALES, CHAT, MAIL)}
    document = shown(snapshot(rows), tmp_path)
    assert [] == document.tables
    text = encode(document).decode().lower()
    assert [] == [word for word in ("red=", "blue", "agent", "customer", "strict", "optimistic", "fcr") if word in text]


def test_one_queue_shows_variants_repeats_and_resolution(tmp_path: Path) -> None:
    """The view of one queue shows the six variants side by side, and first-contact resolution of a day at least."""
    query = BoardQuery(ViewName.QUEUE, ("sales",))
    document = shown(snapshot({SALES: row(everything(), everything_live())}), tmp_path, query)
    tables = {table.key: table for table in document.tables}
    assert ["waits", "variants", "repeats", "fcr"] == list(tables)
    assert 6 == len(tables["variants"].rows)
    assert ["24 hours", "7 days", "28 days"] == tables["fcr"].columns == tables["repeats"].columns
    assert all(len(row.cells) == len(table.columns) for table in tables.values() for row in table.rows)


def test_a_name_of_two_queues_shows_the_tables_of_both(tmp_path: Path) -> None:
    """Calls and chats with a queue of the same name have tables with titles and keys of their own."""
    of = snapshot({SALES: row(), RowKey(Channel.CHAT, "sales"): row()})
    document = shown(of, tmp_path, BoardQuery(ViewName.QUEUE, ("sales",)))
    keys = ["waits", "variants", "repeats", "fcr"]
    assert [f"{channel}-{key}" for channel in ("call", "chat") for key in keys] == [t.key for t in document.tables]
    assert ["Calls · Waits", "Chats · Waits"] == [table.title for table in document.tables if "Waits" in table.title]


@pytest.mark.parametrize(
    "window, language, said",
    [
        ("7d", Language.ENGLISH, "7 days"),
        ("1d", Language.SPANISH, "1 día"),
        ("36h", Language.SPANISH, "36 horas"),
        ("90s", Language.ENGLISH, "90 seconds"),
    ],
)
def test_the_repeat_window_in_force_is_named(tmp_path: Path, window: str, language: Language, said: str) -> None:
    """Final resolution names the window of the settings, in the label and in the note."""
    query = BoardQuery(ViewName.QUEUE, ("sales",), language=language)
    document = shown(snapshot({SALES: row()}), tmp_path, query, repeat_window=window)
    final = next(table for table in document.tables if table.key == "fcr")
    assert [True, True] == [f" {said} " in text for text in (final.rows[-1].label, final.note)]


def test_one_ticket_queue_shows_its_ages(tmp_path: Path) -> None:
    """A ticket queue shows open tickets by age, the longest bar for the most."""
    query = BoardQuery(ViewName.QUEUE, ("mail",))
    live = live_of(age_under_1h=1, age_over_7d=4)
    document = shown(snapshot({MAIL: row(live=live)}), tmp_path, query)
    backlog = document.tables[0]
    assert ["1", "0", "0", "0", "0", "0", "4"] == [line.cells[0].text for line in backlog.rows]
    assert [0.25, 1.0] == [backlog.rows[index].cells[0].share for index in (0, -1)]


def test_an_unknown_queue_is_waited_for(tmp_path: Path) -> None:
    """An unknown queue is no error: the screen shows that it waits for the first contact."""
    document = shown(snapshot(), tmp_path, BoardQuery(ViewName.QUEUE, ("nobody",)))
    assert ([], True) == (document.tiles, document.problem.startswith("There is no queue nobody yet."))
    assert shown(snapshot(), tmp_path).problem.startswith("No contact has come yet")


def test_queues_stand_where_people_look_for_them(tmp_path: Path) -> None:
    """Queues are sorted without regard to accents and case, and numbers in names as numbers."""
    names = ["Línea 2", "linea 10", "Línea 10", "Ábaco", "zona", "Venta", "10", "9"]
    document = shown(snapshot({RowKey(Channel.CALL, name): row() for name in names}), tmp_path)
    expected = ["9", "10", "Ábaco", "Línea 2", "Línea 10", "linea 10", "Venta", "zona"]
    assert expected == [tile.queue for tile in document.tiles]


def test_a_link_chooses_queues_and_their_order(tmp_path: Path) -> None:
    """A link can select some queues in its own order, or one channel."""
    of = snapshot({SALES: row(), RowKey(Channel.CALL, "help"): row(), CHAT: row()})
    assert ["help", "sales", "web"] == [tile.queue for tile in shown(of, tmp_path).tiles]
    chosen = shown(of, tmp_path, BoardQuery(queues=("web", "help")))
    assert ["web", "help"] == [tile.queue for tile in chosen.tiles]
    assert ["web"] == [tile.queue for tile in shown(of, tmp_path, BoardQuery(channel=Channel.CHAT)).tiles]


def planned(now_ms: int, configured: Settings) -> Planning:
    """Last Monday ten contacts arrived from nine on, and twenty from ten."""
    slices = [at("2026-11-16T09:00:00+00:00", offered=10), at("2026-11-16T10:00:00+00:00", offered=20)]
    return plan(FakeHistory({SALES: slices}), now_ms, configured)


def test_the_week_is_a_map_of_its_hours(tmp_path: Path) -> None:
    """The week has seven days of 24 hours; the busiest hour is marked and named in words."""
    now_ms = ms("2026-11-23T12:00:00+00:00")
    of = View(replace(snapshot(), now_ms=now_ms), 0, planned(now_ms, settings(tmp_path)))
    calls = shown(of, tmp_path, BoardQuery(ViewName.WEEK)).heats[0]
    assert [24] * 7 == [len(day) for day in calls.cells]
    monday = calls.cells[0]
    assert [("10", 5, False), ("20", 9, True)] == [(cell.text, cell.level, cell.peak) for cell in monday[9:11]]
    assert "Busiest: Monday from 10 h with 20." in calls.summary
    assert ("", -1) == (calls.cells[1][9].text, calls.cells[1][9].level)


def test_the_week_before_it_is_added_up_says_so(tmp_path: Path) -> None:
    """The first minute after a start has no heatmap yet, and a sentence in its place."""
    document = shown(snapshot(), tmp_path, BoardQuery(ViewName.WEEK))
    assert ([], True) == (document.heats, document.problem.startswith("The last four weeks are being added up"))


def test_beats_carry_the_time_and_documents_do_not(tmp_path: Path) -> None:
    """While nothing happens but time passing, the document stays the same: waits are told by their beginning."""
    early = snapshot({SALES: row(live=live_of(waiting=1, undecided=1, longest_wait=5_000))})
    late = replace(
        early,
        now_ms=NOW_MS + 700,
        rows={SALES: row(live=live_of(waiting=1, undecided=1, longest_wait=5_700))},
    )
    composer = Composer(settings(tmp_path))
    documents = [encode(composer.document(View(of, 0), BoardQuery())) for of in (early, late)]
    assert documents[0] == documents[1]
    assert (NOW_MS + 300, True, NOW_MS + 300, 550) == tuple(getattr(beat(View(early, 300)), f) for f in BEAT)


BEAT = ("now_ms", "ticks", "clock_ms", "age_ms")


def test_time_stands_where_nobody_can_read_it() -> None:
    """Ages stop while Redis cannot be read, the clock does not; by the event clock both stop between events."""
    unread = beat(View(snapshot(), 9_000))
    assert (NOW_MS, False, NOW_MS + 9_000) == (unread.now_ms, unread.ticks, unread.clock_ms)
    replayed = beat(View(replace(snapshot(), clock=Clock.EVENT), 300))
    assert (NOW_MS, False, NOW_MS) == (replayed.now_ms, replayed.ticks, replayed.clock_ms)
    never = ChannelHealth(blind=True, blind_reason=NEVER_STARTED)
    assert beat(View(snapshot(health=dict.fromkeys(Channel, never)), 0)).age_ms is None
