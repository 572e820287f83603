"""`veinte stack`: a real Kafka and a real Redis on this machine, without Docker and without root."""

from __future__ import annotations

import os
import signal
import sys
import threading
from enum import StrEnum
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.stack import Stack, Started

EXIT_NOT_RUNNING = 3
"""Exit status of `stack status` when not all of it runs and answers, as `systemctl status` has it."""
DEFAULT_LOG_LINES = 50
WATCH_SECONDS = 1.0

stack_app = typer.Typer(
    help="A real Kafka and Redis on this machine, for trying out and for tests.", no_args_is_help=True
)


class ServerName(StrEnum):
    """The two servers."""

    KAFKA = "kafka"
    REDIS = "redis"


def register(app: typer.Typer) -> None:
    """Add `veinte stack`."""
    app.add_typer(stack_app, name="stack")


def _stack() -> Stack:
    from streams.settings import load_settings
    from streams.stack import Stack

    return Stack(load_settings())


@stack_app.command()
def up(
    foreground: Annotated[
        bool, typer.Option("--foreground", "-f", help="Stay attached; Ctrl-C or the end of this command stops all.")
    ] = False,
) -> None:
    """Start Kafka and Redis, wait until both answer, create the topics."""
    stack = _stack()
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
    """Wait for a signal or a `stack down` elsewhere; a server that ends by itself ends the command with an error."""
    from streams.errors import UserError
    from streams.stack.embedded import SERVERS

    while not stopping.wait(WATCH_SECONDS):
        for name in SERVERS:
            if stack.recalled(name) is None:
                if stack.stopped_on_purpose(name):
                    return
                raise UserError(f"{name} ended; see {stack.log_file(name)} and start the stack again")


def _report(stack: Stack, started: Started) -> None:
    for server in stack.status():
        state = "started" if server.name in started.servers else "runs already"
        print(f"{server.name} {server.version} {state} on {server.address} (process {server.pid})")
    if started.topics:
        print(f"topics created: {', '.join(started.topics)}")
    if started.hash_key_made:
        print(f"hash key made: {stack.hash_key_file}")
    print(f"data: {stack.data}", flush=True)


@stack_app.command()
def down() -> None:
    """Stop Kafka and Redis; what they hold stays on disk."""
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
def logs(
    server: Annotated[ServerName | None, typer.Argument(help="Only this server's log.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = DEFAULT_LOG_LINES,
) -> None:
    """Print the end of the servers' logs."""
    from collections import deque

    stack = _stack()
    for name in [server] if server else list(ServerName):
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
