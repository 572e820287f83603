"""Numbers and times as each language writes them, in the centre's time zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from metrics.snapshot.instants import writable_ms
from metrics.snapshot.states import State
from metrics.wallboard import words
from streams.common.languages import Language

NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
DASH = "–"
MINUS = "\N{MINUS SIGN}"
SEPARATOR = " · "
PER_MILLE = 1_000
MILLISECONDS = 1_000
_DECIMALS = {Language.ENGLISH: ".", Language.SPANISH: ","}
_THOUSANDS = {Language.ENGLISH: ",", Language.SPANISH: "."}
_GROUPED_FROM = {Language.ENGLISH: 1_000, Language.SPANISH: 10_000}
"""Spanish writes four digits without a separator."""


def count(number: int, language: Language) -> str:
    """A whole number with its thousands separated: ``12345`` as 12,345 or 12.345."""
    text = f"{number:,}" if abs(number) >= _GROUPED_FROM[language] else str(number)
    return text.replace(",", _THOUSANDS[language])


def decimal(number: float, language: Language) -> str:
    """A number with one decimal place."""
    whole, _, part = f"{number:.1f}".partition(".")
    return f"{whole}{_DECIMALS[language]}{part}"


def percent(numerator: int, denominator: int, language: Language) -> str:
    """A quotient as a percentage with one decimal place, cut and not rounded: 80.0 % is never shown below 80 %."""
    whole, part = divmod(numerator * PER_MILLE // denominator, 10)
    sign = "%" if language is Language.ENGLISH else f"{NARROW}%"
    return f"100{sign}" if numerator == denominator else f"{whole}{_DECIMALS[language]}{part}{sign}"


def share(ratio: float, language: Language) -> str:
    """A ratio from the settings as a percentage, such as 0.8, without needless decimals."""
    text = f"{ratio * 100:.1f}".removesuffix(".0").replace(".", _DECIMALS[language])
    return f"{text}%" if language is Language.ENGLISH else f"{text}{NARROW}%"


def part_of(numerator: int, denominator: int, language: Language) -> str:
    """Two counts as ``n of N``."""
    return words.OF.of(language).format(part=count(numerator, language), whole=count(denominator, language))


def quotient(numerator: int, denominator: int, state: State, language: Language) -> tuple[str, str, bool]:
    """A ratio as ``(text, note, whether the text is a percentage)``: counts for few contacts, words for none."""
    if denominator == 0:
        note = words.NOBODY_JUDGED.of(language) if state is State.PENDING else ""
        return (DASH if state is State.BLIND else words.STATES[state].of(language)), note, False
    counts = part_of(numerator, denominator, language)
    if state is State.FEW:
        return counts, words.FEW_NOTE.of(language), False
    return percent(numerator, denominator, language), counts, True


def seconds(duration_ms: float, language: Language) -> str:
    """A short duration, given in milliseconds: 20 s, 2.5 s, 1:05."""
    if duration_ms < 60 * MILLISECONDS:
        value = duration_ms / MILLISECONDS
        text = str(int(value)) if value == int(value) else decimal(value, language)
        return f"{text}{NO_BREAK}s"
    minutes, rest = divmod(round(duration_ms / MILLISECONDS), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(length_ms: int, language: Language) -> str:
    """A setting of whole seconds, given in milliseconds, in its largest unit without a rest: 7 days, 36 hours, 90
    minutes."""
    unit_ms, one, several = next((span for span in words.SPANS if length_ms % span[0] == 0), words.SPANS[-1])
    number = length_ms // unit_ms
    return one.of(language) if number == 1 else several.of(language).format(number=number)


def opening_text(at_ms: int, now_ms: int, zone: str, language: Language) -> str:
    """The next opening of a queue in the centre's time zone: today 15:00, Mon 09:00, 24/12 09:00."""
    at, now = (
        datetime.fromtimestamp(writable_ms(ms) / MILLISECONDS, UTC).astimezone(ZoneInfo(zone)) for ms in (at_ms, now_ms)
    )
    time, days = f"{at:%H:%M}", (at.date() - now.date()).days
    if days == 0:
        return words.TODAY_AT.of(language).format(time=time)
    if days < 7:
        return f"{words.SHORT_WEEKDAYS[at.weekday()].of(language)} {time}"
    return f"{at.day}/{at.month} {time}"
