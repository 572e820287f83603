"""Sentences above the tiles: why numbers cannot be trusted, and which events were refused or wait. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from math import floor

from metrics.planning.view import View
from metrics.wallboard import words
from metrics.wallboard.figures import count, share
from streams.common.durations import HOUR_MS
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel
from streams.contract.decoding import SKIPPED
from streams.contract.topics import TOPIC_OF

DIFFERING_NAMED = 3
"""Settings named in the banner; /api/v1/snapshot has all."""
READING = "reading"
"""Reason of a channel whose history is being read."""
REFUSED_SHOWN_MS = 24 * HOUR_MS
"""The notice on refused events ends this long after the latest one."""
LARGEST_SHARE = 0.99
"""History of which all but the last second is read is not read yet."""
ROUNDING = 1e-9
"""0.29 × 100 is a little less than 29."""


def blind_sentences(
    view: View,
    channels: Collection[Channel],
    shares: Mapping[Channel, float | None],
    language: Language,
    *,
    zone: str,
    repeats: bool,
) -> list[str]:
    """Sentences on why numbers of ``channels`` cannot be trusted; empty where all can.

    Args:
        view: the newest view.
        channels: those on the page.
        shares: of the channels that read history, the share that is read.
        language: of the sentences.
        zone: time zone of the times in them.
        repeats: the page shows repeats, which need the outcomes of all channels.
    """
    reasons = {
        channel: READING if channel in shares else view.why_blind(channel, language, zone) for channel in channels
    }
    of_repeats = view.why_blind(None, language, zone) if repeats else ""
    return list(_sentences(reasons, of_repeats, shares, language))


def _sentences(
    reasons: Mapping[Channel, str], of_repeats: str, shares: Mapping[Channel, float | None], language: Language
) -> Iterator[str]:
    """``reasons``: by channel, "" where it can be trusted; ``of_repeats``: of the outcomes of all contacts."""
    found = set(reasons.values())
    if len(reasons) > 1 and len(found) == 1 and "" not in found:
        named = {words.EVERY_CHANNEL.of(language): (found.pop(), tuple(reasons))}
    else:
        named = {
            words.CHANNELS[channel].of(language): (reason, (channel,)) for channel, reason in reasons.items() if reason
        }
    for name, (reason, channels) in named.items():
        if reason == READING:
            yield _reading(name, [shares[channel] for channel in channels], language)
        else:
            yield words.NOT_LIVE.of(language).format(channel=name, why=reason)
    if of_repeats and not named:
        yield words.REPEATS_NOT_LIVE.of(language).format(why=of_repeats)


def _reading(name: str, shares: list[float | None], language: Language) -> str:
    """The sentence of channels that read history, with the share of the one that is last."""
    known = [one for one in shares if one is not None]
    if not known:
        return words.READING.of(language).format(channel=name)
    whole = floor(min(*known, LARGEST_SHARE) * 100 + ROUNDING) / 100
    return words.READING_SHARE.of(language).format(channel=name, share=share(whole, language))


def refused_sentences(view: View, channels: Collection[Channel], language: Language) -> list[str]:
    """The sentence on the refused events of ``channels`` since the numbers began; empty without any in the last day.

    They are in no number, so a board on which everything is green can still miss most of what happened.
    """
    since_ms = view.snapshot.wall_ms - REFUSED_SHOWN_MS
    refused: Counter[str] = Counter()
    for channel in channels:
        numbers = view.snapshot.pipeline.topics.get(str(TOPIC_OF[channel]))
        if numbers is not None and numbers.refused_ms > since_ms:
            refused.update({reason: events for reason, events in numbers.rejected.items() if reason not in SKIPPED})
    found = [(reason, events) for reason, events in refused.most_common() if events]
    if not found:
        return []
    total = refused.total()
    parts = [_refusal(reason, events, language, alone=len(found) == 1) for reason, events in found]
    text = words.REFUSED_ONE if total == 1 else words.REFUSED
    return [text.of(language).format(number=count(total, language), reasons=", ".join(parts))]


def clock_sentences(view: View, channels: Collection[Channel], language: Language) -> list[str]:
    """Sentences on events of ``channels`` that wait for a confirmation of their time, and on clocks that were wrong in
    the last day."""
    since_ms = view.snapshot.wall_ms - REFUSED_SHOWN_MS
    found = {channel: view.snapshot.pipeline.topics.get(str(TOPIC_OF[channel])) for channel in channels}
    known = {channel: numbers for channel, numbers in found.items() if numbers is not None}
    sentences = [
        words.REANCHORED.of(language).format(channel=words.CHANNELS[channel].of(language))
        for channel, numbers in known.items()
        if numbers.reanchored_ms > since_ms
    ]
    aside = sum(numbers.aside for numbers in known.values())
    if aside:
        text = words.ASIDE_ONE if aside == 1 else words.ASIDE
        sentences.append(text.of(language).format(number=count(aside, language)))
    return sentences


def _refusal(reason: str, events: int, language: Language, *, alone: bool) -> str:
    # A worker of a newer release may know reasons that this board does not.
    plain = reason.replace("_", " ")
    said = words.REFUSALS.get(reason, Bilingual(plain, plain)).of(language)
    return said if alone else words.REFUSED_PART.of(language).format(number=count(events, language), reason=said)


def setting_sentences(view: View, language: Language) -> list[str]:
    """The sentence on settings of this process that are not those of the numbers; empty where all are."""
    found = view.differing
    if not found:
        return []
    parts = [words.SETTING_DIFFERS.of(language).format_map(each._asdict()) for each in found[:DIFFERING_NAMED]]
    if len(found) > DIFFERING_NAMED:
        parts.append(words.MORE_DIFFER.of(language).format(count=len(found) - DIFFERING_NAMED))
    return [words.SETTINGS_DIFFER.of(language).format(differences="; ".join(parts))]
