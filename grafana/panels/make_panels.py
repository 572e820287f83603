"""Grafana's panels in one language, made from the values of ``grafana.panels.spec``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count, product
from string import ascii_uppercase

from grafana_foundation_sdk.builders import bargauge, stat, statushistory, table, timeseries
from grafana_foundation_sdk.builders import common as build
from grafana_foundation_sdk.models import common, prometheus
from grafana_foundation_sdk.models import dashboard as sdk

from grafana.panels.palette import GREY, SCALES, mappings, thresholds
from grafana.panels.spec import Column, Measured, Panel, Query, Shape
from grafana.panels.words import CHANNELS, NO_DATA, OTHER_MEDIA
from streams.common.languages import Bilingual, Language

SOURCE = common.DataSourceRef("prometheus", "${datasource}")
"""Data source of every panel: the one chosen by the variable."""
QUEUE_PAGE = "/d/veinte-{dashboard}-{language}?var-queue=${{__value.raw:percentencode}}"
LETTERS = [*ascii_uppercase, *(a + b for a, b in product(ascii_uppercase, repeat=2))]
_DECIMALS: Mapping[Measured, int] = {Measured.SHARE: 1, Measured.THINGS: 0, Measured.TIMES: 2}


def make_panel(panel: Panel, place: sdk.GridPos, number: int, language: Language) -> sdk.Panel:
    """``panel`` at ``place`` of the grid."""
    made = _DRAWN[panel.shape](panel)
    made.id_val = number
    made.title = panel.heading(language)
    made.description = panel.description(language)
    made.grid_pos = place
    made.datasource = SOURCE
    made.interval = panel.interval or None
    made.time_from = panel.since or None
    if panel.shape is Shape.TABLE:
        made.targets = [_target(column.query, ref, language, as_table=True) for ref, column in _columns(panel)]
        made.transformations = _joined(panel, language)
    else:
        queries = zip(LETTERS, panel.queries, strict=False)
        made.targets = [_target(query, ref, language) for ref, query in queries]
        made.transformations = _renamed(panel.renames, language)
    made.field_config = _fields(panel, made.field_config, language)
    return made


def _columns(panel: Panel) -> list[tuple[str, Column]]:
    return list(zip(LETTERS, panel.columns, strict=False))


def _target(query: Query, ref: str, language: Language, as_table: bool = False) -> prometheus.Dataquery:
    return prometheus.Dataquery(
        datasource=SOURCE,
        editor_mode=prometheus.QueryEditorMode.CODE,
        expr=query.expr,
        format_val=prometheus.PromQueryFormat.TABLE if as_table else prometheus.PromQueryFormat.TIME_SERIES,
        instant=query.instant,
        range_val=not query.instant,
        legend_format=query.legend.of(language),
        ref_id=ref,
    )


def _fields(panel: Panel, made: sdk.FieldConfigSource | None, language: Language) -> sdk.FieldConfigSource:
    """Units, colours and words of the numbers; fields set by the panel type itself are kept."""
    fields = made or sdk.FieldConfigSource()
    defaults = fields.defaults
    scale, empty = SCALES[panel.scale], (panel.empty if any(panel.empty) else NO_DATA).of(language)
    defaults.unit = panel.unit
    defaults.decimals = panel.decimals if panel.decimals is not None else _DECIMALS.get(panel.unit)
    defaults.no_value = NO_DATA.of(language) if panel.shape is Shape.TABLE else empty
    defaults.mappings = mappings(scale, empty, language, panel.instead)
    defaults.thresholds = thresholds(scale)
    defaults.color = sdk.FieldColor(_colours(panel))
    if panel.shape is Shape.TABLE:
        fields.overrides = [*_key_overrides(panel, language), *_column_overrides(panel, language)]
    else:
        fields.overrides = [
            _override("byFrameRefID", ref, {"color": sdk.FieldColor(sdk.FieldColorModeId.FIXED, GREY)})
            for ref, query in zip(LETTERS, panel.queries, strict=False)
            if query.blind
        ]
    return fields


def _colours(panel: Panel) -> sdk.FieldColorModeId:
    match panel.shape:
        case Shape.TREND | Shape.STACK:
            return sdk.FieldColorModeId.PALETTE_CLASSIC_BY_NAME
        case Shape.HEAT:
            return sdk.FieldColorModeId.CONTINUOUS_BLUES
    return sdk.FieldColorModeId.THRESHOLDS


def _override(matcher: str, options: str, properties: Mapping[str, object]) -> sdk.DashboardFieldConfigSourceOverrides:
    values = [sdk.DynamicConfigValue(name, value) for name, value in properties.items()]
    return sdk.DashboardFieldConfigSourceOverrides(matcher=sdk.MatcherConfig(matcher, options), properties=values)


def _key_overrides(panel: Panel, language: Language) -> list[sdk.DashboardFieldConfigSourceOverrides]:
    """Field overrides of a table: channels and missing media in words, and a link from each queue to its own page."""
    found = []
    for label, heading in panel.keys.items():
        properties: dict[str, object] = {"mappings": []}
        if label == "channel":
            words = {value: sdk.ValueMappingResult(text.of(language)) for value, text in CHANNELS.items()}
            properties["mappings"] = [sdk.ValueMap(words)]
        if label == "queue":
            url = QUEUE_PAGE.format(dashboard=panel.leads_to, language=language)
            properties["links"] = [{"title": heading.of(language), "url": url}]
        if label == "medium":
            properties["noValue"] = OTHER_MEDIA.of(language)
            rest = sdk.ValueMappingResult(OTHER_MEDIA.of(language))
            nothing = (sdk.SpecialValueMatch.NULL, sdk.SpecialValueMatch.EMPTY)
            properties["mappings"] = [
                sdk.SpecialValueMap(sdk.DashboardSpecialValueMapOptions(match, rest)) for match in nothing
            ]
        found.append(_override("byName", heading.of(language), properties))
    return found


def _column_overrides(panel: Panel, language: Language) -> list[sdk.DashboardFieldConfigSourceOverrides]:
    found = []
    for column in panel.columns:
        scale, empty = SCALES[column.words], (panel.empty if any(panel.empty) else NO_DATA).of(language)
        properties: dict[str, object] = {"unit": column.unit, "mappings": mappings(scale, empty, language)}
        if column.unit in _DECIMALS:
            properties["decimals"] = _DECIMALS[column.unit]
        if column.words:
            properties["thresholds"] = thresholds(scale)
            properties["custom.cellOptions"] = common.TableColorTextCellOptions()
        found.append(_override("byName", column.heading.of(language), properties))
    return found


def _joined(panel: Panel, language: Language) -> list[sdk.DataTransformerConfig]:
    """Transformations that make one table of all columns: rows with equal labels become one."""
    values = {f"Value #{ref}" if len(panel.columns) > 1 else "Value": column for ref, column in _columns(panel)}
    names = {label: heading.of(language) for label, heading in panel.keys.items()}
    names |= {value: column.heading.of(language) for value, column in values.items()}
    order = dict(zip([*panel.keys, *values], count(), strict=False))
    organized = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": names}
    return [
        sdk.DataTransformerConfig("merge", options={}),
        sdk.DataTransformerConfig("organize", options=organized),
    ]


def _renamed(renames: Mapping[str, Bilingual], language: Language) -> list[sdk.DataTransformerConfig]:
    """Transformations that replace values of labels by words, wherever a value is between the dots of a legend."""
    return [
        sdk.DataTransformerConfig(
            "renameByRegex",
            options={"regex": f"^(.* · )?{re.escape(value)}( · .*)?$", "renamePattern": f"$1{text.of(language)}$2"},
        )
        for value, text in {**CHANNELS, **renames}.items()
    ]


def _reduced() -> build.ReduceDataOptions:
    return build.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _tiles(panel: Panel) -> sdk.Panel:
    named = any(any(query.legend) for query in panel.queries)
    return (
        stat.Panel()
        .reduce_options(_reduced())
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.BACKGROUND if panel.scale == "blind" else common.BigValueColorMode.VALUE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME if named else common.BigValueTextMode.VALUE)
        .build()
    )


def _bars(_panel: Panel) -> sdk.Panel:
    return (
        bargauge.Panel()
        .reduce_options(_reduced())
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .name_placement(common.BarGaugeNamePlacement.LEFT)
        .build()
    )


def _trend(panel: Panel) -> sdk.Panel:
    """A panel of lines, with gaps where there is no number."""
    stacked = panel.shape is Shape.STACK
    legend = build.VizLegendOptions().display_mode(common.LegendDisplayMode.LIST)
    made = (
        timeseries.Panel()
        .line_width(2)
        .fill_opacity(30 if stacked else 0)
        .show_points(common.VisibilityMode.AUTO)
        .span_nulls(False)
        .axis_soft_min(0)
        .legend(legend.placement(common.LegendPlacement.BOTTOM).show_legend(True))
        .tooltip(build.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    )
    if stacked:
        made = made.stacking(build.StackingConfig().mode(common.StackingMode.NORMAL))
    return made.build()


def _heat(_panel: Panel) -> sdk.Panel:
    return statushistory.Panel().show_value(common.VisibilityMode.ALWAYS).row_height(0.95).col_width(0.95).build()


def _table(_panel: Panel) -> sdk.Panel:
    return table.Panel().show_header(True).cell_height(common.TableCellHeight.MD).build()


_DRAWN: Mapping[Shape, Callable[[Panel], sdk.Panel]] = {
    Shape.TILES: _tiles,
    Shape.BARS: _bars,
    Shape.TREND: _trend,
    Shape.STACK: _trend,
    Shape.HEAT: _heat,
    Shape.TABLE: _table,
}
