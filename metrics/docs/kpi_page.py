"""``docs/kpis.md`` and ``docs/kpis.es.md``: the reference pages of all KPIs, generated from the catalogue. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.catalog import CATALOG
from metrics.catalog.detail import LEAN_PERCENTILES
from metrics.catalog.formulas import formulas
from metrics.catalog.model import Average, Count, Kpi, QueueKpi, WindowedKpi
from metrics.catalog.words import EMPTY_WORDS
from metrics.snapshot.windows import WINDOWS
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel

_INTRODUCTION = Bilingual(
    """# KPIs

En español: [indicadores](kpis.es.md).

Generated from the catalogue in `metrics/catalog/`.

Every series has the labels `channel` and `queue`, those of tickets `medium`; ratios, averages and counts have
`window` (5m, 10m, 15m, 30m, 1h, today, 24h, 7d, 28d). Units are seconds, and ratios as fractions: 0.8 is 80 %. A
ratio `x_ratio` comes with `x_numerator` and `x_denominator`, an average `x_seconds` with `x_seconds_sum` and
`x_seconds_count` and, under `stat` = p50, p90 and p95, with percentiles within 1 % of the exact ones; a counter
`x_total` with the windowed gauge `x`. Formulas speak of one window. A leg is one visit of a contact to a queue.

The windows after *lean* are those on `/metrics` with `metrics_detail = "lean"`, the default; there tickets have
`medium` only where a rule or a target of their queue names it. `/metrics?detail=full` and the API have all.

""",
    """# Indicadores

In English: [KPIs](kpis.md).

Página generada del catálogo de `metrics/catalog/`.

Cada serie lleva las etiquetas `channel` y `queue`, y las de tickets `medium`; proporciones, medias y recuentos llevan
`window` (5m, 10m, 15m, 30m, 1h, today, 24h, 7d, 28d). Las unidades son segundos, y proporciones en tanto por uno: 0,8
es el 80 %. Una proporción `x_ratio` va con `x_numerator` y `x_denominator`; una media `x_seconds`, con
`x_seconds_sum` y `x_seconds_count` y, bajo `stat` = p50, p90 y p95, con percentiles a menos del 1 % de los exactos;
un contador `x_total`, con el valor por ventana `x`. Las fórmulas hablan de una ventana. Un tramo (*leg*) es un paso
de un contacto por una cola.

Las ventanas tras *reducida* son las de `/metrics` con `metrics_detail = "lean"`, lo predeterminado; ahí los tickets
llevan `medium` solo si lo nombra una regla o un objetivo de su cola. `/metrics?detail=full` y la API lo tienen todo.

""",
)
_WORDS = {
    "channels": Bilingual("channels", "canales"),
    "labels": Bilingual("labels", "etiquetas"),
    "windows": Bilingual("windows", "ventanas"),
    "api_only": Bilingual("API only", "solo en la API"),
    "formula": Bilingual("formula", "fórmula"),
    "counted": Bilingual("who is counted", "quién cuenta"),
    "clock": Bilingual("clock", "reloj"),
    "lands": Bilingual("lands at", "se anota en"),
    "empty": Bilingual("where nothing happened", "si no hubo nada"),
    "source": Bilingual("source", "fuente"),
    "lean": Bilingual("lean", "reducida"),
    "counter": Bilingual(
        "the counter alone, windows in full detail and in the API only",
        "solo el contador; las ventanas, en la completa y en la API",
    ),
    "nowhere": Bilingual("none, in full detail and in the API only", "ninguna, solo en la completa y en la API"),
    "others": Bilingual("others", "las demás"),
}


def kpis_text(language: Language) -> str:
    """The page of one language: an introduction and a section a KPI."""
    return _INTRODUCTION.of(language) + "\n".join("\n".join(_section(kpi, language)) + "\n" for kpi in CATALOG)


def _section(kpi: Kpi, language: Language) -> Iterator[str]:
    text = kpi.text[language]
    yield f"## {kpi.name}"
    yield ""
    yield " · ".join(_facts(kpi, language))
    yield ""
    yield f"**{text.title}**: {text.help}"
    yield ""
    yield from (f"- {_WORDS[name].of(language)}: {said}" for name, said in _definition(kpi, language))


def _facts(kpi: Kpi, language: Language) -> Iterator[str]:
    """Kind and unit of a KPI, its channels, labels and windows."""
    words = {name: word.of(language) for name, word in _WORDS.items()}
    yield ", ".join(f"`{word}`" for word in dict.fromkeys((kpi.kind.value, kpi.unit.value)))
    if isinstance(kpi, QueueKpi):
        yield f"{words['channels']} " + ", ".join(f"`{channel}`" for channel in kpi.channels)
    if kpi.labels:
        yield f"{words['labels']} " + ", ".join(f"`{label}`" for label in kpi.labels)
    if isinstance(kpi, WindowedKpi) and kpi.windows != WINDOWS:
        yield f"{words['windows']} " + ", ".join(f"`{window}`" for window in WINDOWS if window in kpi.windows)
    if isinstance(kpi, WindowedKpi) and kpi.api_only:
        yield words["api_only"]


def _definition(kpi: Kpi, language: Language) -> Iterator[tuple[str, str]]:
    text = kpi.text[language]
    for formula in formulas(kpi, language):
        yield "formula", formula
    yield "counted", text.counted
    yield "clock", kpi.clock.of(language)
    yield "lands", kpi.attribution.of(language)
    yield "empty", EMPTY_WORDS[kpi.empty].of(language)
    yield "source", kpi.source.of(language)
    if isinstance(kpi, WindowedKpi) and not kpi.api_only:
        yield "lean", _lean(kpi, language)


def _lean(kpi: WindowedKpi, language: Language) -> str:
    """Windows on the lean page, by channel where they differ."""
    by_windows: dict[str, list[Channel]] = {}
    for channel in kpi.channels:
        by_windows.setdefault(_lean_on(kpi, channel, language), []).append(channel)
    if len(by_windows) == 1:
        return next(iter(by_windows))
    return "; ".join(f"{', '.join(f'`{own}`' for own in channels)}: {said}" for said, channels in by_windows.items())


def _lean_on(kpi: WindowedKpi, channel: Channel, language: Language) -> str:
    own = {labels: _listed(kpi.lean.of(channel, labels)) for labels in kpi.lean.series}
    found = [f"{' '.join(f'`{name}={value}`' for name, value in labels)} {said}" for labels, said in own.items()]
    none = "counter" if isinstance(kpi, Count) and not kpi.top else "nowhere"
    usual = _listed(kpi.lean.of(channel)) or _WORDS[none].of(language)
    found.append(f"{_WORDS['others'].of(language)} {usual}" if own else usual)
    if isinstance(kpi, Average):
        found += [f"`{stat}` {_listed(windows)}" for stat, windows in LEAN_PERCENTILES[channel].items()]
    return ", ".join(found)


def _listed(windows: tuple[str, ...]) -> str:
    return " ".join(f"`{window}`" for window in windows)
