"""`veinte demo`: stack, worker, exporter and simulator together, on free ports, all stopped when it ends.

Prometheus and Alertmanager run too, if they are installed or can be fetched.
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

from streams.access.roles import Role
from streams.common.errors import UserError
from streams.common.folders import DEMO_FOLDER
from streams.common.time_zones import machine_time_zone
from streams.common.vocabulary import Clock
from streams.config.setting_sources import ENV_PREFIX
from streams.config.settings import Settings, load_settings
from streams.demo.child_processes import Child
from streams.demo.status import DemoStatus, read_status
from streams.stack import Stack
from streams.stack.addresses import kafka_endpoint, local_endpoint, port_is_free, redis_endpoint
from streams.stack.data_lock import make_private
from streams.stack.debian import can_fetch, fetched_programs
from streams.stack.monitoring import AlertRules
from streams.stack.programs import MONITORING_MISSING, fetch_monitoring, has_monitoring
from streams.stack.readiness import alerts_page

HOST = "127.0.0.1"
KAFKA_PORT, REDIS_PORT = 9092, 6379
PORTS_TRIED = 200
TICK_SECONDS = 0.5
READY_SECONDS = 120.0
"""Longest wait for the exporter's first answer; a slow machine needs a while for its imports."""
NO_ZONE = (
    "neither TZ nor /etc/localtime names this machine's time zone: days are those of UTC; for others set "
    "VEINTE_TIME_ZONE, such as Europe/Madrid"
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class DemoOptions:
    """Options of the simulator, and the duration of the demo from the first answer on (``None``: until Ctrl-C).

    ``monitoring``: with Prometheus and Alertmanager, fetched if they are missing (``None``: if they are available).
    """

    rate: float
    seed: int
    scenario: str
    days: float
    for_ms: int | None = None
    monitoring: bool | None = None

    def arguments(self) -> list[str]:
        """Command line of the simulator."""
        return [
            "simulate",
            f"--days={self.days:g}",
            f"--rate={self.rate:g}",
            f"--seed={self.seed}",
            f"--scenario={self.scenario}",
            "--busy",
        ]


class Display(Protocol):
    """Output of the demo."""

    def say(self, text: str) -> None:
        """Print one line that stays."""

    def step(self, text: str) -> None:
        """Show the current step, a few words."""

    def show(self, status: DemoStatus) -> None:
        """Show the current numbers."""


class Plan(NamedTuple):
    """Settings of the demo, the same as environment of the child processes, and a note for each deviation from the
    defaults."""

    settings: Settings
    environment: dict[str, str]
    notes: tuple[str, ...]

    @property
    def address(self) -> str:
        """URL of the exporter."""
        scheme = "http" if self.settings.tls_cert_file is None else "https"
        return f"{scheme}://{HOST}:{self.settings.exporter_port}/"


def make_plan(
    settings: Settings,
    inherited: Mapping[str, str],
    load: Callable[..., Settings] = load_settings,
    is_free: Callable[[str, int], bool] = port_is_free,
    find_zone: Callable[[Mapping[str, str]], str | None] = machine_time_zone,
) -> Plan:
    """Plan with its own data folder, free ports and, unless the settings name one, the time zone of this machine.

    Args:
        settings: of the user; the ports are taken from it where they are free.
        inherited: the environment.
        load: makes the settings from overrides.
        is_free: true if a port of an address is free.
        find_zone: name of this machine's time zone, from the environment or the system.

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
        "data": str(settings.data.expanduser().absolute() / DEMO_FOLDER),
        "clock": Clock.WALL.value,
        "exporter_host": HOST,
        "exporter_port": str(ports["exporter_port"]),
        "anonymous": ",".join(Role),
        "worker_host": HOST,
        "worker_port": str(ports["worker_port"]),
        "prometheus_port": str(ports["prometheus_port"]),
        "alertmanager_port": str(ports["alertmanager_port"]),
    }
    notes = [
        f"port {wanted[name]} is in use: {name.removesuffix('_port')} takes {port}"
        for name, port in ports.items()
        if port != wanted[name]
    ]
    zone = settings.time_zone if "time_zone" in settings.model_fields_set else find_zone(inherited)
    if zone is None:
        notes.append(NO_ZONE)
    own["time_zone"] = zone or "UTC"
    variables = {f"VEINTE_{name.upper()}": value for name, value in own.items()}
    return Plan(load(**own), {**inherited, **variables}, tuple(notes))


def _own_port(usual: int, read: Callable[[], int]) -> int:
    """Port of the settings on this machine, or the usual one if they name servers on another machine."""
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
    """Run the demo until Ctrl-C, a signal, or ``options.for_ms``; no process and no stack of its own remains.

    ``alert_rules`` makes the rule file of Prometheus.

    Raises:
        UserError: a part does not start, or ends by itself.
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
        # Set in any case: the demo's board must not show the alerts of an Alertmanager that the user has elsewhere.
        address = f"http://{HOST}:{plan.settings.alertmanager_port}" if monitoring else ""
        plan.environment["VEINTE_ALERTMANAGER_URL"] = address
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
    """True if Prometheus and Alertmanager take part. They are fetched if missing; a failure is reported once.

    Raises:
        UserError: they were requested but are not available.
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
    """Watch the children and show the numbers until the time is up."""
    ready_by = time.monotonic() + READY_SECONDS
    ends: float | None = None
    status = DemoStatus()
    while ends is None or time.monotonic() < ends:
        for child in children:
            child.check()
        encrypted = plan.settings.tls_cert_file is not None
        status = read_status(HOST, plan.settings.exporter_port, status, encrypted=encrypted)
        display.show(status)
        if status.stopped and not status.live:
            raise UserError(
                f"{status.stopped} stands still after too many bad records in a row, so the history would never be "
                f"read; see {plan.settings.data / 'logs' / 'worker.log'}"
            )
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
    display.say(f"ask    {explain_command(plan, load_settings())}")
    password = Stack(plan.settings).redis_password_file
    of_redis = "" if password is None else f" (password in {password})"
    display.say(
        f"Kafka {plan.settings.kafka} · Redis {plan.settings.redis_display()}{of_redis} · "
        f"logs {plan.settings.data}/logs"
    )


def explain_command(plan: Plan, own: Settings) -> str:
    """The command that explains a number of the demo, to be given in another terminal with the settings ``own``."""
    variables = []
    if plan.settings.redis_display() != own.redis_display():
        variables.append(f"{ENV_PREFIX}REDIS={plan.settings.redis_display()}")
    if plan.settings.time_zone != own.time_zone:
        variables.append(f"{ENV_PREFIX}TIME_ZONE={plan.settings.time_zone}")
    return " ".join([*variables, "veinte explain kpi contact_center_service_level_ratio --channel call --window 30m"])


def _start_afresh(settings: Settings) -> None:
    """Stop the processes that a killed demo may have left running, and delete its data."""
    Stack(settings).down()
    try:
        if settings.data.exists():
            shutil.rmtree(settings.data)
        (settings.data / "logs").mkdir(parents=True)
    except OSError as error:
        raise UserError(f"the data of the last demo in {settings.data} cannot be removed ({error})") from None


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """Hold the lock of the demo: one demo at a time works below a data directory."""
    try:
        make_private(data)
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
    """Signal handlers: the first signal is a KeyboardInterrupt; later ones cannot disturb the shutdown, which is
    bounded."""

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
        """Ignore signals from now on."""
        self._armed = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt
