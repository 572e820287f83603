"""The command ``veinte``: every subcommand lives in a module of ``streams.commands``."""

from __future__ import annotations

import sys

import typer

from streams.commands import register
from streams.errors import EXIT_USER_ERROR, UserError

app = typer.Typer(
    name="veinte",
    help="Exact real-time monitor for contact centres.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
register(app)


def main() -> None:
    """Entry point: a mistake of the caller is one sentence on standard error and exit status 2."""
    try:
        app()
    except UserError as error:
        print(f"veinte: {error}", file=sys.stderr)
        sys.exit(EXIT_USER_ERROR)
    except KeyboardInterrupt:
        sys.exit(130)
