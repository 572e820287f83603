"""Grafana's JSON of a dashboard: the grid, the variables, the links. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as sdk

from grafana.generator.lean import windows_of
from grafana.panels.make_panels import SOURCE, make_panel
from grafana.panels.promql import gauge_of, labels_of
from grafana.panels.spec import COLUMNS, Dashboard, Panel, Variable
from grafana.panels.words import SOURCE as SOURCE_WORDS
from grafana.panels.words import WALLBOARD_ADDRESS
from grafana.panels.words import WINDOWS as WINDOW_WORDS
from streams.common.languages import Bilingual, Language

TAG = "veinte"
FOLDER = Bilingual("Contact centre", "Centro de contacto")
"""Folder of a language's dashboards; also the name of their list."""
LANGUAGE_NAMES = Bilingual("In English", "En español")
KIOSK = "/d/veinte-wallboard-{language}?kiosk&_dash.hideTimePicker=true"
KIOSK_TITLE = Bilingual("Full screen", "Pantalla completa")
WALLBOARD = "http://127.0.0.1:8020/"
"""Address of the exporter in a browser; the query parameter ``var-wallboard`` of a dashboard's address replaces it."""
WALLBOARD_TITLE = Bilingual("Live wallboard", "Panel de sala en vivo")
PROVISIONED_SOURCE = ("Veinte", "veinte-prometheus")
"""Name and uid of the data source in provisioning/datasources."""
ALL = Bilingual("All", "Todas")


def dashboard_text(dashboard: Dashboard, language: Language) -> str:
    """The committed file of one dashboard in one language."""
    made = json.loads(json.dumps(make_dashboard(dashboard, language), cls=JSONEncoder))
    for link in made["links"]:
        del link["placement"]  # the SDK's only value would hide the links in a menu
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def make_dashboard(dashboard: Dashboard, language: Language) -> sdk.Dashboard:
    """The dashboard as the SDK's value, with fixed places, uids and panel numbers.

    Raises:
        ValueError: a row of panels is wider than the grid.
    """
    return sdk.Dashboard(
        uid=dashboard.uid(language),
        title=dashboard.title.of(language),
        description=dashboard.purpose.of(language),
        tags=[TAG, f"{TAG}-{language}"],
        timezone="browser",
        editable=False,
        graph_tooltip=sdk.DashboardCursorSync.CROSSHAIR,
        time=sdk.DashboardDashboardTime(dashboard.since, dashboard.until),
        timepicker=sdk.TimePickerConfig(hidden=dashboard.kiosk),
        week_start="monday",
        refresh=dashboard.refresh,
        panels=list(_placed(dashboard, language)),
        templating=sdk.DashboardDashboardTemplating(_variables(dashboard, language)),
        links=_links(dashboard, language),
    )


def _placed(dashboard: Dashboard, language: Language) -> Iterator[sdk.Panel]:
    """The panels with their places: row under row, each panel beside the one before."""
    number, y = 0, 0
    for row in dashboard.rows:
        x = 0
        for panel in row:
            number += 1
            yield make_panel(panel, sdk.GridPos(h=panel.height, w=panel.width, x=x, y=y), number, language)
            x += panel.width
        _check_width(dashboard, row, x)
        y += max(panel.height for panel in row)


def _check_width(dashboard: Dashboard, row: tuple[Panel, ...], width: int) -> None:
    if width > COLUMNS:
        names = ", ".join(panel.heading(Language.ENGLISH) for panel in row)
        raise ValueError(f"a row of {dashboard.name} is {width} columns wide, the grid has {COLUMNS}: {names}")


def _variables(dashboard: Dashboard, language: Language) -> list[sdk.VariableModel]:
    source = sdk.VariableModel(
        type_val=sdk.VariableType.DATASOURCE,
        name="datasource",
        label=SOURCE_WORDS.of(language),
        query="prometheus",
        current=sdk.VariableOption(True, *PROVISIONED_SOURCE),
        hide=sdk.VariableHide.HIDE_VARIABLE if dashboard.kiosk else sdk.VariableHide.DONT_HIDE,
        refresh=sdk.VariableRefresh.ON_DASHBOARD_LOAD,
    )
    wallboard = sdk.VariableModel(
        type_val=sdk.VariableType.TEXTBOX,
        name="wallboard",
        label=WALLBOARD_ADDRESS.of(language),
        query=WALLBOARD,
        hide=sdk.VariableHide.HIDE_VARIABLE,
        current=sdk.VariableOption(True, WALLBOARD, WALLBOARD),
    )
    windows = windows_of(dashboard)
    return [source, *(_variable(variable, windows, language) for variable in dashboard.variables), wallboard]


def _variable(variable: Variable, windows: tuple[str, ...], language: Language) -> sdk.VariableModel:
    """The variable of Grafana: the choice of one of ``windows`` without a source, else of a label's values."""
    label = variable.text.of(language)
    if not variable.source:
        shown = {window: WINDOW_WORDS[window].of(language) for window in windows}
        return sdk.VariableModel(
            type_val=sdk.VariableType.CUSTOM,
            name=variable.name,
            label=label,
            query=",".join(f"{text} : {window}" for window, text in shown.items()),
            options=[sdk.VariableOption(window == variable.value, text, window) for window, text in shown.items()],
            current=sdk.VariableOption(True, shown[variable.value], variable.value),
        )
    query = label_values(variable)
    return sdk.VariableModel(
        type_val=sdk.VariableType.QUERY,
        name=variable.name,
        label=label,
        datasource=SOURCE,
        query={"query": query, "refId": f"variable-{variable.name}"},
        definition=query,
        multi=True,
        include_all=True,
        all_value=variable.all_value,
        current=sdk.VariableOption(True, [ALL.of(language)], ["$__all"]),
        refresh=sdk.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=sdk.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC,
    )


def label_values(variable: Variable) -> str:
    """Grafana's query for the values of a variable: values on a gauge of the catalogue, so that vanished ones
    disappear.

    Raises:
        LookupError: the source has no such label.
    """
    unknown = {variable.name, *filter(None, (variable.narrowed_by,))} - labels_of(variable.source)
    if unknown:
        raise LookupError(f"{variable.source} has no label {', '.join(sorted(unknown))}")
    chosen = f'{{{variable.narrowed_by}=~"${variable.narrowed_by}"}}' if variable.narrowed_by else ""
    return f"label_values({gauge_of(variable.source)}{chosen}, {variable.name})"


def _links(dashboard: Dashboard, language: Language) -> list[sdk.DashboardLink]:
    """Links to the other dashboards of the language, to this one in the other language, and to the wallboard."""
    other = Language.SPANISH if language is Language.ENGLISH else Language.ENGLISH
    link, dashboards = sdk.DashboardLinkType.LINK, sdk.DashboardLinkType.DASHBOARDS
    own_tag = f"{TAG}-{language}"
    return [
        sdk.DashboardLink(FOLDER.of(language), dashboards, "external link", tags=[own_tag], include_vars=True),
        sdk.DashboardLink(KIOSK_TITLE.of(language), link, "dashboard", url=KIOSK.format(language=language)),
        sdk.DashboardLink(
            WALLBOARD_TITLE.of(language),
            link,
            "external link",
            url=f"${{wallboard}}?{dashboard.live_view}lang={language}",
            target_blank=True,
        ),
        sdk.DashboardLink(
            LANGUAGE_NAMES.of(other),
            link,
            "dashboard",
            url=f"/d/{dashboard.uid(other)}",
            include_vars=True,
            keep_time=True,
        ),
    ]
