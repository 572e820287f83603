"""`veinte token`: made, listed, revoked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from metrics.commands.cli import app
from streams.access.roles import Role
from streams.access.token_file import read_tokens
from streams.access.tokens import digest_of
from streams.common.errors import UserError

Token = Callable[..., Result]


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    """``token("list")`` runs `veinte token list` with the data in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["token", *arguments], env={"VEINTE_DATA": str(tmp_path)})


def test_a_token_alone_stands_on_standard_output(token: Token, tmp_path: Path) -> None:
    """So that it can be written into a file; what it shows, and where its SHA-256 is, stands beside it."""
    made = token("create", "ana", "--role", "supervisor", "--role", "value", "--role", "value", "--expires", "90d")
    assert 0 == made.exit_code
    (line,) = made.stdout.splitlines()
    book = read_tokens(tmp_path / "tokens")
    assert book is not None
    found = book.named("ana")
    assert found is not None
    assert ((Role.SUPERVISOR, Role.VALUE), digest_of(line).hex()) == (found.roles, found.sha256)
    assert found.expires is not None
    assert 90 == (found.expires - found.created).days
    for part in ("numbers by agent", "money", str(tmp_path / "tokens")):
        assert part in made.stderr
    assert line not in made.stderr


def test_the_list_has_no_token_and_says_what_is_over(token: Token) -> None:
    """Names, roles and times; revoked ones are gone."""
    assert "there is no token" in token("list").stderr
    secrets = [
        token("create", name, "--role", role, "--expires", span).stdout.strip()
        for name, role, span in (("wall", "board", "1ms"), ("prometheus", "scrape", "90d"), ("gone", "board", "90d"))
    ]
    assert "token gone is revoked\n" == token("revoke", "gone").stdout
    lines = token("list").stdout.splitlines()
    assert ["name", "roles", "created", "expires"] == lines[0].split()
    assert [("wall", "board", True), ("prometheus", "scrape", False)] == [
        (*line.split()[:2], line.endswith("(over)")) for line in lines[1:]
    ]
    assert not [secret for secret in secrets if secret in "\n".join(lines)]


@pytest.mark.parametrize("span,sentence", [("0s", "over at once"), ("90", "a unit"), ("soon", "a unit")])
def test_a_span_that_is_none_gets_a_sentence(span: str, sentence: str, token: Token, tmp_path: Path) -> None:
    """Nothing is made then."""
    refused = token("create", "wall", "--role", "board", "--expires", span)
    assert isinstance(refused.exception, UserError)
    assert sentence in str(refused.exception)
    assert read_tokens(tmp_path / "tokens") is None


@pytest.mark.parametrize("arguments", [("wall",), ("wall", "--role", "admin"), ("--role", "board")])
def test_name_and_a_role_that_there_is_are_needed(arguments: tuple[str, ...], token: Token, tmp_path: Path) -> None:
    """A token without a role, or of a role that there is not, is not made."""
    assert 2 == token("create", *arguments).exit_code
    assert read_tokens(tmp_path / "tokens") is None
