"""``veinte rebuild``: count all events again beside the numbers in force, then switch to the new numbers."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``rebuild`` to the command line."""
    app.command()(rebuild)


def rebuild(
    let_go: Annotated[
        bool,
        typer.Option("--let-go", help="Let bad records go to the dead letters, however many they are in a row."),
    ] = False,
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "warning",
) -> None:
    """Replay all that the topics still hold into a new key namespace, switch to it and remove the old one.

    For a new release that counts differently, a change of partitions, or another log under the same name. Numbers
    older than the topics' retention are not in the new one. Running workers start over (exit status 75) at the switch.
    """
    import sys

    from rich.console import Console

    from streams.clients.redis_clients import sync_client
    from streams.commands.logs import configure_logging
    from streams.config.settings import load_settings
    from streams.stack import with_stack_hash_key
    from streams.tools import maintenance
    from streams.tools.forget import forget_again
    from streams.worker.exit_status import say_exit
    from streams.worker.run import found_at_start, run_to_the_end
    from streams.worker.runtime import Runtime

    configure_logging(log_level)
    settings = with_stack_hash_key(load_settings())
    try:
        ids, old = found_at_start(settings)
        new = old + 1
        client = sync_client(settings)
        lock = maintenance.RebuildLock(client, settings)
        for leftover in (new, old - 1):  # of a rebuild that was interrupted, or a worker that was late to leave
            maintenance.delete_generation(client, settings, leftover)
        # Before the outcomes that the rebuild publishes: the topic may have lost the tombstones to its retention.
        forget_again(settings, client)
        with Console(stderr=True).status("starting") as status:

            def show(runtime: Runtime) -> None:
                lock.keep()
                status.update(f"generation {new}: {runtime.applied:,} events applied")

            code = run_to_the_end(
                settings, generation=new, ids=ids, drain=True, rebuild=True, never_stops=let_go, on_progress=show
            )
        if code == 0:
            maintenance.switch_generation(client, settings, old, new)
            print(f"generation {new} is in force; generation {old} is removed")
        lock.release()
    except Exception as error:
        code = say_exit(error, settings)
    sys.exit(code)
