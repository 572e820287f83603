"""`veinte demo`: stack, worker, exporter and simulator together, on ports that are free, gone when it ends.

Prometheus and Alertmanager run too, where they are installed or can be fetched.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NamedTuple, Protocol

from streams.common.errors import UserError
from streams.common.vocabulary import Clock
from streams.config.settings import Settings, load_settings
from streams.demo.child_processes import Child
from streams.demo.status import DemoStatus, read_status
from streams.stack import Stack
from streams.stack.addresses import kafka_endpoint, local_endpoint, port_is_free, redis_endpoint
from streams.stack.debian import can_fetch, fetched_programs
from streams.stack.monitoring import AlertRules
from streams.stack.programs import MONITORING_MISSING, fetch_monitoring, has_monitoring
from streams.stack.readiness import alerts_page

HOST = "127.0.0.1"
KAFKA_PORT, REDIS_PORT = 9092, 6379
PORTS_TRIED = 200
TICK_SECONDS = 0.5
READY_SECONDS = 120.0
"""How long the exporter may take until it answers; a slow machine imports for a while."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class DemoOptions:
    """What the simulator shall do, and for how long all of it runs once it answers (``None``: until Ctrl-C).

    ``monitoring``: with Prometheus and Alertmanager, fetched where they are missing (``None``: if they can be had).
    """

    rate: float
    seed: int
    scenario: str
    days: float
    for_ms: int | None = None
    monitoring: bool | None = None

    def arguments(self) -> list[str]:
        """The simulator's command line."""
        return [
            "simulate",
            f"--days={self.days:g}",
            f"--rate={self.rate:g}",
            f"--seed={self.seed}",
            f"--scenario={self.scenario}",
            "--busy",
        ]


class Display(Protocol):
    """Where the demo tells what happens."""

    def say(self, text: str) -> None:
        """One line that stays."""

    def step(self, text: str) -> None:
        """What is being done, a few words."""

    def show(self, status: DemoStatus) -> None:
        """The numbers now."""


class Plan(NamedTuple):
    """Settings of the demo, the same as the children's environment, and what is other than usual."""

    settings: Settings
    environment: dict[str, str]
    notes: tuple[str, ...]

    @property
    def address(self) -> str:
        """Where the exporter answers."""
        return f"http://{HOST}:{self.settings.exporter_port}/"


def make_plan(
    settings: Settings,
    inherited: Mapping[str, str],
    load: Callable[..., Settings] = load_settings,
    is_free: Callable[[str, int], bool] = port_is_free,
) -> Plan:
    """Settings with data and ports of their own; ``load`` makes them from overrides, ``inherited`` is the environment.

    Raises:
        UserError: no port is free.
    """
    wanted = {
        "kafka": _own_port(KAFKA_PORT, lambda: kafka_endpoint(settings).port),
        "redis": _own_port(REDIS_PORT, lambda: redis_endpoint(settings).port),
        "exporter_port": settings.exporter_port,
        "worker_port": settings.worker_port,
        "prometheus_port": settings.prometheus_port,
        "alertmanager_port": settings.alertmanager_port,
    }
    ports: dict[str, int] = {}
    for name, port in wanted.items():
        ports[name] = _next_free(port, frozenset(ports.values()), is_free)
    own = {
        "kafka": f"{HOST}:{ports['kafka']}",
        "kafka_security": "PLAINTEXT",
        "redis": f"redis://{HOST}:{ports['redis']}/0",
        "redis_cluster": "false",
        "data": str(settings.data.expanduser().absolute() / "demo"),
        "clock": Clock.WALL.value,
        "exporter_host": HOST,
        "exporter_port": str(ports["exporter_port"]),
        "worker_host": HOST,
        "worker_port": str(ports["worker_port"]),
        "prometheus_port": str(ports["prometheus_port"]),
        "alertmanager_port": str(ports["alertmanager_port"]),
    }
    notes = tuple(
        f"port {wanted[name]} is in use: {name.removesuffix('_port')} takes {port}"
        for name, port in ports.items()
        if port != wanted[name]
    )
    variables = {f"VEINTE_{name.upper()}": value for name, value in own.items()}
    return Plan(load(**own), {**inherited, **variables}, notes)


def _own_port(usual: int, read: Callable[[], int]) -> int:
    """The port that the settings name on this machine, or the usual one where they name servers elsewhere."""
    try:
        return read()
    except UserError:
        return usual


def _next_free(port: int, taken: frozenset[int], is_free: Callable[[str, int], bool]) -> int:
    for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
        if candidate not in taken and candidate > 0 and is_free(HOST, candidate):
            return candidate
    raise UserError(f"no port is free from {port} to {port + PORTS_TRIED - 1} on {HOST}; stop a program that has one")


def run(settings: Settings, options: DemoOptions, display: Display, alert_rules: AlertRules) -> None:
    """Run all of it until Ctrl-C, a signal, or ``options.for_ms``; leaves no process and no stack of its own behind.

    ``alert_rules`` makes the rule file of Prometheus.

    Raises:
        UserError: something does not start, or ends by itself.
    """
    interrupts = Interrupts()
    with interrupts, _only_one(settings.data.expanduser().absolute()), suppress(KeyboardInterrupt):
        _run(settings, options, display, alert_rules, interrupts)
    display.say("stopped")


def _run(
    settings: Settings, options: DemoOptions, display: Display, alert_rules: AlertRules, interrupts: Interrupts
) -> None:
    plan = make_plan(settings, os.environ)
    for note in plan.notes:
        display.say(note)
    _start_afresh(plan.settings)
    monitoring = takes_monitoring(options, display)
    with ExitStack() as running:
        stack = Stack(plan.settings, alert_rules=alert_rules if monitoring else None)
        running.enter_context(stack.attached(on_step=display.step))
        running.callback(display.step, "stopping the stack")
        children = [_child(plan, "exporter", ["exporter"]), _child(plan, "worker", ["worker", "--member", "demo"])]
        children.append(_child(plan, "simulator", options.arguments()))
        for child in children:  # ends in the other order: simulator, worker, exporter, stack
            running.callback(child.stop)
            running.callback(display.step, f"stopping the {child.name}")
            display.step(f"starting the {child.name}")
            child.start()
        running.callback(interrupts.disarm)
        _watch(plan, children, options, display, monitoring=monitoring)


def takes_monitoring(options: DemoOptions, display: Display) -> bool:
    """Whether Prometheus and Alertmanager take part: fetched where they are missing, told once where they cannot be.

    Raises:
        UserError: they were asked for and cannot be had.
    """
    if options.monitoring is False:
        return False
    if has_monitoring():
        return True
    if can_fetch():
        display.say(
            "Prometheus and Alertmanager, which are not installed, come from this system's packages (30 MB) into "
            f"{fetched_programs()}; nothing is installed, and --no-monitoring goes without them"
        )
    elif options.monitoring is None:
        display.say(f"without alerts: {MONITORING_MISSING}")
        return False
    try:
        fetch_monitoring()
    except UserError as error:
        if options.monitoring:
            raise
        display.say(f"without alerts: {error}")
        return False
    return True


def _child(plan: Plan, name: str, arguments: list[str]) -> Child:
    return Child(name, arguments, plan.settings.data / "logs" / f"{name}.log", plan.environment)


def _watch(plan: Plan, children: list[Child], options: DemoOptions, display: Display, *, monitoring: bool) -> None:
    """Look after the children and show the numbers, until the time is over."""
    ready_by = time.monotonic() + READY_SECONDS
    ends: float | None = None
    status = DemoStatus()
    while ends is None or time.monotonic() < ends:
        for child in children:
            child.check()
        status = read_status(HOST, plan.settings.exporter_port, status)
        display.show(status)
        if status.answers and ready_by:
            ready_by = 0.0
            _say_addresses(plan, display, monitoring=monitoring)
            ends = None if options.for_ms is None else time.monotonic() + options.for_ms / 1000
        elif ready_by and time.monotonic() > ready_by:
            raise UserError(f"the exporter does not answer on {plan.address}; see {plan.settings.data / 'logs'}")
        time.sleep(TICK_SECONDS)


def _say_addresses(plan: Plan, display: Display, *, monitoring: bool) -> None:
    display.say(f"open {plan.address}")
    display.say(f"     {plan.address}metrics")
    display.say(f"     {plan.address}api/v1/snapshot")
    if monitoring:
        display.say(f"alerts {alerts_page(local_endpoint(plan.settings.prometheus_port))}")
        display.say(f"       http://{HOST}:{plan.settings.alertmanager_port}/api/v2/alerts")
    display.say(f"Kafka {plan.settings.kafka} · Redis {plan.settings.redis_display()} · logs {plan.settings.data}/logs")


def _start_afresh(settings: Settings) -> None:
    """Stop what a killed demo may have left running and remove what it left on disk."""
    Stack(settings).down()
    try:
        if settings.data.exists():
            shutil.rmtree(settings.data)
        (settings.data / "logs").mkdir(parents=True)
    except OSError as error:
        raise UserError(f"the data of the last demo in {settings.data} cannot be removed ({error})") from None


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """One demo at a time works below a data directory."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UserError(f"data = {data} cannot be written ({error}); name a directory of yours") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserError(f"another demo runs below {data}; stop it, or set VEINTE_DATA to another directory") from None
    finally:
        os.close(descriptor)


class Interrupts:
    """The first signal is a KeyboardInterrupt; later ones cannot disturb the stopping, which takes a bounded time."""

    def __init__(self) -> None:
        self._armed = True
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Interrupts:
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def disarm(self) -> None:
        """From now on signals do nothing."""
        self._armed = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt
