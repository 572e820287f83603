"""Prometheus and Alertmanager of the stack: their configuration files and command lines.

The configuration is that of ``deploy/``, with this machine's addresses, the rules of the settings' objectives, and the
webhook URLs of the settings.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack.addresses import Endpoint
from streams.stack.debian import start_folder
from streams.stack.processes import Launch
from streams.stack.programs import Program
from streams.stack.scraping import with_job

SHIPPED = (Path(__file__).with_name("deploy"), Path(__file__).parents[2] / "deploy")
"""Folder of the configuration: in an installed wheel, in a checkout."""
PROMETHEUS_YML, ALERTMANAGER_YML = "prometheus.yml", "alertmanager.yml"
RULES, RULE_FILE, TEMPLATES, TEMPLATE = "rules", "veinte.yml", "templates", "veinte.tmpl"
DATA = "data"
READY_PAGE = "/-/ready"
RETENTION = "36d"
"""The same as the retention of the numbers."""
SLACK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
"""Only these hosts need Slack's own format; any other receives Alertmanager's JSON."""
RECEIVERS = {
    "supervisor": "alert_webhook_supervisor",
    "oncall": "alert_webhook_oncall",
    "planner": "alert_webhook_planner",
}
"""Receivers of alertmanager.yml, each with the setting of its URL."""


AlertRules = Callable[[Settings], str]
"""Function that makes the rule file of the settings' objectives; it raises ``UserError`` for a rule that could never
fire. The alerts are defined beside the catalogue, which this package may not import, so the command line passes the
function in."""


@dataclass(frozen=True)
class Addresses:
    """Addresses by which the servers reach each other, ``host:port``; the defaults are those of deploy/compose.yaml."""

    exporter: str = "exporter:8020"
    prometheus: str = "prometheus:9090"
    alertmanager: str = "alertmanager:9093"


def shipped_file(path: str) -> str:
    """Text of a file of ``deploy/``.

    Raises:
        UserError: this installation lacks it.
    """
    for folder in SHIPPED:
        if (folder / path).is_file():
            return (folder / path).read_text()
    raise UserError(f"deploy/{path} is missing from this installation; install veinte again")


def exporter_address(settings: Settings) -> str:
    """Address of the exporter for a Prometheus on this machine; loopback for an exporter that listens on all
    addresses."""
    host = settings.exporter_host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]:{settings.exporter_port}" if ":" in host else f"{host}:{settings.exporter_port}"


def prometheus_config(addresses: Addresses, job: Mapping[str, object] | None = None) -> str:
    """Text of prometheus.yml with these addresses, and these keys of the exporter's job (``scraping.exporter_job``)."""
    usual = Addresses()
    text = shipped_file(f"prometheus/{PROMETHEUS_YML}")
    for name in ("exporter", "prometheus", "alertmanager"):
        text = text.replace(f'"{getattr(usual, name)}"', json.dumps(getattr(addresses, name)))
    return with_job(text, job or {})


def alertmanager_config(settings: Settings) -> str:
    """Text of alertmanager.yml with the URLs of the settings; a receiver without a URL sends nothing. Contains
    secrets."""
    text = shipped_file(f"alertmanager/{ALERTMANAGER_YML}")
    for receiver, setting in RECEIVERS.items():
        url: SecretStr | None = getattr(settings, setting)
        if url is not None:
            line = f"  - name: {receiver}\n"
            text = text.replace(line, line + _receiver(url.get_secret_value(), settings.alert_language))
    return text


def _receiver(url: str, language: str) -> str:
    """The lines of a receiver that send to ``url``; a JSON string is also a YAML string."""
    if urlsplit(url).hostname in SLACK_HOSTS:
        title, body = (json.dumps(f'{{{{ template "veinte.{part}.{language}" . }}}}') for part in ("title", "text"))
        lines = ["slack_configs:", f"  - api_url: {json.dumps(url)}", f"    title: {title}", f"    text: {body}"]
    else:
        lines = ["webhook_configs:", f"  - url: {json.dumps(url)}"]
    return "".join(f"    {line}\n" for line in (*lines, "    send_resolved: true"))


def write_prometheus(rules: str, addresses: Addresses, folder: Path, job: Mapping[str, object] | None = None) -> None:
    """Write the files of Prometheus into ``folder``: its configuration and the text of its rule file."""
    (folder / RULES).mkdir(parents=True, exist_ok=True)
    (folder / RULES / RULE_FILE).write_text(rules)
    (folder / PROMETHEUS_YML).write_text(prometheus_config(addresses, job))


def write_alertmanager(settings: Settings, folder: Path) -> None:
    """Write the files of Alertmanager into ``folder``; the URLs are secrets, so only the owner may read the
    configuration."""
    (folder / TEMPLATES).mkdir(parents=True, exist_ok=True)
    (folder / TEMPLATES / TEMPLATE).write_text(shipped_file(f"alertmanager/{TEMPLATES}/{TEMPLATE}"))
    draft = folder / f".{ALERTMANAGER_YML}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(alertmanager_config(settings))
    draft.replace(folder / ALERTMANAGER_YML)


def prometheus_launch(program: Program, endpoint: Endpoint, folder: Path) -> Launch:
    """Launch of Prometheus on ``endpoint`` with the configuration in ``folder``."""
    command = [
        program.path,
        f"--config.file={folder / PROMETHEUS_YML}",
        f"--storage.tsdb.path={folder / DATA}",
        f"--storage.tsdb.retention.time={RETENTION}",
        f"--web.listen-address={endpoint.listener()}",
        f"--web.external-url=http://{endpoint}",
    ]
    return Launch(command, start_folder(program.path, folder), dict(os.environ))


def alertmanager_launch(program: Program, endpoint: Endpoint, folder: Path) -> Launch:
    """Launch of Alertmanager, without a cluster port: it is the only one."""
    command = [
        program.path,
        f"--config.file={folder / ALERTMANAGER_YML}",
        f"--storage.path={folder / DATA}",
        f"--web.listen-address={endpoint.listener()}",
        f"--web.external-url=http://{endpoint}",
        "--cluster.listen-address=",
    ]
    return Launch(command, start_folder(program.path, folder), dict(os.environ))
