"""Faults of Redis and of the way to it."""

from __future__ import annotations

import contextlib
from functools import partial

from streams.stack.addresses import free_port
from tests.faults.campaign.case import Case
from tests.faults.campaign.doors import Cut, Door
from tests.faults.campaign.kind import Kind

CUTS, SHORT_CUTS = 30, 10
FULL_BYTES = 1_000_000
"""Less than an empty Redis uses: nothing more can be written."""
SLOW_SECONDS = 0.2


def killed(case: Case) -> None:
    """SIGKILL; started again on its append-only file."""
    for _ in case.times(4):
        case.pause(0.5, 2.5)
        case.redis.stop()
        case.fault()
        case.pause(0.2, 3.0)
        case.redis.start()
        case.pause(1.0, 2.5)


def stopped(case: Case) -> None:
    """SIGSTOP for a while, once for longer than a heartbeat may be old."""
    for number in case.times(4):
        case.pause(0.5, 2.5)
        case.redis.freeze()
        case.fault()
        case.pause(*((11.0, 15.0) if number == 1 and not case.short else (1.0, 6.0)))
        case.redis.thaw()
        case.pause(1.0, 2.5)


def emptied(case: Case) -> None:
    """FLUSHALL under a working worker."""
    for _ in case.times(3):
        case.pause(1.0, 3.0)
        with contextlib.closing(case.client()) as client:
            client.flushall()
        case.fault()
        case.pause(3.0, 4.5)


def rolled_back(case: Case) -> None:
    """Restarted with the data of some seconds before."""
    for _ in case.times(3):
        case.pause(0.5, 2.0)
        case.redis.keep_copy()
        case.pause(0.5, 3.0)
        case.redis.restart_from_copy()
        case.fault()
        case.pause(3.0, 4.5)


def full(case: Case) -> None:
    """No memory left for a write, for a while."""
    with contextlib.closing(case.client()) as client:
        for _ in case.times(3):
            case.pause(0.5, 2.5)
            client.config_set("maxmemory", FULL_BYTES)
            case.fault()
            case.pause(2.0, 6.0)
            client.config_set("maxmemory", 0)
            case.crew.start_refused_again()
            case.pause(1.5, 3.0)


def read_only(case: Case) -> None:
    """Made a replica of nobody, as in a failover that went wrong, and a master again."""
    with contextlib.closing(case.client()) as client:
        for _ in case.times(3):
            case.pause(0.5, 2.5)
            client.execute_command("REPLICAOF", "127.0.0.1", free_port())
            case.fault()
            case.pause(2.0, 6.0)
            client.execute_command("REPLICAOF", "NO", "ONE")
            case.crew.start_refused_again()
            case.pause(1.5, 3.0)


def slow(case: Case) -> None:
    """Each answer 200 ms late."""
    for _ in case.times(3):
        case.pause(0.5, 2.0)
        case.redis_door.delay_seconds = case.board_door.delay_seconds = SLOW_SECONDS
        case.fault()
        case.pause(3.0, 6.0)
        case.redis_door.delay_seconds = case.board_door.delay_seconds = 0.0


def cut_off(case: Case) -> None:
    """The network between worker and Redis breaks, and stays broken for some seconds."""
    for _ in case.times(4):
        case.pause(0.5, 2.0)
        case.redis_door.shut = True
        case.redis_door.cut()
        case.fault()
        case.pause(0.5, 4.0)
        case.redis_door.shut = False


def has_cut(door: Door, count: int) -> bool:
    """True if so many commits lost their connection."""
    return door.cuts_made >= count


def cut_in_commit(case: Case) -> None:
    """The connection breaks while a commit is on its way: before Redis has it whole, or before its answer is back."""
    door = case.redis_door
    for number in range(1, (SHORT_CUTS if case.short else CUTS) + 1):
        door.cut_commits([case.chance.choice(list(Cut))])
        if not case.wait("a cut commit", partial(has_cut, door, number)):
            return
        case.fault()
        case.pause(0.0, 0.3)


def disk_full(case: Case) -> None:
    """The disk of the append-only file is full for a while."""
    for _ in case.times(2):
        case.pause(0.5, 2.0)
        case.disk.fill()
        case.fault()
        case.pause(3.0, 7.0)
        case.disk.free()
        case.crew.start_refused_again()
        case.pause(2.0, 4.0)


KINDS = (
    Kind(name="redis-killed", words="Redis killed and started again", inject=killed),
    Kind(name="redis-stopped", words="Redis stopped (SIGSTOP) for 1 to 15 s", inject=stopped),
    Kind(name="redis-emptied", words="Redis emptied (FLUSHALL)", inject=emptied),
    Kind(name="redis-rolled-back", words="Redis restarted with older data", inject=rolled_back, redis=()),
    Kind(name="redis-full", words="Redis out of memory (`maxmemory`)", inject=full),
    Kind(name="redis-read-only", words="Redis read-only (replica of nobody)", inject=read_only),
    Kind(name="redis-slow", words="Redis answers 200 ms late", inject=slow),
    Kind(name="redis-cut", words="connection to Redis cut for seconds", inject=cut_off),
    Kind(name="redis-cut-in-commit", words="connection cut in mid-commit, 30 times", inject=cut_in_commit),
    Kind(name="redis-disk-full", words="disk full under Redis", inject=disk_full, small_disk="redis"),
)
