"""Options of `veinte dead-letters`: a mistake is one sentence before any server is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from streams.commands.dead_letters import register
from streams.common.errors import UserError


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["resend"], "`dead-letters resend` needs --topic, --reason, --since or --id to say which, or --all"),
        (["resend", "--all", "--wait", "long"], "--wait 'long' is no duration"),
        (["done"], "`dead-letters done` needs --topic, --reason, --since or --id to say which, or --all"),
        (["list", "--reason", "typo"], "--reason 'typo' is no reason of a dead letter; choose of no_value, too_large"),
        (["list", "--reason", "unknown_type"], "--reason 'unknown_type' is no reason of a dead letter"),
        (["list", "--topic", "mails"], "'mails' is no topic of events; choose one of calls, chats, tickets, contacts"),
        (["show", "--id", "3-4"], "--id '3-4' is no place; write PARTITION:OFFSET"),
        (["show", "--id", "3:x"], "--id '3:x' is no place"),
        (["list", "--since", "soon"], "--since 'soon' is no duration"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong option says which values are right."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    error = CliRunner().invoke(app, ["dead-letters", *arguments]).exception
    assert isinstance(error, UserError)
    assert sentence in str(error)
