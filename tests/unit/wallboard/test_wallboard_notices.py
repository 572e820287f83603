"""Refused events on the wallboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics.snapshot.snapshot import PipelineNumbers, TopicNumbers
from metrics.wallboard import words
from metrics.wallboard.query import BoardQuery
from streams.common.durations import HOUR_MS
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.contract.decoding import REASONS, SKIPPED
from tests.support.board_documents import CHAT, SALES, shown
from tests.support.boards import NOW_MS, row, snapshot


def refused(**topics: dict[str, int]) -> PipelineNumbers:
    return refused_at(NOW_MS, **topics)


def refused_at(moment_ms: int, **topics: dict[str, int]) -> PipelineNumbers:
    return PipelineNumbers(
        {topic: TopicNumbers(rejected=reasons, refused_ms=moment_ms) for topic, reasons in topics.items()}
    )


@pytest.mark.parametrize(
    "pipeline,language,notices",
    [
        (refused(calls={"wrong_partition": 184}), Language.ENGLISH, ["184 events refused: wrong partition."]),
        (refused(calls={"wrong_partition": 184}), Language.SPANISH, ["184 eventos rechazados: partición equivocada."]),
        (refused(calls={"too_old": 1}), Language.ENGLISH, ["1 event refused: too old."]),
        (
            refused(calls={"wrong_key": 16, "wrong_partition": 1_000}, chats={"wrong_key": 4, "unknown_type": 9}),
            Language.ENGLISH,
            ["1,020 events refused: 1,000 wrong partition, 20 wrong key."],
        ),
        (refused(calls={"of_a_newer_release": 2}), Language.ENGLISH, ["2 events refused: of a newer release."]),
        (refused(calls={"unknown_type": 9, "too_old": 0}), Language.ENGLISH, []),
    ],
)
def test_refused_events_are_said_with_their_reasons(
    pipeline: PipelineNumbers, language: Language, notices: list[str], tmp_path: Path
) -> None:
    """Refused events are in no number, so the page counts them by reason, the most frequent first; skipped ones are
    none."""
    document = shown(snapshot({SALES: row()}, pipeline=pipeline), tmp_path, BoardQuery(language=language))
    assert (notices, []) == (document.notices, document.blind)


@pytest.mark.parametrize(
    "query,notices",
    [
        (BoardQuery(), ["5 events refused: 3 too large, 2 too old."]),
        (BoardQuery(channel=Channel.CALL), ["2 events refused: too old."]),
        (BoardQuery(channel=Channel.TICKET), []),
        (BoardQuery(queues=("web",)), ["3 events refused: too large."]),
        (BoardQuery(queues=("nobody",)), ["5 events refused: 3 too large, 2 too old."]),
    ],
)
def test_a_page_says_what_its_channels_lack(query: BoardQuery, notices: list[str], tmp_path: Path) -> None:
    """A page of one channel counts that channel; one whose queues are not known counts all, for that may be why."""
    pipeline = refused(calls={"too_old": 2}, chats={"too_large": 3})
    assert notices == shown(snapshot({SALES: row(), CHAT: row()}, pipeline=pipeline), tmp_path, query).notices


@pytest.mark.parametrize(
    "language,one,several,wrong",
    [
        (
            Language.ENGLISH,
            "1 event is far ahead of all others and is not counted until another confirms its time.",
            "1,002 events are far ahead of all others and are not counted until others confirm their time.",
            "Calls: the clock was wrong because of events with a wrong time; the numbers were counted anew.",
        ),
        (
            Language.SPANISH,
            "1 evento está muy adelantado a todos los demás y no se cuenta hasta que otro confirme su hora.",
            "1002 eventos están muy adelantados a todos los demás y no se cuentan hasta que otros confirmen su hora.",
            "Llamadas: el reloj estaba mal por eventos con una hora equivocada; los números se han contado de nuevo.",
        ),
    ],
)
def test_events_far_ahead_and_wrong_clocks_are_said(
    language: Language, one: str, several: str, wrong: str, tmp_path: Path
) -> None:
    """Events that wait for a confirmation of their time are in no number, and a clock that was wrong is said for a
    day."""

    def notices(channel: Channel | None = None, **topics: TopicNumbers) -> list[str]:
        board = snapshot({SALES: row(), CHAT: row()}, pipeline=PipelineNumbers(topics))
        return shown(board, tmp_path, BoardQuery(channel=channel, language=language)).notices

    calls, chats = TopicNumbers(aside=1), TopicNumbers(aside=1_001)
    assert [one] == notices(calls=calls)
    assert [several] == notices(calls=calls, chats=chats)
    assert [one] == notices(Channel.CALL, calls=calls, chats=chats)
    assert [wrong] == notices(calls=TopicNumbers(reanchored_ms=NOW_MS - 23 * HOUR_MS))
    assert [] == notices(calls=TopicNumbers(reanchored_ms=NOW_MS - 24 * HOUR_MS))


@pytest.mark.parametrize("hours, notices", [(23.9, ["2 events refused: too old."]), (24, [])])
def test_refusals_of_the_last_day_are_said(hours: float, notices: list[str], tmp_path: Path) -> None:
    """A producer that was mended yesterday is no news any more: a notice that never ends is read by nobody."""
    pipeline = refused_at(NOW_MS - int(hours * HOUR_MS), calls={"too_old": 2})
    assert notices == shown(snapshot({SALES: row()}, pipeline=pipeline), tmp_path).notices


def test_where_everything_is_refused_the_empty_page_says_so(tmp_path: Path) -> None:
    """A board without a single queue names the refused events: a producer that sends all to wrong partitions."""
    document = shown(snapshot(pipeline=refused(calls={"wrong_partition": 89})), tmp_path)
    assert ([], ["89 events refused: wrong partition."]) == (document.tiles, document.notices)


def test_every_reason_has_words() -> None:
    """Each reason to refuse an event has its words, and no other has."""
    assert set(REASONS) - SKIPPED == set(words.REFUSALS)
