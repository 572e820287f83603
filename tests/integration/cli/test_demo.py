"""`veinte demo`: a contact centre in one terminal, and nothing of it afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
from pathlib import Path
from urllib.request import urlopen

import psutil

from streams.stack.addresses import free_port
from tests.support.processes import Program, eventually, programs

OFFERED = "contact_center_contacts_offered_total"
QUICK = ("--days", "0.02", "--rate", "1200")


def demo_environment(folder: Path) -> dict[str, str]:
    """Free ports and data below ``folder``."""
    ports: list[int] = []
    for _ in range(6):
        ports.append(free_port(avoid=frozenset(port + step for port in ports for step in range(-3, 4))))
    return {
        **os.environ,
        "VEINTE_DATA": str(folder),
        "VEINTE_KAFKA": f"127.0.0.1:{ports[0]}",
        "VEINTE_REDIS": f"redis://127.0.0.1:{ports[1]}/0",
        "VEINTE_EXPORTER_PORT": str(ports[2]),
        "VEINTE_WORKER_PORT": str(ports[3]),
        "VEINTE_PROMETHEUS_PORT": str(ports[4]),
        "VEINTE_ALERTMANAGER_PORT": str(ports[5]),
    }


def left_behind(folder: Path) -> list[str]:
    """Processes other than ourselves that speak of ``folder``: in their command, directory or environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [*process.cmdline(), process.cwd(), *process.environ().values()]
            if any(str(folder) in word for word in words):
                found.append(f"{process.pid} {' '.join(process.cmdline())[:200]}")
    return found


def has_live_numbers(demo: Program) -> bool:
    assert demo.status is None, str(demo)
    return "live: service level" in demo.stdout


def test_a_demo_shows_live_numbers_and_ends_in_order(tmp_path: Path) -> None:
    """It steps over a taken port, reaches live numbers, explains them, ends by itself with 0 and leaves no process."""
    folder = tmp_path / "data"
    environment = demo_environment(folder)
    port = int(environment["VEINTE_EXPORTER_PORT"])
    with socket.socket() as taken, programs(environment, tmp_path / "programs") as run:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        demo = run.veinte("demo", "--monitoring", "--for", "30s", *QUICK)
        eventually("live numbers", lambda: has_live_numbers(demo))
        server = f"http://127.0.0.1:{environment['VEINTE_PROMETHEUS_PORT']}"
        with urlopen(f"{server}/api/v1/rules?type=alert", timeout=5) as answer:
            assert "ContactCenterServiceLevelBurn" in answer.read().decode()
        (alerts,) = re.findall(r"^alerts (\S+)$", demo.stdout, re.MULTILINE)
        with urlopen(alerts, timeout=5) as answer:
            assert alerts.startswith(server)
            assert "Prometheus" in answer.read().decode()
        with urlopen(f"http://127.0.0.1:{port + 1}/metrics", timeout=5) as answer:
            assert "contact_center_service_level_ratio{" in answer.read().decode()
        with urlopen(f"http://127.0.0.1:{port + 1}/api/v1/explain?kpi={OFFERED}&channel=call", timeout=30) as answer:
            assert OFFERED == json.load(answer)["kpi"]
        assert OFFERED in run.veinte("explain", "kpi", OFFERED, "--channel", "call").succeed()
        said = demo.succeed()
        assert [] == left_behind(folder)
        assert "veinte explain kpi contact_center_service_level_ratio" in said
    assert f"port {port} is in use: exporter takes {port + 1}" in said
    assert f"open http://127.0.0.1:{port + 1}/" in said
    stopped = [line for line in said.splitlines() if line.startswith("stopp")]
    order = ["the simulator", "the worker", "the exporter", "the stack"]
    assert [*(f"stopping {name} …" for name in order), "stopped"] == stopped


def test_a_killed_demo_leaves_nothing_and_the_next_one_starts(tmp_path: Path) -> None:
    """After kill -9 every process goes by itself; a second demo starts afresh and Ctrl-C ends it with 0."""
    folder = tmp_path / "data"
    with programs(demo_environment(folder), tmp_path / "programs") as run:
        first = run.veinte("demo", "--no-monitoring", *QUICK)
        eventually("live numbers", lambda: has_live_numbers(first))
        other = run.veinte("demo", *QUICK)
        assert 2 == other.end()
        assert f"another demo runs below {folder}" in other.stderr
        first.kill()
        second = run.veinte("demo", "--no-monitoring", *QUICK)
        eventually("live numbers again", lambda: has_live_numbers(second))
        second.send(signal.SIGINT)
        assert 0 == second.end()
        eventually("an end of every process", lambda: not left_behind(folder))
