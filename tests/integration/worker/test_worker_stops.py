"""Records that do not go through, on real processes: the others go on, and nothing is thrown away for a kill."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaProducer

from metrics.read.reader import Reader
from metrics.snapshot.blindness import STOPPED
from streams.clients.kafka_clients import client_config
from streams.common.errors import EXIT_USER_ERROR
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.facts.conversations.measures import ConversationMeasure
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing
from tests.conftest import SettingsFactory
from tests.faults.load import call_events, call_numbers, counted, publish
from tests.integration.worker.test_worker_input import letters
from tests.support.numbers import Numbers
from tests.support.paths import ROOT
from tests.support.processes import MEMBER, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
BROKEN = (sys.executable, "-P", str(ROOT / "tests/support/broken_worker.py"))
BAD_TICKETS = 1_100
LAST_LINE = "ValueError: a fault of ours (__main__._broken_fold, line "


def an_hour_ago_ms() -> int:
    return time.time_ns() // 1_000_000 - 3_600_000


def send_bad_tickets(settings: Settings) -> None:
    """Records that are no JSON, on the topic of tickets."""
    producer = KafkaProducer(**client_config(settings), acks="all")
    for _ in range(BAD_TICKETS):
        producer.send(settings.topic(Topic.TICKETS), key=b"bad", value=b"<xml>", partition=0)
    producer.flush()
    producer.close()


def one(kind: str, subject: str, time_ms: int) -> OutgoingEvent:
    """The first event of a contact."""
    return outgoing(cloud_event(kind, "/test", subject, time_ms, subject, {"queue": "support"}), time_ms)


def offered(settings: Settings) -> int:
    """Calls that are counted."""
    return Numbers(settings).totals()[ConversationMeasure.OFFERED]


def applied_tickets(settings: Settings) -> int:
    """Tickets that are counted."""
    return Numbers(settings).statistics(Topic.TICKETS)["applied"]


def test_bad_tickets_stop_no_calls(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """1,100 broken tickets stop their partition, which says so over a restart; calls go on; resumed, tickets do too."""
    settings = settings_factory(partitions=1)
    now_ms = an_hour_ago_ms()
    reader = Reader(settings)

    def reason(channel: Channel) -> str:
        return reader.refresh().channels[channel].blind_reason

    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        worker.wait_until_ready()
        send_bad_tickets(settings)
        eventually("a stopped partition", lambda: reason(Channel.TICKET) == STOPPED)
        publish(settings, [one("ticket.opened", "t-1", now_ms)])
        publish(settings, call_events(60, first_ms=now_ms))
        eventually("60 calls", lambda: offered(settings) == 60)
        assert "refused" == reader.refresh().pipeline.stopped["tickets", 0]
        eventually("seeing calls", lambda: reason(Channel.CALL) == "")
        assert 0 == worker.ask_to_stop()
        assert 1 == worker.stderr.count("records in a row of tickets-0 cannot be used"), str(worker)

        drained = run.worker("--drain", *MEMBER)
        assert EXIT_USER_ERROR == drained.end(), str(drained)
        assert 1 == len(drained.stderr.splitlines()), str(drained)

        again = run.worker(*MEMBER)
        again.wait_until_ready()
        publish(settings, call_events(40, first=60, first_ms=now_ms))
        eventually("100 calls", lambda: offered(settings) == 100)
        assert (STOPPED, 0) == (reason(Channel.TICKET), applied_tickets(settings))
        # A fetch may end within the run; what came before the one that reached the limit was set aside.
        assert settings.dead_letters_in_a_row > len(letters(settings, Topic.TICKETS))
        assert "tickets-0: goes on at offset " in run.veinte("resume", "tickets/0").succeed()
        eventually("the ticket behind them", lambda: applied_tickets(settings) == 1)
        eventually("seeing tickets", lambda: reason(Channel.TICKET) == "")
        assert BAD_TICKETS == len(letters(settings, Topic.TICKETS))
        publish(settings, [one("ticket.opened", "t-2", now_ms)])
        eventually("the next ticket", lambda: applied_tickets(settings) == 2)
        assert "no partition stands still" in run.veinte("resume", "tickets").succeed()
        assert (again.status, "") == (None, reader.refresh().pipeline.stopped["tickets", 0])
    reader.close()
    assert call_numbers(100) == counted(Numbers(settings).totals())


def test_a_rebuild_over_bad_records(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A rebuild that meets too many bad records in a row ends with one sentence, and goes on past them if told to."""
    settings = settings_factory(partitions=1)
    send_bad_tickets(settings)
    publish(settings, call_events(10, first_ms=an_hour_ago_ms()))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        rebuild = run.veinte("rebuild")
        assert EXIT_USER_ERROR == rebuild.end(), str(rebuild)
        assert 1 == rebuild.stderr.count("`veinte rebuild --let-go`"), str(rebuild)
        run.veinte("rebuild", "--let-go").succeed()
    assert call_numbers(10) == counted(Numbers(settings).totals())
    assert {"rejected.not_json": BAD_TICKETS} == Numbers(settings).statistics(Topic.TICKETS)


def test_a_fault_of_ours_costs_one_record(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A worker whose fold breaks over one call of many drains all the same; that call is a dead letter `internal`."""
    settings = settings_factory(partitions=1)
    now_ms = an_hour_ago_ms()
    sent = publish(settings, call_events(30, first_ms=now_ms))
    publish(settings, [one("call.offered", "broken", now_ms)])
    sent += publish(settings, call_events(30, first=30, first_ms=now_ms))
    with programs(environment_of(settings), tmp_path / "programs", tracebacks=True) as run:
        worker = run.worker("--drain", *MEMBER, launcher=BROKEN, BROKEN="raise")
        assert 0 == worker.end(), str(worker)
        assert 1 == worker.stderr.count("Traceback"), str(worker)
        assert ": 0 differences" in run.veinte("reconcile", "--topic", "calls").succeed()
    (letter,) = letters(settings)
    assert ("internal", b"broken") == (letter.headers["reason"], letter.key)
    assert letter.headers["detail"].startswith(LAST_LINE)
    assert call_numbers(60) == counted(Numbers(settings).totals())
    assert {"applied": sent, "rejected.internal": 1} == Numbers(settings).statistics()


def test_kills_throw_nothing_away(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Workers killed in mid-batch come down to the one record and keep it; it counts like all others in the end."""
    settings = settings_factory(partitions=1)
    now_ms = an_hour_ago_ms()
    publish(settings, [one("call.offered", f"call-{number}", now_ms) for number in range(5)])
    publish(settings, [one("call.offered", "broken", now_ms), one("call.offered", "call-5", now_ms)])
    with programs(environment_of(settings), tmp_path / "programs") as run:
        for _ in range(3):
            worker = run.worker("--drain", *MEMBER, launcher=BROKEN, BROKEN="kill")
            assert -signal.SIGKILL == worker.end(), str(worker)
        assert (5, []) == (offered(settings), letters(settings))
        run.drain()
    assert (7, []) == (offered(settings), letters(settings))
