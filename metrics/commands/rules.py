"""``veinte rules``: the alerts of Prometheus, from the objectives in the settings."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.common.errors import UserError

if TYPE_CHECKING:
    from streams.config.settings import Settings


class RuleLanguage(StrEnum):
    """Language of the plain ``summary`` and ``description``; the texts in both languages are always there."""

    ENGLISH = "en"
    SPANISH = "es"


def register(app: typer.Typer) -> None:
    """Add ``rules`` to the command line."""
    app.command("rules")(rules)


def rules(
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare --output with what the settings ask for; write nothing.")
    ] = False,
    lang: Annotated[
        RuleLanguage | None, typer.Option("--lang", help="Of summary and description; alert_language if not given.")
    ] = None,
    backtest: Annotated[
        str | None,
        typer.Option("--backtest", metavar="SPAN", help="Print how often each alert would have fired, such as 28d."),
    ] = None,
) -> None:
    """Recording and alerting rules for Prometheus, from the objectives of the queues and the settings alert_….

    Exit status 1 where --check finds a difference.
    """
    from metrics.alerts.rule_file import rule_file
    from streams.common.languages import Language
    from streams.config.settings import load_settings

    settings = load_settings()
    if backtest is not None:
        if output is not None or check:
            raise UserError("--backtest writes no rules; leave out --output and --check")
        _backtest(backtest, settings)
        return
    text = rule_file(settings, Language(lang or settings.alert_language))
    if check:
        _check(text, output)
    elif output is None:
        sys.stdout.write(text)
    else:
        _write(text, output)


def _check(text: str, output: Path | None) -> None:
    if output is None:
        raise UserError("--check compares a file; name it with --output")
    try:
        current = output.read_text(encoding="utf-8") == text
    except OSError as error:
        raise UserError(f"--output {output} cannot be read ({error.strerror}); name the rule file in force") from None
    except UnicodeDecodeError:
        current = False
    if not current:
        typer.echo(f"veinte: {output} is not what the settings ask for; write it anew without --check", err=True)
        raise typer.Exit(1)


def _write(text: str, output: Path) -> None:
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"--output {output} cannot be written ({error.strerror}); name another file") from None


def _backtest(span: str, settings: Settings) -> None:
    from metrics.alerts.backtest import backtest
    from metrics.alerts.backtest_text import backtest_text, never_met_text
    from metrics.alerts.rule_file import groups
    from metrics.read.history import read_history
    from streams.clients.redis_clients import CLIENT_ERRORS, describe
    from streams.common.durations import parse_duration_ms
    from streams.config.stored_settings import listed

    try:
        span_ms = parse_duration_ms(span)
    except ValueError as error:
        raise UserError(f"--backtest {error}") from None
    if not span_ms:
        raise UserError(f"--backtest {span!r} is no time; give a span such as 28d")
    groups(settings)  # settings that cannot work are refused before the history is read
    try:
        past = read_history(settings)
    except CLIENT_ERRORS as error:
        raise describe(settings, error) from None
    if past.judging.differing:  # a backtest is there to try settings that nobody is judged by yet
        differing = listed(past.judging.differing)
        typer.echo(f"veinte: settings differ from those that judged: {differing}; tried are those here", err=True)
    found = backtest(past.quarters, settings, past.now_ms - span_ms, past.now_ms, emails=past.emails, waits=past.waits)
    sys.stdout.write(backtest_text(found))
    for never_met in found.never_met:
        typer.echo(f"veinte: {never_met_text(never_met)}", err=True)
