"""Generator of promtool's test files from the tables.

``python -m tests.alerts.promtool_files`` writes them; with ``--check`` it compares instead.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from metrics.alerts.model import Alert
from metrics.alerts.rule_file import DEFAULT_FILE, alerts
from streams.common.generated import write_or_compare
from streams.config.settings import Settings
from tests.alerts.cases import AT, OVER, STILL, AlertCase, Kind, Series
from tests.alerts.pipeline import PIPELINE
from tests.alerts.service_level import SERVICE_LEVEL
from tests.alerts.tickets import TICKETS
from tests.alerts.waiting import WAITING

FOLDER = Path("deploy/prometheus/tests")
TABLES: Mapping[str, tuple[AlertCase, ...]] = {
    "service_level": SERVICE_LEVEL,
    "waiting": WAITING,
    "tickets": TICKETS,
    "pipeline": PIPELINE,
}
CASES = tuple(case for table in TABLES.values() for case in table)
_HEAD = """\
# Generated from tests/alerts/ by `make generate`; run them with `promtool test rules {path}`.
rule_files:
  - ../rules/{rules}
evaluation_interval: 1m
tests:
"""


class Promise(NamedTuple):
    """Expectation at a minute: the alert fires with its texts, or it does not."""

    at: int
    fires: bool


class Test(NamedTuple):
    """One test of promtool. ``kind`` is ``None`` for tests of ``for`` and ``keep_firing_for`` alone."""

    sentence: str
    kind: Kind | None
    series: Mapping[str, float | str]
    promises: tuple[Promise, ...]


def minutes(duration: str) -> int:
    """Minutes of a duration: 15 of ``15m``; 0 of none."""
    found = re.fullmatch(r"([0-9]+)m", duration)
    return int(found[1]) if found else 0


def tests_of(case: AlertCase, rule: Alert) -> Iterator[Test]:
    """The tests of one alert, in the order of the kinds."""
    fires, never = (Promise(AT, True),), (Promise(AT, False),)

    def but(changed: Series) -> dict[str, float | str]:
        return {**case.all_series, **changed}

    yield Test(Kind.FIRES, Kind.FIRES, case.all_series, fires)
    for number, below in enumerate(case.below, start=1):
        yield Test(f"{Kind.BELOW} ({number} of {len(case.below)})", Kind.BELOW, but(below), never)
    held = (Promise(STILL, True),) if rule.keep_firing_for else (Promise(AT + 1, False),)
    turned = {selector: _turn(case.all_series.get(selector, ""), well) for selector, well in case.well.items()}
    yield Test(Kind.RECOVERS, Kind.RECOVERS, but(turned), (*fires, *held, Promise(OVER, False)))
    if Kind.NO_TRAFFIC not in case.why_not:
        yield Test(Kind.NO_TRAFFIC, Kind.NO_TRAFFIC, but(case.quiet), never)
    sentence = "fires also while the queue is closed" if case.regardless else Kind.CLOSED
    yield Test(sentence, Kind.CLOSED, but(case.closed), fires if case.regardless else never)
    for number, few in enumerate(case.few, start=1):
        yield Test(f"{Kind.LOW_VOLUME} ({number} of {len(case.few)})", Kind.LOW_VOLUME, but(few), never)
    if Kind.MISSING not in case.why_not:
        for gone in case.fires:
            yield Test(f"does not fire without {gone}", Kind.MISSING, but({gone: ""}), never)
    if Kind.TWICE not in case.why_not:
        yield Test(Kind.TWICE, Kind.TWICE, {**case.all_series, **_beside(case.all_series)}, fires)
    if rule.for_:
        yield Test(f"waits for {rule.for_}", None, case.all_series, (Promise(minutes(rule.for_) - 1, False),))


def _beside(series: Series) -> dict[str, float | str]:
    """The same series from another exporter."""
    return {
        f'{selector[:-1]},instance="other"}}' if selector.endswith("}") else f'{selector}{{instance="other"}}': value
        for selector, value in series.items()
    }


def _turn(bad: float | str, good: float | str) -> str:
    """``bad`` up to ``AT``, then ``good``."""
    first = f"_x{AT + 1}" if bad == "" else f"{bad}x{AT}"
    return f"{first} stale" if good == "" else f"{first} {good}x{OVER}"


def _values(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}x{OVER}"


def rule_of(case: AlertCase) -> Alert:
    """The rule of a case, generated with the default settings."""
    (rule,) = (alert for alert in alerts(Settings.model_construct()) if alert.title == case.title)
    return rule


def test_file(name: str) -> str:
    """The text of one test file."""
    head = _HEAD.format(path=FOLDER / f"{name}.yml", rules=DEFAULT_FILE.name)
    return head + "\n".join(line for case in TABLES[name] for line in _alert(case)) + "\n"


def _alert(case: AlertCase) -> Iterator[str]:
    for test in tests_of(case, rule_of(case)):
        yield f"  - name: {json.dumps(f'{case.title} {test.sentence}', ensure_ascii=False)}"
        yield "    interval: 1m"
        kept = {selector: value for selector, value in test.series.items() if value != ""}
        yield "    input_series:" if kept else "    input_series: []"
        for selector, value in kept.items():
            yield f"      - series: {json.dumps(selector, ensure_ascii=False)}"
            yield f"        values: {json.dumps(_values(value))}"
        yield "    alert_rule_test:"
        for promise in test.promises:
            yield f"      - eval_time: {promise.at}m"
            yield f"        alertname: {case.name}"
            yield from _expected(case) if promise.fires else ["        exp_alerts: []"]


def _expected(case: AlertCase) -> Iterator[str]:
    english, spanish, long_english, long_spanish = case.says
    texts = {
        "summary": english,
        "description": long_english,
        "summary_en": english,
        "summary_es": spanish,
        "description_en": long_english,
        "description_es": long_spanish,
        "runbook_url": f"docs/runbooks/{case.name}.md",
    }
    yield "        exp_alerts:"
    yield f"          - exp_labels: {json.dumps(dict(case.labels), ensure_ascii=False)}"
    yield "            exp_annotations:"
    yield from (f"              {key}: {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items())


GENERATED = {FOLDER / f"{name}.yml": partial(test_file, name) for name in TABLES}

if __name__ == "__main__":
    sys.exit(write_or_compare(GENERATED, sys.argv[1:]))
