"""Expressions of the dashboards: names and labels of the catalogue, PromQL that parses, numbers that are right."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grafana.panels.palette import NOBODY_COUNTED, STATE_CODES, TOO_FEW_COUNTED
from grafana.panels.panel_helpers import (
    CHOSEN,
    OFFERED,
    SERVICE_LEVEL,
    SHORT_ABANDONED,
    USUAL,
    blind_channels,
    burned,
    or_why_not,
    points_from_objective,
    state_of_service_level,
    trusted,
)
from grafana.panels.promql import (
    BY_CHANNEL,
    BY_QUEUE,
    at,
    count,
    denominator,
    gauge_of,
    increase,
    labels_of,
    now,
    own,
    quotient,
    rate,
)
from grafana.panels.spec import Dashboard
from metrics.catalog import CATALOG
from metrics.catalog.model import STAT, Average, Count, Ratio, Unit
from metrics.catalog.planning import OutlookKpi
from metrics.exporter.text import MetricsPage
from metrics.planning.view import View
from metrics.snapshot.snapshot import PipelineNumbers, RowKey, TopicNumbers
from metrics.snapshot.states import State
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from tests.support.boards import everything, everything_live, row, settings, snapshot
from tests.support.grafana_files import (
    BOARD_NAMES,
    BOARDS,
    dashboard_json,
    expressions,
    groupings,
    opened,
    other_words,
    selectors,
    variables,
)
from tests.support.tools import tool

EACH_BOARD = pytest.mark.parametrize("dashboard,language", BOARDS, ids=BOARD_NAMES)
EVERY_ROW = {
    RowKey(Channel.CALL, "sales"): row(everything(), everything_live(), everything()),
    RowKey(Channel.CHAT, "sales"): row(everything(), everything_live(), everything()),
    RowKey(Channel.TICKET, "support", "email"): row(everything(), everything_live(), everything()),
}


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The /metrics page of a board with some of everything."""
    pipeline = PipelineNumbers({"calls": TopicNumbers(newest_ms=1)}, lag={("calls", 0): 3})
    view = View(snapshot(EVERY_ROW, pipeline=pipeline), 0)
    return MetricsPage(settings(tmp_path)).render(view, view).decode()


def families() -> dict[str, frozenset[str]]:
    """Every series that the exporter may serve, by name, with its labels."""
    found: dict[str, frozenset[str]] = {}
    for kpi in CATALOG:
        labels = labels_of(kpi.name)
        found[kpi.name] = labels
        if isinstance(kpi, Count):
            found[kpi.gauge] = labels
        if isinstance(kpi, Ratio) or (isinstance(kpi, OutlookKpi) and kpi.unit is Unit.RATIO):
            found |= dict.fromkeys((f"{kpi.base}_numerator", f"{kpi.base}_denominator"), labels)
        if isinstance(kpi, Average):
            found |= dict.fromkeys((f"{kpi.name}_sum", f"{kpi.name}_count"), labels - {STAT})
    return found


@EACH_BOARD
def test_expressions_name_only_what_the_catalogue_has(dashboard: Dashboard, language: Language) -> None:
    """Each series is one of the exporter's, each label one of that series, and no other name occurs."""
    known = families()
    for expression in opened(dashboard_json(dashboard, language)):
        names = list(selectors(expression))
        assert [] == [name for name, _ in names if name not in known]
        assert [] == [(name, labels) for name, labels in names if not labels.keys() <= known[name]]
        assert groupings(expression) <= frozenset().union(*(known[name] for name, _ in names))
        assert set() == other_words(expression)


@EACH_BOARD
def test_windowed_series_have_one_window(dashboard: Dashboard, language: Language) -> None:
    """Each windowed series selects one window, so that no sum runs over several."""
    counters = {kpi.name for kpi in CATALOG if isinstance(kpi, Count) and not kpi.top}
    known = families()
    for expression in expressions(dashboard_json(dashboard, language)):
        for name, labels in selectors(expression):
            assert ("window" in labels) == ("window" in known[name] and name not in counters)


@EACH_BOARD
def test_ratios_are_never_averaged(dashboard: Dashboard, language: Language) -> None:
    """No expression averages, and no ratio is summed."""
    for expression in expressions(dashboard_json(dashboard, language)):
        assert "avg" not in expression
        assert [] == re.findall(r"sum(?: by \([^)]*\))? \(\w+_ratio\{", expression)


@EACH_BOARD
def test_variables_are_defined_and_used(dashboard: Dashboard, language: Language) -> None:
    """Each variable of an expression is one of the dashboard; each choice of a reader changes an expression."""
    board = dashboard_json(dashboard, language)
    named = {name for text in expressions(board) for name in re.findall(r"\$([a-z]+)", text)}
    assert named == set(variables(board)) - {"datasource", "wallboard"}
    for name, variable in variables(board).items():
        if variable["type"] == "query":
            (series,) = re.findall(r"label_values\((\w+)[{,]", variable["query"]["query"])
            assert name in families()[series]
            assert variable["definition"] == variable["query"]["query"]


def test_promtool_reads_every_expression(tmp_path: Path) -> None:
    """Promtool parses every expression, as a rule."""
    texts = dict.fromkeys(text for board in BOARDS for text in opened(dashboard_json(*board)))
    rules = [{"record": f"expression:{number}", "expr": text} for number, text in enumerate(texts)]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}))
    done = subprocess.run([tool("promtool"), "check", "rules", path], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert f"{len(texts)} rules found" in done.stdout


def test_promtool_likes_what_the_exporter_serves(page: str) -> None:
    """`promtool check metrics` reports nothing about a page with some of every KPI."""
    command = [tool("promtool"), "check", "metrics"]
    done = subprocess.run(command, input=page, capture_output=True, text=True, check=False)
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


WINDOW = {"window": "5m"}


@pytest.mark.parametrize(
    "make,sentence",
    [
        (lambda: quotient("contact_center_nonsense_ratio", (), WINDOW), "has no KPI contact_center_nonsense_ratio"),
        (lambda: quotient(SERVICE_LEVEL, (), {**WINDOW, "team": "x"}), "has no label team"),
        (lambda: quotient(SERVICE_LEVEL, ("topic",), WINDOW), "has no label topic"),
        (lambda: quotient(SERVICE_LEVEL, (), USUAL), "is windowed: choose a window"),
        (lambda: count("contact_center_contacts_offered_total", (), CHOSEN), "is windowed: choose a window"),
    ],
)
def test_what_the_catalogue_does_not_have_ends_the_generator(make: Callable[[], str], sentence: str) -> None:
    """A renamed KPI, a missing label or a missing window ends the generator, and is named."""
    with pytest.raises(LookupError, match=sentence):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: quotient("contact_center_contacts_offered_total", (), WINDOW),
        lambda: count(SERVICE_LEVEL, (), WINDOW),
        lambda: now(SERVICE_LEVEL, (), {}),
        lambda: own(SERVICE_LEVEL, ()),
        lambda: rate("veinte_blind", ()),
    ],
)
def test_a_kpi_of_another_kind_is_refused(make: Callable[[], str]) -> None:
    """A count is not divided, a ratio is not counted, and neither is a current number."""
    with pytest.raises(TypeError, match="is no"):
        make()


LEVEL = {"window": "30m", **USUAL}
MET, JUDGED = "contact_center_service_level_numerator", "contact_center_service_level_denominator"
WAITING, PAST = "contact_center_contacts_waiting", "contact_center_contacts_waiting_past_target"
OBJECTIVE, OPEN, BLIND = "contact_center_service_level_objective_ratio", "contact_center_queue_open", "veinte_blind"


def series(name: str, value: float, channel: str, queue: str, **labels: str) -> dict[str, str]:
    """One constant series."""
    named = {"channel": channel, "queue": queue, **labels}
    inside = ", ".join(f'{label}="{text}"' for label, text in named.items() if text)
    return {"series": f"{name}{{{inside}}}", "values": f"{value}+0x60"}


def queue_series(
    queue: str, met: int, judged: int, *, objective: float = 0.8, waiting: int = 0, past: int = 0, is_open: int = 1
) -> list[dict[str, str]]:
    """The exporter's series for a queue of calls."""
    return [
        series(MET, met, "call", queue, **LEVEL),
        series(JUDGED, judged, "call", queue, **LEVEL),
        series(OBJECTIVE, objective, "call", queue),
        series(WAITING, waiting, "call", queue),
        series(PAST, past, "call", queue),
        series(OPEN, is_open, "call", queue),
    ]


def hung_up(queue: str, offered: int, short: int) -> list[dict[str, str]]:
    """The exporter's series of the offers of a queue of calls, and of the short abandons of them."""
    window = {"window": LEVEL["window"]}
    return [
        series(gauge_of(OFFERED), offered, "call", queue, **window),
        series(gauge_of(SHORT_ABANDONED), short, "call", queue, **window),
    ]


def answers(
    folder: Path, given: list[dict[str, str]], expected: Mapping[str, Mapping[str, float]], at_minute: int = 1
) -> None:
    """Promtool's engine returns exactly these series for each expression, by their labels."""
    cases = [
        {
            "expr": expression,
            "eval_time": f"{at_minute}m",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
        }
        for expression, samples in expected.items()
    ]
    path = folder / "cases.json"
    tests = [{"interval": "1m", "input_series": given, "promql_expr_test": cases}]
    path.write_text(json.dumps({"rule_files": [], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run([tool("promtool"), "test", "rules", path], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr


def test_a_sum_over_queues_divides_sums(tmp_path: Path) -> None:
    """Nine of ten and none of 90 are 9 %, not the 45 % that the mean of two ratios would be."""
    given = queue_series("small", 9, 10) + queue_series("large", 0, 90)
    answers(
        tmp_path,
        given,
        {
            quotient(SERVICE_LEVEL, BY_CHANNEL, LEVEL): {'{channel="call"}': 0.09},
            quotient(SERVICE_LEVEL, BY_QUEUE, LEVEL, at_least=11): {'{channel="call", queue="large"}': 0},
        },
    )


def test_two_exporters_count_once(tmp_path: Path) -> None:
    """Two scraped exporters count three callers as three, and the lag and the dead letters of one."""
    given = [
        {**each, "series": each["series"].replace("{", f'{{instance="{name}", ')}
        for name in ("a", "b")
        for each in (
            series(WAITING, 3, "call", "one"),
            series(WAITING, 4, "call", "two"),
            {"series": 'veinte_consumer_lag_events{topic="calls", partition="0"}', "values": "5+0x9"},
            {"series": 'veinte_events_rejected_total{topic="calls", reason="not_json"}', "values": "0+1x9"},
            {"series": 'veinte_events_rejected_total{topic="calls", reason="too_old"}', "values": "0+0x9"},
        )
    ]
    answers(
        tmp_path,
        given,
        {
            now(WAITING, BY_CHANNEL, {}): {'{channel="call"}': 7},
            now(WAITING, BY_QUEUE, {}): {'{channel="call", queue="one"}': 3, '{channel="call", queue="two"}': 4},
            now(WAITING, (), {}): {"{}": 7},
            own("veinte_consumer_lag_events", ()): {"{}": 5},
            increase("veinte_events_rejected_total", ("topic", "reason"), "5m"): {
                '{topic="calls", reason="not_json"}': 5
            },
            rate("veinte_events_rejected_total", ("topic",)).replace("$__rate_interval", "1m1s"): {
                '{topic="calls"}': 1 / 60
            },
        },
        at_minute=6,
    )


def test_a_tile_says_why_it_has_no_number(tmp_path: Path) -> None:
    """A tile of ten shows a percentage, of nine too few, of none nobody; without the series there is not even a
    code."""
    many, few = queue_series("ok", 8, 10), queue_series("few", 9, 9)
    none = queue_series("none", 0, 0)
    tile = or_why_not(quotient(SERVICE_LEVEL, BY_QUEUE, LEVEL, 10), denominator(SERVICE_LEVEL, BY_QUEUE, LEVEL))
    expected = {
        '{channel="call", queue="ok"}': 0.8,
        '{channel="call", queue="few"}': TOO_FEW_COUNTED,
        '{channel="call", queue="none"}': NOBODY_COUNTED,
    }
    answers(tmp_path, [*many, *few, *none], {tile: expected})
    answers(tmp_path, [series(BLIND, 0, "call", "")], {tile: {}})


def test_the_objective_is_weighted_by_contacts(tmp_path: Path) -> None:
    """The objective is weighted by contacts: ten at 90 % and thirty at 50 % need 24 of 40; 20 met are 10 points below,
    and 20 misses of 16 allowed."""
    given = queue_series("a", 8, 10, objective=0.9) + queue_series("b", 12, 30, objective=0.5)
    given += queue_series("all", 4, 4, objective=1.0)
    only = {**LEVEL, "queue": "all"}
    answers(
        tmp_path,
        given[:-6],
        {
            points_from_objective(BY_CHANNEL, LEVEL): {'{channel="call"}': -0.1},
            burned(BY_CHANNEL, LEVEL): {'{channel="call"}': 1.25},
        },
    )
    answers(tmp_path, given, {burned(BY_CHANNEL, only): {}, points_from_objective(BY_CHANNEL, only): {}})


def test_states_are_the_first_that_holds(tmp_path: Path) -> None:
    """The first state that matches is shown: pending before abandoned early before closed before no traffic before
    few. A caller past the target is judged, hence not pending."""
    given = queue_series("ok", 8, 10) + queue_series("few", 9, 9) + queue_series("none", 0, 0)
    given += queue_series("closed", 0, 0, is_open=0) + queue_series("pending", 0, 0, waiting=1, is_open=0)
    given += queue_series("judged", 0, 1, waiting=1, past=1)
    given += queue_series("early", 0, 0, is_open=0) + hung_up("early", 11, 11)
    given += queue_series("early pending", 0, 0, waiting=1) + hung_up("early pending", 12, 11)
    given += queue_series("not all", 0, 0) + hung_up("not all", 11, 10)
    states = {
        "ok": State.OK,
        "few": State.FEW,
        "none": State.NO_TRAFFIC,
        "closed": State.CLOSED,
        "pending": State.PENDING,
        "judged": State.FEW,
        "early": State.ABANDONED_EARLY,
        "early pending": State.PENDING,
        "not all": State.NO_TRAFFIC,
    }
    expected = {f'{{channel="call", queue="{name}"}}': STATE_CODES[state] for name, state in states.items()}
    answers(tmp_path, [*given, series(BLIND, 0, "call", "")], {state_of_service_level(LEVEL): expected})
    blind = dict.fromkeys(expected, STATE_CODES[State.BLIND])
    answers(tmp_path, [*given, series(BLIND, 1, "call", "")], {state_of_service_level(LEVEL): blind})


def test_a_number_or_its_grey_twin(tmp_path: Path) -> None:
    """The number of a blind channel moves to the grey twin; that of another channel does not."""
    given = [series(WAITING, 3, "call", "a"), series(WAITING, 4, "chat", "a")]
    given += [series(BLIND, 1, "call", ""), series(BLIND, 0, "chat", "")]
    fine, grey = trusted(now(WAITING, BY_CHANNEL, {}), {})
    answers(tmp_path, given, {fine.expr: {'{channel="chat"}': 4}, grey.expr: {'{channel="call"}': 3}})
    assert blind_channels({"channel": "$channel", "queue": "$queue"}) == (
        '(max by (channel) (veinte_blind{channel=~"$channel"}) == 1)'
    )


def test_history_moves_every_series_of_an_expression(tmp_path: Path) -> None:
    """A mean of an hour ago divides the seconds of then by the count of then."""
    name = "contact_center_handle_time_seconds"
    match = {"window": "1h", "part": "total"}
    expression = at(quotient(name, (), match), "2m")
    given = [
        {"series": f'{name}_sum{{channel="call", queue="a", window="1h", part="total"}}', "values": "100+100x9"},
        {"series": f'{name}_count{{channel="call", queue="a", window="1h", part="total"}}', "values": "10 5 2 1 1 1"},
    ]
    assert 2 == expression.count("offset 2m")
    answers(tmp_path, given, {expression: {"{}": 40}}, at_minute=3)


def test_the_gauge_of_a_counter_is_its_window() -> None:
    """A choice of values reads gauges: a value no longer scraped is no longer in the list."""
    assert "contact_center_contacts_offered" == gauge_of("contact_center_contacts_offered_total")
    assert WAITING == gauge_of(WAITING)
