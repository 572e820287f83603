"""The files of deploy/: the compose file, the image, and their agreement with the code."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.access.roles import Sight
from streams.config.access_settings import access_rules
from streams.config.setting_errors import SECRETS
from streams.config.setting_sources import SETTINGS_FILE
from streams.config.settings import Settings
from streams.stack import kafka_server, redis_server
from streams.stack.addresses import local_endpoint
from streams.stack.jars import read_lock
from streams.stack.monitoring import RETENTION, Addresses, alertmanager_launch, prometheus_launch
from streams.stack.programs import Program
from tests.support.paths import ROOT
from tests.support.tools import own_tool

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
PYTHON: str = PYPROJECT["tool"]["mypy"]["python_version"]
"""The Python version of all checks."""
ONE_SHOT = ("passwords", "prepare", "simulator")


def run(*command: str) -> str:
    """Output of a linter that must find nothing wrong."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == result.returncode, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_the_compose_file_follows_its_schema() -> None:
    """Every key of the compose file is in the Compose Specification."""
    run(own_tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml"))


def test_the_compose_file_is_hardened() -> None:
    """The compose linter finds only images without a digest, which needs a registry, and Kafka's unpacked code."""
    said = run(own_tool("compose-lint"), "check", "--fail-on", "critical", str(DEPLOY / "compose.yaml"))
    found = re.findall(r"CL-\d{4}", re.sub(r"--explain \S+|RULE-ID|\(e\.g\..*\)", "", said))
    assert {"CL-0019", "CL-0022"} == set(found)
    assert 1 == found.count("CL-0022")


def test_the_dockerfile_lints() -> None:
    """Hadolint reports nothing about the Dockerfile, not even as information."""
    assert "" == run(own_tool("hadolint"), "--failure-threshold", "style", str(DEPLOY / "Dockerfile"))


def test_everything_a_centre_needs_is_there() -> None:
    """The services are Kafka, Redis, two workers, exporter, Prometheus, Alertmanager, Grafana, and what prepares
    them."""
    ours = {"passwords", "prepare", "worker", "exporter", "simulator"}
    assert {"kafka", "redis", "prometheus", "alertmanager", "grafana"} | ours == set(SERVICES)
    assert 2 == SERVICES["worker"]["deploy"]["replicas"]
    assert ["demo"] == SERVICES["simulator"]["profiles"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    """A service has a read-only root, no root user, no capabilities, bounded memory and processes, a pinned image and a
    health check."""
    service = SERVICES[name]
    user = str(service["user"]).split(":")[0]
    limits = service["deploy"]["resources"]["limits"]
    assert service["read_only"] is True
    assert user.isdecimal()
    assert 0 < int(user)
    assert (["ALL"], ["no-new-privileges:true"]) == (service["cap_drop"], service["security_opt"])
    assert {"memory", "pids", "cpus"} == set(limits)
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"])
    assert (name in ONE_SHOT) == ("test" not in service.get("healthcheck", {}))
    assert ("no" if name in ONE_SHOT else "unless-stopped") == service["restart"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_published_port_is_on_loopback(name: str) -> None:
    """A published port is bound to loopback only, unless an operator decides otherwise."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_can_happen(name: str) -> None:
    """A service waits for the health of services with a health check, and for the completion of those that end."""
    for other, wish in SERVICES[name].get("depends_on", {}).items():
        condition = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert condition == wish["condition"]


def test_volumes_are_declared_and_files_exist() -> None:
    """Each volume has a declaration and a use; each mounted file or folder is in the repository."""
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert set(COMPOSE["volumes"]) == {mount for mount in mounts if not mount.startswith(".")}
    assert [] == [mount for mount in mounts if mount.startswith(".") and not (DEPLOY / mount).exists()]


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
def test_variables_are_settings_that_work(name: str) -> None:
    """Every variable of a service of ours is a setting, and together they are accepted."""
    variables: dict[str, str] = SERVICES[name].get("environment", {})
    values = {key.removeprefix("VEINTE_").lower(): value for key, value in variables.items()}
    plain = {key: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", value) for key, value in values.items()}
    files = {f"{secret}_file" for secret in SECRETS}
    assert set(values) <= set(Settings.model_fields) | files
    settings = Settings.model_validate({key: value for key, value in plain.items() if value and key not in files})
    usual = {"kafka:9092", Settings.model_fields["kafka"].default}
    assert settings.kafka in usual


def test_tls_is_a_few_comment_marks_away() -> None:
    """Without its comment marks the compose file gives worker and exporter a certificate, and mounts it wherever it is
    read."""
    text = re.sub(r"(?m)^( +)# (?=\S*(VEINTE_TLS|- \./tls))", r"\1", (DEPLOY / "compose.yaml").read_text())
    services = yaml.safe_load(text)["services"]
    for name in ("prepare", "worker", "exporter"):
        environment = services[name]["environment"]
        files = [environment[f"VEINTE_TLS_{kind}_FILE"] for kind in ("CERT", "KEY")]
        assert ["/etc/veinte/tls/cert.pem", "/etc/veinte/tls/key.pem"] == files
    for name in ("prepare", "worker", "exporter", "prometheus"):
        assert "./tls:/etc/veinte/tls:ro" in services[name]["volumes"]


def test_a_token_for_prometheus_is_two_comment_marks_away() -> None:
    """Without them Prometheus is told of the file that is mounted into it."""
    text = re.sub(r"(?m)^( +)# (?=VEINTE_SCRAPE|- \./prometheus)", r"\1", (DEPLOY / "compose.yaml").read_text())
    services = yaml.safe_load(text)["services"]
    file = services["prepare"]["environment"]["VEINTE_SCRAPE_TOKEN_FILE"]
    assert f"./prometheus.token:{file}:ro" in services["prometheus"]["volumes"]


def test_the_first_start_shows_the_wall_and_feeds_prometheus() -> None:
    """The exporter of the compose file starts without a token, and everybody sees what screens and Prometheus need."""
    variables = SERVICES["exporter"]["environment"]
    names = ("exporter_host", "allowed_hosts", "anonymous")
    rules = access_rules(Settings.model_validate({name: variables[f"VEINTE_{name.upper()}"] for name in names}))
    assert "" == rules.refusal(tokens=False)
    assert {Sight.WALL, Sight.SNAPSHOT, Sight.METRICS} == rules.anonymous_sees(tokens=False)


NETWORKS = {
    "kafka": {"kafka", "prepare", "worker", "simulator"},
    "redis": {"redis", "prepare", "worker", "exporter"},
    "monitoring": {"exporter", "prometheus", "alertmanager", "grafana"},
}


def test_a_service_reaches_only_what_it_talks_to() -> None:
    """Kafka and Redis are each in a network of those who need them, that of Redis without a way out; what makes the
    passwords is in none."""
    found = {
        name: {each for each, service in SERVICES.items() if name in service.get("networks", [])} for name in NETWORKS
    }
    assert NETWORKS == found
    assert NETWORKS.keys() == COMPOSE["networks"].keys()
    assert COMPOSE["networks"]["redis"]["internal"] is True
    assert ["passwords"] == [name for name, service in SERVICES.items() if service.get("network_mode") == "none"]


def test_each_program_has_a_user_of_redis_of_its_own() -> None:
    """Redis takes the users that are shipped, each program is the one of its kind, and mounts only its own password."""
    users = [line.split()[1] for line in (DEPLOY / "redis" / "users.acl").read_text().splitlines()]
    assert ["default", "veinte-worker", "veinte-reader", "veinte-operator"] == users
    for name, user in (("worker", "worker"), ("exporter", "reader"), ("prepare", "operator")):
        assert f"redis://veinte-{user}@redis:6379/0" == SERVICES[name]["environment"]["VEINTE_REDIS"]
        passwords = [mount for mount in SERVICES[name]["volumes"] if "/passwords" in mount]
        assert [f"{user}-password:/passwords:ro"] == passwords
    made = {mount.partition(":/passwords/")[2] for mount in SERVICES["passwords"]["volumes"] if "/passwords/" in mount}
    assert {"redis", *users[1:]} == made
    assert "/users/users.acl" in SERVICES["redis"]["command"]


def test_the_settings_file_that_is_mounted_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample settings file is accepted as it is, and with its comment marks removed."""
    sample = (DEPLOY / "veinte.toml").read_text()
    monkeypatch.chdir(tmp_path)
    for text, queues in (
        (sample, []),
        (re.sub(r"^# ?(?=[\[a-z_]+\S* ?(=|$))", "", sample, flags=re.MULTILINE), ["Ventas"]),
    ):
        (tmp_path / SETTINGS_FILE).write_text(text)
        assert queues == list(Settings().queues)


def test_kafka_is_the_one_that_tests_run() -> None:
    """Kafka's version and configuration equal the embedded broker's, but for addresses, paths and the leader."""
    assert f"apache/kafka:{read_lock().kafka_version}" == SERVICES["kafka"]["image"]
    tested = kafka_server.server_properties(local_endpoint(9092), 9094)
    own = {
        "listeners",
        "advertised.listeners",
        "log.dirs",
        "controller.quorum.voters",
        "log.cleaner.dedupe.buffer.size",
    }
    expected = {f"KAFKA_{key.upper().replace('.', '_')}": value for key, value in tested.items() if key not in own}
    given = {key: value for key, value in SERVICES["kafka"]["environment"].items() if key in expected}
    assert expected == given


def test_kafka_may_run_the_code_that_it_unpacks() -> None:
    """Kafka may run the code that it unpacks: with a noexec tmpfs, events compressed with snappy or zstd are
    refused."""
    (temporary,) = [mount for mount in SERVICES["kafka"]["tmpfs"] if mount.startswith("/tmp:")]
    assert "exec" in temporary.partition(":")[2].split(",")


def test_redis_never_evicts_and_keeps_what_it_has() -> None:
    """Redis has the persistence and eviction options of the embedded server."""
    command: list[str] = SERVICES["redis"]["command"]
    given = dict(zip(command[1::2], command[2::2], strict=True))
    tested = redis_server.redis_conf(local_endpoint(6379), None)
    for name in ("appendonly", "appendfsync", "maxmemory-policy"):
        assert tested[name] == given[f"--{name}"]
    assert ('""', "") == (tested["save"], given["--save"])


def test_prometheus_and_alertmanager_have_the_options_of_the_stack(tmp_path: Path) -> None:
    """Prometheus and Alertmanager have the options of the embedded stack; only paths and addresses differ."""
    program, endpoint = Program("program", "0"), local_endpoint(9)
    for name, launch in (("prometheus", prometheus_launch), ("alertmanager", alertmanager_launch)):
        options = [option.partition("=")[0] for option in launch(program, endpoint, tmp_path).command[1:]]
        assert options == [option.partition("=")[0] for option in SERVICES[name]["command"]]
    assert f"--storage.tsdb.retention.time={RETENTION}" in SERVICES["prometheus"]["command"]


def test_services_find_each_other() -> None:
    """The default addresses in Prometheus' configuration are those of the services."""
    port = Settings.model_fields["exporter_port"].default
    assert Addresses(f"exporter:{port}", "prometheus:9090", "alertmanager:9093") == Addresses()
    assert {"exporter", "prometheus", "alertmanager"} <= set(SERVICES)
    assert f"127.0.0.1:{port}:{port}" in SERVICES["exporter"]["ports"]


def test_the_image_is_this_version() -> None:
    """Compose file and Dockerfile name the version of the project."""
    image = f"veinte:{PROJECT['version']}"
    assert {image} == {service["image"] for service in SERVICES.values() if "build" in service}
    assert image in DOCKERFILE


def test_what_is_installed_is_a_wheel_with_a_hash() -> None:
    """Make and the image install nothing but wheels that a lock file has the hash of, uv itself included; only our own
    package is built, with what the lock file has for it."""
    for text in ((ROOT / "Makefile").read_text(), DOCKERFILE):
        joined = text.replace("\\\n", " ").replace("$(CHECKED)", "--require-hashes --only-binary :all: -r")
        installs = re.findall(r"pip (?:install|sync)[^&|;\n]*", joined)
        ours = [line for line in installs if "--no-deps" in line]
        assert 1 == len(ours)
        for line in set(installs) - set(ours):
            assert "--require-hashes" in line
            assert "--only-binary :all:" in line


def test_the_image_is_built_in_stages_and_runs_as_nobody_special() -> None:
    """The image has no build tool in its last stage, the Python of the checks in both, and no root user at the end."""
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    bases = [stage.split()[0] for stage in stages]
    assert (2, 1) == (len(stages), len(set(bases)))
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases[0])
    assert PYTHON == bases[0].removeprefix("python:").rpartition(".")[0]
    assert "uv" not in re.findall(r"\b\w+\b", stages[1])
    assert [SERVICES["worker"]["user"]] == re.findall(r"^USER (\S+)$", stages[1], flags=re.MULTILINE)


def test_the_builder_gets_what_it_copies_and_nothing_else() -> None:
    """.dockerignore admits the files copied by the Dockerfile, no tests, no data, no settings of a developer."""
    copied = sorted(
        name for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, flags=re.MULTILINE) for name in line.split()[:-1]
    )
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert copied == sorted(line.removeprefix("!") for line in lines if line.startswith("!"))
    assert [] == [name for name in copied if not (ROOT / name).exists()]


def test_the_wheel_holds_the_configuration(tmp_path: Path) -> None:
    """Every file used by `veinte stack up --monitoring` is also in an installed wheel."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for path in (
            "prometheus/prometheus.yml",
            "alertmanager/alertmanager.yml",
            "alertmanager/templates/veinte.tmpl",
        ):
            assert (DEPLOY / path).read_bytes() == archive.read(f"streams/stack/deploy/{path}")
