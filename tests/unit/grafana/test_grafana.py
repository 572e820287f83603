"""The committed dashboards without a Grafana: places, names, sources, words, links, provisioning."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as sdk

from grafana.dashboards_src import DASHBOARDS
from grafana.dashboards_src.remaining import UNSHOWN
from grafana.generator.boards import FOLDER as FOLDER_NAMES
from grafana.generator.boards import PROVISIONED_SOURCE, make_dashboard
from grafana.generator.generate import GENERATED
from grafana.panels.palette import NOBODY_COUNTED, TOO_FEW_COUNTED
from grafana.panels.panel_helpers import SERVICE_LEVEL
from grafana.panels.spec import COLUMNS, Dashboard, Panel, Shape
from grafana.panels.words import FEW, NO_TRAFFIC, NOBODY, NOTHING, OTHER_MEDIA
from metrics.catalog import CATALOG
from metrics.catalog.service import FORMULAS
from streams.common.languages import Bilingual, Language
from tests.support.grafana_files import BOARD_NAMES, BOARDS, FOLDER, dashboard_json, expressions, variables
from tests.support.paths import ROOT

EACH_BOARD = pytest.mark.parametrize("dashboard,language", BOARDS, ids=BOARD_NAMES)
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def test_no_other_dashboard_lies_beside_the_generated_ones() -> None:
    """Every dashboard in the folder has a generator; ``make check`` compares what they make."""
    there = {path.relative_to(ROOT) for path in (FOLDER / "dashboards").rglob("*.json")}
    assert {path for path in GENERATED if path.suffix == ".json"} == there


@EACH_BOARD
def test_panels_fit_the_grid_and_do_not_overlap(dashboard: Dashboard, language: Language) -> None:
    """No panel exceeds the grid or covers a part of another; panel numbers are unique."""
    panels = dashboard_json(dashboard, language)["panels"]
    cells: Counter[tuple[int, int]] = Counter()
    for panel in panels:
        place = panel["gridPos"]
        assert place["w"] > 0
        assert place["h"] > 0
        assert place["x"] + place["w"] <= COLUMNS
        rows, columns = range(place["y"], place["y"] + place["h"]), range(place["x"], place["x"] + place["w"])
        cells.update((x, y) for y in rows for x in columns)
    assert {1} == set(cells.values())
    assert len(panels) == len({panel["id"] for panel in panels})


def test_a_row_that_is_too_wide_is_refused() -> None:
    """A row that is too wide is refused by its name."""
    wide = Panel(shape=Shape.TILES, title=Bilingual("Wide", "Ancho"), width=COLUMNS + 1)
    dashboard = Dashboard(
        name="wide", title=Bilingual("a", "b"), purpose=Bilingual("a", "b"), variables=(), rows=((wide,),)
    )
    with pytest.raises(ValueError, match="a row of wide is 25 columns wide, the grid has 24: Wide"):
        make_dashboard(dashboard, Language.ENGLISH)


def test_names_are_unique() -> None:
    """Each uid and title is unique, or a provider would refuse to change any dashboard. A uid has 8 to 40
    characters."""
    boards = [dashboard_json(dashboard, language) for dashboard, language in BOARDS]
    for name in ("uid", "title"):
        assert len(boards) == len({board[name] for board in boards})
    assert [] == [board["uid"] for board in boards if not 8 <= len(board["uid"]) <= 40]
    assert [] == [board["uid"] for board in boards if board["editable"]]


@EACH_BOARD
def test_the_sdk_reads_a_dashboard_and_writes_the_same(dashboard: Dashboard, language: Language) -> None:
    """The SDK's model reads each dashboard and writes it without any loss."""
    register_default_plugins()
    board = dashboard_json(dashboard, language)
    again = json.loads(json.dumps(sdk.Dashboard.from_json(board), cls=JSONEncoder))
    for link in again["links"]:
        assert "inControlsMenu" == link.pop("placement")
    assert board == again


@EACH_BOARD
def test_every_source_is_the_chosen_one(dashboard: Dashboard, language: Language) -> None:
    """Panels, queries and variables use the data source of the variable, which is the provisioned one at first."""
    board = dashboard_json(dashboard, language)
    found = [panel["datasource"] for panel in board["panels"]]
    found += [target["datasource"] for panel in board["panels"] for target in panel["targets"]]
    found += [variable["datasource"] for variable in variables(board).values() if variable["type"] == "query"]
    assert [] == [source for source in found if source != SOURCE]
    chosen = variables(board)["datasource"]
    assert ("datasource", "prometheus", "veinte-prometheus") == (
        chosen["type"],
        chosen["query"],
        chosen["current"]["value"],
    )


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)
def test_both_languages_show_the_same(dashboard: Dashboard) -> None:
    """Both languages have equal expressions, places and types; titles and purposes differ; no text is missing in
    either."""
    spanish, english = (dashboard_json(dashboard, language) for language in (Language.SPANISH, Language.ENGLISH))
    assert expressions(spanish) == expressions(english)
    for name in ("type", "gridPos"):
        assert [panel[name] for panel in spanish["panels"]] == [panel[name] for panel in english["panels"]]
    for name in ("title", "description"):
        assert spanish[name] != english[name]
    untold = [
        (panel["title"], other["title"])
        for panel, other in zip(spanish["panels"], english["panels"], strict=True)
        if not panel["title"] or not other["title"] or bool(panel["description"]) != bool(other["description"])
    ]
    assert [] == untold


@EACH_BOARD
def test_no_number_is_a_word_and_never_a_zero(dashboard: Dashboard, language: Language) -> None:
    """Null and NaN have a text in each panel and each column, and lines have gaps."""
    for panel in dashboard_json(dashboard, language)["panels"]:
        fields = panel["fieldConfig"]
        assert fields["defaults"]["noValue"]
        if panel["type"] != "table":
            assert _empty_text(fields["defaults"]["mappings"]) == fields["defaults"]["noValue"]
        if panel["type"] == "timeseries":
            assert fields["defaults"]["custom"]["spanNulls"] is False
        if panel["type"] == "table":
            own = [_properties(override) for override in fields["overrides"]]
            columns = [properties for properties in own if "unit" in properties]
            assert len(panel["targets"]) == len(columns)
            assert [] == [properties for properties in columns if not _empty_text(properties["mappings"])]


def _properties(override: dict[str, Any]) -> dict[str, Any]:
    return {value["id"]: value["value"] for value in override["properties"]}


def _empty_text(mappings: list[dict[str, Any]]) -> str:
    (special,) = [mapping["options"] for mapping in mappings if mapping["type"] == "special"]
    assert "null+nan" == special["match"]
    return str(special["result"]["text"])


@EACH_BOARD
def test_an_exporter_that_is_gone_is_not_an_idle_one(dashboard: Dashboard, language: Language) -> None:
    """A tile or a table without any series never reports no traffic or nobody: only a code does."""
    idle = {text.of(language) for text in (NO_TRAFFIC, NOBODY, NOTHING, FEW)}
    for panel in dashboard_json(dashboard, language)["panels"]:
        assert panel["fieldConfig"]["defaults"]["noValue"] not in idle
        codes = {str(code) for code in (NOBODY_COUNTED, TOO_FEW_COUNTED)}
        asked = {
            code for code in codes for target in panel["targets"] if f" {code}" in target["expr"].replace("+ ", "")
        }
        said = [mapping["options"] for mapping in panel["fieldConfig"]["defaults"]["mappings"]]
        assert asked == codes & {value for options in said for value in options}


@EACH_BOARD
def test_counts_are_never_shortened(dashboard: Dashboard, language: Language) -> None:
    """Counts are never shortened: no panel and no column has Grafana's unit that shows 1,549 contacts as "2 K"."""
    for panel in dashboard_json(dashboard, language)["panels"]:
        columns = [_properties(override) for override in panel["fieldConfig"]["overrides"]]
        units = {panel["fieldConfig"]["defaults"]["unit"], *(properties.get("unit") for properties in columns)}
        assert "short" not in units


@EACH_BOARD
def test_descriptions_name_the_formula(dashboard: Dashboard, language: Language) -> None:
    """Each panel on a KPI gives a formula; the service level's names its variant, all six only where all are shown."""
    variants = {variant.value: formula for variant, formula in FORMULAS.items()}
    for panel, made in zip(dashboard.panels(), dashboard_json(dashboard, language)["panels"], strict=True):
        told = made["description"]
        assert bool(panel.about) == (": `" in told or "\n\n`" in told), made["title"]
        asked = " ".join(target["expr"] for target in made["targets"])
        expected = {name for name in variants if f'variant="{name}"' in asked and SERVICE_LEVEL in panel.about}
        assert expected == {name for name in variants if f"variant={name}: `" in told}


def test_every_kpi_is_on_a_dashboard_or_says_why_not() -> None:
    """Every KPI of /metrics is on a panel, or on the exact list of exceptions."""
    asked = "\n".join(
        text for dashboard in DASHBOARDS for text in expressions(dashboard_json(dashboard, Language.ENGLISH))
    )
    unseen = set()
    for kpi in CATALOG:
        names = {kpi.name, getattr(kpi, "gauge", kpi.name), getattr(kpi, "base", kpi.name)}
        endings = "(_numerator|_denominator|_sum|_count)?"
        if not any(re.search(rf"\b{name}{endings}\{{", asked) for name in names):
            unseen.add(kpi.name)
    assert set(UNSHOWN) == unseen


@EACH_BOARD
def test_blindness_stands_on_top(dashboard: Dashboard, language: Language) -> None:
    """The first row of each dashboard shows in words and grey whether its numbers can be trusted."""
    first = dashboard_json(dashboard, language)["panels"][0]
    assert 0 == first["gridPos"]["y"]
    assert "veinte_blind{" in first["targets"][0]["expr"]
    said = first["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert {"0", "1"} == set(said)
    assert said["0"]["color"] != said["1"]["color"]


@EACH_BOARD
def test_tiles_turn_grey(dashboard: Dashboard, language: Language) -> None:
    """Grey is the colour of numbers present only while their channel is blind, and of no others."""
    for panel, made in zip(dashboard.panels(), dashboard_json(dashboard, language)["panels"], strict=True):
        grey = {
            override["matcher"]["options"]
            for override in made["fieldConfig"]["overrides"]
            if override["matcher"]["id"] == "byFrameRefID"
        }
        blind = {
            target["refId"] for target, query in zip(made["targets"], panel.expressions(), strict=True) if query.blind
        }
        assert blind == grey


@EACH_BOARD
def test_links_lead_everywhere(dashboard: Dashboard, language: Language) -> None:
    """Each dashboard links to those of its language, the full screen, the wallboard and the other language."""
    board = dashboard_json(dashboard, language)
    own = {dashboard_json(other, language)["uid"] for other in DASHBOARDS}
    every, kiosk, wallboard, translation = board["links"]
    assert [f"veinte-{language}"] == every["tags"]
    assert [] == [other.name for other in DASHBOARDS if every["tags"][0] not in dashboard_json(other, language)["tags"]]
    assert f"/d/veinte-wallboard-{language}?kiosk&_dash.hideTimePicker=true" == kiosk["url"]
    assert f"veinte-wallboard-{language}" in own
    view = "view=week&" if dashboard.name == "planning" else ""
    assert f"${{wallboard}}?{view}lang={language}" == wallboard["url"]
    assert variables(board)["wallboard"]["query"].startswith("http")
    other = Language.SPANISH if language is Language.ENGLISH else Language.ENGLISH
    assert f"/d/{dashboard.uid(other)}" == translation["url"]


@EACH_BOARD
def test_a_queue_leads_to_its_page(dashboard: Dashboard, language: Language) -> None:
    """A queue in a table links to its detail, one of tickets to the tickets; in a mixed table, to that queue only.

    The language is kept, and a name such as ``R&D`` is escaped.
    """
    for panel, made in zip(dashboard.panels(), dashboard_json(dashboard, language)["panels"], strict=True):
        own = [_properties(override) for override in made["fieldConfig"]["overrides"]]
        urls = [link["url"] for properties in own for link in properties.get("links", [])]
        of_tickets = (
            {"resolution": "resolution"} if "channel" in panel.keys else {"tickets": "tickets", "slo": "tickets"}
        )
        page = of_tickets.get(dashboard.name, "queue")
        url = f"/d/veinte-{page}-{language}?var-queue=${{__value.raw:percentencode}}"
        assert ([url] if "queue" in panel.keys else []) == urls


@EACH_BOARD
def test_a_missing_medium_is_a_word(dashboard: Dashboard, language: Language) -> None:
    """In a table by medium the row of the media that nobody names says so, in place of "no data"."""
    for panel, made in zip(dashboard.panels(), dashboard_json(dashboard, language)["panels"], strict=True):
        if "medium" in panel.keys:
            (own,) = [
                _properties(override)
                for override in made["fieldConfig"]["overrides"]
                if override["matcher"]["options"] == panel.keys["medium"].of(language)
            ]
            said = {mapping["options"]["match"]: mapping["options"]["result"]["text"] for mapping in own["mappings"]}
            assert OTHER_MEDIA.of(language) == own["noValue"]
            assert dict.fromkeys(("null", "empty"), OTHER_MEDIA.of(language)) == said


def test_only_the_wallboard_hides_its_time_picker() -> None:
    """Only the wallboard, a screen without controls, hides its time picker."""
    hidden = [
        dashboard.name
        for dashboard in DASHBOARDS
        if dashboard_json(dashboard, Language.SPANISH)["timepicker"]["hidden"]
    ]
    assert ["wallboard"] == hidden


def test_the_screen_in_the_room_keeps_quiet_about_people() -> None:
    """The wallboard shows no team, topic or agent, one variant of the service level, and no first-contact
    resolution."""
    text = "\n".join(expressions(dashboard_json(DASHBOARDS[0], Language.SPANISH)))
    assert [] == [word for word in ("team", "agent", "topic", "first_contact") if word in text]
    assert 'variant="short_removed"' in text
    assert text.count("variant=") == text.count('variant="short_removed"')


def test_titles_of_one_dashboard_differ() -> None:
    """No two panels of a dashboard have the same title."""
    twice = [
        (dashboard.uid(language), one["title"])
        for dashboard, language in BOARDS
        for one, other in combinations(dashboard_json(dashboard, language)["panels"], 2)
        if one["title"] == other["title"]
    ]
    assert [] == twice


def _provisioned(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "provisioning" / name / "veinte.yaml").read_text())
    return found


def test_the_data_source_is_provisioned() -> None:
    """One Prometheus is provisioned under the uid chosen by the dashboards, and nobody can edit it by hand."""
    (source,) = _provisioned("datasources")["datasources"]
    assert PROVISIONED_SOURCE == (source["name"], source["uid"])
    assert ("prometheus", True, False) == (source["type"], source["isDefault"], source["editable"])
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert scraped["global"]["scrape_interval"] == source["jsonData"]["timeInterval"]


def test_each_language_has_a_folder() -> None:
    """Each language has a provider that reads its folder into a Grafana folder named as the dashboards' list."""
    providers = _provisioned("dashboards")["providers"]
    found = {Path(provider["options"]["path"]).name: provider for provider in providers}
    assert {str(language) for language in Language} == set(found)
    for language in Language:
        provider = found[language]
        assert (FOLDER_NAMES.of(language), f"veinte-{language}") == (provider["folder"], provider["folderUid"])
        assert [] != list((FOLDER / "dashboards" / language).glob("*.json"))
    for name in ("name", "folder", "folderUid"):
        assert len(providers) == len({provider[name] for provider in providers})
