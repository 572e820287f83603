"""Recount of a partition: all events of a contact folded at once, its contributions summed by slice. Pure.

The worker adds and takes back differences, event by event, for as long as a contact lives. Nothing of that is used
here: the facts of a contact are merged once, judged once, and added once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from streams.common.errors import InvalidEvent
from streams.common.renames import Renames
from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.facts.domains import parts
from streams.facts.shared.contributions import Amounts, Contributions, Stage
from streams.facts.shared.domain import Domain
from streams.facts.shared.policy import PolicyBook
from streams.facts.shared.states import encode_state
from streams.numbers.tiers import QUARTER, SLICE_MS, TIER_OF, TIERS
from streams.store.registry import Registry

Slice = tuple[str, int, int]
"""Letter of the tier, number of the slice, id of the row."""
Cells = dict[int, int]
Slack = dict[int, tuple[int, int]]
"""Code of a single measure → the least and the greatest amount by which the stored one may differ."""

Flat = dict[tuple[Slice, int], int]
"""Amounts by slice and code of a single measure."""
MOST_JOINED = 64
"""Lives of one contact that are read as one at most: the work grows with the square."""


class Arrived(NamedTuple):
    """An accepted event: the offset of its record, and the partition's clock before it (epoch ms)."""

    offset: int
    clock_ms: int | None
    event: Decoded


class Known(NamedTuple):
    """Stored state of a contact of which the log no longer has every event: its facts and its policy book."""

    facts: Any
    book: int


class Extent(NamedTuple):
    """Slices that are compared: a range of whole quarters of an hour, in each tier as far back as it is kept.

    ``from_ms`` and ``to_ms`` (epoch ms) may be ``None`` for all; ``oldest`` is the last number of a slice past its
    retention, by the letter of the tier.
    """

    from_ms: int | None
    to_ms: int | None
    oldest: Mapping[str, int]

    def holds(self, start_ms: int) -> bool:
        """True of the start of a slice within the range."""
        quarter_ms = start_ms - start_ms % QUARTER.width_ms
        return (self.from_ms is None or quarter_ms >= self.from_ms) and (self.to_ms is None or quarter_ms < self.to_ms)

    def keeps(self, letter: str, number: int) -> bool:
        """True of a slice within the range and its tier's retention."""
        return number > self.oldest[letter] and self.holds(number * TIER_OF[letter].width_ms)


class Judgement(NamedTuple):
    """Inputs of a recount beside the events.

    Attributes:
        domain: of the topic.
        names: registry of the stored names.
        books: policy books by id.
        book_of: id of the book for a contact whose first record has this offset.
        pseudonym: keyed hash of identifiers.
        keep_ms: lifetime of a state after its newest event.
        clock_ms: the partition's clock at the position of the stored numbers.
        facts_limit_bytes: largest packed facts of a contact.
        live: contacts with stored live entries.
        renames: earlier names of queues.
    """

    domain: Domain[Any]
    names: Registry
    books: Mapping[int, PolicyBook]
    book_of: Callable[[int], int]
    pseudonym: Pseudonym
    keep_ms: int
    clock_ms: int
    facts_limit_bytes: int
    live: Collection[str]
    renames: Renames


class Recount:
    """Sums of the contributions of contacts, added one contact after the other.

    Attributes:
        sums: amounts by slice and counter code.
        slack: tolerance by slice, of contacts that came back after their state may have expired.
        unsure: number of such contacts.
    """

    def __init__(self, judgement: Judgement, extent: Extent) -> None:
        self._by = judgement
        self._extent = extent
        self._keeping = {entry.letter for entry in judgement.domain.live if entry.keeps_state}
        self.sums: dict[Slice, Cells] = {}
        self.slack: dict[Slice, Slack] = {}
        self.unsure = 0

    def add(self, subject: str, arrived: Sequence[Arrived], known: Known | None = None) -> None:
        """Add a contact; ``arrived`` is in the order of the log."""
        *sealed, arrived = self._sealed(arrived)
        for each in sealed:
            self._add_lives(subject, each, None)
        self._add_lives(subject, arrived, known)

    def _sealed(self, arrived: Sequence[Arrived]) -> list[Sequence[Arrived]]:
        """The events cut before each that drops facts, because what those before it had added stays."""
        seals = self._by.domain.seals
        if seals is None:
            return [arrived]
        segments: list[list[Arrived]] = [[]]
        facts: Any = None
        for each in arrived:
            if seals(each.event):
                sealed, _ = self._by.domain.fold(facts, [each.event], self._by.pseudonym)
                if sealed == facts:  # the same one again
                    continue
                facts = sealed
                segments.append([])
            segments[-1].append(each)
        return list(segments)

    def _add_lives(self, subject: str, arrived: Sequence[Arrived], known: Known | None) -> None:
        lives = list(self._lives(arrived)) or [[]]
        last = len(lives) - 1
        for number, life in enumerate(lives):
            for key, cells in self._amounts_of(subject, life, known, is_last=number == last).items():
                _add(self.sums.setdefault(key, {}), cells)
        if last:
            self.unsure += 1
            self._allow(subject, lives, known)

    def _amounts_of(
        self, subject: str, life: Sequence[Arrived], known: Known | None, *, is_last: bool
    ) -> dict[Slice, Cells]:
        """Amounts of one life of a contact; ``known`` is of the last one."""
        judged = self._facts(life, known if is_last else None)
        if judged is None:
            return {}
        return self._by_slice(self._judge(subject, *judged, is_last=is_last).amounts)

    def _lives(self, arrived: Sequence[Arrived]) -> Iterator[list[Arrived]]:
        """The events cut where the state had expired before the next one came."""
        life: list[Arrived] = []
        newest_ms = 0
        for each in arrived:
            if (
                life
                and each.clock_ms is not None
                and each.clock_ms >= newest_ms + self._by.keep_ms
                and not self._is_kept(life)
            ):
                yield life
                life = []
            time_ms = each.event[1]
            newest_ms = max(newest_ms, time_ms) if life else time_ms
            life.append(each)
        if life:
            yield life

    def _is_kept(self, life: Sequence[Arrived]) -> bool:
        """True if a live entry keeps the state however old its events are, as of an open ticket, or a tombstone."""
        if self._by.domain.seals is not None and self._by.domain.seals(life[0].event):
            return True
        if not self._keeping:
            return False
        judged = self._facts(life, None)
        return judged is not None and any(
            key[0] in self._keeping for key in self._contributions(*judged, Stage.KEPT).live
        )

    def _facts(self, life: Sequence[Arrived], known: Known | None) -> tuple[Any, int] | None:
        """Facts of a contact and the id of its policy book; ``None`` where every event is past its bounds."""
        events = [each.event for each in life]
        if known is not None:
            return self._merged(events, known), known.book
        facts = self._folded(None, events)
        return None if facts is None else (facts, self._by.book_of(life[0].offset))

    def _merged(self, events: Sequence[Decoded], known: Known) -> Any:
        """The facts by the log alone where it has them all, else those stored with the log's merged into them."""
        merged = self._folded(known.facts, events) if events else known.facts
        alone = self._folded(None, events) if events else None
        return alone if alone == merged else merged

    def _folded(self, facts: Any, events: Sequence[Decoded]) -> Any:
        """Facts with all events; past a bound of the contact one by one, in the order of the log."""
        fold, pseudonym, limit = self._by.domain.fold, self._by.pseudonym, self._by.facts_limit_bytes
        try:
            merged, _ = fold(facts, events, pseudonym)
            if len(encode_state(merged)) <= limit:
                return merged
        except InvalidEvent:
            pass
        for event in events:
            try:
                candidate, _ = fold(facts, [event], pseudonym)
            except InvalidEvent:
                continue
            if len(encode_state(candidate)) <= limit:
                facts = candidate
        return facts

    def _contributions(self, facts: Any, book: int, stage: Stage) -> Contributions:
        by = self._by
        if by.renames:
            facts = by.domain.unmoved(facts, by.renames)
        return by.domain.contributions(facts, by.books[book], by.names, stage)

    def _judge(self, subject: str, facts: Any, book: int, *, is_last: bool) -> Contributions:
        """Contributions of the facts: of a state that has expired if it is stored no longer."""
        contributed = self._contributions(facts, book, Stage.KEPT)
        if not contributed.live:
            return contributed
        is_kept = any(key[0] in self._keeping for key in contributed.live)
        is_over = not is_kept and self._by.clock_ms >= facts.newest_ms + self._by.keep_ms
        if not is_last or (is_over and subject not in self._by.live):
            return self._contributions(facts, book, Stage.EXPIRED)
        return contributed

    def _by_slice(self, amounts: Amounts) -> dict[Slice, Cells]:
        """The amounts in each slice of each tier that is compared."""
        extent = self._extent
        present = self._by.names.present if self._by.renames else None
        found: dict[Slice, Cells] = {}
        for (number, row), cells in amounts.items():
            start_ms = number * SLICE_MS
            if not extent.holds(start_ms):
                continue
            shown = row if present is None else present(row)
            for tier in TIERS:
                unit = start_ms // tier.width_ms
                if unit > extent.oldest[tier.letter]:
                    _add(found.setdefault((tier.letter, unit, shown), {}), cells)
        return found

    def _allow(self, subject: str, lives: Sequence[list[Arrived]], known: Known | None) -> None:
        """Allow every reading of a contact in which some lives are one: the worker expires a state some time after its
        end, and one that it had not expired yet lives on."""
        count = len(lives)
        joined: dict[tuple[int, int], Flat] = {}
        for first in range(count):
            life: list[Arrived] = []
            for end in range(first + 1, min(first + MOST_JOINED, count) + 1):
                life += lives[end - 1]
                joined[first, end] = _flat(self._amounts_of(subject, life, known, is_last=end == count))
        for key, code in {key for amounts in joined.values() for key in amounts}:
            ours = sum(joined[number, number + 1].get((key, code), 0) for number in range(count))
            least, greatest = _bounds(joined, count, (key, code))
            slack = self.slack.setdefault(key, {})
            before = slack.get(code, (0, 0))
            slack[code] = before[0] + least - ours, before[1] + greatest - ours


def _flat(amounts: Mapping[Slice, Cells]) -> Flat:
    return {(key, code): amount for key, cells in amounts.items() for code, amount in single(cells).items()}


def _bounds(joined: Mapping[tuple[int, int], Flat], count: int, amount: tuple[Slice, int]) -> tuple[int, int]:
    """The least and the greatest sum of one amount over every way to join neighbouring lives."""
    least, greatest = [0], [0]
    for end in range(1, count + 1):
        ways = [(first, joined[first, end].get(amount, 0)) for first in range(max(0, end - MOST_JOINED), end)]
        least.append(min(least[first] + own for first, own in ways))
        greatest.append(max(greatest[first] + own for first, own in ways))
    return least[count], greatest[count]


def _add(into: Cells, cells: Mapping[int, int]) -> None:
    for code, amount in cells.items():
        into[code] = into.get(code, 0) + amount


def single(cells: Mapping[int, int]) -> Cells:
    """The amounts by the codes of single measures and buckets; no zeros."""
    found: Cells = {}
    for code, amount in cells.items():
        for part in parts(code):
            found[part] = found.get(part, 0) + amount
    return {code: amount for code, amount in found.items() if amount}
