"""Faults of the broker, of the way to it, and of the group."""

from __future__ import annotations

from kafka.errors import KafkaError

from streams.clients.kafka_clients import admin
from tests.faults.campaign.case import Case
from tests.faults.campaign.kind import Kind

HALT_SECONDS = 20.0


def killed(case: Case) -> None:
    """SIGKILL; started again on its log."""
    for _ in case.times(2):
        case.pause(0.5, 2.5)
        case.broker.kill()
        case.fault()
        case.pause(0.2, 3.0)
        case.broker.start()
        case.pause(3.0, 5.0)


def stopped(case: Case) -> None:
    """SIGSTOP for a while, once for longer than the board may trust old numbers."""
    for number in case.times(3):
        case.pause(0.5, 2.5)
        case.broker.freeze()
        case.fault()
        case.pause(*((13.0, 16.0) if number == 1 else (1.0, 6.0)))
        case.broker.thaw()
        case.pause(1.5, 3.0)


def cut_off(case: Case) -> None:
    """Every connection of the worker to the broker breaks, at times for some seconds."""
    door = case.broker.door
    for number in case.times(8):
        case.pause(0.5, 1.5)
        door.shut = number % 2 == 1
        door.cut()
        case.fault()
        case.pause(0.5, 3.5)
        door.shut = False


def group_deleted(case: Case) -> None:
    """The consumer group with its offsets is deleted while no worker runs."""
    for _ in case.times(3):
        case.pause(0.5, 2.0)
        case.crew.dismiss(case.post)
        case.wait("a group that can be deleted", lambda: _delete_group(case), 25.0)
        case.fault()
        case.pause(0.2, 1.5)
        case.crew.recall(case.post)
        case.wait("a ready worker", lambda: case.post.worker and case.post.worker.health("readyz")[0] == 200)


def disk_full(case: Case) -> None:
    """The disk of the log is full; the broker halts or refuses, gets room and is started again."""
    case.pause(1.0, 3.0)
    case.disk.fill()
    case.fault()
    case.wait_quietly(lambda: not case.broker.running(), HALT_SECONDS)
    case.disk.free()
    if case.broker.running():
        case.broker.kill()
    case.broker.start()
    case.pause(3.0, 5.0)


def _delete_group(case: Case) -> bool:
    name = case.settings.namespace
    with admin(case.settings) as client:
        try:
            client.delete_groups([name])
        except KafkaError:
            return False
        return name not in {each["group_id"] for each in client.list_groups()}


KINDS = (
    Kind(name="kafka-killed", words="Kafka killed and started again", inject=killed),
    Kind(name="kafka-stopped", words="Kafka stopped (SIGSTOP) for 1 to 16 s", inject=stopped),
    Kind(name="kafka-cut", words="connection to Kafka cut, at times for seconds", inject=cut_off),
    Kind(name="group-deleted", words="consumer group deleted", inject=group_deleted, members=("",)),
    Kind(name="kafka-disk-full", words="disk full under Kafka", inject=disk_full, small_disk="kafka"),
)
