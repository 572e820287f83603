"""The range that can be recomputed: what the log no longer has, and under which settings contacts were judged."""

from __future__ import annotations

from streams.reconcile.reach import Cut, Log, cuts, is_whole
from streams.reconcile.run import whole_quarters
from streams.store.judged import ENTRIES_KEPT, HEAD_JUDGED, Judged, book_at, judged_fields, read_judged

DAY = 86_400_000
BEGUN = Judged(0, None, 1, "now")


def head_of(*entries: Judged) -> dict[bytes, bytes]:
    """The head of a partition after owners with these stretches."""
    head: dict[bytes, bytes] = {}
    for each in entries:
        for value in judged_fields(head, *(each.position, each.clock_ms, each.book, each.rules))[1:]:
            head[HEAD_JUDGED.encode()] = value.encode()
    return head


def cut(log: Log, *history: Judged, books: int = 1) -> list[Cut]:
    """Cuts of a partition on day 100 that keeps states for 8 days."""
    return list(
        cuts(log, history, "now", books=books, clock_ms=100 * DAY, keep_ms=8 * DAY, reach_ms=8 * DAY, tail_ms=0)
    )


def test_an_owner_with_the_same_settings_adds_nothing() -> None:
    """The history has an entry a change, at the offset from which on it held."""
    other = Judged(70, 5, 2, "now")
    assert [BEGUN, other] == read_judged(head_of(BEGUN, Judged(9, 5, 1, "now"), other, Judged(80, 5, 2, "now")))


def test_an_owner_that_committed_no_record_is_forgotten() -> None:
    """At one position the last owner's settings hold."""
    assert [BEGUN, Judged(70, 5, 3, "now")] == read_judged(
        head_of(BEGUN, Judged(70, 5, 2, "now"), Judged(70, 5, 3, "now"))
    )


def test_the_history_is_bounded() -> None:
    """The oldest changes are forgotten."""
    entries = [Judged(number, 5, number % 2, "now") for number in range(ENTRIES_KEPT + 3)]
    assert entries[3:] == read_judged(head_of(*entries))


def test_a_contact_has_the_book_of_its_first_record() -> None:
    """The book is that of the last change at or before the record; before the first only a single one is known."""
    history = [Judged(50, 5, 1, "now"), Judged(70, 9, 2, "now")]
    assert [None, 1, 1, 2, 2] == [book_at(history, (1, 2), offset) for offset in (49, 50, 69, 70, 71)]
    assert 4 == book_at([], (4,), 10)


def test_a_whole_log_is_not_cut() -> None:
    """Numbers that begin where the log begins can all be recomputed."""
    assert [] == cut(Log(0, 1), BEGUN)
    assert [] == cut(Log(500, 1), Judged(500, None, 1, "now"))
    assert not is_whole(Log(501, 1), [Judged(500, None, 1, "now")])


def test_a_log_without_its_beginning() -> None:
    """Contacts of before the log's start may be unknown for as long as an event may come late, or, once their states
    have expired, until the last of them expired."""
    reason = "the log no longer has all the events of earlier contacts"
    assert [Cut(78 * DAY, reason)] == cut(Log(9, 70 * DAY), BEGUN)
    assert [Cut(92 * DAY, reason)] == cut(Log(9, 99 * DAY), BEGUN)
    assert [Cut(92 * DAY, reason)] == cut(Log(9, None), BEGUN)


def test_other_settings_of_before() -> None:
    """Contacts counted under other settings may add to slices for as long as their states live."""
    reason = "earlier contacts were counted under other settings"
    assert [Cut(58 * DAY, reason)] == cut(Log(0, 1), Judged(0, None, 1, "then"), Judged(7, 50 * DAY, 1, "now"))
    assert [Cut(108 * DAY, reason)] == cut(Log(0, 1), BEGUN, Judged(7, 50 * DAY, 1, "then"))


def test_policies_that_nobody_noted() -> None:
    """Numbers of an earlier release with one policy book are recomputed, those with several from the history on."""
    reason = "the policies of earlier contacts were not noted by the release that counted them"
    assert [] == cut(Log(0, 1))
    assert [Cut(108 * DAY, reason)] == cut(Log(0, 1), books=2)
    assert [Cut(58 * DAY, reason)] == cut(Log(0, 1), Judged(7, 50 * DAY, 2, "now"), books=2)


def test_a_range_is_widened_to_whole_quarters() -> None:
    """All tiers share the edges of a quarter of an hour."""
    assert (900_000, 1_800_000) == whole_quarters(900_001, 1_799_999)
    assert (900_000, 1_800_000) == whole_quarters(900_000, 1_800_000)
    assert (None, None) == whole_quarters(None, None)
