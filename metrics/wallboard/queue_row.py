"""One queue with all that its tile is made of, and the pieces that tiles of every channel share. Pure."""

from __future__ import annotations

from typing import NamedTuple

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Ratio
from metrics.evaluate.evaluator import Divided, divided
from metrics.planning.plan import outlook_of
from metrics.planning.reachable import Outlook, has_service_level
from metrics.planning.view import View
from metrics.snapshot.opening import Opening
from metrics.snapshot.snapshot import Counts, RowKey, RowNumbers
from metrics.wallboard.figures import count
from metrics.wallboard.model import Band, Figure
from streams.common.languages import Bilingual, Language
from streams.config.policy_book import queue_in_force
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.contract.names import printable

RATIOS = {kpi.name: kpi for kpi in QUEUE_KPIS if isinstance(kpi, Ratio)}


class Row(NamedTuple):
    """A queue with the inputs of its judgement.

    Attributes:
        promise: the policy in force: target, objective and time zone.
        blind: its numbers cannot be trusted.
        reading: they cannot be trusted because history is being read.
        watermark_ms: epoch ms up to which all events are counted; ``None`` where no worker has reported it.
    """

    key: RowKey
    numbers: RowNumbers
    opening: Opening
    promise: QueueSettings
    outlook: Outlook | None
    blind: bool
    reading: bool
    watermark_ms: int | None
    now_ms: int
    zone: str
    language: Language

    @property
    def name(self) -> str:
        """The queue's name as it is shown: characters that nobody can see are escaped."""
        return printable(self.key.queue)

    @property
    def target_ms(self) -> int:
        """The answer target of the queue, in milliseconds."""
        return round(self.promise.target_seconds * 1_000)

    def words(self, text: Bilingual) -> str:
        """A text in the language of the board."""
        return text.of(self.language)

    def figure(self, key: str, label: Bilingual, number: int, band: Band = Band.PLAIN, note: str = "") -> Figure:
        """The figure of a count."""
        return Figure(key, self.words(label), count(number, self.language), note, band=band)

    def since(self, age_ms: int | None) -> int | None:
        """The beginning of what is ``age_ms`` old now, in epoch milliseconds."""
        return None if age_ms is None else self.now_ms - age_ms


def row_of(
    view: View,
    key: RowKey,
    numbers: RowNumbers,
    opening: Opening,
    settings: Settings,
    language: Language,
    *,
    reading: bool = False,
) -> Row:
    """The row of a queue, with the policy in force and the outlook of its day."""
    now_ms = view.snapshot.now_ms
    return Row(
        key=key,
        numbers=numbers,
        opening=opening,
        promise=queue_in_force(settings, key.channel, key.queue, now_ms),
        outlook=outlook_of(view.planning, key, numbers, now_ms, settings) if has_service_level(key.channel) else None,
        blind=bool(view.blind_reason(key.channel)),
        reading=reading,
        watermark_ms=view.snapshot.channels[key.channel].watermark_ms,
        now_ms=now_ms,
        zone=settings.time_zone,
        language=language,
    )


def part_of_ratio(kpi: Ratio, counts: Counts, **labels: str) -> Divided:
    """One series of a ratio of the catalogue."""
    wanted = tuple(labels.items())
    return next(part for part in divided(kpi, counts) if part.labels == wanted)
