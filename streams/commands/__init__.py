"""One module a subcommand; each adds itself to the command line in ``register``."""

from __future__ import annotations

from importlib import import_module

import typer

COMMANDS = (
    "check",
    "check_events",
    "stack",
    "worker",
    "rebuild",
    "acknowledge_loss",
    "exporter",
    "report",
    "explain",
    "rules",
    "simulate",
    "replay",
    "demo",
)


def register(app: typer.Typer) -> None:
    """Add every subcommand to ``app``."""
    for name in COMMANDS:
        import_module(f"streams.commands.{name}").register(app)
