"""``veinte resume``: let a partition go on that stands still after too many bad records in a row."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add ``resume`` to the command line."""
    app.command()(resume)


def resume(
    where: Annotated[
        str, typer.Argument(metavar="TOPIC[/PARTITION]", help="calls, chats, tickets or contacts; such as tickets/0")
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Stop again where they are still refused, instead of letting them go.")
    ] = False,
) -> None:
    """Let TOPIC go on where it stands still after too many bad records in a row.

    It reads them again from where it stopped, so what was mended meanwhile is counted. What is still refused goes to
    the dead letters, however much it is, up to the next record that is in order.
    """
    from streams.clients.redis_clients import CLIENT_ERRORS, describe, sync_client
    from streams.config.settings import load_settings
    from streams.tools import maintenance
    from streams.worker.run import generation_in_force

    settings = load_settings()
    topic, partition = maintenance.parse_topic_partition(where, settings.partitions)
    generation = generation_in_force(settings)
    try:
        client = sync_client(settings)
        ended = maintenance.resume(client, settings, generation, topic, partition, try_again=again)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    for number, stop in ended.items():
        print(f"{topic}-{number}: goes on at offset {stop.position} as soon as a worker has it, after {stop.detail}")
    if not ended:
        print(f"{where}: no partition stands still")
