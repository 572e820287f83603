"""The rules in Prometheus' own hands: promtool reads them, every case holds, and a backtest reads a real Redis."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from metrics.alerts.rule_file import DEFAULT_FILE, rule_file
from metrics.commands.cli import app
from metrics.exporter.text import CONTENT_TYPE, MetricsPage
from metrics.snapshot.windows import WINDOWS
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure, ConversationSketch
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.sketches import sketched
from streams.stack.addresses import free_port
from tests.alerts.promtool_files import FOLDER, TABLES
from tests.conftest import SettingsFactory
from tests.support.kpi_coverage import full_board, own_settings
from tests.support.paths import ROOT
from tests.support.processes import DEADLINE_SECONDS, eventually
from tests.support.tools import tool
from tests.support.writers import NOW_MS, Writer

LONGEST_S = 120
QUARTER_MS = 900_000


def promtool(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run promtool to its end."""
    command = [tool("promtool"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=LONGEST_S, check=False)


@pytest.mark.parametrize("language", Language)
def test_promtool_accepts_the_rules(tmp_path: Path, language: Language) -> None:
    """Also those of other settings, whatever the names of queues, with every lint that it knows."""
    queues: dict[str, tuple[QueueSettings, ...]] = {'a "b" \\ ñ': (QueueSettings(channel=Channel.CALL, objective=1.0),)}
    target = tmp_path / "rules.yml"
    target.write_text(rule_file(Settings.model_construct(queues=queues, alert_lag=7), language), encoding="utf-8")
    checked = promtool("check", "rules", str(target), str(ROOT / DEFAULT_FILE))
    assert (0, 2) == (checked.returncode, checked.stdout.count("SUCCESS: 36 rules found")), checked.stderr


@pytest.mark.parametrize("name", TABLES)
def test_every_case_holds(name: str) -> None:
    """Each alert is found firing with its texts, and silent, where the tables say so."""
    tested = promtool("test", "rules", str(FOLDER / f"{name}.yml"))
    assert (0, "SUCCESS") == (tested.returncode, tested.stdout.split()[-1]), tested.stderr


def test_a_rule_that_says_something_else_is_found(tmp_path: Path) -> None:
    """The cases would notice a limit moved by one, a text changed by a word, and a rule without its opening hours."""
    shutil.copytree(ROOT / "deploy" / "prometheus", tmp_path, dirs_exist_ok=True)
    rules = tmp_path / "rules" / DEFAULT_FILE.name
    text = rules.read_text(encoding="utf-8")
    for good, bad in (
        (" > 900\n", " > 899\n"),
        ("stopped.", "ended."),
        (" unless on (channel, queue) contact", " or x"),
    ):
        assert good in text
        text = text.replace(good, bad)
    rules.write_text(text, encoding="utf-8")
    tested = promtool("test", "rules", "tests/pipeline.yml", cwd=tmp_path)
    assert 1 == tested.returncode
    assert "VeinteSourceQuiet does not fire just below its limit (1 of 3)" in tested.stderr
    assert "VeinteSourceQuiet fires," in tested.stderr
    assert "VeinteSourceQuiet does not fire while the queue is closed" in tested.stderr


def test_a_backtest_reads_what_redis_keeps(
    settings_factory: SettingsFactory,
    environment_of: Callable[[Settings], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six bad days of two queues in the store: their alerts are counted, and what is never met is a warning."""
    settings = settings_factory(clock="event", create=False)
    writer, mails = Writer(settings), Writer(settings, topic="tickets")
    wait, amount = sketched(ConversationSketch.WAIT, 300_000)
    day_ms = 96 * QUARTER_MS
    for back in range(1, 7):
        writer.add(
            NOW_MS - back * day_ms,
            {
                ConversationMeasure.OFFERED: 30,
                ConversationMeasure.ANSWERED_WITHIN: 6,
                ConversationMeasure.REACHED_TARGET: 24,
                wait: amount,
            },
        )
        for medium in ("email", "web"):
            promised: dict[int, int] = {TicketMeasure.RESPONSE_24H_JUDGED: 4, TicketMeasure.RESPONSE_24H_MET: 3}
            mails.add(NOW_MS - back * day_ms, promised, "support", medium)
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["rules", "--backtest", "28d"])
    assert 0 == result.exit_code, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["ContactCenterServiceLevelBurn", "(15m)", "page", "sales", "(call)", "6", "4.5"] in lines
    assert ["ContactCenterSilence", "page", "0", "0.0"] in lines
    assert ["ContactCenterLongestWait", "ticket", "sales", "(call)", "6", "1.5"] in lines
    assert ["ContactCenterEmailMissed", "ticket", "support", "(ticket)", "1", "144.0"] in lines
    sales, support = result.stderr.splitlines()
    assert sales.startswith("veinte: sales (call): its objective of 0.8 was met on no day of 6, 0.20 at best; ")
    assert support.startswith(
        "veinte: support (ticket): its promise to answer each e-mail within 24 hours was met on no"
    )


class _Page(BaseHTTPRequestHandler):
    """Answers every request with a board on which everything happened."""

    def do_GET(self) -> None:
        view = full_board()
        body = MetricsPage(own_settings()).render(view, view)
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The test's output is for what went wrong."""


@pytest.fixture
def exporter_port() -> Iterator[int]:
    """A page of metrics at any address of this port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def _asked(port: int, path: str) -> dict[str, Any]:
    with urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=DEADLINE_SECONDS) as answer:
        return dict(json.load(answer)["data"])


def _result(port: int, query: str) -> list[dict[str, Any]]:
    return list(_asked(port, f"query?query={quote(query)}")["result"])


def test_prometheus_evaluates_every_rule_with_two_exporters_side_by_side(tmp_path: Path, exporter_port: int) -> None:
    """No rule is in error on a full board that comes twice, and what comes twice is recorded once."""
    jobs = [
        {"job_name": name, "metrics_path": f"/{name}", "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}]}
        for name in ("one", "other")
    ]
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ROOT / DEFAULT_FILE)],
        "scrape_configs": jobs,
    }
    (tmp_path / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    port = free_port()
    command = [
        tool("prometheus"),
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]

    def rules() -> list[dict[str, Any]]:
        return [rule for group in _asked(port, "rules")["groups"] for rule in group["rules"]]

    def seen_twice() -> bool:
        try:
            return bool(_result(port, "count(veinte_snapshot_age_seconds) == 2"))
        except OSError:
            return False

    def evaluated_since(before: list[str]) -> list[dict[str, Any]]:
        found = rules()
        later = all(rule["lastEvaluation"] > then for rule, then in zip(found, before, strict=True))
        return found if later else []

    with subprocess.Popen(command) as prometheus:
        try:
            eventually("both exporters are scraped", seen_twice)
            before = [rule["lastEvaluation"] for rule in rules()]
            found = eventually("every rule is evaluated again", lambda: evaluated_since(before))
            (recorded,) = _result(port, "count(channel_queue:contact_center_service_level:ratio)")
        finally:
            prometheus.terminate()
    assert [] == [(rule["name"], rule["lastError"]) for rule in found if rule["health"] != "ok"]
    assert (36, f"{2 * len(WINDOWS)}") == (len(found), recorded["value"][1])
