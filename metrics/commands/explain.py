"""``veinte explain``: the contacts behind a number, the contributions of a contact, the clocks of a ticket."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from streams.common.errors import UserError

if TYPE_CHECKING:
    from streams.config.settings import Settings
    from streams.config.stored_settings import Difference

T = TypeVar("T")

explain_app = typer.Typer(
    help="What is behind a number, what a contact added to which, and why a ticket is due when it is.",
    no_args_is_help=True,
)


class ExplainFormat(StrEnum):
    """Format of the answer."""

    TEXT = "text"
    JSON = "json"


Format = Annotated[ExplainFormat, typer.Option("--format", help="How the answer is written.")]


def register(app: typer.Typer) -> None:
    """Add `veinte explain`."""
    app.add_typer(explain_app, name="explain")


@explain_app.command()
def kpi(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as contact_center_service_level_ratio.")],
    queue: Annotated[str, typer.Option("--queue", metavar="QUEUE", help="Its name; * for all of them.")] = "*",
    window: Annotated[
        str | None, typer.Option("--window", metavar="WINDOW", help="Such as 30m; today if unset.")
    ] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Where the queue alone does not say it.")] = None,
    medium: Annotated[str | None, typer.Option("--medium", help="How the tickets came; all if unset.")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", "-l", metavar="LABEL=VALUE", help="Such as variant=strict; may come more than once."),
    ] = None,
    limit: Annotated[str, typer.Option("--limit", metavar="N", help="Contacts to show, at most 200.")] = "20",
    output_format: Format = ExplainFormat.TEXT,
) -> None:
    """Show the parts of a number, the policy in force, and the contacts behind it: the misses first."""
    from metrics.explain.number.answer import encode
    from metrics.explain.number.question import Question
    from metrics.explain.number.reader import explain
    from metrics.explain.number.text import number_text
    from metrics.web.differing import differences_of
    from metrics.web.problems import BadQuery

    asked = {"window": window, "channel": channel, "medium": medium}
    parameters = [("kpi", name), ("queue", queue), ("limit", limit), *map(_label, label or ())]
    parameters += [(each, value) for each, value in asked.items() if value is not None]
    try:
        question = Question.parse(parameters)
        found = _from_redis(lambda settings: explain(settings, question))
    except BadQuery as error:
        raise UserError(str(error)) from None
    _warn(differences_of(found.settings_differ))
    _write(number_text(found) if output_format is ExplainFormat.TEXT else _indented(encode(found)))


@explain_app.command()
def contact(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The contact, as its events name it.")],
    output_format: Format = ExplainFormat.TEXT,
) -> None:
    """Show the amounts that one contact added to the numbers, with their places and reasons."""
    import msgspec

    from metrics.explain.contact.lookup import explain_contact
    from metrics.explain.contact.text import contact_text
    from metrics.web.differing import differences_of

    found = _from_redis(lambda settings: explain_contact(settings, identifier))
    _warn(differences_of(found[0].settings_differ))
    _write(contact_text(found) if output_format is ExplainFormat.TEXT else _indented(msgspec.json.encode(found)))


@explain_app.command()
def ticket(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The ticket, as its events name it.")],
    output_format: Format = ExplainFormat.TEXT,
) -> None:
    """Show when a ticket is due, and the intervals that were counted and skipped on the way there."""
    import msgspec

    from metrics.explain.contact.lookup import find_ticket
    from metrics.explain.contact.text import ticket_data, ticket_text

    found = _from_redis(lambda settings: find_ticket(settings, identifier))
    _warn(found.differing)
    as_text = output_format is ExplainFormat.TEXT
    _write(ticket_text(found) if as_text else _indented(msgspec.json.encode(ticket_data(found))))


def _label(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (separator and name and value):
        raise UserError(f"--label {text} is no label; write it as variant=strict")
    return name, value


def _from_redis(ask: Callable[[Settings], T]) -> T:
    """Result of ``ask`` with the settings in force; a failure of Redis is one sentence."""
    from streams.clients.redis_clients import CLIENT_ERRORS, describe
    from streams.config.settings import load_settings

    settings = load_settings()
    try:
        return ask(settings)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None


def _warn(differing: Sequence[Difference]) -> None:
    """One sentence on standard error where the settings are not those of the numbers."""
    from streams.config.stored_settings import differing_sentence

    if differing:
        typer.echo(f"veinte: {differing_sentence(differing)}", err=True)


def _indented(body: bytes) -> str:
    import msgspec

    return msgspec.json.format(body, indent=2).decode() + "\n"


def _write(text: str) -> None:
    sys.stdout.write(text)
