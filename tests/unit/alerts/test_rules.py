"""The rules of Prometheus: what they read exists, what they say is whole, what could never fire is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from metrics.alerts.burn import burn_windows
from metrics.alerts.pipeline import QUIET_TOPICS
from metrics.alerts.rule_file import alerts, default_rule_file, groups, labels, rule_file, texts
from metrics.alerts.service_level import HELD_FOR
from metrics.alerts.wording import filled
from metrics.catalog.detail import Detail
from metrics.commands.rules import register
from streams.common.errors import UserError
from streams.common.languages import Bilingual, Language
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings, load_settings
from streams.contract.topics import CHANNEL_OF
from tests.alerts.cases import Kind
from tests.alerts.page import counted
from tests.alerts.promtool_files import CASES, rule_of
from tests.support.boards import settings
from tests.support.kpi_coverage import on_metrics
from tests.support.paths import ROOT

BOOKS = ROOT / "docs" / "runbooks"
DEFAULTS = Settings.model_construct()
RULES = alerts(DEFAULTS)
SELECTOR = re.compile(r"(?<![:\w])((?:contact_center|veinte)_[a-z0-9_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)\\?"([^"\\]*)\\?"')
FACTORS = ("alert_fast_burn", "alert_slow_burn", "alert_day_burn", "alert_week_burn", "alert_month_burn")
HEADINGS = (
    "## English: ",
    "### What it means",
    "### How to check",
    "### What to do",
    "## Español: ",
    "### Qué significa",
    "### Cómo comprobarlo",
    "### Qué hacer",
)


def selectors() -> Iterator[tuple[str, str]]:
    """Every metric that an expression or a text reads, with its matchers."""
    for group in groups(DEFAULTS):
        for recording in group.recordings:
            yield from SELECTOR.findall(recording.expr)
        for alert in group.alerts:
            yield from SELECTOR.findall(alert.expr)
            for text in texts(alert, DEFAULTS, Language.ENGLISH).values():
                yield from (found for found in SELECTOR.findall(text) if found[1])


@pytest.mark.parametrize("name,matchers", sorted(set(selectors())))
def test_what_a_rule_reads_is_on_the_board(name: str, matchers: str) -> None:
    """Some series of the lean page on which everything happened has the name and what each matcher asks for."""
    asked = [(label, operator, value) for label, operator, value in MATCHER.findall(matchers) if value != "%q"]

    def matches(series: dict[str, str]) -> bool:
        return all(
            {
                "=": series.get(label) == value,
                "!=": label in series,
                "=~": re.fullmatch(value, series.get(label, "")) is not None,
                "!~": re.fullmatch(value, series.get(label, "")) is None,
            }[operator]
            for label, operator, value in asked
        )

    assert (True, name) == (any(map(matches, on_metrics(Detail.LEAN).get(name, []))), name)


def test_every_alert_has_its_table_of_cases() -> None:
    """In the order of the rule file, each with every kind of case or a reason why it cannot have it."""
    assert [rule.title for rule in RULES] == [case.title for case in CASES]
    for case in CASES:
        found = counted(case)
        lacking = {kind for kind in Kind if not found[kind]}
        assert (lacking, case.title) == (set(case.why_not), case.title)
        assert all(case.why_not.values())


def test_an_alert_has_the_labels_that_routes_read() -> None:
    """Severity and audience are always there, and the window where several rules have one name."""
    for rule in RULES:
        window = {"window": rule.window} if rule.window else {}
        assert {"severity": rule.severity.value, "audience": rule.audience.value, **window} == labels(rule)
    known = [(rule.name, tuple(labels(rule).items())) for rule in RULES]
    assert len(set(known)) == len(known)


@pytest.mark.parametrize("name", sorted({rule.name for rule in RULES}))
def test_every_alert_has_a_page_in_both_languages(name: str) -> None:
    """Each runbook has meaning, check and action in English, then in Spanish; the link of the alert opens it."""
    page = (BOOKS / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}\n")
    places = [page.find(f"\n{heading}") for heading in HEADINGS]
    assert places == sorted(places)
    assert -1 not in places
    urls = {texts(rule, DEFAULTS, Language.ENGLISH)["runbook_url"] for rule in RULES if rule.name == name}
    assert {f"docs/runbooks/{name}.md"} == urls


def test_no_page_is_left_over() -> None:
    """A page of an alert that is gone goes with it."""
    assert {rule.name for rule in RULES} == {page.stem for page in BOOKS.iterdir()}


@pytest.mark.parametrize("language", Language)
def test_texts_are_filled_in_both_languages(language: Language) -> None:
    """No mark is left, the languages differ, and the plain texts are those of the chosen one."""
    for rule in RULES:
        found = texts(rule, DEFAULTS, language)
        assert [] == [text for text in found.values() if re.search(r"<[a-z_]+>", text)]
        for name in ("summary", "description"):
            assert found[f"{name}_en"] != found[f"{name}_es"]
            assert found[f"{name}_{language.value}"] == found[name]


def test_an_unknown_mark_is_refused() -> None:
    """A mark that nobody fills in never reaches a supervisor."""
    with pytest.raises(KeyError):
        filled(Bilingual("<unheard_of>", ""), Language.ENGLISH)


@pytest.mark.parametrize(
    "objective,factors,refused",
    [
        (0.8, {}, None),
        (0.8, {"alert_fast_burn": 4.99}, None),
        (0.8, {"alert_fast_burn": 5.0}, "alert_fast_burn = 5 can never be exceeded by a queue without settings"),
        (0.8, {"alert_slow_burn": 14.4}, "alert_slow_burn = 14.4 can never be exceeded by a queue without settings"),
        (
            0.6,
            {},
            "alert_fast_burn = 3 can never be exceeded by the queue sales: with its objective of 0.6 the burn rate"
            " is at most 2.5, when everything is late; set alert_fast_burn below that",
        ),
        (0.67, {}, None),
        (1.0, {}, None),
    ],
)
def test_a_factor_that_cannot_be_reached_is_refused(
    tmp_path: Path, objective: float, factors: dict[str, float], refused: str | None
) -> None:
    """One sentence names the setting, the queue and the most that can happen; an objective of 1 has no burn rate."""
    queues = {"sales": [QueueSettings(channel=Channel.CALL, objective=objective)]}
    asked = settings(tmp_path, queues=queues, **factors)
    if refused is None:
        assert 5 == len(burn_windows(asked))
        return
    with pytest.raises(UserError, match=re.escape(refused)):
        rule_file(asked)


def test_a_number_is_written_as_it_was_set(tmp_path: Path) -> None:
    """A factor a hair below what can happen at most is not rounded up to it."""
    assert '{window="5m"} > 4.99999999\n' in rule_file(settings(tmp_path, alert_fast_burn=4.99999999))


@pytest.mark.parametrize(
    "name", ["fast_burn", "slow_burn", "day_burn", "week_burn", "month_burn", "longest_wait", "usual", "surge"]
)
def test_a_limit_without_end_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that can never be exceeded is refused."""
    monkeypatch.setenv(f"VEINTE_ALERT_{name.upper()}", "inf")
    with pytest.raises(UserError, match=rf"alert_{name} = 'inf': input should be a finite number"):
        load_settings()


@given(st.integers(1, 100), st.tuples(*[st.floats(0.01, 20)] * len(FACTORS)))
def test_what_is_generated_can_fire(percent: int, factors: tuple[float, ...]) -> None:
    """Whatever the objective and the factors: they are refused, or everything late burns faster than each."""
    objective = percent / 100
    values: dict[str, Any] = dict(zip(FACTORS, factors, strict=True))
    values["queues"] = {"sales": (QueueSettings(channel=Channel.CHAT, objective=objective),)}
    asked = Settings.model_construct(**values)
    allowed = max(Fraction(1, 5), 1 - Fraction(percent, 100))  # a queue without settings has 80 %
    feasible = all(Fraction(str(factor)) * allowed < 1 for factor in factors)
    try:
        windows = burn_windows(asked)
    except UserError:
        assert not feasible
    else:
        assert feasible
        assert list(factors) == [window.factor for window in windows]


def test_the_windows_are_those_of_an_open_day() -> None:
    """Page at 15m and 5m at 3, at 1h and 10m at 2, ticket today and 1h at 1; for small queues ticket 7d and 24h, 28d
    and 7d at 1; 20 judged, held for 30 minutes."""
    found = [(w.long, w.short, w.factor, w.severity.value) for w in burn_windows(DEFAULTS)]
    hours = [("15m", "5m", 3, "page"), ("1h", "10m", 2, "page"), ("today", "1h", 1, "ticket")]
    assert [*hours, ("7d", "24h", 1, "ticket"), ("28d", "7d", 1, "ticket")] == found
    assert (20, "30m") == (DEFAULTS.alert_minimum_judged, HELD_FOR)


CHANGED: dict[str, Any] = {
    "alert_runbooks": "https://example.org/books/",
    "alert_fast_burn": 4.0,
    "alert_slow_burn": 2.5,
    "alert_day_burn": 1.5,
    "alert_week_burn": 1.5,
    "alert_month_burn": 1.5,
    "alert_minimum_judged": 30,
    "alert_minimum_offered": 7,
    "alert_longest_wait": 5.0,
    "alert_abandonment": 0.2,
    "alert_refused": 9,
    "alert_usual": 8.0,
    "alert_surge": 3.0,
    "alert_callback": 7_200_000,
    "alert_overdue": 20,
    "alert_due_soon": 6,
    "alert_lag": 5_000,
}
ELSEWHERE = {"alert_language", "alert_webhook_supervisor", "alert_webhook_oncall", "alert_webhook_planner"}


def test_every_setting_of_alerts_is_tried_below() -> None:
    """A new setting needs a line in the table, or is about where alerts are sent."""
    assert {name for name in Settings.model_fields if name.startswith("alert_")} == CHANGED.keys() | ELSEWHERE


@pytest.mark.parametrize("name", CHANGED)
def test_every_setting_of_alerts_changes_the_rules(name: str) -> None:
    """No setting is there for nothing."""
    assert default_rule_file() != rule_file(Settings.model_construct(**{name: CHANGED[name]}))


def test_a_topic_is_named_for_its_channel() -> None:
    """The rule on quiet sources makes the channel of the topic by taking an s away."""
    named = {topic.value: channel.value for topic, channel in CHANNEL_OF.items() if channel is not Channel.TICKET}
    assert {topic: topic.removesuffix("s") for topic in QUIET_TOPICS.split("|")} == named


def test_a_case_knows_its_rule() -> None:
    """Tests of one name and several windows are told apart by the window."""
    assert ["15m", "1h", "today", "7d", "28d"] == [rule_of(case).window for case in CASES if case.name.endswith("Burn")]


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``rules(*arguments)`` runs the command in an empty directory."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    register(app)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return run


def test_the_command_prints_writes_and_checks(rules: Any) -> None:
    """The printed rules equal the written ones; a changed file and another language fail the check."""
    printed = rules()
    assert (0, default_rule_file()) == (printed.exit_code, printed.stdout)
    assert 0 == rules("--output", "veinte.yml").exit_code
    assert default_rule_file() == Path("veinte.yml").read_text(encoding="utf-8")
    assert 0 == rules("--output", "veinte.yml", "--check").exit_code
    in_spanish = rules("--output", "veinte.yml", "--check", "--lang", "es")
    sentence = "veinte: veinte.yml is not what the settings ask for; write it anew without --check\n"
    assert (1, sentence) == (in_spanish.exit_code, in_spanish.stderr)
    assert rule_file(DEFAULTS, Language.SPANISH) == rules("--lang", "es").stdout


def test_the_language_is_that_of_the_settings(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is asked for, alert_language decides."""
    monkeypatch.setenv("VEINTE_ALERT_LANGUAGE", "es")
    assert rule_file(DEFAULTS, Language.SPANISH) == rules().stdout


@pytest.mark.parametrize(
    "arguments,sentence",
    [
        (["--check"], "--check compares a file; name it with --output"),
        (
            ["--check", "-o", "gone.yml"],
            "--output gone.yml cannot be read (No such file or directory); name the rule file",
        ),
        (
            ["-o", "gone/veinte.yml"],
            "--output gone/veinte.yml cannot be written (No such file or directory); name another",
        ),
        (["--backtest", "28"], "--backtest '28' is no duration; write a number and a unit"),
        (["--backtest", "0d"], "--backtest '0d' is no time; give a span such as 28d"),
        (["--backtest", "28d", "--check"], "--backtest writes no rules; leave out --output and --check"),
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_one_sentence(rules: Any, arguments: list[str], sentence: str) -> None:
    """It says what, where and what to do."""
    result = rules(*arguments)
    assert isinstance(result.exception, UserError)
    assert str(result.exception).startswith(sentence)
