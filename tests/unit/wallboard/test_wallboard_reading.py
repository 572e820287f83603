"""History that is being read: its share, and the alarm where it does not go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metrics.planning.view import View
from metrics.snapshot.blindness import BEHIND, HEARTBEAT
from metrics.snapshot.snapshot import ChannelHealth, PipelineNumbers, Snapshot, TopicNumbers
from metrics.wallboard.compose import Composer
from metrics.wallboard.model import Band, Document
from metrics.wallboard.query import BoardQuery, ViewName
from metrics.wallboard.reading import HISTORY_MS, PATIENCE_MS
from streams.common.durations import DAY_MS, HOUR_MS, SECOND_MS
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from tests.support.board_documents import CHAT, SALES
from tests.support.boards import ICMI, NOW_MS, counts, row, settings, snapshot

NARROW = "\N{NARROW NO-BREAK SPACE}"


def behind(distance_ms: int, reason: str = BEHIND, at_ms: int = NOW_MS) -> Snapshot:
    """Calls that are ``distance_ms`` behind now, 63 of 100 events read, and chats that are not behind."""
    found = snapshot(
        {SALES: row(counts(ICMI)), CHAT: row()},
        {Channel.CALL: ChannelHealth(True, reason, distance_ms, at_ms - distance_ms)},
        PipelineNumbers(
            topics={"calls": TopicNumbers(applied=60, rejected={"too_old": 3}), "chats": TopicNumbers(applied=1)},
            lag={("calls", 0): 30, ("calls", 1): 7, ("chats", 0): 1_000},
        ),
    )
    return replace(found, now_ms=at_ms, wall_ms=at_ms)


def shown(composer: Composer, of: Snapshot, language: Language = Language.ENGLISH) -> Document:
    return composer.document(View(of, 0), BoardQuery(language=language))


@pytest.mark.parametrize(
    "language,sentence,state",
    [
        (Language.ENGLISH, "Calls: reading history, 63%.", "Reading history"),
        (Language.SPANISH, f"Llamadas: leyendo histórico, 63{NARROW}%.", "Leyendo histórico"),
    ],
)
def test_history_that_is_read_is_no_alarm(language: Language, sentence: str, state: str, tmp_path: Path) -> None:
    """The page says which share of history is read; the tiles of that channel are grey and say so, others are not."""
    document = shown(Composer(settings(tmp_path)), behind(3 * DAY_MS), language)
    assert ([sentence], True) == (document.blind, document.reading)
    assert [(Band.BLIND, state), (Band.PLAIN, "No traffic" if language is Language.ENGLISH else "Sin tráfico")] == [
        (tile.band, tile.state) for tile in document.tiles
    ]


@pytest.mark.parametrize(
    "of,sentence",
    [
        (behind(HISTORY_MS - 1), "Calls: numbers are not live, the worker lags behind."),
        (behind(HISTORY_MS), "Calls: reading history, 63%."),
        (behind(3 * DAY_MS, HEARTBEAT), "Calls: numbers are not live, the worker is silent."),
    ],
)
def test_a_worker_that_lags_or_is_silent_is_an_alarm(of: Snapshot, sentence: str, tmp_path: Path) -> None:
    """A worker seconds behind now does not read history, and a silent one reads nothing."""
    document = shown(Composer(settings(tmp_path)), of)
    assert ([sentence], "history" in sentence) == (document.blind, document.reading)


def test_a_worker_that_comes_no_nearer_is_an_alarm(tmp_path: Path) -> None:
    """History that does not get shorter for half a minute is one that nobody reads; once it does, it is read again."""
    composer = Composer(settings(tmp_path))
    found = []
    looks = [
        (0, 5 * HOUR_MS),
        (20, 4 * HOUR_MS),
        (50, 4 * HOUR_MS),
        (51, 4 * HOUR_MS + 1_000),
        (60, HOUR_MS),
        (70, 11_000),
    ]
    for second, distance_ms in looks:
        found.append(shown(composer, behind(distance_ms, at_ms=NOW_MS + second * SECOND_MS)).reading)
    assert [True, True, True, False, True, True] == found
    assert PATIENCE_MS == 30 * SECOND_MS


def test_the_share_is_that_of_the_time_while_history_is_still_written(tmp_path: Path) -> None:
    """At the end of a log that grows, most of the time can still lie ahead: the lesser share is shown."""
    composer = Composer(settings(tmp_path))
    said = [
        shown(composer, behind(distance_ms, at_ms=NOW_MS + second * SECOND_MS)).blind
        for second, distance_ms in ((0, 8 * DAY_MS), (1, 6 * DAY_MS), (2, DAY_MS))
    ]
    assert [
        ["Calls: reading history, 63%."],
        ["Calls: reading history, 25%."],
        ["Calls: reading history, 63%."],
    ] == said


def test_all_channels_are_one_sentence_with_the_last_one(tmp_path: Path) -> None:
    """Where every channel reads history the page says it once, with the share of the one that is last."""
    of = behind(DAY_MS)
    late = ChannelHealth(True, BEHIND, DAY_MS, NOW_MS - DAY_MS)
    of = replace(of, channels=dict.fromkeys(Channel, late), pipeline=replace(of.pipeline, lag={("calls", 0): 37}))
    assert ["All channels: reading history, 63%."] == shown(Composer(settings(tmp_path)), of).blind


def test_history_that_is_all_but_read_is_not_read(tmp_path: Path) -> None:
    """A hundred per cent would say that the numbers are live; without any count there is no share."""
    of = behind(DAY_MS)
    pipeline = PipelineNumbers(topics={"calls": TopicNumbers(applied=1_000_000)}, lag={("calls", 0): 1})
    assert ["Calls: reading history, 99%."] == shown(Composer(settings(tmp_path)), replace(of, pipeline=pipeline)).blind
    unknown = shown(Composer(settings(tmp_path)), replace(of, pipeline=PipelineNumbers()))
    assert ["Calls: reading history."] == unknown.blind


def test_a_page_of_other_channels_does_not_speak_of_it(tmp_path: Path) -> None:
    """A page without tiles of the channel has no sentence about it."""
    composer = Composer(settings(tmp_path))
    document = composer.document(View(behind(DAY_MS), 0), BoardQuery(ViewName.QUEUE, ("web",)))
    assert ([], False) == (document.blind, document.reading)
