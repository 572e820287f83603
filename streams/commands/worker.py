"""``veinte worker``: folds events into numbers."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``worker`` to the command line."""
    app.command()(worker)


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Apply everything there is in the topics, then end.")] = False,
    member: Annotated[
        str | None,
        typer.Option("--member", help="Static group membership: a name of this worker that survives restarts."),
    ] = None,
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "warning",
) -> None:
    """Fold calls, chats and tickets from Kafka into the numbers in Redis.

    Run as many as there are partitions to share. Exit status 75 asks for a restart (nothing was lost), 2 for a mend.
    """
    import sys

    from rich.console import Console

    from streams.commands.logs import configure_logging
    from streams.config.settings import load_settings
    from streams.stack import with_stack_hash_key
    from streams.worker.exit_status import say_exit
    from streams.worker.run import found_at_start, run_to_the_end
    from streams.worker.runtime import Runtime

    configure_logging(log_level)
    settings = with_stack_hash_key(load_settings())
    try:
        with Console(stderr=True).status("starting") as status:
            ids, generation = found_at_start(settings)

            def show(runtime: Runtime) -> None:
                status.update(f"{len(runtime.owned)} partitions, {runtime.applied:,} events applied")

            code = run_to_the_end(
                settings, generation=generation, ids=ids, drain=drain, member=member, on_progress=show
            )
    except Exception as error:
        code = say_exit(error, settings)
    sys.exit(code)
