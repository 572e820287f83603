"""`veinte stack`: Kafka, Redis, Prometheus and Alertmanager on this machine, without Docker and without root."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.stack import Stack, Started
    from streams.stack.monitoring import AlertRules

EXIT_NOT_RUNNING = 3
"""Exit status of `stack status` if a server does not run or does not answer, as in `systemctl status`."""
DEFAULT_LOG_LINES = 50
WATCH_SECONDS = 1.0

stack_app = typer.Typer(
    help="A real Kafka and Redis on this machine, with Prometheus and Alertmanager where they are wanted.",
    no_args_is_help=True,
)


class ServerName(StrEnum):
    """Servers of the stack."""

    KAFKA = "kafka"
    REDIS = "redis"
    ALERTMANAGER = "alertmanager"
    PROMETHEUS = "prometheus"


def register(app: typer.Typer) -> None:
    """Add `veinte stack`."""
    app.add_typer(stack_app, name="stack")


def _stack(alert_rules: AlertRules | None = None) -> Stack:
    from streams.config.settings import load_settings
    from streams.stack import Stack

    return Stack(load_settings(), alert_rules=alert_rules)


@stack_app.command()
def up(
    context: typer.Context,
    foreground: Annotated[
        bool, typer.Option("--foreground", "-f", help="Stay attached; Ctrl-C or the end of this command stops all.")
    ] = False,
    monitoring: Annotated[
        bool, typer.Option("--monitoring", "-m", help="Prometheus and Alertmanager too, with the alerts of the queues.")
    ] = False,
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch",
            help="With --monitoring, where they are not installed: take both from Debian's or Ubuntu's packages "
            "into your cache (30 MB). Nothing is installed; no root.",
        ),
    ] = False,
) -> None:
    """Start Kafka and Redis, wait until both answer, create the topics."""
    from streams.common.errors import UserError

    if fetch and not monitoring:
        raise UserError("--fetch is for Prometheus and Alertmanager; give --monitoring too")
    stack = _stack(context.obj if monitoring else None)
    if fetch:
        from streams.stack.programs import fetch_monitoring

        _say("looking for Prometheus and Alertmanager")
        fetch_monitoring()
    if not foreground:
        _report(stack, stack.up(on_step=_say))
        return
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    with stack.attached(on_step=_say) as started:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        _report(stack, started)
        if not started.servers:
            return
        print("Ctrl-C stops the stack.", flush=True)
        _watch(stack, stopping)


def _say(step: str) -> None:
    if sys.stderr.isatty():
        print(f"{step} …", file=sys.stderr, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _watch(stack: Stack, stopping: threading.Event) -> None:
    """Wait for a signal or a `stack down` elsewhere.

    Raises:
        UserError: a server ended by itself.
    """
    from streams.common.errors import UserError

    names = stack.expected()
    while not stopping.wait(WATCH_SECONDS):
        for name in names:
            if stack.recalled(name) is None:
                if stack.stopped_on_purpose(name):
                    return
                raise UserError(f"{name} ended; see {stack.log_file(name)} and start the stack again")


def _report(stack: Stack, started: Started) -> None:
    from streams.stack.readiness import alerts_page

    for server in stack.status():
        state = "started" if server.name in started.servers else "runs already"
        print(f"{server.name} {server.version} {state} on {server.address} (process {server.pid})")
        if server.name == ServerName.PROMETHEUS:
            print(f"alerts: {alerts_page(stack.endpoints[server.name])}")
    if started.topics:
        print(f"topics created: {', '.join(started.topics)}")
    if started.hash_key_made:
        print(f"hash key made: {stack.hash_key_file}")
    password = stack.redis_password_file
    if password is not None:
        port = stack.endpoints[ServerName.REDIS].port
        print(f"Redis password: in {password}, where commands with this data find it; else set VEINTE_REDIS_PASSWORD")
        print(f"Redis by hand: REDISCLI_AUTH=$(cat {shlex.quote(str(password))}) redis-cli -p {port}")
    print(f"data: {stack.data}", flush=True)


@stack_app.command()
def down() -> None:
    """Stop all servers of the stack; what they hold stays on disk."""
    stopped = _stack().down()
    print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


@stack_app.command()
def status() -> None:
    """Say what runs, where and which version; exit status 0 when all of it answers, else 3."""
    stack = _stack()
    servers = stack.status()
    for server in servers:
        if not server.running:
            print(f"{server.name}: not running ({server.address})")
            continue
        state = "answers" if server.answers else "does not answer"
        print(f"{server.name}: runs and {state} on {server.address}, version {server.version}, process {server.pid}")
    print(f"data: {stack.data}")
    if not all(server.answers for server in servers):
        raise typer.Exit(EXIT_NOT_RUNNING)


@stack_app.command()
def prepare(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where the configuration goes: its folders prometheus and alertmanager; else VEINTE_DATA."),
    ] = None,
    exporter: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where Prometheus finds it.")] = "exporter:8020",
    prometheus: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where Prometheus finds itself.")
    ] = "prometheus:9090",
    alertmanager: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where Prometheus finds it.")
    ] = "alertmanager:9093",
) -> None:
    """For servers of your own: create the topics, make the hash key, write what Prometheus and Alertmanager read.

    All of it again changes nothing but the configuration, which follows the settings. Starts nothing.
    """
    from streams.config.hash_key import hash_key_file
    from streams.config.settings import load_settings
    from streams.stack.hash_key import make_hash_key
    from streams.stack.monitoring import Addresses, write_alertmanager, write_prometheus
    from streams.stack.scraping import exporter_job
    from streams.tools.create_topics import create_topics

    settings = load_settings()
    target = (folder or settings.data).expanduser().absolute()
    addresses = Addresses(*map(_host_and_port, (exporter, prometheus, alertmanager)))
    topics = create_topics(settings)
    print(f"topics created: {', '.join(topics)}" if topics else "topics: all there")
    if make_hash_key(settings):
        print(f"hash key made: {hash_key_file(settings)}")
    write_prometheus(context.obj(settings), addresses, target / "prometheus", exporter_job(settings))
    write_alertmanager(settings, target / "alertmanager", version="")
    print(f"configuration written: {target / 'prometheus'}, {target / 'alertmanager'}", flush=True)


@stack_app.command()
def passwords(
    folder: Annotated[Path, typer.Argument(help="Where the file of users and the passwords go.")],
) -> None:
    """For a Redis of your own: make users with the least rights, and a password file for each.

    Give Redis FOLDER/redis/users.acl as its `aclfile`. All of it again keeps the passwords; delete one for a new one.
    """
    from streams.config.settings import load_settings
    from streams.stack.redis_users import USERS_FILE, write_users

    made = write_users(load_settings(), folder.expanduser().absolute())
    print(f"passwords made: {', '.join(made)}" if made else "passwords: all there")
    print(f"users of Redis: {folder / USERS_FILE}", flush=True)


def _host_and_port(text: str) -> str:
    from streams.common.errors import UserError

    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise UserError(f"{text!r} is no address; write host:port, such as exporter:8020")
    return text


@stack_app.command()
def logs(
    server: Annotated[ServerName | None, typer.Argument(help="Only this server's log.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = DEFAULT_LOG_LINES,
) -> None:
    """Print the end of the servers' logs."""
    from collections import deque

    stack = _stack()
    for name in [server] if server else stack.expected():
        file = stack.log_file(name)
        print(f"==> {file} <==")
        try:
            with file.open(errors="replace") as content:
                sys.stdout.writelines(deque(content, maxlen=lines))
        except FileNotFoundError:
            print(f"no log yet: {name} has not been started with this data directory")
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
