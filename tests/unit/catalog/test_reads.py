"""Series that rules and dashboards read, held against the lean page."""

from __future__ import annotations

import pytest

from grafana.dashboards_src import DASHBOARDS
from grafana.generator.boards import make_dashboard
from grafana.generator.lean import windows_of
from grafana.panels.panel_helpers import CHOSEN, window_choice
from grafana.panels.promql import quotient
from grafana.panels.spec import Dashboard, Panel, Query, Shape
from metrics.alerts import rule_file
from metrics.alerts.model import Group, Recording
from metrics.catalog.reads import Selector, missing_in_lean, selectors
from streams.common.languages import Bilingual, Language
from streams.config.settings import Settings

LEVEL = "contact_center_service_level"
HANDLE = "contact_center_handle_time_seconds"


def test_selectors_are_found_with_the_values_that_they_want() -> None:
    """Equalities and lists of values are wanted, patterns and what is left out are not; strings are no names."""
    text = 'label_replace(max by (queue) (a{x="1", y=~"p|q r", z!="no", u=~".*", v="$w"}), "b", "$1", "c", "") > b:c'
    found = {selector.metric: selector for selector in selectors(text)}
    assert Selector("a", {"x": ("1",), "y": ("p", "q r"), "v": ("$w",)}) == found["a"]
    assert "b:c" in found
    assert not {"b", "c", "x"} & found.keys()


@pytest.mark.parametrize(
    "expression,missing",
    [
        (f'{LEVEL}_numerator{{window="5m", variant="short_removed"}}', []),
        (
            f'{LEVEL}_numerator{{channel="call", window="5m", variant="strict"}}',
            [f"{LEVEL}_numerator of call in 5m variant=strict"],
        ),
        (f'{LEVEL}_ratio{{channel=~"call|chat", window="today"}}', []),
        (f'{HANDLE}{{channel="chat", window=~"30m|today", part="talk", stat="p90"}}', []),
        (f'{HANDLE}_sum{{window="1h"}}', []),
        (
            f'{HANDLE}{{channel="chat", window="1h", part="talk", stat="p90"}}',
            [f"{HANDLE} of chat in 1h part=talk stat=p90"],
        ),
        (
            f'{HANDLE}{{channel="chat", window="today", part="talk", stat="p50"}}',
            [f"{HANDLE} of chat in today part=talk stat=p50"],
        ),
        (
            'contact_center_contacts_offered{window="7d", channel="call"}',
            ["contact_center_contacts_offered of call in 7d"],
        ),
        ("contact_center_contacts_offered_total offset 3m", []),
        ('contact_center_tickets_overdue{medium="email"}', []),
        ('contact_center_tickets_overdue{medium!="email"}', []),
        ('contact_center_tickets_overdue{medium="web"}', ["contact_center_tickets_overdue with medium web"]),
        (
            'contact_center_backlog_clearance_seconds{window="28d"}',
            ["contact_center_backlog_clearance_seconds of ticket in 28d"],
        ),
    ],
)
def test_missing_series_are_named(expression: str, missing: list[str]) -> None:
    """A window, a series, a percentile or a medium that the lean page has not is named, and nothing else is."""
    assert missing == missing_in_lean(expression)


def test_a_recorded_series_needs_the_windows_that_are_selected() -> None:
    """A rule on recorded series needs the windows of what these are made of, also through another recording."""
    recorded = {
        "judged": f'max by (window) ({LEVEL}_denominator{{channel="call", variant="strict"}})',
        "twice": "2 * judged",
    }
    assert [] == missing_in_lean('twice{window="today"}', recorded)
    assert [f"{LEVEL}_denominator of call in 5m variant=strict"] == missing_in_lean('twice{window="5m"} > 1', recorded)


def test_every_rule_finds_its_series() -> None:
    """No rule reads a window, a series or a medium that the lean page has not."""
    assert [] == rule_file.missing(rule_file.groups(Settings.model_construct()))


def test_rules_that_read_more_end_their_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the series, and says what to do."""
    extra = Group(name="x", alerts=(), recordings=(Recording(name="x", expr=f'{HANDLE}_sum{{window="5m"}}'),))
    monkeypatch.setattr(rule_file, "groups", lambda _: (extra,))
    with pytest.raises(LookupError, match=f"has not: {HANDLE}_sum of call in 5m part=hold; give the KPI a `lean`"):
        rule_file.default_rule_file()


@pytest.mark.parametrize(
    "name,windows", [("queue", ("30m", "today")), ("tickets", ("today", "24h")), ("resolution", ("today", "7d"))]
)
def test_a_reader_chooses_among_windows_that_there_are(name: str, windows: tuple[str, ...]) -> None:
    """The choice of a dashboard has the windows in which all its expressions find their series."""
    (dashboard,) = (each for each in DASHBOARDS if each.name == name)
    assert windows == windows_of(dashboard)
    made = make_dashboard(dashboard, Language.ENGLISH)
    assert made.templating.list_val is not None
    (variable,) = (each for each in made.templating.list_val if each.name == "window")
    assert variable.options is not None
    assert list(windows) == [option.value for option in variable.options]


def test_a_dashboard_that_reads_more_is_refused() -> None:
    """One that opens with a window that its numbers lack on the lean page ends the generator with a sentence."""
    ratio = quotient("contact_center_abandonment_ratio", (), {**CHOSEN, "window": "$window"})
    dashboard = Dashboard(
        name="more",
        title=Bilingual("a", "b"),
        purpose=Bilingual("a", "b"),
        variables=(window_choice("5m"),),
        rows=((Panel(shape=Shape.BARS, title=Bilingual("a", "b"), queries=(Query(expr=ratio),)),),),
    )
    with pytest.raises(LookupError, match="more reads what the lean page of /metrics has not: contact_center_abandon"):
        make_dashboard(dashboard, Language.ENGLISH)
