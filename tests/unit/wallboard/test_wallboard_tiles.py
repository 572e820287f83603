"""Tiles of the wallboard: their colours in words, and figures that add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.planning.view import View
from metrics.snapshot.snapshot import Counts, RowKey, RowNumbers
from metrics.snapshot.windows import WINDOWS
from metrics.wallboard.compose import Composer
from metrics.wallboard.model import Band
from metrics.wallboard.query import BoardQuery, ViewName
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.facts.tickets.measures import TicketMeasure
from tests.support.board_documents import MAIL, SALES, figures, level, of_today, only_tile, shown
from tests.support.boards import counts, live_of, row, settings, snapshot

PERCENT_ES = "\N{NARROW NO-BREAK SPACE}%"


def test_many_overdue_tickets_are_red(tmp_path: Path) -> None:
    """From the number of the alert on, the figure and its tile are red, whatever the replies of today."""
    numbers = row(live=live_of(open_open=30, overdue=10))
    tile = only_tile(shown(snapshot({MAIL: numbers}), tmp_path))
    assert (Band.RED, "Overdue", Band.RED) == (tile.band, tile.state, figures(tile)["overdue"].band)
    few = only_tile(shown(snapshot({MAIL: numbers}), tmp_path, alert_overdue=11))
    assert (Band.AMBER, Band.AMBER) == (few.band, figures(few)["overdue"].band)


@pytest.mark.parametrize(
    "today,waiting,others,note",
    [
        (of_today(offered=10, answered=9, abandoned=1), 0, "0", ""),
        (
            of_today(offered=20, answered=9, abandoned=2, callback_requested=4) + counts(left_queue={"key": 3}),
            2,
            "9",
            "4 asked for a callback · 3 taken out of the queue · 2 waiting",
        ),
        (of_today(offered=12, answered=8, abandoned=1), 1, "3", "1 waiting · 2 without an outcome"),
        (of_today(offered=8, answered=9), 1, "−1", "1 waiting · −2 from before today"),
        (of_today(answered=1), 0, "−1", "−1 from before today"),
    ],
)
def test_the_numbers_of_today_add_up(today: Counts, waiting: int, others: str, note: str, tmp_path: Path) -> None:
    """Offered is answered, abandoned and others, and the parts of the others are named with their sign."""
    tile = only_tile(shown(snapshot({SALES: row(today, live_of(waiting=waiting))}), tmp_path))
    found = figures(tile)
    assert (others, note) == (found["others"].text, found["others"].note)
    whole = [int(found[key].text.replace("−", "-")) for key in ("offered", "answered", "abandoned", "others")]
    assert whole[0] == sum(whole[1:])
    assert whole[3] == sum(int(part.replace("−", "-").split()[0]) for part in note.split(" · ") if part)


@pytest.mark.parametrize(
    "today,note,spanish",
    [
        (of_today(answered=203, abandoned=10, short_abandoned=5), "5 of them short · 2.4%", "5 de ellos cortos · 2,4"),
        (of_today(answered=203, abandoned=5), "2.4%", "2,4"),
        (of_today(answered=1, abandoned=3, short_abandoned=2), "2 of them short", "2 de ellos cortos"),
        (of_today(answered=1, abandoned=1, short_abandoned=1), "1 of them short", "1 de ellos corto"),
        (of_today(answered=9), "", ""),
        (of_today(answered=10), "0.0%", "0,0"),
    ],
)
def test_abandons_say_how_many_are_short(today: Counts, note: str, spanish: str, tmp_path: Path) -> None:
    """The count has all abandons and the rate none of the short ones, so the note says how many those are."""
    of = snapshot({SALES: row(today)})
    assert note == figures(only_tile(shown(of, tmp_path)))["abandoned"].note
    found = figures(only_tile(shown(of, tmp_path, BoardQuery(language=Language.SPANISH))))["abandoned"].note
    assert spanish == found.removesuffix(PERCENT_ES)


def levels_in(**met_of_judged: tuple[int, int]) -> RowNumbers:
    """A row with met and judged legs by window; ``w30m`` for 30m."""
    inside = {window.removeprefix("w"): level for window, level in met_of_judged.items()}
    return RowNumbers(
        {
            window: of_today(answered_within=met, reached_target=judged - met)
            for window in WINDOWS
            for met, judged in [inside.get(window, (0, 0))]
        }
    )


def test_green_now_and_a_day_far_below_are_both_said(tmp_path: Path) -> None:
    """A queue on its objective now is green though today is far below, says both, and its figure of today is red."""
    numbers = levels_in(w30m=(18, 20), today=(30, 100))
    tile = only_tile(shown(snapshot({SALES: numbers}), tmp_path))
    assert (Band.GREEN, "On objective now, day below") == (tile.band, tile.state)
    assert [Band.GREEN, Band.RED] == [level.band for level in tile.levels]
    spanish = only_tile(shown(snapshot({SALES: numbers}), tmp_path, BoardQuery(language=Language.SPANISH)))
    assert "Cumple ahora, el día no" == spanish.state


@pytest.mark.parametrize(
    "week,band,state",
    [
        ((56, 56), Band.GREEN, "7 days: on objective"),
        ((42, 56), Band.AMBER, "7 days: below objective"),
        ((0, 56), Band.RED, "7 days: far below"),
    ],
)
def test_a_small_queue_has_the_colour_of_its_week(
    week: tuple[int, int], band: Band, state: str, tmp_path: Path
) -> None:
    """Eight calls a day are too few for half an hour: the tile takes the colour of seven days and shows them."""
    tile = only_tile(shown(snapshot({SALES: levels_in(w30m=(0, 1), today=(0, 8), w7d=week)}), tmp_path))
    assert (band, state, None) == (tile.band, tile.state, tile.trend)
    assert ["30m", "today", "7d"] == [level.key for level in tile.levels]
    assert [Band.PLAIN, Band.PLAIN, band] == [level.band for level in tile.levels]
    assert f"{week[0]} of {week[1]}" == level(tile, "7d")[1]


def test_a_small_ticket_queue_has_the_colour_of_its_week(tmp_path: Path) -> None:
    """Few first replies today: those of seven days colour the tile and stand beside those of today."""
    late = counts({TicketMeasure.RESPONSE_TARGET_JUDGED: 30})
    numbers = RowNumbers({window: late if window in ("7d", "28d") else Counts() for window in WINDOWS})
    tile = only_tile(shown(snapshot({MAIL: numbers}), tmp_path))
    assert (Band.RED, "7 days: far below") == (tile.band, tile.state)
    assert [("7d", Band.RED), ("today", Band.PLAIN)] == [(level.key, level.band) for level in tile.levels]


@pytest.mark.parametrize("offered,band", [(11, Band.RED), (5, Band.RED), (4, Band.PLAIN)])
@pytest.mark.parametrize(
    "language,state,sentence",
    [
        (Language.ENGLISH, "All hung up", "{offered} offered, all hung up within 5\N{NO-BREAK SPACE}s"),
        (Language.SPANISH, "Todos colgaron", "{offered} ofrecidos, todos colgaron en 5\N{NO-BREAK SPACE}s o menos"),
    ],
)
def test_callers_who_all_hang_up_are_no_silence(
    offered: int, band: Band, language: Language, state: str, sentence: str, tmp_path: Path
) -> None:
    """A queue whose callers all hang up at once says so in words and is red from five on in half an hour."""
    early = dict.fromkeys(("offered", "abandoned", "short_abandoned", "abandoned_within", "short_within"), offered)
    tile = only_tile(shown(snapshot({SALES: row(of_today(**early))}), tmp_path, BoardQuery(language=language)))
    assert (band, state) == (tile.band, tile.state)
    assert [(sentence.format(offered=offered), False)] * 2 == [(level.text, level.ratio) for level in tile.levels]


def test_one_who_was_judged_ends_the_words_and_not_the_minute(tmp_path: Path) -> None:
    """While red is held for a minute after somebody was answered, the number that is over is not repeated."""
    composer = Composer(settings(tmp_path))
    early = dict.fromkeys(("offered", "abandoned", "short_abandoned", "abandoned_within", "short_within"), 6)
    answered = of_today(**{**early, "offered": 7, "answered": 1, "answered_within": 1})
    said = []
    for numbers in (of_today(**early), answered):
        document = composer.document(View(snapshot({SALES: row(numbers)}), 0), BoardQuery())
        tile = only_tile(document)
        said.append((tile.band, tile.state, level(tile)[0][:9]))
    assert [(Band.RED, "All hung up", "6 offered"), (Band.RED, "All hung up", "1 of 1")] == said


def test_invisible_characters_of_a_name_are_shown(tmp_path: Path) -> None:
    """A name of old numbers that turns its letters around is shown with the character escaped; its link stays."""
    key = RowKey(Channel.CALL, "sa\u202eles\n")
    tile = only_tile(shown(snapshot({key: row()}), tmp_path))
    assert ("sa\\u202eles\\n", True) == (tile.queue, "queue=sa%E2%80%AEles%0A&" in tile.link)
    own = shown(snapshot({key: row()}), tmp_path, BoardQuery(ViewName.QUEUE, (key.queue,)))
    assert "sa\\u202eles\\n" == own.title
    assert "\u202e" not in shown(snapshot(), tmp_path, BoardQuery(queues=(key.queue,))).problem
