"""``veinte acknowledge-loss``: unblind the numbers of a topic after its log lost events that were not read yet."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``acknowledge-loss`` to the command line."""
    app.command("acknowledge-loss")(acknowledge_loss)


def acknowledge_loss(topic: Annotated[str, typer.Argument(help="calls, chats or tickets")]) -> None:
    """Say that you know of events lost from TOPIC (its retention ran ahead of the worker): its numbers count again."""
    from streams.clients.redis_clients import CLIENT_ERRORS, describe, sync_client
    from streams.config.settings import load_settings
    from streams.tools import maintenance
    from streams.worker.run import generation_in_force

    settings = load_settings()
    logical = maintenance.parse_topic(topic)
    generation = generation_in_force(settings)
    try:
        acknowledged = maintenance.acknowledge_loss(sync_client(settings), settings, generation, logical)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    for partition, lost in acknowledged.items():
        print(f"{topic}-{partition}: {lost} lost events acknowledged")
    if not acknowledged:
        print(f"{topic}: no loss that is not acknowledged")
