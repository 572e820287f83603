"""Receivers of each alert: the routes, silences and messages of deploy/alertmanager."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from metrics.alerts.model import Alert, Audience
from metrics.alerts.rule_file import alerts, labels, rule_file
from metrics.alerts.wording import literal
from metrics.commands.cli import alert_rules
from streams.config.settings import Settings
from streams.stack.monitoring import (
    RECEIVERS,
    Addresses,
    alertmanager_config,
    exporter_address,
    prometheus_config,
    write_alertmanager,
    write_prometheus,
)
from streams.stack.scraping import exporter_job
from tests.support.certificates import Authority
from tests.support.paths import ROOT
from tests.support.tools import tool

DEPLOY = ROOT / "deploy"
CONFIG = DEPLOY / "alertmanager" / "alertmanager.yml"
TEMPLATES = DEPLOY / "alertmanager" / "templates" / "veinte.tmpl"
ROUTES: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
ALERTS = alerts(Settings.model_construct())
SECRET = "https://chat.example/hooks/s3cr3t-of-nobody"
SLACK = "https://hooks.slack.com/services/T000/B000/s3cr3t-of-nobody"


def run(*command: str | Path) -> str:
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert 0 == result.returncode, result.stdout + result.stderr
    return result.stdout


def receivers(config: Path, **of_alert: str) -> list[str]:
    """Receivers of an alert with these labels."""
    marks = [f"{name}={value}" for name, value in of_alert.items()]
    return run(tool("amtool"), "config", "routes", "test", f"--config.file={config}", *marks).split()


def webhooks(**values: Any) -> Settings:
    """Settings with a URL for each receiver."""
    urls: dict[str, Any] = {setting: SecretStr(f"{SECRET}/{name}") for name, setting in RECEIVERS.items()}
    return Settings(**urls, **values)


def test_the_shipped_configuration_is_accepted() -> None:
    """Amtool and promtool accept the shipped configuration, and it has a receiver for each audience."""
    assert "SUCCESS" in run(tool("amtool"), "check-config", CONFIG)
    run(tool("promtool"), "check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    assert {audience.value for audience in Audience} == {receiver["name"] for receiver in ROUTES["receivers"]}
    assert {audience.value for audience in Audience} == set(RECEIVERS)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.title)
def test_an_alert_reaches_its_audience(alert: Alert) -> None:
    """Each alert of the rules reaches its audience and nobody else, in any queue."""
    given = {"alertname": alert.name, **labels(alert), "channel": "call", "queue": "Atención al cliente"}
    assert [alert.audience.value] == receivers(CONFIG, **given)


def test_an_alert_of_nobody_is_for_those_on_call() -> None:
    """An alert without a known audience reaches those on call."""
    assert ["oncall"] == receivers(CONFIG, alertname="Something")
    assert ["oncall"] == receivers(CONFIG, alertname="Something", audience="board", severity="page")


def test_messages_of_the_room_are_one_a_queue() -> None:
    """Alerts for supervisors and planners are grouped by channel and queue."""
    route = ROUTES["route"]
    assert ["channel", "queue"] == route["group_by"]
    assert {"oncall"} == {child["receiver"] for child in route["routes"] if "group_by" in child}


def test_silences_name_alerts_that_exist() -> None:
    """An inhibition names alerts and windows of the rules only, and the blind one is of a channel."""
    names = re.findall(r'alertname!?="(\w+)"', json.dumps(ROUTES["inhibit_rules"]).replace('\\"', '"'))
    by_name = {alert.name: alert for alert in ALERTS}
    of_the_queue = {"ContactCenterServiceLevelBurn", "ContactCenterServiceLevelNoneMet"}
    assert {"VeinteExporterGone", "VeinteBlind"} | of_the_queue == set(names)
    assert set(names) <= set(by_name)
    assert "channel" in by_name["VeinteBlind"].expr
    (blind,) = [rule for rule in ROUTES["inhibit_rules"] if 'alertname="VeinteBlind"' in rule["source_matchers"]]
    assert ["channel"] == blind["equal"]
    windows = set("|".join(re.findall(r'window=~?"([^"]+)"', " ".join(_matchers()))).split("|"))
    assert {alert.window for alert in ALERTS if alert.window} == windows


def _matchers() -> list[str]:
    """Every matcher of the inhibitions."""
    sides = ("source_matchers", "target_matchers")
    return [matcher for rule in ROUTES["inhibit_rules"] for side in sides for matcher in rule[side]]


def test_without_urls_nobody_is_told_and_with_them_each_its_own() -> None:
    """Receivers get the URLs of the settings; without any, the shipped file is written unchanged."""
    assert CONFIG.read_text() == alertmanager_config(Settings())
    for version, url in (("", "/here/url_of_{0}"), ("0.26.0", "/here/url_of_{0}"), ("0.25.0", SECRET + "/{0}")):
        made = yaml.safe_load(alertmanager_config(webhooks(), Path("/here"), version))
        key = "url_file" if url.startswith("/") else "url"
        expected = {name: [{key: url.format(name), "send_resolved": True}] for name in RECEIVERS}
        assert expected == {receiver["name"]: receiver["webhook_configs"] for receiver in made["receivers"]}


@pytest.mark.parametrize("language", ["es", "en"])
def test_slack_gets_its_own_format_and_language(language: str, tmp_path: Path) -> None:
    """A URL of Slack's becomes a Slack receiver with the templates of the language, and amtool accepts it."""
    settings = Settings(alert_webhook_oncall=SLACK, alert_language=language)
    write_alertmanager(settings, tmp_path)
    run(tool("amtool"), "check-config", tmp_path / "alertmanager.yml")
    made = yaml.safe_load((tmp_path / "alertmanager.yml").read_text())
    (slack,) = [receiver["slack_configs"][0] for receiver in made["receivers"] if "slack_configs" in receiver]
    defined = re.findall(r'define "([^"]+)"', TEMPLATES.read_text())
    for part in ("title", "text"):
        assert f'{{{{ template "veinte.{part}.{language}" . }}}}' == slack[part]
        assert f"veinte.{part}.{language}" in defined
    assert SLACK not in (tmp_path / "alertmanager.yml").read_text()
    assert SLACK == Path(slack["api_url_file"]).read_text()


def test_what_is_written_is_for_its_owner_and_shows_no_secret(tmp_path: Path) -> None:
    """Only files of their own hold the URLs, readable by their owner only, also after they are written again."""
    settings = webhooks()
    for _ in range(2):
        write_alertmanager(settings, tmp_path, version="")
    files = [tmp_path / "alertmanager.yml", *(tmp_path / f"url_of_{name}" for name in RECEIVERS)]
    assert [False, True, True, True] == [SECRET in file.read_text() for file in files]
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert SECRET not in f"{settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    expected = ["alertmanager.yml", "templates", "url_of_oncall", "url_of_planner", "url_of_supervisor"]
    assert expected == sorted(path.name for path in tmp_path.iterdir())
    write_alertmanager(Settings(), tmp_path, version="")
    assert ["alertmanager.yml", "templates"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong", ["chat.example/hooks/s3cr3t", "ftp://chat.example/s3cr3t", "http://", "https://[s3cr3t"]
)
def test_a_url_that_cannot_work_is_refused_without_showing_it(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal of a wrong URL names the setting and an example, and no part of the value."""
    from streams.common.errors import UserError
    from streams.config.settings import load_settings

    monkeypatch.setenv("VEINTE_ALERT_WEBHOOK_PLANNER", wrong)
    with pytest.raises(UserError, match=r"alert_webhook_planner.*must be a URL such as") as refusal:
        load_settings()
    assert "s3cr3t" not in str(refusal.value)


def group(status: str, *firing: str, resolved: str = "") -> dict[str, Any]:
    """The data of a template."""

    def alert(name: str, state: str) -> dict[str, Any]:
        texts = {"summary_es": f"{name} en español", "summary_en": f"{name} in English"}
        return {"status": state, "labels": {"alertname": name}, "annotations": texts}

    found = [*(alert(name, "firing") for name in firing), *([alert(resolved, "resolved")] if resolved else [])]
    return {"status": status, "commonLabels": {"queue": "Ventas"}, "alerts": found}


def rendered(template: str, data: dict[str, Any], folder: Path) -> str:
    (folder / "data.json").write_text(json.dumps(data))
    text = f'{{{{ template "{template}" . }}}}'
    options = (f"--template.glob={TEMPLATES}", f"--template.text={text}", f"--template.data={folder / 'data.json'}")
    return run(tool("amtool"), "template", "render", *options).strip()


def test_messages_say_what_is_open_and_what_is_over(tmp_path: Path) -> None:
    """Titles count the open alerts and name the queue; texts have a line for each alert, in each language."""
    firing, over = group("firing", "One", "Two", resolved="Three"), group("resolved", resolved="Three")
    assert "2 open · Ventas" == rendered("veinte.title.en", firing, tmp_path)
    assert "2 en curso · Ventas" == rendered("veinte.title.es", firing, tmp_path)
    assert "Over · Ventas" == rendered("veinte.title.en", over, tmp_path)
    assert "Terminado · Ventas" == rendered("veinte.title.es", over, tmp_path)
    english = "• One in English\n• Two in English\n✓ over: Three in English"
    spanish = "• One en español\n• Two en español\n✓ terminado: Three en español"
    assert english == rendered("veinte.text.en", firing, tmp_path)
    assert spanish == rendered("veinte.text.es", firing, tmp_path)


def test_prometheus_gets_this_machines_addresses(tmp_path: Path) -> None:
    """Prometheus gets this machine's addresses in all places, and promtool accepts the result with the rules of the
    settings."""
    addresses = Addresses("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3")
    write_prometheus(alert_rules(Settings()), addresses, tmp_path)
    made = yaml.safe_load((tmp_path / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in made["scrape_configs"]}
    assert {"veinte": ["127.0.0.1:1"], "prometheus": ["127.0.0.1:2"], "alertmanager": ["127.0.0.1:3"]} == jobs
    assert [["127.0.0.1:3"]] == [each["static_configs"][0]["targets"] for each in made["alerting"]["alertmanagers"]]
    assert "rules found" in run(tool("promtool"), "check", "config", tmp_path / "prometheus.yml")
    assert (DEPLOY / "prometheus" / "prometheus.yml").read_text() == prometheus_config(Addresses())


def test_prometheus_asks_over_tls_where_the_exporter_has_a_certificate(tmp_path: Path) -> None:
    """With a certificate the exporter is scraped by https and checked for the first of its names; promtool accepts it,
    and the shipped file has the same lines as a comment."""
    pair = Authority(tmp_path / "authority").issue("server")
    settings = Settings(tls_cert_file=pair.cert, tls_key_file=pair.key, allowed_hosts=["board.example.com"])
    write_prometheus(alert_rules(settings), Addresses(), tmp_path, exporter_job(settings))
    job = yaml.safe_load((tmp_path / "prometheus.yml").read_text())["scrape_configs"][0]
    tls = {"ca_file": str(pair.cert), "server_name": "board.example.com"}
    assert {"job_name": "veinte", "scheme": "https", "tls_config": tls} == {
        name: value for name, value in job.items() if name != "static_configs"
    }
    assert "rules found" in run(tool("promtool"), "check", "config", tmp_path / "prometheus.yml")
    shipped = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    uncommented = re.sub(r"(?m)^    # (scheme|tls_config|  )", r"    \1", shipped)
    assert job.keys() == yaml.safe_load(uncommented)["scrape_configs"][0].keys()


def test_prometheus_brings_the_token_of_the_settings(tmp_path: Path) -> None:
    """It reads the token from its file at each scrape; promtool accepts it, and the shipped file shows the line."""
    token = tmp_path / "token"
    token.write_text("veinte_for-tests")
    write_prometheus("groups: []", Addresses(), tmp_path, exporter_job(Settings(scrape_token_file=token)))
    text = (tmp_path / "prometheus.yml").read_text()
    assert {"credentials_file": str(token)} == yaml.safe_load(text)["scrape_configs"][0]["authorization"]
    assert "veinte_for-tests" not in text
    assert "rules found" in run(tool("promtool"), "check", "config", tmp_path / "prometheus.yml")
    shipped = (DEPLOY / "prometheus" / "prometheus.yml").read_text().replace("    # authorization", "    authorization")
    assert "credentials_file" in yaml.safe_load(shipped)["scrape_configs"][0]["authorization"]


def test_the_exporter_is_found_where_it_listens() -> None:
    """An exporter that listens on every address is scraped on loopback, any other on its own address."""
    cases = {"0.0.0.0": "127.0.0.1:8020", "::": "[::1]:8020", "127.0.0.1": "127.0.0.1:8020", "::1": "[::1]:8020"}
    for host, expected in cases.items():
        assert expected == exporter_address(Settings(exporter_host=host))


HOSTILE = "<!channel> <https://evil.example|click> & <@U1>"
PLAIN = "&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_queue_calls_nobody_and_hides_no_link(language: str, tmp_path: Path) -> None:
    """Slack reads names of queues, and texts and pages of alerts, as text; so it does the notification itself."""
    found = group("firing", HOSTILE)
    found["commonLabels"] = {"queue": HOSTILE}
    found["alerts"][0]["annotations"]["runbook_url"] = HOSTILE
    title, text = (rendered(f"veinte.{part}.{language}", found, tmp_path) for part in ("title", "text"))
    assert (True, False) == (title.endswith(f" · {PLAIN}"), "<" in title + text)
    assert (2, 1) == (text.count(PLAIN), text.count(f"({PLAIN})"))
    write_alertmanager(Settings(alert_webhook_oncall=SLACK, alert_language=language), tmp_path)
    made = yaml.safe_load((tmp_path / "alertmanager.yml").read_text())
    (slack,) = [receiver["slack_configs"][0] for receiver in made["receivers"] if "slack_configs" in receiver]
    assert slack["title"] == slack["fallback"]


def test_the_place_of_runbooks_is_no_template(tmp_path: Path) -> None:
    """An action of a template in the setting is shown as it is, and runs nothing."""
    place = 'https://wiki/{{ $labels.queue }}/{{ range query "up" }}{{ . }}{{ end }}/{{"{{"}}/'
    alert = {"alert": "A", "expr": "vector(1)", "annotations": {"runbook_url": f"{literal(place)}A.md"}}
    rules = {"groups": [{"name": "g", "rules": [alert]}]}
    expected = {"exp_alerts": [{"exp_annotations": {"runbook_url": f"{place}A.md"}}]}
    tests = {
        "rule_files": ["rules.yml"],
        "tests": [{"alert_rule_test": [{"eval_time": "1m", "alertname": "A", **expected}]}],
    }
    for name, body in (("rules.yml", rules), ("tests.yml", tests)):
        (tmp_path / name).write_text(yaml.safe_dump(body))
    run(tool("promtool"), "test", "rules", tmp_path / "tests.yml")
    assert literal(place) in rule_file(Settings(alert_runbooks=place)).replace('\\"', '"')
