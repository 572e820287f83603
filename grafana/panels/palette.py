"""Palette of the numbers: words and colours for values, the same everywhere, safe for colour-blind eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from grafana_foundation_sdk.models import dashboard as sdk

from grafana.panels.words import STATES
from metrics.snapshot.blindness import BLIND_REASONS
from metrics.snapshot.states import State
from streams.common.languages import Bilingual, Language

GOOD, CLOSE, BAD, GREY, CALM = "#009E73", "#E69F00", "#D55E00", "#7F7F7F", "text"
"""Okabe and Ito's palette: these colours differ for every kind of colour blindness."""
CLOSE_POINTS = 0.10
"""Amber down to this distance below the objective, a ratio."""

NOBODY_COUNTED, TOO_FEW_COUNTED = -1_000_001, -1_000_002
"""Codes of an expression without a number: nobody counted, or too few. They are far from any number of a tile, and a
tile shows them as words. An exporter that is down has no code at all, so it never looks like an idle one."""

STATE_CODES: Mapping[State, int] = {state: code for code, state in enumerate(reversed(State))}
"""Code of each state: 0 is fine, and the highest code hides the others."""
_STATE_COLOURS = {State.BLIND: GREY, State.PENDING: CLOSE, State.ABANDONED_EARLY: BAD, State.OK: GOOD}


BLIND_CODES: Mapping[str, int] = {reason: code for code, reason in enumerate(BLIND_REASONS, start=1)}
"""Code of each reason for blindness; 0 is sight."""


@dataclass(frozen=True)
class Scale:
    """Colours and words of a number.

    Attributes:
        steps: the colour from a value on, the first from the least.
        said: words by value.
        ranges: words from a value to a value; the first match is shown.
    """

    steps: tuple[tuple[float | None, str], ...] = ((None, CALM),)
    said: tuple[tuple[int, Bilingual, str], ...] = ()
    ranges: tuple[tuple[float | None, float | None, Bilingual, str], ...] = ()


SCALES: Mapping[str, Scale] = {
    "": Scale(),
    "blind": Scale(
        said=(
            (0, Bilingual("up to date", "al día"), GOOD),
            (1, Bilingual("BLIND: do not trust the numbers", "A CIEGAS: no se fíe de los números"), GREY),
        )
    ),
    "blind_reason": Scale(
        said=(
            (0, Bilingual("sees", "ve"), GOOD),
            *((code, BLIND_REASONS[reason].why, GREY) for reason, code in BLIND_CODES.items()),
        )
    ),
    "state": Scale(said=tuple((STATE_CODES[state], STATES[state], _STATE_COLOURS.get(state, CALM)) for state in State)),
    "open": Scale(said=((0, Bilingual("closed", "cerrada"), CALM), (1, Bilingual("open", "abierta"), GOOD))),
    "points": Scale(((None, BAD), (-CLOSE_POINTS, CLOSE), (0, GOOD))),
    "objective": Scale(
        ranges=(
            (0, None, Bilingual("met", "cumple"), GOOD),
            (-CLOSE_POINTS, 0, Bilingual("close", "cerca"), CLOSE),
            (None, -CLOSE_POINTS, Bilingual("below", "por debajo"), BAD),
        )
    ),
    "unwanted": Scale(((None, CALM), (1, CLOSE))),
    "unwanted_share": Scale(((None, CALM), (0.05, CLOSE), (0.10, BAD))),
    "budget": Scale(((None, BAD), (0, CLOSE), (0.25, GOOD))),
    "burn": Scale(((None, GOOD), (1, CLOSE), (2, BAD))),
    "age": Scale(((None, CALM), (5, CLOSE), (10, BAD))),
    "exporters": Scale(((None, BAD), (1, GOOD))),
}


def mappings(
    scale: Scale, empty: str, language: Language, instead: Mapping[int, Bilingual] = MappingProxyType({})
) -> list[sdk.ValueMapping]:
    """Value mappings: the words of a scale, those ``instead`` of a number, and ``empty`` for null, which is never drawn
    as 0."""
    found: list[sdk.ValueMapping] = []
    if words := (*scale.said, *((code, text, GREY) for code, text in instead.items())):
        said = {
            str(value): sdk.ValueMappingResult(text.of(language), colour, None, index)
            for index, (value, text, colour) in enumerate(words)
        }
        found.append(sdk.ValueMap(said))
    for low, high, text, colour in scale.ranges:
        result = sdk.ValueMappingResult(text.of(language), colour)
        found.append(sdk.RangeMap(sdk.DashboardRangeMapOptions(low, high, result)))
    nothing = sdk.ValueMappingResult(empty, GREY)
    special = sdk.DashboardSpecialValueMapOptions(sdk.SpecialValueMatch.NULL_AND_NAN, nothing)
    return [*found, sdk.SpecialValueMap(special)]


def thresholds(scale: Scale) -> sdk.ThresholdsConfig:
    """The thresholds of Grafana for the colours of a scale."""
    return sdk.ThresholdsConfig(
        sdk.ThresholdsMode.ABSOLUTE, [sdk.Threshold(start, name) for start, name in scale.steps]
    )
