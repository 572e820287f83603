"""Order, number and times of replayed events, and the output of the command."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from streams.commands.replay import register
from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing
from streams.sources.replay import due_seconds, in_time_order, moved, shuffled, with_duplicates

SEEDS = st.integers(min_value=0, max_value=2**32)
TIMES = st.lists(st.integers(min_value=0, max_value=10**12), max_size=60)
BANK_HEADER = (
    "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\t"
    "outcome\tser_start\tser_exit\tser_time\tserver"
)


def events_at(times: list[int]) -> list[OutgoingEvent]:
    """An event a time, each of a contact of its own."""
    return [
        outgoing(cloud_event("call.offered", "/t", str(number), time_ms, f"c-{number}", {"queue": "q"}), time_ms)
        for number, time_ms in enumerate(times)
    ]


def ids(events: list[OutgoingEvent]) -> list[int]:
    """The events' numbers."""
    return [int(event.body["id"]) for event in events]


@given(times=TIMES, seed=SEEDS)
def test_a_shuffle_is_a_permutation_that_its_seed_decides(times: list[int], seed: int) -> None:
    """Nothing comes or goes, and the same seed gives the same order."""
    events = events_at(times)
    assert ids(events) == sorted(ids(shuffled(events, seed)))
    assert shuffled(events, seed) == shuffled(iter(events), seed)


def test_another_seed_is_another_order() -> None:
    """Two seeds do not shuffle alike, and no shuffle leaves the order."""
    events = events_at(list(range(50)))
    orders = [tuple(ids(shuffled(events, seed))) for seed in (7, 8)]
    assert 3 == len({*orders, tuple(ids(events))})


@given(times=TIMES, ratio=st.floats(min_value=0, max_value=1), seed=SEEDS)
def test_duplicates_are_exact_repeats_behind_their_event(times: list[int], ratio: float, seed: int) -> None:
    """Originals keep their order; a repeat is the same event, once more at most, and later."""
    events = events_at(times)
    doubled = with_duplicates(events, ratio, seed)
    first_seen = list(dict.fromkeys(ids(doubled)))
    assert ids(events) == first_seen
    assert all(count <= 2 for count in Counter(ids(doubled)).values())
    assert all(event == events[int(event.body["id"])] for event in doubled)
    assert doubled == with_duplicates(events, ratio, seed)


@pytest.mark.parametrize("ratio, least, most", [(0, 0, 0), (0.2, 1_800, 2_200), (1, 10_000, 10_000)])
def test_the_share_of_duplicates(ratio: float, least: int, most: int) -> None:
    """About the ratio of the events come twice; none at 0 and all at 1."""
    events = events_at(list(range(10_000)))
    assert least <= len(with_duplicates(events, ratio, 7)) - len(events) <= most


@given(times=TIMES, shift_ms=st.integers(min_value=-(10**12), max_value=10**12))
def test_a_move_keeps_all_differences(times: list[int], shift_ms: int) -> None:
    """Every time moves by the same amount, in the envelope too; nothing else changes."""
    events = events_at(times)
    expected = events_at([time_ms + shift_ms for time_ms in times])
    assert expected == list(moved(events, shift_ms))


@given(times=TIMES)
def test_time_order_is_stable(times: list[int]) -> None:
    """Events at one instant keep their order."""
    ordered = in_time_order(events_at(times))
    assert sorted(range(len(times)), key=lambda number: (times[number], number)) == ids(ordered)


def test_speed_divides_the_time_since_the_first_event() -> None:
    """At 60 times real time a minute is a second; what is older than the first is due at once."""
    events = events_at([120_000, 180_000, 60_000, 3_720_000])
    assert [0, 1, 0, 60] == [due for due, _ in due_seconds(events, 60)]


def run(*arguments: str | Path) -> Result:
    """The command with its output."""
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


def bank_file(folder: Path) -> Path:
    """A log of an answered call, a hang-up in the menu and a phantom."""
    lines = [BANK_HEADER]
    for call, outcome in enumerate(("AGENT", "HANG", "PHANTOM")):
        lines.append(
            f"AA0101\t{call}\t0\t0\tPS\t990201\t7:02:47\t7:02:56\t9\t0:00:00\t0:00:00\t0\t{outcome}\t"
            "7:02:55\t7:05:41\t166\tDORIT"
        )
    path = folder / "bank.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_events_and_summary_without_a_broker(tmp_path: Path) -> None:
    """With --to - the events are lines on standard output, the summary one JSON object on standard error."""
    path = bank_file(tmp_path)
    result = run("anonymous-bank", path, "--to", "-", "--format", "json", "--duplicate", "1", "--topic", "type")
    assert 0 == result.exit_code
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert {"1/offered": 2, "1/answered": 2, "1/ended": 2} == Counter(event["id"] for event in events)
    assert {"queue": "PS", "topic": "PS"} == events[0]["data"]
    assert {
        "format": "anonymous-bank",
        "file": str(path),
        "rows": 3,
        "contacts": 1,
        "events": 3,
        "sent": 6,
        "duplicates": 3,
        "too_old": 0,
        "left_out": {"phantom": 1, "ivr_abandoned": 1},
    } == json.loads(result.stderr)


def test_as_of_now_ends_now(tmp_path: Path) -> None:
    """The last event happens now, the others as long before it as in the log."""
    before_ms = int(time.time() * 1000)
    result = run("anonymous-bank", bank_file(tmp_path), "--to", "-", "--as-of-now")
    after_ms = int(time.time() * 1000)
    path = tmp_path / "moved.jsonl"
    path.write_text(result.stdout)
    from streams.config.settings import Settings
    from streams.sources.logs import event_lines

    times = [event.time_ms for event in event_lines.read(path, Settings()).events]
    assert before_ms <= times[-1] <= after_ms + 1
    assert [0, 0, 166_000] == [time_ms - times[0] for time_ms in times]


def test_a_play_at_a_speed_is_in_time_order(tmp_path: Path) -> None:
    """At a speed, events come as they happened, whatever their order in the file."""
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event.body) + "\n" for event in events_at([3_000, 1_000, 2_000])))
    result = run("events", path, "--to", "-", "--speed", "1000")
    assert ["1", "2", "0"] == [json.loads(line)["id"] for line in result.stdout.splitlines()]


def event_file(folder: Path, times: list[int], channel: str = "call") -> Path:
    """A log of events of one channel at these times."""
    bodies = [
        cloud_event(
            f"{channel}.{'opened' if channel == 'ticket' else 'offered'}",
            "/t",
            str(number),
            time_ms,
            f"c-{number}",
            {"queue": "q", "medium": "web"} if channel == "ticket" else {"queue": "q"},
        )
        for number, time_ms in enumerate(times)
    ]
    path = folder / f"{channel}.jsonl"
    path.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    return path


def test_as_of_now_is_in_time_order(tmp_path: Path) -> None:
    """A file that goes by contact is sent as it happened, or its old events would come behind the newest."""
    result = run("events", event_file(tmp_path, [3_000, 1_000, 2_000]), "--to", "-", "--as-of-now")
    assert ["1", "2", "0"] == [json.loads(line)["id"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize("channel, days", [("call", 8), ("chat", 8), ("ticket", 36)])
@pytest.mark.parametrize("option", [("--shuffle", "7"), ("--duplicate", "1")], ids=str)
def test_as_of_now_repeats_and_shuffles_only_what_a_worker_takes(
    channel: str, days: int, option: tuple[str, str], tmp_path: Path
) -> None:
    """A log as long as its channel's past limit goes; one that is longer is refused with both and what to do."""
    limit_ms = days * DAY_MS
    result = run("events", event_file(tmp_path, [0, limit_ms], channel), "--to", "-", "--as-of-now", *option)
    assert 0 == result.exit_code
    longer = event_file(tmp_path, [0, limit_ms + 1], channel)
    result = run("events", longer, "--to", "-", "--as-of-now", *option)
    assert isinstance(result.exception, UserError)
    assert "" == result.stdout
    said = str(result.exception)
    assert f"the {channel}s of this log span {days}.0 days, and with --as-of-now and {option[0]}" in said
    assert f"more than {days}d (past_limit) behind the newest one" in said
    assert said.endswith("leave out --as-of-now and set VEINTE_CLOCK=event for the worker and the exporter")
    assert 0 == run("events", longer, "--to", "-", *option).exit_code
    assert 0 == run("events", longer, "--to", "-", "--as-of-now").exit_code


def test_the_setting_past_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where past_limit is set, a log may be as long as that and no longer."""
    monkeypatch.setenv("VEINTE_PAST_LIMIT", "1h")
    result = run("events", event_file(tmp_path, [0, 3_600_001]), "--to", "-", "--as-of-now", "--shuffle", "7")
    assert "more than 1h (past_limit)" in str(result.exception)
    monkeypatch.setenv("VEINTE_PAST_LIMIT", "40d")
    result = run("events", event_file(tmp_path, [0, 40 * DAY_MS]), "--to", "-", "--as-of-now", "--shuffle", "7")
    assert 0 == result.exit_code


REFUSED = {
    "--speed 0 is no speed": ("--speed", "0"),
    "--speed inf is no speed": ("--speed", "inf"),
    "--speed fast is no speed": ("--speed", "fast"),
    "--speed 2.0 plays events as they happened and --shuffle does not": ("--speed", "2.0", "--shuffle", "7"),
    "--topic type is for anonymous-bank": ("--topic", "type"),
    "cannot be read": (),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_work_is_one_sentence(message: str, tmp_path: Path) -> None:
    """Options that contradict each other and files that are not there are refused with what to do."""
    result = run("events", tmp_path / "none.jsonl", *REFUSED[message])
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)


@pytest.mark.parametrize("log_format", ["anonymous-bank", "italian-helpdesk", "events"])
def test_nothing_is_printed_of_a_file_of_another_format(log_format: str, tmp_path: Path) -> None:
    """A file that is not what its format says is refused before its first event goes out."""
    path = tmp_path / "other"
    path.write_text("a,b\tc\n" * 3)
    result = run(log_format, path, "--to", "-")
    assert isinstance(result.exception, UserError)
    assert "" == result.stdout
