"""Settings: where they come from, what is refused, and that no secret is ever shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.common.durations import DAY_MS, HOUR_MS, LONGEST_DURATION_MS, format_duration, parse_duration_ms
from streams.common.errors import UserError
from streams.common.vocabulary import Channel, Clock
from streams.config.queue_settings import QueueSettings, TargetSettings
from streams.config.setting_errors import without_passwords
from streams.config.settings import Settings, load_settings
from streams.config.settings_report import shown_value

SECRET = "hunter2-do-not-tell"
A_CALL = '[[queues.a]]\nchannel = "call"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory, so that no ``veinte.toml`` of ours is read."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(**variables: str) -> list[str]:
    """Complaints of ``load_settings``, a sentence each."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(f"VEINTE_{name}", value)
        with pytest.raises(UserError) as error:
            load_settings()
    first, *rest = str(error.value).split("\n  ")
    assert "settings cannot work:" == first
    return rest


@pytest.mark.parametrize(
    "text, value_ms",
    [
        ("0s", 0),
        ("250ms", 250),
        ("20s", 20_000),
        ("1.5h", 5_400_000),
        (" 15m ", 900_000),
        ("800d", 800 * DAY_MS),
        ("36500d", LONGEST_DURATION_MS),
        (1234, 1234),
    ],
)
def test_durations(text: object, value_ms: int) -> None:
    """A number and a unit make milliseconds; an integer is milliseconds already."""
    assert value_ms == parse_duration_ms(text)


@pytest.mark.parametrize(
    "text",
    ["", "20", "s", "-1s", "1 h", "1w", "1e3s", "nan", "infs", "٣s", -1, True, 1.5, None, "36501d", "9" * 400 + "d"],
)
def test_no_durations(text: object) -> None:
    """A text that is no duration, or an absurd one, is a ``ValueError`` that repeats the text."""
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration_ms(text)


@given(st.integers(0, LONGEST_DURATION_MS))
def test_durations_survive_being_written(value_ms: int) -> None:
    """A duration written out reads back as itself."""
    assert value_ms == parse_duration_ms(format_duration(value_ms))


def test_defaults() -> None:
    """The defaults that the documentation and other people's tests rely on."""
    settings = load_settings()
    assert ("127.0.0.1:9092", "redis://127.0.0.1:6379/0") == (settings.kafka, settings.redis.get_secret_value())
    assert (8, "UTC", Clock.WALL) == (settings.partitions, settings.time_zone, settings.clock)
    assert (8020, 8021) == (settings.exporter_port, settings.worker_port)
    assert (7 * DAY_MS, None) == (settings.repeat_window, settings.past_limit)


def test_the_stronger_source_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments go before variables, these before files of secrets, those before the settings file."""
    (folder / "veinte.toml").write_text(
        'partitions = 1\ntime_zone = "Europe/Rome"\nclock = "event"\n'
        'hash_key = "a key from veinte.toml"\nredis_password = "from-toml"\n'
    )
    (folder / "secret").write_text("a key from a file\n")
    monkeypatch.setenv("VEINTE_PARTITIONS", "2")
    monkeypatch.setenv("VEINTE_TIME_ZONE", "Europe/Madrid")
    monkeypatch.setenv("VEINTE_HASH_KEY_FILE", "secret")
    settings = load_settings(partitions=3)
    assert (3, "Europe/Madrid", Clock.EVENT) == (settings.partitions, settings.time_zone, settings.clock)
    assert settings.hash_key is not None
    assert settings.redis_password is not None
    assert ("a key from a file", "from-toml") == (
        settings.hash_key.get_secret_value(),
        settings.redis_password.get_secret_value(),
    )
    monkeypatch.setenv("VEINTE_HASH_KEY", "a key from a variable")
    again = load_settings()
    assert again.hash_key is not None
    assert "a key from a variable" == again.hash_key.get_secret_value()


def test_secret_file_named_in_the_settings_file(folder: Path) -> None:
    """``kafka_password_file`` in the settings file works as the variable does."""
    (folder / "secret").write_text("from-file\n")
    (folder / "veinte.toml").write_text('kafka_password_file = "secret"')
    settings = load_settings()
    assert settings.kafka_password is not None
    assert "from-file" == settings.kafka_password.get_secret_value()


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files and shells set variables to nothing when they mean none."""
    monkeypatch.setenv("VEINTE_PARTITIONS", "")
    assert 8 == load_settings().partitions


def test_settings_are_frozen() -> None:
    """Nobody changes a setting on the way."""
    with pytest.raises(ValidationError):
        load_settings().partitions = 4  # type: ignore[misc]  # what the type forbids must fail too


def test_queues(folder: Path) -> None:
    """A queue has one policy or several, in the order of their ``since``."""
    (folder / "veinte.toml").write_text(
        """
        [queues.sales]
        channel = "call"
        target_seconds = 30
        [[queues.support]]
        channel = "ticket"
        since = 2027-01-01T00:00:00+01:00
        first_response = "12h"
        [[queues.support]]
        channel = "ticket"
        """
    )
    queues = load_settings().queues
    assert (QueueSettings(channel=Channel.CALL, target_seconds=30),) == queues["sales"]
    assert [DAY_MS, DAY_MS // 2] == [policy.first_response for policy in queues["support"]]
    assert {Channel.TICKET} == {policy.channel for policy in queues["support"]}


REFUSED = {
    "KAFKA": {
        "localhost": "must be host:port",
        "a:1,b": "must be host:port",
        "a:0": "must be host:port",
        "a:70000": "must be host:port",
        "http://a:1": "must be host:port",
    },
    "KAFKA_SECURITY": {"TLS": "input should be 'PLAINTEXT'"},
    "KAFKA_CA_FILE": {"/nowhere/ca.pem": "is no file"},
    "PARTITIONS": {
        "0": "greater than or equal to 1",
        "1025": "less than or equal",
        "eight": "valid integer",
        "1.5": "integer",
    },
    "TIME_ZONE": {"Europe/Madird": "no time zone", "../../etc/passwd": "no time zone", "CEST?": "no time zone"},
    "CLOCK": {"sun": "'wall' or 'event'"},
    "SLICE_RETENTION": {"36": "is no duration", "1m": "must be at least 15m"},
    "PAST_LIMIT": {"-8d": "is no duration"},
    "NAMESPACE": {"a b": "match pattern", "x" * 65: "match pattern"},
    "TOPIC_PREFIX": {"a/": "match pattern"},
    "EXPORTER_PORT": {
        "65536": "less than or equal to 65535",
        "-1": "greater than or equal to 0",
        "tcp://10.0.0.1:80": "integer",
    },
    "RECORD_LIMIT_BYTES": {"1": "greater than or equal to 1024"},
    "QUEUES": {"[]": "valid dictionary", '{"a": 5}': "valid dictionary", "{": "not valid JSON"},
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in REFUSED.items() for value in values])
def test_refused(name: str, value: str) -> None:
    """A setting that cannot work is refused in one sentence with its name, its value and what is wrong."""
    (line,) = problems(**{name: value})
    assert name.lower() in line.lower()
    assert REFUSED[name][value] in line
    if name != "QUEUES":
        assert value in line


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://h",
        "redis://",
        "redis://h:99999",
        "redis://h:port",
        "redis://h/one",
        "redis://[::1",
        "unix://",
    ],
)
def test_refused_redis(url: str) -> None:
    """A Redis URL that cannot work is refused without being repeated: it may hold a password."""
    with pytest.raises(UserError, match="redis: must be a URL such as redis://") as error:
        load_settings(redis=url)
    assert 2 == len(str(error.value).splitlines())


@pytest.mark.parametrize(
    "url",
    [
        "redis://h",
        "rediss://user:p%40ss@h:6380/1",
        "redis://[::1]:6379/0",
        "unix:///run/redis.sock",
        "redis://:p@h/0?timeout=3",
    ],
)
def test_accepted_redis(url: str) -> None:
    """Every form that the client knows is taken."""
    assert url == load_settings(redis=url).redis.get_secret_value()


QUEUES_REFUSED = {
    "objective = 1.2": "queues.sales.objective = 1.2: input should be less than or equal to 1",
    "objective = nan": "queues.sales.objective = nan",
    "target_seconds = 0": "queues.sales.target_seconds = 0",
    "target_seconds = 4": "short_abandon_seconds (5) must not exceed target_seconds (4)",
    "target_secs = 4": "queues.sales.target_secs: there is no such setting; did you mean target_seconds?",
    'day_starts = "6:00"': "is no time of day",
    'day_starts = "06:10"': "is no time of day",
    'time_zone = "Mars/Base"': "is no time zone",
    "since = 2026-01-01": "is no time with an offset",
    "since = 2026-01-01T00:00:00": "is no time with an offset",
    'since = "tomorrow"': "'tomorrow' is no time with an offset",
    "since = 5": "'5' is no time with an offset",
    'first_response = "1 day"': "is no duration",
    'channel = "fax"': "input should be 'call', 'chat' or 'ticket'",
    "waiting_ghost_after = 60": "queues.sales.waiting_ghost_after = '60' is no duration; write a number and a unit",
    "resolution = 1.5": "queues.sales.resolution = '1.5' is no duration; write a number and a unit",
    'targets = [{medium = "email", first_response = "1h"}]': (
        "queues.sales: targets are limits of tickets, but its channel is call: remove them"
    ),
}


@pytest.mark.parametrize("line", QUEUES_REFUSED)
def test_refused_queues(folder: Path, line: str) -> None:
    """A wrong setting of a queue is named with its queue."""
    channel = "" if line.startswith("channel") else 'channel = "call"\n'
    for table in ("[queues.sales]", "[[queues.sales]]"):
        (folder / "veinte.toml").write_text(f"{table}\n{channel}{line}\n")
        (problem,) = problems()
        assert problem.startswith("queues.sales")
        assert QUEUES_REFUSED[line] in problem


TARGETS_REFUSED = {
    'first_response = "1h"': "queues.sales.targets: it needs a medium, a priority or both: say which tickets it is for",
    'medium = "email"': "queues.sales.targets: it sets no limit: give first_response, next_response or resolution",
    'medium = "fax"\nresolution = "1h"': "queues.sales.targets.medium = 'fax': input should be 'email', 'web'",
    'priority = "top"\nresolution = "1h"': "queues.sales.targets.priority = 'top': input should be 'low', 'normal'",
    'priority = "low"\nresolution = 60': "queues.sales.targets.resolution = '60' is no duration; write a number and",
    'mediun = "email"\npriority = "low"\nresolution = "1h"': (
        "queues.sales.targets.mediun: there is no such setting; did you mean medium?"
    ),
    'medium = "web"\nresolution = "1h"\n[[queues.sales.targets]]\nmedium = "web"\nnext_response = "1h"': (
        "queues.sales: it has two targets for medium web: write them as one"
    ),
    'medium = "web"\npriority = "low"\nresolution = "1h"\n'
    '[[queues.sales.targets]]\nmedium = "web"\npriority = "low"\nresolution = "2h"': (
        "queues.sales: it has two targets for medium web and priority low: write them as one"
    ),
    'medium = "web"\nresolution = "1h"\n[[queues.sales.targets]]\npriority = "top"\nresolution = "1h"': (
        "queues.sales.targets[1].priority = 'top': "
    ),
}


@pytest.mark.parametrize("lines", TARGETS_REFUSED)
def test_refused_targets(folder: Path, lines: str) -> None:
    """A wrong target is named with its queue, in a table and in a list of tables alike."""
    for table in ("[queues.sales]", "[[queues.sales]]"):
        (folder / "veinte.toml").write_text(f'{table}\nchannel = "ticket"\n[[queues.sales.targets]]\n{lines}\n')
        (problem,) = problems()
        assert problem.startswith(TARGETS_REFUSED[lines])


def test_targets(folder: Path) -> None:
    """Targets say medium, priority or both; media and priorities are those of the events."""
    (folder / "veinte.toml").write_text(
        """
        [queues.sales]
        channel = "ticket"
        [[queues.sales.targets]]
        medium = "email"
        first_response = "15m"
        [[queues.sales.targets]]
        medium = "email"
        priority = "urgent"
        resolution = "4h"
        """
    )
    mail, urgent = load_settings().queues["sales"][0].targets
    assert TargetSettings(medium="email", first_response="15m") == mail
    assert ("urgent", None, 4 * HOUR_MS) == (urgent.priority, urgent.next_response, urgent.resolution)


MADRID = '[calendars.madrid]\ntime_zone = "Europe/Madrid"\nweekdays = ["09:00-18:00"]\n'
IN_MADRID = '[queues.sales]\nchannel = "ticket"\ncalendar = "madrid"\n'


def test_calendars(folder: Path) -> None:
    """A queue names its opening hours; several may share them; none is open at all hours."""
    (folder / "veinte.toml").write_text(MADRID + IN_MADRID)
    settings = load_settings()
    calendar = settings.calendar("madrid")
    assert calendar is not None
    assert ("Europe/Madrid", ((540, 1080),), None) == (calendar.time_zone, calendar.week[0], settings.calendar(None))
    assert calendar is settings.calendar("madrid")


CALENDARS_REFUSED = {
    f"{MADRID}{IN_MADRID}".replace('calendar = "madrid"', 'calendar = "madird"'): (
        "queues.sales.calendar = 'madird': there is no such calendar; did you mean madrid?"
    ),
    IN_MADRID: (
        "queues.sales.calendar = 'madrid': there is no such calendar; add a table [calendars.madrid] with its hours"
    ),
    '[calendars.madrid]\nweekdays = ["09:00-18:00"]\n': (
        'calendars.madrid.time_zone is missing; say whose wall clock its hours are read on: time_zone = "Europe/Madrid"'
    ),
    f"{MADRID}weekday = []\n": "calendars.madrid.weekday: there is no such setting; did you mean weekdays?",
    f'{MADRID}{IN_MADRID}calender = "madrid"\n': (
        "queues.sales.calender: there is no such setting; did you mean calendar?"
    ),
    f'{MADRID}sat = ["9-12"]\n{IN_MADRID}': (
        "calendars.madrid.sat = '9-12' is no period of a day, such as 09:00-14:00"
    ),
    'calendars = ["madrid"]\n': "calendars: input should be a valid dictionary",
}


@pytest.mark.parametrize("text", CALENDARS_REFUSED)
def test_refused_calendars(folder: Path, text: str) -> None:
    """A calendar that cannot work, or that is not there, is told in one sentence."""
    (folder / "veinte.toml").write_text(text)
    assert [CALENDARS_REFUSED[text]] == problems()


@pytest.mark.parametrize("policies", ['{"channel": "call", "%s": 60}', '[{"channel": "call", "%s": 60}]'])
def test_durations_of_queues_need_units_in_a_variable(policies: str) -> None:
    """A bare number is no duration in the JSON of VEINTE_QUEUES either, for any duration that a queue has."""
    for name in ("waiting_ghost_after", "in_progress_ghost_after", "first_response", "next_response", "resolution"):
        (line,) = problems(QUEUES=f'{{"sales": {policies % name}}}')
        assert line.startswith(f"queues.sales.{name} = '60' is no duration; write a number and a unit")


def test_a_queue_without_a_channel(folder: Path) -> None:
    """Nobody guesses whose queue is meant."""
    (folder / "veinte.toml").write_text(
        '[queues.sales]\ntarget_seconds = 30\n[[queues.b]]\nchannel = "call"\n[[queues.b]]\n'
    )
    sentence = 'is missing; say whose queue it is: channel = "call", "chat" or "ticket"'
    assert [f"queues.sales.channel {sentence}", f"queues.b[1].channel {sentence}"] == problems()


def test_the_name_of_all_queues_is_taken() -> None:
    """`*` stands for the sum over queues, so no queue is called so."""
    (line,) = problems(QUEUES='{"*": {"channel": "call"}}')
    assert "queues: queue name '*' stands for all queues of a channel; give the queue another name" == line


@pytest.mark.parametrize("key", ["§", "fifteen letters", " fifteen letters "])
def test_a_short_hash_key(key: str) -> None:
    """A key that could be guessed is refused in one sentence that does not show it."""
    (line,) = problems(HASH_KEY=key)
    assert line.startswith("hash_key: must have at least 16 characters")
    assert key.strip() not in line


def test_unknown_variables() -> None:
    """A misspelt variable stops every command, with a guess at what was meant, and beside other mistakes."""
    unknown = "VEINTE_KAFAK: there is no such setting; did you mean VEINTE_KAFKA?"
    assert [unknown] == problems(KAFAK="b:1")
    assert ["partitions = '0': input should be greater than or equal to 1", unknown] == problems(
        KAFAK="b:1", PARTITIONS="0"
    )
    assert [1, 1, 1] == [len(problems(**{name: "1"})) for name in ("QUEUES__SALES", "KAFKA_FILE", "WORKERS_PORT")]


def test_variables_that_are_nobodys_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that Kubernetes adds for services called veinte and veinte-api are ignored, and empty ones too."""
    for name in ("VEINTE", "VEINTE_API"):
        monkeypatch.setenv(f"{name}_SERVICE_HOST", "10.0.0.1")
        monkeypatch.setenv(f"{name}_SERVICE_PORT", "80")
        monkeypatch.setenv(f"{name}_PORT", "tcp://10.0.0.1:80")
        monkeypatch.setenv(f"{name}_PORT_80_TCP", "tcp://10.0.0.1:80")
        monkeypatch.setenv(f"{name}_PORT_80_TCP_PORT", "80")
    monkeypatch.setenv("VEINTE_KAFAK", "")
    assert 8 == load_settings().partitions


def test_refused_second_policy(folder: Path) -> None:
    """A wrong setting of a later policy says which; two policies from the same instant are refused."""
    (folder / "veinte.toml").write_text(f"{A_CALL}{A_CALL}since = 2026-01-01T00:00:00Z\nobjective = 2\n")
    assert problems()[0].startswith("queues.a[1].objective = 2: ")
    (folder / "veinte.toml").write_text(f"{A_CALL}{A_CALL}")
    assert ["queue 'a' has two policies with the same channel and since"] == [problems()[0].removeprefix("queues: ")]


CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "SASL without a password": (
        {"kafka_security": "SASL_SSL", "kafka_username": "u"},
        "needs kafka_username and kafka_password",
    ),
    "a certificate without a key": ({"kafka_cert_file": __file__}, "need each other"),
    "a key of ours without its certificate": ({"tls_key_file": __file__}, "tls_cert_file and tls_key_file need each"),
    "a cluster with databases": ({"redis_cluster": True, "redis": "redis://h:1/2"}, "needs database 0"),
    "two passwords": ({"redis_password": "a", "redis": "redis://:b@h:1"}, "keep one of them"),
    "retention below one slice": ({"slice_retention_minutes": "30s"}, "must be at least 1m"),
    "a repeat window without time": ({"repeat_window": "0s"}, "repeat_window = '0s' must be from 1m to 36d"),
    "repeats of what is gone": ({"repeat_window": "37d"}, "repeat_window = '37d' must be from 1m to 36d"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions(name: str) -> None:
    """Settings that are right one by one and cannot work together are refused."""
    values, sentence = CONTRADICTIONS[name]
    with pytest.raises(UserError, match=sentence):
        load_settings(**values)


def test_everything_wrong_is_told_at_once(folder: Path) -> None:
    """Mistakes of variables, files and the settings file come together."""
    (folder / "veinte.toml").write_text('partitons = 4\nslice_retention = 20\nredis_password_file = "missing"\n')
    (folder / "empty").touch()
    found = problems(PARTITIONS="0", KAFKA_PASSWORD_FILE=str(folder), HASH_KEY_FILE="empty", QUEUES="{")
    text = "\n".join(found)
    assert "partitions = '0': input should be greater than or equal to 1" in found
    assert "partitons: there is no such setting; did you mean partitions?" in found
    assert "slice_retention = '20' is no duration; write a number and a unit" in text
    assert "redis_password_file = missing: cannot be read (No such file or directory)" in text
    assert f"VEINTE_KAFKA_PASSWORD_FILE = {folder}: cannot be read (Is a directory)" in text
    assert "VEINTE_HASH_KEY_FILE = empty: the file is empty" in text
    assert "VEINTE_QUEUES is not valid JSON" in text
    assert 7 == len(found)


BROKEN_FILES = {
    "a stray sign": (b"partitions = 4\npartitions == 5\n", "line 2, column 13"),
    "an open list": (b"queues = [\n", "line 2, column 1, the end"),
    "a name twice": (b"clock = 'wall'\nclock = 'wall'\n", "line 2"),
    "Latin-1": (b"# a\xf1o\n", "byte 3 is not UTF-8"),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_broken_settings_file(folder: Path, name: str) -> None:
    """A settings file that cannot be read is told in one sentence with the place."""
    content, place = BROKEN_FILES[name]
    (folder / "veinte.toml").write_bytes(content)
    (line,) = problems()
    assert line.startswith("veinte.toml")
    assert place in line


def test_settings_file_that_is_a_directory(folder: Path) -> None:
    """A directory by the file's name is told as such."""
    (folder / "veinte.toml").mkdir()
    assert ["veinte.toml is a directory; it must be a file"] == problems()


def test_byte_order_mark_is_no_mistake(folder: Path) -> None:
    """Editors that put a mark before UTF-8 do not spoil the file."""
    (folder / "veinte.toml").write_bytes(b"\xef\xbb\xbfpartitions = 4\n")
    assert 4 == load_settings().partitions


SECRETS_IN_WRONG_PLACES: dict[str, dict[str, str]] = {
    "a password in the bootstrap servers": {"KAFKA": f"user:{SECRET}@h:9"},
    "a URL as bootstrap servers": {"KAFKA": f"kafka://user:{SECRET}@h:9"},
    "a bad port": {"REDIS": f"redis://:{SECRET}@h:x"},
    "a slash in the password": {"REDIS": f"redis://:a/{SECRET}@h:1"},
    "a bad host": {"REDIS": f"redis://:{SECRET}@[h"},
    "a bad database": {"REDIS": f"redis://:{SECRET}@h/{SECRET}"},
    "no scheme": {"REDIS": f"user:{SECRET}@h:1"},
    "signs of an address in the password": {"KAFKA": f"kafka://user:a@b/{SECRET}@h:9"},
    "the same without a scheme": {"KAFKA": f"user:a@b/{SECRET}@h:9"},
    "a short key": {"HASH_KEY": "hunter2", "PARTITIONS": "0"},
    "two passwords": {"REDIS": f"redis://:{SECRET}@h", "REDIS_PASSWORD": f"{SECRET}2"},
    "SASL without a user": {"KAFKA_SECURITY": "SASL_SSL", "KAFKA_PASSWORD": SECRET},
    "next to another mistake": {
        "HASH_KEY": SECRET,
        "KAFKA_PASSWORD": SECRET,
        "REDIS_PASSWORD": SECRET,
        "PARTITIONS": "0",
    },
}


@pytest.mark.parametrize("name", SECRETS_IN_WRONG_PLACES)
def test_no_message_shows_a_secret(name: str) -> None:
    """Whatever is wrong, what is said of it holds no secret."""
    assert SECRET not in "\n".join(problems(**SECRETS_IN_WRONG_PLACES[name]))


def test_no_message_shows_a_secret_of_the_settings_file(folder: Path) -> None:
    """A secret under a mistyped name, or of a wrong type, is not shown either."""
    (folder / "veinte.toml").write_text(f'kafka_pasword = "{SECRET}"\nhash_key = ["{SECRET}"]\n')
    found = problems()
    assert 2 == len(found)
    assert SECRET not in "\n".join(found)


def test_settings_printed_show_no_secret() -> None:
    """Neither repr nor the masked URL of settings holds a secret."""
    settings = load_settings(
        hash_key=SECRET, kafka_password=SECRET, redis=f"redis://user:{SECRET}@h:1/0?password={SECRET}"
    )
    assert SECRET not in repr(settings)
    assert "redis://***:***@h:1/0?password=***" == settings.redis_display()


@pytest.mark.parametrize(
    "text, shown",
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://:p@h", "redis://:***@h"),
        ("rediss://u:p/q:r@h:1", "rediss://***:***@h:1"),
        ("unix://u:p@/run/redis.sock", "unix://***:***@/run/redis.sock"),
        ("u:p@h:1", "***@h:1"),
        ("h:1,u:p@i:2", "h:1,***@i:2"),
        ("redis://:pa@ss@127.0.0.1:1/0", "redis://:***@127.0.0.1:1/0"),
        ("redis://u@v:pa@ss@h:1/0?x=1@2", "redis://***:***@h:1/0?x=1@2"),
        ("u:pa@ss@h:1", "***@h:1"),
    ],
)
def test_masking(text: str, shown: str) -> None:
    """Passwords go, up to the last sign that ends one; addresses stay."""
    assert shown == without_passwords(text)


@pytest.mark.parametrize(
    "url, shown",
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://user@h:1/0?name=a:b@c", "redis://***@h:1/0?name=a:b@c"),
        ("redis://:pa@ss@127.0.0.1:1/0", "redis://:***@127.0.0.1:1/0"),
        ("rediss://u@v:p:a ss@h:1?password=q w&x=1", "rediss://***:***@h:1?password=***&x=1"),
        ("unix://u:p@/run/a@b.sock", "unix://***:***@/run/a@b.sock"),
    ],
)
def test_the_redis_url_shown(url: str, shown: str) -> None:
    """The password of the URL goes wherever a client finds it."""
    assert shown == load_settings(redis=url).redis_display()


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_not_everybody_is_a_trusted_proxy(network: str) -> None:
    """A proxy names people's roles: a network of all addresses is refused, and the sentence says why."""
    with pytest.raises(UserError, match=r"trusted_proxies.*is everybody, who could then take any role"):
        load_settings(trusted_proxies=["10.0.0.7", network])


def test_nobody_is_not_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list of roles is a word, also from a variable, and is shown as one."""
    assert (None, "–") == (Settings().anonymous, shown_value(Settings(), "anonymous"))
    assert ((), "[]") == (Settings(anonymous=[]).anonymous, shown_value(Settings(anonymous=[]), "anonymous"))
    monkeypatch.setenv("VEINTE_ANONYMOUS", "[]")
    assert () == Settings().anonymous
    monkeypatch.setenv("VEINTE_ANONYMOUS", "board, scrape")
    assert "board, scrape" == shown_value(Settings(), "anonymous")


@pytest.mark.parametrize("setting", ["HASH_KEY_FILE", "KAFKA_PASSWORD_FILE", "KAFKA_KEY_FILE", "ALERTMANAGER_URL_FILE"])
@pytest.mark.parametrize(
    "secret",
    [
        "0123456789abcdef0123456789abcdef",
        "/S3cr3tOfNobody+abc=",
        "S3cr3t/Of/Nobody+abc=",
        "-----BEGIN PRIVATE KEY-----\nS3cr3t",
    ],
)
def test_a_secret_in_place_of_its_file_is_not_repeated(
    setting: str, secret: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The sentence names the setting, and says how long the text is that is no path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"VEINTE_{setting}", secret)
    with pytest.raises(UserError) as refused:
        load_settings()
    assert (False, True) == (secret in str(refused.value), f"(a text of {len(secret)} characters" in str(refused.value))
