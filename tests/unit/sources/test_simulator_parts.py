"""The parts of the simulated centre: agents and their waiting line, staffing, pacing and the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import simpy
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from streams.commands import simulate as command
from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.config.settings import load_settings
from streams.sources.outgoing import OutgoingEvent
from streams.sources.simulator.agents import CALLBACK, NORMAL, URGENT, Agent, AgentGroup
from streams.sources.simulator.catalogue import QUEUE_NAMED
from streams.sources.simulator.live import Pace, hand_out
from streams.sources.simulator.profile import Profile
from streams.sources.simulator.staffing import (
    LONGEST_SHIFT,
    SHORTEST_SHIFT,
    SLOTS,
    Roster,
    agents_needed,
    shifts,
)


def group(count: int = 1, slots: int = 1) -> AgentGroup:
    made = AgentGroup(simpy.Environment(), [Agent(f"a-{number}", slots) for number in range(count)])
    made.set_duty(list(range(count)))
    return made


def test_free_agents_take_turns() -> None:
    """Who has been free longest is next, and with nobody free there is nobody to take."""
    pool = group(2)
    first, second = pool.take(), pool.take()
    assert first is not None
    assert second is not None
    assert pool.take() is None
    pool.release(second)
    pool.release(first)
    assert pool.take() is second


def test_the_line_is_served_by_priority_then_by_arrival() -> None:
    """Urgent before normal before callbacks, and within a priority first come, first served."""
    pool = group()
    pool.take()
    [agent] = pool.agents
    callback, normal, later, urgent = (pool.join(rank) for rank in (CALLBACK, NORMAL, NORMAL, URGENT))
    for turn in (urgent, normal, later, callback):
        pool.release(agent)
        assert turn.triggered
        assert turn.value is agent
    assert 0 == pool.waiting


def test_who_left_is_not_served() -> None:
    """A wait that ended keeps its reason, and the agent goes to the next."""
    pool = group()
    agent = pool.take()
    assert agent is not None
    gone, stays = pool.join(), pool.join()
    pool.leave(gone, "abandoned")
    assert 1 == pool.waiting
    pool.release(agent)
    pool.leave(stays, "abandoned")
    assert "abandoned" == gone.value
    assert agent is stays.value


def test_dismissal_spares_callbacks() -> None:
    """When the desk closes, who waits is sent away; callbacks stay for tomorrow."""
    pool = group(0)
    waiting, callback = pool.join(NORMAL), pool.join(CALLBACK)
    pool.dismiss(NORMAL, "empty")
    assert "empty" == waiting.value
    assert not callback.triggered
    assert 1 == pool.waiting


@given(st.lists(st.tuples(st.sampled_from(["take", "join", "release", "duty", "leave"]), st.integers(0, 15))))
def test_no_agent_is_ever_overloaded(steps: list[tuple[str, int]]) -> None:
    """Whatever happens in whatever order: at most ``slots`` contacts an agent, and nobody waits while one is free."""
    pool = group(4, slots=2)
    held: list[Agent] = []
    turns: list[simpy.Event] = []
    for what, number in steps:
        if what == "take" and (agent := pool.take()) is not None:
            held.append(agent)
        elif what == "join" and pool.take() is None:
            turns.append(pool.join())
        elif what == "release" and held:
            pool.release(held.pop(number % len(held)))
        elif what == "duty":
            pool.set_duty([place for place in range(4) if number >> place & 1])
        elif what == "leave" and turns:
            pool.leave(turns[number % len(turns)], None)
        held += [turn.value for turn in turns if turn.triggered and turn.value is not None]
        turns = [turn for turn in turns if not turn.triggered]
        assert all(0 <= agent.busy <= agent.slots for agent in pool.agents)
        assert len(turns) == pool.waiting
        free = any(agent.on_duty and agent.busy < agent.slots for agent in pool.agents)
        assert not (turns and free)


@given(load=st.floats(0.01, 3_000), handle=st.floats(30, 1_200))
def test_staffing_exceeds_the_load_and_grows_with_it(load: float, handle: float) -> None:
    """More agents than Erlang of load, more for more, and not half as many again on a large group."""
    needed = agents_needed(load, handle, 20, 0.8)
    assert needed > load
    assert needed <= agents_needed(load * 1.1, handle, 20, 0.8)
    assert load < 100 or needed < load * 1.15


def test_staffing_agrees_with_erlang_c() -> None:
    """Ten Erlang of 180 s calls need 13 or 14 agents for 80 % in 20 s (Erlang C: 13 give 79 %, 14 give 89 %)."""
    assert agents_needed(10, 180, 20, 0.80) in {13, 14}
    assert 1 == agents_needed(0, 180, 20, 0.80)


@given(st.lists(st.integers(0, 12), min_size=SLOTS, max_size=SLOTS))
def test_shifts_cover_what_is_needed(need: list[int]) -> None:
    """There are always as many agents as needed, in shifts of 2 to 9 hours within the day."""
    found = shifts(need)
    for slot, wanted in enumerate(need):
        assert sum(shift.start <= slot < shift.end for shift in found) >= wanted
    assert all(SHORTEST_SHIFT <= shift.end - shift.start <= LONGEST_SHIFT for shift in found)
    assert all(0 <= shift.start and shift.end <= SLOTS for shift in found)


def test_nobody_works_two_shifts_at_once() -> None:
    """On each day each shift has an agent of its own, and agents take turns from day to day."""
    roster = Roster(Profile(600, ZoneInfo("UTC")), QUEUE_NAMED["Soporte"], staff=1)
    monday, tuesday = (roster.on_duty(day, day, 12 * 60) for day in (0, 1))
    assert len(monday) == len(set(monday)) > 5
    assert monday != tuesday
    assert roster.on_duty(0, 0, 3 * 60) == []


class Collector:
    """A sink that keeps what it got."""

    def __init__(self) -> None:
        self.events: list[OutgoingEvent] = []
        self.flushed = 0

    def send(self, event: OutgoingEvent) -> None:
        self.events.append(event)

    def flush(self) -> None:
        self.flushed = len(self.events)


def made(*times_ms: int) -> list[OutgoingEvent]:
    return [OutgoingEvent("calls", str(time_ms), time_ms, {}) for time_ms in times_ms]


def test_what_is_overdue_goes_at_once_and_in_order() -> None:
    """A machine that fell behind skips nothing."""
    sink, events = Collector(), made(*range(1_000))
    hand_out(events, sink, Event(), Pace(event_ms=0, wall_ms=time.time() * 1000 - 60_000, speed=1))
    assert events == sink.events
    assert len(events) == sink.flushed


def test_nothing_goes_before_its_time() -> None:
    """Events due far ahead wait, earlier ones have left the buffer, and a stop ends the wait."""
    stop = Event()

    class StopAtFlush(Collector):
        def flush(self) -> None:
            super().flush()
            stop.set()

    sink = StopAtFlush()
    hand_out(made(0, DAY_MS), sink, stop, Pace(event_ms=0, wall_ms=time.time() * 1000, speed=1))
    assert [0] == [event.time_ms for event in sink.events]
    assert 1 == sink.flushed


@pytest.mark.parametrize("speed, expected_ms", [(1, 60_000), (60, 1_000), (0.5, 120_000)])
def test_speed_divides_the_wait(monkeypatch: pytest.MonkeyPatch, speed: float, expected_ms: float) -> None:
    """At speed 60 a minute of events lasts a second."""
    monkeypatch.setattr(time, "time", lambda: 5.0)
    assert pytest.approx(expected_ms) == Pace(event_ms=0, wall_ms=5_000, speed=speed).wait_ms(60_000)


def run(*arguments: str) -> Any:
    app = typer.Typer()
    command.register(app)
    return CliRunner().invoke(app, [*arguments])


def test_the_command_writes_json_lines() -> None:
    """``--to -`` needs no broker; the same seed and start give the same bytes, and the summary is elsewhere."""
    arguments = ("--to", "-", "--speed", "max", "--start", "2026-01-05T09:00:00Z", "--max-events", "500")
    first = run(*arguments)
    assert 0 == first.exit_code
    lines = first.stdout.splitlines()
    assert 500 == len(lines)
    assert all(json.loads(line)["specversion"] == "1.0" for line in lines)
    assert first.stdout == run(*arguments).stdout
    assert "simulated 500 events" in first.stderr


def test_history_ends_at_the_start() -> None:
    """``--days`` come before the live part, and ``--for 0s`` leaves the live part out."""
    result = run("--to", "-", "--days", "0.5", "--start", "2026-01-05T12:00:00Z", "--for", "0s")
    times = [json.loads(line)["time"] for line in result.stdout.splitlines()]
    assert min(times).startswith("2026-01-05T00:")
    assert max(times) < "2026-01-05T12:00:00.000Z"
    assert max(times) > "2026-01-05T11:55"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--speed", "fast"),
        ("--speed", "-1"),
        ("--speed", "nan"),
        ("--speed", "max"),
        ("--start", "yesterday"),
        ("--start", "2026-01-05T00:00:00"),
        ("--start", "0001-01-01T00:00:00+14:00"),
        ("--for", "3"),
        ("--rate", "0"),
        ("--rate", "nan"),
        ("--days", "-1"),
        ("--days", "inf"),
    ],
)
def test_what_cannot_work_is_refused(arguments: tuple[str, str]) -> None:
    """A wrong option is one sentence that names it."""
    error = run(*arguments).exception
    assert isinstance(error, UserError)
    assert arguments[0] in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("start", ["2026-01-04T03:00:00+00:00", "2026-07-31T23:59:59+00:00"])
def test_busy_is_a_tuesday_at_eleven(start: str) -> None:
    """``--busy`` sets the centre's clock to Tuesday at 11:00 of the zone in the settings, whatever the time."""
    live_ms = round(datetime.fromisoformat(start).timestamp() * 1000)
    for zone in ("UTC", "America/Lima"):
        ahead_ms = command._until_busy_ms(live_ms, load_settings(time_zone=zone))
        assert (1, 11 * 60) == Profile(1, ZoneInfo(zone), ahead_ms).local(live_ms)[1:]
        assert 0 <= ahead_ms < 7 * DAY_MS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_live_run_in_good_order(number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM end with whole lines, one line of summary and exit status 0."""
    program = "import typer; from streams.commands.simulate import simulate; typer.run(simulate)"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "--to", "-", "--rate", "100000", "--busy"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline()]
        process.send_signal(number)
        lines += process.stdout.readlines()
        errors = process.stderr.readlines()
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert 0 == process.returncode
    assert all(json.loads(line)["source"] == "/sim" for line in lines)
    assert 1 == len(errors)
    assert errors[0].startswith(b"simulated ")
