"""``veinte forget``: drop what the numbers know of one customer, and say what Kafka still holds."""

from __future__ import annotations

from typing import Annotated

import typer

EXIT_NOT_APPLIED = 1
"""Exit status where no worker read the tombstone in time."""


def register(app: typer.Typer) -> None:
    """Add ``forget`` to the command line."""
    app.command()(forget)


def forget(
    customer: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMER",
            help="Identifier as events have it, or # and its hash as `veinte tail` shows it; - reads it from standard "
            "input, so that no shell history has it.",
        ),
    ],
    wait: Annotated[str, typer.Option("--wait", metavar="DURATION", help="Longest wait for the worker.")] = "30s",
) -> None:
    """Forget CUSTOMER: drop the state of repeats and redials, and refuse what comes late about earlier contacts.

    A tombstone on the topic contacts tells the owner; it holds after a rebuild too. Amounts that were counted stay,
    since they name nobody. What Kafka still holds is listed with its last day. Exit status 1 if no worker read the
    tombstone within --wait: it is applied once one runs.
    """
    import sys

    from streams.clients.pseudonyms import pseudonym_of_numbers
    from streams.clients.redis_clients import CLIENT_ERRORS, describe, sync_client
    from streams.commands.letter_clients import duration_ms, now_ms
    from streams.config.settings import load_settings
    from streams.tools import forget as tool

    wait_ms = duration_ms("--wait", wait)
    settings = load_settings()
    given = sys.stdin.readline() if customer == "-" else customer
    client = sync_client(settings)
    try:
        pseudonym = pseudonym_of_numbers(settings, client)
        hashed = tool.hash_of(given, pseudonym, settings.anonymous_words)
        at_ms = now_ms()
        place = tool.forget(settings, client, hashed, at_ms)
        applied = tool.is_applied(settings, client, place, wait_ms / 1000)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    finally:
        client.close()
    print(f"#{hashed}: contacts that began before now count for nobody; amounts that were counted stay")
    print("the worker has dropped the state" if applied else "no worker has read it yet; it holds once one runs")
    print("still in Kafka, until at most the end of")
    for each in tool.remains(settings, at_ms):
        day = each.last_day or "never     "
        print(f"  {day}  {each.topic}: {each.what}")
    print("still in Redis, as a hash in the states of contacts, until at most the end of")
    for topic, day in tool.states_until(settings, at_ms).items():
        print(f"  {day}  {topic}")
    print("  a ticket that is open: as long as that, and then as long as the others")
    if not applied:
        raise typer.Exit(EXIT_NOT_APPLIED)
