"""`veinte token`: who may read the exporter's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streams.access.roles import Role

if TYPE_CHECKING:
    from datetime import datetime

    from streams.access.tokens import Token

_NEVER = "–"


def register(app: typer.Typer) -> None:
    """Add `veinte token` with its subcommands."""
    group = typer.Typer(
        name="token",
        help="Tokens by which programs and people may read the exporter's pages: docs/access.md.",
        no_args_is_help=True,
    )
    group.command("create")(create)
    group.command("list")(show)
    group.command("revoke")(revoke)
    app.add_typer(group)


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, such as wall or prometheus.")],
    role: Annotated[list[Role], typer.Option("--role", help="What it may see; several times for several.")],
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="SPAN", help="How long it holds, such as 90d; without: for good.")
    ] = None,
) -> None:
    """Make a token and print it, this once; only its SHA-256 is kept."""
    import sys
    from datetime import UTC, datetime, timedelta

    from streams.access import token_file as files
    from streams.access.roles import in_words, seen_by
    from streams.common.durations import parse_duration_ms
    from streams.common.errors import UserError
    from streams.config.access_settings import token_file
    from streams.config.settings import load_settings

    life = None
    if expires is not None:
        try:
            life = timedelta(milliseconds=parse_duration_ms(expires))
        except ValueError as error:
            raise UserError(f"--expires: {error}") from None
        if not life:
            raise UserError("--expires 0s would be over at once; give a longer time, such as 90d")
    path = token_file(load_settings())
    roles = tuple(dict.fromkeys(role))
    token = files.create(path, name, roles, datetime.now(UTC), life)
    print(token, flush=True)
    print(
        f"token {name} shows {in_words(seen_by(roles))}; it cannot be shown again. Its SHA-256 is in {path}",
        file=sys.stderr,
    )


def show() -> None:
    """Print the tokens there are: name, roles, when made, when over. The tokens themselves are not kept."""
    import sys
    from datetime import UTC, datetime

    from streams.access.token_file import read_tokens
    from streams.config.access_settings import token_file
    from streams.config.settings import load_settings

    path = token_file(load_settings())
    book = read_tokens(path)
    if book is None or not book.tokens:
        print(f"there is no token in {path}", file=sys.stderr)
        return
    now = datetime.now(UTC)
    lines = [("name", "roles", "created", "expires"), *(_row(token, now) for token in book.tokens)]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    for line in lines:
        print("  ".join((*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3])))


def revoke(name: Annotated[str, typer.Argument(metavar="NAME", help="Of the token.")]) -> None:
    """Take a token away: it, and who has signed in with it, is refused from the next seconds on."""
    from streams.access import token_file as files
    from streams.config.access_settings import token_file
    from streams.config.settings import load_settings

    path = token_file(load_settings())
    files.revoke(path, name)
    print(f"token {name} is revoked")


def _row(token: Token, now: datetime) -> tuple[str, str, str, str]:
    created, end = (_NEVER if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in (token.created, token.expires))
    return token.name, ", ".join(token.roles), created, f"{end} (over)" if token.is_over(now) else end
