"""`veinte check` without a network: the table of settings, and every mistake at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from streams.access.roles import Role
from streams.access.token_file import create
from streams.clients.kafka_clients import NO_LIMIT_MS, TopicDescription
from streams.clients.topic_configs import DEAD_LETTER_MAX_BYTES, topic_configs
from streams.commands.check import register
from streams.common.durations import DAY_MS, HOUR_MS
from streams.common.errors import EXIT_USER_ERROR
from streams.config.settings import Settings, load_settings
from streams.config.settings_report import inspect_settings
from streams.tools.preflight import FOREVER_MS, topic_problems

SECRET = "hunter2-do-not-tell"
Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """``check(PARTITIONS="4")`` runs `veinte check --offline` with these variables in an empty directory."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    register(app)

    def run(*arguments: str, **variables: str) -> Result:
        environment = {"VEINTE_DATA": str(tmp_path / "data"), "VEINTE_HASH_KEY": SECRET}
        environment |= {f"VEINTE_{name}": value for name, value in variables.items()}
        return CliRunner().invoke(app, arguments or ("--offline",), env=environment)

    return run


def rows(result: Result) -> dict[str, list[str]]:
    """The printed table: value and origin by setting."""
    table = result.output.split("\n\n")[0].splitlines()
    return {line.split()[0]: line.split()[1:] for line in table}


def test_nothing_wrong(check: Check) -> None:
    """With nothing wrong the exit status is 0 and every setting is in the table."""
    result = check()
    assert 0 == result.exit_code, result.output
    assert result.output.endswith("nothing wrong with the settings\n")
    assert {"setting", *Settings.model_fields} - {"calendars", "queues"} == rows(result).keys()


def test_values_and_where_they_come_from(check: Check, tmp_path: Path) -> None:
    """Each row says value and origin; durations have units, queues are said with what was set."""
    (tmp_path / "veinte.toml").write_text(
        'clock = "event"\nredis_password_file = "secret"\n'
        '[queues.sales]\nchannel = "call"\ntarget_seconds = 30\nresolution = "48h"\n'
    )
    (tmp_path / "secret").write_text(SECRET)
    result = check(PAST_LIMIT="800d", KAFKA_PASSWORD_FILE="secret", KAFKA_SECURITY="SASL_SSL", KAFKA_USERNAME="u")
    table = rows(result)
    assert ["800d", "VEINTE_PAST_LIMIT"] == table["past_limit"]
    assert ["event", "veinte.toml"] == table["clock"]
    assert ["8", "default"] == table["partitions"]
    assert ["***", "VEINTE_KAFKA_PASSWORD_FILE"] == table["kafka_password"]
    assert ["***", "veinte.toml"] == table["redis_password"]
    assert ["channel", "=", "call,", "target_seconds", "=", "30.0,", "resolution", "=", "2d", "veinte.toml"] == table[
        "queues.sales"
    ]


HOURS = """
[calendars.office]
time_zone = "Europe/Madrid"
weekdays = ["09:00-18:00"]
closed = [2026-12-24]
special."2026-12-31" = ["09:00-13:00"]
"""
BILLING = """
[queues.billing]
channel = "ticket"
calendar = "office"
[[queues.billing.targets]]
medium = "email"
first_response = "4h"
"""


def test_calendars_and_targets(check: Check, tmp_path: Path) -> None:
    """Calendars and targets are told in one line each, as they were set."""
    (tmp_path / "veinte.toml").write_text(HOURS + BILLING)
    result = check()
    assert 0 == result.exit_code, result.output
    assert (
        "time_zone = Europe/Madrid, weekdays = 09:00-18:00, closed = 2026-12-24, special = 2026-12-31 09:00-13:00"
        in (result.output)
    )
    assert "calendar = office, targets = (medium = email, first_response = 4h)" in result.output


def test_a_calendar_that_cannot_work(check: Check, tmp_path: Path) -> None:
    """An error in a calendar is reported once, and not again for each queue that names it."""
    (tmp_path / "veinte.toml").write_text(HOURS.replace("Madrid", "Madird") + BILLING)
    result = check()
    lines = [line.removeprefix("- ") for line in result.output.splitlines() if line.startswith("- ")]
    assert [
        "calendars.office.time_zone = 'Europe/Madird' is no time zone of the tz database, such as Europe/Madrid"
    ] == lines
    assert ["(wrong)", "veinte.toml"] == rows(result)["calendars"]


def test_a_calendar_that_nobody_names(check: Check, tmp_path: Path) -> None:
    """Hours that no queue names are doubtful."""
    (tmp_path / "veinte.toml").write_text(HOURS)
    assert "calendars.office is set, but no queue names it" in check().output


def test_everything_wrong_at_once(check: Check, tmp_path: Path) -> None:
    """Wrong values, unknown variables and keys, and a missing hash key all come in one run."""
    (tmp_path / "veinte.toml").write_text(f'kafak = "a:1"\nkafka_pasword = "{SECRET}"\n')
    result = check(PARTITIONS="0", TIME_ZONE="Mars", KAFAK="b:1", HASH_KEY="", REDIS=f"redis://u:{SECRET}@h:1")
    assert EXIT_USER_ERROR == result.exit_code
    lines = [line.removeprefix("- ") for line in result.output.splitlines() if line.startswith("- ")]
    assert "6 problems:" in result.output
    assert "partitions = '0': input should be greater than or equal to 1" in lines
    assert "time_zone = 'Mars' is no time zone of the tz database, such as Europe/Madrid" in lines
    assert "kafak: there is no such setting; did you mean kafka?" in lines
    assert "kafka_pasword: there is no such setting; did you mean kafka_password?" in lines
    assert "VEINTE_KAFAK: there is no such setting; did you mean VEINTE_KAFKA?" in lines
    assert any(line.startswith("hash_key is missing: set VEINTE_HASH_KEY or VEINTE_HASH_KEY_FILE") for line in lines)
    assert ["(wrong)", "VEINTE_PARTITIONS"] == rows(result)["partitions"]
    assert ["redis://***:***@h:1", "VEINTE_REDIS"] == rows(result)["redis"]


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HASH_KEYS": SECRET},
        {"KAFKA": f"u:{SECRET}@h"},
        {"REDIS": f"redis://:{SECRET}@h:x"},
        {"KAFKA_SECURITY": "SASL_SSL", "KAFKA_PASSWORD": SECRET},
        {"KAFKA_PASSWORD": SECRET, "HASH_KEY_FILE": "missing"},
    ],
    ids=str,
)
def test_no_secret_is_printed(check: Check, variables: dict[str, str]) -> None:
    """A secret is nowhere in the output, wherever it was put."""
    assert SECRET not in check(**variables).output


def test_contradictions_beside_wrong_values(check: Check) -> None:
    """A contradiction shows although another setting is wrong by itself."""
    output = check(KAFKA_SECURITY="SASL_SSL", PARTITIONS="0").output
    assert "partitions = '0'" in output
    assert "needs kafka_username and kafka_password" in output


@pytest.mark.parametrize(
    "variables, sentence",
    [
        ({"KAFKA_USERNAME": "u"}, "kafka_username is set, but kafka_security = 'PLAINTEXT' does not use it"),
        ({"REDIS_CA_FILE": __file__}, "redis_ca_file is set, but the Redis URL is not rediss://"),
        ({"TLS_CA_FILE": __file__}, "tls_ca_file is set, but without tls_cert_file and tls_key_file there is no TLS"),
        ({"TLS_CERT_FILE": __file__, "TLS_KEY_FILE": __file__}, f"tls_cert_file = {__file__} holds no certificate"),
        ({"SLICE_RETENTION": "7d"}, "slice_retention = '7d' is shorter than the window 28d"),
        ({"HASH_KEY_FILE": __file__}, "VEINTE_HASH_KEY and VEINTE_HASH_KEY_FILE are both set; keep one"),
    ],
    ids=str,
)
def test_doubts(check: Check, variables: dict[str, str], sentence: str) -> None:
    """Valid settings that are probably a mistake are reported too."""
    result = check(**variables)
    assert EXIT_USER_ERROR == result.exit_code
    assert sentence in result.output


def test_variables_of_kubernetes_are_no_mistake(check: Check) -> None:
    """A service called veinte fills the environment of every pod; nobody set that."""
    result = check(
        SERVICE_HOST="10.0.0.1", SERVICE_PORT_HTTP="80", PORT="tcp://10.0.0.1:80", PORT_80_TCP_ADDR="10.0.0.1"
    )
    assert 0 == result.exit_code, result.output


def test_hash_key_made_by_the_stack(check: Check, tmp_path: Path) -> None:
    """A key that `veinte stack up` left in the data directory is as good as a set one."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hash_key").write_text("a key that the stack made\n")
    assert 0 == check(HASH_KEY="").exit_code


def test_broken_settings_file(check: Check, tmp_path: Path) -> None:
    """A file that is no TOML is one sentence; what the variables say is checked all the same."""
    (tmp_path / "veinte.toml").write_text("partitions = = 4")
    output = check(KAFKA="nowhere").output
    assert "veinte.toml is not valid TOML: line 1, column 14: " in output
    assert "kafka = 'nowhere': must be host:port" in output


def test_wrong_servers_are_not_asked(check: Check) -> None:
    """Where the address is wrong, the default address is not asked in its place."""
    output = check("--", KAFKA="nowhere", REDIS="nowhere").output
    assert "2 problems:" in output


def test_unreachable_servers(check: Check) -> None:
    """Kafka and Redis that do not answer are one sentence each."""
    result = check("--", KAFKA="127.0.0.1:1", REDIS=f"redis://u:{SECRET}@127.0.0.1:1")
    assert EXIT_USER_ERROR == result.exit_code
    assert "2 problems:" in result.output
    assert "Kafka at 127.0.0.1:1 cannot be reached" in result.output
    assert "redis = redis://***:***@127.0.0.1:1 cannot be reached" in result.output
    assert SECRET not in result.output


def described(**changes: Any) -> TopicDescription:
    """A topic as it should be, with changes."""
    good = TopicDescription(
        topic_id="x",
        partitions=8,
        retention_ms=36 * DAY_MS,
        cleanup_policy="delete",
        max_message_bytes=1_048_588,
        timestamp_after_max_ms=HOUR_MS,
    )
    return good._replace(**changes)


@pytest.mark.parametrize(
    "topic, sentences",
    [
        (described(), []),
        (described(retention_ms=FOREVER_MS), []),
        (described(retention_ms=36 * DAY_MS - 1), ["topic calls keeps events for 3110399999ms only"]),
        (described(partitions=4), ["topic calls has 4 partitions, but partitions = 8"]),
        (described(cleanup_policy="compact,delete"), ["topic calls has cleanup.policy=compact,delete"]),
        (described(partitions=1, retention_ms=7 * DAY_MS), ["has 1 partitions", "for 7d only"]),
        (described(timestamp_after_max_ms=HOUR_MS + 1), ["topic calls takes records stamped more than 1h ahead"]),
    ],
)
def test_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, topic: TopicDescription, sentences: list[str]) -> None:
    """Partitions, retention and policy of a topic are each held against what is needed."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    found = topic_problems(settings, "calls", topic, topic_configs(settings)["calls"])
    assert len(sentences) == len(found)
    assert all(sentence in line for sentence, line in zip(sentences, found, strict=True))


def test_topics_of_dead_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest record must fit into them with its reason; what is stamped ahead may come there."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    config = topic_configs(settings)["calls.dead"]
    large = described(max_message_bytes=DEAD_LETTER_MAX_BYTES, timestamp_after_max_ms=NO_LIMIT_MS)
    assert [] == topic_problems(settings, "calls.dead", large, config)
    (line,) = topic_problems(settings, "calls.dead", described(max_message_bytes=DEAD_LETTER_MAX_BYTES - 1), config)
    assert line.startswith("topic calls.dead takes records of 2162687 bytes at most; set max.message.bytes to 2162688")


def test_the_topics_that_are_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes are kept longer than the inputs they come from, and have a topic of dead letters like them."""
    monkeypatch.chdir(tmp_path)
    configs = topic_configs(load_settings())
    days = {name: int(config["retention.ms"]) // DAY_MS for name, config in configs.items()}
    dead = {f"{name}.dead": 36 for name in ("calls", "chats", "tickets", "contacts")}
    assert {"calls": 36, "chats": 36, "tickets": 36, "contacts": 44, **dead} == days


def test_inspecting_never_raises_on_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting given nonsense at once still makes a report, with a row for each."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.setenv(f"VEINTE_{name.upper()}", "\t?")
    report = inspect_settings()
    assert report.settings is not None
    assert len(report.wrong) == sum(row.value == "(wrong)" for row in report.rows) > 20


def test_what_everybody_may_see_is_said(check: Check, tmp_path: Path) -> None:
    """On loopback everything; elsewhere what the setting says, and without it a problem with what to do."""
    assert "access: without a token, who reaches 127.0.0.1 sees: the wallboard, " in check().output
    open_door = check(EXPORTER_HOST="0.0.0.0", ANONYMOUS="board,scrape")
    assert 0 == open_door.exit_code
    assert "who reaches 0.0.0.0 sees: the wallboard, the snapshot of all numbers, /metrics\n" in open_door.output
    refused = check(EXPORTER_HOST="0.0.0.0")
    assert (EXIT_USER_ERROR, True) == (refused.exit_code, "veinte token create NAME" in refused.output)
    tokens = tmp_path / "tokens"
    create(tokens, "wall", (Role.BOARD,), datetime.now(UTC))
    assert "sees: nothing\n" in check(EXPORTER_HOST="0.0.0.0", TOKEN_FILE=str(tokens)).output
    tokens.chmod(0o644)
    assert f"chmod 600 {tokens}" in check(TOKEN_FILE=str(tokens)).output
    tokens.write_text("damaged")
    tokens.chmod(0o600)
    assert f"the file of tokens {tokens} is damaged" in check(TOKEN_FILE=str(tokens)).output


def test_a_role_that_there_is_not_is_refused(check: Check) -> None:
    """The sentence has all that there are."""
    assert f"anonymous = 'bord' is no role; use {', '.join(Role)}" in check(ANONYMOUS="bord").output
