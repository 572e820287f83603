"""The command ``veinte``: every subcommand lives in a module of ``streams.commands`` or ``metrics.commands``."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from streams.common.errors import EXIT_USER_ERROR, UserError
from streams.common.languages import Language

if TYPE_CHECKING:
    from streams.config.settings import Settings

COMMANDS = (
    "streams.commands.check",
    "streams.commands.check_events",
    "streams.commands.stack",
    "streams.commands.worker",
    "streams.commands.rebuild",
    "streams.commands.acknowledge_loss",
    "streams.commands.resume",
    "streams.commands.reconcile",
    "streams.commands.dead_letters",
    "streams.commands.tail",
    "streams.commands.forget",
    "metrics.commands.exporter",
    "metrics.commands.token",
    "metrics.commands.report",
    "metrics.commands.explain",
    "metrics.commands.rules",
    "streams.commands.simulate",
    "streams.commands.replay",
    "streams.commands.demo",
)
"""Modules of the subcommands, in the order of the help; each has a ``register`` that adds it to the command line."""

app = typer.Typer(
    name="veinte",
    help="Exact real-time monitor for contact centres. Begin with `veinte demo`. With events of your own: "
    "`veinte check-events FILE` validates them, `veinte check` your settings, Kafka and Redis; then `veinte worker` "
    "and `veinte exporter` run, `veinte tail` shows what arrives, `veinte dead-letters list` what was refused.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in COMMANDS:
    import_module(module).register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"veinte {version('veinte')}")
        raise typer.Exit


@app.callback()
def _before_each_command(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and end.")
    ] = False,
) -> None:
    context.obj = alert_rules


def alert_rules(settings: Settings) -> str:
    """The rule file of the settings' objectives, for the commands that start Prometheus.

    Raises:
        UserError: a rule could never fire.
    """
    from metrics.alerts.rule_file import rule_file

    return rule_file(settings, Language(settings.alert_language))


def main() -> None:
    """Entry point: a mistake of the caller is one sentence on standard error and exit status 2."""
    try:
        app()
    except UserError as error:
        print(f"veinte: {error}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    except KeyboardInterrupt:
        sys.exit(130)
