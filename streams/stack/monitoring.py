"""Prometheus and Alertmanager of the stack: their configuration files and command lines.

The configuration is that of ``deploy/``, with this machine's addresses, the rules of the settings' objectives, and the
webhook URLs of the settings.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack.addresses import Endpoint, free_port
from streams.stack.debian import start_folder
from streams.stack.processes import Launch
from streams.stack.programs import Program, installed_alertmanager_version, version_numbers
from streams.stack.scraping import with_job
from streams.stack.server_environment import GO, PROXIES, only

SHIPPED = (Path(__file__).with_name("deploy"), Path(__file__).parents[2] / "deploy")
"""Folder of the configuration: in an installed wheel, in a checkout."""
PROMETHEUS_YML, ALERTMANAGER_YML = "prometheus.yml", "alertmanager.yml"
RULES, RULE_FILE, TEMPLATES, TEMPLATE = "rules", "veinte.yml", "templates", "veinte.tmpl"
DATA = "data"
CONTAINER_FOLDER = Path("/monitoring/alertmanager")
"""Folder of Alertmanager's files in deploy/compose.yaml."""
URL_FILE = "url_of_{}"
"""File with the URL of a receiver, beside alertmanager.yml."""
WEBHOOK_URL_FILE_SINCE = (0, 26)
"""The first Alertmanager that reads the URL of a webhook from a file."""
GUARD = Path(__file__).with_name("guard.py")
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


def alertmanager_config(settings: Settings, folder: Path = CONTAINER_FOLDER, version: str = "") -> str:
    """Text of alertmanager.yml with the receivers of the settings; a receiver without a URL sends nothing.

    Args:
        settings: URLs and language.
        folder: where the files with the URLs are (``url_files``).
        version: of Alertmanager, "" for the newest. One before 0.26 reads the URL of a webhook from its configuration
            only, so this text contains secrets then.
    """
    text = shipped_file(f"alertmanager/{ALERTMANAGER_YML}")
    for receiver, url in _urls(settings).items():
        line = f"  - name: {receiver}\n"
        file = folder / URL_FILE.format(receiver)
        text = text.replace(line, line + _receiver(url, file, settings.alert_language, version))
    return text


def _urls(settings: Settings) -> dict[str, str]:
    """URL of each receiver that has one."""
    urls: dict[str, SecretStr | None] = {name: getattr(settings, setting) for name, setting in RECEIVERS.items()}
    return {name: url.get_secret_value() for name, url in urls.items() if url is not None}


def _receiver(url: str, file: Path, language: str, version: str) -> str:
    """The lines of a receiver that sends to ``url``; a JSON string is also a YAML string."""
    named = json.dumps(str(file))
    if urlsplit(url).hostname in SLACK_HOSTS:
        title, body = (json.dumps(f'{{{{ template "veinte.{part}.{language}" . }}}}') for part in ("title", "text"))
        # The fallback too: by default it is made of labels as they are.
        shown = [f"    title: {title}", f"    fallback: {title}", f"    text: {body}"]
        lines = ["slack_configs:", f"  - api_url_file: {named}", *shown]
    elif version and version_numbers(version) < WEBHOOK_URL_FILE_SINCE:
        lines = ["webhook_configs:", f"  - url: {json.dumps(url)}"]
    else:
        lines = ["webhook_configs:", f"  - url_file: {named}"]
    return "".join(f"    {line}\n" for line in (*lines, "    send_resolved: true"))


def write_prometheus(rules: str, addresses: Addresses, folder: Path, job: Mapping[str, object] | None = None) -> None:
    """Write the files of Prometheus into ``folder``: its configuration and the text of its rule file."""
    (folder / RULES).mkdir(parents=True, exist_ok=True)
    (folder / RULES / RULE_FILE).write_text(rules)
    (folder / PROMETHEUS_YML).write_text(prometheus_config(addresses, job))


def write_alertmanager(settings: Settings, folder: Path, version: str | None = None) -> None:
    """Write the files of Alertmanager into ``folder``; the URLs are secrets, so only the owner may read them.

    Args:
        settings: URLs and language.
        folder: of the files.
        version: of the Alertmanager that will read them, "" for the newest; ``None`` for the one of this machine.
    """
    if version is None:
        version = installed_alertmanager_version()
    (folder / TEMPLATES).mkdir(parents=True, exist_ok=True)
    (folder / TEMPLATES / TEMPLATE).write_text(shipped_file(f"alertmanager/{TEMPLATES}/{TEMPLATE}"))
    for receiver in RECEIVERS:
        (folder / URL_FILE.format(receiver)).unlink(missing_ok=True)
    for receiver, url in _urls(settings).items():
        _write_secret(folder / URL_FILE.format(receiver), url)
    _write_secret(folder / ALERTMANAGER_YML, alertmanager_config(settings, folder.absolute(), version))


def _write_secret(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def prometheus_launch(program: Program, endpoint: Endpoint, folder: Path, inner: Endpoint | None = None) -> Launch:
    """Launch of Prometheus with the configuration in ``folder``.

    Args:
        program: Prometheus.
        endpoint: its address for people and programs.
        folder: of its files.
        inner: where it listens, if a guard listens on ``endpoint``.
    """
    command = [
        program.path,
        f"--config.file={folder / PROMETHEUS_YML}",
        f"--storage.tsdb.path={folder / DATA}",
        f"--storage.tsdb.retention.time={RETENTION}",
        f"--web.listen-address={(inner or endpoint).listener()}",
        f"--web.external-url=http://{endpoint}",
    ]
    return Launch(command, start_folder(program.path, folder), only(GO, os.environ))


def alertmanager_launch(program: Program, endpoint: Endpoint, folder: Path, inner: Endpoint | None = None) -> Launch:
    """Launch of Alertmanager, without a cluster port: it is the only one. The arguments are those of
    ``prometheus_launch``."""
    command = [
        program.path,
        f"--config.file={folder / ALERTMANAGER_YML}",
        f"--storage.path={folder / DATA}",
        f"--web.listen-address={(inner or endpoint).listener()}",
        f"--web.external-url=http://{endpoint}",
        "--cluster.listen-address=",
    ]
    return Launch(command, start_folder(program.path, folder), only(GO | PROXIES, os.environ))


def inner_endpoint(endpoint: Endpoint) -> Endpoint:
    """Address of a guarded server: on Linux drawn of all loopback addresses, elsewhere there is one."""
    address = "127.0.0.1"
    if sys.platform == "linux":
        address = f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    return Endpoint(address, address, free_port(address, frozenset({endpoint.port})))


def guarded(launch: Launch, endpoint: Endpoint, inner: Endpoint) -> Launch:
    """Launch of a server that listens on ``inner``, behind a guard on ``endpoint`` (``streams.stack.guard``)."""
    places = [endpoint.bind, str(endpoint.port), inner.bind, str(inner.port)]
    return launch._replace(command=[sys.executable, "-I", str(GUARD), *places, *launch.command])
